// rules.ts: THE GRADIENT TABLE. One row per op: from the gradient of a node's result to those of its operands.
// In: a forward node, the gradient dy of its first result, a builder. Out: contributions, by operand and by weight.
// A rule makes only what is asked for (`wants`), so nothing computes the gradient of a batch input. The values that a
// rule reads besides dy are the ones the forward pass must keep.
// A contribution may lack modalities of its operand (zero there) or have more than it (cut there): the walk in
// differentiate.ts adds, joins and cuts. "none": the op has no gradient, and none may be asked of it.

import { bug } from "../diagnostics/bug.ts";
import type { Builder } from "../ir/builder.ts";
import type { Node, Origin, ValueId } from "../ir/graph.ts";
import type { OpAttributes, OpName } from "../ir/ops.ts";

export type Contribution = { readonly to: ValueId; readonly gradient: ValueId };

/** What a rule may use. */
export type Step = {
  readonly builder: Builder;
  /** Origin of the nodes it makes. */
  readonly origin: Origin;
  /** Whether a value's gradient is needed. */
  readonly wants: (value: ValueId) => boolean;
};

export type Rule<O extends OpName> = (node: Node<O>, dy: ValueId, step: Step) => readonly Contribution[];

/** The gradient of one operand alone, as a small expression. */
type Partial<O extends OpName> = (make: Make, dy: ValueId, node: Node<O>) => ValueId;

/** Makes a node with the rule's origin. */
type Make = {
  <O extends OpName>(
    op: O,
    inputs: readonly ValueId[],
    attributes: OpAttributes[O],
    weights?: readonly (ValueId | undefined)[],
  ): ValueId;
  /** A constant for every modality, or group, of a value. */
  readonly everywhere: (of: ValueId, value: number) => readonly number[];
};

const operand = (node: Node, index: number): ValueId =>
  node.inputs[index] ?? bug("differentiate", `${node.op} has no operand ${index}`);
const first = (node: Node): ValueId => node.results[0] ?? bug("differentiate", `${node.op} has no result`);

const makeWith = ({ builder, origin }: Step): Make =>
  Object.assign(
    <O extends OpName>(
      op: O,
      inputs: readonly ValueId[],
      attributes: OpAttributes[O],
      weights: readonly (ValueId | undefined)[] = [],
    ): ValueId => builder.value(op, inputs, attributes, { origin, weights }),
    {
      everywhere: (of: ValueId, value: number) => {
        const type = builder.typeOf(of);
        return type.kind === "rows" ? type.widths.map(() => value) : [];
      },
    },
  );

/** A rule from one expression per operand; operands without one have no gradient. */
function operands<O extends OpName>(...partials: readonly Partial<O>[]): Rule<O> {
  return (node, dy, step) =>
    partials.flatMap((partial, index) => {
      const to = operand(node, index);
      return step.wants(to) ? [{ to, gradient: partial(makeWith(step), dy, node) }] : [];
    });
}

/** One contribution per distinct weight, summed over the rows of all the modalities that use it. */
function weightGradients<O extends OpName>(
  node: Node<O>,
  step: Step,
  make: (modalities: readonly number[]) => ValueId,
): readonly Contribution[] {
  const users = new Map<ValueId, number[]>();
  for (const [m, weight] of node.weights.entries()) {
    if (weight !== undefined && step.wants(weight)) users.set(weight, [...(users.get(weight) ?? []), m]);
  }
  return [...users].map(([to, modalities]) => ({ to, gradient: make(modalities) }));
}

/** Both results of the `route` node behind one of them: the way back of a gather is the other's. */
function routeOf({ builder }: Step, value: ValueId): { readonly source: ValueId; readonly slots: ValueId } {
  const node = builder.makerOf(value);
  const [source, slots] = node.results;
  if (node.op !== "route" || source === undefined || slots === undefined)
    return bug("differentiate", `rows are routed by ${node.op}`);
  return { source, slots };
}

/** x · factor and x + term, alike in every modality. */
const scaled = (make: Make, x: ValueId, factor: number): ValueId =>
  make("scale", [x], { by: make.everywhere(x, factor) });
const shifted = (make: Make, x: ValueId, term: number): ValueId =>
  make("offset", [x], { by: make.everywhere(x, term) });

/** The table. */
export const gradientRules: { readonly [O in OpName]: Rule<O> | "none" } = {
  param: "none",
  state: "none",
  input: "none",
  cache: "none",
  zeros: "none",

  embed: (node, dy, step) => {
    const [tokens, table] = [operand(node, 0), operand(node, 1)];
    const type = step.builder.typeOf(table);
    const vocab = type.kind === "array" ? (type.shape[0] ?? 0) : 0;
    return step.wants(table)
      ? [{ to: table, gradient: makeWith(step)("embed_dw", [dy, tokens], { vocab }) }]
      : [];
  },
  embed_dw: "none",
  // A timestep is an input.
  sinusoid: "none",

  // y = x·wᵀ: dx = dy·w, dw = dyᵀ·x
  linear: (node, dy, step) => {
    const [make, x] = [makeWith(step), operand(node, 0)];
    const toInput = step.wants(x) ? [{ to: x, gradient: make("linear_dx", [dy], {}, node.weights) }] : [];
    const toWeights = weightGradients(node, step, (modalities) => make("linear_dw", [dy, x], { modalities }));
    return [...toInput, ...toWeights];
  },
  linear_dx: "none",
  linear_dw: "none",

  rms_norm: (node, dy, step) => {
    const [make, x] = [makeWith(step), operand(node, 0)];
    const toInput = step.wants(x)
      ? [{ to: x, gradient: make("rms_norm_dx", [dy, x], node.attributes, node.weights) }]
      : [];
    const toWeights = weightGradients(node, step, (modalities) =>
      make("rms_norm_dw", [dy, x], { ...node.attributes, modalities }),
    );
    return [...toInput, ...toWeights];
  },
  rms_norm_dx: "none",
  rms_norm_dw: "none",

  // A rotation's transpose is the rotation back.
  rope: operands((make, dy, node) =>
    make("rope", [dy, operand(node, 1)], { ...node.attributes, inverse: !node.attributes.inverse }),
  ),
  attention: (node, dy, { builder, origin, wants }) => {
    const [q, k, v, ...steering] = node.inputs;
    const [out, lse] = node.results;
    if (q === undefined || k === undefined || v === undefined || out === undefined || lse === undefined)
      return [];
    const made = builder.node("attention_grad", [dy, q, k, v, out, lse, ...steering], node.attributes, {
      origin,
    });
    return [q, k, v].flatMap((to, i) => {
      const gradient = made[i];
      return gradient !== undefined && wants(to) ? [{ to, gradient }] : [];
    });
  },
  attention_grad: "none",
  // Nothing is trained on what a model writes.
  attention_cached: "none",

  silu: operands((make, dy, node) => make("silu_dx", [dy, operand(node, 0)], {})),
  gelu: operands((make, dy, node) => make("gelu_dx", [dy, operand(node, 0)], {})),
  relu: operands((make, dy, node) => make("relu_dx", [dy, operand(node, 0)], {})),
  // y = tanh x: dx = dy · (1 − y²)
  tanh: operands((make, dy, node) =>
    make("mul", [dy, shifted(make, make("neg", [make("square", [first(node)], {})], {}), 1)], {}),
  ),
  // y = sigmoid x: dx = dy · y · (1 − y)
  sigmoid: operands((make, dy, node) => {
    const rest = shifted(make, make("neg", [first(node)], {}), 1);
    return make("mul", [make("mul", [dy, first(node)], {}), rest], {});
  }),
  // y = x²: dx = 2 · dy · x
  square: operands((make, dy, node) => scaled(make, make("mul", [dy, operand(node, 0)], {}), 2)),
  // y = eˣ: dx = dy · y
  exp: operands((make, dy, node) => make("mul", [dy, first(node)], {})),
  neg: operands((make, dy) => make("neg", [dy], {})),
  // y = 1/x: dx = −dy · y²
  reciprocal: operands((make, dy, node) =>
    make("neg", [make("mul", [dy, make("square", [first(node)], {})], {})], {}),
  ),
  silu_dx: "none",
  gelu_dx: "none",
  relu_dx: "none",

  add: operands(
    (_make, dy) => dy,
    (_make, dy) => dy,
  ),
  sub: operands(
    (_make, dy) => dy,
    (make, dy) => make("neg", [dy], {}),
  ),
  mul: operands(
    (make, dy, node) => make("mul", [dy, operand(node, 1)], {}),
    (make, dy, node) => make("mul", [dy, operand(node, 0)], {}),
  ),
  // y = a/b: da = dy/b, db = −(dy/b) · y; the quotient dy/b is made twice here and once after `share`.
  div: operands(
    (make, dy, node) => make("div", [dy, operand(node, 1)], {}),
    (make, dy, node) =>
      make("neg", [make("mul", [make("div", [dy, operand(node, 1)], {}), first(node)], {})], {}),
  ),
  scale: operands((make, dy, node) => make("scale", [dy], node.attributes)),
  offset: operands((_make, dy) => dy),

  // The same mask, from the same numbers.
  dropout: operands((make, dy, node) => {
    const [, sequence, key] = node.inputs;
    if (sequence === undefined || key === undefined) return bug("differentiate", "dropout without its mask");
    return make("dropout", [dy, sequence, key], node.attributes);
  }),

  // The rows that were left out have gradient zero: the contribution just lacks them.
  restrict: operands((_make, dy) => dy),
  // Each part takes its own rows of dy; the walk cuts the others away, for `join` and `extend` alike.
  join: (node, dy, step) => node.inputs.flatMap((to) => (step.wants(to) ? [{ to, gradient: dy }] : [])),
  extend: operands((_make, dy) => dy),

  softmax: operands((make, dy, node) => make("softmax_dx", [dy, first(node)], {})),
  softmax_dx: "none",
  // Which experts a token meets has no slope; the weights with which their rows are summed have.
  route: "none",
  dispatch: (node, dy, step) => {
    const [x, source] = [operand(node, 0), operand(node, 1)];
    const { slots } = routeOf(step, source);
    return step.wants(x) ? [{ to: x, gradient: makeWith(step)("dispatch_dx", [dy, slots], {}) }] : [];
  },
  dispatch_dx: "none",
  // z[n] = Σ p·y: dy = p·dz where the row came from, dp = dz·y
  combine: (node, dz, step) => {
    const [y, p, slots] = [operand(node, 0), operand(node, 1), operand(node, 2)];
    const { source } = routeOf(step, slots);
    const make = makeWith(step);
    return [
      ...(step.wants(y) ? [{ to: y, gradient: make("combine_dy", [dz, p, source], {}) }] : []),
      ...(step.wants(p) ? [{ to: p, gradient: make("combine_dp", [dz, y, slots], {}) }] : []),
    ];
  },
  combine_dy: "none",
  combine_dp: "none",
  // A term of the total: see `seeds` in differentiate.ts.
  balance: "none",
  balance_dx: "none",

  // dy is the loss's weight per row.
  cross_entropy: operands((make, dy, node) =>
    make("cross_entropy_dx", [operand(node, 0), operand(node, 1), dy], node.attributes),
  ),
  cross_entropy_dx: "none",
  // y = mean (p − t)²: dp = dy · 2(p − t)/width, dt = −dp
  mean_square: operands(
    (make, dy, node) => make("mean_square_dx", [operand(node, 0), operand(node, 1), dy], {}),
    (make, dy, node) =>
      make("neg", [make("mean_square_dx", [operand(node, 0), operand(node, 1), dy], {})], {}),
  ),
  mean_square_dx: "none",
  // Only its first component is ever differentiated: see `seeds` in differentiate.ts.
  loss_sums: "none",

  global_norm: "none",
  adamw: "none",
};
