// random-graph.ts: any graph at all, from a seed.
// In: a seed. Out: a forward graph with a loss, made of every row-local op, attention, arms and shared weights.
// Idea: keep a pool of values, take an op, take values of the pool that fit it. Ops that explode (exp, division, powers)
// read a value that was squeezed first, so that finite differences stay meaningful.

import type { Builder } from "../../src/ir/builder.ts";
import type { Graph, ValueId } from "../../src/ir/graph.ts";
import type { OpName } from "../../src/ir/ops.ts";
import { arrayOf, presentModalities, type RowsType, sameType } from "../../src/ir/types.ts";
import { randomNumbers } from "./batches.ts";
import { addedTo, expertBlock } from "./expert-graphs.ts";
import { column, droppedRows, freeRows, lossOf, modalities, newBuilder, vocab } from "./graphs.ts";

type State = { readonly builder: Builder; readonly pool: ValueId[]; readonly below: (n: number) => number };
type Grow = (state: State) => ValueId | undefined;

/** A forward graph of about `steps` ops. */
export function randomGraph(seed: number, steps = 10): Graph {
  const random = randomNumbers(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const builder = newBuilder();
  const state: State = { builder, pool: [], below };
  state.pool.push(
    freeRows(builder, "x", [4, 4, 4]),
    freeRows(
      builder,
      "y",
      modalities.map(() => width(state)),
    ),
  ); // prettier-ignore
  for (let step = 0; step < steps; step += 1) {
    const [, grow] = growths[below(growths.length)] ?? [];
    const made = grow?.(state);
    if (made !== undefined) state.pool.push(made);
  }
  return lossOf(builder, pick({ ...state, pool: state.pool.slice(-4) }), below(2) * 0.01);
}

const width = ({ below }: State): number => [2, 4, 6][below(3)] ?? 2;
const typeOf = ({ builder }: State, value: ValueId): RowsType => builder.typeOf(value) as RowsType;
const pick = ({ pool, below }: State): ValueId => pool[below(pool.length)] ?? 0;

/** Each component between −1 and 1. */
const squeezed = ({ builder }: State, value: ValueId): ValueId => builder.value("tanh", [value], {});

const unary =
  (op: "silu" | "gelu" | "relu" | "tanh" | "sigmoid" | "neg"): Grow =>
  (state) =>
    state.builder.value(op, [pick(state)], {});

const unaryOfSqueezed =
  (op: "square" | "exp"): Grow =>
  (state) =>
    state.builder.value(op, [squeezed(state, pick(state))], {});

/** Two values of one type; the second squeezed, and at least 1 for a divisor. */
const binary =
  (op: "add" | "sub" | "mul" | "div"): Grow =>
  (state) => {
    const { builder, pool, below } = state;
    const a = pick(state);
    const fitting = pool.filter((b) => sameType(builder.typeOf(a), builder.typeOf(b)));
    const b = fitting[below(fitting.length)] ?? a;
    const divisor = (): ValueId =>
      builder.value("offset", [builder.value("square", [squeezed(state, b)], {})], { by: [1, 1, 1] });
    const second = op === "div" ? divisor() : op === "mul" ? squeezed(state, b) : b;
    return builder.value(op, [a, second], {});
  };

const numbers = ({ below }: State): readonly number[] => {
  const neutral = [0, 1, -1][below(3)] ?? 0;
  return below(2) === 0 ? modalities.map(() => neutral) : modalities.map(() => below(5) / 2 - 1);
};

/** Some of the modalities, often all. */
function someOf({ below }: State, present: readonly number[]): readonly number[] {
  const some = present.filter(() => below(3) > 0);
  return some.length === 0 ? present : some;
}

/** A weight per modality; two modalities of one width may share. */
function weightsFor(
  state: State,
  x: RowsType,
  shape: (width: number) => readonly number[],
): readonly (ValueId | undefined)[] {
  const { builder, pool, below } = state;
  const name = `w${pool.length}.${builder.finish().nodes.length}`;
  const isShared = below(2) === 0;
  return x.widths.map((own, m) => {
    if (own === undefined) return undefined;
    const size = shape(own);
    const path = isShared && m > 0 ? `${name}.shared.${own}` : `${name}.${m}`;
    return builder.param(path, arrayOf("f32", size));
  });
}

const growths: readonly (readonly [OpName, Grow])[] = [
  ...(["silu", "gelu", "relu", "tanh", "sigmoid", "neg"] as const).map((op) => [op, unary(op)] as const),
  ...(["square", "exp"] as const).map((op) => [op, unaryOfSqueezed(op)] as const),
  ...(["add", "sub", "mul", "div", "add"] as const).map((op) => [op, binary(op)] as const),
  [
    "reciprocal",
    (state) => {
      const { builder } = state;
      const square = builder.value("square", [squeezed(state, pick(state))], {});
      return builder.value("reciprocal", [builder.value("offset", [square], { by: [1, 1, 1] })], {});
    },
  ],
  ["scale", (state) => state.builder.value("scale", [pick(state)], { by: numbers(state) })],
  ["offset", (state) => state.builder.value("offset", [pick(state)], { by: numbers(state) })],
  ["linear", growLinear],
  ["rms_norm", growNorm],
  ["rope", growRope],
  ["dropout", growDropout],
  ["attention", growAttention],
  ["embed", growEmbed],
  ["restrict", growRestrict],
  ["restrict", growArms],
  ["join", growArms],
  ["extend", growExtend],
  ["softmax", (state) => state.builder.value("softmax", [pick(state)], {})],
  ["route", growExperts],
];

function growLinear(state: State): ValueId {
  const x = pick(state);
  const out = width(state);
  return state.builder.value(
    "linear",
    [x],
    {},
    { weights: weightsFor(state, typeOf(state, x), (inner) => [out, inner]) },
  );
}

function growNorm(state: State): ValueId {
  const x = pick(state);
  const heads = state.below(2) * 2;
  const weights = weightsFor(state, typeOf(state, x), (whole) => [whole / Math.max(1, heads)]);
  return state.builder.value("rms_norm", [x], { eps: 0.1, heads }, { weights });
}

function growRope(state: State): ValueId {
  const attributes = { heads: 1, base: 100, inverse: state.below(4) === 0 };
  return state.builder.value("rope", [pick(state), column(state.builder, "position")], attributes);
}

function growDropout(state: State): ValueId {
  return droppedRows(state.builder, pick(state), [0.3, 0, 0.5], state.pool.length);
}

function growAttention(state: State): ValueId | undefined {
  const { builder, pool, below } = state;
  const whole = pool.filter((value) => typeOf(state, value).widths.every((w) => w === 4));
  const [q, k, v] = [0, 1, 2].map(() => whole[below(whole.length)]);
  if (q === undefined || k === undefined || v === undefined) return undefined;
  const steering = ["sequence", "first", "last"].map((name) => column(builder, name));
  const [out] = builder.node("attention", [q, k, v, ...steering], { heads: 2, kvHeads: 2 });
  return out;
}

function growEmbed(state: State): ValueId {
  const table = state.builder.param("table", arrayOf("f32", [vocab, 4]));
  return state.builder.value("embed", [column(state.builder, "tokens"), table], {});
}

function growRestrict(state: State): ValueId {
  const x = pick(state);
  const kept = someOf(state, presentModalities(typeOf(state, x)));
  return state.builder.value("restrict", [x], { modalities: kept });
}

/** One value taken apart by modality, each part changed or not, and put together again. */
function growArms(state: State): ValueId {
  const { builder, below } = state;
  const x = pick(state);
  const parts = presentModalities(typeOf(state, x)).map((m) => {
    const part = builder.value("restrict", [x], { modalities: [m] });
    const changed = below(2) === 0 ? part : builder.value("sigmoid", [part], {});
    return below(3) === 0 ? builder.value("add", [part, changed], {}) : changed;
  });
  return builder.value("join", parts, {});
}

function growExtend(state: State): ValueId {
  const { builder } = state;
  const x = pick(state);
  const widths = typeOf(state, x).widths.map((w) => w ?? width(state));
  return builder.value("extend", [x], { widths });
}

/** Modalities of one width may share a pool of experts; some are not routed. */
function growExperts(state: State): ValueId {
  const { builder, pool, below } = state;
  const x = pick(state);
  const { widths } = typeOf(state, x);
  const routed = someOf(state, presentModalities(typeOf(state, x)));
  const found: (number | undefined)[] = [];
  const pools = widths.map((own, m) => {
    if (!routed.includes(m)) return undefined;
    if (below(2) === 0 || !found.includes(own)) found.push(own);
    return found.lastIndexOf(own);
  });
  const experts = 1 + below(3);
  const top = below(2) === 0 ? {} : { top: 1 + below(experts) };
  const block = { space: { experts, pools, ...top }, hidden: width(state), normed: below(2) === 0 };
  const { y } = expertBlock(builder, `experts${pool.length}.${builder.finish().nodes.length}`, x, block);
  return below(2) === 0 ? y : addedTo(builder, x, y);
}
