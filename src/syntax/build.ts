// build.ts: text → tree. With expressions.ts the only code outside grammar/ that sees the parser's nodes.
// In: a source. Out: a tree, diagnostics and the comments (which are not in the tree; format.ts puts them back).
// Total: any text at all gives a tree. What the parser had to leave out is left out here too, or is `missing`, and has
// been reported. The grammar lets everything stand everywhere; placement.ts says what may stand where.

import type {
  AssignmentCstNode,
  BlockCstNode,
  ConstantCstNode,
  ExpertsCstNode,
  FileCstNode,
  FreezeCstNode,
  ItemCstNode,
  LayerCstNode,
  LooseCstNode,
  NamedCstNode,
  PatternCstNode,
  PerModalityCstNode,
  RoutingCstNode,
  RuleCstNode,
  SettingCstNode,
  TrainCstNode,
  VariantCstNode,
} from "../../grammar/cst.generated.ts";
import { parseTokens } from "../../grammar/parse.ts";
import { repair } from "../../grammar/repair.ts";
import { lex, type Token } from "../../grammar/tokens.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { error } from "../diagnostics/diagnostic.ts";
import { joinSpans, type Source, type Span, spanText } from "../diagnostics/source.ts";
import type { Constants, Expression, File, Layer, Name, PerModality, Setting, VariantRule } from "./ast.ts";
import {
  type Building,
  buildCall,
  buildExpression,
  buildName,
  buildNames,
  buildText,
  buildValue,
  missing,
  nodeSpan,
  parts,
  tokenSpan,
} from "./expressions.ts";
import { brokenTokens, explainedLines, parserErrors, refusedText, unreadable } from "./faults.ts";
import { type Anything, armsOrBody, type Place, place } from "./placement.ts";

/** `//` and what follows it on the line. */
export type Comment = { readonly text: string; readonly span: Span };

export type Parsed = {
  readonly file: File;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  readonly comments: readonly Comment[];
};

const mostDiagnostics = 200;

/** Reads a file; every text gives a tree, and a text with mistakes gives diagnostics beside it. */
export function parse(source: Source): Parsed {
  const reason = unreadable(source);
  if (reason !== undefined) return { file: buildFile(source, []), diagnostics: [reason], comments: [] };
  const lexed = lex(source.text);
  const repaired = repair(source, lexed.tokens);
  const early = [...refusedText(source, lexed), ...brokenTokens(source, lexed), ...repaired.diagnostics];
  const comments = lexed.comments.map((token) => ({ text: token.image, span: spanOf(source, token) }));
  if (!repaired.canParse) return { file: buildFile(source, []), diagnostics: inOrder(early), comments };
  const { cst, errors } = parseTokens(repaired.tokens);
  const explained = explainedLines(source, lexed, early);
  const diagnostics = [...early, ...parserErrors(source, errors, repaired.tokens, explained)];
  const building: Building = {
    source,
    report: (diagnostic) => {
      // A call or a statement that stands alone where the line was not understood is what was left of the line.
      const isRest = diagnostic.code === "MOT1012" || diagnostic.code === "MOT1013";
      if (!isRest || !explained.has(diagnostic.at.span.start)) diagnostics.push(diagnostic);
    },
    depths: new WeakMap(),
    cursor: 0,
  };
  const items = (parts(cst as FileCstNode).item ?? []).flatMap((item) => buildItem(building, item));
  if (lexed.tokens.length === 0 && diagnostics.length === 0) {
    const end = { source, start: source.text.length, end: source.text.length };
    const help = "a spec begins with `model NAME { … }`, or with layers for others to import";
    diagnostics.push(
      error("MOT1010", end, "this file declares nothing", { label: "the end of the file", help }),
    );
  }
  const placed = place(building, "file", items);
  return { file: buildFile(source, placed), diagnostics: inOrder(diagnostics), comments };
}

function buildFile(source: Source, items: readonly Anything[]): File {
  const span = { source, start: 0, end: source.text.length };
  return { kind: "file", source, span, items: items as File["items"] };
}

function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort((a, b) => a.at.span.start - b.at.span.start).slice(0, mostDiagnostics);
}

function spanOf(source: Source, token: Token): Span {
  return { source, start: token.startOffset, end: (token.endOffset ?? token.startOffset) + 1 };
}

function buildItem(building: Building, node: ItemCstNode): readonly Anything[] {
  const item = parts(node);
  const span = nodeSpan(building, node);
  if (item.named?.[0]) return buildNamed(building, item.named[0]);
  if (item.perModality?.[0]) return [buildPerModality(building, item.perModality[0])];
  if (item.constants?.[0]) return [buildConstants(building, parts(item.constants[0]).constant ?? [], span)];
  if (item.layer?.[0]) return buildLayer(building, item.layer[0]);
  if (item.variant?.[0]) return buildVariant(building, item.variant[0]);
  if (item.train?.[0]) return buildTrain(building, item.train[0]);
  if (item.repeat?.[0]) {
    const { repeatHead, block } = parts(item.repeat[0]);
    const count = buildExpression(building, repeatHead?.[0] && parts(repeatHead[0]).expression?.[0]);
    return [
      { kind: "repeat", span, count, body: buildBlock(building, "repeat", block?.[0]) as Layer["body"] },
    ];
  }
  if (item.returnValue?.[0]) {
    return [
      { kind: "return", span, value: buildExpression(building, parts(item.returnValue[0]).expression?.[0]) },
    ];
  }
  return buildSimpleItem(building, item, span);
}

function buildSimpleItem(
  building: Building,
  item: Partial<ItemCstNode["children"]>,
  span: Span,
): readonly Anything[] {
  if (item.importFile?.[0]) {
    const token = parts(item.importFile[0]).Text?.[0];
    // What an open text names is a guess, and has been reported.
    if (token === undefined || token.tokenType.name === "UnterminatedText") return [];
    return [{ kind: "import", span, path: buildText(building, token) }];
  }
  if (item.model?.[0]) {
    const { Name: token, block } = parts(item.model[0]);
    const name = buildName(building, token?.[0]) ?? { text: "", span };
    const body = buildBlock(building, "model", block?.[0]);
    return [{ kind: "model", span, name, body: body as (Anything & { kind: "model" })["body"] }];
  }
  if (item.modality?.[0]) {
    const { Name: token, expression } = parts(item.modality[0]);
    const name = buildName(building, token?.[0]);
    const form = buildExpression(building, expression?.[0]);
    return name === undefined ? [] : [{ kind: "modality", span, name, form }];
  }
  if (item.objective?.[0]) {
    const { names, expression } = parts(item.objective[0]);
    const modalities = buildNames(building, names?.[0] && parts(names[0]).Name);
    return [{ kind: "objective", span, modalities, value: buildExpression(building, expression?.[0]) }];
  }
  if (item.compare?.[0]) {
    const { names } = parts(item.compare[0]);
    return [{ kind: "compare", span, variants: buildNames(building, names?.[0] && parts(names[0]).Name) }];
  }
  return [];
}

function buildBlock(building: Building, where: Place, node: BlockCstNode | undefined): readonly Anything[] {
  const items = (node && parts(node).item) ?? [];
  return place(
    building,
    where,
    items.flatMap((item) => buildItem(building, item)),
  );
}

function buildNamed(building: Building, node: NamedCstNode): readonly Anything[] {
  const { StatementName, assignment, block, loose } = parts(node);
  const name = buildName(building, StatementName?.[0]);
  const span = nodeSpan(building, node);
  if (name === undefined) return [];
  if (loose?.[0]) return buildLoose(building, name, loose[0], span);
  if (block?.[0]) {
    const body = buildBlock(building, "arm", block[0]) as Layer["body"];
    return [{ kind: "arm", span, modality: name, body }];
  }
  return assignment?.[0] ? buildBinding(building, name, assignment[0], span) : [];
}

/** A call that nothing is done with, or, with a block behind it, a layer that lacks its word. */
function buildLoose(building: Building, name: Name, node: LooseCstNode, span: Span): readonly Anything[] {
  const { callArguments, block } = parts(node);
  if (!block?.[0]) return [{ kind: "loose", span }];
  building.report(
    error("MOT1001", name.span, `expected \`layer\` before \`${name.text}\``, {
      label: "a layer's name and parameters",
      help: `write \`layer ${name.text}(…) { … }\``,
    }),
  );
  const call = callArguments?.[0] && buildCall(building, name, callArguments[0]);
  const parameters = (call?.arguments ?? []).flatMap(({ value }) =>
    value.kind === "reference" ? [value.name] : [],
  );
  return [
    { kind: "layer", span, name, parameters, body: buildBlock(building, "layer", block[0]) as Layer["body"] },
  ];
}

function buildBinding(
  building: Building,
  target: Name,
  node: AssignmentCstNode,
  span: Span,
): readonly Anything[] {
  const { PlusEquals, OtherAssign, value: valueNode } = parts(node);
  const value = buildValue(building, valueNode?.[0]);
  const wrong = OtherAssign?.[0];
  if (wrong === undefined)
    return [{ kind: "binding", span, target, operator: PlusEquals ? "+=" : "=", value }];
  const written = spanText(value.span);
  const operand = value.kind === "binary" ? `(${written})` : written;
  const isShort = written !== "" && written.length < 40 && !written.includes("\n");
  const instead = `${target.text} = ${target.text} ${wrong.image[0]} ${isShort ? operand : "(…)"}`;
  building.report(
    error("MOT1007", tokenSpan(building, wrong), `there is no \`${wrong.image}\``, {
      label: "only `=` and `+=` exist",
      help: `write \`${instead}\``,
    }),
  );
  return [{ kind: "binding", span, target, operator: "=", value: missing(building) }];
}

function buildPerModality(building: Building, node: PerModalityCstNode): PerModality {
  const { perModalityHead, block } = parts(node);
  const { Per, Modality, Name: token } = perModalityHead?.[0] ? parts(perModalityHead[0]) : {};
  const span = nodeSpan(building, node);
  const label = buildName(building, token?.[0]);
  const first = Per?.[0] ? tokenSpan(building, Per[0]) : span;
  const last = label?.span ?? (Modality?.[0] ? tokenSpan(building, Modality[0]) : first);
  const content = armsOrBody(building, buildBlock(building, "per modality", block?.[0]));
  const named = label === undefined || label.text === "" ? {} : { label };
  return { kind: "per_modality", span, header: joinSpans(first, last), ...named, ...content };
}

function buildConstants(building: Building, nodes: readonly ConstantCstNode[], span: Span): Constants {
  const bindings = nodes.flatMap((node) => {
    const { Name: token, value } = parts(node);
    const name = buildName(building, token?.[0]);
    if (name === undefined || name.text === "") return [];
    return [{ name, value: buildValue(building, value?.[0]), span: nodeSpan(building, node) }];
  });
  return { kind: "constants", span, bindings };
}

function buildLayer(building: Building, node: LayerCstNode): readonly Anything[] {
  const { layerHead, block } = parts(node);
  const { Name: token, names } = layerHead?.[0] ? parts(layerHead[0]) : {};
  const span = nodeSpan(building, node);
  const name = buildName(building, token?.[0]) ?? { text: "", span };
  const parameters = buildNames(building, names?.[0] && parts(names[0]).Name);
  const body = buildBlock(building, "layer", block?.[0]) as Layer["body"];
  return [{ kind: "layer", span, name, parameters, body }];
}

function buildVariant(building: Building, node: VariantCstNode): readonly Anything[] {
  const { Name: tokens, rule } = parts(node);
  const name = buildName(building, tokens?.[0]);
  const model = buildName(building, tokens?.[1]);
  const rules = (rule ?? []).flatMap((entry) => buildRule(building, entry));
  if (name === undefined || model === undefined) return [];
  return [{ kind: "variant", span: nodeSpan(building, node), name, model, rules }];
}

function buildRule(building: Building, node: RuleCstNode): readonly VariantRule[] {
  const { share, experts, override } = parts(node);
  const span = nodeSpan(building, node);
  if (share?.[0]) {
    const { pattern, names } = parts(share[0]);
    const patterns = buildPatterns(building, pattern);
    const between = names?.[0] && buildNames(building, parts(names[0]).Name);
    if (between !== undefined) return [{ kind: "share", span, patterns, between }];
    const isAll = patterns.length === 1 && patterns[0]?.text === "all";
    return isAll ? [{ kind: "share_all", span }] : [{ kind: "share", span, patterns }];
  }
  if (experts?.[0]) return buildExperts(building, experts[0], span);
  const constant = override?.[0] && parts(override[0]).constant?.[0];
  const [binding] = constant === undefined ? [] : buildConstants(building, [constant], span).bindings;
  return binding === undefined ? [] : [{ kind: "override", ...binding }];
}

function buildExperts(building: Building, node: ExpertsCstNode, span: Span): readonly VariantRule[] {
  const { Name: names, For, expression, routing: routingNode, Balance } = parts(node);
  const label = buildName(building, names?.[0]);
  if (label === undefined) return [];
  const count = buildExpression(building, expression?.[0]);
  const modality = For ? buildName(building, names?.[1]) : undefined;
  const routing = routingNode?.[0] && buildRouting(building, routingNode[0]);
  const balance = Balance && buildExpression(building, expression?.[1]);
  const options = { ...(modality && { modality }), ...(routing && { routing }), ...(balance && { balance }) };
  return [{ kind: "experts", span, label, count, ...options }];
}

function buildRouting(building: Building, node: RoutingCstNode): Experts["routing"] {
  const { Name: how, expression } = parts(node);
  if (expression?.[0]) return { kind: "top", k: buildExpression(building, expression[0]) };
  const word = how?.[0];
  if (word === undefined) return undefined;
  if (word.image !== "expert_choice") {
    building.report(
      error(
        "MOT1001",
        tokenSpan(building, word),
        `expected \`expert_choice\` after \`by\`, found \`${word.image}\``,
        {
          label: "expected `expert_choice`",
          help: "experts choose their tokens with `by expert_choice`; tokens choose their experts with `top 2`",
        },
      ),
    );
  }
  return { kind: "expert_choice" };
}

type Experts = VariantRule & { readonly kind: "experts" };

function buildTrain(building: Building, node: TrainCstNode): readonly Anything[] {
  const { Name: token, setting, freeze } = parts(node);
  const model = buildName(building, token?.[0]);
  const words = (setting ?? []).flatMap((entry) => buildSetting(building, entry));
  const freezes = (freeze ?? []).flatMap((entry) => buildFreeze(building, entry));
  const settings = [...words, ...freezes].sort((a, b) => a.span.start - b.span.start);
  return model === undefined ? [] : [{ kind: "train", span: nodeSpan(building, node), model, settings }];
}

function buildFreeze(building: Building, node: FreezeCstNode): readonly Setting[] {
  const { Freeze: token, pattern } = parts(node);
  const word = buildName(building, token?.[0]);
  if (word === undefined) return [];
  const span = nodeSpan(building, node);
  const value = { kind: "missing", span } as const;
  return [{ span, word, value, patterns: buildPatterns(building, pattern) }];
}

/** Labels and parameter paths, as in `share`. */
function buildPatterns(building: Building, nodes: readonly PatternCstNode[] | undefined): readonly Name[] {
  const tokens = (nodes ?? []).flatMap((entry) => {
    const { Name: name, Path: path, Star: star } = parts(entry);
    return name?.[0] ?? path?.[0] ?? star?.[0] ?? [];
  });
  return buildNames(building, tokens);
}

function buildSetting(building: Building, node: SettingCstNode): readonly Setting[] {
  const { Name: token, callArguments, expression, DataName } = parts(node);
  const span = nodeSpan(building, node);
  const word = buildName(building, token?.[0]);
  if (word === undefined) return [];
  const list = callArguments?.[0];
  if (list !== undefined) return [{ span, word, value: buildCall(building, word, list) }];
  const name = buildName(building, DataName?.[0]);
  const value: Expression =
    name === undefined
      ? buildExpression(building, expression?.[0])
      : { kind: "reference", span: name.span, name };
  return [{ span, word, value }];
}
