// sounds.ts: sounds for tests, and WAV files of any format around bytes.
// In: pitches, numbers, fields of a header. Out: samples; files.

import { sampleRate } from "../../src/data/geometry.ts";
import { encodeWav } from "../../src/data/wav.ts";

export function tone(hertz: number, seconds: number, rate = sampleRate): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * rate) },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate),
  );
}

/** A tone that glides and swells, another for each number: something like a word. */
export function word(number: number): Float32Array {
  const length = 6000 + 400 * (number % 5);
  let phase = 0;
  return Float32Array.from({ length }, (_, i) => {
    phase += (2 * Math.PI * (200 + 150 * (number % 7) + (i * (number % 3)) / 20)) / sampleRate;
    return 0.6 * Math.sin((Math.PI * i) / length) * (Math.sin(phase) + 0.3 * Math.sin(3 * phase));
  });
}

export type Field = readonly [at: number, size: 2 | 4, value: number];

/** A WAV file of this format, its samples already as bytes. */
export function wavFile(
  { kind = 1, channels = 1, rate = sampleRate, bits = 16 },
  data: Uint8Array,
  fields: readonly Field[] = [],
): Uint8Array {
  const bytes = new Uint8Array(44 + data.length);
  bytes.set(encodeWav(new Float32Array()));
  bytes.set(data, 44);
  const view = new DataView(bytes.buffer);
  const frame = (channels * bits) / 8;
  const all: readonly Field[] = [
    [4, 4, bytes.length - 8],
    [20, 2, kind],
    [22, 2, channels],
    [24, 4, rate],
    [28, 4, rate * frame],
    [32, 2, frame],
    [34, 2, bits],
    [40, 4, data.length],
    ...fields,
  ];
  for (const [at, size, value] of all)
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  return bytes;
}
