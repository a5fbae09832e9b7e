// sample.ts: a trained model writes on: the next token, and the next, from its logits.
// In: a session compiled to infer, prompts as ids. Out: the ids that follow, one list per prompt.
// Deterministic: a draw is a function of the seed, the row and the place, so the same request gives the same tokens.
// Every token is a whole forward pass over all rows so far; nothing is kept between them yet.

import type { Artifact } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import { philox } from "./parameters.ts";
import type { Session } from "./session.ts";

export type SampleRequest = {
  /** Ids of the joint vocabulary, one document per row; as many as the artifact's batch has rows. */
  readonly prompts: readonly Int32Array[];
  /** New tokens per row, at most; fewer where the context is full. */
  readonly length: number;
  /** The tensor to draw by: `logits`, unless the model has several. */
  readonly logits?: string;
  /** Ids that may be drawn, as ranges [first, end). */
  readonly allowed: readonly (readonly [number, number])[];
  /** A row ends with one of these; it is not part of the answer. */
  readonly stop: readonly number[];
  /** 0 takes the likeliest token; 1 draws as the model says. */
  readonly temperature: number;
  /** Only the likeliest tokens that make up this share are drawn from; 1 for all. */
  readonly topP: number;
  readonly seed: number;
};

/** Draws tokens for all rows at once; `onToken` hears how many are done. */
export async function sample(
  session: Session,
  request: SampleRequest,
  onToken: (done: number) => void = () => undefined,
): Promise<readonly Int32Array[]> {
  const { artifact } = session;
  const rows = request.prompts.map((prompt) => ({ tokens: [...prompt], isDone: prompt.length === 0 }));
  for (let t = 0; t < request.length; t += 1) {
    for (const row of rows) row.isDone ||= row.tokens.length >= artifact.context;
    if (rows.every(({ isDone }) => isDone)) break;
    session.writeBatch(documentBatch(artifact, rows));
    await session.run(["forward"]);
    for (const [r, row] of rows.entries()) {
      if (row.isDone) continue;
      const position = r * artifact.context + row.tokens.length - 1;
      const logits = await logitsAt(session, request.logits ?? "logits", position);
      const token = drawToken(logits, request, uniform(request.seed, r, t));
      if (request.stop.includes(token)) row.isDone = true;
      else row.tokens.push(token);
    }
    onToken(t + 1);
  }
  return rows.map(({ tokens }, r) => Int32Array.from(tokens.slice(request.prompts[r]?.length ?? 0)));
}

/** One document per row, from its first position; a finished row is left out, for it costs nothing then. */
function documentBatch(
  { batch, context, modalities }: Artifact,
  rows: readonly { readonly tokens: readonly number[]; readonly isDone: boolean }[],
): Batch {
  const filled = (): Int32Array => new Int32Array(batch * context).fill(-1);
  const [token, target, modality, document] = [filled(), filled(), filled(), filled()];
  const position = new Int32Array(batch * context);
  for (const [r, { tokens, isDone }] of rows.entries()) {
    if (isDone) continue;
    for (const [t, id] of tokens.entries()) {
      const at = r * context + t;
      token[at] = id;
      modality[at] = modalities.findIndex(
        ({ vocabStart, vocab }) => id >= vocabStart && id < vocabStart + vocab,
      );
      document[at] = 0;
      position[at] = t;
    }
  }
  return { batch, context, token, target, modality, document, position };
}

async function logitsAt(session: Session, name: string, position: number): Promise<Float32Array> {
  const { tensors } = session.artifact;
  const place = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (place === undefined) throw new Error(`the artifact has no \`${name}\`: it was not compiled to infer`);
  const width = place.shape[1] ?? 0;
  const bytes = 4 * (place.stride ?? width) * session.rowOf(position);
  return session.device.readFloats(place.byteOffset + bytes, width);
}

/** A token by its logits; `at` is uniform in [0, 1). Pure, for tests. */
export function drawToken(
  logits: Float32Array,
  { allowed, temperature, topP }: Pick<SampleRequest, "allowed" | "temperature" | "topP">,
  at: number,
): number {
  const ids = allowed.flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i));
  const logit = (id: number): number => logits[id] ?? Number.NEGATIVE_INFINITY;
  // Equal logits keep the order of ids, so that the choice does not depend on how the engine sorts.
  const sorted = ids.sort((a, b) => logit(b) - logit(a) || a - b);
  const best = sorted[0] ?? 0;
  if (temperature === 0) return best;
  const weights = sorted.map((id) => Math.exp((logit(id) - logit(best)) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let kept = 0;
  let count = 0;
  while (count < weights.length && kept < topP * total) {
    kept += weights[count] ?? 0;
    count += 1;
  }
  let rest = at * kept;
  for (const [i, id] of sorted.slice(0, count).entries()) {
    rest -= weights[i] ?? 0;
    if (rest < 0) return id;
  }
  return sorted[Math.max(0, count - 1)] ?? best;
}

/** In [0, 1), 32 bits. */
function uniform(seed: number, row: number, place: number): number {
  const bits = new Uint32Array(4);
  philox(bits, [row, place, 0, 0], [seed >>> 0, 0x73616d70]);
  return (bits[0] ?? 0) / 2 ** 32;
}
