// webgpu-traits.ts: what a GPU can do, as plain data.
// In: a WebGPU adapter. Out: its traits, from which the compiler's choices are made and which caches and manifests keep.

const featureNames = ["shader-f16", "subgroups", "timestamp-query"] as const;

const limitNames = [
  "maxStorageBuffersPerShaderStage",
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
  "minUniformBufferOffsetAlignment",
] as const;

export type AdapterFeature = (typeof featureNames)[number];
export type AdapterLimits = Readonly<Record<(typeof limitNames)[number], number>>;

export type AdapterTraits = {
  /** For people: the driver's description, or what else it tells. */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** It computes on the processor: right for checking, slower than the wasm target. */
  readonly isSoftware: boolean;
  readonly features: readonly AdapterFeature[];
  /** Invocations of a subgroup; where there are subgroups. */
  readonly subgroupSize?: { readonly minimum: number; readonly maximum: number };
  readonly limits: AdapterLimits;
};

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i;

export function describeAdapter(adapter: GPUAdapter): AdapterTraits {
  const { info, features, limits } = adapter;
  const { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize } = info;
  const words = [vendor, architecture].filter((word) => word !== "").join(" ");
  const name = [description, device, words].find((word) => word !== "") ?? "a GPU without a name";
  const hasSubgroups = features.has("subgroups");
  return {
    name,
    vendor,
    architecture,
    isSoftware: info.isFallbackAdapter === true || softwareNames.test([name, architecture, device].join(" ")),
    features: featureNames.filter((feature) => features.has(feature)),
    ...(hasSubgroups && subgroupMinSize !== undefined && subgroupMaxSize !== undefined
      ? { subgroupSize: { minimum: subgroupMinSize, maximum: subgroupMaxSize } }
      : {}),
    limits: Object.fromEntries(limitNames.map((limit) => [limit, limits[limit]])) as AdapterLimits,
  };
}
