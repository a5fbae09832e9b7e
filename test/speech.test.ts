// speech.test.ts: sound to codes and back, and folders that hold recordings.
// Sounds are made here from sines and noise, and once by Flite; what codes and Griffin–Lim keep is measured, not assumed.

import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { DataRequest } from "../src/data/dataset.ts";
import { decodeSound, decodeText, knownCodes } from "../src/data/decode.ts";
import { drawDocument } from "../src/data/draw.ts";
import { openSpeaker, readFlite, voices } from "../src/data/flite.ts";
import { melBands, sampleRate } from "../src/data/geometry.ts";
import { soundOfMel } from "../src/data/griffin-lim.ts";
import { logMel, trimSilence } from "../src/data/mel.ts";
import { datasetBytes, datasetOfBytes } from "../src/data/packed.ts";
import { createBatchStream } from "../src/data/packing.ts";
import { prepareData } from "../src/data/prepare.ts";
import { resample } from "../src/data/resample.ts";
import { speakAll } from "../src/data/speaking.ts";
import { compareMel, decodeSpeech, fitSpeechCodec, joinClips, melOfCodes } from "../src/data/speech.ts";
import { dataSummary, formatSummary, sounds } from "../src/data/summary.ts";
import { encodeWav, readWav } from "../src/data/wav.ts";
import { dataFolders } from "./support/data-folders.ts";
import { tone, wavFile, word } from "./support/sounds.ts";

const { place, makeFolder, prepare } = dataFolders();

function loudestBand(mel: Uint8Array, frame: number): number {
  const own = mel.subarray(frame * melBands, (frame + 1) * melBands);
  return own.indexOf(Math.max(...own));
}

/** Mean difference in decibels of two sounds' frames. */
function melDistance(a: Float32Array, b: Float32Array): number {
  const other = logMel(b);
  const { sum, values } = compareMel(logMel(a), (index) => other[index] ?? 0);
  return sum / values;
}

describe("resampling", () => {
  it("keeps a tone's pitch and loudness from any rate, and lets no higher one through", () => {
    for (const rate of [8000, 11025, 16000, 22050, 44100, 48000, 96000]) {
      const sound = resample(tone(1000, 0.5, rate), rate);
      expect(Math.abs(sound.length - 8000)).toBeLessThanOrEqual(1);
      const expected = tone(1000, 0.5);
      for (let i = 800; i < 7200; i += 1)
        expect(Math.abs((sound[i] ?? 0) - (expected[i] ?? 0))).toBeLessThan(2e-3);
    }
    const tooHigh = resample(tone(11000, 0.2, 44100), 44100).subarray(400, 2800);
    expect(Math.max(...tooHigh.map(Math.abs))).toBeLessThan(2e-3);
  });
});

describe("log-mel frames", () => {
  it("show a tone in the band of its pitch, whatever its loudness", () => {
    const bandsOf = [200, 400, 800, 1600, 3200, 6400].map((hertz) =>
      loudestBand(logMel(tone(hertz, 0.4)), 8),
    );
    expect(bandsOf).toEqual([...bandsOf].sort((a, b) => a - b));
    expect(new Set(bandsOf).size).toBe(6);
    const soft = tone(800, 0.4).map((sample) => sample / 100);
    expect(
      Math.max(...logMel(soft).map((value, i) => Math.abs(value - (logMel(tone(800, 0.4))[i] ?? 0)))),
    ).toBeLessThanOrEqual(1);
    // 1000 Hz is 1000 mel of 2840, so it lies at 14.4 of 41 steps: nearest to the band whose centre is step 14.
    expect(loudestBand(logMel(tone(1000, 0.4)), 8)).toBe(13);
  });

  it("begin and end with the sound", () => {
    const silence = new Float32Array(8000);
    const padded = Float32Array.from([...silence, ...tone(500, 0.5), ...silence]);
    const trimmed = trimSilence(padded);
    expect(trimmed.length).toBe(8000 + 2 * 320);
    expect(trimSilence(silence).length).toBe(0);
    expect(trimSilence(new Float32Array()).length).toBe(0);
  });
});

describe("speech codes", () => {
  const words = Array.from({ length: 40 }, (_, i) => word(i));

  it("turn into sound that resembles the original far more than a guess", { timeout: 60_000 }, async () => {
    const clips = joinClips(words.map(logMel));
    const codec = await fitSpeechCodec(clips, [...words.keys()], 200, () => undefined);
    const { encodeClips, meanFrame } = await import("../src/data/speech.ts");
    const codes = await encodeClips(codec, clips, () => undefined);
    const mean = meanFrame(clips, [...words.keys()]);
    for (const clip of [0, 7]) {
      const original = words[clip] ?? new Float32Array();
      const mel = logMel(original);
      const sound = decodeSpeech(codec, codes[clip] ?? []);
      expect(sound.length).toBe(Math.ceil(mel.length / 80) * 640);
      expect(sound.every((sample) => Math.abs(sample) <= 1)).toBe(true);
      const guess = compareMel(mel, (index) => mean[index % melBands] ?? 0);
      expect(melDistance(original, sound)).toBeLessThan((0.65 * guess.sum) / guess.values);
      expect(decodeSpeech(codec, codes[clip] ?? [])).toEqual(sound);
    }
  });

  it("that are unknown are silence, and silence is code 0", async () => {
    const clips = joinClips(words.slice(0, 4).map(logMel));
    const codec = await fitSpeechCodec(clips, [0, 1, 2, 3], 16, () => undefined);
    expect(knownCodes(codec)).toBe(16);
    expect(melOfCodes(codec, [0, -1, 16]).every((value) => value === 0)).toBe(true);
    expect(decodeSpeech(codec, []).length).toBe(0);
    expect(Math.max(...soundOfMel(new Float32Array(10 * melBands)).map(Math.abs))).toBeLessThan(1e-3);
  });
});

describe("Flite", () => {
  it("says the same each time, in four voices, in this thread or another", { timeout: 60_000 }, async () => {
    const flite = await readFlite();
    const speak = await openSpeaker(flite);
    const said = voices.map((voice) => speak("waving hand", voice));
    for (const sound of said) {
      expect(sound.length).toBeGreaterThan(0.6 * sampleRate);
      expect(sound.length).toBeLessThan(2 * sampleRate);
    }
    expect(new Set(said.map((sound) => sound.join())).size).toBe(4);
    speak("something else in between", "awb");
    expect(voices.map((voice) => speak("waving hand", voice))).toEqual(said);
    const cacheDir = place("spoken");
    const all = voices.map((voice) => ({ text: "waving hand", voice }));
    const progress: number[] = [];
    const mels = await speakAll(all, { flite, cacheDir }, (done) => progress.push(done));
    expect(mels).toEqual(said.map((sound) => logMel(trimSilence(sound))));
    expect(await speakAll(all, { flite, cacheDir }, (done) => progress.push(done))).toEqual(mels);
    expect(progress).toEqual([0, 4, 4]);
    // What comes back of a voice's spectrum sounds like that voice.
    const resynthesised = soundOfMel(mels[3] ?? []);
    expect(melDistance(trimSilence(said[3] ?? new Float32Array()), resynthesised)).toBeLessThan(4);
  });
});

const spoken = [
  { name: "text", vocab: 300 },
  { name: "speech", vocab: 64 },
];

function wordFiles(count: number): Record<string, Uint8Array> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`w${i}.wav`, encodeWav(word(i))]));
}

describe("a folder with recordings", () => {
  it("becomes documents of text and speech in both orders, between the markers of speech", async () => {
    const lines = Array.from({ length: 40 }, (_, i) =>
      JSON.stringify({ audio: `w${i}.wav`, text: `word ${i}` }),
    );
    const dataset = await prepare(
      await makeFolder({ "captions.jsonl": lines.join("\n"), ...wordFiles(40) }),
      spoken,
    );
    expect(dataset.train.count + dataset.val.count).toBe(40);
    expect(dataset.val.count).toBeGreaterThan(0);
    expect(dataset.markers.spans).toEqual(new Map([["speech", { begin: 2, end: 3 }]]));
    const orders = new Set<boolean>();
    for (let i = 0; i < dataset.train.count; i += 1) {
      const { token, modality } = drawDocument(dataset, dataset.train, i, { seed: 1, pass: 0 });
      expect(decodeText(dataset, token)).toMatch(/^word \d+$/);
      const [begin, end] = [token.indexOf(2), token.indexOf(3)];
      expect(new Set(modality.subarray(begin + 1, end))).toEqual(new Set([1]));
      expect(end - begin - 1).toBeGreaterThan(8);
      orders.add(begin === 1);
      const number = Number(decodeText(dataset, token).slice(5));
      expect(end - begin - 1).toBe(Math.ceil(trimSilence(word(number)).length / 640));
    }
    expect(orders.size).toBe(2);
    const speech = dataset.baselines.get("speech");
    expect(speech?.bigram).toBeLessThan(speech?.unigram ?? 0);
    expect(dataset.melError?.train).toBeLessThan(0.6 * (dataset.melError?.meanFrame ?? 0));
    expect(dataset.melError?.val).toBeLessThan(dataset.melError?.meanFrame ?? 0);
    expect(datasetOfBytes(datasetBytes(dataset))).toEqual(dataset);
    createBatchStream(dataset, { split: "train", batch: 2, context: 60, seed: 1 }).next();
  });

  it("is summed up with its error, a WAV and spectrograms", async () => {
    const dataset = await prepare(await makeFolder(wordFiles(12)), [{ name: "speech", vocab: 64 }]);
    expect(dataset.train.count + dataset.val.count).toBe(12);
    const summary = dataSummary(dataset);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    expect(formatSummary(summary)).toContain("how far the speech codes are off");
    const [wav, png] = [place("sounds.wav"), place("sounds.png")];
    expect(await sounds(dataset, wav, png)).toBe(true);
    const heard = readWav(new Uint8Array(await readFile(wav)));
    const seconds = dataset.recordings.reduce((sum, one) => sum + 2 * one.original.length, 0) / sampleRate;
    expect(heard.samples.length / heard.rate).toBeGreaterThan(seconds);
    expect([...(await readFile(png)).subarray(1, 4)]).toEqual([80, 78, 71]);
    const [recording] = dataset.recordings;
    expect(decodeSound(dataset, recording?.codes ?? []).length).toBe(640 * (recording?.codes.length ?? 0));
    expect(await sounds({ ...dataset, recordings: [] }, wav, png)).toBe(false);
  });

  it("skips corrupt, silent and missing recordings, and names them", async () => {
    const lines = [
      '{"audio": "w0.wav", "text": "good"}',
      '{"audio": "w1.wav", "text": "good too"}',
      '{"audio": "cut.wav", "text": "lost"}',
      '{"audio": "none.wav", "text": "gone"}',
      '{"audio": "silent.wav", "text": "nothing"}',
      '{"audio": 3, "text": "odd"}',
      '{"audio": "w0.wav", "caption": "odd"}',
    ];
    const folder = await makeFolder({
      "captions.jsonl": lines.join("\n"),
      ...wordFiles(2),
      "cut.wav": encodeWav(word(3)).subarray(0, 900),
      "silent.wav": encodeWav(new Float32Array(8000)),
    });
    const dataset = await prepare(folder, spoken);
    expect(dataset.train.count + dataset.val.count).toBe(2);
    expect(dataset.warnings.toSorted()).toEqual([
      'captions.jsonl:6: this line has an "audio" that is not a file name; it is skipped',
      'captions.jsonl:7: this line has "caption", but no "text"; it is skipped',
      "cut.wav: this recording cannot be read (it is cut short); it is skipped",
      "none.wav: there is no such recording; it is skipped",
      "silent.wav: this recording cannot be read (it is silent); it is skipped",
    ]);
  });

  it("reads any rate and channels as a sound of the same length", async () => {
    const stereo = (sound: Float32Array) => {
      const wide = resample(sound, 8000); // read as if it were 8 kHz, so 32 kHz of samples a second
      const both = Int16Array.from({ length: 2 * wide.length }, (_, i) =>
        Math.round(32767 * (wide[i >> 1] ?? 0)),
      );
      return wavFile({ channels: 2, rate: 32000 }, new Uint8Array(both.buffer));
    };
    const files = Array.from({ length: 24 }, (_, i) => [
      [`a${i}.wav`, encodeWav(word(i))],
      [`b${i}.wav`, stereo(word(i))],
    ]).flat();
    const dataset = await prepare(await makeFolder(Object.fromEntries(files)), [
      { name: "speech", vocab: 64 },
    ]);
    expect(dataset.warnings).toEqual([]);
    const lengths = [dataset.train, dataset.val].flatMap((documents) =>
      Array.from({ length: documents.count }, (_, i) =>
        drawDocument(dataset, documents, i, { seed: 0, pass: 0 }),
      ).map(({ token }) => token.length),
    );
    expect(lengths.length).toBe(48);
    expect(new Set(lengths).size).toBeGreaterThan(2);
    // Either reading of each word, side by side.
    const sorted = lengths.toSorted((a, b) => a - b);
    for (let i = 0; i < 48; i += 2) expect((sorted[i + 1] ?? 0) - (sorted[i] ?? 0)).toBeLessThanOrEqual(1);
  });

  it("that are longer than the context are left out, said so, and refused if nothing else is left", async () => {
    const files = { ...wordFiles(10), "notes.txt": "Some words. ".repeat(40) };
    const dataset = await prepare(await makeFolder(files), spoken);
    const lengths = Array.from({ length: dataset.train.count }, (_, i) =>
      drawDocument(dataset, dataset.train, i, { seed: 0, pass: 0 }),
    ).flatMap(({ token, isText }) => (isText ? [] : [token.length]));
    const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
    expect(longest).toBeGreaterThan(shortest);
    const summary = dataSummary(dataset, longest - 1);
    expect(summary.train.leftOut).toBe(lengths.filter((length) => length === longest).length);
    expect(formatSummary(summary)).toContain("are longer than the context and are left out");
    expect(dataSummary(dataset).train.leftOut).toBeUndefined();
    const options = { split: "train", batch: 1, seed: 1 } as const;
    expect(() => createBatchStream(dataset, { ...options, context: shortest - 1 })).toThrow(
      `no document with \`speech\` of "${dataset.name}" fits a context of ${shortest - 1}: the shortest has ${shortest} tokens`,
    );
    createBatchStream(dataset, { ...options, context: shortest }).next();
  });

  it("keeps ten seconds of a long one to be heard", { timeout: 60_000 }, async () => {
    const long = Float32Array.from({ length: 14 * sampleRate }, (_, i) =>
      Math.sin(i / (9 + Math.floor(i / 9000))),
    );
    const folder = await makeFolder({ ...wordFiles(1), "long.wav": encodeWav(long) });
    const { recordings } = await prepare(folder, [{ name: "speech", vocab: 40 }]);
    const [longest] = recordings.toSorted((a, b) => b.codes.length - a.codes.length);
    expect([longest?.codes.length, longest?.original.length]).toEqual([250, 10 * sampleRate]);
  });

  it("says what it lacks, and which data has it", async () => {
    const refusal = async (folder: string, modalities: DataRequest["modalities"]) =>
      prepare(folder, modalities).catch((error: Error) => error.message);
    const bare = await makeFolder(wordFiles(3));
    expect(await refusal(bare, spoken)).toContain("has no `text`: it has speech");
    expect(await refusal(await makeFolder({ "a.txt": "words" }), spoken)).toContain(
      "has no `speech`: it has text",
    );
    const builtin = prepareData({
      data: { kind: "builtin", name: "spoken" },
      modalities: spoken,
      cacheDir: place("."),
    });
    await expect(builtin).rejects.toThrow("no built-in data `spoken`");
    const icons = prepareData({
      data: { kind: "builtin", name: "icons" },
      modalities: spoken,
      cacheDir: place("."),
    });
    await expect(icons).rejects.toMatchObject({
      message: 'the data "icons" has no `speech`: it has text and image',
      help: "write `data spoken-icons`, which has it",
    });
  });
});
