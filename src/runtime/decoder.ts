// decoder.ts: sequences that grow: keys and values of what was written stay, so a new token costs one row.
// In: a session compiled to decode, tokens and spans of patches to add. Out: the logits after them, what spans predict.
// A run takes up to `span` new tokens of every sequence, so that a prompt is a run or a few; a sequence that adds nothing
// has no rows in it, and costs nothing. Which modality a token belongs to is known by its id.

import type { Artifact } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import { modalityOf } from "./documents.ts";
import { patchWidth } from "./patch-rows.ts";
import type { Session } from "./session.ts";

export type Decoder = {
  readonly artifact: Artifact;
  /** Positions that each sequence has; they may have `artifact.context` each. */
  readonly lengths: readonly number[];
  /**
   * Adds tokens to the sequences, none where a list is empty. Gives the logits after the last new token of each,
   * `undefined` where nothing was added; `names` says which tensor, where the model has several. Throws ContextFullError.
   */
  append(
    tokens: readonly (readonly number[])[],
    names?: readonly string[],
  ): Promise<readonly (Float32Array | undefined)[]>;
  /**
   * Computes a picture behind each sequence, none where it is `undefined`, in one run: its rows see one another where the
   * mask says so. Gives what it predicts, [patches, width of a patch]. It stays in the sequence only where `keeps`, so
   * that a picture is denoised in its place, against the keys and values of what stands before it.
   */
  look(
    spans: readonly (NoisySpan | undefined)[],
    keeps: boolean,
    output?: string,
  ): Promise<readonly (Float32Array | undefined)[]>;
  /** Forgets all sequences. */
  clear(): void;
};

/** A picture of patches at one timestep: what the picture is taken to be, and the noise in it, [patches, width] each. */
export type NoisySpan = {
  /** By declaration order. */
  readonly modality: number;
  readonly timestep: number;
  readonly patches: Float32Array;
  readonly noise: Float32Array;
};

/** A sequence is longer than what is kept of it. */
export class ContextFullError extends Error {
  override readonly name = "ContextFullError";
}

/** Starts with empty sequences, as many as the artifact's batch. */
export function openDecoder(session: Session): Decoder {
  const { artifact } = session;
  if (artifact.purpose !== "decode") throw new Error("the artifact was not compiled to decode");
  const { batch, span: widest = 1 } = artifact;
  const lengths = new Array<number>(batch).fill(0);
  return {
    artifact,
    lengths,
    clear: () => void lengths.fill(0),
    async append(tokens, names = []) {
      const counts = tokens.map(({ length }) => length);
      checkRoom(artifact, lengths, counts);
      const logits = new Array<Float32Array | undefined>(batch).fill(undefined);
      for (let done = 0; done < Math.max(0, ...counts); done += widest) {
        const part = tokens.map((list) => list.slice(done, done + widest));
        session.writeBatch(tokenRows(artifact, lengths, part));
        await session.run(["forward"]);
        for (const [sequence, { length }] of part.entries()) {
          lengths[sequence] = (lengths[sequence] ?? 0) + length;
          if (length === 0 || done + length < (counts[sequence] ?? 0)) continue;
          const at = sequence * widest + length - 1;
          logits[sequence] = await rowsAt(session, names[sequence] ?? "logits", at, 1);
        }
      }
      return logits;
    },
    async look(spans, keeps, output = "prediction") {
      const counts = spans.map((span) => (span === undefined ? 0 : patchesOf(artifact, span)));
      checkRoom(artifact, lengths, counts);
      const most = Math.max(0, ...counts);
      if (most > widest) throw new Error(`a picture of ${most} patches for runs of ${widest} rows`);
      session.writeBatch(patchRows(artifact, lengths, spans));
      await session.run(["forward"]);
      const found = spans.map((span, sequence) => {
        const count = counts[sequence] ?? 0;
        if (keeps) lengths[sequence] = (lengths[sequence] ?? 0) + count;
        return span === undefined ? undefined : rowsAt(session, output, sequence * widest, count);
      });
      return Promise.all(found);
    },
  };
}

function checkRoom(
  { batch, context }: Artifact,
  lengths: readonly number[],
  counts: readonly number[],
): void {
  if (counts.length !== batch)
    throw new Error(`tokens of ${counts.length} sequences for an artifact that was compiled for ${batch}`);
  for (const [sequence, count] of counts.entries()) {
    const has = lengths[sequence] ?? 0;
    if (has + count > context)
      throw new ContextFullError(
        `sequence ${sequence} has ${has} tokens and cannot have ${count} more: keys and values of ${context} are kept`,
      );
  }
}

function patchesOf({ modalities }: Artifact, { modality, patches }: NoisySpan): number {
  const own = modalities[modality];
  return own === undefined ? 0 : patches.length / patchWidth(own);
}

/** A batch in which no position holds anything yet, and how one comes to: document 0, behind what its sequence has. */
function emptyRows({ batch, context, span = 1 }: Artifact, lengths: readonly number[]) {
  const filled = (value: number): Int32Array => new Int32Array(batch * span).fill(value);
  const rows = {
    ...{ batch, context: span, token: filled(-1), target: filled(-1), modality: filled(-1) },
    ...{ document: filled(-1), position: filled(0), place: filled(0), first: filled(0) },
  };
  const put = (sequence: number, i: number, token: number, modality: number): number => {
    const at = sequence * span + i;
    const t = (lengths[sequence] ?? 0) + i;
    rows.token[at] = token;
    rows.modality[at] = modality;
    rows.document[at] = 0;
    rows.position[at] = t;
    rows.place[at] = sequence * context + t;
    rows.first[at] = sequence * context;
    return at;
  };
  return { rows, put };
}

function tokenRows(
  artifact: Artifact,
  lengths: readonly number[],
  tokens: readonly (readonly number[])[],
): Batch {
  const { rows, put } = emptyRows(artifact, lengths);
  for (const [sequence, list] of tokens.entries())
    for (const [i, id] of list.entries()) put(sequence, i, id, modalityOf(artifact.modalities, id));
  return rows;
}

function patchRows(
  artifact: Artifact,
  lengths: readonly number[],
  spans: readonly (NoisySpan | undefined)[],
): Batch {
  const { rows, put } = emptyRows(artifact, lengths);
  const widest = Math.max(...artifact.modalities.map(patchWidth));
  const [patches, noise] = [0, 0].map(() => new Float32Array(rows.token.length * widest)) as [
    Float32Array,
    Float32Array,
  ];
  const span = new Int32Array(rows.token.length).fill(-1);
  const timestep = new Int32Array(rows.token.length).fill(-1);
  for (const [sequence, own] of spans.entries()) {
    if (own === undefined) continue;
    const count = patchesOf(artifact, own);
    const width = own.patches.length / Math.max(1, count);
    for (let i = 0; i < count; i += 1) {
      const at = put(sequence, i, -1, own.modality);
      span[at] = sequence;
      timestep[at] = own.timestep;
      patches.set(own.patches.subarray(i * width, (i + 1) * width), at * widest);
      noise.set(own.noise.subarray(i * width, (i + 1) * width), at * widest);
    }
  }
  return { ...rows, span, timestep, patches, noise };
}

/** `count` rows of a tensor from a position on, dense: rows of one modality keep the order of their positions. */
async function rowsAt(
  session: Session,
  name: string,
  position: number,
  count: number,
): Promise<Float32Array> {
  const { tensors } = session.artifact;
  const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (tensor === undefined) throw new Error(`the artifact has no \`${name}\``);
  const width = tensor.shape[1] ?? 0;
  const { stride = width } = tensor;
  const start = tensor.byteOffset + 4 * stride * session.rowOf(position);
  const padded = await session.device.readFloats(start, (count - 1) * stride + width);
  if (stride === width || count === 1) return padded;
  const dense = new Float32Array(count * width);
  for (let row = 0; row < count; row += 1)
    dense.set(padded.subarray(row * stride, row * stride + width), row * width);
  return dense;
}
