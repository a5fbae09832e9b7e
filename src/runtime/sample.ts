// sample.ts: a trained model writes on: the next token, and the next, from its logits.
// In: a session compiled to decode, prompts as ids, what may come next. Out: the ids that follow, one list per prompt.
// Deterministic: a draw is a function of the seed, the row and the place, so the same request gives the same tokens.

import { philox } from "../data/philox.ts";
import { type Decoder, openDecoder } from "./decoder.ts";
import type { Session } from "./session.ts";

/** Ids of the joint vocabulary, as ranges [first, end). */
export type Ids = readonly (readonly [first: number, end: number])[];

/** What may come next: one of these ids, drawn by these logits (`logits` unless the model has several); or this id. */
export type Choice = { readonly allowed: Ids; readonly logits?: string } | { readonly token: number };

export type SampleRequest = {
  /** One document per row; as many as the artifact's batch has rows. An empty one stays empty. */
  readonly prompts: readonly (readonly number[] | Int32Array)[];
  /** New tokens per row, at most; fewer where the context is full. */
  readonly length: number;
  /** What may follow a prompt and the answer so far. */
  readonly next: (answer: readonly number[], row: number) => Choice;
  /** A row ends with one of these; it is not part of the answer. */
  readonly stop: readonly number[];
  /** 0 takes the likeliest token; 1 draws as the model says. */
  readonly temperature: number;
  /** Only the likeliest tokens that make up this share are drawn from; 1 for all. */
  readonly topP: number;
  readonly seed: number;
  /** What stands in every row before its prompt and is no list of ids: a picture of patches. */
  readonly start?: (decoder: Decoder) => Promise<void>;
};

type Row = {
  readonly answer: number[];
  /** Tokens whose keys and values are still to be made. */
  pending: readonly number[];
  /** What is drawn after them; `undefined` once the row has ended. */
  choice: Exclude<Choice, { readonly token: number }> | undefined;
};

/** Draws tokens for all rows at once; `onToken` hears how many the longest answer has. */
export async function sample(
  session: Session,
  request: SampleRequest,
  onToken: (done: number) => void = () => undefined,
): Promise<readonly Int32Array[]> {
  const { prompts, seed, stop } = request;
  const decoder = openDecoder(session);
  await request.start?.(decoder);
  const rows = prompts.map((prompt): Row => ({ answer: [], pending: [...prompt], choice: undefined }));
  const room = prompts.map(({ length }, r) => {
    const left = session.artifact.context - (decoder.lengths[r] ?? 0) - length;
    return length === 0 ? 0 : Math.max(0, Math.min(request.length, left));
  });
  /** Takes what leaves no choice, up to the next draw. */
  const goOn = (row: Row, r: number): void => {
    row.choice = undefined;
    while (row.answer.length < (room[r] ?? 0)) {
      const choice = request.next(row.answer, r);
      if (!("token" in choice)) {
        row.choice = choice;
        return;
      }
      row.answer.push(choice.token);
      row.pending = [...row.pending, choice.token];
    }
  };
  for (const [r, row] of rows.entries()) goOn(row, r);
  while (rows.some(({ choice }) => choice !== undefined)) {
    const names = rows.map(({ choice }) => choice?.logits ?? "logits");
    const tokens = rows.map(({ choice, pending }) => (choice === undefined ? [] : pending));
    const logits = await decoder.append(tokens, names);
    for (const [r, row] of rows.entries()) {
      const own = logits[r];
      if (row.choice === undefined || own === undefined) continue;
      const settings = { ...request, allowed: row.choice.allowed };
      const token = drawToken(own, settings, uniform(seed, r, row.answer.length));
      row.choice = undefined;
      if (stop.includes(token)) continue;
      row.answer.push(token);
      row.pending = [token];
      goOn(row, r);
    }
    onToken(Math.max(...rows.map(({ answer }) => answer.length)));
  }
  return rows.map(({ answer }) => Int32Array.from(answer));
}

/** A token by its logits; `at` is uniform in [0, 1). Pure, for tests. */
export function drawToken(
  logits: Float32Array,
  {
    allowed,
    temperature,
    topP,
  }: { readonly allowed: Ids; readonly temperature: number; readonly topP: number },
  at: number,
): number {
  const ids = idsOf(allowed);
  // Loops, for this is called for every token: `from` with a function takes ten times as long.
  const values = new Float32Array(ids.length);
  for (let i = 0; i < ids.length; i += 1) values[i] = logits[ids[i] ?? 0] ?? Number.NEGATIVE_INFINITY;
  const sorted = values.toSorted().reverse();
  const best = sorted[0] ?? 0;
  if (temperature === 0) return ids[values.indexOf(best)] ?? 0;
  const weights = new Float64Array(sorted.length);
  let total = 0;
  for (let rank = 0; rank < sorted.length; rank += 1) {
    const weight = Math.exp(((sorted[rank] ?? 0) - best) / temperature);
    weights[rank] = weight;
    total += weight;
  }
  let kept = 0;
  let count = 0;
  while (count < weights.length && kept < topP * total) {
    kept += weights[count] ?? 0;
    count += 1;
  }
  let rest = at * kept;
  let rank = 0;
  while (rank < count) {
    rest -= weights[rank] ?? 0;
    if (rest < 0) break;
    rank += 1;
  }
  return ids[placeOf(Math.max(0, Math.min(rank, count - 1)), sorted, values)] ?? 0;
}

/** Where the value of a rank stands; equal ones rank as they stand, however an engine sorts. */
function placeOf(rank: number, sorted: Float32Array, values: Float32Array): number {
  const value = sorted[rank] ?? 0;
  let place = values.indexOf(value);
  for (let before = rank; before > 0 && sorted[before - 1] === value; before -= 1)
    place = values.indexOf(value, place + 1);
  return place;
}

function idsOf(ranges: Ids): Int32Array {
  const ids = new Int32Array(ranges.reduce((sum, [first, end]) => sum + end - first, 0));
  let at = 0;
  for (const [first, end] of ranges) {
    for (let id = first; id < end; id += 1) {
      ids[at] = id;
      at += 1;
    }
  }
  return ids;
}

/** In [0, 1), 32 bits. */
function uniform(seed: number, row: number, place: number): number {
  const bits = new Uint32Array(4);
  philox(bits, [row, place, 0, 0], [seed >>> 0, 0x73616d70]);
  return (bits[0] ?? 0) / 2 ** 32;
}
