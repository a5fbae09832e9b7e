// arms.ts: `per modality`: one body that every modality runs with parameters of its own, or one arm per modality.
// In: the block and the scope around it. Out: bindings after it; restrict and join operations around arms.
// Idea: a body is run once, for all rows; only arms need the rows of one modality alone. A name leaves the arms as one
// value of all rows, made of each arm's rows and, where an arm does not bind it, of the rows it had before.

import { error, type Label } from "../diagnostics/diagnostic.ts";
import { enumeration } from "../diagnostics/suggest.ts";
import type { Arm, PerModality, Statement } from "../syntax/ast.ts";
import { findModality } from "./constants.ts";
import { restrictRows } from "./restrict.ts";
import { type Binding, emit, extendPath, type Scope, type State } from "./state.ts";
import { describeShape, type Rows, unknown, type Value } from "./values.ts";

type Run = (scope: Scope, body: readonly Statement[]) => void;

/** Runs a `per modality` block; `run` runs statements. */
export function runPerModality(state: State, scope: Scope, block: PerModality, run: Run): void {
  const inner = enter(state, scope, block);
  if (block.body !== undefined) run(inner, block.body);
  else if (state.isLibrary) runUnknownArms(inner, block, run);
  else runArms(state, inner, block, run);
}

function enter(state: State, scope: Scope, block: PerModality): Scope {
  if (scope.routing !== undefined) {
    state.reporter.report(
      error("MOT2017", block.header, "`per modality` inside `per modality`", {
        also: [{ span: scope.routing.header, text: "already inside this block" }],
        note: "inside the outer block each modality is alone already",
      }),
    );
    return { ...scope, level: "block" };
  }
  const label = block.label?.text;
  const path = label === undefined ? {} : extendPath(scope, label);
  const named = { header: block.header, ...(label === undefined ? {} : { label }) };
  const inner = { ...scope, ...path };
  const part = { ...named, scope: inner.before, modalities: scope.modalities };
  return { ...inner, routing: { ...named, part }, level: "block" };
}

/** Without declared modalities nothing is known about arms but their text. */
function runUnknownArms(scope: Scope, block: PerModality, run: Run): void {
  for (const arm of block.arms ?? []) {
    const values = new Map(scope.values);
    run({ ...scope, values, restricted: new Map() }, arm.body);
    for (const [name, binding] of values)
      if (scope.values.get(name) !== binding) scope.values.set(name, { value: unknown, span: binding.span });
  }
}

function runArms(state: State, scope: Scope, block: PerModality, run: Run): void {
  const before = new Map(scope.values);
  const after = new Map<number, Map<string, Binding>>();
  const headers = new Map<number, Label>();
  for (const arm of block.arms ?? []) {
    const modality = findModality(arm.modality, state.modalityNames, state.reporter);
    if (modality === undefined) continue;
    const earlier = headers.get(modality);
    if (earlier !== undefined) {
      state.reporter.report(
        error("MOT2020", arm.modality.span, `a second arm for \`${arm.modality.text}\``, { also: [earlier] }),
      );
      continue;
    }
    headers.set(modality, { span: arm.modality.span, text: "the first arm" });
    const modalities = scope.modalities.filter((each) => each === modality);
    const values = new Map(before);
    run({ ...inArm(scope, arm, modalities), values, restricted: new Map() }, arm.body);
    after.set(modality, values);
  }
  const changed = new Set<string>();
  for (const values of after.values())
    for (const [name, binding] of values) if (before.get(name) !== binding) changed.add(name);
  for (const name of changed) scope.values.set(name, leave(state, scope, block, name, before, after));
}

/** Each arm is a block of its own, where experts are concerned. */
function inArm(scope: Scope, arm: Arm, modalities: readonly number[]): Scope {
  const { routing } = scope;
  if (routing === undefined) return { ...scope, modalities };
  const part = { ...routing.part, header: arm.modality.span, modalities };
  return { ...scope, modalities, routing: { ...routing, part } };
}

/** What `name` is after the arms. */
function leave(
  state: State,
  scope: Scope,
  block: PerModality,
  name: string,
  before: ReadonlyMap<string, Binding>,
  after: ReadonlyMap<number, ReadonlyMap<string, Binding>>,
): Binding {
  const each = scope.modalities.map((modality) => {
    const arm = after.get(modality);
    return {
      modality,
      hasArm: arm !== undefined,
      binding: arm === undefined ? before.get(name) : arm.get(name),
    };
  });
  const bound = each.filter((part) => part.binding !== undefined && part.binding !== before.get(name));
  const first = bound[0]?.binding;
  const span = first?.span ?? block.header;
  const labels = bound.map(({ binding, modality }) => ({
    span: binding?.span ?? span,
    text: `bound here for ${state.modalityNames[modality]}`,
  }));
  const present = each.filter((part) => part.binding !== undefined);
  const partial = (): Value =>
    present.every((part) => part.binding?.value.kind === "rows")
      ? join(state, scope, block, present, before.get(name))
      : unknown;
  const gone = (note: string): Binding => ({ value: unknown, span, gone: { note, also: labels, partial } });
  const lacking = each.filter((part) => part.hasArm && part.binding === undefined);
  if (lacking.length > 0) {
    const arms = enumeration(lacking.map((part) => `\`${state.modalityNames[part.modality]}\``));
    return gone(`\`${name}\` was not bound before the arms, and the arm of ${arms} does not bind it`);
  }
  const earlier = each.find((part) => part.binding?.gone !== undefined)?.binding?.gone;
  if (earlier !== undefined) return { value: unknown, span, gone: earlier };
  if (each.some((part) => part.binding?.value.kind === "unknown")) return { value: unknown, span };
  if (each.some((part) => part.binding?.value.kind === "constant"))
    return gone(`\`${name}\` is a number in some arm, and only rows leave arms`);
  const widths = present.map((part) => rowsOf(part.binding).shape.widths[part.modality]);
  const heads = present.map((part) => rowsOf(part.binding).shape.heads);
  if (new Set(widths).size > 1 || new Set(heads).size > 1) {
    const sizes = present.map(({ binding, modality }) => {
      const shape = rowsOf(binding).shape;
      const one = { ...shape, widths: shape.widths.map((width, m) => (m === modality ? width : undefined)) };
      return `${describeShape(one, state.modalityNames)} for ${state.modalityNames[modality]}`;
    });
    return gone(`\`${name}\` would leave the arms ${enumeration(sizes)}`);
  }
  return { value: join(state, scope, block, present, before.get(name)), span };
}

type Part = { readonly modality: number; readonly binding: Binding | undefined };

/** One value from the arms' rows and, in one part, the rows the name had before. */
function join(
  state: State,
  scope: Scope,
  block: PerModality,
  present: readonly Part[],
  before: Binding | undefined,
): Rows {
  const kept = present.filter((part) => part.binding === before).map((part) => part.modality);
  const parts: Rows[] = [];
  for (const { modality, binding } of present) {
    if (binding !== before) {
      const arm = { ...scope, modalities: [modality], restricted: new Map() };
      parts.push(restrictRows(state, arm, rowsOf(binding), block.header));
    } else if (modality === kept[0]) {
      const rest = { ...scope, modalities: kept, restricted: new Map() };
      parts.push(restrictRows(state, rest, rowsOf(binding), block.header));
    }
  }
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const widths = state.modalityNames.map((_, modality) =>
    parts.map((part) => part.shape.widths[modality]).find((width) => width !== undefined),
  );
  const heads = only?.shape.heads;
  const shape = { widths, ...(heads === undefined ? {} : { heads }) };
  const fixed = parts.flatMap((part) => part.fixed);
  return emit(
    state,
    scope,
    { kind: "join", parts: parts.map((part) => part.operation) },
    shape,
    block.header,
    fixed,
  );
}

const noRows: Rows = { kind: "rows", operation: -1, shape: { widths: [] }, fixed: [] };

function rowsOf(binding: Binding | undefined): Rows {
  return binding?.value.kind === "rows" ? binding.value : noRows;
}
