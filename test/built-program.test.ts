import { describe, expect, it } from "vitest";
import { compile } from "../src/compile.ts";
import * as page from "../src/runtime/browser.ts";
import { callNames } from "../src/runtime/call-scope.ts";
import { timeKernels } from "../src/runtime/kernel-times.ts";
import { BatchError, checkBatch, madeUpBatch } from "../src/runtime/made-up.ts";
import * as node from "../src/runtime/node.ts";
import { readArtifact, storeArtifact, storedText } from "../src/runtime/stored-artifact.ts";
import { emitTypescript } from "../src/targets/typescript.ts";
import { usualGpu } from "../src/targets/wgsl.ts";
import { artifacts, sizes, withSession } from "./support/built.ts";
import { expectGolden, expectNoOtherGoldens } from "./support/golden.ts";
import { exampleText, variantsOf } from "./support/stages.ts";

describe("a stored artifact", () => {
  it.each(Object.values(artifacts))("$target: is the artifact once its texts are back", (artifact) => {
    const { stored, texts } = storeArtifact(artifact);
    const json = storedText(stored);
    expect(readArtifact(JSON.parse(json), textsByName(texts))).toEqual(JSON.parse(JSON.stringify(artifact)));
    for (const { text } of texts) expect(json).not.toContain(JSON.stringify(text));
  });

  it("is refused without a text, in another format, or as something else", () => {
    const { stored, texts } = storeArtifact(artifacts.wgsl);
    const [first, ...rest] = texts;
    expect(() => readArtifact(stored, textsByName(rest))).toThrow(
      `the text of \`${first?.name}\` (${first?.path}) is missing`,
    );
    expect(() => readArtifact({ ...stored, format: 7 }, textsByName(texts))).toThrow(
      "built in format 7, and this Motley reads format 2: build it again",
    );
    expect(() => readArtifact([], {})).toThrow("not a training step that `motley build` wrote");
  });
});

function textsByName(texts: ReturnType<typeof storeArtifact>["texts"]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map(({ name, text }) => [name, text]));
}

describe("made-up batches", () => {
  it("have every modality, and the targets of their tokens", () => {
    const batch = madeUpBatch(sizes, 1);
    expect(() => checkBatch(batch, sizes)).not.toThrow();
    expect(new Set(batch.modality)).toEqual(new Set([0, 1]));
    expect([batch.target[0], batch.target[19], batch.target[20]]).toEqual([
      batch.token[1],
      -1,
      batch.token[21],
    ]);
    expect(batch).toEqual(madeUpBatch(sizes, 1));
    expect(batch.token).not.toEqual(madeUpBatch(sizes, 2).token);
  });

  it("of another size or with other ids are refused", () => {
    const batch = madeUpBatch(sizes, 1);
    const with7 = (values: Int32Array, value: number) => values.with(7, value);
    const wrong = [
      { ...batch, context: 10, batch: 6 },
      { ...batch, token: batch.token.slice(1) },
      { ...batch, token: with7(batch.token, 70) },
      { ...batch, token: with7(batch.token, -1) },
      { ...batch, modality: with7(batch.modality, 2) },
      { ...batch, modality: with7(batch.modality, 1 - (batch.modality[7] ?? 0)) },
      { ...batch, target: with7(batch.target, 70) },
    ];
    for (const each of wrong) expect(() => checkBatch(each, sizes)).toThrow(BatchError);
    const empty = { ...batch, token: with7(batch.token, -1), modality: with7(batch.modality, -1) };
    expect(() => checkBatch(empty, sizes)).not.toThrow();
  });
});

describe("kernel times", () => {
  it("name every kernel of a step, add up, and leave the parameters alone", async () => {
    const artifact = artifacts.wasm;
    const [times, before, after] = await withSession(artifact, async (session) => {
      const read = () => session.read("param/embedding");
      const start = await read();
      const rows = await timeKernels(session, { next: () => madeUpBatch(sizes, 1) }, 2);
      return [rows, start, await read()] as const;
    });
    expect(after).toEqual(before);
    expect(new Set(times.map(({ kernel }) => kernel))).toEqual(
      new Set(artifact.kernels.map(({ name }) => name)),
    );
    expect(times.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(times.find(({ kernel }) => kernel.includes("cross_entropy"))?.lines).toEqual([7]);
  });
});

describe("the program", () => {
  it("is as it was, for the smallest example on a GPU", () => {
    const hello = variantsOf(exampleText("hello")).get("hello");
    if (hello === undefined) throw new Error("there is such an example");
    const artifact = compile(hello, { purpose: "train", engine: usualGpu });
    const text = emitTypescript(artifact, storeArtifact(artifact).texts, callNames(artifact));
    const path = "built/hello-model.ts.txt";
    expectGolden(path, text, "MOTLEY_BLESS=1 npx vitest run test/built-program.test.ts");
    expectNoOtherGoldens([path], "built");
  });

  it("takes names that JavaScript treats as its own", () => {
    const [first, ...rest] = artifacts.wasm.parameters;
    if (first === undefined) throw new Error("there are parameters");
    const odd = { ...artifacts.wasm, parameters: [{ ...first, path: "__proto__" }, ...rest] };
    const text = emitTypescript(odd, [], ({ label }) => label);
    expect(text).toContain('  ["__proto__"]: [70, 16],\n');
  });

  it("finds the same names in a page as in Node, and those that earlier builds used", () => {
    expect(Object.keys(page).sort()).toEqual(Object.keys(node).sort());
    expect(Object.keys(node).sort().join(" ")).toBe(
      "BatchError DeviceError MemoryError NonFiniteError StoredArtifactError checkBatch describeAdapter " +
        "learningRate madeUpBatch openDevice openSession openWebgpuDevice readArtifact readTexts runProgram " +
        "scheduleOf timeKernels trainStep",
    );
  });
});
