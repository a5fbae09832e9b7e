// compare-document.ts: what runs recorded → compare.json.
// In: each variant's record and counts, the data's baselines. Out: one document per seed, and a summary over seeds.
// Pure. Objects keyed by names of the user's are made by `Object.fromEntries`, so that no name can be special.

import {
  type LossCurve,
  type MatchRatio,
  matchRatio,
  mean,
  median,
  smooth,
  smoothingWindow,
} from "./match.ts";
import type { RunRecord } from "./record.ts";

type Losses = Readonly<Record<string, number>>;

export type CurvePoint = {
  readonly step: number;
  readonly wallMs: number;
  readonly train: Losses;
  readonly val?: Losses;
};

export type VariantResult = {
  /** Where the rate was chosen by a sweep: the one that everything here is of, and what each rate came to. */
  readonly lr?: number;
  readonly sweep?: readonly SweepPoint[];
  readonly params: number;
  readonly activeParams: number;
  readonly flopsPerToken: number;
  readonly tokensPerStep: number;
  /** Its experts choose their tokens, later ones too, so its losses are a little too good. */
  readonly seesLater?: true;
  /** Medians over all steps but the first three. */
  readonly stepMs: number;
  readonly updateMs: number;
  readonly curve: readonly CurvePoint[];
  /** `train` is the last smoothed value, `val` the last measured. */
  readonly final: { readonly train: Losses; readonly val: Losses };
};

/** The end of a run at one learning rate; `final` is null where it diverged. */
export type SweepPoint = { readonly lr: number; readonly final: VariantResult["final"] | null };

type Baselines = Readonly<Record<string, { readonly unigram: number; readonly bigram: number }>>;

/** By variant, then by modality; `null` where the reference's loss was never reached. */
export type Matches = Readonly<
  Record<
    string,
    Readonly<Record<string, { readonly train: MatchRatio | null; readonly val: MatchRatio | null }>>
  >
>;

export type CompareDocument = {
  readonly model: string;
  readonly target: string;
  readonly data: string;
  readonly seed: number;
  readonly reference: string;
  /** Modalities whose losses are mean squares per number; those of all others are nats a token. Absent without any. */
  readonly continuous?: readonly string[];
  readonly variants: Readonly<Record<string, VariantResult>>;
  readonly baselines: { readonly val: Baselines };
  readonly match: Matches;
};

export type VariantRecord = Pick<
  VariantResult,
  "params" | "activeParams" | "flopsPerToken" | "tokensPerStep" | "seesLater" | "lr" | "sweep"
> & {
  readonly name: string;
  readonly record: RunRecord;
};

export type DocumentParts = Pick<
  CompareDocument,
  "model" | "target" | "data" | "seed" | "reference" | "continuous"
> & {
  readonly modalities: readonly string[];
  readonly variants: readonly VariantRecord[];
  readonly baselines: ReadonlyMap<string, { readonly unigram: number; readonly bigram: number }>;
};

/** Steps whose times are left out: caches are cold and the engine still compiles. */
const warmSteps = 3;

/** One seed's comparison. */
export function compareDocument(parts: DocumentParts): CompareDocument {
  const { model, target, data, seed, reference, continuous = [], modalities, variants, baselines } = parts;
  const results = new Map(variants.map((variant) => [variant.name, resultOf(variant)]));
  const matches = [...results].map(([name, result]) => {
    const against = results.get(reference) ?? result;
    const entries = modalities.map((modality) => {
      const ratio = (split: "train" | "val"): MatchRatio | null =>
        matchRatio(
          curveOf(result, split, modality),
          curveOf(against, split, modality),
          split === "train" ? smoothingWindow(against.curve.length) : 1,
        ) ?? null;
      return [modality, { train: ratio("train"), val: ratio("val") }] as const;
    });
    return [name, Object.fromEntries(entries)] as const;
  });
  const val = [...baselines].map(([name, { unigram, bigram }]) => [name, { unigram, bigram }] as const);
  return {
    model,
    target,
    data,
    seed,
    reference,
    ...(continuous.length === 0 ? {} : { continuous }),
    variants: Object.fromEntries(results),
    baselines: { val: Object.fromEntries(val) },
    match: Object.fromEntries(matches),
  };
}

function resultOf({ name: _, record, ...counts }: VariantRecord): VariantResult {
  const validations = new Map(record.validations.map(({ step, loss }) => [step, loss]));
  const warm = record.timings.filter(({ step }) => step > warmSteps);
  const timings = warm.length > 0 ? warm : record.timings;
  return {
    ...counts,
    stepMs: median(timings.map(({ stepMs }) => stepMs)),
    updateMs: median(timings.map(({ updateMs }) => updateMs)),
    curve: record.metrics.map(({ step, wallMs, loss }) => {
      const val = validations.get(step);
      return { step, wallMs, train: loss, ...(val === undefined ? {} : { val }) };
    }),
    final: finalOf(record),
  };
}

/** What a run came to at one rate; `undefined` where it diverged. */
export function sweepPoint(lr: number, record: RunRecord | undefined): SweepPoint {
  return { lr, final: record === undefined ? null : finalOf(record) };
}

function finalOf(record: RunRecord): VariantResult["final"] {
  const names = Object.keys(record.metrics.at(-1)?.loss ?? {});
  const window = smoothingWindow(record.metrics.length);
  const lastSmoothed = (loss: string): number => {
    const values = record.metrics.flatMap((line) =>
      Object.hasOwn(line.loss, loss) ? [line.loss[loss] ?? 0] : [],
    );
    return smooth(values, window).at(-1) ?? Number.NaN;
  };
  return {
    train: Object.fromEntries(names.map((loss) => [loss, lastSmoothed(loss)])),
    val: record.validations.at(-1)?.loss ?? {},
  };
}

/** Steps without a target of the modality are no points. */
function curveOf(result: VariantResult, split: "train" | "val", modality: string): LossCurve {
  const points = result.curve.flatMap((point) => {
    const losses = point[split];
    if (losses === undefined || !Object.hasOwn(losses, modality)) return [];
    return [{ step: point.step, wallMs: point.wallMs, value: losses[modality] ?? 0 }];
  });
  return { points, flopsPerStep: result.flopsPerToken * result.tokensPerStep };
}

/** Mean and sample standard deviation over the seeds in which there is a value; `count` of them. */
export type Spread = { readonly mean: number | null; readonly spread: number | null; readonly count: number };

export type SeedSummary = {
  readonly variants: Readonly<
    Record<
      string,
      {
        readonly stepMs: Spread;
        readonly updateMs: Spread;
        readonly final: {
          readonly train: Readonly<Record<string, Spread>>;
          readonly val: Readonly<Record<string, Spread>>;
        };
      }
    >
  >;
  readonly match: Readonly<
    Record<
      string,
      Readonly<Record<string, Readonly<Record<"train" | "val", Readonly<Record<keyof MatchRatio, Spread>>>>>>
    >
  >;
};

/** The same quantities as one document has, over several; all must be of the same variants. */
export function summarizeSeeds(documents: readonly CompareDocument[]): SeedSummary {
  const first = documents[0];
  const byName = <T>(
    names: Readonly<Record<string, unknown>>,
    make: (name: string) => T,
  ): Record<string, T> => Object.fromEntries(Object.keys(names).map((name) => [name, make(name)]));
  const over = (pick: (document: CompareDocument) => number | undefined): Spread =>
    spreadOf(documents.flatMap((document) => pick(document) ?? []));
  const variants = byName(first?.variants ?? {}, (name) => {
    const final = (split: "train" | "val"): Record<string, Spread> =>
      byName(first?.variants[name]?.final[split] ?? {}, (loss) =>
        over((document) => document.variants[name]?.final[split][loss]),
      );
    return {
      stepMs: over((document) => document.variants[name]?.stepMs),
      updateMs: over((document) => document.variants[name]?.updateMs),
      final: { train: final("train"), val: final("val") },
    };
  });
  const match = byName(first?.match ?? {}, (name) =>
    byName(first?.match[name] ?? {}, (modality) => {
      const ratios = (split: "train" | "val"): Record<keyof MatchRatio, Spread> => {
        const ratio = (key: keyof MatchRatio): Spread =>
          over((document) => document.match[name]?.[modality]?.[split]?.[key]);
        return { steps: ratio("steps"), flops: ratio("flops"), wall: ratio("wall") };
      };
      return { train: ratios("train"), val: ratios("val") };
    }),
  );
  return { variants, match };
}

function spreadOf(values: readonly number[]): Spread {
  const count = values.length;
  if (count === 0) return { mean: null, spread: null, count };
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return { mean: center, spread: count === 1 ? 0 : Math.sqrt(squares / (count - 1)), count };
}
