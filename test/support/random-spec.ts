// random-spec.ts: random specs that the checker accepts, made of everything the language has for tokens.
// In: a seed. Out: the text of a spec with one variant, and what it exercises, so that a suite can demand coverage.
// Idea: a stream `x` of one width runs through random blocks; every block ends in `x += …`. Expressions keep values in a
// sane range (quotients are bounded below, exponents above), since the point is wrong code, not overflow.

import { randomNumbers } from "./batches.ts";

export type RandomSpec = {
  readonly text: string;
  readonly variant: string;
  readonly features: ReadonlySet<string>;
};

type Random = {
  readonly below: (n: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
};

type Writer = {
  readonly random: Random;
  readonly features: Set<string>;
  readonly modalities: readonly string[];
  readonly dim: number;
  /** Labels whose tensors have one shape for all modalities, so that they may be shared. */
  readonly alike: string[];
  /** Labels whose tensors differ in shape, or whose arms differ. */
  readonly unlike: string[];
  /** A parameter name not used before. */
  readonly fresh: () => string;
};

/** A spec with one variant called `v`. */
export function randomSpec(seed: number): RandomSpec {
  const writer = startWriter(seed);
  const { random, features, modalities } = writer;
  const layers = Array.from({ length: 1 + random.below(2) }, (_, i) => randomLayer(writer, `layer${i}`));
  const calls = layers.map((_, i) => randomCall(writer, `layer${i}`));
  const scaled = random.chance(0.3);
  if (scaled) features.add("per-modality constant");
  const lines = [
    "model random {",
    `  const dim = ${writer.dim}`,
    `  const scales = { ${modalities.map((m) => `${m}: ${1 + random.below(3)}`).join(", ")} }`,
    `  const widths = { ${modalities.map((m) => `${m}: ${1 + random.below(17)}`).join(", ")} }`,
    ...modalities.map((m) => `  modality ${m} = tokens(vocab: ${1 + random.below(40)})`),
    ...layers,
    "  x = embed(tokens, dim) as embedding",
    ...(scaled ? ["  per modality enter { x = x * scales }"] : []),
    ...calls,
    "  per modality final { x = rms_norm(x) as norm }",
    ...randomObjectives(writer),
    "}",
  ];
  writer.alike.push("final");
  lines.push(`variant v = random { ${randomSharing(writer)} }`);
  lines.push("train random { data icons context 8, batch 1, steps 10, seed 1", "  adamw(lr: 1e-2) }");
  if (modalities.length >= 3) features.add("three modalities");
  if (modalities.length === 1) features.add("one modality");
  return { text: `${lines.join("\n")}\n`, variant: "v", features };
}

function startWriter(seed: number): Writer {
  const numbers = randomNumbers(seed);
  const below = (n: number): number => Math.floor(numbers() * n);
  const random: Random = {
    below,
    chance: (probability) => numbers() < probability,
    pick: (list) => {
      const picked = list[below(list.length)];
      if (picked === undefined) throw new Error("nothing to pick from");
      return picked;
    },
  };
  let parameters = 0;
  const count = random.pick([1, 2, 2, 3, 3, 4]);
  return {
    random,
    features: new Set(),
    modalities: ["text", "image", "speech", "constructor"].slice(0, count),
    dim: random.pick([4, 6, 12, 20, 24, 36]),
    alike: [],
    unlike: [],
    fresh: () => {
      parameters += 1;
      return `w${parameters}`;
    },
  };
}

function randomCall({ random, features }: Writer, layer: string): string {
  const form = random.below(4);
  if (form === 0) return `  x = ${layer}(x) as first_${layer}\n  x = ${layer}(x) as second_${layer}`;
  if (form === 1) return `  repeat 2 { x = ${layer}(x) }`;
  if (form === 2) {
    features.add("nested repeat");
    return `  repeat 2 { repeat 1 { x = ${layer}(x) } }`;
  }
  return `  x = ${layer}(x)`;
}

function randomLayer(writer: Writer, name: string): string {
  const { random } = writer;
  const blocks = [random.chance(0.85) ? randomAttention(writer, `attn_${name}`) : ""];
  for (let i = 0; i < 1 + random.below(2); i += 1) {
    const label = `mix${i}_${name}`;
    blocks.push(random.pick([randomUntied, randomUntied, randomArms, randomGlobal])(writer, label));
  }
  return `  layer ${name}(x) {\n${blocks.join("")}    return x\n  }`;
}

function randomAttention(writer: Writer, label: string): string {
  const { random, features, dim, fresh } = writer;
  const heads = random.pick([1, 2, 4].filter((h) => dim % (2 * h) === 0));
  const kvHeads = random.pick([1, 2, 4].filter((h) => heads % h === 0));
  const headDim = dim / heads;
  if (kvHeads < heads) features.add("grouped-query heads");
  const projected = (count: number): string => {
    const split = `split(linear(h, ${headDim * count}) as ${fresh()}, ${count})`;
    if (!random.chance(0.3)) return split;
    features.add("norm over heads");
    return `rms_norm(${split}) as ${fresh()}`;
  };
  const turned = (text: string): string => (random.chance(0.8) ? `rope(${text})` : text);
  const body = `      h = rms_norm(x) as ${fresh()}
      q = ${turned(projected(heads))}
      k = ${turned(projected(kvHeads))}
      v = split(linear(h, ${headDim * kvHeads}) as ${fresh()}, ${kvHeads})\n`;
  const out = `linear(merge(a), dim) as ${fresh()}`;
  const update = random.chance(0.3) ? `x += rms_norm(${out}) as ${fresh()}` : `x += ${out}`;
  const opening = random.chance(0.85) ? `    per modality ${label} {\n${body}    }\n` : body;
  const closing = random.chance(0.7) ? `    per modality ${label} { ${update} }\n` : `    ${update}\n`;
  if (opening.includes(label) || closing.includes(label)) writer.alike.push(label);
  return `${opening}    a = attention(q, k, v, mask: causal)\n${closing}`;
}

function randomUntied(writer: Writer, label: string): string {
  const { random, features, fresh } = writer;
  const uneven = random.chance(0.3) && writer.modalities.length > 1;
  if (uneven) features.add("uneven widths");
  (uneven ? writer.unlike : writer.alike).push(label);
  const width = uneven ? "widths" : String(1 + random.below(21));
  const scale = random.chance(0.3) ? " * scales" : "";
  if (scale !== "") features.add("per-modality constant");
  return `    per modality ${label} {
      h = rms_norm(x) as ${fresh()}
      y = ${randomExpression(writer, "h", width, 3)}${scale}
      x += linear(y, dim) as ${fresh()}
    }\n`;
}

/** Arms of one code (which may be shared) or of different code; sometimes one modality has none. */
function randomArms(writer: Writer, label: string): string {
  const { random, features, fresh, modalities } = writer;
  features.add("arms");
  const absent = modalities.length > 1 && random.chance(0.4) ? random.below(modalities.length) : -1;
  if (absent >= 0) features.add("a modality without an arm");
  writer.unlike.push(label);
  const arm = (modality: string): string => {
    const width = String(1 + random.below(15));
    const input = random.chance(0.5) ? `rms_norm(x) as ${fresh()}` : "x";
    return `      ${modality} {
        h = ${input}
        y = ${randomExpression(writer, "h", width, 2)}
        x += linear(y, dim) as ${fresh()}
      }\n`;
  };
  return `    per modality ${label} {\n${modalities
    .filter((_, m) => m !== absent)
    .map(arm)
    .join("")}    }\n`;
}

function randomGlobal(writer: Writer, _label: string): string {
  const { features, fresh, random } = writer;
  features.add("global");
  return `    h = rms_norm(x) as ${fresh()}
    y = ${randomExpression(writer, "h", String(1 + random.below(21)), 3)}
    x += linear(y, dim) as ${fresh()}\n`;
}

/** An expression of the given width over rows of `input`. */
function randomExpression(writer: Writer, input: string, width: string, depth: number): string {
  const { random, fresh } = writer;
  const inner = (): string => randomExpression(writer, input, width, depth - 1);
  if (depth === 0 || random.chance(0.15)) return `linear(${input}, ${width}) as ${fresh()}`;
  const form = random.below(10);
  if (form < 4)
    return `${random.pick(["silu", "gelu", "relu", "tanh", "sigmoid", "silu", "square"])}(${inner()})`;
  if (form === 4) return `exp(tanh(${inner()}))`;
  if (form === 5) return `-(${inner()})`;
  if (form === 6) return `(${inner()}) ${random.pick(["+", "-", "*"])} (${inner()})`;
  if (form === 7) return `(${inner()}) / (1 + square(${inner()}))`;
  if (form === 8)
    return random.pick([
      `0.5 * (${inner()})`,
      `1 - (${inner()})`,
      `(${inner()}) - 0.25`,
      `0.3 + (${inner()})`,
    ]);
  return random.pick([`(${inner()}) / 3`, `2 / (1 + square(${inner()}))`]);
}

function randomObjectives({ random, features, modalities }: Writer): readonly string[] {
  const z = (): string => (random.chance(0.3) ? ", z_loss: 1e-3" : "");
  const head = "  logits = linear(x, vocab) as head";
  if (modalities.length === 1 || random.chance(0.5)) {
    return [head, `  objective ${modalities.join(", ")} = cross_entropy(logits, next_token${z()})`];
  }
  const [first, ...rest] = modalities;
  if (random.chance(0.5)) {
    features.add("two objectives on one logits");
    const shared = z();
    return [
      head,
      `  objective ${first} = cross_entropy(logits, next_token${shared})`,
      `  objective ${rest.join(", ")} = 0.5 * cross_entropy(logits, next_token${shared})`,
    ];
  }
  features.add("two logits");
  return [
    head,
    "  others = linear(x, vocab) as other_head",
    `  objective ${first} = 2 * cross_entropy(logits, next_token${z()})`,
    `  objective ${rest.join(", ")} = cross_entropy(others, next_token${z()})`,
  ];
}

function randomSharing({ random, features, modalities, alike, unlike }: Writer): string {
  const form = random.below(4);
  if (form === 0 && unlike.length === 0) {
    features.add("share all");
    return "share all";
  }
  if (form === 1) {
    features.add("share label");
    return `share ${random.pick(alike)}`;
  }
  if (form === 2 && modalities.length > 2) {
    features.add("share between");
    const left = random.below(modalities.length);
    return `share ${random.pick(alike)} between ${modalities.filter((_, m) => m !== left).join(", ")}`;
  }
  if (form === 3) {
    features.add("share path");
    return "share final.*";
  }
  features.add("share nothing");
  return "";
}
