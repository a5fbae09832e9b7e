// open.test.ts: a model asked by a program: the page's own example runs, and the three questions agree with one another.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as motley from "../src/index.ts";
import { temporaryFolder } from "./support/motley.ts";

const spec = "examples/hello.mot";

describe("a program", () => {
  it("of docs/language.md runs, and prints what it says", async () => {
    const page = readFileSync("docs/language.md", "utf8");
    const [, code = ""] = /^## Programs\n[\s\S]*?^```ts\n([\s\S]*?)^```$/m.exec(page) ?? [];
    expect(code).toContain('import { openModel } from "motley";');
    const body = code.replace(/^import .*\n/m, "");
    const printed: unknown[][] = [];
    const shown = { log: (...values: unknown[]) => printed.push(values) };
    const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
      ...source: string[]
    ) => (openModel: typeof motley.openModel, console: typeof shown) => Promise<void>;
    await new AsyncFunction("openModel", "console", body)(motley.openModel, shown);
    const [[rows, loss, answer] = []] = printed;
    expect(rows).toBeGreaterThanOrEqual(3);
    // Untrained, all 320 codes are about as likely.
    expect(loss).toBeCloseTo(Math.log(320), 1);
    expect(answer).toEqual([{ kind: "text", text: expect.any(String) }]);
  });
});

describe("an open model", () => {
  let model: motley.OpenModel;
  beforeAll(async () => {
    model = await motley.openModel({ spec, seed: 3 }, { threads: 1 });
  });
  afterAll(() => model.close());

  it("has losses that are its logits'", async () => {
    const documents = [await model.encode("At noon"), await model.encode("The sea is")];
    const logits = await model.logits(documents);
    const nats = documents.flatMap((document, d) =>
      [...document.subarray(1)].map((target, t) => {
        const row = logits[d]?.[t] ?? new Float32Array();
        return Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - (row[target] ?? Number.NaN);
      }),
    );
    const { total, text } = await model.losses(documents);
    expect(total).toBeCloseTo(nats.reduce((sum, x) => sum + x, 0) / nats.length, 4);
    expect(text).toBeCloseTo(total ?? Number.NaN, 5);
  });

  it("decodes to the logits of the whole document", async () => {
    const document = await model.encode("At noon the sun");
    const [whole = []] = await model.logits([document]);
    const session = await model.session("decode", { batch: 1, context: 32, span: 2 });
    const decoder = motley.openDecoder(session);
    const [last = new Float32Array()] = await decoder.append([[...document]]);
    const distance = Math.max(...last.map((x, i) => Math.abs(x - (whole.at(-1)?.[i] ?? Number.NaN))));
    expect(distance).toBeLessThan(1e-6);
  });

  it("writes the same for the same seed, and takes losses of batches of its data", async () => {
    const writing = { prompt: "At", count: 2, temperature: 0.9, topP: 0.95, seed: 5 };
    const [one, two] = [await model.write(writing), await model.write(writing)];
    expect(two).toEqual(one);
    expect(await model.write({ ...writing, seed: 6 })).not.toEqual(one);
    const [batch] = motley.validationBatches(await model.dataset(), { count: 2, batch: 2, context: 32 });
    if (batch === undefined) throw new Error("the data has no validation split");
    expect((await model.losses(batch)).total).toBeCloseTo(Math.log(320), 1);
  });

  it("says what is wrong with what it is given", async () => {
    await expect(motley.openModel({ spec, variant: "mot" })).rejects.toThrow(
      "has no variant `mot`: it has hello",
    );
    await expect(model.write({ prompt: "noon ".repeat(40) })).rejects.toThrow(
      "tokens, and the model has 32 in all",
    );
    await expect(model.losses([[1, 9999]])).rejects.toThrow("token 9999 belongs to no modality");
    await expect(model.encode([{ kind: "begun", modality: "image" }])).rejects.toThrow("no spans of `image`");
    await expect(motley.openModel({ run: temporaryFolder() })).rejects.toThrow();
  });
});
