// graphs.ts: small graphs for tests, numbers to run them on, and slopes to hold their gradients against.
// In: seeds and sizes. Out: builders whose rows are free parameters, bindings, central differences.
// Idea: `freeRows` looks every row up in a table of its own, so each component of each row is a parameter: a finite
// difference reaches everything an op reads, through no op but `embed`, `restrict` and `join`.

import { differentiate } from "../../src/autodiff/differentiate.ts";
import { type Builder, createBuilder } from "../../src/ir/builder.ts";
import type { Graph, ValueId } from "../../src/ir/graph.ts";
import { type Bindings, interpret } from "../../src/ir/interpret.ts";
import { arrayOf, rowsOf } from "../../src/ir/types.ts";
import { verifyGraph } from "../../src/ir/verify.ts";
import { randomNumbers } from "./batches.ts";

export const modalities = ["text", "image", "speech"] as const;

/** Rows per modality that every op is tried on: all there, some absent, one row each, none at all. */
export const rowCounts: readonly (readonly number[])[] = [
  [3, 2, 4],
  [4, 0, 3],
  [0, 0, 2],
  [1, 1, 1],
  [0, 0, 0],
];

/** Logits per row in the test losses. */
export const vocab = 5;
/** Rows of every table that `freeRows` makes. */
const tableRows = 12;

export const newBuilder = (): Builder => createBuilder("test", modalities);

/** i32[N,1] */
export const column = (builder: Builder, name: string): ValueId =>
  builder.input(
    name,
    rowsOf(
      "i32",
      builder.modalities.map(() => 1),
    ),
  ); // prettier-ignore

/** x with some elements dropped, by the mask of a call. */
export function droppedRows(builder: Builder, x: ValueId, rate: readonly number[], number: number): ValueId {
  const key = builder.input("dropout", arrayOf("i32", [2]));
  return builder.value("dropout", [x, column(builder, "sequence"), key], { rate, number });
}

/** Rows whose every component is a parameter; `undefined` leaves a modality out. */
export function freeRows(builder: Builder, path: string, widths: readonly (number | undefined)[]): ValueId {
  const index = column(builder, "index");
  const parts = widths.flatMap((width, m) => {
    if (width === undefined) return [];
    const table = builder.param(`${path}.${builder.modalities[m]}`, arrayOf("f32", [tableRows, width]));
    const own = builder.value("restrict", [index], { modalities: [m] });
    return [builder.value("embed", [own, table], {})];
  });
  return builder.value("join", parts, {});
}

/** A loss of `y`: projected to logits by a matrix of its own per width, then cross-entropy. */
export function lossOf(builder: Builder, y: ValueId, zLoss = 0): Graph {
  const type = builder.typeOf(y);
  const widths = type.kind === "rows" ? type.widths : [];
  const weights = widths.map((width) =>
    width === undefined ? undefined : builder.param(`project.${width}`, arrayOf("f32", [vocab, width])),
  );
  const logits = builder.value("linear", [y], {}, { weights });
  const loss = builder.value("cross_entropy", [logits, column(builder, "target")], { zLoss });
  const weight = builder.input(
    "loss_weight.0",
    rowsOf(
      "f32",
      builder.modalities.map(() => 1),
    ),
  ); // prettier-ignore
  const operands = [loss, weight, column(builder, "target_modality")];
  builder.result("loss", builder.value("loss_sums", operands, { modalities: builder.modalities.length }));
  return builder.finish();
}

/** Standard normal numbers from a seed (Box and Muller). */
export function normalNumbers(seed: number): () => number {
  const uniform = randomNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/**
 * Numbers for every source of a graph: random parameters, and a batch of documents (some of one row) that lie across
 * the modalities, each row seeing its document up to itself, or, in a third of them, all that comes behind it as well.
 * Some rows have no target; one row in eight sees nothing.
 */
export function bind(graph: Graph, counts: readonly number[], seed: number): Bindings {
  const offsets = [0];
  for (const count of counts) offsets.push((offsets.at(-1) ?? 0) + count);
  const normal = normalNumbers(seed);
  const params = new Map<string, Float64Array>();
  for (const node of graph.nodes) {
    if (node.op !== "param") continue;
    const size = node.attributes.type.shape.reduce((product, axis) => product * axis, 1);
    params.set(node.attributes.path, Float64Array.from({ length: size }, normal));
  }
  return { offsets, params, inputs: rowInputs(offsets, seed + 1) };
}

function rowInputs(offsets: readonly number[], seed: number): ReadonlyMap<string, ArrayLike<number>> {
  const random = randomNumbers(seed);
  const rows = offsets.at(-1) ?? 0;
  const names = ["index", "tokens", "target", "target_modality", "position", "sequence", "first", "last"];
  const inputs = new Map<string, number[]>(names.map((name) => [name, new Array<number>(rows).fill(0)]));
  const put = (name: string, row: number, value: number): void => {
    inputs.get(name)?.splice(row, 1, value);
  };
  const order = Array.from({ length: rows }, (_, row) => ({ row, key: random() })).sort(
    (a, b) => a.key - b.key,
  );
  let start = 0;
  for (const [sequence, { row }] of order.entries()) {
    if (random() < 0.3) start = sequence;
    const hasTarget = random() < 0.8;
    put("index", row, row);
    put("tokens", row, Math.floor(random() * vocab));
    put("target", row, hasTarget ? Math.floor(random() * vocab) : -1);
    put("target_modality", row, hasTarget ? Math.floor(random() * (offsets.length - 1)) : -1);
    put("position", row, sequence - start);
    put("sequence", row, sequence);
    put("first", row, random() < 0.125 ? sequence + 1 : start);
    put("last", row, random() < 0.33 ? rows : sequence + 1);
  }
  inputs.set(
    "loss_weight.0",
    Array.from({ length: rows }, () => 0.2 + random()),
  );
  inputs.set("dropout", [Math.floor(random() * 2 ** 31), -1]);
  return inputs;
}

/** Σ weight·loss of a graph. */
export function totalLoss(graph: Graph, bindings: Bindings): number {
  return interpret(graph, bindings).get("loss")?.[0] ?? Number.NaN;
}

/** Central differences of the loss by every component of every parameter. */
export function slopes(graph: Graph, bindings: Bindings): ReadonlyMap<string, Float64Array> {
  const found = new Map<string, Float64Array>();
  const step = 1e-5;
  for (const [path, numbers] of bindings.params) {
    const slope = Float64Array.from(numbers, (_, i) => {
      const moved = (by: number): number => {
        const other = Float64Array.from(numbers, (x, j) => (i === j ? x + by : x));
        return totalLoss(graph, { ...bindings, params: new Map(bindings.params).set(path, other) });
      };
      return (moved(step) - moved(-step)) / (2 * step);
    });
    found.set(path, slope);
  }
  return found;
}

/** ‖a − b‖ / max(‖b‖, 1e-3): slopes that small are noise beside a loss of about one. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    difference += ((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN)) ** 2;
    size += (b[i] ?? 0) ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-3);
}

/** The parameter whose gradient lies furthest from its slope, and how far. */
export function worstGradient(
  graph: Graph,
  bindings: Bindings,
): { readonly path: string; readonly distance: number } {
  const differentiated = differentiate(graph);
  verifyGraph(differentiated, "differentiate");
  const results = interpret(differentiated, bindings);
  let worst = { path: "none", distance: 0 };
  for (const [path, slope] of slopes(graph, bindings)) {
    const off = distance(results.get(`grad/${path}`) ?? [], slope);
    if (!(off <= worst.distance)) worst = { path, distance: off };
  }
  return worst;
}
