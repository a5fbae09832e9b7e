// variants.ts: the declarations around the model: variants, `train`, `compare`: do they name what exists?
// In: declarations. Out: a plan per variant: its rules and its overridden constants.
// Sharing itself is applied in share.ts, once the model's parameters are known.

import { error } from "../diagnostics/diagnostic.ts";
import { spanText } from "../diagnostics/source.ts";
import { didYouMean, enumeration } from "../diagnostics/suggest.ts";
import type { Compare, Name, Variant } from "../syntax/ast.ts";
import type { Declarations } from "./declare.ts";
import type { Reporter } from "./report.ts";
import type { Override } from "./world.ts";

export type Plan = {
  readonly name: string;
  /** Missing for the model itself. */
  readonly variant?: Variant;
  readonly overrides: ReadonlyMap<string, Override>;
  /** Equal for variants with the same constants. */
  readonly overridesKey: string;
};

/** A plan per declared variant, or one for the model itself where none is declared. */
export function checkVariants(
  declarations: Declarations,
  reporter: Reporter,
): { readonly plans: readonly Plan[]; readonly compare: readonly string[] } {
  const { model, train, compare } = declarations;
  if (train !== undefined) checkModelName(declarations, train.model, "MOT3006", reporter);
  const variants = declarations.variants.filter((variant) =>
    checkModelName(declarations, variant.model, "MOT2030", reporter),
  );
  const own: readonly Plan[] =
    model === undefined || declarations.variants.length > 0
      ? []
      : [{ name: model.name.text, overrides: new Map(), overridesKey: "" }];
  const plans = [...own, ...variants.map((variant) => planOf(declarations, variant, reporter))];
  const names = [
    ...own.map((plan) => plan.name),
    ...declarations.variants.map((variant) => variant.name.text),
  ];
  return { plans, compare: compare === undefined ? [] : comparedNames(compare, names, reporter) };
}

function checkModelName(
  declarations: Declarations,
  name: Name,
  code: "MOT2030" | "MOT3006",
  reporter: Reporter,
): boolean {
  const { model } = declarations;
  if (model?.name.text === name.text) return true;
  reporter.report(
    error(code, name.span, `there is no model \`${name.text}\``, {
      also:
        model === undefined ? [] : [{ span: model.name.span, text: `the model is \`${model.name.text}\`` }],
      help: model === undefined ? undefined : didYouMean(name.text, [model.name.text]),
      note: model === undefined ? "this file declares no model and imports none" : undefined,
    }),
  );
  return false;
}

function planOf(declarations: Declarations, variant: Variant, reporter: Reporter): Plan {
  const overrides = new Map<string, Override>();
  for (const rule of variant.rules) {
    if (rule.kind !== "override") continue;
    const { name } = rule;
    const earlier = overrides.get(name.text);
    if (!declarations.constants.has(name.text)) {
      const names = [...declarations.constants.keys()];
      const existing = enumeration(names.map((each) => `\`${each}\``));
      reporter.report(
        error("MOT2033", name.span, `the model has no constant \`${name.text}\` to change`, {
          note: names.length === 0 ? "it has no constants" : `its constants are ${existing}`,
          help: didYouMean(name.text, names),
        }),
      );
    } else if (earlier !== undefined)
      reporter.report(
        error("MOT2004", name.span, `\`${name.text}\` is changed twice in one variant`, {
          also: [{ span: earlier.name.span, text: "first changed here" }],
        }),
      );
    else overrides.set(name.text, { name, value: rule.value });
  }
  const overridesKey = [...overrides]
    .map(([name, { value }]) => `${name} = ${spanText(value.span)}`)
    .join("\n");
  return { name: variant.name.text, variant, overrides, overridesKey };
}

function comparedNames(compare: Compare, variants: readonly string[], reporter: Reporter): readonly string[] {
  const seen = new Map<string, Name>();
  for (const name of compare.variants) {
    const earlier = seen.get(name.text);
    if (earlier !== undefined)
      reporter.report(
        error("MOT2004", name.span, `\`${name.text}\` is compared with itself`, {
          also: [{ span: earlier.span, text: "first listed here" }],
        }),
      );
    else if (!variants.includes(name.text)) {
      const existing = enumeration(variants.map((each) => `\`${each}\``));
      reporter.report(
        error("MOT2037", name.span, `there is no variant \`${name.text}\``, {
          note: variants.length === 0 ? "no variant is declared" : `declared: ${existing}`,
          help: didYouMean(name.text, variants),
        }),
      );
    }
    seen.set(name.text, seen.get(name.text) ?? name);
  }
  return [...seen.keys()].filter((name) => variants.includes(name));
}
