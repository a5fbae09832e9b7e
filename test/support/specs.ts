// specs.ts: random texts in the language's grammar, for properties of the parser and the formatter.
// In: nothing. Out: fast-check arbitraries. A program is a list of tokens and a layout puts blanks, new lines and comments
// between them; nothing here has a meaning, so the checker is not a place for these.

import fc from "fast-check";

type Tokens = readonly string[];

const names = [
  "x",
  "dim",
  "data",
  "steps",
  "share",
  "top",
  "all",
  "between",
  "experts",
  "constructor",
  "__proto__",
];
const name = fc.constantFrom(
  ...names,
  "text",
  "image",
  "repeated",
  "as_",
  "toString",
  "hasOwnProperty",
  "for",
  "by",
  "balance",
);
const number = fc.constantFrom("0", "64", "1_000", "0.95", "1e-3", "2.5E+10");
const text = fc.constantFrom('"blocks.mot"', '""', '"a \\" b \\\\ \\n \\t // no comment"');

const one = (token: string): fc.Arbitrary<Tokens> => fc.constant([token]);
const seq = (...parts: readonly fc.Arbitrary<Tokens | string>[]): fc.Arbitrary<Tokens> =>
  fc.tuple(...parts).map((all) => all.flat());
const list = (
  part: fc.Arbitrary<Tokens>,
  minLength: number,
  maxLength: number,
): fc.Arbitrary<readonly Tokens[]> => fc.array(part, { minLength, maxLength });
const many = (part: fc.Arbitrary<Tokens>, maxLength = 3): fc.Arbitrary<Tokens> =>
  list(part, 0, maxLength).map((all) => all.flat());
const commas = (part: fc.Arbitrary<Tokens>, minLength = 1): fc.Arbitrary<Tokens> =>
  list(part, minLength, 4).map((all) =>
    all.flatMap((entry, index) => (index === 0 ? entry : [",", ...entry])),
  );
const maybe = (part: fc.Arbitrary<Tokens>): fc.Arbitrary<Tokens> => fc.oneof(fc.constant([]), part);
const named = seq(name);

const { expression } = fc.letrec<{ expression: Tokens; operand: Tokens; argument: Tokens }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3, depthIdentifier: "spec" },
    seq(name),
    seq(number),
    seq(text),
    seq(one("-"), tie("operand")),
    seq(name, one("("), commas(tie("argument"), 0), one(")"), maybe(seq(one("as"), name))),
    seq(one("("), commas(tie("expression")), one(")")),
  ),
  argument: fc.oneof(
    { maxDepth: 3, depthIdentifier: "spec" },
    tie("expression"),
    seq(name, one(":"), tie("expression")),
  ),
  expression: fc.oneof(
    { maxDepth: 3, depthIdentifier: "spec" },
    tie("operand"),
    seq(tie("operand"), fc.constantFrom("+", "-", "*", "/"), tie("expression")),
  ),
}));

const record = seq(one("{"), commas(seq(name, one(":"), expression)), one("}"));
const value = fc.oneof({ arbitrary: expression, weight: 4 }, { arbitrary: record, weight: 1 });
const binding = seq(name, fc.constantFrom("=", "+="), value);

const { statement } = fc.letrec<{ statement: Tokens }>((tie) => {
  const body = seq(one("{"), many(tie("statement")), one("}"));
  const arms = seq(
    one("{"),
    list(seq(name, body), 1, 3).map((all) => all.flat()),
    one("}"),
  );
  return {
    statement: fc.oneof(
      { maxDepth: 3, depthIdentifier: "spec" },
      binding,
      seq(one("per"), one("modality"), maybe(named), body),
      seq(one("per"), one("modality"), maybe(named), arms),
      seq(one("repeat"), expression, body),
    ),
  };
});

const constants = seq(one("const"), commas(seq(name, one("="), value)));
const modality = seq(one("modality"), name, one("="), expression);
const objective = seq(one("objective"), commas(named), one("="), expression);
const layer = seq(
  one("layer"),
  name,
  one("("),
  commas(named, 0),
  one(")"),
  one("{"),
  many(statement, 5),
  maybe(seq(one("return"), expression)),
  one("}"),
);
const inModel = fc.oneof(statement, constants, modality, objective, layer);
const pattern = fc.oneof(
  named,
  one("block.*.ffn.image+speech.gate"),
  one("block.0.1.attn"),
  one("*.norm"),
  one("*"),
);
const rule = fc.oneof(
  seq(one("share"), one("all")),
  seq(one("share"), commas(pattern), maybe(seq(one("between"), commas(named)))),
  seq(name, one("="), value),
  seq(
    one("experts"),
    name,
    one(":"),
    number,
    maybe(seq(one("for"), name)),
    maybe(fc.oneof(seq(one("by"), one("expert_choice")), seq(one("top"), number))),
    maybe(seq(one("balance"), number)),
  ),
);
const setting = fc.oneof(
  seq(name, fc.oneof(name, number, text)),
  seq(name, one("("), commas(seq(name, one(":"), expression), 0), one(")")),
);
/** After a comma the words of `train` end the list, and some of these names are such words. */
const frozen = seq(one("freeze"), pattern, many(seq(one(","), one("block.*.norm"))));
const item = fc.oneof(
  seq(one("import"), text),
  seq(one("model"), name, one("{"), many(inModel, 6), one("}")),
  layer,
  seq(one("variant"), name, one("="), name, maybe(seq(one("{"), many(rule), one("}")))),
  seq(one("train"), name, one("{"), many(seq(setting, maybe(one(","))), 6), maybe(frozen), one("}")),
  seq(one("compare"), commas(named)),
);

const blank = fc.constantFrom(" ", " ", " ", "\n", "\n  ", "\t", "\r\n", "\n\n\n", "\n      ");
const withComment = fc
  .tuple(
    fc.constantFrom(" ", "\n  ", "        ", "\n\n"),
    fc.constantFrom("// note", "//", "// { ( =", "//x   "),
  )
  .map(([before, comment]) => `${before}${comment}\n`);
const separator = fc.oneof({ arbitrary: blank, weight: 8 }, { arbitrary: withComment, weight: 1 });

/** Programs that the grammar accepts, in layouts nobody would choose. */
export const programs: fc.Arbitrary<string> = list(item, 1, 4).chain((items) => {
  const tokens = items.flat();
  return fc
    .array(separator, { minLength: tokens.length, maxLength: tokens.length })
    .map((blanks) => tokens.map((token, index) => token + (blanks[index] ?? " ")).join(""));
});

const scraps = [
  "{",
  "}",
  "(",
  ")",
  ",",
  ":",
  "=",
  "+=",
  "-=",
  "+",
  "-",
  "*",
  "/",
  "per",
  "modality",
  "layer",
  "model",
  "import",
];
const words = [
  "variant",
  "train",
  "compare",
  "const",
  "return",
  "objective",
  "repeat",
  "as",
  "share",
  "x",
  "1",
  '"a"',
  '"',
];

/** Tokens in any order. */
export const soups: fc.Arbitrary<string> = fc
  .array(
    fc.tuple(fc.constantFrom(...scraps, ...words, ";", "\u0000", "é", "#", ".5", "a.b", "//"), separator),
    {
      maxLength: 120,
    },
  )
  .map((parts) => parts.map(([token, blanks]) => token + blanks).join(""));

/** A program with one token left out, doubled or replaced. */
export const damaged: fc.Arbitrary<string> = fc
  .tuple(programs, fc.nat(), fc.constantFrom("", "", "}", ")", "{", "(", "=", "x x", "per", ","))
  .map(([program, where, instead]) => {
    const tokens = program.split(/(?<=\s)/);
    tokens[where % tokens.length] = `${instead} `;
    return tokens.join("");
  });
