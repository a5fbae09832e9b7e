// absent.test.ts: a model of three modalities where one is absent: from a document, a batch, a split, a whole run.
// On real material (emoji, names, spoken names): it trains, the absent modality's gradients are exactly zero, its values
// have no say, and it gets no tile of work. identities.test.ts asks the same of random batches and stranger models.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../src/check/model.ts";
import { compile } from "../src/compile.ts";
import type { Dataset, Documents } from "../src/data/dataset.ts";
import { createBatchStream, validationBatches } from "../src/data/packing.ts";
import { prepareData } from "../src/data/prepare.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { cutTiles, layoutBatch } from "../src/runtime/layout.ts";
import { openSession, type Session } from "../src/runtime/session.ts";
import { trainStep } from "../src/runtime/step.ts";
import { validate } from "../src/runtime/validation.ts";
import { openWasmDevice } from "../src/runtime/wasm.ts";
import { plainEngine } from "./support/compiled.ts";
import { layoutOptions, modelOf } from "./support/interpreted.ts";
import { writeSpokenFolder } from "./support/spoken-folder.ts";

const shape = { batch: 4, context: 110 };
const [text, image, speech] = [0, 1, 2];

/** The example's block, small; `declared` are the modalities. */
function spec(declared: readonly string[], share = ""): string {
  return `model m {
    const dim = 16, layers = 2, heads = 2, ffn = 24
    ${declared.join("\n    ")}
    layer block(x) {
      per modality attn {
        h = rms_norm(x) as norm
        q = rope(split(linear(h, dim), heads))
        k = rope(split(linear(h, dim), heads))
        v = split(linear(h, dim), heads)
      }
      a = attention(q, k, v, mask: causal)
      per modality attn { x += linear(merge(a), dim) as out }
      per modality ffn {
        h = rms_norm(x) as norm
        x += linear(silu(linear(h, ffn) as gate), dim) as down
      }
      return x
    }
    x = embed(tokens, dim) as embedding
    repeat layers { x = block(x) }
    per modality final { x = rms_norm(x) as norm }
    logits = linear(x, vocab) as head
    objective ${declared.map((line) => line.split(" ")[1]).join(", ")} = cross_entropy(logits, next_token)
  }
  variant v = m { ${share} }
  train m { data "x" context ${shape.context}, batch ${shape.batch}, steps 20 adamw(lr: 1e-2) }`;
}

const both = ["modality text = tokens(vocab: 320)", "modality image = tokens(vocab: 64)"];
const all = [...both, "modality speech = tokens(vocab: 64)"];

let scratch = "";
let dataset: Dataset;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), "motley-absent-"));
  await writeSpokenFolder(scratch);
  dataset = await prepareData({
    data: { kind: "folder", path: scratch },
    modalities: [
      { name: "text", vocab: 320 },
      { name: "image", vocab: 64 },
      { name: "speech", vocab: 64 },
    ],
    cacheDir: path.join(scratch, "cache"),
  });
}, 60_000);
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** The documents that hold none of `modality`. */
function without(documents: Documents, modality: number): Documents {
  const keeps = (index: number): boolean => {
    const [first, end] = [documents.slotOffset[index] ?? 0, documents.slotOffset[index + 1] ?? 0];
    const [from, to] = [documents.alternativeOffset[first] ?? 0, documents.alternativeOffset[end] ?? 0];
    return !documents.spanModality.subarray(from, to).includes(modality);
  };
  const slots: number[] = [0];
  const [alternatives, spans, modalities, tokens]: [number[], number[], number[], number[]] = [
    [0],
    [0],
    [],
    [],
  ];
  for (let index = 0; index < documents.count; index += 1) {
    if (!keeps(index)) continue;
    for (
      let slot = documents.slotOffset[index] ?? 0;
      slot < (documents.slotOffset[index + 1] ?? 0);
      slot += 1
    ) {
      const [from, to] = [documents.alternativeOffset[slot] ?? 0, documents.alternativeOffset[slot + 1] ?? 0];
      for (let span = from; span < to; span += 1) {
        tokens.push(...documents.token.subarray(documents.spanOffset[span], documents.spanOffset[span + 1]));
        spans.push(tokens.length);
        modalities.push(documents.spanModality[span] ?? 0);
      }
      alternatives.push(modalities.length);
    }
    slots.push(alternatives.length - 1);
  }
  return {
    count: slots.length - 1,
    slotOffset: Int32Array.from(slots),
    alternativeOffset: Int32Array.from(alternatives),
    spanOffset: Int32Array.from(spans),
    spanModality: Int8Array.from(modalities),
    token: Int32Array.from(tokens),
  };
}

function batchesOf(documents: Documents, count: number): readonly Batch[] {
  const stream = createBatchStream({ ...dataset, train: documents }, { split: "train", seed: 1, ...shape });
  return Array.from({ length: count }, () => stream.next());
}

async function withSession<Result>(
  model: Model,
  use: (session: Session) => Promise<Result>,
): Promise<Result> {
  const artifact = compile(model, { purpose: "train", engine: plainEngine, ...shape });
  const session = openSession(artifact, await openWasmDevice(artifact, { threads: 1 }));
  try {
    await session.initialize(3);
    return await use(session);
  } finally {
    await session.close();
  }
}

/** Parameters of one modality's own. */
function ownOf(model: Model, modality: number): readonly string[] {
  return model.parameters
    .filter(({ modalities }) => modalities.length === 1 && modalities[0] === modality)
    .map(({ path: name }) => name);
}

/** Throws everything of a modality's tower far from where it was. */
async function disturb(session: Session, names: readonly string[]): Promise<void> {
  const changed = new Map<string, Float32Array>();
  for (const name of names)
    changed.set(
      `param/${name}`,
      (await session.read(`param/${name}`)).map((x, i) => 3 * x + (i % 5) - 2),
    );
  await session.restore(changed);
}

describe.each([
  ["image", image],
  ["speech", speech],
])("%s absent", (name, missing) => {
  const model = modelOf(spec(all), "v");
  const own = ownOf(model, missing);

  it("from a batch: no tile, no gradient, no say", async () => {
    const [batch] = batchesOf(without(dataset.train, missing), 1);
    if (batch === undefined) throw new Error("no batch");
    expect(batch.modality).not.toContain(missing);
    expect(own.length).toBe(2 * 8 + 1);
    const { offsets } = layoutBatch(batch, layoutOptions(model));
    const { tiles } = cutTiles(offsets, {
      tileRows: 32,
      chunkRows: shape.batch * shape.context,
      chunkCount: 1,
    });
    expect(tiles.filter((_, i) => i % 3 === 2)).not.toContain(missing);
    await withSession(model, async (session) => {
      session.writeBatch(batch);
      await session.run(["forward", "backward"]);
      const before = await session.losses();
      expect(before.byModality[missing]).toBeUndefined();
      expect(before.targetCounts[missing]).toBe(0);
      expect(before.total).toBeGreaterThan(0);
      for (const tensor of own)
        expect(
          (await session.read(`grad/${tensor}`)).every((x) => x === 0),
          tensor,
        ).toBe(true);
      for (const tensor of ownOf(model, text))
        expect(
          (await session.read(`grad/${tensor}`)).some((x) => x !== 0),
          tensor,
        ).toBe(true);
      const embedding = await session.read("grad/embedding");
      const { offset = 0, vocab = 0 } = dataset.modalities[missing] ?? {};
      expect(embedding.subarray(16 * offset, 16 * (offset + vocab)).every((x) => x === 0)).toBe(true);
      await disturb(session, own);
      await session.run(["forward", "backward"]);
      expect(await session.losses()).toEqual(before);
      expect(await session.read("grad/embedding")).toEqual(embedding);
      await disturb(session, ownOf(model, text));
      await session.run(["forward"]);
      expect(await session.losses()).not.toEqual(before);
    });
  });

  it("from documents: what stands beside them in a batch does not reach them", async () => {
    const isMixed = ({ modality }: Batch) => modality.includes(missing) && modality.includes(3 - missing);
    const batch = batchesOf(dataset.train, 8).find(isMixed);
    if (batch === undefined) throw new Error("no batch with all three");
    // Targets count only in documents that have none of it.
    const holders = new Set<string>();
    const documentOf = (i: number) => `${Math.floor(i / shape.context)}/${batch.document[i]}`;
    for (const [i, modality] of batch.modality.entries())
      if (modality === missing) holders.add(documentOf(i));
    const target = batch.target.map((token, i) => (holders.has(documentOf(i)) ? -1 : token));
    expect(holders.size).toBeGreaterThan(0);
    expect(target.filter((token) => token >= 0).length).toBeGreaterThan(10);
    await withSession(model, async (session) => {
      session.writeBatch({ ...batch, target });
      await session.run(["forward", "backward"]);
      const before = await session.losses();
      for (const tensor of own)
        expect(
          (await session.read(`grad/${tensor}`)).every((x) => x === 0),
          tensor,
        ).toBe(true);
      await disturb(session, own);
      await session.run(["forward"]);
      expect(await session.losses()).toEqual(before);
    });
  });

  it("from a whole run: it trains, and the modality's tower stays where it began", async () => {
    const batches = batchesOf(without(dataset.train, missing), 20);
    const run = (isDisturbed: boolean) =>
      withSession(model, async (session) => {
        if (isDisturbed) await disturb(session, own);
        const start = await Promise.all(own.map((tensor) => session.read(`param/${tensor}`)));
        const losses: number[] = [];
        for (const [i, batch] of batches.entries()) {
          const { metrics } = await trainStep(session, batch, i + 1, batches.length, 0);
          expect(Object.keys(metrics.loss)).not.toContain(name);
          losses.push(metrics.loss.total ?? Number.NaN);
        }
        expect(await Promise.all(own.map((tensor) => session.read(`param/${tensor}`)))).toEqual(start);
        return losses;
      });
    const losses = await run(false);
    expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] ?? 0));
    expect(await run(true)).toEqual(losses);
  });

  it("from a shared tower: the tower learns from the others alone", async () => {
    const shared = modelOf(spec(all, "share attn, ffn, final between image, speech"), "v");
    const paths = shared.parameters
      .filter(({ modalities }) => modalities.length === 2)
      .map((one) => one.path);
    expect(paths.length).toBe(2 * 8 + 1);
    const [batch] = batchesOf(without(dataset.train, missing), 1);
    if (batch === undefined) throw new Error("no batch");
    await withSession(shared, async (session) => {
      session.writeBatch(batch);
      await session.run(["forward", "backward"]);
      for (const tensor of paths)
        expect(
          (await session.read(`grad/${tensor}`)).some((x) => x !== 0),
          tensor,
        ).toBe(true);
    });
  });
});

describe("a modality that is declared and absent", () => {
  it("costs what a model without it costs: as many launches and tiles", () => {
    const [batch] = batchesOf(without(dataset.train, speech), 1);
    if (batch === undefined) throw new Error("no batch");
    const [two, three] = [both, all].map((declared) => {
      const model = modelOf(spec(declared), "v");
      const artifact = compile(model, { purpose: "train", engine: plainEngine, ...shape });
      const { offsets } = layoutBatch(batch, layoutOptions(model));
      const { tiles } = cutTiles(offsets, artifact.layout);
      return { tiles: [...tiles], launches: artifact.launches.map(({ phase }) => phase) };
    });
    expect(three).toEqual(two);
  });

  it("from the validation split: no loss and no baseline there, the others as ever", async () => {
    const val = without(dataset.val, speech);
    expect(val.count).toBeGreaterThan(0);
    const model = modelOf(spec(all), "v");
    const batches = validationBatches({ ...dataset, val }, { count: 8, ...shape });
    await withSession(model, async (session) => {
      const { total, byModality } = await validate(session, batches);
      expect(total).toBeGreaterThan(0);
      expect(byModality[speech]).toBeUndefined();
      expect(byModality[image]).toBeGreaterThan(0);
    });
    const { measureBaselines } = await import("../src/data/baselines.ts");
    expect([...measureBaselines({ ...dataset, val }).keys()]).toEqual(["text", "image"]);
  });
});
