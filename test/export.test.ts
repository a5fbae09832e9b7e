// export.test.ts: tensors in a file: the bytes themselves, files that are broken, writing that is interrupted, and what
// an exported step holds.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { exportStep, stepLosses } from "../src/runtime/export.ts";
import {
  encodeHeader,
  readSafetensors,
  type Tensor,
  TensorFileError,
  writeSafetensors,
} from "../src/runtime/safetensors.ts";
import { randomBatch } from "./support/batches.ts";

const folder = mkdtempSync(join(tmpdir(), "motley-export-"));
afterAll(() => rmSync(folder, { recursive: true }));
let fileCount = 0;
function freshPath(): string {
  fileCount += 1;
  return join(folder, `file-${fileCount}.safetensors`);
}

/** A file with this header text and these data bytes. */
function fileOf(header: string, data: readonly number[] = []): string {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  const path = freshPath();
  writeFileSync(path, bytes);
  return path;
}

describe("safetensors", () => {
  test("writes exactly these bytes", () => {
    const path = freshPath();
    const tensors = new Map<string, Tensor>([
      ["a", { shape: [2], values: Float32Array.of(1, -2) }],
      ["b", { shape: [], values: Int32Array.of(-1) }],
    ]);
    writeSafetensors(path, { tensors, metadata: new Map([["model", '"x"']]) });
    const header =
      '{"__metadata__":{"model":"\\"x\\""},' +
      '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I32","shape":[],"data_offsets":[8,12]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const expected = Buffer.concat([
      Buffer.from([padded.length, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from(padded),
      Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0xff, 0xff, 0xff, 0xff]),
    ]);
    expect(readFileSync(path)).toEqual(expected);
  });

  test("reads a header padded with blanks, as the reference implementation leaves it", () => {
    const header = '{"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}'.padEnd(64);
    const path = fileOf(header, [0, 0, 0xc0, 0x3f, 0, 0, 0x20, 0x40]);
    expect(readSafetensors(path).tensors.get("w")).toEqual({
      shape: [1, 2],
      values: Float32Array.of(1.5, 2.5),
    });
  });

  test("gives back what it was given, whatever the names", () => {
    const name = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("__proto__", "constructor", "0", "", 'é\u0000\n"'),
    );
    const tensor = fc.oneof(
      fc.float32Array({ noNaN: true, maxLength: 9 }).map((values) => ({ shape: [values.length], values })),
      fc.int32Array({ minLength: 6, maxLength: 6 }).map((values) => ({ shape: [2, 1, 3], values })),
    );
    const entries = fc.uniqueArray(fc.tuple(name, tensor), { selector: ([n]) => n, maxLength: 8 });
    const path = freshPath();
    fc.assert(
      fc.property(entries, fc.dictionary(name, fc.string()), (list, strings) => {
        const file = { tensors: new Map<string, Tensor>(list), metadata: new Map(Object.entries(strings)) };
        writeSafetensors(path, file);
        const read = readSafetensors(path);
        expect(new Map([...read.tensors].sort())).toEqual(new Map([...file.tensors].sort()));
        expect(read.metadata).toEqual(file.metadata);
        expect(encodeHeader(file).length % 8).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  const data = [0, 0, 0, 0, 0, 0, 0, 0];
  test.each([
    ["is too short for a safetensors file", () => tooShort()],
    ["cut short within its header", () => cut(fileOf('{"w":{}}'), 12)],
    ["header would be too long", () => garbage()],
    ["header that is not JSON", () => fileOf("{oops")],
    ["header that is not a JSON object", () => fileOf("[1]")],
    [
      "only F32 and I32 can be read",
      () => fileOf('{"w":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}', data),
    ],
    [
      "a shape that is not a list of sizes",
      () => fileOf('{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}', data),
    ],
    ["no pair of offsets", () => fileOf('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0]}}', data)],
    [
      "12 bytes where its shape [2] needs 8",
      () => fileOf('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}', data),
    ],
    [
      "a hole or an overlap before tensor w",
      () => fileOf('{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', data),
    ],
    [
      "cut short: tensor w ends",
      () => fileOf('{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', data),
    ],
    [
      "4 bytes after its last tensor",
      () => fileOf('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', data),
    ],
    ["metadata k that is not a string", () => fileOf('{"__metadata__":{"k":1}}')],
    ["cannot be opened (ENOENT)", () => join(folder, "absent")],
    ["is not a file", () => folder],
  ])("refuses a file that %s", (reason, make) => {
    const path = make();
    expect(() => readSafetensors(path)).toThrow(TensorFileError);
    expect(() => readSafetensors(path)).toThrow(`${path}: `);
    expect(() => readSafetensors(path)).toThrow(reason);
  });

  function tooShort(): string {
    const path = freshPath();
    writeFileSync(path, "abc");
    return path;
  }
  function garbage(): string {
    const path = freshPath();
    writeFileSync(path, "this is a text, not a file of tensors");
    return path;
  }
  function cut(path: string, length: number): string {
    writeFileSync(path, readFileSync(path).subarray(0, length));
    return path;
  }

  test("never throws anything but TensorFileError, however a file is damaged", () => {
    const path = freshPath();
    const tensors = new Map<string, Tensor>([["w", { shape: [3], values: Float32Array.of(1, 2, 3) }]]);
    writeSafetensors(path, { tensors, metadata: new Map([["k", "v"]]) });
    const whole = readFileSync(path);
    const damaged = freshPath();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cutThere) => {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        writeFileSync(damaged, cutThere ? bytes.subarray(0, at) : bytes);
        try {
          readSafetensors(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(TensorFileError);
        }
      }),
    );
  });

  test("leaves the old file whole, and nothing beside it, when writing fails", () => {
    const path = freshPath();
    const good = new Map<string, Tensor>([["w", { shape: [1], values: Float32Array.of(1) }]]);
    writeSafetensors(path, { tensors: good, metadata: new Map() });
    const before = readFileSync(path);
    const bad = new Map<string, Tensor>([["w", { shape: [2], values: Float32Array.of(1) }]]);
    expect(() => writeSafetensors(path, { tensors: bad, metadata: new Map() })).toThrow(
      "has 1 values for shape [2]",
    );
    expect(readFileSync(path)).toEqual(before);
    expect(existsSync(`${path}.partial`)).toBe(false);
    expect(readdirSync(folder).some((name) => name.endsWith(".partial"))).toBe(false);
  });
});

describe("exportStep", () => {
  const batch = randomBatch({ batch: 2, context: 5, modalities: [{ vocabStart: 0, vocab: 3 }], seed: 1 });
  const weight = { shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const file = exportStep({
    model: "tiny",
    variant: "dense",
    modalities: ["text", "image"],
    constants: { dim: 2, ffn: [3, 4] },
    batch,
    parameters: new Map([["head", weight]]),
    gradients: new Map([["head", weight]]),
    losses: { total: 1.5, modalities: [1.5, 0] },
  });

  test("names every tensor and keeps the batch in sequence order", () => {
    expect([...file.tensors.keys()]).toEqual([
      "param/head",
      "grad/head",
      "batch/tokens",
      "batch/target",
      "batch/modality",
      "batch/document",
      "batch/position",
      "loss/total",
      "loss/text",
      "loss/image",
    ]);
    expect(file.tensors.get("batch/tokens")).toEqual({ shape: [2, 5], values: batch.token });
    expect(file.tensors.get("loss/total")).toEqual({ shape: [], values: Float32Array.of(1.5) });
  });

  test("has what patches need, as wide as a patch", () => {
    const modalities = [
      { vocabStart: 0, vocab: 3 },
      { vocabStart: 3, vocab: 0, size: 2, channels: 3 },
    ];
    const mixed = randomBatch({ batch: 2, context: 5, modalities, seed: 1, emptyTail: 0 });
    const { tensors } = exportStep({
      ...{ model: "tiny", variant: "dense", modalities: ["text", "image"], constants: {} },
      ...{ batch: mixed, parameters: new Map(), gradients: new Map() },
      losses: { total: 1.5, modalities: [1.5, 0] },
    });
    expect(tensors.get("batch/patches")).toEqual({ shape: [2, 5, 12], values: mixed.patches });
    expect(tensors.get("batch/noise")).toEqual({ shape: [2, 5, 12], values: mixed.noise });
    expect(tensors.get("batch/timestep")).toEqual({ shape: [2, 5], values: mixed.timestep });
    expect(tensors.get("batch/span")).toEqual({ shape: [2, 5], values: mixed.span });
  });

  test("describes the model as JSON text", () => {
    const read = (key: string): unknown => JSON.parse(file.metadata.get(key) ?? "");
    expect([read("model"), read("variant"), read("modalities")]).toEqual([
      "tiny",
      "dense",
      ["text", "image"],
    ]);
    expect(read("constants")).toEqual({ dim: 2, ffn: [3, 4] });
  });

  test("divides a modality's sum by its targets, and by nothing where it has none", () => {
    expect(stepLosses([7, 6, 0], [3, 0])).toEqual({ total: 7, modalities: [2, 0] });
  });
});
