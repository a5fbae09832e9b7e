// shapes-experts.ts: the shape rules of the ops that lead from tokens into a routed space and back.
// In: operand types, and the graph's routed spaces. Out: result types or a complaint, as in shapes.ts.
// Legend: N token rows, S routed rows, E experts of a pool, group g = pool · E + expert.
// A value that is only read where tokens are routed may have more modalities than that, never fewer.

import { type Inferred, isRows, type Operand } from "./shapes.ts";
import { groupCount, membersOf, type Space } from "./spaces.ts";
import { arrayOf, presentModalities, type RowsType, rowsOf, sameType, type TensorType } from "./types.ts";

type Spaces = readonly Space[];

export function softmaxGrad([dp, p]: readonly TensorType[]): Inferred {
  return isRows(p) && dp !== undefined && sameType(dp, p) ? [p] : "dp and p differ";
}

/** E numbers per token of a pool. */
const scoresOf = ({ pools, experts }: Space): RowsType =>
  rowsOf(
    "f32",
    pools.map((pool) => (pool === undefined ? undefined : experts)),
  ); // prettier-ignore

export function route([p]: readonly TensorType[], number: number, spaces: Spaces): Inferred {
  const space = spaces[number];
  if (space === undefined) return `there is no space ${number}`;
  const scores = scoresOf(space);
  if (p === undefined || !sameType(p, scores))
    return "needs a number per expert, of the tokens that are routed";
  const source = rowsOf(
    "i32",
    Array.from({ length: groupCount(space) }, () => 1),
    number,
  );
  return [source, { ...scores, dtype: "i32" }];
}

/** Token rows x as routed rows: every expert of a pool is as wide as the pool's tokens. */
export function dispatch([x, source]: readonly Operand[], spaces: Spaces): Inferred {
  if (!isRows(x) || x.space !== undefined) return "needs rows of tokens";
  if (!isRows(source, "i32") || source.space === undefined) return "needs the tokens of routed rows";
  const space = spaces[source.space];
  if (space === undefined) return `there is no space ${source.space}`;
  const widths: (number | undefined)[] = [];
  for (let group = 0; group < groupCount(space); group += 1) {
    const [first = 0, ...others] = membersOf(space, Math.floor(group / space.experts));
    const width = x.widths[first];
    if (width === undefined) return `modality ${first} is routed and has no rows`;
    const odd = others.find((m) => x.widths[m] !== width);
    if (odd !== undefined)
      return `modality ${odd} is not as wide as modality ${first}, with which it shares experts`;
    widths.push(width);
  }
  return [rowsOf("f32", widths, source.space)];
}

/** Routed rows y back as rows of the tokens of `slots`. */
export function gathered([y, slots]: readonly Operand[], spaces: Spaces): Inferred {
  const space = isRows(y) && y.space !== undefined ? spaces[y.space] : undefined;
  if (!isRows(y) || space === undefined) return "needs routed rows";
  if (!isRows(slots, "i32") || !sameType(slots, { ...scoresOf(space), dtype: "i32" }))
    return "needs the routed rows of each token";
  const widths: (number | undefined)[] = [];
  for (const pool of space.pools) {
    const start = (pool ?? 0) * space.experts;
    const [width, ...others] =
      pool === undefined ? [undefined] : y.widths.slice(start, start + space.experts);
    if (pool !== undefined && width === undefined) return `group ${start} has no rows`;
    const odd = others.findIndex((other) => other !== width);
    if (odd >= 0) return `group ${start + 1 + odd} is not as wide as group ${start}`;
    widths.push(width);
  }
  return [rowsOf("f32", widths)];
}

/** As `gathered`, weighted by p. */
export function combine([y, p, slots]: readonly TensorType[], spaces: Spaces): Inferred {
  const made = gathered([y, slots], spaces);
  return typeof made === "string" || weighs(p, slots) ? made : "needs a weight per expert and token";
}

const weighs = (p: Operand, slots: Operand): boolean =>
  isRows(p) && isRows(slots, "i32") && sameType(p, { ...slots, dtype: "f32" });

/** As `dispatch`, weighted by p. */
export function combineRowsGrad([dz, p, source]: readonly TensorType[], spaces: Spaces): Inferred {
  const made = dispatch([dz, source], spaces);
  if (typeof made === "string" || !isRows(source, "i32")) return made;
  const space = spaces[source.space ?? -1];
  const fits = space !== undefined && p !== undefined && sameType(p, scoresOf(space));
  return fits ? made : "needs a weight per expert and token";
}

export function combineWeightsGrad([dz, y, slots]: readonly TensorType[], spaces: Spaces): Inferred {
  const made = gathered([y, slots], spaces);
  if (typeof made === "string") return made;
  const [z] = made;
  const fits = isRows(dz) && isRows(z) && presentModalities(z).every((m) => dz.widths[m] === z.widths[m]);
  return fits && isRows(slots, "i32") ? [{ ...slots, dtype: "f32" }] : "dz is not as wide as y";
}

export function balance(
  [p, slots]: readonly TensorType[],
  { space, modalities }: { readonly space: number; readonly modalities: number },
  spaces: Spaces,
): Inferred {
  if (!weighs(p, slots)) return "needs a number per expert and token";
  const fault = balanceFault(slots, space, spaces);
  return (
    fault ??
    (p?.kind === "rows" && p.widths.length === modalities
      ? [arrayOf("f32", [1 + modalities])]
      : "counts other modalities than there are")
  );
}

export function balanceGrad([slots]: readonly TensorType[], space: number, spaces: Spaces): Inferred {
  const fault = balanceFault(slots, space, spaces);
  return (
    fault ?? (isRows(slots, "i32") ? [{ ...slots, dtype: "f32" }] : "needs the routed rows of each token")
  );
}

function balanceFault(slots: Operand, number: number, spaces: Spaces): string | undefined {
  const space = spaces[number];
  if (space?.top === undefined) return `in space ${number} tokens do not choose`;
  const fits = slots !== undefined && sameType(slots, { ...scoresOf(space), dtype: "i32" });
  return fits ? undefined : `needs the routed rows of each token of space ${number}`;
}
