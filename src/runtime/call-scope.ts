// call-scope.ts: what a person calls a call: the path of the parameter it works with, else its scope and label.
// In: an artifact. Out: a name per call: `block.0.ffn.gate`, `block.0.a (gradient)`; or with layers of one kind as one:
// `block.*.ffn.gate`.
// The path is found through the addresses in the arguments, so that shared and untied weights read the same.

import type { Artifact, ArtifactCall } from "../targets/artifact.ts";

/** Kernels that sum over rows into a weight's gradient. */
const weightGradients = [
  ...["outer", "rms_norm_dw", "embed_dw"],
  ...["rms_norm_partials", "sum_partials", "embed_dw_by_token"],
];
/** Kernels over whole arenas: their first address is that of some parameter, and means nothing. */
const arenaKernels = ["adamw", "square_sum"];

/** Returns the function that names calls, layers of one kind as one. */
export function scopeNames(artifact: Artifact): (call: ArtifactCall) => string {
  const nameOf = callNames(artifact);
  return (call) => collapse(nameOf(call));
}

/** Returns the function that names calls. */
export function callNames(artifact: Artifact): (call: ArtifactCall) => string {
  const pathAt = parameterAddresses(artifact);
  return (call) => {
    const kind = artifact.kernels[call.kernel]?.kind ?? "";
    const isArena = arenaKernels.includes(kind);
    const paths = new Set(
      call.args.flatMap((value, i) => (call.isAddress[i] ? (pathAt.get(value) ?? []) : [])),
    );
    const name =
      paths.size > 0 && !isArena
        ? joinPaths([...paths])
        : [call.scope, call.label.replace(/ gradient$/, "")].filter((text) => text !== "").join(".");
    return `${name}${suffixOf(kind, call.label)}`;
  };
}

/** What stands in the first one's scope is named without it: `block.0.attn.norm + q`. */
function joinPaths([first = "", ...others]: readonly string[]): string {
  const scope = first.slice(0, first.lastIndexOf(".") + 1);
  const shorten = (path: string): string => (path.startsWith(scope) ? path.slice(scope.length) : path);
  return [first, ...others.map(shorten)].join(" + ");
}

function suffixOf(kind: string, label: string): string {
  if (weightGradients.includes(kind)) return " (weight gradient)";
  if (kind === "pack") return " (packing)";
  return label.endsWith(" gradient") ? " (gradient)" : "";
}

/** Numbers between dots are layers. */
function collapse(path: string): string {
  return path.replace(/(?<=^|\.)\d+(?=\.|$)/g, "*");
}

/** Path without modality, by the address of a parameter, of its gradient, and of its packed copies. */
function parameterAddresses({ parameters, tensors, buffers }: Artifact): ReadonlyMap<number, string> {
  const drawPaths = new Map(parameters.map(({ path, drawPath }) => [path, drawPath]));
  const addresses = new Map<number, string>();
  for (const [path, drawPath] of drawPaths) {
    for (const slot of ["param", "grad"]) {
      const name = `${slot}/${path}`;
      const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
      if (tensor !== undefined) addresses.set(tensor.byteOffset, drawPath);
    }
  }
  for (const { name, role, byteOffset } of buffers) {
    const path = drawPaths.get(name.replace(/^packed (rows|columns) /, ""));
    if (role === "packed" && path !== undefined) addresses.set(byteOffset, path);
  }
  return addresses;
}
