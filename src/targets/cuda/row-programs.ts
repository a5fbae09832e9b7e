// row-programs.ts: chains of elementwise ops and norms.
// In: kernels. Out: a form. Without sums the elements are independent. With sums, a row's threads keep of it in one
// phase what the next one reads again; what a phase stores is kept as it would come back from memory, so that the width
// of a row does not change what is computed.

import type { RowPhase } from "../../kernel/kernel.ts";
import {
  type ArgumentName,
  type BodyOf,
  type CudaForm,
  type Element,
  everywhere,
  type KernelText,
  recordLines,
} from "./context.ts";
import { elementwise, type Vector } from "./elementwise.ts";
import { calledFunctions, emitExpression, type Leaves, operandsRead } from "./expressions.ts";
import { elementwiseBlocks, groupBlocks, groupView, isWide, partialBytes, typeOf } from "./lanes.ts";

type Program = BodyOf<"row_program">;

const threads = 256;

const hasSums = ({ phases }: Program): boolean => phases.some(({ sums }) => sums.length > 0);

export const rowProgramForm: CudaForm<"row_program"> = {
  source: (body, elements) => (hasSums(body) ? summingProgram(body, elements) : plainProgram(body, elements)),
  words: (body) => {
    const strides = body.operands.map(({ stride }) => stride);
    return hasSums(body) ? [body.width / body.segments, body.segments, ...strides] : [body.width, ...strides];
  },
  blocks: (body, _sizes, { tileRows }) => [
    0,
    hasSums(body)
      ? groupBlocks(tileRows * body.segments, body.width / body.segments, threads)
      : elementwiseBlocks(tileRows * body.width),
  ],
};

/** Of a column vector it is 0. */
const strideNames = ({ operands }: Program): readonly string[] => operands.map((_, i) => `stride${i}`);

const writtenBy = ({ phases }: Program): ReadonlySet<number> =>
  new Set(phases.flatMap(({ stores }) => stores.map(({ operand }) => operand)));

function argumentNames(body: Program): readonly ArgumentName[] {
  const written = writtenBy(body);
  return body.operands.map((_, i) => ({ name: `x${i}`, writes: written.has(i) }));
}

const startOf = ({ operands }: Program, operand: number, part: string): string =>
  operands[operand]?.kind === "column"
    ? `x${operand}`
    : `x${operand} + ((long long)row * stride${operand}${part})`;

function plainProgram(body: Program, elements: readonly Element[]): KernelText {
  const leaves: Leaves = { value: (operand) => `v${operand}[lane]`, rowScalar: (index) => `r${index}` };
  const vector = (operand: number): Vector => ({
    name: `v${operand}`,
    argument: operand,
    start: startOf(body, operand, ""),
  });
  const stored = writtenBy(body);
  const read = new Set(body.phases.flatMap((phase) => [...operandsRead(phase)]));
  return elementwise(
    {
      name: "row_program",
      comment: "element by element",
      words: ["width", ...strideNames(body)],
      args: argumentNames(body),
      wide: strideNames(body),
      starts: [],
      loads: [...read].filter((operand) => !stored.has(operand)).map(vector),
      lines: body.phases.flatMap((phase) => [
        ...letLines(phase, leaves),
        ...phase.stores.map(({ operand, value }) => `v${operand}[lane] = ${emitExpression(value, leaves)};`),
      ]),
      stores: [...stored].map(vector),
    },
    elements,
  );
}

const letLines = ({ lets }: RowPhase, leaves: Leaves): readonly string[] =>
  lets.map((value, i) => `const float t${i} = ${emitExpression(value, leaves)};`);

function summingProgram(body: Program, elements: readonly Element[]): KernelText {
  const mostSums = Math.max(...body.phases.map(({ sums }) => sums.length));
  const held = new Set<number>();
  const phases = body.phases.map((phase, number) => phaseView(body, phase, number, elements, held));
  const lines = phases.flatMap((phase) => [...phase.lines, ...phase.finish]);
  const written = writtenBy(body);
  return {
    template: "cuda/row_program",
    view: {
      comment: "row by row, with sums over each",
      functions: calledFunctions(lines),
      record: recordLines(["width", "parts", ...strideNames(body)], argumentNames(body), elements),
      wide: isWide(["(parts == 1 ? 0 : width)", ...strideNames(body)]),
      places: body.operands.map((_, i) => {
        const type = `${written.has(i) ? "" : "const "}${typeOf(elements[i])}`;
        return `const global<${type}> p${i} = ${startOf(body, i, " + part")};`;
      }),
      values: body.operands.flatMap(({ kind }, i) => (kind === "column" ? [] : [`v${i}`])),
      scalars: lines.some((line) => line.includes("per_column"))
        ? ["const float per_column = 1.0f / (float)width;"]
        : [],
      phases,
      ...groupView(
        elements.filter((_, i) => body.operands[i]?.kind === "rows"),
        threads,
        { sums: mostSums },
      ),
    },
    configurations: everywhere({ threads, sharedBytes: partialBytes(threads, mostSums) }),
  };
}

/** `held`: operands that threads have in registers when the phase begins; what it adds is noted there. */
function phaseView(
  { operands }: Program,
  phase: RowPhase,
  number: number,
  elements: readonly Element[],
  held: Set<number>,
) {
  const isColumn = (operand: number): boolean => operands[operand]?.kind === "column";
  const leaves: Leaves = {
    value: (operand) => (isColumn(operand) ? `v${operand}[lane]` : `v${operand}[k][lane]`),
    rowScalar: (index) => `r${index}`,
  };
  const vector = (operand: number) => ({
    name: `v${operand}`,
    type: typeOf(elements[operand]),
    place: `p${operand}`,
  });
  const all = [...operandsRead(phase)];
  const read = all.filter((operand) => !isColumn(operand));
  const stored = phase.stores.map(({ operand }) => operand);
  const view = {
    totals: phase.sums.length === 0 ? [] : [`float totals${number}[${phase.sums.length}] = {};`],
    loads: read.filter((operand) => !held.has(operand)).map(vector),
    reloads: read.filter((operand) => held.has(operand)).map(vector),
    // Near, for all rows read them: not worth a register between phases.
    columns: all.filter(isColumn).map(vector),
    lines: [
      ...(phase.sums.length === 0 ? [] : ["const bool is_inside = column + lane < columns;"]),
      ...letLines(phase, leaves),
      ...phase.sums.map(
        ({ value }, i) => `if (is_inside) totals${number}[${i}] += ${emitExpression(value, leaves)};`,
      ),
      ...phase.stores.map(
        ({ operand, value }) =>
          `v${operand}[k][lane] = as_stored<${typeOf(elements[operand])}>(${emitExpression(value, leaves)});`,
      ),
    ],
    stores: stored.map(vector),
    finish: finishLines(phase, number),
  };
  for (const operand of [...read, ...stored]) held.add(operand);
  return view;
}

/** What the sums of a phase become; one sum's last step may read those before it. */
function finishLines({ sums }: RowPhase, number: number): readonly string[] {
  if (sums.length === 0) return [];
  return [
    `sum_group(totals${number}, size, partials);`,
    ...sums.map(({ index, finish }, i) => {
      const leaves: Leaves = {
        value: () => "0.0f",
        rowScalar: (other) => (other === index ? `totals${number}[${i}]` : `r${other}`),
      };
      return `const float r${index} = ${emitExpression(finish, leaves)};`;
    }),
  ];
}
