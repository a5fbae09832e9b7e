// expressions.ts: concrete expressions → tree.
// In: CST nodes, some of them left early by the parser. Out: expressions; `missing` where nothing can be made.
// Chains such as a + b + c are flat lists in the CST and lean to the left in the tree. The depth of the tree is
// limited here, because every later stage walks it recursively.

import type {
  ArgumentCstNode,
  CallArgumentsCstNode,
  ExpressionCstNode,
  FieldCstNode,
  GroupCstNode,
  OperandCstNode,
  ProductCstNode,
  RecordCstNode,
  SignedCstNode,
  ValueCstNode,
} from "../../grammar/cst.generated.ts";
import type { Token } from "../../grammar/tokens.ts";
import { type Diagnostic, error } from "../diagnostics/diagnostic.ts";
import { joinSpans, type Source, type Span } from "../diagnostics/source.ts";
import type { Argument, Binary, Call, Expression, Missing, Name, Record as RecordExpression } from "./ast.ts";

/** What building one file needs; `cursor` is the end of what was built last, the place of things that are missing. */
export type Building = {
  readonly source: Source;
  readonly report: (diagnostic: Diagnostic) => void;
  readonly depths: WeakMap<Expression, number>;
  cursor: number;
};

type CstNodeLike = {
  readonly children: object;
  readonly location?: { readonly startOffset: number; readonly endOffset?: number };
};

const deepestExpression = 200;

/** The children of a node, any of which may be missing where the parser gave up. */
export function parts<T extends CstNodeLike>(node: T): Partial<T["children"]> {
  return node.children;
}

export function tokenSpan(building: Building, token: Token): Span {
  const end = (token.endOffset ?? token.startOffset) + 1;
  building.cursor = end;
  return { source: building.source, start: token.startOffset, end };
}

export function nodeSpan(building: Building, node: CstNodeLike): Span {
  const start = node.location?.startOffset ?? Number.NaN;
  const end = (node.location?.endOffset ?? Number.NaN) + 1;
  if (Number.isNaN(start) || Number.isNaN(end)) return emptySpan(building);
  building.cursor = end;
  return { source: building.source, start, end };
}

/** Nothing where the parser found no name; a name that `repair` put in has empty text. */
export function buildName(building: Building, token: Token | undefined): Name | undefined {
  return token === undefined ? undefined : { text: token.image, span: tokenSpan(building, token) };
}

/** Those names of a list that have a text. */
export function buildNames(building: Building, tokens: readonly Token[] | undefined): readonly Name[] {
  return (tokens ?? []).flatMap((token) => {
    const name = buildName(building, token);
    return name === undefined || name.text === "" ? [] : [name];
  });
}

export function buildValue(building: Building, node: ValueCstNode | undefined): Expression {
  const record = node && parts(node).record?.[0];
  if (record !== undefined) return buildRecord(building, record);
  return buildExpression(building, node && parts(node).expression?.[0]);
}

export function buildExpression(building: Building, node: ExpressionCstNode | undefined): Expression {
  if (node === undefined) return missing(building);
  const { product, Plus, Minus } = parts(node);
  return chain(building, product ?? [], [...(Plus ?? []), ...(Minus ?? [])], buildProduct);
}

function buildProduct(building: Building, node: ProductCstNode): Expression {
  const { signed, Star, Slash } = parts(node);
  return chain(building, signed ?? [], [...(Star ?? []), ...(Slash ?? [])], buildSigned);
}

/** `operands[0] signs[0] operands[1] …`, leaning to the left. */
function chain<T extends CstNodeLike>(
  building: Building,
  operands: readonly T[],
  signs: readonly Token[],
  build: (building: Building, operand: T) => Expression,
): Expression {
  const first = operands[0];
  if (first === undefined) return missing(building);
  const inOrder = [...signs].sort((a, b) => a.startOffset - b.startOffset);
  if (inOrder.length > deepestExpression) return tooDeep(building, inOrder[deepestExpression]);
  let left = build(building, first);
  for (const [index, sign] of inOrder.entries()) {
    const operand = operands[index + 1];
    const right = operand === undefined ? missing(building) : build(building, operand);
    const operator = sign.image as Binary["operator"];
    const depth = 1 + Math.max(depthOf(building, left), depthOf(building, right));
    if (depth > deepestExpression) return tooDeep(building, sign);
    left = deeper(building, depth, {
      kind: "binary",
      span: joinSpans(left.span, right.span),
      operator,
      left,
      right,
    });
  }
  return left;
}

function buildSigned(building: Building, node: SignedCstNode): Expression {
  const { Minus, operand } = parts(node);
  let value = operand?.[0] === undefined ? missing(building) : buildOperand(building, operand[0]);
  for (const sign of (Minus ?? []).toReversed()) {
    const span = { ...value.span, start: sign.startOffset };
    const depth = 1 + depthOf(building, value);
    if (depth > deepestExpression) return tooDeep(building, sign);
    value = deeper(building, depth, { kind: "unary", span, operator: "-", operand: value });
  }
  return value;
}

function buildOperand(building: Building, node: OperandCstNode): Expression {
  const { alias } = parts(node);
  const value = buildBareOperand(building, node);
  const name = buildName(building, alias?.[0] && parts(alias[0]).Name?.[0]);
  if (name === undefined || name.text === "") return value;
  const depth = 1 + depthOf(building, value);
  return deeper(building, depth, { kind: "as", span: joinSpans(value.span, name.span), value, name });
}

function buildBareOperand(building: Building, node: OperandCstNode): Expression {
  const { NumberLiteral: number, Text: text, call, Name: name, group } = parts(node);
  if (number?.[0] !== undefined) return buildNumber(building, number[0]);
  if (text?.[0] !== undefined) return buildText(building, text[0]);
  if (call?.[0] !== undefined) {
    const { Name: callee, callArguments } = parts(call[0]);
    const named = buildName(building, callee?.[0]);
    if (named !== undefined && callArguments?.[0]) return buildCall(building, named, callArguments[0]);
    return missing(building);
  }
  if (group?.[0] !== undefined) return buildGroup(building, group[0]);
  const reference = buildName(building, name?.[0]);
  if (reference === undefined || reference.text === "") return missing(building);
  return { kind: "reference", span: reference.span, name: reference };
}

/** A number that `repair` put in has no text and is missing; a broken one has been reported and is missing too. */
function buildNumber(building: Building, token: Token): Expression {
  const span = tokenSpan(building, token);
  const value = Number(token.image.replaceAll("_", ""));
  if (token.image === "" || token.tokenType.name !== "NumberLiteral" || !Number.isFinite(value))
    return { kind: "missing", span };
  return { kind: "number", span, value, text: token.image };
}

/** Unescaped; an escape that does not exist has been reported and stands for the character itself. */
export function buildText(building: Building, token: Token): Expression & { readonly kind: "text" } {
  const inner = token.image.slice(1, token.tokenType.name === "Text" ? -1 : undefined);
  const value = inner.replace(/\\(.)/g, (_escape, letter: string) => {
    if (letter === "n") return "\n";
    return letter === "t" ? "\t" : letter;
  });
  return { kind: "text", span: tokenSpan(building, token), value };
}

/** A loop, since a list may be longer than the arguments a call may have. */
function deepest(building: Building, expressions: readonly Expression[]): number {
  let depth = 0;
  for (const expression of expressions) depth = Math.max(depth, depthOf(building, expression));
  return depth;
}

function buildGroup(building: Building, node: GroupCstNode): Expression {
  const elements = (parts(node).expression ?? []).map((element) => buildExpression(building, element));
  const span = nodeSpan(building, node);
  const [only] = elements;
  if (only === undefined) return missing(building);
  const depth = 1 + deepest(building, elements);
  if (elements.length === 1) return deeper(building, depth, { kind: "parenthesized", span, value: only });
  return deeper(building, depth, { kind: "tuple", span, elements });
}

/** The callee and its arguments; the span covers both. */
export function buildCall(building: Building, callee: Name, node: CallArgumentsCstNode): Call {
  const built = (parts(node).argument ?? []).map((entry) => buildArgument(building, entry));
  const span = joinSpans(callee.span, nodeSpan(building, node));
  const call: Call = { kind: "call", span, callee, arguments: built };
  deeper(
    building,
    1 +
      deepest(
        building,
        built.map(({ value }) => value),
      ),
    call,
  );
  return call;
}

function buildArgument(building: Building, node: ArgumentCstNode): Argument {
  const { Name: token, value } = parts(node);
  const name = buildName(building, token?.[0]);
  const built = buildValue(building, value?.[0]);
  const span = name === undefined ? built.span : joinSpans(name.span, built.span);
  return name === undefined ? { span, value: built } : { span, name, value: built };
}

function buildRecord(building: Building, node: RecordCstNode): RecordExpression {
  const fields = (parts(node).field ?? []).flatMap((field) => buildField(building, field));
  const record: RecordExpression = { kind: "record", span: nodeSpan(building, node), fields };
  deeper(
    building,
    1 +
      deepest(
        building,
        fields.map(({ value }) => value),
      ),
    record,
  );
  return record;
}

function buildField(building: Building, node: FieldCstNode): RecordExpression["fields"] {
  const { Name: token, expression } = parts(node);
  const name = buildName(building, token?.[0]);
  return name === undefined ? [] : [{ name, value: buildExpression(building, expression?.[0]) }];
}

export function missing(building: Building): Missing {
  return { kind: "missing", span: emptySpan(building) };
}

function emptySpan(building: Building): Span {
  return { source: building.source, start: building.cursor, end: building.cursor };
}

function depthOf(building: Building, expression: Expression): number {
  return building.depths.get(expression) ?? 0;
}

function deeper(building: Building, depth: number, expression: Expression): Expression {
  building.depths.set(expression, depth);
  return expression;
}

function tooDeep(building: Building, token: Token | undefined): Missing {
  if (token !== undefined) {
    const help = "give parts of it names, with `const` or with a binding";
    const message = `this expression is more than ${deepestExpression} operators long or deep`;
    const label = "the first that is too many";
    building.report(error("MOT1006", tokenSpan(building, token), message, { label, help }));
  }
  return missing(building);
}
