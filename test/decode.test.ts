// decode.test.ts: sequences that grow with kept keys and values give the logits of sequences computed whole.
// The oracle is the interpreter in float64 on whole sequences, without a cache; what may differ is f32's rounding. Beside
// that, the same bits for any number of threads, of neighbours, and of new tokens a run takes.

import { describe, expect, it } from "vitest";
import type { Model } from "../src/check/model.ts";
import { compile } from "../src/compile.ts";
import { interpret } from "../src/ir/interpret.ts";
import { parseGraph } from "../src/ir/parse.ts";
import { printGraph } from "../src/ir/print.ts";
import { verifyGraph } from "../src/ir/verify.ts";
import { lower } from "../src/lower/lower.ts";
import { withCache } from "../src/passes/cache.ts";
import { ContextFullError, openDecoder } from "../src/runtime/decoder.ts";
import { usualGpu } from "../src/targets/wgsl.ts";
import { fastEngine, plainEngine } from "./support/compiled.ts";
import {
  type DecodeSizes,
  decodePieces,
  interpretLogits,
  logitDistance,
  openDecoding,
  randomSequences,
} from "./support/decoded.ts";
import { livelyParameters, modelOf, relativeDistance } from "./support/interpreted.ts";

/** f32 against float64 over a few layers; a wrong place, mask or weight is off by a tenth or more. */
const tolerance = 1e-5;

/** Grouped-query heads of an odd width, rope, weights per modality, two layers, and two attentions in one statement. */
const mixed = (sharing: string): Model =>
  modelOf(
    `model m {
      const dim = 20
      modality text = tokens(vocab: 7)
      modality image = tokens(vocab: 5)
      modality speech = tokens(vocab: 4)
      layer block(x) {
        per modality attn {
          h = rms_norm(x) as norm
          q = rope(split(linear(h, 24), 4))
          k = rope(split(linear(h, 12), 2))
          v = split(linear(h, 12), 2)
        }
        a = attention(q, k, v, mask: causal)
        per modality attn { x += linear(merge(a), dim) as out }
        per modality ffn { x += linear(silu(linear(rms_norm(x) as norm, 2 * dim) as up), dim) as down }
        return x
      }
      x = embed(tokens, dim) as embedding
      repeat 2 { x = block(x) }
      one = split(linear(x, 3) as one, 1)
      x += linear(merge(attention(one, one, one, mask: causal)) + merge(attention(one, -one, one, mask: causal)), dim) as two
      logits = linear(x, vocab) as head
      others = linear(x, vocab) as other_head
      objective text = cross_entropy(logits, next_token)
      objective image, speech = cross_entropy(others, next_token)
    }
    variant v = m ${sharing}
    train m { data icons context 8, batch 1, steps 10, seed 1 adamw(lr: 1e-2) }`,
    "v",
  );

describe("kept keys and values", () => {
  const cases: readonly (readonly [string, string, DecodeSizes, (sequence: number, at: number) => number])[] =
    [
      ["a token at a time", "", { batch: 3, context: 13, span: 1 }, () => 1],
      ["pieces of any length", "", { batch: 4, context: 17, span: 5 }, (s, at) => 1 + ((s + at) % 7)],
      [
        "sequences that wait for one another",
        "",
        { batch: 5, context: 12, span: 4, threads: 2 },
        (s, at) => (s === 0 ? 3 : at === 0 ? 2 : 1),
      ],
      ["whole prompts, everything shared", "{ share all }", { batch: 3, context: 20, span: 20 }, () => 20],
      [
        "experts that a token chooses, untied and shared",
        "{ experts ffn: 3 top 2 }",
        { batch: 4, context: 11, span: 3, threads: 2 },
        (s, at) => 1 + ((s + at) % 4),
      ],
      [
        "an engine without fused multiply-adds",
        "",
        { batch: 2, context: 9, span: 2, engine: plainEngine },
        () => 2,
      ],
    ];

  it.each(cases)("give the logits of whole sequences: %s", async (_, sharing, sizes, pieceOf) => {
    const model = mixed(sharing);
    const parameters = livelyParameters(model, 3);
    const sequences = randomSequences(model, sizes, 5);
    const whole = interpretLogits(model, parameters, sequences, sizes.context);
    const session = await openDecoding(model, parameters, sizes);
    for (const name of ["logits", "logits.1"]) {
      const found = await decodePieces(session, sequences, pieceOf, name);
      expect(found.length).toBeGreaterThan(0);
      const distance = logitDistance(found, (sequence, position) => whole(name, sequence, position));
      expect(distance, name).toBeLessThan(tolerance);
    }
    await session.close();
  });

  it("are the same bits for any number of threads, neighbours and tokens a run", async () => {
    const model = mixed("");
    const parameters = livelyParameters(model, 3);
    const sequences = randomSequences(model, { batch: 4, context: 15 }, 6);
    const [first = []] = sequences;
    const bitsOf = async (
      sizes: DecodeSizes,
      own: readonly (readonly number[])[],
      piece: number,
    ): Promise<Float32Array> => {
      const session = await openDecoding(model, parameters, sizes);
      const found = await decodePieces(session, own, () => piece);
      await session.close();
      return found.filter(({ sequence }) => sequence === 0).at(-1)?.logits ?? new Float32Array();
    };
    const alone = await bitsOf({ batch: 1, context: 15, span: 1 }, [first], 1);
    expect(alone.length).toBe(model.vocab);
    expect(await bitsOf({ batch: 4, context: 15, span: 1, threads: 2 }, sequences, 1)).toEqual(alone);
    expect(await bitsOf({ batch: 4, context: 15, span: 4 }, sequences, 4)).toEqual(alone);
    expect(await bitsOf({ batch: 4, context: 15, span: 15, threads: 3 }, sequences, 15)).toEqual(alone);
  });

  it("begin anew after `clear`, whatever stood there", async () => {
    const model = mixed("");
    const session = await openDecoding(model, livelyParameters(model, 3), { batch: 2, context: 6, span: 2 });
    const decoder = openDecoder(session);
    const [before] = await decoder.append([[1, 2, 8], [3]]);
    await decoder.append([[9], [4, 5, 6]]);
    decoder.clear();
    expect(decoder.lengths).toEqual([0, 0]);
    const [after] = await decoder.append([[1, 2, 8], []]);
    expect(after).toEqual(before);
    await session.close();
  });

  it("say when they are full, before anything is written", async () => {
    const model = mixed("");
    const session = await openDecoding(model, livelyParameters(model, 3), { batch: 2, context: 4, span: 2 });
    const decoder = openDecoder(session);
    await decoder.append([[1, 2, 3], [1]]);
    const full = decoder.append([[4, 5], [2]]);
    await expect(full).rejects.toThrow(ContextFullError);
    await expect(full).rejects.toThrow(
      "sequence 0 has 3 tokens and cannot have 2 more: keys and values of 4 are kept",
    );
    expect(decoder.lengths).toEqual([3, 1]);
    await decoder.append([[4], [2]]);
    expect(decoder.lengths).toEqual([4, 2]);
    await session.close();
  });

  it("are no part of an artifact for anything else, and a grid has none", () => {
    const model = mixed("");
    const artifact = compile(model, { purpose: "infer", engine: fastEngine, batch: 1, context: 4 });
    expect(artifact.kernels.some(({ kind }) => kind === "attention_cached")).toBe(false);
    expect(artifact.span).toBeUndefined();
    const grid = { purpose: "decode", engine: usualGpu, batch: 1, context: 4 } as const;
    expect(() => compile(model, grid)).toThrow("decoding runs on the processor");
  });
});

describe("the graph that keeps keys and values", () => {
  const graphOf = (model: Model, places: number) =>
    withCache(lower(model, { loss: false, logits: true }), places);

  it("is a graph: verified, printed and read back", () => {
    const graph = graphOf(mixed(""), 6);
    verifyGraph(graph, "cached");
    const text = printGraph(graph);
    expect(text).toContain("cache &block.0.a.keys : f32[6,12]");
    expect(text).not.toContain(" attention ");
    expect(printGraph(parseGraph(text))).toBe(text);
    // Two attentions of one statement keep theirs apart.
    const names = graph.nodes.flatMap((node) => (node.op === "cache" ? [node.attributes.name] : []));
    expect(new Set(names).size).toBe(8);
  });

  it("gives the same numbers a row at a time", () => {
    const model = mixed("");
    const parameters = livelyParameters(model, 4);
    const params = new Map([...parameters].map(([path, { values }]) => [path, values]));
    const [sequence = []] = randomSequences(model, { batch: 1, context: 6 }, 7);
    const whole = interpretLogits(model, parameters, [sequence], 6);
    const graph = graphOf(model, 6);
    let caches = new Map<string, ArrayLike<number>>();
    for (const [t, id] of sequence.entries()) {
      const m = model.modalities.findIndex(
        ({ form }) => form.kind === "tokens" && id >= form.vocabStart && id < form.vocabStart + form.vocab,
      );
      const offsets = [0, 1, 2, 3].map((edge) => (edge > m ? 1 : 0));
      const columns = { tokens: id, position: t, sequence: t, first: 0, last: t + 1 };
      const inputs = new Map(Object.entries(columns).map(([name, value]) => [name, [value]]));
      const results = interpret(graph, { offsets, inputs, params, caches });
      expect(relativeDistance(results.get("logits") ?? [], whole("logits", 0, t))).toBeLessThan(1e-12);
      caches = new Map(
        [...results].flatMap(([name, value]) =>
          name.startsWith("cache/") ? [[name.slice(6), value] as const] : [],
        ),
      );
    }
  });
});
