// experts.ts: the `experts` rules of a variant: do they name what exists, and are their numbers possible?
// In: a variant, the constants, and the tokens of a batch where a `train` block says so. Out: rules with numbers.
// What a rule does to the blocks of its label is in route.ts.

import { error } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import { didYouMean, enumeration } from "../diagnostics/suggest.ts";
import type { Expression, Name, Variant, VariantRule } from "../syntax/ast.ts";
import { evaluateConstant, findModality, reportNotInteger, wrongInteger } from "./constants.ts";
import type { RoutingChoice } from "./model.ts";
import type { Reporter } from "./report.ts";
import { type Constant, formatNumber } from "./values.ts";

export type ExpertsRule = {
  readonly label: Name;
  readonly experts: number;
  /** The one modality that is routed; `undefined` for all. */
  readonly modality?: number;
  readonly choice: RoutingChoice;
  readonly balance: number;
  readonly span: Span;
};

export type ExpertsContext = {
  readonly labels: ReadonlySet<string>;
  readonly modalityNames: readonly string[];
  readonly lookup: (name: Name) => Constant | undefined;
  /** Where a `train` block says how many tokens a batch has. */
  readonly batch: { readonly tokens: number; readonly span: Span } | undefined;
  readonly reporter: Reporter;
};

type Written = Extract<VariantRule, { kind: "experts" }>;

/** Of the load-balance loss (Switch Transformer's α), where tokens choose and nothing is said. */
const defaultBalance = 0.01;
const largestBalance = 1e38;
const mostExperts = 100_000;

/** The rules that can be applied; what cannot is reported. */
export function expertsRules(variant: Variant | undefined, context: ExpertsContext): readonly ExpertsRule[] {
  const seen = new Map<string, Written>();
  return (variant?.rules ?? []).flatMap((rule) => {
    if (rule.kind !== "experts") return [];
    const { label } = rule;
    const earlier = seen.get(label.text);
    seen.set(label.text, earlier ?? rule);
    if (earlier !== undefined) {
      context.reporter.report(
        error("MOT2043", label.span, `a second \`experts\` rule for \`${label.text}\``, {
          also: [{ span: earlier.label.span, text: "the first one" }],
          note: "the blocks of a label have one number of experts and one way to choose them",
          help: "keep one of the two rules, or give the blocks labels of their own",
        }),
      );
      return [];
    }
    if (!context.labels.has(label.text)) return reportNoLabel(rule, context);
    const read = readRule(rule, context);
    return read === undefined ? [] : [read];
  });
}

function reportNoLabel({ label }: Written, { labels, reporter }: ExpertsContext): readonly [] {
  const known = [...labels];
  const existing = known.length === 0 ? "none" : enumeration(known.map((each) => `\`${each}\``));
  reporter.report(
    error("MOT2031", label.span, `no \`per modality\` block has the label \`${label.text}\``, {
      note: `the labels are ${existing}`,
      help: didYouMean(label.text, known),
    }),
  );
  return [];
}

function readRule(rule: Written, context: ExpertsContext): ExpertsRule | undefined {
  const { reporter, batch } = context;
  const experts = countOf(rule.count, "a number of experts", context);
  const modality = rule.modality && findModality(rule.modality, context.modalityNames, reporter);
  const choice = choiceOf(rule, experts, context);
  const balance = balanceOf(rule, choice, context);
  if (experts === undefined || choice === undefined || balance === undefined) return undefined;
  if (rule.modality !== undefined && modality === undefined) return undefined;
  if (batch !== undefined && experts > batch.tokens) {
    const tokens = `${formatNumber(batch.tokens)} tokens`;
    reporter.report(
      error("MOT2044", rule.count.span, `${formatNumber(experts)} experts share a batch of ${tokens}`, {
        also: [{ span: batch.span, text: `context × batch is ${tokens}` }],
        note: "with more experts than tokens, some of them can never learn",
        help: "take fewer experts, or train on a larger batch",
      }),
    );
    return undefined;
  }
  const only = modality === undefined ? {} : { modality };
  return { label: rule.label, experts, ...only, choice, balance, span: rule.span };
}

function choiceOf(
  rule: Written,
  experts: number | undefined,
  context: ExpertsContext,
): RoutingChoice | undefined {
  if (rule.routing?.kind !== "top") return { kind: "expert_choice" };
  const k = countOf(rule.routing.k, "a number of choices", context);
  if (k === undefined) return undefined;
  if (experts === undefined || k <= experts) return { kind: "top", k };
  const all = `${formatNumber(experts)} ${experts === 1 ? "expert" : "experts"}`;
  context.reporter.report(
    error("MOT2041", rule.routing.k.span, `no token can choose ${formatNumber(k)} of ${all}`, {
      also: [{ span: rule.count.span, text: all }],
      help: `write \`top ${formatNumber(experts)}\` or less, or take more experts`,
    }),
  );
  return undefined;
}

function balanceOf(
  rule: Written,
  choice: RoutingChoice | undefined,
  context: ExpertsContext,
): number | undefined {
  const { balance } = rule;
  if (balance === undefined) return choice?.kind === "top" ? defaultBalance : 0;
  if (rule.routing?.kind !== "top") {
    context.reporter.report(
      error("MOT2042", balance.span, "`balance` weighs a loss that expert choice does not have", {
        also: [{ span: rule.label.span, text: "here experts choose their tokens, each as many" }],
        note: "only tokens that choose their experts can crowd into one of them",
        help: "leave `balance` out, or let tokens choose: `top 2`",
      }),
    );
    return undefined;
  }
  const value = numberOf(balance, "the weight of the balance loss", context);
  if (value === undefined) return undefined;
  if (value.number >= 0 && value.number <= largestBalance) return value.number;
  const range = value.number < 0 ? "at least 0" : "at most 1e38";
  context.reporter.report(
    error("MOT2042", balance.span, `\`balance\` must be ${range}, this is ${formatNumber(value.number)}`, {
      also: value.constant.origin,
      help: `without it the weight is ${defaultBalance}; \`balance 0\` switches the loss off`,
    }),
  );
  return undefined;
}

function countOf(expression: Expression, what: string, context: ExpertsContext): number | undefined {
  const value = numberOf(expression, what, context);
  if (value === undefined) return undefined;
  if (wrongInteger([value.number], 1, mostExperts) === undefined) return value.number;
  const bounds = { least: 1, most: mostExperts };
  reportNotInteger(context.reporter, expression.span, what, value.number, value.constant, bounds);
  return undefined;
}

function numberOf(
  expression: Expression,
  what: string,
  context: ExpertsContext,
): { readonly number: number; readonly constant: Constant } | undefined {
  const constant = evaluateConstant(expression, context);
  if (constant === undefined) return undefined;
  const { values } = constant;
  if (typeof values === "number") return { number: values, constant };
  context.reporter.report(
    error("MOT2021", expression.span, `${what} cannot differ by modality`, {
      also: constant.origin,
      note: "one rule gives all modalities that it routes the same number",
    }),
  );
  return undefined;
}
