// row-program.ts: a chain of elementwise ops and norms → phases of scalar expressions.
// In: the nodes of one program stage. Out: phases over numbered operands, and which value each operand is.
// Idea: a norm needs a sum over its row before its first element, so it starts a new phase; a later phase re-reads
// what an earlier one stored and recomputes what it did not: both are cheaper than a row kept in memory.

import { bug } from "../diagnostics/bug.ts";
import type { AnyNode, Graph, ValueId } from "../ir/graph.ts";
import type { Expression, RowPhase, ScalarBinary, ScalarUnary } from "./kernel.ts";

/** What stands behind an operand of a row program. */
export type ProgramOperand =
  | { readonly kind: "rows"; readonly value: ValueId; readonly written: boolean }
  | { readonly kind: "column"; readonly value: ValueId };

export type RowProgram = {
  readonly phases: readonly RowPhase[];
  readonly operands: readonly ProgramOperand[];
  readonly rowScalars: number;
};

export const constant = (value: number): Expression => ({ kind: "constant", value });
const unary = (fn: ScalarUnary, x: Expression): Expression => ({ kind: "unary", fn, x });
const binary = (fn: ScalarBinary, a: Expression, b: Expression): Expression => ({ kind: "binary", fn, a, b });
const add = (a: Expression, b: Expression): Expression => binary("add", a, b);
const sub = (a: Expression, b: Expression): Expression => binary("sub", a, b);
const mul = (a: Expression, b: Expression): Expression => binary("mul", a, b);

export type ProgramOptions = {
  /** Which results others read. */
  readonly stored: (value: ValueId) => boolean;
  /** Whether a phase reads again what an earlier one stored; otherwise it computes it again. */
  readonly rereads: boolean;
};

/** The program of `nodes` for modality `m`, whatever the width of its rows. */
export function buildRowProgram(
  graph: Graph,
  nodes: readonly AnyNode[],
  modality: number,
  options: ProgramOptions,
): RowProgram {
  const builder = new ProgramBuilder(graph, nodes, modality, options);
  return builder.build();
}

/** A class because a program is built by several mutually recursive steps over one set of tables. */
class ProgramBuilder {
  readonly graph: Graph;
  readonly nodes: readonly AnyNode[];
  readonly modality: number;
  readonly stored: (value: ValueId) => boolean;
  readonly rereads: boolean;
  readonly producer = new Map<ValueId, AnyNode>();
  readonly phaseOf = new Map<ValueId, number>();
  readonly operands: ProgramOperand[] = [];
  /** First row scalar of each norm node. */
  readonly scalars = new Map<AnyNode, number>();
  rowScalars = 0;
  lets: Expression[] = [];
  locals = new Map<string, number>();
  phase = 0;

  constructor(
    graph: Graph,
    nodes: readonly AnyNode[],
    modality: number,
    { stored, rereads }: ProgramOptions,
  ) {
    this.graph = graph;
    this.nodes = nodes;
    this.modality = modality;
    this.stored = stored;
    this.rereads = rereads;
    for (const node of nodes) for (const value of node.results) this.producer.set(value, node);
  }

  build(): RowProgram {
    for (const node of this.nodes) this.placeInPhase(node);
    const last = Math.max(0, ...this.phaseOf.values());
    const phases: RowPhase[] = [];
    for (this.phase = 0; this.phase <= last; this.phase += 1) phases.push(this.buildPhase());
    return { phases: phases.filter(hasWork), operands: this.operands, rowScalars: this.rowScalars };
  }

  placeInPhase(node: AnyNode): void {
    const inputs = Math.max(0, ...node.inputs.map((value) => this.phaseOf.get(value) ?? 0));
    const scalars = rowScalarsOf(node);
    if (scalars > 0) {
      this.scalars.set(node, this.rowScalars);
      this.rowScalars += scalars;
    }
    for (const value of node.results) this.phaseOf.set(value, scalars > 0 ? inputs + 1 : inputs);
  }

  buildPhase(): RowPhase {
    this.lets = [];
    this.locals = new Map();
    const sums: RowPhase["sums"][number][] = [];
    const stores: RowPhase["stores"][number][] = [];
    for (const node of this.nodes) {
      if (node.op === "rms_norm" && this.resultPhase(node) - 1 === this.phase)
        sums.push(this.meanSquare(node));
      if (node.op === "rms_norm_dx" && this.resultPhase(node) - 1 === this.phase) {
        const [, x] = node.inputs;
        const first = this.meanSquare(node, x);
        sums.push(first, this.projection(node, first.index));
      }
      if (node.op === "softmax_dx" && this.resultPhase(node) - 1 === this.phase)
        sums.push(this.overlap(node));
      for (const value of node.results) {
        if (this.phaseOf.get(value) !== this.phase || !this.stored(value)) continue;
        const computed = this.value(value);
        stores.push({ operand: this.operand({ kind: "rows", value, written: true }), value: computed });
      }
    }
    return { lets: this.lets, sums, stores };
  }

  resultPhase(node: AnyNode): number {
    const [result] = node.results;
    return result === undefined ? 0 : (this.phaseOf.get(result) ?? 0);
  }

  /** 1/√(mean x² + eps) */
  meanSquare(node: AnyNode, operand = node.inputs[0]): RowPhase["sums"][number] {
    const index = this.scalars.get(node) ?? 0;
    const x = this.value(operand);
    const eps = node.op === "rms_norm" || node.op === "rms_norm_dx" ? node.attributes.eps : 0;
    const sum: Expression = { kind: "row_scalar", index };
    const finish = unary("rsqrt", add(mul(sum, { kind: "per_column" }), constant(eps)));
    return { index, value: mul(x, x), finish };
  }

  /** r³ · mean(dy·w·x), where r is the reciprocal root of the row */
  projection(node: AnyNode, root: number): RowPhase["sums"][number] {
    const [dy, x] = node.inputs;
    const index = root + 1;
    const r: Expression = { kind: "row_scalar", index: root };
    const sum: Expression = { kind: "row_scalar", index };
    const value = mul(mul(this.value(dy), this.column(node)), this.value(x));
    return { index, value, finish: mul(mul(mul(sum, { kind: "per_column" }), r), mul(r, r)) };
  }

  /** Σ dp·p */
  overlap(node: AnyNode): RowPhase["sums"][number] {
    const index = this.scalars.get(node) ?? 0;
    const value = mul(this.value(node.inputs[0]), this.value(node.inputs[1]));
    return { index, value, finish: { kind: "row_scalar", index } };
  }

  column(node: AnyNode): Expression {
    const weight = node.weights[this.modality];
    if (weight === undefined)
      return bug("kernel", `${node.op} without a weight for modality ${this.modality}`);
    return this.local(`column ${weight}`, () => ({
      kind: "column",
      operand: this.operand({ kind: "column", value: weight }),
    }));
  }

  operand(wanted: ProgramOperand): number {
    const at = this.operands.findIndex(
      (operand) => operand.kind === wanted.kind && operand.value === wanted.value,
    );
    if (at >= 0) return at;
    this.operands.push(wanted);
    return this.operands.length - 1;
  }

  local(key: string, make: () => Expression): Expression {
    const known = this.locals.get(key);
    if (known !== undefined) return { kind: "local", index: known };
    const expression = make();
    this.lets.push(expression);
    this.locals.set(key, this.lets.length - 1);
    return { kind: "local", index: this.lets.length - 1 };
  }

  value(value: ValueId | undefined): Expression {
    if (value === undefined) return bug("kernel", "a row program reads a value that does not exist");
    const node = this.producer.get(value);
    const isPast = (this.phaseOf.get(value) ?? 0) < this.phase;
    if (node === undefined || (isPast && this.rereads && this.stored(value))) {
      const written = node !== undefined;
      return this.local(`value ${value}`, () => ({
        kind: "load",
        operand: this.operand({ kind: "rows", value, written }),
      }));
    }
    return this.local(`value ${value}`, () => this.compute(node));
  }

  /** One line of algebra per op. */
  compute(node: AnyNode): Expression {
    const a = (): Expression => this.value(node.inputs[0]);
    const b = (): Expression => this.value(node.inputs[1]);
    switch (node.op) {
      case "add":
      case "sub":
      case "mul":
      case "div":
        return binary(node.op, a(), b());
      case "neg":
      case "exp":
      case "tanh":
      case "sigmoid":
      case "reciprocal":
        return unary(node.op, a());
      case "square":
        return mul(a(), a());
      case "relu":
        return binary("max", a(), constant(0));
      case "relu_dx":
        return mul(a(), unary("step", b()));
      case "silu":
        return mul(a(), unary("sigmoid", a()));
      case "silu_dx": {
        // silu'(x) = s + x·s·(1 − s) with s = sigmoid(x)
        const s = this.local(`sigmoid ${node.inputs[1]}`, () => unary("sigmoid", b()));
        return mul(mul(a(), s), add(constant(1), mul(b(), sub(constant(1), s))));
      }
      case "gelu":
        return mul(mul(constant(0.5), a()), add(constant(1), this.geluTanh(node.inputs[0])));
      case "gelu_dx": {
        // with t = tanh(u), u = c·(x + 0.044715·x³): ½(1 + t) + ½·x·(1 − t²)·c·(1 + 3·0.044715·x²)
        const t = this.geluTanh(node.inputs[1]);
        const slope = mul(constant(geluScale), add(constant(1), mul(constant(3 * geluCube), mul(b(), b()))));
        const curved = mul(mul(b(), sub(constant(1), mul(t, t))), slope);
        return mul(mul(constant(0.5), a()), add(add(constant(1), t), curved));
      }
      case "scale":
        return mul(a(), constant(node.attributes.by[this.modality] ?? 1));
      case "offset":
        return add(a(), constant(node.attributes.by[this.modality] ?? 0));
      case "rms_norm":
        return mul(mul(a(), { kind: "row_scalar", index: this.scalars.get(node) ?? 0 }), this.column(node));
      case "rms_norm_dx": {
        // r·w·dy − x·r³·mean(dy·w·x)
        const root = this.scalars.get(node) ?? 0;
        const scaled = mul(mul(a(), this.column(node)), { kind: "row_scalar", index: root });
        return sub(scaled, mul(b(), { kind: "row_scalar", index: root + 1 }));
      }
      case "softmax_dx":
        return mul(b(), sub(a(), { kind: "row_scalar", index: this.scalars.get(node) ?? 0 }));
      default:
        return bug("kernel", `no scalar expression for ${node.op}`);
    }
  }

  geluTanh(value: ValueId | undefined): Expression {
    return this.local(`gelu ${value}`, () => {
      const x = this.value(value);
      const cubic = mul(x, add(constant(1), mul(constant(geluCube), mul(x, x))));
      return unary("tanh", mul(constant(geluScale), cubic));
    });
  }
}

/** Sums over the row that a node needs before its first element. */
export function rowScalarsOf({ op }: AnyNode): number {
  if (op === "rms_norm_dx") return 2;
  return op === "rms_norm" || op === "softmax_dx" ? 1 : 0;
}

/** √(2/π) and the cubic factor of GELU's tanh form (Hendrycks and Gimpel 2016, equation 2). */
const geluScale = Math.sqrt(2 / Math.PI);
const geluCube = 0.044715;

const hasWork = (phase: RowPhase): boolean => phase.sums.length + phase.stores.length > 0;
