// row-program.ts: chains of elementwise ops and row sums. A phase is one trip over the columns of a row, in vectors.
// In: a row_program kernel. Out: its view: per phase the lines of a loop body (a few vectors, so that sums have
// several running totals) and of what the loop leaves over.
// Where a store of a whole vector would leave the row, everything runs one lane at a time instead.

import type { Expression, RowPhase } from "../../kernel/kernel.ts";
import type { View } from "../render.ts";
import type { KernelOf, KernelText, WasmContext } from "./context.ts";
import { addTo, emitExpression, type Leaves } from "./expressions.ts";
import { get, type Lanes, set, singleLane, vectorLanes } from "./lanes.ts";
import { type Constants, createConstants, createStatements } from "./math.ts";

type Program = KernelOf<"row_program">["body"];

/** How the columns of one part of a row are walked: `loops` trips of `unroll` vectors, then `rest` vectors and a tail. */
type Walk = {
  readonly lanes: Lanes;
  /** 1 ÷ columns of a part. */
  readonly perColumn: number;
  readonly unroll: number;
  readonly loops: number;
  readonly rest: number;
  /** Columns after the last whole vector. */
  readonly tail: number;
  /** Declarations of the temporary locals that statements needed. */
  readonly temporaries: Set<string>;
  readonly constants: Constants;
};

const floatBytes = 4;

export function rowProgram({ name, body }: KernelOf<"row_program">, context: WasmContext): KernelText {
  const walk = walkOf(body, context);
  const partBytes = (body.width / body.segments) * floatBytes;
  const rows = body.operands.flatMap(({ kind, stride }, operand) =>
    kind === "rows" ? [{ operand, stride }] : [],
  );
  const phases = body.phases.map((phase) => phaseView(phase, walk));
  const view: View = {
    comment: `${body.width} columns${body.segments > 1 ? ` in ${body.segments} parts` : ""}, ${walk.lanes.count} at a time`,
    name,
    locals: [...localsOf(body, walk), ...walk.temporaries, ...walk.constants.locals()],
    constants: walk.constants.lines(),
    pointers: body.operands.map(({ stride }, operand) => ({
      pointer: `$p${operand}`,
      argument: operand * 4,
      rowBytes: stride * floatBytes,
    })),
    segments: body.segments,
    phases,
    partSteps: rows.map(({ operand }) => ({ pointer: `$p${operand}`, bytes: partBytes })),
    rowSteps: rows.map(({ operand, stride }) => ({
      pointer: `$p${operand}`,
      bytes: (stride - body.width) * floatBytes,
    })),
  };
  return { template: "wasm/row_program", view, scratchBytes: 0 };
}

function walkOf(body: Program, context: WasmContext): Walk {
  const width = body.width / body.segments;
  const written = new Set(body.phases.flatMap(({ stores }) => stores.map(({ operand }) => operand)));
  const hasRoom = body.operands.every(
    ({ kind, stride }, operand) =>
      kind === "column" || !written.has(operand) || stride >= Math.ceil(width / 4) * 4,
  );
  const isWhole = width % 4 === 0 || (body.segments === 1 && hasRoom);
  const constants = createConstants();
  const lanes = isWhole ? vectorLanes(context, constants) : singleLane;
  const vectors = Math.floor(width / lanes.count);
  const unroll = Math.min(4, Math.max(1, vectors));
  const loops = Math.floor(vectors / unroll);
  return {
    lanes,
    perColumn: 1 / width,
    unroll,
    loops,
    rest: vectors - loops * unroll,
    tail: width % lanes.count,
    temporaries: new Set(),
    constants,
  };
}

function localsOf(body: Program, { lanes, unroll }: Walk): readonly string[] {
  const declare = (name: string, type: string): string => `(local $${name} ${type})`;
  const copies = Array.from({ length: unroll }, (_, copy) => copy);
  const lets = Math.max(0, ...body.phases.map((phase) => phase.lets.length));
  const names = [
    ...body.operands.flatMap((_, operand) => [declare(`p${operand}`, "i32"), declare(`q${operand}`, "i32")]),
    ...Array.from({ length: lets }, (_, index) =>
      copies.map((copy) => declare(`t${index}_${copy}`, lanes.type)),
    ).flat(),
    ...Array.from({ length: body.rowScalars }, (_, index) => [
      declare(`r${index}`, "f32"),
      declare(`s${index}`, lanes.type),
      ...copies.map((copy) => declare(`a${index}_${copy}`, lanes.type)),
    ]).flat(),
  ];
  return names;
}

function phaseView(phase: RowPhase, walk: Walk): View {
  const { unroll, loops, rest, tail, lanes } = walk;
  const copies = (count: number): readonly number[] => Array.from({ length: count }, (_, copy) => copy);
  const touched = [...operandsOf(phase)].sort((a, b) => a - b);
  const tailLines = tail === 0 ? [] : vectorLines(phase, walk, rest, tail, 0);
  return {
    pointers: touched.map((operand) => ({ pointer: `$q${operand}`, base: `$p${operand}` })),
    zeros: phase.sums.flatMap(({ index }) =>
      copies(unroll).map((copy) => set(`a${index}_${copy}`, lanes.constant(0))),
    ),
    loops,
    body: copies(unroll).flatMap((copy) => vectorLines(phase, walk, copy, 0, copy)),
    steps: touched.map((operand) => ({ pointer: `$q${operand}`, bytes: unroll * lanes.bytes })),
    rest: [...copies(rest).flatMap((copy) => vectorLines(phase, walk, copy, 0, copy)), ...tailLines],
    finish: phase.sums.flatMap((sum) => finishLines(sum, walk)),
  };
}

/** The lines of one vector, `at` vectors behind the pointers; `copy` names its locals, `tail` > 0 masks its sums. */
function vectorLines(
  phase: RowPhase,
  { lanes, temporaries, perColumn }: Walk,
  at: number,
  tail: number,
  copy: number,
): readonly string[] {
  const leaves: Leaves = {
    load: (operand) => lanes.load(get(`q${operand}`), at * lanes.bytes),
    column: (operand) => lanes.load(get(`q${operand}`), at * lanes.bytes),
    rowScalar: (index) => get(`s${index}`),
    local: (index) => get(`t${index}_${copy}`),
    perColumn,
  };
  const statements = createStatements(lanes.type);
  const emit = (value: Expression): string => emitExpression(value, lanes, leaves, statements);
  const add = (line: string): void => {
    statements.add(line);
    statements.restart();
  };
  for (const [index, value] of phase.lets.entries()) add(set(`t${index}_${copy}`, emit(value)));
  for (const { index, value } of phase.sums) {
    const total = `a${index}_${copy}`;
    if (tail === 0) add(set(total, addTo(get(total), value, lanes, leaves, statements)));
    else add(set(total, lanes.binary("add", get(total), `(v128.and ${emit(value)} ${tailMask(tail)})`)));
  }
  for (const { operand, value } of phase.stores)
    add(lanes.store(get(`q${operand}`), at * lanes.bytes, emit(value)));
  for (const declaration of statements.locals()) temporaries.add(declaration);
  return statements.lines;
}

/** Running totals, then lanes, then the sum's own last step; pairs first, in a fixed order. */
function finishLines(sum: RowPhase["sums"][number], { lanes, unroll, perColumn }: Walk): readonly string[] {
  const { index, finish } = sum;
  let totals = Array.from({ length: unroll }, (_, copy) => get(`a${index}_${copy}`));
  while (totals.length > 1) {
    const pairs = Array.from({ length: Math.ceil(totals.length / 2) }, (_, pair) =>
      totals.slice(2 * pair, 2 * pair + 2),
    );
    totals = pairs.map(([a = "", b]) => (b === undefined ? a : lanes.binary("add", a, b)));
  }
  const [total = ""] = totals;
  const scalar: Leaves = {
    load: () => "",
    column: () => "",
    rowScalar: (other) => get(`r${other}`),
    local: () => "",
    perColumn,
  };
  return [
    set(`r${index}`, lanes.count === 4 ? `(call $sum_lanes ${total})` : total),
    set(`r${index}`, emitExpression(finish, singleLane, scalar, noStatements)),
    set(`s${index}`, lanes.splat(get(`r${index}`))),
  ];
}

/** A reduction's last step is plain arithmetic on single numbers. */
const noStatements = createStatements("f32");

/** All ones in the first `count` lanes. */
export function tailMask(count: number): string {
  return `(v128.const i32x4 ${[0, 1, 2, 3].map((lane) => (lane < count ? -1 : 0)).join(" ")})`;
}

/** Operands that a phase loads or stores. */
function operandsOf(phase: RowPhase): ReadonlySet<number> {
  const found = new Set<number>(phase.stores.map(({ operand }) => operand));
  const visit = (value: RowPhase["lets"][number]): void => {
    if (value.kind === "load" || value.kind === "column") found.add(value.operand);
    if (value.kind === "unary") visit(value.x);
    if (value.kind === "binary") for (const side of [value.a, value.b]) visit(side);
  };
  for (const value of [
    ...phase.lets,
    ...phase.sums.map((sum) => sum.value),
    ...phase.stores.map((s) => s.value),
  ])
    visit(value);
  return found;
}
