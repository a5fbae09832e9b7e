// random-experts.ts: random blocks of experts, for the specs of random-spec.ts.
// In: nothing; a recipe of a block. Out: an arbitrary of recipes; the block's text, its `experts` rule, what they exercise.
// Every block has a label of its own, since a label has one rule. What no token of a pool could tell apart (a constant
// that differs by modality) stands in these blocks only where modalities keep their weights.

import fc from "fast-check";

type Formula = { readonly form?: string; readonly a?: Formula; readonly b?: Formula };

export type ExpertsBlock<F extends Formula = Formula> = {
  readonly kind: "experts";
  readonly experts: number;
  readonly choice: "unsaid" | "expert_choice" | "top";
  /** Choices of a token, cut to the number of experts. */
  readonly k: number;
  readonly balance: number | undefined;
  /** The one modality that is routed. */
  readonly only: number | undefined;
  readonly form: "plain" | "reads two" | "arms";
  readonly norm: "before" | "after" | "none";
  /** 0: another width for every modality. */
  readonly width: number;
  readonly formula: F;
};

export const expertsBlock = <F extends Formula>(formula: fc.Arbitrary<F>): fc.Arbitrary<ExpertsBlock<F>> =>
  fc.record({
    kind: fc.constant("experts" as const),
    experts: fc.integer({ min: 1, max: 4 }),
    choice: fc.constantFrom("unsaid" as const, "expert_choice" as const, "top" as const, "top" as const),
    k: fc.integer({ min: 1, max: 3 }),
    balance: fc.constantFrom(undefined, 0, 0.5),
    only: fc.option(fc.nat(3), { nil: undefined, freq: 2 }),
    form: fc.constantFrom("plain" as const, "reads two" as const, "arms" as const),
    norm: fc.constantFrom("before" as const, "none" as const, "after" as const),
    width: fc.oneof({ arbitrary: fc.integer({ min: 1, max: 17 }), weight: 3 }, fc.constant(0)),
    formula,
  });

/** What these blocks add to the features of a search. */
export const expertsFeatures: readonly string[] = [
  ...["experts that choose", "experts that are chosen", "experts for one modality", "experts in arms"],
  ...["a norm of the experts' sum", "experts that read two values", "one expert", "several experts a token"],
  ...["experts of uneven widths", "balanced experts"],
];

/** What a block needs of whoever writes the spec. */
export type ExpertsWriter<F extends Formula = Formula> = {
  readonly dim: number;
  readonly modalities: readonly string[];
  readonly features: Set<string>;
  readonly fresh: () => string;
  readonly labels: Map<string, boolean>;
  readonly rules: string[];
  /** The variant may share all weights of a block. */
  readonly isPooled: boolean;
  /** A formula over rows of `input`, `size` wide; `isRouted`: constants may differ by modality. */
  readonly formula: (formula: F, input: string, size: string, isRouted: boolean) => string;
};

/** The block's lines; its rule goes to the writer. */
export function expertsText<F extends Formula>(
  writer: ExpertsWriter<F>,
  block: ExpertsBlock<F>,
): readonly string[] {
  const { fresh, features, modalities, labels, rules } = writer;
  const label = `experts_${fresh()}`;
  const isUneven = block.width === 0 && block.form !== "arms";
  const isPooled = writer.isPooled && !isUneven && block.form !== "arms";
  labels.set(label, !isUneven);
  if (isUneven && modalities.length > 1) features.add("experts of uneven widths");
  const body = (size: string): readonly string[] => {
    const input = block.norm === "before" ? [`h = rms_norm(x) as ${fresh()}`] : ["h = x"];
    const y = writer.formula(block.formula, "h", size, !isPooled);
    const out = `linear(y, dim) as ${fresh()}`;
    // A norm takes back what a narrow value before it says.
    if (block.norm === "after" && block.form === "plain" && writer.dim > 3) {
      features.add("a norm of the experts' sum");
      return [...input, `y = ${y}`, `x += rms_norm(${out}) as ${fresh()}`];
    }
    if (block.form !== "reads two") return [...input, `y = ${y}`, `x += ${out}`];
    features.add("experts that read two values");
    return [...input, `y = ${y}`, `x += tanh(x) * (${out})`];
  };
  rules.push(ruleText(writer, block, label));
  if (block.form !== "arms")
    return [`per modality ${label} {`, ...indent(body(isUneven ? "widths" : String(block.width))), "}"];
  features.add("experts in arms");
  const arms = modalities.map((name, m) => [
    `${name} {`,
    ...indent(body(String(Math.max(1, block.width + m)))),
    "}",
  ]);
  return [`per modality ${label} {`, ...indent(arms.flat()), "}"];
}

function ruleText<F extends Formula>(
  { features, modalities }: ExpertsWriter<F>,
  block: ExpertsBlock<F>,
  label: string,
): string {
  const { experts, choice, balance } = block;
  const k = Math.min(block.k, experts);
  const only = block.only === undefined ? undefined : modalities[block.only % modalities.length];
  if (only !== undefined && modalities.length > 1) features.add("experts for one modality");
  if (experts === 1) features.add("one expert");
  features.add(choice === "top" ? "experts that are chosen" : "experts that choose");
  if (choice === "top" && k > 1) features.add("several experts a token");
  const isBalanced = choice === "top" && balance !== undefined;
  if (isBalanced && balance > 0) features.add("balanced experts");
  const how = choice === "unsaid" ? "" : choice === "top" ? ` top ${k}` : " by expert_choice";
  const whom = only === undefined ? "" : ` for ${only}`;
  return `experts ${label}: ${experts}${whom}${how}${isBalanced ? ` balance ${balance}` : ""}`;
}

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
