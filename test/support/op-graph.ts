// op-graph.ts: one op as a graph, and the numbers to run it on. Two modalities: text has rows 0 and 1, image has row 2.

import { type Builder, createBuilder } from "../../src/ir/builder.ts";
import type { Graph, ValueId } from "../../src/ir/graph.ts";
import { interpret } from "../../src/ir/interpret.ts";
import type { OpAttributes, OpName } from "../../src/ir/ops.ts";
import { parseType } from "../../src/ir/parse.ts";
import type { Space } from "../../src/ir/spaces.ts";
import { arrayOf, type TensorType } from "../../src/ir/types.ts";

export const modalities = ["text", "image"];
export const offsets = [0, 2, 3];

export type Given = readonly [type: string, numbers: readonly number[]];

/** Rows are routed by these scores first; their softmax-like `p`, and what the route makes, may be operands. */
export type Routed = { readonly space: Space; readonly p: Given };

export type Example<O extends OpName> = {
  readonly routed?: Routed;
  readonly inputs?: readonly (Given | "p" | "source" | "slots")[];
  readonly weights?: readonly (Given | undefined)[];
  readonly attributes: OpAttributes[O];
  readonly types: readonly string[];
  readonly numbers: readonly (readonly number[])[];
};

export const typeOf = (text: string, spaces: readonly Space[] = []): TensorType =>
  parseType(text, modalities, spaces) ?? arrayOf("f32", []);

/** The example as a graph whose results are the op's, and the numbers to run it on. */
export function graphOf<O extends OpName>(
  op: O,
  example: Example<O>,
): { readonly graph: Graph; readonly run: () => readonly number[][] } {
  const builder = createBuilder("example", modalities);
  const inputs = new Map<string, readonly number[]>();
  const params = new Map<string, readonly number[]>();
  const route = routeFirst(builder, inputs, op === "route" ? undefined : example.routed);
  if (op === "route" && example.routed !== undefined) builder.space(example.routed.space);
  const values = (example.inputs ?? []).map((given, i) => {
    if (typeof given === "string") return route[given] ?? -1;
    const [type, numbers] = given;
    inputs.set(`in${i}`, numbers);
    return builder.input(`in${i}`, typeOf(type, builder.spaces()));
  });
  const weights = (example.weights ?? []).map((given, m) => {
    const type = given && typeOf(given[0]);
    if (given === undefined || type?.kind !== "array") return undefined;
    params.set(`w${m}`, given[1]);
    return builder.param(`w${m}`, type);
  });
  const results = builder.node(op, values, example.attributes, { weights });
  for (const [i, value] of results.entries()) builder.result(`out${i}`, value);
  const graph = builder.finish();
  const run = (): number[][] =>
    Array.from(interpret(graph, { offsets, inputs, params }).values(), (out) => Array.from(out));
  return { graph, run };
}

/** Opens the example's space, so that operands may have its rows. */
export function routeFirst(
  builder: Builder,
  inputs: Map<string, readonly number[]>,
  routed: Routed | undefined,
): Readonly<Record<string, ValueId>> {
  if (routed === undefined) return {};
  const space = builder.space(routed.space);
  const [type, numbers] = routed.p;
  inputs.set("p", numbers);
  const p = builder.input("p", typeOf(type));
  const [source = -1, slots = -1] = builder.node("route", [p], { space });
  return { p, source, slots };
}
