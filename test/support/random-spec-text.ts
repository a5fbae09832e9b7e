// random-spec-text.ts: a recipe → the text of a spec with one variant called `v`.
// In: a recipe of random-spec.ts. Out: text the checker accepts, and what it exercises, in words.
// Parameters are named w1, w2, … so that no two clash; labels say what a block is, so one label may stand in several
// layers and is one sharing decision. What cannot be (sharing tensors of two shapes) is replaced by the nearest thing.

import { expertsText } from "./random-experts.ts";
import {
  type Attention,
  type Block,
  type Formula,
  modalityNames,
  type Recipe,
  type Routing,
} from "./random-spec.ts";

type Writer = {
  readonly recipe: Recipe;
  readonly modalities: readonly string[];
  readonly features: Set<string>;
  /** A parameter name not used before. */
  readonly fresh: () => string;
  /** Label → whether each of its tensors has one shape for all modalities, so that they may be shared. */
  readonly labels: Map<string, boolean>;
  /** Untied parameters that exist in every variant: they may be shared by path. */
  readonly paths: string[];
  /** `experts` rules of the variant. */
  readonly rules: string[];
};

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

export function writeSpec(recipe: Recipe): { readonly text: string; readonly features: ReadonlySet<string> } {
  const writer = startWriter(recipe);
  const { modalities, features } = writer;
  const layers = recipe.layers.flatMap((_, index) => layerText(writer, index));
  const body = [
    `const dim = ${recipe.dim}, none = 0, depth = 2`,
    `const scales = ${perModality(writer, recipe.scales)}`,
    `const widths = ${perModality(writer, recipe.widths)}`,
    ...modalities.map((name, m) => {
      const { size, channels } = recipe.patches[m] ?? {};
      return size === undefined
        ? `modality ${name} = tokens(vocab: ${recipe.vocabs[m]})`
        : `modality ${name} = patches(size: ${size}, channels: ${channels})`;
    }),
    ...(layers.some((line) => line.includes("inner(")) ? innerLayer : []),
    ...layers,
    ...embedding(writer),
    ...recipe.layers.flatMap((layer, index) => call(writer, layer.calls, `layer${index}`)),
    ...finalNorm(writer),
    ...objectives(writer),
  ];
  const clip = recipe.clip ? ", weight_decay: 0.1, clip: 0.5" : "";
  const { freeze, lr } = learning(writer);
  const text = [
    "model random {",
    ...indent(body),
    "}",
    `variant v = random { ${[sharing(writer), ...writer.rules].join(" ")} }`,
    `train random { data icons context 8, batch 1, steps 10, seed 1 ${freeze}adamw(lr: ${lr}${clip}) }`,
    "",
  ].join("\n");
  features.add(`${modalities.length} modalities`);
  return { text, features };
}

/** Frozen is what the head does not need, so that every objective can learn. */
function learning(writer: Writer): { readonly freeze: string; readonly lr: string } {
  const { recipe, features, modalities, paths } = writer;
  const alike = { freeze: "", lr: "1e-2" };
  if (recipe.learning === "rates" && modalities.length > 1) {
    features.add("rates by modality");
    const rates = modalities.map((name, m) => `${name}: ${[1e-2, 3e-3, 1e-2, 2e-2][m]}`);
    return { ...alike, lr: `{ ${rates.join(", ")} }` };
  }
  if (recipe.learning !== "freeze") return alike;
  const frozen = [...(isTied(recipe) || !hasTable(recipe) ? [] : ["embedding"]), ...paths.slice(0, 1)];
  if (frozen.length === 0) return alike;
  features.add("freeze");
  return { ...alike, freeze: `freeze ${frozen.join(", ")} ` };
}

const hasTable = ({ embedding: form, patches }: Recipe): boolean =>
  (form === "global" || form === "two") && patches.every((each) => each === undefined);
const isTied = (recipe: Recipe): boolean => recipe.tied && hasTable(recipe);

/** Dropout around what is written, if the recipe has any. */
function dropped({ recipe, features }: Writer, text: string): string {
  if (recipe.dropout === 0) return text;
  features.add("dropout");
  return `dropout(${text}, ${recipe.dropout})`;
}

const innerLayer = [
  "layer inner(x, y) {",
  "  h = rms_norm(y) as norm",
  "  return x + linear(gelu(linear(h, 5) as up), dim) as down",
  "}",
];

function startWriter(recipe: Recipe): Writer {
  let parameters = 0;
  return {
    recipe,
    modalities: modalityNames.slice(0, recipe.vocabs.length),
    features: new Set(),
    fresh: () => {
      parameters += 1;
      return `w${parameters}`;
    },
    labels: new Map(),
    paths: [],
    rules: [],
  };
}

function perModality({ modalities }: Writer, values: readonly number[]): string {
  return `{ ${modalities.map((name, m) => `${name}: ${values[m]}`).join(", ")} }`;
}

/** A block of statements under a routing; `isAlike`: every tensor in it has one shape for all modalities. */
function routed(writer: Writer, routing: Routing, label: string, isAlike: boolean, body: readonly string[]) {
  writer.features.add(routing);
  if (routing === "global") return body;
  if (routing === "without a label") {
    if (!isAlike) writer.labels.set("", false);
    return ["per modality {", ...indent(body), "}"];
  }
  noteLabel(writer, label, isAlike);
  return [`per modality ${label} {`, ...indent(body), "}"];
}

function noteLabel(writer: Writer, label: string, isAlike: boolean): void {
  writer.labels.set(label, isAlike && (writer.labels.get(label) ?? true));
}

// ---- the frame ---------------------------------------------------------------------------------------------------

function embedding(writer: Writer): readonly string[] {
  const { recipe, features, modalities } = writer;
  if (continuous(writer).length > 0) return mixedEmbedding(writer);
  features.add(`embedding: ${recipe.embedding}`);
  switch (recipe.embedding) {
    case "global":
      return [`x = ${dropped(writer, "embed(tokens, dim) as embedding")}`];
    case "two":
      return ["x = embed(tokens, dim) as embedding + embed(tokens, dim) as second * 0.5"];
    case "per modality":
      return routed(writer, "per modality", "enter", true, ["x = embed(tokens, dim) as embedding"]);
    case "arms":
      noteLabel(writer, "enter", true);
      return [
        "per modality enter {",
        ...modalities.map((name, m) =>
          m % 2 === 0
            ? `  ${name} { x = embed(tokens, dim) as ${writer.fresh()} }`
            : `  ${name} { x = linear(embed(tokens, 3) as ${writer.fresh()}, dim) as ${writer.fresh()} }`,
        ),
        "}",
      ];
    default:
      return recipe.embedding satisfies never;
  }
}

function call(
  { features }: Writer,
  form: Recipe["layers"][number]["calls"],
  layer: string,
): readonly string[] {
  features.add(`call: ${form}`);
  switch (form) {
    case "once":
      return [`x = ${layer}(x)`];
    case "twice":
      return [`x = ${layer}(x) as first_${layer}`, `x = ${layer}(x) as second_${layer}`];
    case "repeat":
      return [`repeat depth { x = ${layer}(x) }`];
    case "nested repeat":
      return [`repeat 2 { repeat depth / 2 { x = ${layer}(x) } }`];
    case "repeat 0":
      return [`repeat none { x = ${layer}(x) }`];
    default:
      return form satisfies never;
  }
}

/** Names of the modalities that are patches. */
function continuous({ recipe, modalities }: Writer): readonly string[] {
  return modalities.filter((_, m) => recipe.patches[m] !== undefined);
}

/** Tokens are looked up, patches projected; `noise` counts as an input as well. */
function mixedEmbedding(writer: Writer): readonly string[] {
  const { recipe, features, modalities, fresh } = writer;
  noteLabel(writer, "enter", true);
  features.add("patches");
  if (continuous(writer).length > 1) features.add("two modalities of patches");
  const armOf = (name: string, m: number): string => {
    const patches = recipe.patches[m];
    if (patches === undefined) return `${name} { x = embed(tokens, dim) as ${fresh()} }`;
    const time =
      patches.time === 0 ? "" : ` + linear(sinusoid(timestep, ${2 * patches.time}), dim) as ${fresh()}`;
    const noise = patches.target === "noise" ? "" : ` + linear(noise, dim) as ${fresh()}`;
    return `${name} { x = linear(noisy, dim) as ${fresh()}${time}${noise} }`;
  };
  return ["per modality enter {", ...indent(modalities.map(armOf)), "}"];
}

/** A prediction per arm, as wide as the patch or as what it is compared with. */
function meanSquares(writer: Writer, patches: readonly string[]): readonly string[] {
  const { recipe, features, modalities, fresh } = writer;
  const arms = patches.map((name) => {
    const { size = 1, channels = 1, target } = recipe.patches[modalities.indexOf(name)] ?? {};
    if (target === "values") features.add("a mean square of two values");
    const wanted = target === "values" ? `wanted = tanh(linear(x, 5) as ${fresh()})` : "wanted = noise";
    const width = target === "values" ? 5 : size * size * channels;
    return `${name} { guess = linear(x, ${width}) as ${fresh()} ${wanted} }`;
  });
  noteLabel(writer, "guesses", true);
  const listed = recipe.choice % 3 === 0 ? [patches] : patches.map((name) => [name]);
  return [
    "per modality guesses {",
    ...indent(arms),
    "}",
    ...listed.map((names) => `objective ${names.join(", ")} = ${recipe.weight} * mean_square(guess, wanted)`),
  ];
}

function finalNorm(writer: Writer): readonly string[] {
  const { finalNorm: routing } = writer.recipe;
  if (routing === "none") return [];
  if (routing === "per modality") writer.paths.push("final.*", "final.norm");
  return routed(writer, routing, "final", true, ["x = rms_norm(x) as norm"]);
}

function objectives(writer: Writer): readonly string[] {
  const { recipe, features } = writer;
  const patches = continuous(writer);
  const modalities = writer.modalities.filter((name) => !patches.includes(name));
  const others = patches.length === 0 ? [] : meanSquares(writer, patches);
  // Logits of the rows of one arm alone: a row of another modality then has no loss, and no target.
  if (patches.length > 0 && recipe.choice % 2 === 0) {
    features.add("logits in one arm");
    const [name = ""] = modalities;
    return [
      `per modality { ${name} { logits = linear(x, vocab) as ${writer.fresh()} } }`,
      `objective ${modalities.join(", ")} = cross_entropy(logits, next_token)`,
      ...others,
    ];
  }
  return [...tokenObjectives(writer, modalities), ...others];
}

function tokenObjectives({ recipe, features }: Writer, modalities: readonly string[]): readonly string[] {
  if (isTied(recipe)) features.add("tied embeddings");
  const logits = isTied(recipe) ? "unembed(x, embedding)" : "linear(x, vocab) as head";
  const form = modalities.length === 1 && /two|some/.test(recipe.objectives) ? "one" : recipe.objectives;
  features.add(`objectives: ${form}`);
  const weight = recipe.weight === 1 ? "" : `${recipe.weight} * `;
  const loss = (names: readonly string[], logits: string, isSecond = false): string => {
    const hasZ = recipe.zLoss[isSecond ? 1 : 0];
    if (hasZ) features.add("z_loss");
    return `objective ${names.join(", ")} = ${isSecond ? "" : weight}cross_entropy(${logits}, next_token${hasZ ? ", z_loss: 1e-3" : ""})`;
  };
  const head = `logits = ${logits}`;
  const [first, rest] = [modalities.slice(0, 1), modalities.slice(1)];
  switch (form) {
    case "one":
      return [head, loss(modalities, "logits")];
    case "some modalities":
      return [head, loss(first, "logits")];
    case "two on one logits":
      return [head, loss(rest, "logits"), loss(first, "logits", true)];
    case "two logits":
      return [
        head,
        "others = linear(x, vocab) as other_head",
        loss(first, "logits"),
        loss(rest, "others", true),
      ];
    case "capped logits":
      return [`logits = 4 * tanh(${logits} / 4)`, loss(modalities, "logits")];
    default:
      return form satisfies never;
  }
}

function sharing(writer: Writer): string {
  const { recipe, modalities, features, labels, paths } = writer;
  const alike = [...labels].flatMap(([label, isAlike]) => (isAlike ? [label] : []));
  const pick = <T>(list: readonly T[]): T | undefined => list[recipe.choice % Math.max(1, list.length)];
  const [label, path] = [pick(alike), pick(paths)];
  const rule = ((): string => {
    switch (recipe.sharing) {
      case "all":
        return alike.length < labels.size || labels.size === 0 ? "" : "share all";
      case "label":
        return label === undefined ? "" : `share ${label}`;
      case "path":
        return path === undefined ? "" : `share ${path}`;
      case "between": {
        const among =
          modalities.length < 3 ? modalities : modalities.filter((_, m) => m !== recipe.choice % 3);
        return label === undefined || among.length < 2 ? "" : `share ${label} between ${among.join(", ")}`;
      }
      case "override":
        return "none = 1 widths = 6";
      case "nothing":
        return "";
      default:
        return recipe.sharing satisfies never;
    }
  })();
  features.add(`share: ${rule === "" ? "nothing" : recipe.sharing}`);
  return rule;
}

/** Now and then what a row sees goes on to the end of its span. */
function mask(writer: Writer): string {
  const seen = continuous(writer).filter((_, i) => writer.recipe.choice % 4 !== i);
  if (seen.length > 0) writer.features.add("a mask within spans");
  return ["causal", ...seen.map((name) => `within(${name})`)].join(" + ");
}

// ---- layers ------------------------------------------------------------------------------------------------------

function layerText(writer: Writer, index: number): readonly string[] {
  const { blocks, calls } = writer.recipe.layers[index] ?? { blocks: [], calls: "once" };
  const known = { paths: writer.paths.length, rules: writer.rules.length };
  const body = blocks.flatMap((block) => blockText(writer, block));
  // What is run nowhere has no parameters to name.
  if (calls === "repeat 0") {
    writer.paths.splice(known.paths);
    writer.rules.splice(known.rules);
  }
  return [`layer layer${index}(x) {`, ...indent([...body, "return x"]), "}"];
}

function blockText(writer: Writer, block: Block): readonly string[] {
  const { fresh, features, modalities } = writer;
  switch (block.kind) {
    case "attention":
      return attention(writer, block);
    case "mix":
      return mix(writer, block);
    case "arms":
      return arms(writer, block);
    case "read by one": {
      features.add("a value that one arm reads");
      noteLabel(writer, "one", true);
      const name = modalities[block.modality % modalities.length];
      return [
        `h = linear(x, ${block.width}) as ${fresh()}`,
        `per modality one { ${name} { x += linear(h, dim) as ${fresh()} } }`,
      ];
    }
    case "unread":
      features.add("parameters without a gradient");
      noteLabel(writer, "unread", true);
      return [
        `u = linear(x, ${block.width}) as ${fresh()}`,
        `per modality unread { u = rms_norm(linear(u, 3) as ${fresh()}) as ${fresh()} }`,
      ];
    case "inner": {
      features.add(block.routing === "global" ? "a layer inside a layer" : "a layer inside per modality");
      const calls = Array.from({ length: block.calls }, () => `x = inner(x, 0.5 * x) as ${fresh()}`);
      return routed(writer, block.routing, "inner", true, calls);
    }
    case "kept": {
      features.add("a value handed on by arms and read elsewhere");
      const name = modalities[block.modality % modalities.length];
      return ["y = tanh(x)", `per modality { ${name} { x = y } }`, "x = x + 0.5 * y"];
    }
    case "experts": {
      const isPooled = /all|label|between/.test(writer.recipe.sharing);
      const write = (from: Formula, input: string, size: string, isRouted: boolean): string =>
        formula(writer, from, input, size, isRouted);
      return expertsText({ ...writer, dim: writer.recipe.dim, isPooled, formula: write }, block);
    }
    default:
      return block satisfies never;
  }
}

function attention(writer: Writer, block: Attention): readonly string[] {
  const { fresh, features, modalities } = writer;
  const { heads, keyHeads, headWidth } = block;
  if (keyHeads < heads) features.add("grouped-query heads");
  if (headWidth % 4 !== 0) features.add("heads no vector fits");
  const projected = (input: string, count: number): string => {
    const split = `split(linear(${input}, ${headWidth * count}) as ${fresh()}, ${count})`;
    if (!block.normedHeads || headWidth === 1) return split;
    features.add("norm over heads");
    return `rms_norm(${split}) as ${fresh()}`;
  };
  const turned = (text: string): string => {
    if (!block.rotated || headWidth % 2 !== 0) return text;
    features.add("rope");
    return `rope(${text})`;
  };
  const body = (input: string): readonly string[] => [
    `q = ${turned(projected(input, heads))}`,
    `k = ${turned(projected(input, keyHeads))}`,
    `v = split(linear(${input}, ${headWidth * keyHeads}) as ${fresh()}, ${keyHeads})`,
  ];
  const opening = (): readonly string[] => {
    if (block.opening !== "arms")
      return routed(writer, block.opening, "attn", true, [`h = rms_norm(x) as ${fresh()}`, ...body("h")]);
    features.add("queries and keys from arms");
    noteLabel(writer, "attn", true);
    return [
      "per modality attn {",
      ...indent(
        modalities.flatMap((name, m) => [`${name} {`, ...indent(body(m === 0 ? "tanh(x)" : "x")), "}"]),
      ),
      "}",
    ];
  };
  const first = opening();
  const out = `linear(merge(a), dim) as ${fresh()}`;
  // A norm takes back what a narrow value before it says: nothing but rounding would be left of its gradient.
  const hasOutputNorm = block.outputNorm && heads * headWidth > 3;
  if (hasOutputNorm) features.add("output norm");
  const update = hasOutputNorm ? `x += rms_norm(${out}) as ${fresh()}` : `x += ${out}`;
  return [
    ...first,
    `a = attention(q, k, v, mask: ${mask(writer)})`,
    ...routed(writer, block.closing, "attn", true, [update]),
  ];
}

function mix(writer: Writer, block: Extract<Block, { kind: "mix" }>): readonly string[] {
  const { fresh, features, modalities } = writer;
  const isRouted = block.routing !== "global";
  const isUneven = block.width === 0 && isRouted;
  if (isUneven && modalities.length > 1) features.add("uneven widths");
  const size = isUneven ? "widths" : String(Math.max(1, block.width));
  const input = block.norm === "before" ? [`h = rms_norm(x) as ${fresh()}`] : ["h = x"];
  const y = formula(writer, block.formula, "h", size, isRouted);
  const out = fresh();
  if (block.routing === "per modality") writer.paths.push(`*.${out}`, "*.mix.*");
  const update =
    block.norm === "after" && block.width > 3
      ? `x += rms_norm(linear(y, dim) as ${out}) as ${fresh()}`
      : `x += ${dropped(writer, `linear(y, dim) as ${out}`)}`;
  if (isUneven) writer.paths.splice(0);
  return routed(writer, block.routing, "mix", !isUneven, [...input, `y = ${y}`, update]);
}

function arms(writer: Writer, block: Extract<Block, { kind: "arms" }>): readonly string[] {
  const { fresh, features, modalities } = writer;
  features.add("arms");
  const label = block.alike ? "twins" : "arms";
  noteLabel(writer, label, true);
  const [first] = block.arms;
  const names = { norm: fresh(), up: fresh(), down: fresh() };
  const armText = (name: string, m: number): readonly string[] => {
    const arm = block.arms[m] ?? first;
    const size = String((block.alike ? first : arm)?.width ?? 1);
    if (block.alike) {
      const y = `${["silu", "tanh", "gelu", "relu"][m]}(linear(h, ${size}) as ${names.up})`;
      return [
        `${name} {`,
        `  h = rms_norm(x) as ${names.norm}`,
        `  x += linear(${y}, dim) as ${names.down}`,
        "}",
      ];
    }
    const y = formula(writer, arm?.formula ?? {}, "h", size, true);
    const input = arm?.normed ? `rms_norm(x) as ${fresh()}` : "x";
    return [`${name} {`, `  h = ${input}`, `  y = ${y}`, `  x += linear(y, dim) as ${fresh()}`, "}"];
  };
  const all = modalities.map(armText);
  const written = modalities.length > 1 ? all.filter((_, m) => m !== block.without) : all;
  if (written.length < all.length) features.add("a modality without an arm");
  return [`per modality ${label} {`, ...indent(written.flat()), "}"];
}

/** A formula over rows of `input`, `size` wide. */
function formula(
  writer: Writer,
  { form, a, b }: Formula,
  input: string,
  size: string,
  isRouted: boolean,
): string {
  if (form === undefined) return `linear(${input}, ${size}) as ${writer.fresh()}`;
  if (/scales/.test(form) && isRouted) writer.features.add("per-modality constant");
  const inner = (part: Formula | undefined): string => formula(writer, part ?? {}, input, size, isRouted);
  return (isRouted ? form : form.replace("scales", "2")).replace(/\b[AB]\b/g, (hole) =>
    inner(hole === "A" ? a : b),
  );
}
