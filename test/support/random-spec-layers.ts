// random-spec-layers.ts: the layers of a random spec, block by block.
// In: the writer of a spec, the number of a layer. Out: lines; names, labels and rules go to the writer.

import { expertsText } from "./random-experts.ts";
import type { Attention, Block, Formula } from "./random-spec.ts";
import { continuous, dropped, indent, noteLabel, routed, type Writer } from "./random-spec-writer.ts";

/** A layer that other layers may call. */
export const innerLayer = [
  "layer inner(x, y) {",
  "  h = rms_norm(y) as norm",
  "  return x + linear(gelu(linear(h, 5) as up), dim) as down",
  "}",
];

/** The declaration of one layer. */
export function layerText(writer: Writer, index: number): readonly string[] {
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

/** Now and then what a row sees goes on to the end of its span. */
function mask(writer: Writer): string {
  const seen = continuous(writer).filter((_, i) => writer.recipe.choice % 4 !== i);
  if (seen.length > 0) writer.features.add("a mask within spans");
  return ["causal", ...seen.map((name) => `within(${name})`)].join(" + ");
}
