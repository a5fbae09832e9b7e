// routed.ts: a small model whose feed-forwards have experts, in every way that the language can say, and who chooses whom.
// In: a variant, parameters, a batch. Out: the choices of a step by the interpreter, those of a device, and how far the
// interpreter's are from any other.

import { differentiate } from "../../src/autodiff/differentiate.ts";
import type { Model } from "../../src/check/model.ts";
import { interpretValues } from "../../src/ir/interpret.ts";
import { nameValues } from "../../src/ir/print.ts";
import { expertCapacity, membersOf, poolCount, type Space } from "../../src/ir/spaces.ts";
import { lower } from "../../src/lower/lower.ts";
import { simplify } from "../../src/passes/pipeline.ts";
import type { Batch } from "../../src/runtime/batch.ts";
import { layoutBatch } from "../../src/runtime/layout.ts";
import type { Session } from "../../src/runtime/session.ts";
import { layoutOptions, type Parameters } from "./interpreted.ts";
import type { ReferenceInput } from "./reference.ts";

export const routedText = `
  model routed {
    const dim = 12, heads = 2, layers = 2
    modality text   = tokens(vocab: 19)
    modality image  = tokens(vocab: 7)
    modality speech = tokens(vocab: 5)
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
        h    = rms_norm(x) as norm
        gate = linear(h, 20)
        up   = linear(h, 20)
        x   += linear(silu(gate) * up, dim) as down
      }
      return x
    }
    x = embed(tokens, dim) as embedding
    repeat layers { x = block(x) }
    per modality final { x = rms_norm(x) as norm }
    logits = linear(x, vocab) as head
    objective text, image, speech = cross_entropy(logits, next_token)
  }
  variant dense   = routed { share all }
  variant moe     = routed { share all experts ffn: 4 }
  variant pools   = routed { experts ffn: 3 by expert_choice }
  variant first   = routed { share all experts ffn: 4 top 1 balance 0.1 }
  variant second  = routed { experts ffn: 4 top 2 balance 0.5 }
  variant tied    = routed { share ffn between image, speech experts ffn: 2 top 1 }
  variant hybrid  = routed { experts ffn: 4 for text }
  variant counted = routed { experts ffn: 5 for image top 3 balance 0.2 }
  variant alone   = routed { share all experts ffn: 1 top 1 balance 0 }
  train routed { data icons context 8, batch 1, steps 20, seed 1 adamw(lr: 1e-2, clip: 1.0) }`;

type Rules = NonNullable<ReferenceInput["experts"]>;

export const routedVariants: Readonly<Record<string, Rules>> = {
  moe: { count: 4, balance: 0 },
  pools: { count: 3, balance: 0 },
  first: { count: 4, top: 1, balance: 0.1 },
  second: { count: 4, top: 2, balance: 0.5 },
  tied: { count: 2, top: 1, balance: 0.01 },
  hybrid: { count: 4, balance: 0 },
  counted: { count: 5, top: 3, balance: 0.2 },
  alone: { count: 1, top: 1, balance: 0 },
};

export type Choices = {
  /** Token rows by group, block after block, under the names of their buffers. */
  readonly rows: ReadonlyMap<string, readonly number[]>;
  /** The least by which a weight that was chosen exceeds one that was not, unless they are equal. */
  readonly margin: number;
  /** Whether some are equal: of tokens that are alike in all they see. */
  readonly hasTies: boolean;
};

/** What the interpreter chooses; `key` is that of the step's dropout. */
export function choicesOf(
  model: Model,
  parameters: Parameters,
  batch: Batch,
  key: ArrayLike<number> = [],
): Choices {
  const graph = simplify(differentiate(lower(model, { dropout: true })));
  const names = nameValues(graph);
  const { offsets, inputs } = layoutBatch(batch, layoutOptions(model));
  const values = interpretValues(graph, {
    offsets: [...offsets],
    inputs: new Map<string, ArrayLike<number>>([...inputs, ["dropout", key]]),
    params: new Map([...parameters].map(([path, { values: numbers }]) => [path, numbers])),
  });
  const rows = new Map<string, readonly number[]>();
  const gaps: number[] = [];
  for (const { op, attributes, inputs: read, results, origin } of graph.nodes) {
    if (op !== "route") continue;
    const space = graph.spaces[attributes.space];
    const [source = -1] = results;
    if (space === undefined) continue;
    rows.set(`${origin.scope}.${origin.name} ${names[source]}`, [...(values[source] ?? [])]);
    gaps.push(...gapsOf(space, values[read[0] ?? -1] ?? [], offsets));
  }
  const clear = gaps.filter((gap) => gap > 0);
  return { rows, margin: Math.min(Number.POSITIVE_INFINITY, ...clear), hasTies: clear.length < gaps.length };
}

/** By how much the last weight that is chosen exceeds the first that is not. Weights lie row after row, E of them, in the modalities that are routed. */
function gapsOf(space: Space, weights: ArrayLike<number>, offsets: ArrayLike<number>): readonly number[] {
  const { experts, top, pools } = space;
  let at = 0;
  const byModality = pools.map((pool, m) => {
    const tokens = pool === undefined ? 0 : (offsets[m + 1] ?? 0) - (offsets[m] ?? 0);
    return Array.from({ length: tokens }, () => {
      at += experts;
      return Array.from({ length: experts }, (_, e) => weights[at - experts + e] ?? Number.NaN);
    });
  });
  const gap = (numbers: readonly number[], chosen: number): number => {
    const sorted = numbers.toSorted((a, b) => b - a);
    const isWhole = chosen === 0 || chosen >= sorted.length;
    return isWhole ? Number.POSITIVE_INFINITY : (sorted[chosen - 1] ?? 0) - (sorted[chosen] ?? 0);
  };
  return Array.from({ length: poolCount(space) }, (_, pool) => {
    const tokens = membersOf(space, pool).flatMap((m) => byModality[m] ?? []);
    if (top !== undefined) return tokens.map((token) => gap(token, top));
    const taken = expertCapacity(space, tokens.length);
    return Array.from({ length: experts }, (_, e) =>
      gap(
        tokens.map((token) => token[e] ?? 0),
        taken,
      ),
    );
  }).flat();
}

/** What the last step of a session chose, for buffers of these names. */
export async function chosenBy(
  { artifact, device }: Session,
  { rows }: Choices,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, readonly number[]>();
  for (const [name, wanted] of rows) {
    const buffer = artifact.buffers.find((other) => other.name === name);
    if (buffer === undefined) throw new Error(`no buffer ${name}`);
    found.set(name, [...(await device.readIntegers(buffer.byteOffset, wanted.length))]);
  }
  return found;
}
