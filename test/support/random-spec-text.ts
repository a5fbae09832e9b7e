// random-spec-text.ts: a recipe → the text of a spec with one variant called `v`.
// In: a recipe of random-spec.ts. Out: text the checker accepts, and what it exercises, in words.
// Parameters are named w1, w2, … so that no two clash; labels say what a block is, so one label may stand in several
// layers and is one sharing decision. What cannot be (sharing tensors of two shapes) is replaced by the nearest thing.

import type { Recipe } from "./random-spec.ts";
import { innerLayer, layerText } from "./random-spec-layers.ts";
import {
  continuous,
  dropped,
  indent,
  noteLabel,
  routed,
  startWriter,
  type Writer,
} from "./random-spec-writer.ts";

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

function perModality({ modalities }: Writer, values: readonly number[]): string {
  return `{ ${modalities.map((name, m) => `${name}: ${values[m]}`).join(", ")} }`;
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
