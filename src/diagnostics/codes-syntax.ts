// codes-syntax.ts: the 1xxx rows of the table in codes.ts: what can be wrong with the text itself.
// In: nothing. Out: plain data. Each example fails with exactly its own code; a test compiles it to make sure.

const model = (body: string): string => `model m {\n${body}}\n`;

export const syntaxCodes = {
  MOT1001: {
    title: "something else was expected here",
    explanation:
      "The text stops making sense at this place: the message names what could stand here and what was found. The statements before and after are still read, so that other mistakes show at once.",
    example: model("  const dim = \n  x = embed(tokens, 64)\n  repeat 2 { x = x }\n  return\n"),
  },
  MOT1002: {
    title: "a character the language does not use",
    explanation:
      "Outside of comments and texts a spec is made of names (letters, digits and _), numbers, the signs = += + - * / : , ( ) { } and whitespace. Statements need no separator and comments start with //.",
    example: model("  const dim = 64;\n"),
  },
  MOT1003: {
    title: "a text without an end",
    explanation: 'A text stands between two " on one line.',
    example: 'import "blocks.mot\n',
  },
  MOT1004: {
    title: "a number that cannot be read",
    explanation:
      "Numbers are written 64, 1_000, 0.95 or 1e-3: digits on both sides of the point, _ only between digits, no letters after them, and small enough for a double.",
    example: model("  const dim = 64px\n"),
  },
  MOT1005: {
    title: "a bracket without its partner",
    explanation:
      "Every ( and { needs its ) and }. Where one is missing, the indentation is used to guess which one was never closed.",
    example: "model m {\n  const dim = 64\n",
  },
  MOT1006: {
    title: "nested too deeply",
    explanation:
      "Brackets and signs may be nested 100 deep, and an expression may be 200 operators long. Give parts of it names with `const` or a binding, or move them into a layer.",
    example: model(`  const dim = ${"-".repeat(101)}64\n`),
  },
  MOT1007: {
    title: "an assignment the language does not have",
    explanation: "A value is bound with = and added to with +=. There is no other assignment.",
    example: model("  x = embed(tokens, 64)\n  x *= 2\n"),
  },
  MOT1008: {
    title: "this is not a text file",
    explanation: "A spec is a text file in UTF-8. This one holds bytes that no text has.",
    example: "model m {\u0000}\n",
  },
  MOT1009: {
    title: "the file is too large",
    explanation: "A spec may be one million characters long, several hundred times what a large model needs.",
    example: "",
  },
  MOT1010: {
    title: "the file is empty",
    explanation: "A file must declare something: a model, or layers for others to import.",
    example: "// nothing but a comment\n",
  },
  MOT1011: {
    title: "a word of the language used as a name",
    explanation:
      "as, compare, const, import, layer, modality, model, objective, per, repeat, return, train and variant cannot be names. All other words can, also those that mean something inside train and variant (data, steps, share, top, …).",
    example: model("  const layer = 6\n"),
  },
  MOT1012: {
    title: "a value that is not kept",
    explanation:
      "A statement binds a value to a name, or adds it to one. A call that stands alone computes something nobody can use.",
    example: model("  x = embed(tokens, 64)\n  linear(x, 64)\n"),
  },
  MOT1013: {
    title: "a declaration in the wrong place",
    explanation:
      "import, model, variant, train and compare stand at the top level of a file; const and modality directly in a model; layer in either; all other statements in a model or a layer.",
    example: "const dim = 64\n",
  },
  MOT1014: {
    title: "arms and statements in one block",
    explanation:
      "A `per modality` block either holds statements that every modality runs with parameters of its own, or one arm per modality: `text { … } image { … }`. It cannot hold both.",
    example: "layer f(x) {\n  per modality mix {\n    text { x = x }\n    y = x\n  }\n  return x\n}\n",
  },
  MOT1015: {
    title: "an escape a text does not have",
    explanation:
      'In a text \\" is a quote, \\\\ a backslash, \\n a new line and \\t a tab. Write paths with /.',
    example: 'import "blocks\\mine.mot"\n',
  },
} as const;
