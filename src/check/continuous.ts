// continuous.ts: what only continuous modalities have, and what they lack.
// In: the scope and the place in the text. Out: rows of `noisy`, `noise` and `sinusoid(timestep, d)`; or a diagnostic
// that names both the use and the modality that cannot have it.
// Idea: a patch has numbers where a token has an id, so each input is legal exactly where every modality of the scope
// has it: in the arms of the right kind, or anywhere if the model has no other kind.

import { error, type Label } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import { enumeration } from "../diagnostics/suggest.ts";
import type { Name } from "../syntax/ast.ts";
import { type CallContext, widthArgument } from "./call-context.ts";
import type { Modality } from "./model.ts";
import { restrictRows } from "./restrict.ts";
import { emit, overModalities, type Scope, type State } from "./state.ts";
import { type Rows, unknown, type Value } from "./values.ts";

type Kind = Modality["form"]["kind"];

/** Numbers in a patch, or 0 for a modality of tokens. */
export function patchWidth({ form }: Modality): number {
  return form.kind === "patches" ? form.size * form.size * form.channels : 0;
}

/** `noisy` or `noise`: one operation for the whole model, restricted to the rows that the scope sees. */
export function patchInput(state: State, scope: Scope, input: "noisy" | "noise", span: Span): Value {
  if (!hasOnly(state, scope, "patches", span, `\`${input}\``)) return unknown;
  const known = state.draft.patchInputs.get(input);
  const rows = known ?? emitInput(state, scope, input, span);
  state.draft.patchInputs.set(input, rows);
  return restrictRows(state, scope, rows, span);
}

function emitInput(state: State, scope: Scope, input: "noisy" | "noise", span: Span): Rows {
  const widths = state.modalities.map((modality) =>
    modality?.form.kind === "patches" ? patchWidth(modality) : undefined,
  );
  const every = { ...scope, before: "", after: "", modalities: widths.map((_, m) => m) };
  const fixed = state.modalities.flatMap((modality) =>
    modality?.form.kind === "patches"
      ? [{ span: modality.span, text: `a patch of \`${modality.name}\` has ${patchWidth(modality)} numbers` }]
      : [],
  );
  return emit(state, every, { kind: input }, { widths }, span, fixed);
}

export function sinusoid(context: CallContext): Value {
  const { state, scope, call } = context;
  const width = widthArgument(context, 1, "the width of a sinusoid");
  const [word] = context.arguments;
  if (!hasOnly(state, scope, "patches", word?.span ?? call.span, "`timestep`")) return unknown;
  if (width === undefined) return unknown;
  const odd = width.numbers.find((number) => number !== undefined && number % 2 !== 0);
  if (odd !== undefined) {
    state.reporter.report(
      error(
        "MOT2008",
        context.arguments[1]?.span ?? call.span,
        `a sinusoid has an even width, this is ${odd}`,
        {
          also: context.arguments[1]?.constant?.origin,
          note: "half of its columns are cosines, half are sines",
        },
      ),
    );
    return unknown;
  }
  const widths = overModalities(state, scope.modalities, (modality) => width.numbers[modality]);
  return emit(state, scope, { kind: "sinusoid" }, { widths }, call.span, width.fixed);
}

/** True if the scope's rows are ids, or nothing is known of them; reported. */
export function refuseContinuous(state: State, scope: Scope, span: Span): boolean {
  return hasOnly(state, scope, "tokens", span, "`embed(tokens, …)`");
}

/** True if every modality of the scope is of this kind; reports the first use of another kind. */
function hasOnly(state: State, scope: Scope, kind: Kind, span: Span, what: string): boolean {
  if (state.isLibrary) return true;
  const others = scope.modalities.flatMap((m) => {
    const modality = state.modalities[m];
    return modality !== undefined && modality.form.kind !== kind ? [modality] : [];
  });
  if (others.length === 0) return scope.modalities.every((m) => state.modalities[m] !== undefined);
  const names = enumeration(others.map(({ name }) => `\`${name}\``));
  const right = state.modalities.find((modality) => modality?.form.kind === kind);
  const isTokens = kind === "tokens";
  state.reporter.report(
    error(isTokens ? "MOT2061" : "MOT2060", span, `${what} has no rows of ${names}`, {
      also: others.map(describeKind),
      note: isTokens
        ? "a patch is numbers, not an id that could be looked up in a table"
        : "noise is added to patches alone; a token is known or unknown",
      help:
        right === undefined
          ? `declare one that has: \`modality image = patches(size: 4, channels: 3)\``
          : `write it in an arm: \`per modality { ${right.name} { … } }\``,
    }),
  );
  return false;
}

/** `text` is tokens: the other side of a disagreement between a use and a declaration. */
export function describeKind({ name, form, span }: Modality): Label {
  return { span, text: `\`${name}\` is ${form.kind}` };
}

/** Reports modalities whose declared kind does not fit what a statement asks of them; true if all fit. */
export function haveKind(
  state: State,
  names: readonly Name[],
  kind: Kind,
  describe: (name: string) => { readonly message: string; readonly note: string; readonly help: string },
): boolean {
  let isFine = true;
  for (const name of names) {
    const modality = state.modalities[state.modalityNames.indexOf(name.text)];
    if (modality === undefined || modality.form.kind === kind) continue;
    isFine = false;
    const { message, ...advice } = describe(name.text);
    state.reporter.report(
      error("MOT2063", name.span, message, { also: [describeKind(modality)], ...advice }),
    );
  }
  return isFine;
}
