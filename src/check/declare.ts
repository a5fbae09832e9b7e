// declare.ts: what a set of files declares: one model, layers, variants, training, comparison.
// In: the files, imports first. Out: the declarations by name, and diagnostics for names given twice.
// Constants, modalities, layers and variants are separate namespaces; layers of all files and of the model share one.

import { error } from "../diagnostics/diagnostic.ts";
import type {
  Compare,
  Constants,
  File,
  Layer,
  Modality,
  Model,
  Name,
  Statement,
  Train,
  Variant,
} from "../syntax/ast.ts";
import { reportBuiltinName } from "./elaborate.ts";
import type { Reporter } from "./report.ts";

export type ConstantBinding = Constants["bindings"][number];

export type Declarations = {
  readonly model?: Model;
  readonly constants: ReadonlyMap<string, ConstantBinding>;
  readonly modalities: readonly Modality[];
  readonly layers: ReadonlyMap<string, Layer>;
  readonly statements: readonly Statement[];
  /** Labels of `per modality` blocks, in layers and in the model. */
  readonly labels: ReadonlySet<string>;
  readonly variants: readonly Variant[];
  readonly train?: Train;
  readonly compare?: Compare;
};

/** Collects declarations; a name given twice keeps its first meaning. */
export function collectDeclarations(files: readonly File[], reporter: Reporter): Declarations {
  const items = files.flatMap((file) => file.items);
  const models = items.filter((item) => item.kind === "model");
  const [model] = models;
  for (const other of models.slice(1)) {
    reporter.report(
      error("MOT2027", other.name.span, `a second model, \`${other.name.text}\``, {
        also: model === undefined ? [] : [{ span: model.name.span, text: "the first model" }],
        note: "a file holds one model, imports included",
        help: "variants of one model share its text: `variant NAME = MODEL { … }`",
      }),
    );
  }
  const body = model?.body ?? [];
  const layers = [...items, ...body].filter((item) => item.kind === "layer");
  for (const layer of layers) checkParameters(layer, reporter);
  const constants = body.flatMap((item) => (item.kind === "constants" ? item.bindings : []));
  const modalities = body.filter((item) => item.kind === "modality");
  const variants = items.filter((item) => item.kind === "variant");
  const trains = items.filter((item) => item.kind === "train");
  const compares = items.filter((item) => item.kind === "compare");
  reportSecond(trains, "train", reporter);
  reportSecond(compares, "compare", reporter);
  const statements = body.filter(isStatement);
  const train = trains[0];
  const compare = compares[0];
  for (const { name } of modalities) refuseTotal(name, reporter);
  return {
    ...(model === undefined ? {} : { model }),
    constants: unique(constants, "constant", true, reporter),
    modalities: [...unique(modalities, "modality", true, reporter).values()],
    layers: unique(layers, "layer", true, reporter),
    statements,
    labels: new Set([...layers.flatMap((layer) => layer.body), ...statements].flatMap(labelsIn)),
    variants: [...unique(variants, "variant", false, reporter).values()],
    ...(train === undefined ? {} : { train }),
    ...(compare === undefined ? {} : { compare }),
  };
}

/** Every list of losses has an entry per modality and one for all of them. */
function refuseTotal(name: Name, reporter: Reporter): void {
  if (name.text !== "total") return;
  reporter.report(
    error("MOT2005", name.span, "a modality cannot be called `total`", {
      note: "losses are listed by modality, and `total` is the weighted sum of them all",
      help: "choose another name",
    }),
  );
}

function isStatement(item: Model["body"][number]): item is Statement {
  return item.kind !== "constants" && item.kind !== "modality" && item.kind !== "layer";
}

function labelsIn(statement: Statement): readonly string[] {
  if (statement.kind === "repeat") return statement.body.flatMap(labelsIn);
  if (statement.kind !== "per_modality") return [];
  const inner = [...(statement.body ?? []), ...(statement.arms ?? []).flatMap((arm) => arm.body)];
  return [...(statement.label === undefined ? [] : [statement.label.text]), ...inner.flatMap(labelsIn)];
}

function unique<T extends { readonly name: Name }>(
  declared: readonly T[],
  what: string,
  isLanguageNamespace: boolean,
  reporter: Reporter,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const each of declared) {
    if (isLanguageNamespace) reportBuiltinName({ reporter }, each.name);
    const earlier = found.get(each.name.text);
    if (earlier === undefined) found.set(each.name.text, each);
    else
      reporter.report(
        error("MOT2004", each.name.span, `a second ${what} called \`${each.name.text}\``, {
          also: [{ span: earlier.name.span, text: "the first one" }],
          help: "give one of them another name",
        }),
      );
  }
  return found;
}

function checkParameters(layer: Layer, reporter: Reporter): void {
  const seen = new Map<string, Name>();
  for (const parameter of layer.parameters) {
    reportBuiltinName({ reporter }, parameter);
    const earlier = seen.get(parameter.text);
    if (earlier !== undefined)
      reporter.report(
        error(
          "MOT2004",
          parameter.span,
          `two parameters of \`${layer.name.text}\` are called \`${parameter.text}\``,
          {
            also: [{ span: earlier.span, text: "the first one" }],
          },
        ),
      );
    seen.set(parameter.text, parameter);
  }
}

function reportSecond(items: readonly (Train | Compare)[], word: string, reporter: Reporter): void {
  for (const item of items.slice(1))
    reporter.report(
      error("MOT3007", item.span, `a second \`${word}\``, {
        also: items[0] === undefined ? [] : [{ span: items[0].span, text: "the first one" }],
        note: `a file has one \`${word}\`, imports included`,
      }),
    );
}
