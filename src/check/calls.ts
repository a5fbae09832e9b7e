// calls.ts: the built-in functions: what each does to a value's shape, and which operation it becomes.
// In: evaluated arguments. Out: a value; rows that failed come in as `unknown` and go out as what can still be said.
// One function per built-in, in one table, so a new one is a row here and a row in builtin-names.ts.

import { error } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import { unaryNames } from "./builtin-names.ts";
import { argument, type CallContext, widthArgument } from "./call-context.ts";
import { refuseContinuous, sinusoid } from "./continuous.ts";
import { dropout } from "./dropout.ts";
import type { UnaryFunction } from "./model.ts";
import { restrictRows } from "./restrict.ts";
import { addSite } from "./sites.ts";
import { emit, type Scope, type State } from "./state.ts";
import { unembed } from "./tied.ts";
import { describeShape, oneWidth, type Rows, type Unknown, unknown, type Value } from "./values.ts";
import { numbersFor, reportDisagreement, uniformWidth } from "./widths.ts";

type Rule = (context: CallContext) => Value;

const normEpsilon = 1e-5;
const ropeBase = 10_000;

/** The meaning of every built-in function that gives rows. */
export const callRules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["embed", embed],
  ["linear", linear],
  ["unembed", unembed],
  ["dropout", dropout],
  ["rms_norm", rmsNorm],
  ["rope", rope],
  ["split", split],
  ["merge", merge],
  ["attention", attention],
  ["sinusoid", sinusoid],
  ...unaryNames.map((fn): [string, Rule] => [fn, (context) => applyUnary(context, fn)]),
]);

function embed(context: CallContext): Value {
  const { state, scope, call } = context;
  const width = widthArgument(context, 1, "the width of an embedding");
  const vocab = state.vocab();
  const rows = typeof vocab?.values === "number" ? vocab.values : 0;
  if (!refuseContinuous(state, scope, call.span) || width === undefined) return unknown;
  const table = addSite(state, scope, {
    name: context.name,
    span: call.span,
    initial: "normal",
    shape: (modality) => [rows, width.numbers[modality] ?? 0],
  });
  state.draft.tables.add(table);
  const tokens = tokensOf(state, scope, call.span);
  return emit(
    state,
    scope,
    { kind: "embed", x: tokens.operation, table },
    { widths: width.numbers },
    call.span,
    width.fixed,
  );
}

/** The ids: one operation for the whole model, restricted where an arm reads them. */
function tokensOf(state: State, scope: Scope, span: Span): Rows {
  const every = state.modalityNames.map((_, modality) => modality);
  state.draft.tokens ??= emit(
    state,
    { ...scope, before: "", after: "", modalities: every },
    { kind: "tokens" },
    { widths: every.map(() => 1) },
    span,
    [],
  );
  return restrictRows(state, scope, state.draft.tokens, span);
}

function linear(context: CallContext): Value {
  const { state, scope, call } = context;
  const x = argument(context, 0);
  const input = x.rows;
  const width = widthArgument(context, 1, "the width of a linear");
  if (input.kind === "rows" && input.shape.heads !== undefined) {
    needsMerge(context, x.span, input);
    return unknown;
  }
  if (input.kind === "rows" && scope.routing === undefined) {
    const why = "outside `per modality` a linear has one weight for all rows";
    if (uniformWidth(state, input, x.span, why) === undefined) return unknown;
  }
  if (width === undefined) return unknown;
  const weight = addSite(state, scope, {
    name: context.name,
    span: call.span,
    initial: "normal",
    shape: (modality) => [
      width.numbers[modality] ?? 0,
      input.kind === "rows" ? (input.shape.widths[modality] ?? 0) : 0,
    ],
  });
  return emit(
    state,
    scope,
    { kind: "linear", x: operationOf(input), weight },
    { widths: width.numbers },
    call.span,
    width.fixed,
  );
}

function rmsNorm(context: CallContext): Value {
  const { state, scope, call } = context;
  const x = argument(context, 0);
  const input = x.rows;
  if (input.kind === "rows" && scope.routing === undefined) {
    const why = "outside `per modality` a norm has one weight for all rows";
    if (uniformWidth(state, input, x.span, why) === undefined) return unknown;
  }
  const weight = addSite(state, scope, {
    name: context.name,
    span: call.span,
    initial: "ones",
    shape: (modality) =>
      input.kind === "rows" ? [(input.shape.widths[modality] ?? 0) / (input.shape.heads ?? 1)] : [0],
  });
  if (input.kind !== "rows") return unknown;
  const body = { kind: "rms_norm", x: input.operation, weight, eps: normEpsilon } as const;
  return emit(state, scope, body, input.shape, call.span, input.fixed);
}

function rope(context: CallContext): Value {
  const { state, scope, call } = context;
  const x = argument(context, 0);
  if (x.rows.kind !== "rows") return unknown;
  const { shape, operation, fixed } = x.rows;
  if (shape.heads === undefined) return needsSplit(context, x.span, x.rows);
  const heads = shape.heads;
  const odd = shape.widths.find((width) => width !== undefined && (width / heads) % 2 !== 0);
  if (odd !== undefined) {
    state.reporter.report(
      error("MOT2009", x.span, `\`rope\` rotates pairs, but these heads are ${odd / heads} wide`, {
        label: describeShape(shape, state.modalityNames),
        also: fixed,
        note: "component i turns with component i + width/2, so the width of a head must be even",
      }),
    );
    return unknown;
  }
  return emit(state, scope, { kind: "rope", x: operation, base: ropeBase }, shape, call.span, fixed);
}

function split(context: CallContext): Value {
  const { state, scope, call } = context;
  const x = argument(context, 0);
  const count = argument(context, 1);
  const what = "a number of heads";
  const numbers =
    count.constant === undefined
      ? undefined
      : numbersFor(state, scope, count.constant, { span: count.span, what, isWidth: true });
  if (x.rows.kind !== "rows" || numbers === undefined) return unknown;
  const { shape, operation } = x.rows;
  if (shape.heads !== undefined) return needsMerge(context, x.span, x.rows);
  const heads = oneWidth({ widths: numbers });
  if (heads === undefined) {
    state.reporter.report(
      error("MOT2021", count.span, "the number of heads differs by modality", {
        also: count.constant?.origin,
        note: "attention is global: every modality's rows are split into the same heads",
      }),
    );
    return unknown;
  }
  const indivisible = shape.widths.find((width) => width !== undefined && width % heads !== 0);
  if (indivisible !== undefined) {
    const origin = count.constant?.origin ?? [];
    state.reporter.report(
      error("MOT2009", count.span, `rows ${indivisible} wide cannot be split into ${heads} heads`, {
        label: `${indivisible} / ${heads} leaves a remainder`,
        also: [{ span: x.span, text: `${indivisible} wide` }, ...x.rows.fixed, ...origin].filter(
          (label) => label.span !== count.span,
        ),
      }),
    );
    return unknown;
  }
  const fixed = [...x.rows.fixed, { span: count.span, text: `${heads} heads` }];
  return emit(state, scope, { kind: "split", x: operation }, { ...shape, heads }, call.span, fixed);
}

function merge(context: CallContext): Value {
  const { state, scope, call } = context;
  const x = argument(context, 0);
  if (x.rows.kind !== "rows") return unknown;
  if (x.rows.shape.heads === undefined) return needsSplit(context, x.span, x.rows);
  const shape = { widths: x.rows.shape.widths };
  return emit(state, scope, { kind: "merge", x: x.rows.operation }, shape, call.span, x.rows.fixed);
}

function attention(context: CallContext): Value {
  const { state, scope, call } = context;
  if (scope.routing !== undefined) {
    state.reporter.report(
      error("MOT2017", call.span, "`attention` inside `per modality`", {
        also: [{ span: scope.routing.header, text: "this block acts on each modality alone" }],
        note: "attention is global: every token sees the tokens before it, of whatever modality",
        help: "make q, k and v inside `per modality`, and call `attention` after the block",
      }),
    );
    return unknown;
  }
  const parts = [0, 1, 2].map((index) => argument(context, index));
  const [q, k, v] = parts.map((part) => part.rows);
  for (const part of parts) {
    if (part.rows.kind !== "rows") continue;
    if (part.rows.shape.heads === undefined) return needsSplit(context, part.span, part.rows);
    if (uniformWidth(state, part.rows, part.span, "attention compares rows of all modalities") === undefined)
      return unknown;
  }
  if (q?.kind !== "rows" || k?.kind !== "rows" || v?.kind !== "rows") return unknown;
  if (!attentionAgrees(context, [q, k, v])) return unknown;
  const body = {
    kind: "attention",
    q: q.operation,
    k: k.operation,
    v: v.operation,
    within: argument(context, 3).within ?? [],
  } as const;
  return emit(state, scope, body, q.shape, call.span, q.fixed);
}

/** Heads of one width; as many for k as for v; q's a multiple of them. */
function attentionAgrees(context: CallContext, rows: readonly [Rows, Rows, Rows]): boolean {
  const { state, scope, call } = context;
  const [q, k, v] = rows;
  const side = (index: number, value: Rows, what: string) => ({
    span: argument(context, index).span,
    value,
    what,
  });
  const headWidth = (value: Rows): number => (oneWidth(value.shape) ?? 0) / (value.shape.heads ?? 1);
  const heads = (value: Rows): number => value.shape.heads ?? 1;
  if (headWidth(q) !== headWidth(k)) {
    const message = "queries and keys need heads of one width";
    reportDisagreement(state, scope, call.span, message, [side(0, q, "q"), side(1, k, "k")]);
    return false;
  }
  if (heads(k) !== heads(v) || headWidth(k) !== headWidth(v)) {
    const message = "keys and values need the same heads";
    reportDisagreement(state, scope, call.span, message, [side(1, k, "k"), side(2, v, "v")]);
    return false;
  }
  if (heads(q) % heads(k) !== 0) {
    const message = "the query heads must be a multiple of the key heads";
    reportDisagreement(state, scope, call.span, message, [side(0, q, "q"), side(1, k, "k")]);
    return false;
  }
  return true;
}

function applyUnary(context: CallContext, fn: UnaryFunction): Value {
  const x = argument(context, 0).rows;
  if (x.kind !== "rows") return unknown;
  const body = { kind: "unary", fn, x: x.operation } as const;
  return emit(context.state, context.scope, body, x.shape, context.call.span, x.fixed);
}

function operationOf(value: Rows | Unknown): number {
  return value.kind === "rows" ? value.operation : -1;
}

function needsSplit(context: CallContext, span: Span, value: Rows): Unknown {
  const { state, call } = context;
  state.reporter.report(
    error("MOT2010", span, `\`${call.callee.text}\` works on heads, and this value is not split into heads`, {
      label: describeShape(value.shape, state.modalityNames),
      also: value.fixed,
      help: "write `split(…, heads)` around it",
    }),
  );
  return unknown;
}

function needsMerge(context: CallContext, span: Span, value: Rows): Unknown {
  const { state, call } = context;
  state.reporter.report(
    error(
      "MOT2010",
      span,
      `\`${call.callee.text}\` works on whole rows, and this value is split into heads`,
      {
        label: describeShape(value.shape, state.modalityNames),
        also: value.fixed,
        help: "write `merge(…)` around it",
      },
    ),
  );
  return unknown;
}
