// cuda-launches.ts: what a step's launches multiply, and how long they take: the figures to hold beside cuBLAS and SDPA.
// In: an artifact whose variant shares everything, and the times of some steps, launch by launch.
// Out: products by shape, attention by direction. Kernels are named by their sizes (src/kernel/registry.ts), which is
// where the shapes are read; a launch that computes several products is one entry with all of them.

import type { DeviceTimes } from "../../src/runtime/device.ts";
import type { Artifact, ArtifactCall, ArtifactLaunch } from "../../src/targets/artifact.ts";
import { median } from "./statistics.ts";

export type ProductKind = "forward" | "dx" | "outer";

/** y [rows, out] = x [rows, inner] · wᵀ; dx [rows, inner] = dy [rows, out] · w; outer: dw [out, inner] = dyᵀ · x. */
export type Product = {
  readonly kind: ProductKind;
  readonly rows: number;
  readonly out: number;
  readonly inner: number;
};

export type ProductLaunch = {
  /** Of which lines and scopes: `block.0.attn: linear h`, without the number of the layer. */
  readonly name: string;
  readonly products: readonly Product[];
  /** How many launches of a step are like this one. */
  readonly count: number;
  /** The median over launches and steps. */
  readonly milliseconds: number;
};

export type AttentionTimes = { readonly forward: number; readonly backward: number };

export const flopsOf = ({ rows, out, inner }: Product): number => 2 * rows * out * inner;
export const nameOf = ({ kind, rows, out, inner }: Product): string => `${kind} ${rows}×${out}×${inner}`;

const sizes = /(?:^|_)(product|outer)_(\d+)x(\d+(?:\+\d+)*)/;

/** The products of a launch; undefined where it is something else. */
export function productsOf(artifact: Artifact, launch: ArtifactLaunch): readonly Product[] | undefined {
  // All modalities run one text: the first says how many products there are, and their sizes.
  const calls = launch.stages.find(({ length }) => length > 0) ?? launch.tasks.map(({ call }) => call);
  const found = calls.map((call) => productsOfCall(artifact, launch, call));
  return found.length > 0 && found.every(({ length }) => length > 0) ? found.flat() : undefined;
}

function productsOfCall(artifact: Artifact, launch: ArtifactLaunch, call: ArtifactCall): readonly Product[] {
  const match = sizes.exec(artifact.kernels[call.kernel]?.name ?? "");
  if (match === null) return [];
  const [, kernel, first = "", second = ""] = match;
  const [n, k] = [Number(first), second.split("+").reduce((sum, each) => sum + Number(each), 0)];
  const rows = rowsOf(artifact, launch.chunk ?? chunkOf(artifact, call));
  if (kernel === "outer") return [{ kind: "outer", rows, out: n, inner: k }];
  // A product that goes back reads k columns of gradients and makes n of its input's.
  const product: Product =
    launch.phase === "backward"
      ? { kind: "dx", rows, out: k, inner: n }
      : { kind: "forward", rows, out: n, inner: k };
  // Two of one size that read the same rows may be one call.
  return new Array<Product>(Math.max(1, Math.round(call.flopsPerRow / (2 * n * k)))).fill(product);
}

/** Of a batch that is full, or of a chunk of it: the last one may be shorter. */
function rowsOf({ rows, layout }: Artifact, chunk: number | undefined): number {
  return chunk === undefined ? rows : Math.min(layout.chunkRows, rows - chunk * layout.chunkRows);
}

/** A task of a chunk may run in a launch of its own: the segments that it reads say which chunk it is of. */
function chunkOf({ layout }: Artifact, { args, isAddress }: ArtifactCall): number | undefined {
  return layout.segments.find(
    ({ byteOffset, chunk }) =>
      chunk !== undefined && args.some((value, i) => isAddress[i] === true && value === byteOffset),
  )?.chunk;
}

/** Products of a step, launches alike together. */
export function productLaunches(
  artifact: Artifact,
  profiles: readonly DeviceTimes[],
): readonly ProductLaunch[] {
  const groups = new Map<string, { name: string; products: readonly Product[]; launches: number[] }>();
  for (const [index, launch] of artifact.launches.entries()) {
    const products = productsOf(artifact, launch);
    if (products === undefined) continue;
    const key = products.map(nameOf).join(" + ");
    const group = groups.get(key) ?? { name: labelOf(launch), products, launches: [] };
    group.launches.push(index);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ name, products, launches }) => ({
    name,
    products,
    count: launches.length,
    milliseconds: median(profiles.flatMap((times) => launches.map((launch) => launchMs(times, launch)))),
  }));
}

/** Attention of all layers, milliseconds of a layer; NaN where the artifact names none so. */
export function attentionTimes(
  artifact: Artifact,
  profiles: readonly DeviceTimes[],
  layers: number,
): AttentionTimes {
  const total = (phase: ArtifactLaunch["phase"]): number => {
    const launches = artifact.launches.flatMap((launch, i) =>
      launch.phase === phase && kindOf(artifact, launch).startsWith("attention") ? [i] : [],
    );
    if (launches.length === 0) return Number.NaN;
    const sums = profiles.map((times) => launches.reduce((sum, launch) => sum + launchMs(times, launch), 0));
    return median(sums) / layers;
  };
  return { forward: total("forward"), backward: total("backward") };
}

/** Milliseconds of a step by kind of kernel, the largest first. */
export function timesByKind(
  artifact: Artifact,
  profiles: readonly DeviceTimes[],
): readonly { readonly kind: string; readonly milliseconds: number; readonly launches: number }[] {
  const kinds = new Map<string, number[]>();
  for (const [index, launch] of artifact.launches.entries()) {
    if (launch.phase === "prepare") continue;
    const kind = kindOf(artifact, launch);
    kinds.set(kind, [...(kinds.get(kind) ?? []), index]);
  }
  return [...kinds]
    .map(([kind, launches]) => ({
      kind,
      launches: launches.length,
      milliseconds: median(
        profiles.map((times) => launches.reduce((sum, launch) => sum + launchMs(times, launch), 0)),
      ),
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

function launchMs({ calls }: DeviceTimes, launch: number): number {
  return calls.reduce((sum, call) => (call.launch === launch ? sum + call.milliseconds : sum), 0);
}

function firstCall({ stages, tasks }: ArtifactLaunch): ArtifactCall | undefined {
  return stages.flat()[0] ?? tasks[0]?.call;
}

function kindOf(artifact: Artifact, launch: ArtifactLaunch): string {
  return artifact.kernels[firstCall(launch)?.kernel ?? -1]?.kind ?? "?";
}

function labelOf(launch: ArtifactLaunch): string {
  const { scope = "", label = "?" } = firstCall(launch) ?? {};
  return `${scope.replace(/\.\d+/g, "")}: ${label}`.replace(/^: /, "");
}
