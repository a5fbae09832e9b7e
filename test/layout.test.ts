// layout.test.ts: what the host computes around a step: the modality sort, tiles and segments, initial values, the
// learning rate. Small cases by hand, the rest as properties of random batches.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { philox } from "../src/data/philox.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { cutTiles, layoutBatch, rowSegments } from "../src/runtime/layout.ts";
import { initialValue } from "../src/runtime/parameters.ts";
import { learningRate, scheduleOf } from "../src/runtime/schedule.ts";
import { randomBatch } from "./support/batches.ts";

const twoModalities = [
  { name: "text", kind: "tokens", vocabStart: 0, vocab: 10 },
  { name: "image", kind: "tokens", vocabStart: 10, vocab: 5 },
] as const;
const causal = [{ input: "last", within: [] }];

/** One context: a document of text, image, text; a one-token document; two empty positions. */
const smallBatch: Batch = {
  batch: 1,
  context: 8,
  token: Int32Array.of(1, 12, 13, 2, 3, 7, -1, -1),
  target: Int32Array.of(12, 13, 2, 3, -1, -1, -1, -1),
  modality: Int32Array.of(0, 1, 1, 0, 0, 0, -1, -1),
  document: Int32Array.of(0, 0, 0, 0, 0, 1, -1, -1),
  position: Int32Array.of(0, 1, 2, 3, 4, 0, 0, 0),
};

const crossEntropy = { kind: "cross_entropy", loss: 0, rows: [0, 1], output: "logits" } as const;

describe("layoutBatch", () => {
  const objectives = [
    { ...crossEntropy, modalities: [0], weight: 2 },
    { ...crossEntropy, modalities: [0, 1], weight: 1 },
  ];
  const layout = layoutBatch(smallBatch, { modalities: twoModalities, objectives, masks: causal });
  const input = (name: string): number[] => Array.from(layout.inputs.get(name) ?? []);

  test("sorts rows by modality, stably, with the empty positions behind", () => {
    expect([...layout.offsets]).toEqual([0, 4, 6]);
    expect([...layout.rowOf]).toEqual([0, 4, 5, 1, 2, 3, -1, -1]);
    expect(input("tokens")).toEqual([1, 2, 3, 7, 12, 13, -1, -1]);
    expect(input("sequence")).toEqual([0, 3, 4, 5, 1, 2, -1, -1]);
    expect(input("position")).toEqual([0, 3, 4, 0, 1, 2, 0, 0]);
  });

  test("lets a row see its document up to itself, and an empty row nothing", () => {
    expect(input("first")).toEqual([0, 0, 0, 5, 0, 0, 0, 0]);
    expect(input("last")).toEqual([1, 4, 5, 6, 2, 3, 0, 0]);
  });

  test("weights a target by each objective that counts it, over the number of targets that one counts", () => {
    expect(input("target")).toEqual([12, 3, -1, -1, 13, 2, -1, -1]);
    expect(input("target_modality")).toEqual([1, 0, -1, -1, 1, 0, -1, -1]);
    expect([...layout.targetCounts]).toEqual([2, 2]);
    const text = 2 / 2 + 1 / 4;
    expect(input("loss_weight.0")).toEqual([0.25, text, 0, 0, 0.25, text, 0, 0]);
  });

  test("gives an objective without targets in the batch no weight, rather than a division by zero", () => {
    const none = { ...smallBatch, target: smallBatch.target.map(() => -1) };
    const { inputs } = layoutBatch(none, { modalities: twoModalities, objectives, masks: causal });
    expect([...(inputs.get("loss_weight.0") ?? [])]).toEqual(new Array(8).fill(0));
  });

  test("starts a document at every context, even if two contexts number it alike", () => {
    const batch: Batch = {
      batch: 2,
      context: 2,
      token: Int32Array.of(1, 2, 3, 4),
      target: Int32Array.of(2, -1, 4, -1),
      modality: new Int32Array(4),
      document: new Int32Array(4),
      position: Int32Array.of(0, 1, 0, 1),
    };
    const { inputs } = layoutBatch(batch, { modalities: twoModalities, objectives: [], masks: causal });
    expect([...(inputs.get("first") ?? [])]).toEqual([0, 0, 2, 2]);
  });

  test("is a permutation of the batch, for random batches", () => {
    const modalities = [
      ...twoModalities,
      { name: "speech", kind: "tokens", vocabStart: 15, vocab: 4 } as const,
    ];
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 19 }),
        fc.subarray([0, 1, 2], { minLength: 1 }),
        (seed, batchSize, context, present) => {
          const batch = randomBatch({ batch: batchSize, context, modalities, seed, present });
          const { offsets, rowOf, inputs } = layoutBatch(batch, {
            modalities,
            objectives: [],
            masks: causal,
          });
          const live = offsets[3] ?? 0;
          expect([...rowOf].filter((row) => row >= 0).sort((a, b) => a - b)).toEqual([...Array(live).keys()]);
          for (const [at, row] of rowOf.entries()) {
            const m = batch.modality[at] ?? -1;
            expect(row >= 0).toBe(m >= 0);
            if (row < 0) continue;
            expect(row >= (offsets[m] ?? 0) && row < (offsets[m + 1] ?? 0)).toBe(true);
            expect(inputs.get("tokens")?.[row]).toBe(batch.token[at]);
            expect(inputs.get("target")?.[row]).toBe(batch.target[at]);
            expect(inputs.get("first")?.[row]).toBe(at - (batch.position[at] ?? 0));
            expect(inputs.get("last")?.[row]).toBe(at + 1);
          }
        },
      ),
    );
  });
});

describe("tiles and segments", () => {
  test("cuts at modality and chunk edges and skips empty modalities", () => {
    const { tiles, tileStarts } = cutTiles(Int32Array.of(0, 5, 5, 9), {
      tileRows: 4,
      chunkRows: 6,
      chunkCount: 2,
    });
    expect([...tiles]).toEqual([0, 4, 0, 4, 1, 0, 5, 1, 2, 6, 3, 2]);
    expect([...tileStarts]).toEqual([0, 3, 4]);
  });

  test("covers every live row once, with at most ⌈N/T⌉ + M − 1 tiles where one chunk holds all", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 16 }), (counts, tileRows) => {
        const offsets = Int32Array.of(0, ...counts);
        for (let m = 0; m < counts.length; m += 1) offsets[m + 1] = (offsets[m + 1] ?? 0) + (offsets[m] ?? 0);
        const live = offsets.at(-1) ?? 0;
        const { tiles } = cutTiles(offsets, { tileRows, chunkRows: live + 1, chunkCount: 1 });
        let next = 0;
        for (let i = 0; i < tiles.length; i += 3) {
          expect(tiles[i]).toBe(next);
          next += tiles[i + 1] ?? 0;
        }
        expect(next).toBe(live);
        expect(tiles.length / 3).toBeLessThanOrEqual(Math.ceil(live / tileRows) + counts.length - 1);
      }),
    );
  });

  test("merges adjacent modalities, leaves gaps, and is empty where nothing is there", () => {
    const offsets = Int32Array.of(0, 5, 7, 7, 9);
    expect([...rowSegments(offsets, [0, 1])]).toEqual([1, 0, 7]);
    expect([...rowSegments(offsets, [0, 3])]).toEqual([2, 0, 5, 7, 9]);
    expect([...rowSegments(offsets, [1, 2, 3])]).toEqual([1, 5, 9]);
    expect([...rowSegments(offsets, [2])]).toEqual([0]);
    expect([...rowSegments(offsets, [0, 3], [4, 8])]).toEqual([2, 4, 5, 7, 8]);
  });
});

describe("initialValue", () => {
  const normal = {
    shape: [300, 70],
    initial: { kind: "normal", std: 0.02 },
    drawPath: "block.0.attn.q",
    drawIndex: 0,
  } as const;

  test("draws from Philox-4x32-10 (the reference implementation's known answers)", () => {
    const known = [
      [0, [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
      [0xffffffff, [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    ] as const;
    for (const [fill, expected] of known) {
      const out = new Uint32Array(4);
      philox(out, [fill, fill, fill, fill], [fill, fill]);
      expect([...out]).toEqual(expected);
    }
    const out = new Uint32Array(4);
    philox(out, [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]);
    expect([...out]).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
  });

  test("is normal: mean, deviation, kurtosis and tails of 21,000 draws", () => {
    const values = Float64Array.from(initialValue(normal, 1), (x) => x / 0.02);
    const moment = (power: number): number => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.03);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(Math.abs(moment(3))).toBeLessThan(0.08);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.35); // five standard errors, as for the others
    expect(values.filter((x) => Math.abs(x) > 3).length / values.length).toBeCloseTo(0.0027, 2);
  });

  test("agrees with Box and Muller's formula through the engine's own logarithm and cosine", () => {
    const values = initialValue({ ...normal, shape: [6], initial: { kind: "normal", std: 1 } }, 0);
    // FNV-1a of the path, computed independently in BigInt arithmetic without wrapping until the end.
    let hash = 0xcbf29ce484222325n;
    for (const c of normal.drawPath) hash = ((hash ^ BigInt(c.charCodeAt(0))) * 0x100000001b3n) % 2n ** 64n;
    for (const block of [0, 1]) {
      const bits = new Uint32Array(4);
      philox(bits, [block, 0, Number(hash % 2n ** 32n), Number(hash / 2n ** 32n)], [0, 0]);
      for (const lane of [0, 1, 2, 3]) {
        const radius = Math.sqrt(-2 * Math.log(((bits[lane & 2] ?? 0) + 1) / 2 ** 32));
        const angle = (2 * Math.PI * (bits[(lane & 2) + 1] ?? 0)) / 2 ** 32;
        const expected = radius * (lane % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
        const got = values[4 * block + lane];
        if (got !== undefined) expect(got).toBeCloseTo(expected, 6);
      }
    }
  });

  test("depends on seed, path and modality index, and on nothing else", () => {
    const base = initialValue(normal, 1);
    const differs = (other: Float32Array): boolean => other.some((x, i) => x !== base[i]);
    expect(initialValue(normal, 1)).toEqual(base);
    expect(differs(initialValue(normal, 2))).toBe(true);
    expect(differs(initialValue(normal, 1 + 2 ** 32))).toBe(true);
    expect(differs(initialValue({ ...normal, drawIndex: 1 }, 1))).toBe(true);
    expect(differs(initialValue({ ...normal, drawPath: "block.1.attn.q" }, 1))).toBe(true);
    expect(initialValue({ ...normal, shape: [10] }, 1)).toEqual(base.slice(0, 10));
  });

  test("fills norms with ones", () => {
    expect([...initialValue({ ...normal, shape: [3], initial: { kind: "ones" } }, 1)]).toEqual([1, 1, 1]);
  });

  test("has these bits on every machine", () => {
    const { buffer } = initialValue({ ...normal, shape: [4] }, 7);
    expect([...new Uint32Array(buffer)].map((word) => word.toString(16))).toMatchInlineSnapshot(`
      [
        "3b4ac670",
        "3c902bc5",
        "3b82abbf",
        "3a9ad680",
      ]
    `);
  });
});

describe("schedule", () => {
  const settings = { lr: 1e-3, warmup: 10, decay: "cosine", end: 1e-4, beta1: 0.9, beta2: 0.95 } as const;

  test("warms up linearly and decays to the end at the last step", () => {
    expect(learningRate(settings, 1, 110)).toBeCloseTo(1e-4, 12);
    expect(learningRate(settings, 10, 110)).toBe(1e-3);
    expect(learningRate(settings, 60, 110)).toBeCloseTo(5.5e-4, 12);
    expect(learningRate(settings, 110, 110)).toBeCloseTo(1e-4, 12);
    expect(learningRate({ ...settings, decay: "linear" }, 35, 110)).toBeCloseTo(7.75e-4, 12);
    expect(learningRate({ ...settings, decay: "constant" }, 100, 110)).toBe(1e-3);
  });

  test("knows no warmup, a run that is all warmup, and steps past the end", () => {
    expect(learningRate({ ...settings, warmup: 0 }, 1, 1)).toBeCloseTo(1e-4, 12);
    expect(learningRate({ ...settings, warmup: 100 }, 50, 50)).toBe(5e-4);
    expect(learningRate(settings, 500, 110)).toBeCloseTo(1e-4, 12);
    expect(learningRate(settings, 11, 10)).toBe(1e-4);
  });

  test("corrects the moments' bias", () => {
    const [, first, second] = scheduleOf(settings, 2, 110);
    expect(first).toBeCloseTo(1 / (1 - 0.81), 6);
    expect(second).toBeCloseTo(1 / (1 - 0.95 ** 2), 5);
    expect(scheduleOf(settings, 100_000, 110)[2]).toBe(1);
  });
});
