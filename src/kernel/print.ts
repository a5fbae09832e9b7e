// print.ts: kernels and plan → text, for `--emit kernels`, `--emit plan` and goldens.
// In: a plan. Out: one block per kernel and one line per call; the same data the runtime walks.

import type { Argument, Call, Expression, Kernel, KernelBody, Plan, RowPhase } from "./kernel.ts";

/** Every kernel with its sizes; row programs with their phases as formulas. */
export function printKernels(plan: Plan): string {
  return `${plan.kernels.map(printKernel).join("\n\n")}\n`;
}

function printKernel(kernel: Kernel): string {
  const { body } = kernel;
  const skipped = new Set(["kind", "phases", "operands"]);
  const fields = Object.entries(body)
    .filter(([key]) => !skipped.has(key))
    .map(([key, value]) => `${key}=${Array.isArray(value) ? JSON.stringify(value) : String(value)}`);
  const head = `kernel ${kernel.name}  kind=${body.kind}  ${fields.join(" ")}`;
  return [head.trimEnd(), ...printProgram(body)].join("\n");
}

function printProgram(body: KernelBody): readonly string[] {
  if (body.kind !== "row_program") return [];
  const operands = body.operands.map((operand, i) =>
    operand.kind === "column" ? `w${i}[col]` : `x${i}[row·${operand.stride}+col]`,
  );
  return [`  operands  ${operands.join("  ")}`, ...body.phases.flatMap(printPhase)];
}

function printPhase(phase: RowPhase, index: number): readonly string[] {
  return [
    `  phase ${index}`,
    ...phase.lets.map((value, i) => `    t${i} = ${printExpression(value)}`),
    ...phase.sums.map(
      ({ index: at, value, finish }) =>
        `    r${at} = sum ${printExpression(value)}; then ${printExpression(finish)}`,
    ),
    ...phase.stores.map(({ operand, value }) => `    x${operand} <- ${printExpression(value)}`),
  ];
}

const signs = { add: "+", sub: "-", mul: "*", div: "/" } as const;

export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case "load":
      return `x${expression.operand}`;
    case "column":
      return `w${expression.operand}`;
    case "row_scalar":
      return `r${expression.index}`;
    case "local":
      return `t${expression.index}`;
    case "constant":
      return String(expression.value);
    case "per_column":
      return "1/n";
    case "unary":
      return `${expression.fn}(${printExpression(expression.x)})`;
    case "binary": {
      const [a, b] = [printExpression(expression.a), printExpression(expression.b)];
      return expression.fn === "max" ? `max(${a}, ${b})` : `(${a} ${signs[expression.fn]} ${b})`;
    }
    default:
      return expression satisfies never;
  }
}

/** Buffers, then launches in order: stages per modality (once where all agree) and tasks with their number of pieces. */
export function printPlan(plan: Plan, modalities: readonly string[]): string {
  const buffers = plan.buffers.map(
    (buffer, i) => `buffer b${i} ${buffer.role} ${buffer.byteLength} at ${buffer.byteOffset}  ${buffer.name}`,
  );
  const launches = plan.launches.flatMap((launch, i) => {
    const chunk = launch.chunk === undefined ? "" : ` chunk ${launch.chunk}`;
    const lists = launch.stages.map((stages) => stages.map((call) => `    ${printCall(plan, call)}`));
    const agree = lists.every((list) => list.join("\n") === lists[0]?.join("\n"));
    const stages = agree
      ? (lists[0] ?? [])
      : lists.flatMap((list, m) => (list.length === 0 ? [] : [`   ${modalities[m]}`, ...list]));
    const tasks = launch.tasks.map(({ call, count }) => `    tasks ${count} ${printCall(plan, call)}`);
    return [`launch ${i} ${launch.phase}${chunk}`, ...stages, ...tasks];
  });
  return `${[...buffers, ...launches].join("\n")}\n`;
}

function printCall(plan: Plan, call: Call): string {
  const args = call.args.map(printArgument).join(" ");
  const place = [call.scope, call.label].filter((part) => part !== "").join(": ");
  return `${plan.kernels[call.kernel]?.name} ${args}  # ${place}${call.line === undefined ? "" : ` @${call.line}`}`;
}

const printArgument = (argument: Argument): string =>
  argument.kind === "number"
    ? String(argument.value)
    : `b${argument.buffer}${argument.offsetBytes === 0 ? "" : `+${argument.offsetBytes}`}`;
