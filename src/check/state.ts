// state.ts: what the checker carries while it runs a model: the draft operations, the parameter sites, the scope.
// In: the declarations. Out: types, and the few operations on them that every other file needs.
// Idea: a run does not depend on what a variant shares. It records parameter sites (one call, its entry per modality);
// share.ts turns sites into parameters afterwards, so variants with the same constants share one run.

import { error, type Label } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import type { Layer, Name, Statement } from "../syntax/ast.ts";
import type {
  Modality,
  Objective,
  Operation,
  PerModality,
  RoutingChoice,
  RoutingIndex,
  ValueIndex,
} from "./model.ts";
import type { ParameterNames } from "./names.ts";
import type { Reporter } from "./report.ts";
import type { Constant, Rows, Value } from "./values.ts";

/** More is a mistake or an attack: a hundred layers of an ordinary block are about 3,000 operations. */
export const operationLimit = 200_000;
/** Statements that make no operation cost time as well. */
const stepLimit = 500_000;
/** A faulty layer that is called a million times has been reported once; that is enough. */
const mistakeLimit = 2_000;
/** Layers calling layers; deeper chains would overflow the checker's own stack. */
export const callDepthLimit = 100;

/**
 * Operations as long as their parameters are sites, not yet tensors. Those on routed rows have widths and constants by
 * modality until it is known which modalities are one pool.
 */
export type DraftOperation =
  | Exclude<Operation, { kind: "embed" | "linear" | "rms_norm" }>
  | (Omit<Extract<Operation, { kind: "embed" }>, "table"> & { readonly table: Site })
  | (Omit<Extract<Operation, { kind: "linear" }>, "weight"> & {
      readonly weight: Site;
      /** On routed rows: a site for each expert; `weight` is that of the first. */
      readonly experts?: readonly Site[];
    })
  | (Omit<Extract<Operation, { kind: "rms_norm" }>, "weight"> & { readonly weight: Site });

/** Everything about an operation but its shape, span, scope and name. */
export type OperationBody = DraftOperation extends infer Each
  ? Each extends DraftOperation
    ? Omit<Each, "shape" | "span" | "scope" | "name">
    : never
  : never;

/** One parameter as written: a call at one path, with an entry for each modality that has it. */
export type Site = {
  /** Path without modality; unique. */
  readonly path: string;
  /** The parts of the path around the modality; `undefined` where it stands outside `per modality`. */
  readonly around?: { readonly before: string; readonly after: string };
  /** Label of the `per modality` block it stands in. */
  readonly label?: string;
  readonly entries: Map<number, SiteEntry>;
  /** One expert's copy of a site of the model as written, which rules may name as well. */
  readonly expert?: { readonly routing: RoutingIndex; readonly index: number; readonly original: Site };
  /** A router's: modalities that share all sites of one of these lists share it too. */
  readonly follows?: (readonly Site[])[];
};

export type SiteEntry = {
  readonly shape: readonly number[];
  readonly initial: "normal" | "ones";
  readonly span: Span;
  readonly frames: readonly Frame[];
  /** Product of the counts of the enclosing repeats; 0 outside of all. */
  readonly depth: number;
  /** Its result reaches `+=` directly or through a norm. */
  isResidual: boolean;
};

/** A layer call being expanded. */
export type Frame = { readonly layer: Layer; readonly span: Span };

export type Binding = {
  readonly value: Value;
  readonly span: Span;
  /** Why the name cannot be used any more, where it was bound in some arms or inside a loop only. */
  readonly gone?: {
    readonly note: string;
    readonly also: readonly Label[];
    /** The rows of the arms that bind it: an objective may ask for less than all modalities. */
    readonly partial?: () => Value;
  };
};

/** The `per modality` block that surrounds a statement. */
export type Routing = {
  readonly header: Span;
  readonly label?: string;
  readonly part: Part;
};

/** One run of a `per modality` body or of one arm: what an `experts` rule can turn into a block of experts. */
export type Part = {
  readonly header: Span;
  readonly label?: string;
  /** The path before the modality, label included. */
  readonly scope: string;
  readonly modalities: readonly number[];
};

/** Where a statement stands. A new one is made for each block; only `values` changes. */
export type Scope = {
  /** Path components before the modality and after it, dotted. */
  readonly before: string;
  readonly after: string;
  /** Indices of repeats that wait for the next component. */
  readonly pending: readonly number[];
  readonly routing?: Routing;
  /** The modalities whose rows this code sees, ascending. */
  readonly modalities: readonly number[];
  readonly depth: number;
  readonly frames: readonly Frame[];
  readonly values: Map<string, Binding>;
  /** Values already restricted to this arm, by operation. */
  readonly restricted: Map<ValueIndex, Rows>;
  /**
   * The model's own level holds objectives, a layer's own level a `return`, a block in either neither; an objective is
   * an expression that stands at the model's level.
   */
  readonly level: "model" | "layer" | "block" | "objective";
};

export type State = {
  readonly reporter: Reporter;
  readonly modalityNames: readonly string[];
  /** By declaration; `undefined` where a declaration is faulty, empty without a model. */
  readonly modalities: PerModality<Modality>;
  /** Reports a name it cannot find, with what the scope knows. */
  readonly findConstant: (name: Name) => Constant | undefined;
  readonly hasConstant: (name: string) => boolean;
  readonly constantNames: readonly string[];
  readonly vocab: () => Constant | undefined;
  readonly layers: ReadonlyMap<string, Layer>;
  /** Layers alone, without a model: constants may come from whoever imports them, widths are unknown. */
  readonly isLibrary: boolean;
  readonly calledLayers: Set<Layer>;
  readonly parameterNames: Map<Statement, ParameterNames>;
  /** What is being recorded; swapped out while code is only looked at. */
  draft: Draft;
  stepCount: number;
  operationCount: number;
  isExhausted: boolean;
};

export type Draft = {
  readonly operations: DraftOperation[];
  /** For each operation, the block it was made in. */
  readonly parts: (Part | undefined)[];
  /** The operations that are a `+=` of rows. */
  readonly additions: Set<ValueIndex>;
  readonly sites: Map<string, Site>;
  /** The sites that are tables of embeddings, in the order of the first `embed` of each. */
  readonly tables: Set<Site>;
  readonly objectives: Objective[];
  readonly isDiscarded: boolean;
  tokens?: Rows;
  /** Calls of `dropout` so far. */
  dropouts: number;
  /** By name: the batch inputs of continuous modalities. */
  readonly patchInputs: Map<string, Rows>;
};

/** A draft whose `experts` rules are applied: ready for placement. */
export type RoutedDraft = Pick<Draft, "objectives"> & {
  readonly operations: readonly DraftOperation[];
  readonly sites: readonly Site[];
  readonly routings: readonly DraftRouting[];
};

/** A block of experts, before it is known which modalities are one pool. */
export type DraftRouting = {
  readonly experts: number;
  readonly choice: RoutingChoice;
  readonly balance: number;
  readonly span: Span;
  /** The modalities that are routed. */
  readonly modalities: readonly number[];
  /** The sites of the first expert's linears. */
  readonly linears: readonly Site[];
};

export function createDraft(isDiscarded: boolean): Draft {
  return {
    operations: [],
    parts: [],
    additions: new Set(),
    sites: new Map(),
    tables: new Set(),
    objectives: [],
    isDiscarded,
    dropouts: 0,
    patchInputs: new Map(),
  };
}

/** Runs `body` for its diagnostics only; what it binds and makes is forgotten. */
export function runDiscarded(state: State, scope: Scope, body: (scope: Scope) => void): void {
  const { draft } = state;
  state.draft = createDraft(true);
  body({ ...scope, values: new Map(scope.values), restricted: new Map() });
  state.draft = draft;
}

/** Adds an operation and returns its value. */
export function emit(
  state: State,
  scope: Scope,
  body: OperationBody,
  shape: Rows["shape"],
  span: Span,
  fixed: readonly Label[],
): Rows {
  state.operationCount += 1;
  if (state.operationCount > operationLimit)
    exhaust(state, span, `operation ${operationLimit + 1} would be made here`);
  const operation = { ...body, shape, span, scope: joinPath(scope.before, scope.after) } as DraftOperation;
  state.draft.operations.push(operation);
  state.draft.parts.push(scope.routing?.part);
  return { kind: "rows", operation: state.draft.operations.length - 1, shape, fixed };
}

/** Counts a statement or a round; past the limit everything stops with one diagnostic at `span`. */
export function countStep(state: State, span: Span): void {
  state.stepCount += 1;
  if (state.reporter.metCount() > mistakeLimit) state.isExhausted = true;
  if (state.stepCount > stepLimit) exhaust(state, span, `statement ${stepLimit + 1} would be run here`);
}

function exhaust(state: State, span: Span, label: string): void {
  if (state.isExhausted) return;
  state.isExhausted = true;
  state.reporter.report(
    error("MOT2015", span, "the model is too large to expand", {
      label,
      note: `layers and repeats are expanded, to at most ${operationLimit} operations and ${stepLimit} statements`,
    }),
  );
}

/** "block.0" + "ffn" → "block.0.ffn"; empty parts vanish. */
export function joinPath(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(".");
}

/** The scope's path with one more component; waiting repeat indices follow it. */
export function extendPath(scope: Scope, component: string): Pick<Scope, "before" | "after" | "pending"> {
  const added = joinPath(component, ...scope.pending.map(String));
  return scope.routing === undefined
    ? { before: joinPath(scope.before, added), after: scope.after, pending: [] }
    : { before: scope.before, after: joinPath(scope.after, added), pending: [] };
}

/** An array over all modalities with `value(m)` for those of the scope. */
export function overModalities<T>(
  state: State,
  modalities: readonly number[],
  value: (modality: number) => T | undefined,
): PerModality<T> {
  const members = new Set(modalities);
  return state.modalityNames.map((_, modality) => (members.has(modality) ? value(modality) : undefined));
}
