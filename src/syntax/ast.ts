// ast.ts: the untyped tree, one plain readonly interface per construct, each with a `kind` and a `span`.
// In: nothing. Out: types only. `build.ts` makes the tree, `format.ts` prints it, `check/` gives it meaning.
// The tree is immutable and total: a construct the parser had to repair appears as `kind: "missing"` or is left out,
// always with a diagnostic; later stages never re-report what is missing.

import type { Source, Span } from "../diagnostics/source.ts";

/** A name as written, with the place where it stands. */
export type Name = { readonly text: string; readonly span: Span };

export type File = {
  readonly kind: "file";
  readonly source: Source;
  readonly span: Span;
  readonly items: readonly Item[];
};

export type Item = Import | Model | Layer | Variant | Train | Compare;

/** `import "blocks.mot"`: relative to the importing file. */
export type Import = { readonly kind: "import"; readonly span: Span; readonly path: Text };

/** `model chameleon { … }` */
export type Model = {
  readonly kind: "model";
  readonly span: Span;
  readonly name: Name;
  readonly body: readonly (Constants | Modality | Layer | Statement)[];
};

/** `const dim = 64, layers = 6` */
export type Constants = {
  readonly kind: "constants";
  readonly span: Span;
  readonly bindings: readonly { readonly name: Name; readonly value: Expression; readonly span: Span }[];
};

/** `modality text = tokens(vocab: 1024)` */
export type Modality = {
  readonly kind: "modality";
  readonly span: Span;
  readonly name: Name;
  /** `tokens(…)`, `patches(…)`: which forms exist is the checker's business. */
  readonly form: Expression;
};

/** `layer block(x) { … }`, at the top level of a file or inside a model. */
export type Layer = {
  readonly kind: "layer";
  readonly span: Span;
  readonly name: Name;
  readonly parameters: readonly Name[];
  readonly body: readonly Statement[];
};

export type Statement = Binding | PerModality | Repeat | Return | Objective;

/** `x = …` or `x += …` (also `-=`, `*=`, which the checker refuses with a help line). */
export type Binding = {
  readonly kind: "binding";
  readonly span: Span;
  readonly target: Name;
  readonly operator: "=" | "+=";
  readonly value: Expression;
};

/** `per modality LABEL { … }`; exactly one of `body` and `arms` is set. */
export type PerModality = {
  readonly kind: "per_modality";
  readonly span: Span;
  /** The words `per modality LABEL`, for labels of diagnostics. */
  readonly header: Span;
  readonly label?: Name;
  readonly body?: readonly Statement[];
  readonly arms?: readonly Arm[];
};

/** `text { … }` inside `per modality`. */
export type Arm = {
  readonly kind: "arm";
  readonly span: Span;
  readonly modality: Name;
  readonly body: readonly Statement[];
};

/** `repeat layers { … }` */
export type Repeat = {
  readonly kind: "repeat";
  readonly span: Span;
  readonly count: Expression;
  readonly body: readonly Statement[];
};

/** `return x` */
export type Return = { readonly kind: "return"; readonly span: Span; readonly value: Expression };

/** `objective text, image = cross_entropy(logits, next_token)`; a weight is a factor: `5 * mean_square(…)`. */
export type Objective = {
  readonly kind: "objective";
  readonly span: Span;
  readonly modalities: readonly Name[];
  readonly value: Expression;
};

// ---- expressions -----------------------------------------------------------------------------------------------

export type Expression =
  | NumberLiteral
  | Text
  | Reference
  | Call
  | Unary
  | Binary
  | As
  | Tuple
  | Record
  | Parenthesized
  | Missing;

/** `text` is the number as written (`1e-3`), for messages. */
export type NumberLiteral = {
  readonly kind: "number";
  readonly span: Span;
  readonly value: number;
  readonly text: string;
};
/** A string literal, unescaped. */
export type Text = { readonly kind: "text"; readonly span: Span; readonly value: string };
export type Reference = { readonly kind: "reference"; readonly span: Span; readonly name: Name };

/** `linear(h, dim)`, `attention(q, k, v, mask: causal)`. */
export type Call = {
  readonly kind: "call";
  readonly span: Span;
  readonly callee: Name;
  readonly arguments: readonly Argument[];
};
export type Argument = { readonly span: Span; readonly name?: Name; readonly value: Expression };

export type Unary = {
  readonly kind: "unary";
  readonly span: Span;
  readonly operator: "-";
  readonly operand: Expression;
};
export type Binary = {
  readonly kind: "binary";
  readonly span: Span;
  readonly operator: "+" | "-" | "*" | "/";
  readonly left: Expression;
  readonly right: Expression;
};
/** `linear(a, n) as out`: postfix, binds tighter than any operator. */
export type As = {
  readonly kind: "as";
  readonly span: Span;
  readonly value: Expression;
  readonly name: Name;
};
/** `(0.9, 0.95)`: two or more elements, in settings only. */
export type Tuple = { readonly kind: "tuple"; readonly span: Span; readonly elements: readonly Expression[] };
/** `{ text: 344, image: 172 }`: a constant that differs by modality. */
export type Record = {
  readonly kind: "record";
  readonly span: Span;
  readonly fields: readonly { readonly name: Name; readonly value: Expression }[];
};
/** Kept so that `fmt` preserves the user's parentheses. */
export type Parenthesized = {
  readonly kind: "parenthesized";
  readonly span: Span;
  readonly value: Expression;
};
/** Where the parser expected an expression and found none; already reported. */
export type Missing = { readonly kind: "missing"; readonly span: Span };

// ---- variants, training, comparison ----------------------------------------------------------------------------

/** `variant mot = chameleon` or `variant ffn_only = chameleon { share attn, final }` */
export type Variant = {
  readonly kind: "variant";
  readonly span: Span;
  readonly name: Name;
  readonly model: Name;
  readonly rules: readonly VariantRule[];
};

export type VariantRule =
  /** `share all` */
  | { readonly kind: "share_all"; readonly span: Span }
  /** `share attn, block.*.ffn.gate` and `share ffn between image, speech` */
  | {
      readonly kind: "share";
      readonly span: Span;
      readonly patterns: readonly Name[];
      readonly between?: readonly Name[];
    }
  /** `dim = 128`, `ffn = { text: 344, image: 172 }` */
  | { readonly kind: "override"; readonly span: Span; readonly name: Name; readonly value: Expression }
  /** `experts ffn: 4 for text by expert_choice`, `experts ffn: 4 top 2 balance 0.01` */
  | {
      readonly kind: "experts";
      readonly span: Span;
      readonly label: Name;
      readonly count: Expression;
      readonly modality?: Name;
      readonly routing?:
        | { readonly kind: "expert_choice" }
        | { readonly kind: "top"; readonly k: Expression };
      readonly balance?: Expression;
    };

/** `train chameleon { data icons context 160, batch 8, steps 1500, seed 1 adamw(…) }` */
export type Train = {
  readonly kind: "train";
  readonly span: Span;
  readonly model: Name;
  readonly settings: readonly Setting[];
};
/**
 * `context 160`: a word and a value (a name, a text, a number); or a call such as `adamw(lr: 1e-3)`, whose word is the
 * callee. `freeze text, block.*.norm` has `patterns`, and no value.
 */
export type Setting = {
  readonly span: Span;
  readonly word: Name;
  readonly value: Expression;
  readonly patterns?: readonly Name[];
};

/** `compare dense, mot` */
export type Compare = { readonly kind: "compare"; readonly span: Span; readonly variants: readonly Name[] };
