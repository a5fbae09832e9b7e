// call-context.ts: what the rule of a built-in function is given.
// In: a call and its evaluated arguments. Out: types, and how a rule asks for an argument or a width.

import type { Span } from "../diagnostics/source.ts";
import type { Call, Name } from "../syntax/ast.ts";
import type { Scope, State } from "./state.ts";
import { type Constant, describeShape, type Rows, type Unknown, unknown } from "./values.ts";
import { numbersFor } from "./widths.ts";

/** A checked argument: its place and what it stands for. */
export type Argument = {
  readonly span: Span;
  readonly rows: Rows | Unknown;
  readonly constant?: Constant;
  /** The name of an embedding. */
  readonly table?: Name;
  /** Of a mask: the modalities that see their own span in both directions. */
  readonly within?: readonly number[];
};

export type CallContext = {
  readonly state: State;
  readonly scope: Scope;
  readonly call: Call;
  /** In the order of the built-in's parameters. */
  readonly arguments: readonly Argument[];
  /** The parameter's name; nothing where it is missing (reported). */
  readonly name: Name | undefined;
};

const missingArgument: Pick<Argument, "rows"> = { rows: unknown };

/** The argument at a place; one that is missing was reported. */
export function argument(context: CallContext, index: number): Argument {
  return context.arguments[index] ?? { ...missingArgument, span: context.call.span };
}

/** The width at `index` with the labels that say where it comes from. */
export function widthArgument(context: CallContext, index: number, what: string) {
  const { state, scope, call } = context;
  const { constant, span } = argument(context, index);
  if (constant === undefined) return undefined;
  const numbers = numbersFor(state, scope, constant, { span, what, isWidth: true });
  if (numbers === undefined) return undefined;
  const text = `\`${call.callee.text}\` makes it ${describeShape({ widths: numbers }, state.modalityNames)}`;
  return { numbers, fixed: [{ span, text }, ...constant.origin] };
}
