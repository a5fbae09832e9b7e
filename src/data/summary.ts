// summary.ts: what `motley data` says and shows about a dataset.
// In: a Dataset. Out: plain JSON, the same as text, a contact sheet (originals above what their codes keep), and the same
// for speech: a sheet of spectrograms, and a WAV in which each recording is followed by what its codes keep.

import { patchCount } from "./continuous.ts";
import type { Baseline, Dataset, Documents, Fidelity, Licence, MelError, Picture } from "./dataset.ts";
import { decodeImage, decodeSound } from "./decode.ts";
import { drawDocument } from "./draw.ts";
import { sampleRate } from "./geometry.ts";
import { logMel } from "./mel.ts";
import { writePng } from "./png.ts";
import { drawMel } from "./spectrogram.ts";
import { writeWav } from "./wav.ts";

export type SplitSummary = {
  readonly documents: number;
  /** Of one pass, markers included. */
  readonly tokens: number;
  /** Share of the pass's tokens by modality name. */
  readonly shares: Readonly<Record<string, number>>;
  /** Documents longer than the model's context that are no plain text: they are never seen. Absent without a model. */
  readonly leftOut?: number;
};

export type DataSummary = {
  readonly name: string;
  readonly hash: string;
  readonly vocab: number;
  readonly modalities: readonly {
    readonly name: string;
    readonly vocab: number;
    readonly found: number;
    /** Of a modality that stays numbers: pixels a side, channels, and patches a picture. */
    readonly patches?: { readonly size: number; readonly channels: number; readonly perPicture: number };
  }[];
  readonly train: SplitSummary;
  readonly val: SplitSummary;
  readonly baselines: { readonly val: Readonly<Record<string, Baseline>> };
  /** dB; absent without pictures. */
  readonly fidelity?: Fidelity;
  /** dB; absent without speech. */
  readonly melError?: MelError;
  readonly licences: readonly Licence[];
  readonly warnings: readonly string[];
};

function summarizeSplit(dataset: Dataset, documents: Documents, context: number | undefined): SplitSummary {
  const counts = dataset.modalities.map(() => 0);
  let [tokens, leftOut] = [0, 0];
  for (let index = 0; index < documents.count; index += 1) {
    const { modality, isText } = drawDocument(dataset, documents, index, { seed: 0, pass: 0 });
    if (!isText && modality.length > (context ?? modality.length)) leftOut += 1;
    for (const one of modality) counts[one] = (counts[one] ?? 0) + 1;
    tokens += modality.length;
  }
  const shares = dataset.modalities.map(
    ({ name }, i) => [name, (counts[i] ?? 0) / Math.max(1, tokens)] as const,
  );
  return {
    documents: documents.count,
    tokens,
    shares: Object.fromEntries(shares),
    ...(context === undefined ? {} : { leftOut }),
  };
}

/** Everything worth knowing before training, as plain JSON; `context` is that of the model it is for, if there is one. */
export function dataSummary(dataset: Dataset, context?: number): DataSummary {
  const { name, hash, vocab, fidelity, melError, licences, warnings } = dataset;
  return {
    name,
    hash,
    vocab,
    modalities: dataset.modalities.map(({ name: own, vocab: rows, found, codec }) => ({
      ...{ name: own, vocab: rows, found },
      ...(codec.kind === "patches"
        ? { patches: { size: codec.patch, channels: codec.channels, perPicture: patchCount(codec) } }
        : {}),
    })),
    train: summarizeSplit(dataset, dataset.train, context),
    val: summarizeSplit(dataset, dataset.val, context),
    baselines: { val: Object.fromEntries(dataset.baselines) },
    ...(fidelity === undefined ? {} : { fidelity }),
    ...(melError === undefined ? {} : { melError }),
    licences,
    warnings,
  };
}

function percent(share: number | undefined): string {
  return `${(100 * (share ?? 0)).toFixed(1)} %`;
}

/** The summary as lines for a terminal. */
export function formatSummary(summary: DataSummary): string {
  const lines = [`data ${summary.name}   ${summary.hash.slice(0, 16)}`, ""];
  for (const split of ["train", "val"] as const) {
    const { documents, tokens, shares, leftOut } = summary[split];
    const parts = Object.entries(shares).map(([name, share]) => `${name} ${percent(share)}`);
    lines.push(`${split.padEnd(6)} ${documents} documents, ${tokens} tokens a pass: ${parts.join(", ")}`);
    if (leftOut !== undefined && leftOut > 0)
      lines.push(`       ${leftOut} of them are longer than the context and are left out`);
  }
  lines.push("");
  for (const { name, vocab, found, patches } of summary.modalities) {
    if (patches !== undefined) {
      const { size, channels, perPicture } = patches;
      lines.push(
        `${name.padEnd(6)} ${perPicture} patches of ${size} × ${size} × ${channels} numbers a picture; 1 a number is what knowing nothing of the noise costs`,
      );
      continue;
    }
    const baseline = summary.baselines.val[name];
    const nats =
      baseline === undefined
        ? "no validation targets"
        : `unigram ${baseline.unigram.toFixed(3)}, bigram ${baseline.bigram.toFixed(3)} nats a token`;
    lines.push(`${name.padEnd(6)} ${found} of ${vocab} codes occur; to beat on val: ${nats}`);
  }
  if (summary.fidelity !== undefined) {
    const { train, val } = summary.fidelity;
    lines.push(
      `what the picture codes keep: train ${train.toFixed(1)} dB${val === undefined ? "" : `, val ${val.toFixed(1)} dB`}`,
    );
  }
  if (summary.melError !== undefined) {
    const { train, val, meanFrame } = summary.melError;
    lines.push(
      `how far the speech codes are off: train ${train.toFixed(1)} dB${val === undefined ? "" : `, val ${val.toFixed(1)} dB`} (a guess of the mean: ${meanFrame.toFixed(1)} dB)`,
    );
  }
  if (summary.licences.length > 0) lines.push("", "licences");
  for (const { name, spdx, author } of summary.licences)
    lines.push(`  ${spdx.padEnd(11)} ${name} (${author})`);
  if (summary.warnings.length > 0) lines.push("", `skipped: ${summary.warnings.length}`);
  for (const warning of summary.warnings.slice(0, 20)) lines.push(`  ${warning}`);
  return `${lines.join("\n")}\n`;
}

function paste(sheet: Picture, picture: Picture, left: number, top: number, zoom: number): void {
  for (let y = 0; y < picture.height * zoom; y += 1) {
    for (let x = 0; x < picture.width * zoom; x += 1) {
      const from = (Math.floor(y / zoom) * picture.width + Math.floor(x / zoom)) * 3;
      sheet.rgb.set(picture.rgb.subarray(from, from + 3), ((top + y) * sheet.width + left + x) * 3);
    }
  }
}

/** Pictures in rows of `columns` on grey, each `zoom` times its size; all must have one size. */
export function contactSheet(pictures: readonly Picture[], columns: number, zoom = 2): Picture {
  const gap = 4;
  const side = (pictures[0]?.width ?? 0) * zoom + gap;
  const width = gap + columns * side;
  const height = gap + Math.ceil(pictures.length / columns) * side;
  const sheet = { width, height, rgb: new Uint8Array(width * height * 3).fill(160) };
  for (const [i, picture] of pictures.entries()) {
    paste(sheet, picture, gap + (i % columns) * side, gap + Math.floor(i / columns) * side, zoom);
  }
  return sheet;
}

/** Writes a PNG: a row of training originals, under it what their codes keep, then the same for validation. False without pictures. */
export async function pictures(dataset: Dataset, file: string): Promise<boolean> {
  const rows = (["train", "val"] as const).map((split) =>
    dataset.specimens.filter((one) => one.split === split),
  );
  const columns = Math.max(...rows.map((row) => row.length));
  if (columns <= 0) return false;
  const blank: Picture = { width: 32, height: 32, rgb: new Uint8Array(32 * 32 * 3).fill(160) };
  const filled = (row: readonly Picture[]) => Array.from({ length: columns }, (_, i) => row[i] ?? blank);
  const all = rows.flatMap((row) => [
    ...filled(row.map((one) => one.original)),
    ...filled(row.map((one) => decodeImage(dataset, one.codes))),
  ]);
  await writePng(file, contactSheet(all, columns));
  return true;
}

/** Seconds of silence after each recording. */
const pause = 0.4;

/**
 * Writes a WAV and a PNG: each recording kept (training first, then validation) and after, or under, it what its codes
 * keep. False without speech.
 */
export async function sounds(dataset: Dataset, wav: string, png: string): Promise<boolean> {
  if (dataset.recordings.length === 0) return false;
  const pairs = dataset.recordings.map(
    ({ original, codes }) => [original, decodeSound(dataset, codes)] as const,
  );
  const heard = pairs.flat();
  const gap = Math.round(pause * sampleRate);
  const whole = new Float32Array(heard.reduce((sum, { length }) => sum + length + gap, 0));
  let at = 0;
  for (const sound of heard) {
    whole.set(sound, at);
    at += sound.length + gap;
  }
  await writeWav(wav, whole);
  const columns = Math.ceil(pairs.length / 2);
  const frames = pairs.map(([original, kept]) => [logMel(original), logMel(kept)] as const);
  await writePng(png, drawMel(frames, columns));
  return true;
}
