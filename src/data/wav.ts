// wav.ts: WAV files ↔ samples.
// In: bytes of a WAV file: whole numbers of 8, 16, 24 or 32 bits or floats, any rate, any number of channels. Out: one
// channel of samples between −1 and 1 and their rate; or bytes of a 16-bit file.

import { writeFile } from "node:fs/promises";
import { sampleRate } from "./geometry.ts";

export type Sound = { readonly rate: number; readonly samples: Float32Array };

type Format = {
  readonly kind: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
};

const [wholeNumbers, floats, extensible] = [1, 3, 0xfffe];
const rateRange = [1000, 768000] as const;
/** What programs write that do not know the length yet; others write 0. */
const unknownLength = 0xffffffff;

function textAt(view: DataView, at: number): string {
  return at + 4 > view.byteLength
    ? ""
    : String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

type Chunk = { readonly name: string; readonly start: number; readonly length: number };

/** The named pieces a WAV file consists of; the last one may claim more than there is. */
function chunksOf(view: DataView): readonly Chunk[] {
  if (textAt(view, 0) !== "RIFF" || textAt(view, 8) !== "WAVE") throw new Error("not a WAV file");
  const chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const length = view.getUint32(at + 4, true);
    chunks.push({ name: textAt(view, at), start: at + 8, length });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

/**
 * Whether samples go on to the end of the file, as in one whose writer never came back to say how many there are.
 * - A length of 0 may also be true: then chunks with names follow, and nothing else does.
 */
function isOpen({ start, length }: Chunk, chunks: readonly Chunk[], end: number): boolean {
  if (length !== 0) return length === unknownLength;
  const after = chunks.filter((chunk) => chunk.start > start);
  const last = after.at(-1);
  if (last === undefined || !after.every(({ name }) => /^[ -~]{4}$/.test(name))) return true;
  // A chunk of odd length may be padded.
  const rest = end - last.start - last.length;
  return rest !== 0 && rest !== last.length % 2;
}

function readFormat(view: DataView, chunk: Chunk | undefined): Format {
  if (chunk === undefined || chunk.length < 16 || chunk.start + chunk.length > view.byteLength)
    throw new Error("it does not say how its samples are written");
  const { start, length } = chunk;
  const named = view.getUint16(start, true);
  // An extensible format says what it really is further on.
  const kind = named === extensible && length >= 26 ? view.getUint16(start + 24, true) : named;
  const format = {
    kind,
    channels: view.getUint16(start + 2, true),
    rate: view.getUint32(start + 4, true),
    bits: view.getUint16(start + 14, true),
  };
  if (kind !== wholeNumbers && kind !== floats)
    throw new Error(`its samples are compressed (format ${kind}); only plain samples are read`);
  if (!(kind === floats ? [32, 64] : [8, 16, 24, 32]).includes(format.bits))
    throw new Error(`samples of ${format.bits} bits are not read`);
  if (format.channels === 0) throw new Error("it has no channel");
  if (format.rate < rateRange[0] || format.rate > rateRange[1])
    throw new Error(`${format.rate} samples a second are not read`);
  return format;
}

function sampleReader(view: DataView, { kind, bits }: Format): (at: number) => number {
  if (kind === floats)
    return bits === 32 ? (at) => view.getFloat32(at, true) : (at) => view.getFloat64(at, true);
  // Eight bits are unsigned, all others signed.
  if (bits === 8) return (at) => (view.getUint8(at) - 128) / 128;
  if (bits === 16) return (at) => view.getInt16(at, true) / 32768;
  if (bits === 24) return (at) => (view.getUint16(at, true) + 65536 * view.getInt8(at + 2)) / 8388608;
  return (at) => view.getInt32(at, true) / 2147483648;
}

/** A WAV file's samples, channels averaged; throws an Error with a short reason if it cannot be read. */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = chunksOf(view);
  const format = readFormat(
    view,
    chunks.find((chunk) => chunk.name === "fmt "),
  );
  const data = chunks.find((chunk) => chunk.name === "data");
  if (data === undefined) throw new Error("it has no samples");
  const there = bytes.length - data.start;
  const length = isOpen(data, chunks, bytes.length) ? there : data.length;
  if (length > there) throw new Error("it is cut short");
  const size = format.bits / 8;
  const count = Math.floor(length / (size * format.channels));
  if (count === 0) throw new Error("it has no samples");
  const read = sampleReader(view, format);
  const samples = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    let sum = 0;
    for (let channel = 0; channel < format.channels; channel += 1)
      sum += read(data.start + (i * format.channels + channel) * size);
    samples[i] = sum / format.channels;
  }
  if (samples.some((sample) => !Number.isFinite(sample)))
    throw new Error("some of its samples are no numbers");
  return { rate: format.rate, samples };
}

/** Samples at 16 kHz as a 16-bit WAV file of one channel; what is beyond −1 and 1 is cut off. */
export function encodeWav(samples: Float32Array): Uint8Array {
  const header = 44;
  const bytes = new Uint8Array(header + 2 * samples.length);
  const view = new DataView(bytes.buffer);
  const writeText = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  writeText(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  writeText(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, wholeNumbers, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  writeText(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  for (const [i, sample] of samples.entries())
    view.setInt16(header + 2 * i, Math.round(32767 * Math.max(-1, Math.min(1, sample))), true);
  return bytes;
}

export async function writeWav(file: string, samples: Float32Array): Promise<void> {
  await writeFile(file, encodeWav(samples));
}
