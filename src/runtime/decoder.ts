// decoder.ts: sequences that grow: keys and values of what was written stay, so a new token costs one row.
// In: a session compiled to decode, tokens to add. Out: the logits after them.
// A run takes up to `span` new tokens of every sequence, so that a prompt is a run or a few; a sequence that adds nothing
// has no rows in it, and costs nothing. Which modality a token belongs to is known by its id.

import type { Artifact } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import { modalityOf } from "./documents.ts";
import type { Session } from "./session.ts";

export type Decoder = {
  /** Tokens that each sequence has; they may have `artifact.context` each. */
  readonly lengths: readonly number[];
  /**
   * Adds tokens to the sequences, none where a list is empty. Gives the logits after the last new token of each,
   * `undefined` where nothing was added; `names` says which tensor, where the model has several. Throws ContextFullError.
   */
  append(
    tokens: readonly (readonly number[])[],
    names?: readonly string[],
  ): Promise<readonly (Float32Array | undefined)[]>;
  /** Forgets all sequences. */
  clear(): void;
};

/** A sequence is longer than what is kept of it. */
export class ContextFullError extends Error {
  override readonly name = "ContextFullError";
}

/** Starts with empty sequences, as many as the artifact's batch. */
export function openDecoder(session: Session): Decoder {
  const { artifact } = session;
  if (artifact.purpose !== "decode") throw new Error("the artifact was not compiled to decode");
  const lengths = new Array<number>(artifact.batch).fill(0);
  return {
    lengths,
    clear: () => void lengths.fill(0),
    async append(tokens, names = []) {
      checkRoom(artifact, lengths, tokens);
      const { span = 1 } = artifact;
      const logits = new Array<Float32Array | undefined>(artifact.batch).fill(undefined);
      const longest = Math.max(0, ...tokens.map(({ length }) => length));
      for (let done = 0; done < longest; done += span) {
        const part = tokens.map((list) => list.slice(done, done + span));
        session.writeBatch(nextRows(artifact, lengths, part));
        await session.run(["forward"]);
        for (const [sequence, { length }] of part.entries()) {
          lengths[sequence] = (lengths[sequence] ?? 0) + length;
          if (length === 0 || done + length < (tokens[sequence] ?? []).length) continue;
          const at = sequence * span + length - 1;
          logits[sequence] = await logitsAt(session, names[sequence] ?? "logits", at);
        }
      }
      return logits;
    },
  };
}

function checkRoom(
  { batch, context }: Artifact,
  lengths: readonly number[],
  tokens: readonly (readonly number[])[],
): void {
  if (tokens.length !== batch)
    throw new Error(`tokens of ${tokens.length} sequences for an artifact that was compiled for ${batch}`);
  for (const [sequence, { length }] of tokens.entries()) {
    const has = lengths[sequence] ?? 0;
    if (has + length > context)
      throw new ContextFullError(
        `sequence ${sequence} has ${has} tokens and cannot have ${length} more: keys and values of ${context} are kept`,
      );
  }
}

/** One document per sequence, from its first place; a position sees itself and everything before it. */
function nextRows(
  { batch, span = 1, context, modalities }: Artifact,
  lengths: readonly number[],
  tokens: readonly (readonly number[])[],
): Batch {
  const filled = (value: number): Int32Array => new Int32Array(batch * span).fill(value);
  const [token, target, modality, document] = [filled(-1), filled(-1), filled(-1), filled(-1)];
  const [position, place, first, last] = [filled(0), filled(0), filled(0), filled(0)];
  for (const [sequence, list] of tokens.entries()) {
    for (const [i, id] of list.entries()) {
      const at = sequence * span + i;
      const t = (lengths[sequence] ?? 0) + i;
      token[at] = id;
      modality[at] = modalityOf(modalities, id);
      document[at] = 0;
      position[at] = t;
      place[at] = sequence * context + t;
      first[at] = sequence * context;
      last[at] = sequence * context + t + 1;
    }
  }
  return { batch, context: span, token, target, modality, document, position, place, first, last };
}

async function logitsAt(session: Session, name: string, position: number): Promise<Float32Array> {
  const { tensors } = session.artifact;
  const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (tensor === undefined) throw new Error(`the artifact has no \`${name}\``);
  const width = tensor.shape[1] ?? 0;
  const bytes = 4 * (tensor.stride ?? width) * session.rowOf(position);
  return session.device.readFloats(tensor.byteOffset + bytes, width);
}
