// ebnf.ts: the grammar as text for people, from the parser's own productions.
// In: Chevrotain's productions. Out: one line or a few per rule, in the order of parser.ts.
// `{ a }` is any number, `[ a ]` one or none, `( a | b )` a choice; signs and words stand in quotes.

import {
  Alternation,
  Alternative,
  type IProduction,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  RepetitionMandatoryWithSeparator,
  RepetitionWithSeparator,
  type Rule,
  Terminal,
  type TokenType,
} from "chevrotain";

const header = `# mot.ebnf: the grammar of .mot files. Written by scripts/generate.ts from grammar/parser.ts; do not edit.
# { a } any number, [ a ] one or none, ( a | b ) a choice. NAME is letters, digits and _, beginning with no digit;
# NUMBER is 64, 1_000, 0.95 or 1e-3; TEXT is "…" with \\" \\\\ \\n \\t; PATH is names, numbers and * joined by dots;
# DATANAME is names joined by -, read as one after the word data only.
# Comments run from // to the end of the line. \`item\` is wider than the language, for the sake of messages:
#   importFile, model, variant, train and compare stand at the top level; constants and modality directly in a model;
#   layer in both; all others in models, layers and what they contain; arm directly in perModality; loose nowhere.
`;

export function ebnf(rules: readonly Rule[]): string {
  const lines = rules.map((rule) => {
    const [only, ...rest] = rule.definition;
    if (rest.length === 0 && only instanceof Alternation) {
      return `${rule.name}\n  = ${alternatives(only).join("\n  | ")}\n  ;\n`;
    }
    return `${rule.name} = ${sequence(rule.definition)} ;\n`;
  });
  return `${header}\n${lines.join("\n")}`;
}

function alternatives(node: Alternation): readonly string[] {
  return (node.definition as Alternative[]).map((entry) => sequence(entry.definition));
}

function sequence(definition: readonly IProduction[]): string {
  return definition.map(production).join(" ");
}

function production(node: IProduction): string {
  if (node instanceof NonTerminal) return node.nonTerminalName;
  if (node instanceof Terminal) return terminal(node.terminalType);
  if (node instanceof Alternative) return sequence(node.definition);
  if (node instanceof Alternation) return `( ${alternatives(node).join(" | ")} )`;
  if (node instanceof Option) return `[ ${sequence(node.definition)} ]`;
  if (node instanceof RepetitionMandatoryWithSeparator || node instanceof RepetitionWithSeparator) {
    const one = sequence(node.definition);
    return `${one} { ${terminal(node.separator)} ${one} }`;
  }
  if (node instanceof Repetition) return `{ ${sequence(node.definition)} }`;
  if (node instanceof RepetitionMandatory)
    return `${sequence(node.definition)} { ${sequence(node.definition)} }`;
  return "?";
}

function terminal(type: TokenType): string {
  if (typeof type.PATTERN === "string") return `"${type.PATTERN}"`;
  if (type.LABEL?.startsWith("`")) return `"${type.LABEL.slice(1, -1)}"`;
  // Broken numbers and texts, and assignments the language lacks, are read only to be reported.
  return type.name === "OtherAssign" ? '( "-=" | "*=" | "/=" )' : type.name.toUpperCase();
}
