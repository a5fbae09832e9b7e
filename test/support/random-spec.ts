// random-spec.ts: random specs that the checker accepts, made of everything the language has.
// In: nothing. Out: a fast-check arbitrary of cases: a spec's text, a batch to run and what the two exercise.
// Idea: fast-check draws a recipe, a small tree of plain data; `writeSpec` turns it into text. So shrinking works on the
// recipe (fewer blocks, simpler expressions, smaller widths) and ends in a spec a person can read. A stream `x` of one
// width runs through random blocks. Expressions keep values in a sane range (quotients are bounded below, exponents
// above), since the point is wrong code, not overflow.

import fc from "fast-check";
import { type ExpertsBlock, expertsBlock } from "./random-experts.ts";
import { writeSpec } from "./random-spec-text.ts";

/** `A` and `B` stand for inner expressions. Where `scales` stands, the block is per modality. */
const forms = [
  ...["silu(A)", "gelu(A)", "relu(A)", "tanh(A)", "sigmoid(A)", "square(A)", "exp(tanh(A))", "-(A)"],
  ...["(A) + (B)", "(A) - (B)", "(A) * (B)", "silu(A) * (B)", "(A) / (1 + square(B))"],
  ...["0.5 * (A)", "1 - (A)", "(A) - 0.25", "0.3 + (A)", "(A) / 3", "2 / (1 + square(A))"],
  ...["(A) * scales", "tanh(A) / scales", "(A) + scales"],
] as const;

/** No form: a linear of the block's input. */
export type Formula = { readonly form?: (typeof forms)[number]; readonly a?: Formula; readonly b?: Formula };

export type Routing = "per modality" | "without a label" | "global";

export type Attention = {
  readonly kind: "attention";
  readonly heads: number;
  readonly keyHeads: number;
  readonly headWidth: number;
  readonly opening: Routing | "arms";
  readonly closing: Routing;
  readonly rotated: boolean;
  readonly normedHeads: boolean;
  readonly outputNorm: boolean;
};

export type Block =
  | Attention
  | {
      readonly kind: "mix";
      readonly routing: Routing;
      /** 0: another width for every modality. */
      readonly width: number;
      readonly norm: "before" | "after" | "none";
      readonly formula: Formula;
    }
  | {
      readonly kind: "arms";
      /** Same names and widths in every arm, so that they may be shared; else names of their own. */
      readonly alike: boolean;
      /** This modality has no arm. */
      readonly without: number | undefined;
      readonly arms: readonly {
        readonly width: number;
        readonly normed: boolean;
        readonly formula: Formula;
      }[];
    }
  /** A global value that only one modality reads. */
  | { readonly kind: "read by one"; readonly width: number; readonly modality: number }
  /** Parameters that no loss reaches. */
  | { readonly kind: "unread"; readonly width: number }
  /** A layer of two values that this one calls, once or several times. */
  | { readonly kind: "inner"; readonly routing: Routing; readonly calls: number }
  /** Arms that hand on a value that somebody else reads as well. */
  | { readonly kind: "kept"; readonly modality: number }
  | ExpertsBlock<Formula>;

export type Calls = "once" | "twice" | "repeat" | "nested repeat" | "repeat 0";
export type Sharing = "nothing" | "all" | "label" | "path" | "between" | "override";

/** Of a continuous modality: its patches, its time embedding, and what its prediction is compared with. */
export type Patches = {
  readonly size: number;
  readonly channels: number;
  /** Half the width of the sinusoid; 0: none. */
  readonly time: number;
  readonly target: "noise" | "values";
};

export type Recipe = {
  readonly vocabs: readonly number[];
  /** A modality with an entry is patches, not tokens; the first one always is tokens. */
  readonly patches: readonly (Patches | undefined)[];
  readonly dim: number;
  readonly scales: readonly number[];
  readonly widths: readonly number[];
  readonly embedding: "global" | "per modality" | "arms" | "two";
  readonly layers: readonly { readonly blocks: readonly Block[]; readonly calls: Calls }[];
  readonly finalNorm: Routing | "none";
  readonly objectives: "one" | "two on one logits" | "two logits" | "some modalities" | "capped logits";
  readonly weight: number;
  readonly zLoss: readonly boolean[];
  readonly sharing: Sharing;
  /** Which label, path or pair of modalities the sharing speaks of. */
  readonly choice: number;
  readonly clip: boolean;
  /** Of embeddings and of what a mix adds; 0: none is written. */
  readonly dropout: number;
  /** Logits from the embedding's table, where there is one. */
  readonly tied: boolean;
  /** What `train` says about who learns how fast. */
  readonly learning: "alike" | "freeze" | "rates";
};

export type RandomCase = {
  readonly text: string;
  /** What the spec exercises, in words. */
  readonly features: ReadonlySet<string>;
  readonly batch: number;
  readonly context: number;
  readonly seed: number;
  /** Which of the four ways to compile it. */
  readonly engine: number;
  /** Modalities that occur in the batch. */
  readonly present: readonly number[];
  readonly emptyTail: number;
};

const natural = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const width = natural(21);

const formula: fc.Arbitrary<Formula> = fc.letrec<{ formula: Formula; node: Formula; leaf: Formula }>(
  (tie) => ({
    leaf: fc.constant({}),
    node: fc.record({ form: fc.constantFrom(...forms), a: tie("formula"), b: tie("formula") }),
    formula: fc.oneof({ maxDepth: 3, depthSize: "small", withCrossShrink: true }, tie("leaf"), {
      arbitrary: tie("node"),
      weight: 4,
    }),
  }),
).formula;

const routing = fc.constantFrom<Routing[]>("global", "per modality", "per modality", "without a label");

const attention: fc.Arbitrary<Attention> = fc
  .record({
    kind: fc.constant("attention" as const),
    keyHeads: natural(2),
    groups: natural(3),
    headWidth: fc.constantFrom(4, 1, 2, 3, 6, 8, 10, 16, 20),
    opening: fc.constantFrom(
      "per modality" as const,
      "global" as const,
      "without a label" as const,
      "arms" as const,
    ),
    closing: routing,
    rotated: fc.boolean(),
    normedHeads: fc.boolean(),
    outputNorm: fc.boolean(),
  })
  .map(({ groups, ...rest }) => ({ ...rest, heads: rest.keyHeads * groups }));

const mix = fc.record({
  kind: fc.constant("mix" as const),
  routing,
  width: fc.oneof({ arbitrary: width, weight: 3 }, fc.constant(0)),
  norm: fc.constantFrom("before" as const, "none" as const, "after" as const),
  formula,
});

const arms = fc.record({
  kind: fc.constant("arms" as const),
  alike: fc.boolean(),
  without: fc.option(fc.nat(3), { nil: undefined }),
  arms: fc.array(fc.record({ width: natural(15), normed: fc.boolean(), formula }), {
    minLength: 4,
    maxLength: 4,
  }),
});

const block: fc.Arbitrary<Block> = fc.oneof(
  { arbitrary: mix, weight: 4 },
  { arbitrary: attention, weight: 5 },
  { arbitrary: arms, weight: 3 },
  fc.record({ kind: fc.constant("read by one" as const), width: natural(9), modality: fc.nat(3) }),
  fc.record({ kind: fc.constant("unread" as const), width: natural(9) }),
  fc.record({ kind: fc.constant("inner" as const), routing, calls: natural(2) }),
  fc.record({ kind: fc.constant("kept" as const), modality: fc.nat(3) }),
);

const anyBlock: fc.Arbitrary<Block> = fc.oneof(
  { arbitrary: block, weight: 3 },
  { arbitrary: expertsBlock(formula), weight: 1 },
);

const layerOf = (block: fc.Arbitrary<Block>) =>
  fc.record({
    blocks: fc.array(block, { minLength: 1, maxLength: 3 }),
    calls: fc.constantFrom<Calls[]>("once", "twice", "repeat", "nested repeat", "repeat 0"),
  });

const four = <T>(part: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(part, { minLength: 4, maxLength: 4 });

const patches: fc.Arbitrary<Patches> = fc.record({
  size: natural(3),
  channels: natural(3),
  time: fc.nat(9),
  target: fc.constantFrom("noise" as const, "noise" as const, "values" as const),
});

const recipeOf = (block: fc.Arbitrary<Block>): fc.Arbitrary<Recipe> =>
  natural(4).chain((count) =>
    fc.record({
      // One token in all is certain from the start, and its gradient nothing but rounding.
      vocabs: fc.array(fc.integer({ min: 2, max: 40 }), { minLength: count, maxLength: count }),
      patches: fc
        .tuple(
          fc.boolean(),
          fc.array(fc.option(patches, { nil: undefined, freq: 3 }), { minLength: count, maxLength: count }),
        )
        .map(([isMixed, all]) => all.map((each, m) => (isMixed && m > 0 ? each : undefined))),
      dim: fc.constantFrom(4, 2, 6, 7, 12, 20, 33),
      scales: four(natural(3)),
      widths: four(natural(17)),
      embedding: fc.constantFrom(
        "global" as const,
        "global" as const,
        "per modality" as const,
        "arms" as const,
        "two" as const,
      ),
      layers: fc.array(layerOf(block), { minLength: 0, maxLength: 2, size: "max" }),
      finalNorm: fc.constantFrom("none" as const, "per modality" as const, "global" as const),
      objectives: fc.constantFrom<Recipe["objectives"][]>(
        ...["one" as const, "two on one logits" as const, "two logits" as const],
        ...["some modalities" as const, "capped logits" as const],
      ),
      weight: fc.constantFrom(1, 0.5, 2),
      zLoss: fc.tuple(fc.boolean(), fc.boolean()),
      sharing: fc.constantFrom<Sharing[]>("nothing", "all", "label", "path", "between", "override"),
      choice: fc.nat(100),
      clip: fc.boolean(),
      dropout: fc.constantFrom(0, 0.25, 0.6),
      tied: fc.boolean(),
      learning: fc.constantFrom("alike" as const, "freeze" as const, "rates" as const),
    }),
  );

/** Now and then a vocabulary so wide, and rows so many, that the loss runs in chunks. */
const enlarged = (from: Recipe): Recipe => ({
  ...from,
  vocabs: from.vocabs.map((v, m) => (m === 0 ? 4200 : v)),
});

const casesOf = (block: fc.Arbitrary<Block>): fc.Arbitrary<RandomCase> =>
  fc
    .record({
      recipe: recipeOf(block),
      isLarge: fc.integer({ min: 0, max: 24 }).map((n) => n === 24),
      batch: natural(4),
      context: natural(33),
      seed: fc.nat(1_000_000),
      engine: fc.nat(3),
      absent: fc.option(fc.nat(3), { nil: undefined }),
      emptyTail: fc.constantFrom(0, 0.34, 1),
    })
    .map(({ recipe: small, isLarge, absent, batch, context, seed, engine, emptyTail }) => {
      const { text, features } = writeSpec(isLarge ? enlarged(small) : small);
      const everyone = small.vocabs.map((_, m) => m);
      const present = everyone.length > 1 ? everyone.filter((m) => m !== absent) : everyone;
      const shape = isLarge ? { batch: 4, context: 30 + context } : { batch, context };
      const seen = new Set([...features, `engine ${engine}`]);
      if (isLarge) seen.add("a loss in chunks");
      if (present.length < everyone.length) seen.add("an absent modality");
      if (shape.context === 1) seen.add("documents of one token");
      if (shape.batch * shape.context < 48) seen.add("fewer rows than a tile has");
      return { text, features: seen, ...shape, seed, engine, present, emptyTail };
    });

/** Specs with a batch each. */
export const randomCases: fc.Arbitrary<RandomCase> = casesOf(block);
/** Specs that may have blocks of experts. */
export const randomExpertCases: fc.Arbitrary<RandomCase> = casesOf(anyBlock);
