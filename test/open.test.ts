// open.test.ts: a model asked by a program: the page's own example runs, and the three questions agree with one another.

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as motley from "../src/index.ts";
import { keepSessions } from "../src/runtime/kept-sessions.ts";
import { motley as runMotley, temporaryFolder } from "./support/motley.ts";

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

describe("a model whose experts choose among later tokens", () => {
  it("is refused to write, and a session to decode with, in words", async () => {
    const model = await motley.openModel({ spec: "examples/experts.mot", variant: "moe_4x" });
    const reason = "`moe_4x` cannot write token by token";
    await expect(model.write()).rejects.toThrow(reason);
    await expect(model.session("decode", { batch: 1, context: 8 })).rejects.toThrow(reason);
    await model.close();
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

  it("answers questions that are asked at once as if one after another", async () => {
    const documents = await Promise.all(["At noon", "The sea", "A lamp"].map((text) => model.encode(text)));
    const questions = [
      ...documents.map((document) => () => model.logits([document])),
      ...documents.map((document) => () => model.losses([document])),
      ...[1, 2].map((seed) => () => model.write({ prompt: "At", seed })),
    ];
    const single: unknown[] = [];
    for (const ask of questions) single.push(await ask());
    expect(await Promise.all(questions.map((ask) => ask()))).toEqual(single);
  });

  it("answers alike for a document alone, beside others, and beyond the context it was made for", async () => {
    const text = await model.encode("At noon the sun stands over the sea, and the sea");
    const long = Int32Array.from({ length: 40 }, (_, t) => text[t % text.length] ?? 0);
    const all = [text.subarray(0, 5), text.subarray(0, 12), long];
    const beside = await model.logits(all);
    for (const [d, document] of all.entries()) {
      const [alone = []] = await model.logits([document]);
      expect(alone).toHaveLength(document.length);
      for (const [t, row] of alone.entries())
        expect(
          Math.max(...row.map((x, i) => Math.abs(x - (beside[d]?.[t]?.[i] ?? Number.NaN)))),
        ).toBeLessThan(1e-6);
    }
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

describe("a run", () => {
  it("is opened with its own data, once it has a checkpoint", { timeout: 30_000 }, async () => {
    const folder = temporaryFolder();
    const [file, data, run] = [join(folder, "hello.mot"), join(folder, "hello"), join(folder, "run")];
    cpSync("examples/hello", data, { recursive: true });
    cpSync(spec, file);
    const { exitCode, stderr } = await runMotley(["train", file, "--steps", "2", "--out", run]);
    expect(exitCode, stderr).toBe(0);
    const opened = await motley.openModel({ run }, { threads: 1 });
    try {
      writeFileSync(join(data, "more.txt"), "more of it");
      await expect(opened.dataset()).rejects.toThrow("was trained on other data than there is now");
      // A failure is not for ever.
      rmSync(join(data, "more.txt"));
      expect((await opened.write({ prompt: "At" })).length).toBe(1);
    } finally {
      await opened.close();
    }
    rmSync(join(run, "checkpoint.safetensors"));
    await expect(motley.openModel({ run })).rejects.toThrow(`the run in ${run} has no checkpoint yet`);
  });
});

describe("kept sessions", () => {
  /** Sessions that only say what becomes of them. */
  function watched(most: number) {
    const events: string[] = [];
    const open = async (name: string): Promise<motley.Session> => {
      events.push(`open ${name}`);
      if (name.startsWith("broken")) throw new Error(`${name} cannot be opened`);
      const close = async (): Promise<void> => {
        events.push(`close ${name}`);
        if (name.startsWith("stuck")) throw new Error(`${name} cannot be closed`);
      };
      return { close } as motley.Session;
    };
    return { events, kept: keepSessions(open, most) };
  }

  it("are few: the one that was not asked for longest is closed before another is opened", async () => {
    const { events, kept } = watched(2);
    const first = await kept.get("a");
    for (const name of ["b", "a", "c"]) await kept.get(name);
    expect(await kept.get("a")).toBe(first);
    expect(events).toEqual(["open a", "open b", "close b", "open c"]);
  });

  it("are tried again after a failure, and closed all the same", async () => {
    const { events, kept } = watched(9);
    for (let i = 0; i < 2; i += 1) await expect(kept.get("broken")).rejects.toThrow("cannot be opened");
    const names = ["stuck", "a", "broken"];
    await Promise.allSettled(names.map((name) => kept.get(name)));
    await expect(kept.close()).rejects.toThrow("stuck cannot be closed");
    expect(events.filter((event) => event.startsWith("close"))).toEqual(["close stuck", "close a"]);
    expect(events.filter((event) => event === "open broken")).toHaveLength(3);
    await kept.close();
  });
});
