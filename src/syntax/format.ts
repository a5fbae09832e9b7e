// format.ts: source → canonical text (`motley fmt`).
// In: a source. Out: its text in one layout, with all comments; a source with mistakes comes back as it is.
// What the author decided stays: blank lines, which block stands on one line, which settings share a line. The rest is
// fixed: two spaces, one statement per line, `=` aligned in runs of bindings, calls broken at 100 columns.
// Formatting twice changes nothing, and the tree is the same before and after; tests hold both.

import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import type { Source, Span } from "../diagnostics/source.ts";
import type {
  Arm,
  Constants,
  Expression,
  Item,
  Modality,
  Name,
  Setting,
  Statement,
  VariantRule,
} from "./ast.ts";
import { parse } from "./build.ts";
import { expressionText, flatText, quoted, widestText } from "./expression-text.ts";
import { closeBlock, finishPage, isInterrupted, openBlock, type Page, startPage, write } from "./page.ts";

type Printable = Item | Constants | Modality | Statement | Arm | VariantRule;

export type Formatted = { readonly text: string; readonly diagnostics: readonly Diagnostic[] };

/** The canonical text; with errors, the text as it was. */
export function format(source: Source): Formatted {
  const { file, diagnostics, comments } = parse(source);
  if (hasErrors(diagnostics)) return { text: source.text, diagnostics };
  const page = startPage(source, comments);
  printAll(page, 0, file.items);
  return { text: finishPage(page), diagnostics };
}

function printAll(page: Page, indent: number, items: readonly Printable[]): void {
  const widths = alignments(page, items);
  items.forEach((item, index) => {
    printItem(page, indent, item, widths[index] ?? 0);
  });
}

/** For each item that has a `=`, how wide what stands before it is made: the widest of its run. */
function alignments(page: Page, items: readonly Printable[]): readonly number[] {
  const widths = items.map(headWidth);
  let start = 0;
  items.forEach((item, index) => {
    const next = items[index + 1];
    if (next !== undefined && goesOn(page, item, next)) return;
    const widest = widths.slice(start, index + 1).reduce((a, b) => Math.max(a, b), 0);
    widths.fill(widest, start, index + 1);
    start = index + 1;
  });
  return widths;
}

/** True if the two are of one kind and end up on neighbouring lines. */
function goesOn(page: Page, item: Printable, next: Printable): boolean {
  if (item.kind !== next.kind) return false;
  if (item.kind === "variant" && item.rules.length > 0 && !isOnOneLine(page, item)) return false;
  return !isInterrupted(page, item.span.end, next.span.start, next.span.end);
}

function headWidth(item: Printable): number {
  switch (item.kind) {
    case "binding":
      return item.target.text.length + (item.operator === "+=" ? 1 : 0);
    case "modality":
    case "variant":
    case "override":
      return item.name.text.length;
    default:
      return 0;
  }
}

function printItem(page: Page, indent: number, item: Printable, width: number): void {
  switch (item.kind) {
    case "binding": {
      const sign = item.operator === "=" ? " =" : "+=";
      printValue(page, indent, `${item.target.text.padEnd(width)}${sign} `, item.value, item.span);
      break;
    }
    case "override":
      printValue(page, indent, `${item.name.text.padEnd(width)} = `, item.value, item.span);
      break;
    case "modality":
      printValue(page, indent, `modality ${item.name.text.padEnd(width)} = `, item.form, item.span);
      break;
    case "return":
      printValue(page, indent, "return ", item.value, item.span);
      break;
    case "objective": {
      const head = `objective ${names(item.modalities)} = `;
      printValue(page, indent, head, item.value, item.span);
      break;
    }
    case "import":
      write(page, indent, `import ${quoted(item.path.value)}`, item.span);
      break;
    case "compare":
      printList(page, indent, "compare ", item.variants, "", item.span);
      break;
    case "share_all":
      write(page, indent, "share all", item.span);
      break;
    case "share": {
      const tail = item.between === undefined ? "" : ` between ${names(item.between)}`;
      printList(page, indent, "share ", item.patterns, tail, item.span);
      break;
    }
    case "experts":
      printExperts(page, indent, item);
      break;
    case "constants":
      printConstants(page, indent, item);
      break;
    default:
      printBlock(page, indent, item, width);
      break;
  }
}

type WithBlock = Extract<
  Printable,
  { kind: "model" | "layer" | "variant" | "train" | "per_modality" | "arm" | "repeat" }
>;

function printBlock(page: Page, indent: number, item: WithBlock, width: number): void {
  const head = headOf(item, indent, width);
  if (item.kind === "variant" && item.rules.length === 0) {
    write(page, indent, head, item.span);
    return;
  }
  if (isOnOneLine(page, item)) {
    const content = item.kind === "train" ? settingsText(item.settings) : oneLine(contentOf(item)[0]);
    const text = content === "" ? `${head} {}` : `${head} { ${content} }`;
    if (content !== undefined && indent + text.length <= widestText) {
      write(page, indent, text, item.span);
      return;
    }
  }
  openBlock(page, indent, head, { ...item.span, end: item.span.start });
  if (item.kind === "train") printSettings(page, indent + 2, item.settings);
  else printAll(page, indent + 2, contentOf(item));
  closeBlock(page, indent, item.span.end);
}

function headOf(item: WithBlock, indent: number, width: number): string {
  switch (item.kind) {
    case "model":
    case "train":
      return `${item.kind} ${item.kind === "train" ? item.model.text : item.name.text}`;
    case "layer":
      return `layer ${item.name.text}(${names(item.parameters)})`;
    case "variant":
      return `variant ${item.name.text.padEnd(width)} = ${item.model.text}`;
    case "per_modality":
      return item.label === undefined ? "per modality" : `per modality ${item.label.text}`;
    case "arm":
      return item.modality.text;
    case "repeat":
      return `repeat ${expressionText(item.count, { column: indent + 7, indent, after: 2 })}`;
    default:
      return item satisfies never;
  }
}

function contentOf(item: Exclude<WithBlock, { kind: "train" }>): readonly Printable[] {
  if (item.kind === "variant") return item.rules;
  if (item.kind === "per_modality") return item.arms ?? item.body ?? [];
  return item.body;
}

/** A block whose braces stood on one line and that holds at most one thing; settings may be several. */
function isOnOneLine(page: Page, item: WithBlock): boolean {
  const { start, end } = item.span;
  const isBroken = page.source.text.slice(start, end).includes("\n");
  return !isBroken && (item.kind === "train" || contentOf(item).length <= 1);
}

/** The only thing in a block as text; nothing where it needs lines of its own. */
function oneLine(item: Printable | undefined): string | undefined {
  if (item === undefined) return "";
  switch (item.kind) {
    case "binding":
      return `${item.target.text} ${item.operator} ${flatText(item.value)}`;
    case "override":
      return `${item.name.text} = ${flatText(item.value)}`;
    case "return":
      return `return ${flatText(item.value)}`;
    case "share_all":
      return "share all";
    case "share":
      return `share ${names(item.patterns)}${item.between ? ` between ${names(item.between)}` : ""}`;
    case "experts":
      return expertsText(item);
    default:
      return undefined;
  }
}

function printValue(page: Page, indent: number, head: string, value: Expression, span: Span): void {
  write(page, indent, head + expressionText(value, { column: indent + head.length, indent, after: 0 }), span);
}

/** Names with commas between them; where they do not fit on a line, they go on deeper on the next. */
function printList(
  page: Page,
  indent: number,
  head: string,
  words: readonly Name[],
  tail: string,
  span: Span,
): void {
  const lines = [head];
  words.forEach((word, index) => {
    const isLast = index === words.length - 1;
    const text = word.text + (isLast ? tail : ",");
    const line = lines.at(-1) ?? "";
    const column = lines.length === 1 ? indent + line.length : line.length;
    if (index > 0 && column + 1 + text.length > widestText) lines.push(" ".repeat(indent + 4) + text);
    else lines[lines.length - 1] = line + (index > 0 ? " " : "") + text;
  });
  write(page, indent, lines.join("\n"), span);
}

function names(list: readonly Name[]): string {
  return list.map((name) => name.text).join(", ");
}

type Experts = Extract<VariantRule, { kind: "experts" }>;

function printExperts(page: Page, indent: number, item: Experts): void {
  write(page, indent, expertsText(item), item.span);
}

function expertsText(item: Experts): string {
  const modality = item.modality === undefined ? "" : ` for ${item.modality.text}`;
  const { routing } = item;
  const how =
    routing === undefined ? "" : routing.kind === "top" ? ` top ${flatText(routing.k)}` : " by expert_choice";
  const balance = item.balance === undefined ? "" : ` balance ${flatText(item.balance)}`;
  return `experts ${item.label.text}: ${flatText(item.count)}${modality}${how}${balance}`;
}

/** Constants that shared a line share one; the lines after the first are indented to its first name. */
function printConstants(page: Page, indent: number, item: Constants): void {
  const word = "const ";
  const rows = byLine(
    page.source,
    item.bindings,
    (binding) => {
      const column = indent + word.length + binding.name.text.length + 3;
      return `${binding.name.text} = ${expressionText(binding.value, { column, indent: indent + word.length, after: 1 })}`;
    },
    indent + word.length,
  );
  rows.forEach((row, index) => {
    const text = `${index === 0 ? word : ""}${row.text}${index === rows.length - 1 ? "" : ","}`;
    const span = index === 0 ? { ...row.span, start: item.span.start } : row.span;
    write(page, index === 0 ? indent : indent + word.length, text, span);
  });
}

function printSettings(page: Page, indent: number, settings: readonly Setting[]): void {
  for (const row of byLine(page.source, settings, (setting) => settingText(setting, indent), indent)) {
    write(page, indent, row.text, row.span);
  }
}

function settingsText(settings: readonly Setting[]): string {
  return settings.map((setting) => flatSetting(setting)).join(", ");
}

function flatSetting(setting: Setting): string {
  if (setting.patterns !== undefined) return `${setting.word.text} ${names(setting.patterns)}`;
  const value = flatText(setting.value);
  return isCallSetting(setting) ? value : `${setting.word.text} ${value}`;
}

function settingText(setting: Setting, indent: number): string {
  if (setting.patterns !== undefined) return flatSetting(setting);
  const head = isCallSetting(setting) ? "" : `${setting.word.text} `;
  return head + expressionText(setting.value, { column: indent + head.length, indent, after: 0 });
}

/** `adamw(…)`: the word is the callee. */
function isCallSetting({ word, value }: Setting): boolean {
  return value.kind === "call" && value.callee.span.start === word.span.start;
}

type Row = { readonly text: string; readonly span: Span };

/** Joins with commas what stood on one line of the source, as long as it fits. */
function byLine<T extends { readonly span: Span }>(
  source: Source,
  entries: readonly T[],
  print: (entry: T) => string,
  indent: number,
): readonly Row[] {
  const rows: Row[] = [];
  for (const entry of entries) {
    const text = print(entry);
    const row = rows.at(-1);
    const isSameLine = row !== undefined && !source.text.slice(row.span.end, entry.span.start).includes("\n");
    if (isSameLine && !row.text.includes("\n") && indent + row.text.length + 3 + text.length <= widestText) {
      rows[rows.length - 1] = { text: `${row.text}, ${text}`, span: { ...row.span, end: entry.span.end } };
    } else rows.push({ text, span: entry.span });
  }
  return rows;
}
