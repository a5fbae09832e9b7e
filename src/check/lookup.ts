// lookup.ts: what a name means where it stands.
// In: a name and the scope. Out: a value or a constant, or a diagnostic with names that are close.
// Constants and values are separate namespaces: where a number is needed constants come first, where rows are needed
// values do. A layer sees its own parameters and the model's constants, nothing of its caller.

import { error } from "../diagnostics/diagnostic.ts";
import { didYouMean, enumeration } from "../diagnostics/suggest.ts";
import type { Name } from "../syntax/ast.ts";
import { builtins, patchInputs, specialWords } from "./builtin-names.ts";
import { patchInput } from "./continuous.ts";
import { restrictRows } from "./restrict.ts";
import type { Scope, State } from "./state.ts";
import { type Constant, modalitiesOf, unknown, type Value } from "./values.ts";

/** An argument of a loss may be a name that some arms alone bind, but not an expression with it. */
const inArm = "compute this in the arm, and name the result here";

/** The meaning of a name among values; a constant of that name where no value has it. */
export function findValue(state: State, scope: Scope, name: Name, areRowsNeeded = false): Value {
  if (reportSpecial(state, name)) return unknown;
  const input = patchInputs.find((each) => each === name.text);
  if (input !== undefined) return patchInput(state, scope, input, name.span);
  const binding = scope.values.get(name.text);
  if (binding === undefined) {
    if (state.hasConstant(name.text)) return state.findConstant(name) ?? unknown;
    return reportUnknownName(state, scope, name, areRowsNeeded);
  }
  const isLoss = scope.level === "objective";
  if (binding.gone !== undefined) {
    state.reporter.report(
      error("MOT2018", name.span, `\`${name.text}\` cannot be used here`, {
        also: binding.gone.also,
        note: binding.gone.note,
        help: binding.gone.partial !== undefined && isLoss ? inArm : undefined,
      }),
    );
    return unknown;
  }
  const { value } = binding;
  if (value.kind !== "rows") return value;
  const present = new Set(modalitiesOf(value.shape));
  const missing = scope.modalities.filter((modality) => !present.has(modality));
  if (missing.length > 0) {
    const names = enumeration(missing.map((modality) => `\`${state.modalityNames[modality]}\``));
    state.reporter.report(
      error("MOT2018", name.span, `\`${name.text}\` has no rows of ${names}`, {
        also: [{ span: binding.span, text: "bound here, for other modalities only" }],
        help: isLoss ? inArm : `bind \`${name.text}\` before the arms, or give ${names} an arm`,
      }),
    );
    return unknown;
  }
  return restrictRows(state, scope, value, name.span);
}

/**
 * The rows a name has, of whatever modalities: what an objective reads, since a loss counts only the rows it has.
 * Nothing where the name is no value at all; the caller then asks `findValue`, which says why.
 */
export function findPartial(scope: Scope, name: Name): Value | undefined {
  const binding = scope.values.get(name.text);
  return binding?.gone === undefined ? binding?.value : binding.gone.partial?.();
}

/** The meaning of a name where a number is needed. */
export function findNumber(state: State, scope: Scope, name: Name): Constant | undefined {
  if (reportSpecial(state, name)) return undefined;
  if (state.hasConstant(name.text)) return state.findConstant(name);
  const binding = scope.values.get(name.text);
  if (binding === undefined) {
    reportUnknownName(state, scope, name);
    return undefined;
  }
  if (binding.value.kind === "constant") return binding.value;
  if (binding.value.kind === "rows") {
    state.reporter.report(
      error("MOT2007", name.span, `a number is needed here, and \`${name.text}\` holds rows`, {
        also: [{ span: binding.span, text: "bound to rows here" }],
        help: didYouMean(name.text, state.constantNames),
      }),
    );
  }
  return undefined;
}

/** True where the name is a word that has its meaning elsewhere only; reported. */
export function reportSpecial(state: Pick<State, "reporter">, name: Name): boolean {
  const use = specialWords.get(name.text);
  if (use === undefined) return false;
  state.reporter.report(error("MOT2007", name.span, `\`${name.text}\` cannot stand here`, { note: use }));
  return true;
}

/** More names than this are no help. */
const listedNames = 12;

/** Without a model a constant may come from whoever imports the layer, so only a name of rows is surely unknown. */
export function reportUnknownName(state: State, scope: Scope, name: Name, areRowsNeeded = false): Value {
  if (state.isLibrary && !areRowsNeeded) return unknown;
  const candidates = [...new Set([...scope.values.keys(), ...state.constantNames, "vocab"])];
  const isFunction = state.layers.has(name.text) || builtins.has(name.text);
  const help = isFunction ? `call it: \`${name.text}(…)\`` : didYouMean(name.text, candidates);
  const known = enumeration(candidates.map((each) => `\`${each}\``));
  const isListed = help === undefined && candidates.length <= listedNames;
  state.reporter.report(
    error("MOT2001", name.span, `nothing here is called \`${name.text}\``, {
      note: isFunction
        ? `\`${name.text}\` is a ${builtins.has(name.text) ? "function" : "layer"}`
        : isListed
          ? `${scope.frames.length > 0 ? "a layer sees its parameters and the model's constants" : "names here"}: ${known}`
          : undefined,
      help,
    }),
  );
  return unknown;
}
