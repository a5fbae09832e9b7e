// call-context.ts: what a built-in function is given: its checked arguments, and where the call stands.
// In: nothing. Out: types.

import type { Span } from "../diagnostics/source.ts";
import type { Call, Name } from "../syntax/ast.ts";
import type { Scope, State } from "./state.ts";
import type { Constant, Rows, Unknown } from "./values.ts";

/** A checked argument: its place and what it stands for. */
export type Argument = {
  readonly span: Span;
  readonly rows: Rows | Unknown;
  readonly constant?: Constant;
  /** The name of an embedding. */
  readonly table?: Name;
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
