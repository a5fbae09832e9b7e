// baselines.ts: what a table of counts already predicts.
// In: a dataset's documents. Out: per modality the cross-entropy of two count models on the validation targets, in nats.
// Both are fitted on one pass over the training documents (its first 8 million targets), are told the modality of the target, and see every target
// of one pass over the validation documents. A trained model has to do better than the bigram.
// - unigram: (count of the target + 1) / (targets of its modality + vocab of its modality): add-one
// - bigram: (count of (previous, target) + k · unigram) / (count of previous before a target of that modality + k), k = 16:
//   the previous token is whatever stands before, in raster order within a picture

import type { Baseline, Dataset, Documents } from "./dataset.ts";
import { drawDocument } from "./draw.ts";

export const bigramPrior = 16;

/** Training targets that are counted, at most: a table of more pairs would not fit a Map. */
const countedTargets = 8_000_000;

type Visit = (previous: number, target: number, modality: number) => void;

function eachTarget(dataset: Dataset, documents: Documents, limit: number, visit: Visit): void {
  let visited = 0;
  for (let index = 0; index < documents.count && visited < limit; index += 1) {
    const { token, modality } = drawDocument(dataset, documents, index, { seed: 0, pass: 0 });
    visited += token.length - 1;
    for (let i = 1; i < token.length; i += 1) {
      const [previous = 0, target = 0] = [token[i - 1], token[i]];
      // A patch is no token to predict, and what comes after a picture is known.
      if (previous >= 0 && target >= 0) visit(previous, target, modality[i] ?? 0);
    }
  }
}

/** Counts of the training pass: by target, by (previous, target), by (previous, modality of the target). */
function countTrain(dataset: Dataset) {
  const { vocab } = dataset;
  const single = new Float64Array(vocab);
  const totals = new Float64Array(dataset.modalities.length);
  const before = new Float64Array(vocab * totals.length);
  const pairs = new Map<number, number>();
  eachTarget(dataset, dataset.train, countedTargets, (previous, target, modality) => {
    single[target] = (single[target] ?? 0) + 1;
    totals[modality] = (totals[modality] ?? 0) + 1;
    const context = previous * totals.length + modality;
    before[context] = (before[context] ?? 0) + 1;
    const pair = previous * vocab + target;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  });
  return { single, totals, before, pairs };
}

/** Unigram and bigram cross-entropy on the validation split, by modality name; absent where it has no target. */
export function measureBaselines(dataset: Dataset): ReadonlyMap<string, Baseline> {
  const { single, totals, before, pairs } = countTrain(dataset);
  const sums = dataset.modalities.map(() => ({ unigram: 0, bigram: 0, targets: 0 }));
  eachTarget(dataset, dataset.val, Number.POSITIVE_INFINITY, (previous, target, modality) => {
    const sum = sums[modality];
    if (sum === undefined) return;
    const rows = dataset.modalities[modality]?.vocab ?? 1;
    const unigram = ((single[target] ?? 0) + 1) / ((totals[modality] ?? 0) + rows);
    const seen = pairs.get(previous * dataset.vocab + target) ?? 0;
    const bigram =
      (seen + bigramPrior * unigram) / ((before[previous * totals.length + modality] ?? 0) + bigramPrior);
    sum.unigram -= Math.log(unigram);
    sum.bigram -= Math.log(bigram);
    sum.targets += 1;
  });
  const measured = dataset.modalities.flatMap(({ name }, index) => {
    const sum = sums[index];
    if (sum === undefined || sum.targets === 0) return [];
    const { unigram, bigram, targets } = sum;
    return [[name, { unigram: unigram / targets, bigram: bigram / targets, targets }] as const];
  });
  return new Map(measured);
}
