// parse.ts: text → graph, the inverse of print.ts, for tests and for running one pass on a file.
// In: text as printGraph writes it; `#` comments and blank lines are free. Out: a graph made by the builder, so every
// type is inferred again and has to agree with the one that is written.
// The text has no source behind it, so spans point into a blank page on which every line and column exists.
// Such text is written by us: what does not fit stops with the line's number.

import { bug } from "../diagnostics/bug.ts";
import type { Source, Span } from "../diagnostics/source.ts";
import { type Builder, createBuilder } from "./builder.ts";
import type { Graph, Origin, ValueId } from "./graph.ts";
import { type OpAttributes, type OpName, ops } from "./ops.ts";
import { groupCount, type Space } from "./spaces.ts";
import { type ArrayType, arrayOf, type DType, printType, rowsOf, type TensorType } from "./types.ts";

/** Attributes of each op that its text must give. */
const attributeKeys: { readonly [O in OpName]: readonly (keyof OpAttributes[O] & string)[] } = {
  param: [],
  state: [],
  input: [],
  cache: [],
  zeros: [],
  embed: [],
  embed_dw: ["vocab"],
  sinusoid: ["widths"],
  mean_square: [],
  mean_square_dx: [],
  linear: [],
  linear_dx: [],
  linear_dw: ["modalities"],
  rms_norm: ["eps", "heads"],
  rms_norm_dx: ["eps", "heads"],
  rms_norm_dw: ["eps", "heads", "modalities"],
  rope: ["base", "heads", "inverse"],
  attention: ["heads", "kvHeads"],
  attention_grad: ["heads", "kvHeads"],
  attention_cached: ["heads", "kvHeads"],
  silu: [],
  gelu: [],
  relu: [],
  tanh: [],
  sigmoid: [],
  square: [],
  exp: [],
  neg: [],
  reciprocal: [],
  silu_dx: [],
  gelu_dx: [],
  relu_dx: [],
  add: [],
  sub: [],
  mul: [],
  div: [],
  scale: ["by"],
  offset: ["by"],
  dropout: ["number", "rate"],
  restrict: ["modalities"],
  join: [],
  extend: ["widths"],
  softmax: [],
  softmax_dx: [],
  route: ["space"],
  dispatch: [],
  dispatch_dx: [],
  combine: [],
  combine_dy: [],
  combine_dp: [],
  balance: ["modalities", "space", "weight"],
  balance_dx: ["space", "weight"],
  cross_entropy: ["zLoss"],
  cross_entropy_dx: ["zLoss"],
  loss_sums: ["modalities"],
  global_norm: [],
  adamw: ["beta1", "beta2", "clip", "eps", "rate", "weightDecay"],
};

type Reader = {
  readonly builder: Builder;
  readonly names: Map<string, ValueId>;
  readonly page: Source;
  readonly fail: (message: string) => never;
};

/** The graph a text describes. */
export function parseGraph(text: string): Graph {
  const lines = text.split("\n").map((line) => line.replace(/#.*$/, "").trim());
  const heading = lines.findIndex((line) => line !== "");
  const head = /^graph (\S+) \(([^)]*)\)$/.exec(lines[heading] ?? "");
  const [, name = "", modalities = ""] =
    head ?? bug("parse", "a graph starts with `graph NAME (MODALITY …)`");
  const builder = createBuilder(name, modalities.split(" ").filter(Boolean));
  const names = new Map<string, ValueId>();
  const page = blankPage(text);
  let section: Origin | "return" = { phase: "forward", scope: "" };
  for (const [index, line] of lines.entries()) {
    if (line === "" || index === heading) continue;
    const fail = (message: string): never => bug("parse", `line ${index + 1}: ${message}`);
    const reader: Reader = { builder, names, page, fail };
    const next = /^(?:(forward|backward|update)(?: (\S+))?|return)$/.exec(line);
    if (next !== null) {
      section =
        next[1] === undefined ? "return" : { phase: next[1] as Origin["phase"], scope: next[2] ?? "" };
    } else if (section === "return") readResult(reader, line);
    else if (/^(param|state|input|cache) /.test(line)) readSource(reader, line);
    else if (line.startsWith("space ")) readSpace(reader, line);
    else readNode(reader, line, section);
  }
  return builder.finish();
}

function readResult({ builder, names, fail }: Reader, line: string): void {
  const [name, value] = line.split(" = ");
  builder.result(name ?? "", names.get(value ?? "") ?? fail(`unknown value ${value}`));
}

function readSource(reader: Reader, line: string): void {
  const { builder, names, page, fail } = reader;
  const parts =
    /^(param|state|input|cache) ([%$&])(\S+) : (.*?\])(?: @(\d+):(\d+))?$/.exec(line) ?? fail("not a source");
  const [, op, sigil = "", name = "", typeText = "", row, column] = parts;
  const type = parseType(typeText, builder.modalities, builder.spaces()) ?? fail(`no type: ${typeText}`);
  const array = (): ArrayType => (type.kind === "array" ? type : fail(`${name} is an array`));
  if (names.has(sigil + name)) fail(`${sigil}${name} is there already`);
  const span = spanAt(page, row, column);
  const origin: Origin = { phase: "forward", scope: "", ...(span ? { span } : {}) };
  if (op === "input") names.set(`$${name}`, builder.input(name, type));
  else if (op === "cache") names.set(`&${name}`, builder.cache(name, array()));
  else if (op === "param") names.set(`%${name}`, builder.param(name, array(), origin));
  else names.set(`%${name}`, builder.state(name.slice(2), name.startsWith("m/") ? "m" : "v", array()));
}

function readSpace({ builder, fail }: Reader, line: string): void {
  const [, number, experts, pools = "", top] =
    /^space S(\d+) \{experts=(\d+) pools=\[([^\]]*)\](?: top=(\d+))?\}$/.exec(line) ?? fail("not a space");
  const made = builder.space({
    experts: Number(experts),
    pools: pools.split(" ").map((pool) => (pool === "-" ? undefined : Number(pool))),
    ...(top === undefined ? {} : { top: Number(top) }),
  });
  if (made !== Number(number)) fail(`this is space S${made}`);
}

const isOp = (text: string): text is OpName => Object.hasOwn(ops, text);

function readNode(reader: Reader, line: string, section: Origin): void {
  const { builder, names, page, fail } = reader;
  const parts =
    /^(.+?) = (\w+)(?: (.*?))? : (.*?\])(?: \{(.*)\})?(?: @(\d+):(\d+))?$/.exec(line) ?? fail("not a node");
  const [, made = "", opText = "", operandText = "", typeText = "", attributeText = "", row, column] = parts;
  const op = isOp(opText) ? opText : fail(`no op is called ${opText}`);
  const types = typeText
    .split(/, (?=[fi]32\[)/)
    .map((text) => parseType(text, builder.modalities, builder.spaces()) ?? fail(`no type: ${text}`));
  const operands = operandText === "" ? [] : operandText.split(", ");
  const find = (text: string): ValueId => names.get(text) ?? fail(`unknown value ${text}`);
  const weightText = ops[op].hasWeights ? operands.pop() : undefined;
  const inputs = operands.map(find);
  const x = inputs[0] === undefined ? undefined : builder.typeOf(inputs[0]);
  const runs = x?.kind === "rows" ? x.widths.length : builder.modalities.length;
  const weights = weightText === undefined ? [] : readWeights(weightText, runs, find);
  const [type] = types;
  const attributes = op === "zeros" ? { type } : readAttributes(op, attributeText, builder.modalities, fail);
  const span = spanAt(page, row, column);
  const origin: Origin = span === undefined ? section : { ...section, span };
  // One cast: the keys were checked against the op's own; their values are checked by its shape rule.
  const results = builder.node(op, inputs, attributes as unknown as OpAttributes[typeof op], {
    weights,
    origin,
  });
  const wanted = made.split(", ");
  if (results.length !== wanted.length) fail(`${op} has ${results.length} results`);
  for (const [i, value] of results.entries()) {
    const [inferred, written] = [builder.typeOf(value), types[i]].map((t) =>
      t ? printType(t, builder.modalities) : "none",
    );
    if (inferred !== written) fail(`${wanted[i]} is ${inferred}, not ${written}`);
    if (names.has(wanted[i] ?? "")) fail(`${wanted[i]} is there already`);
    names.set(wanted[i] ?? "", value);
  }
}

function readWeights(
  text: string,
  runs: number,
  find: (text: string) => ValueId,
): readonly (ValueId | undefined)[] {
  if (!text.startsWith("[")) return Array.from({ length: runs }, () => find(text));
  return text
    .slice(1, -1)
    .split(" ")
    .map((name) => (name === "-" ? undefined : find(name)));
}

function readAttributes(
  op: OpName,
  text: string,
  modalities: readonly string[],
  fail: (message: string) => never,
): Readonly<Record<string, unknown>> {
  const given = new Map<string, unknown>();
  for (const [, key = "", value = ""] of text.matchAll(/(\w+)=(\[[^\]]*\]|\S+)/g)) {
    given.set(key, readAttribute(value, modalities, fail));
  }
  const wanted: readonly string[] = attributeKeys[op];
  const odd = [...given.keys()].find((key) => !wanted.includes(key)) ?? wanted.find((key) => !given.has(key));
  return odd === undefined
    ? Object.fromEntries(given)
    : fail(`${op} takes {${wanted.join(" ")}}: look at ${odd}`);
}

function readAttribute(
  text: string,
  modalities: readonly string[],
  fail: (message: string) => never,
): unknown {
  if (text === "true" || text === "false") return text === "true";
  const items = text.startsWith("[") ? text.slice(1, -1).split(" ").filter(Boolean) : [text];
  const read = items.map((item): number | undefined => {
    if (item === "-") return undefined;
    const number = modalities.includes(item) ? modalities.indexOf(item) : Number(item);
    return Number.isNaN(number) && item !== "NaN"
      ? fail(`${item} is neither a number nor a modality`)
      : number;
  });
  return text.startsWith("[") ? read : read[0];
}

/** The type a text names, as printType writes it; `undefined` if it names none. */
export function parseType(
  text: string,
  modalities: readonly string[],
  spaces: readonly Space[] = [],
): TensorType | undefined {
  const [, dtype, inside] = /^(f32|i32)\[(.*)\]$/.exec(text) ?? [];
  if (dtype === undefined || inside === undefined) return undefined;
  const number = dtype as DType;
  const [, rows = "", routed = "", widths = ""] = /^(N|S(\d+)),(.*)$/.exec(inside) ?? [];
  if (rows === "") {
    const shape = inside === "" ? [] : inside.split(",").map(Number);
    return shape.some((size) => !Number.isInteger(size)) ? undefined : arrayOf(number, shape);
  }
  const space = rows === "N" ? undefined : Number(routed);
  const definition = space === undefined ? undefined : spaces[space];
  const runs =
    definition === undefined
      ? modalities
      : Array.from({ length: groupCount(definition) }, (_, g) => String(g));
  if (/^\d+$/.test(widths))
    return rowsOf(
      number,
      runs.map(() => Number(widths)),
      space,
    ); // prettier-ignore
  const byName = new Map(widths.split(" ").map((part) => part.split(":") as [string, string]));
  return rowsOf(
    number,
    runs.map((name) => (byName.has(name) ? Number(byName.get(name)) : undefined)),
    space,
  ); // prettier-ignore
}

/** Blank text with a place for every `@line:column`. */
function blankPage(text: string): Source {
  let [lines, columns] = [1, 1];
  for (const [, line, column] of text.matchAll(/@(\d+):(\d+)$/gm)) {
    lines = Math.max(lines, Number(line));
    columns = Math.max(columns, Number(column));
  }
  return { name: "", text: Array.from({ length: lines }, () => " ".repeat(columns)).join("\n") };
}

function spanAt(page: Source, line: string | undefined, column: string | undefined): Span | undefined {
  if (line === undefined || column === undefined) return undefined;
  const lineLength = page.text.split("\n", 1)[0]?.length ?? 0;
  const start = (Number(line) - 1) * (lineLength + 1) + Number(column) - 1;
  return { source: page, start, end: start };
}
