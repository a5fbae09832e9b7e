// builtin-names.ts: the names the language itself binds, and what each built-in function takes.
// In: nothing. Out: tables. A model cannot rebind any of these names; later versions fill in what is reserved here.

/** What may stand at one place of a call. */
export type ParameterKind =
  /** a value with one row per token */
  | "rows"
  /** the word `tokens` */
  | "tokens"
  /** the word `timestep` */
  | "timestep"
  /** a whole number from 1, one per modality inside `per modality` */
  | "width"
  /** the word `causal`, perhaps with `+ within(image)` */
  | "mask"
  /** the name of an embedding's parameter */
  | "table"
  /** a number from 0 to below 1 */
  | "rate";

export type BuiltinParameter = { readonly name: string; readonly kind: ParameterKind };

export type Builtin = {
  readonly parameters: readonly BuiltinParameter[];
  /** How it is written, for messages. */
  readonly usage: string;
};

const rows: readonly BuiltinParameter[] = [{ name: "x", kind: "rows" }];
const unary = (name: string): [string, Builtin] => [name, { parameters: rows, usage: `${name}(x)` }];

export const unaryNames = ["silu", "gelu", "relu", "tanh", "sigmoid", "square", "exp"] as const;

export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [
    "embed",
    {
      parameters: [
        { name: "tokens", kind: "tokens" },
        { name: "width", kind: "width" },
      ],
      usage: "embed(tokens, width)",
    },
  ],
  [
    "linear",
    {
      parameters: [
        { name: "x", kind: "rows" },
        { name: "width", kind: "width" },
      ],
      usage: "linear(x, width)",
    },
  ],
  [
    "unembed",
    {
      parameters: [
        { name: "x", kind: "rows" },
        { name: "table", kind: "table" },
      ],
      usage: "unembed(x, embedding)",
    },
  ],
  [
    "dropout",
    {
      parameters: [
        { name: "x", kind: "rows" },
        { name: "rate", kind: "rate" },
      ],
      usage: "dropout(x, 0.1)",
    },
  ],
  unary("rms_norm"),
  unary("rope"),
  [
    "split",
    {
      parameters: [
        { name: "x", kind: "rows" },
        { name: "heads", kind: "width" },
      ],
      usage: "split(x, heads)",
    },
  ],
  unary("merge"),
  [
    "attention",
    {
      parameters: [
        { name: "q", kind: "rows" },
        { name: "k", kind: "rows" },
        { name: "v", kind: "rows" },
        { name: "mask", kind: "mask" },
      ],
      usage: "attention(q, k, v, mask: causal)",
    },
  ],
  [
    "sinusoid",
    {
      parameters: [
        { name: "timestep", kind: "timestep" },
        { name: "width", kind: "width" },
      ],
      usage: "sinusoid(timestep, width)",
    },
  ],
  ...unaryNames.map(unary),
]);

/** Built-ins that own a parameter, and so need a name. */
export const parameterCalls: ReadonlySet<string> = new Set(["embed", "linear", "rms_norm"]);

/** Words with a meaning at one place only; the text says where. */
export const specialWords: ReadonlyMap<string, string> = new Map([
  ["tokens", "`tokens` is what `embed(tokens, width)` reads"],
  ["next_token", "`next_token` is what `cross_entropy(logits, next_token)` compares with"],
  ["causal", "`causal` is a mask of `attention(q, k, v, mask: causal)`"],
  ["within", "`within(image)` is part of a mask: `attention(q, k, v, mask: causal + within(image))`"],
  ["timestep", "`timestep` is what `sinusoid(timestep, width)` reads"],
  ["patches", "`patches` declares a modality: `modality image = patches(size: 4, channels: 3)`"],
]);

/** Batch inputs with a row per patch, for continuous modalities alone. */
export const patchInputs = ["noisy", "noise"] as const;

/** Losses stand in an `objective`; how each is written. */
export const lossUsage: ReadonlyMap<string, string> = new Map([
  ["cross_entropy", "cross_entropy(logits, next_token)"],
  ["mean_square", "mean_square(prediction, noise)"],
]);

const reserved: ReadonlySet<string> = new Set([
  ...builtins.keys(),
  ...specialWords.keys(),
  ...patchInputs,
  ...lossUsage.keys(),
  "vocab",
]);

export function isBuiltinName(name: string): boolean {
  return reserved.has(name);
}
