// print.ts: a Model as text, for `--emit model` and goldens.
// In: a model. Out: lines: what it is, its parameters, its operations in order, its objectives, its training.
// Shapes are `64` or `text 344, image 172` where they differ; `4x16` is 4 heads of 16. It is not parsed back.

import { positionAt } from "../diagnostics/source.ts";
import type { Model, Operation, Parameter, PerModality, Routing, RowsShape } from "./model.ts";

/** One item per line, ends with a newline. */
export function printModel(model: Model): string {
  const names = model.modalities.map((modality) => modality.name);
  const lines = [
    `model ${model.name} variant ${model.variant} vocab ${model.vocab}`,
    ...model.modalities.map(({ name, form }) =>
      form.kind === "tokens"
        ? `  modality ${name} = tokens ${form.vocabStart}..${form.vocabStart + form.vocab}`
        : `  modality ${name} = patches ${form.size} x ${form.size} x ${form.channels}`,
    ),
    ...[...model.constants].map(
      ([name, value]) =>
        `  const ${name} = ${typeof value === "number" ? value : perModality(value, names, String)}`,
    ),
    "",
    ...model.routings.map((routing, index) => `  ${printRouting(routing, index, names)}`),
    ...(model.routings.length === 0 ? [] : [""]),
    ...model.parameters.map((parameter) => `  ${printParameter(parameter, names)}`),
    "",
    ...model.operations.map((operation, index) => `  ${printOperation(operation, index, model, names)}`),
    "",
    ...model.objectives.map((objective) => {
      const targets = objective.modalities.map((modality) => names[modality]).join(", ");
      const weight = `weight=${objective.weight}`;
      if (objective.kind === "mean_square")
        return `  objective ${targets} = mean_square %${objective.prediction}, %${objective.target} ${weight}`;
      const extra = objective.zLoss === 0 ? "" : ` z_loss=${objective.zLoss}`;
      return `  objective ${targets} = cross_entropy %${objective.logits} ${weight}${extra}`;
    }),
    ...(model.train === undefined ? [] : [`  train ${JSON.stringify(model.train)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** `routing 0 = 4 experts by expert_choice pools {text 0, image 1}` */
function printRouting(routing: Routing, index: number, names: readonly string[]): string {
  const { experts, choice, balance, pools } = routing;
  const how = choice.kind === "top" ? `top ${choice.k} balance ${balance}` : "by expert_choice";
  return `routing ${index} = ${experts} ${experts === 1 ? "expert" : "experts"} ${how} pools ${perModality(pools, names, String)}`;
}

function printParameter(parameter: Parameter, names: readonly string[]): string {
  const { path, shape, initial, drawPath, drawIndex, modalities } = parameter;
  const users =
    modalities.length === names.length ? "" : `  for ${modalities.map((m) => names[m]).join(", ")}`;
  const draw = drawPath === path && drawIndex === 0 ? "" : ` draw ${drawPath}#${drawIndex}`;
  const value = initial.kind === "ones" ? "ones" : `normal ${Number(initial.std.toPrecision(6))}${draw}`;
  return `param ${path} : [${shape.join(", ")}]  ${value}${users}`;
}

function printOperation(operation: Operation, index: number, model: Model, names: readonly string[]): string {
  const { line, column } = positionAt(operation.span.source, operation.span.start);
  const label = [operation.scope, operation.name]
    .filter((part) => part !== undefined && part !== "")
    .join(".");
  const place = `@${line}:${column}${label === "" ? "" : ` ${label}`}`;
  const paths = (weight: PerModality<number>): string => {
    const used = [...new Set(weight.filter((each) => each !== undefined))];
    return used.map((each) => model.parameters[each]?.path).join(" ");
  };
  return `%${index} = ${describe(operation, paths, names)} : ${printShape(operation.shape, names)}  ${place}`;
}

function describe(
  operation: Operation,
  paths: (weight: PerModality<number>) => string,
  names: readonly string[],
): string {
  switch (operation.kind) {
    case "tokens":
    case "noisy":
    case "noise":
      return operation.kind;
    case "sinusoid":
      return "sinusoid timestep";
    case "embed":
      return `embed %${operation.x}, [${paths([operation.table])}]`;
    case "linear":
    case "rms_norm":
      return `${operation.kind} %${operation.x}, [${paths(operation.weight)}]`;
    case "rope":
    case "split":
    case "merge":
      return `${operation.kind} %${operation.x}`;
    case "attention": {
      const within = operation.within.map((modality) => names[modality]).join(" ");
      return `attention %${operation.q}, %${operation.k}, %${operation.v}${within === "" ? "" : ` within ${within}`}`;
    }
    case "unary":
      return `${operation.fn} %${operation.x}`;
    case "binary":
      return `${operation.fn} %${operation.a}, %${operation.b}`;
    case "constant_binary": {
      const isRouted = operation.shape.routing !== undefined;
      const constant = isRouted
        ? byGroup(operation.constant, String)
        : perModality(operation.constant, names, String);
      return operation.constantFirst
        ? `${operation.fn} ${constant}, %${operation.x}`
        : `${operation.fn} %${operation.x}, ${constant}`;
    }
    case "dropout":
      return `dropout %${operation.x}, ${perModality(operation.rate, names, String)} number ${operation.number}`;
    case "restrict":
      return `restrict %${operation.x} to ${operation.modalities.map((modality) => names[modality]).join(" ")}`;
    case "join":
      return `join ${operation.parts.map((part) => `%${part}`).join(", ")}`;
    case "route":
      return `route %${operation.scores} by routing ${operation.routing}`;
    case "dispatch":
      return `dispatch %${operation.x} by %${operation.route}`;
    case "combine":
      return `combine %${operation.y} by %${operation.route}`;
  }
}

function printShape(shape: RowsShape, names: readonly string[]): string {
  const { heads, routing } = shape;
  const show = (width: number): string => (heads === undefined ? `${width}` : `${heads}x${width / heads}`);
  if (routing === undefined) return perModality(shape.widths, names, show);
  return `${byGroup(shape.widths, show)} routed ${routing}`;
}

/** One value where all groups agree, otherwise each group's own. */
function byGroup(values: PerModality<number>, show: (value: number) => string): string {
  const each = values.map((value) => (value === undefined ? "-" : show(value)));
  return new Set(each).size === 1 ? (each[0] ?? "") : `{${each.join(", ")}}`;
}

/** One value where all modalities agree, otherwise the modalities' own. */
function perModality(
  values: PerModality<number>,
  names: readonly string[],
  show: (value: number) => string,
): string {
  const [first] = values;
  if (first !== undefined && values.every((value) => value === first)) return show(first);
  const parts = values.flatMap((value, modality) =>
    value === undefined ? [] : [`${names[modality]} ${show(value)}`],
  );
  return `{${parts.join(", ")}}`;
}
