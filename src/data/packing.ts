// packing.ts: documents → batches of contexts.
// In: a Dataset, the shape of a batch, a seed. Out: an endless, resumable stream of batches; fixed validation batches.
// Idea: the documents of each pass come shuffled; a small window of them waits, and a row takes the first that still
// fits, so that rows are filled well and whole documents stay whole. Only text is ever cut. Everything is a function
// of (dataset, seed, cursor): the cursor is all that a checkpoint needs.

import type { Batch } from "../runtime/batch.ts";
import { batchPatches } from "./batch-patches.ts";
import { DataError, type Dataset, type Documents, markerModality } from "./dataset.ts";
import { type Captions, type DrawnDocument, drawDocument, shortestForm } from "./draw.ts";
import { randomBelow, randomOrder } from "./random.ts";

export type StreamOptions = {
  readonly split: "train" | "val";
  /** Contexts in a batch, and positions in a context. */
  readonly batch: number;
  readonly context: number;
  readonly seed: number;
  readonly captions?: Captions | undefined;
};

export type BatchStream = {
  next(): Batch;
  /** Where the stream stands, as text; `restore` with it goes on with the very batches that would have come. */
  cursor(): string;
  restore(cursor: string): void;
};

type Waiting = { readonly pass: number; readonly index: number; readonly drawn: DrawnDocument };
type Place = {
  readonly pass: number;
  readonly next: number;
  readonly waiting: readonly (readonly [number, number])[];
};

/** A stream's: batches made so far as well, which the noise of the next one depends on. */
type StreamPlace = Place & { readonly made: number };

const windowSize = 16;
const orderStream = 3;
const cropStream = 4;
const cursorVersion = 2;

type FeedOptions = {
  readonly seed: number;
  readonly passLimit: number;
  readonly captions: Captions | undefined;
};

/** Hands out the drawn documents of pass after pass; the window is what waits for a row. */
class Feed {
  readonly waiting: Waiting[] = [];
  private pass = 0;
  private next = 0;
  private order: Int32Array;
  private readonly dataset: Dataset;
  private readonly documents: Documents;
  private readonly context: number;
  private readonly seed: number;
  private readonly passLimit: number;
  private readonly captions: Captions | undefined;

  constructor(
    dataset: Dataset,
    documents: Documents,
    context: number,
    { seed, passLimit, captions }: FeedOptions,
  ) {
    this.dataset = dataset;
    this.documents = documents;
    this.context = context;
    this.seed = seed;
    this.passLimit = passLimit;
    this.captions = captions;
    this.order = randomOrder(documents.count, seed, 0, orderStream);
  }

  refill(): void {
    while (this.waiting.length < windowSize && this.pass < this.passLimit) {
      if (this.next >= this.documents.count) {
        this.pass += 1;
        this.next = 0;
        this.order = randomOrder(this.documents.count, this.seed, this.pass, orderStream);
        continue;
      }
      const index = this.order[this.next] ?? 0;
      this.next += 1;
      const drawn = this.draw(this.pass, index);
      if (drawn.isText || drawn.token.length <= this.context)
        this.waiting.push({ pass: this.pass, index, drawn });
    }
  }

  /** A text longer than the context starts at a place drawn anew each pass: else its end would never be read. */
  private draw(pass: number, index: number): DrawnDocument {
    const drawn = drawDocument(this.dataset, this.documents, index, {
      seed: this.seed,
      pass,
      captions: this.captions,
    });
    const surplus = drawn.token.length - this.context;
    if (!drawn.isText || surplus <= 0) return drawn;
    // Half a context beyond either end counts as that end, or both ends would hardly ever be read.
    const drawnAt =
      randomBelow(surplus + this.context, this.seed, pass, index, cropStream) - (this.context >> 1);
    const skipped = Math.max(0, Math.min(surplus, drawnAt));
    const token = drawn.token.slice(skipped);
    token[0] = this.dataset.markers.beginDocument;
    const modality = drawn.modality.slice(skipped);
    modality[0] = markerModality(this.dataset);
    return { token, modality, span: drawn.span.slice(skipped), isText: true };
  }

  place(): Place {
    return {
      pass: this.pass,
      next: this.next,
      waiting: this.waiting.map((one) => [one.pass, one.index] as const),
    };
  }

  moveTo(place: Place): void {
    this.pass = place.pass;
    this.next = place.next;
    this.order = randomOrder(this.documents.count, this.seed, place.pass, orderStream);
    this.waiting.length = 0;
    for (const [pass, index] of place.waiting)
      this.waiting.push({ pass, index, drawn: this.draw(pass, index) });
  }
}

/** A batch being filled; patches are below −1 until `batchPatches` puts their values in. */
type Filling = {
  readonly batch: Batch & { readonly span: Int32Array };
  /** Spans are numbered through the batch: the next number. */
  nextSpan: number;
};

function emptyBatch(batch: number, context: number): Filling {
  const size = batch * context;
  const filled = () => new Int32Array(size).fill(-1);
  return {
    batch: {
      batch,
      context,
      token: filled(),
      target: filled(),
      modality: filled(),
      document: filled(),
      position: new Int32Array(size),
      span: filled(),
    },
    nextSpan: 0,
  };
}

/** The longest-waiting document that fits; else the longest-waiting text, to be cut; else none. */
function choose(waiting: readonly Waiting[], room: number): number {
  const whole = waiting.findIndex((one) => one.drawn.token.length <= room);
  if (whole >= 0) return whole;
  // One token alone predicts nothing.
  return room < 2 ? -1 : waiting.findIndex((one) => one.drawn.isText);
}

function writeDocument(
  into: Filling,
  at: number,
  room: number,
  number: number,
  drawn: DrawnDocument,
): number {
  const { batch, nextSpan } = into;
  const length = Math.min(room, drawn.token.length);
  for (let i = 0; i < length; i += 1) {
    batch.token[at + i] = drawn.token[i] ?? -1;
    batch.modality[at + i] = drawn.modality[i] ?? -1;
    batch.document[at + i] = number;
    batch.position[at + i] = i;
    const span = drawn.span[i] ?? -1;
    batch.span[at + i] = span < 0 ? -1 : nextSpan + span;
    into.nextSpan = Math.max(into.nextSpan, nextSpan + span + 1);
    // What a cut drops is no target either, the end marker has none, and a patch is none.
    batch.target[at + i] = i + 1 < length ? Math.max(-1, drawn.token[i + 1] ?? -1) : -1;
  }
  return length;
}

/** Fills row `row` of a batch from the feed; false if the feed had nothing left. */
function fillRow(into: Filling, row: number, feed: Feed): boolean {
  const { context } = into.batch;
  let used = 0;
  for (let number = 0; ; number += 1) {
    feed.refill();
    const chosen = choose(feed.waiting, context - used);
    if (chosen < 0) return used > 0;
    const [one] = feed.waiting.splice(chosen, 1);
    if (one === undefined) return used > 0;
    used += writeDocument(into, row * context + used, context - used, number, one.drawn);
  }
}

/** A modality whose every document is too long would be declared and never seen. */
function refuseShortContext(dataset: Dataset, documents: Documents, context: number): void {
  const shortest = dataset.modalities.map(() => Number.POSITIVE_INFINITY);
  for (let index = 0; index < documents.count; index += 1) {
    const form = shortestForm(dataset, documents, index);
    // Text is cut where it has to be.
    const length = form.isText && context >= 2 ? Math.min(form.length, context) : form.length;
    for (const m of form.modalities) shortest[m] = Math.min(shortest[m] ?? length, length);
  }
  const tooLong = shortest.map((length) => Number.isFinite(length) && length > context);
  const first = tooLong.indexOf(true);
  if (first < 0) return;
  const isAll = shortest.every((length) => length > context);
  const needed = isAll ? Math.min(...shortest) : (shortest[first] ?? 0);
  const what = isAll ? "" : ` with \`${dataset.modalities[first]?.name}\``;
  throw new DataError(
    `no document${what} of "${dataset.name}" fits a context of ${context}: the shortest has ${needed} tokens`,
    `set \`context\` to ${needed} or more`,
  );
}

function parseCursor(text: string, expected: string, documentCount: number): StreamPlace {
  try {
    const { version, stream, place } = JSON.parse(text);
    const isPlace =
      version === cursorVersion &&
      stream === expected &&
      Number.isSafeInteger(place.pass) &&
      Number.isSafeInteger(place.next) &&
      Number.isSafeInteger(place.made) &&
      place.waiting.every((one: readonly number[]) => one.every((n) => Number.isSafeInteger(n) && n >= 0)) &&
      place.waiting.every((one: readonly number[]) => one.length === 2 && (one[1] ?? 0) < documentCount);
    if (isPlace) return place;
  } catch {
    // Falls through to the one message below.
  }
  throw new DataError(
    "the place in the data kept by the checkpoint does not belong to this data, batch, context and seed",
    "resume with the settings and the data the run was started with",
  );
}

/**
 * An endless stream of batches, the same for the same dataset, options and cursor.
 * - Throws DataError if the split is empty or no document fits the context.
 * - Documents with pictures that are longer than the context are left out.
 */
export function createBatchStream(dataset: Dataset, options: StreamOptions): BatchStream {
  const { split, batch, context, seed, captions } = options;
  const documents = split === "train" ? dataset.train : dataset.val;
  if (documents.count === 0) throw new DataError(`"${dataset.name}" has no ${split} documents`);
  refuseShortContext(dataset, documents, context);
  const feed = new Feed(dataset, documents, context, { seed, passLimit: Number.POSITIVE_INFINITY, captions });
  let made = 0;
  const orders = captions === undefined ? "" : `/${captions.first}/${captions.drop}`;
  const stream = `${dataset.hash}/${split}/${batch}x${context}/${seed}${orders}`;
  return {
    next() {
      const into = emptyBatch(batch, context);
      for (let row = 0; row < batch; row += 1) fillRow(into, row, feed);
      made += 1;
      return batchPatches(dataset, into.batch, { seed, step: made });
    },
    cursor: () => JSON.stringify({ version: cursorVersion, stream, place: { ...feed.place(), made } }),
    restore: (cursor) => {
      const place = parseCursor(cursor, stream, documents.count);
      feed.moveTo(place);
      made = place.made;
    },
  };
}

export type ValidationOptions = {
  readonly count: number;
  readonly batch: number;
  readonly context: number;
  /** Captions stand where training has them, and none is left out. */
  readonly captions?: Captions | undefined;
};

/**
 * The same `count` validation contexts for every seed, in batches of `batch`.
 * - Fewer if one pass over the validation split fills fewer; the last batch then ends in empty rows. None without a split.
 */
export function validationBatches(
  dataset: Dataset,
  { count, batch, context, captions }: ValidationOptions,
): readonly Batch[] {
  const batches: Batch[] = [];
  const feed = new Feed(dataset, dataset.val, context, {
    seed: 0,
    passLimit: 1,
    captions: captions && { ...captions, drop: 0 },
  });
  for (let made = 0; made < count; ) {
    const into = emptyBatch(batch, context);
    let rows = 0;
    while (rows < batch && made + rows < count && fillRow(into, rows, feed)) rows += 1;
    if (rows > 0) batches.push(batchPatches(dataset, into.batch, { seed: 0, step: batches.length }));
    if (rows === 0 || rows < batch) break;
    made += rows;
  }
  return batches;
}
