// expression-text.ts: expressions → canonical text, on one line where it fits and else broken inside of calls.
// In: an expression, the column it begins at and the indentation of its statement. Out: text without a final newline.
// Parentheses are in the tree, so that nothing has to be decided here about precedence.

import type { Argument, Expression } from "./ast.ts";

export const widestText = 100;
const step = 2;

/** `column` is where the text begins, `indent` where broken parts are indented from, `after` what must fit behind it. */
export type Room = { readonly column: number; readonly indent: number; readonly after: number };

export function expressionText(expression: Expression, room: Room): string {
  const flat = flatText(expression);
  return room.column + flat.length + room.after <= widestText ? flat : brokenText(expression, room);
}

export function flatText(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return expression.text;
    case "text":
      return quoted(expression.value);
    case "reference":
      return expression.name.text;
    case "call":
      return `${expression.callee.text}(${expression.arguments.map(argumentText).join(", ")})`;
    case "unary":
      return `-${flatText(expression.operand)}`;
    case "binary":
      return `${flatText(expression.left)} ${expression.operator} ${flatText(expression.right)}`;
    case "as":
      return `${flatText(expression.value)} as ${expression.name.text}`;
    case "tuple":
      return `(${expression.elements.map(flatText).join(", ")})`;
    case "record":
      return `{ ${expression.fields.map((field) => `${field.name.text}: ${flatText(field.value)}`).join(", ")} }`;
    case "parenthesized":
      return `(${flatText(expression.value)})`;
    case "missing":
      return "";
    default:
      return expression satisfies never;
  }
}

export function quoted(value: string): string {
  const escaped = value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return `"${escaped}"`;
}

function argumentText(argument: Argument): string {
  return `${argumentName(argument)}${flatText(argument.value)}`;
}

function argumentName(argument: Argument): string {
  return argument.name === undefined ? "" : `${argument.name.text}: `;
}

function brokenText(expression: Expression, room: Room): string {
  switch (expression.kind) {
    case "call": {
      if (expression.arguments.length === 0) return flatText(expression);
      const lines = expression.arguments.map((argument) =>
        line(argumentName(argument), argument.value, room),
      );
      return bracketed(`${expression.callee.text}(`, lines, ")", room);
    }
    case "tuple":
      return bracketed(
        "(",
        expression.elements.map((element) => line("", element, room)),
        ")",
        room,
        "",
      );
    case "record": {
      const lines = expression.fields.map((field) => line(`${field.name.text}: `, field.value, room));
      return bracketed("{", lines, "}", room);
    }
    case "parenthesized":
      return `(${expressionText(expression.value, { ...room, column: room.column + 1, after: room.after + 1 })})`;
    case "as": {
      const tail = ` as ${expression.name.text}`;
      return `${expressionText(expression.value, { ...room, after: room.after + tail.length })}${tail}`;
    }
    case "unary":
      return `-${expressionText(expression.operand, { ...room, column: room.column + 1 })}`;
    case "binary": {
      // The operator stays at the end of its line, where it shows that the expression goes on.
      const left = expressionText(expression.left, { ...room, after: step });
      const right = flatText(expression.right);
      const column = left.includes("\n")
        ? left.length - left.lastIndexOf("\n") - 1
        : room.column + left.length;
      const operator = ` ${expression.operator} `;
      if (column + operator.length + right.length + room.after <= widestText) return left + operator + right;
      const inner = { ...room, column: room.indent + step, indent: room.indent + step };
      return `${left}${operator.trimEnd()}\n${" ".repeat(inner.indent)}${expressionText(expression.right, inner)}`;
    }
    default:
      return flatText(expression);
  }
}

/** One argument, element or field on a line of its own. */
function line(name: string, value: Expression, room: Room): string {
  const indent = room.indent + step;
  return `${" ".repeat(indent)}${name}${expressionText(value, { column: indent + name.length, indent, after: 1 })}`;
}

/** A comma also follows the last line where the grammar allows it, so that lines can be moved about. */
function bracketed(left: string, lines: readonly string[], right: string, room: Room, last = ","): string {
  return `${left}\n${lines.join(",\n")}${last}\n${" ".repeat(room.indent)}${right}`;
}
