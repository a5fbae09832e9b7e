// spec-panel.ts: the spec: choosing one, writing, checking as the reader writes, and what is wrong with it.
// In: the specs there are. Out: checked models, whenever the text changes. Messages are those of the command line.

import {
  checkAllSource,
  countLine,
  type Diagnostic,
  format,
  hasErrors,
  type Model,
  positionAt,
  renderDiagnostics,
  type Source,
} from "../browser.ts";
import { debounce, find, make } from "./dom.ts";
import { createEditor, type Editor } from "./editor.ts";
import type { Spec } from "./materials.ts";
import { terminalNodes } from "./terminal-text.ts";

export type CheckedSpec = {
  readonly source: Source;
  /** By variant; empty where something is wrong. */
  readonly models: ReadonlyMap<string, Model>;
  readonly isWrong: boolean;
  /** The variants that the spec's `compare` line names. */
  readonly compare: readonly string[];
};

export type SpecPanel = {
  /** Shows where a line of the spec is. */
  point(line: number | undefined): void;
  /** Checks what was just written, if it was not yet: nobody shall train an older text than they see. */
  settle(): void;
};

export type SpecEvents = {
  readonly onChecked: (spec: CheckedSpec) => void;
  /** The caret is in this line now. */
  readonly onLine: (line: number) => void;
};

const checkDelayMs = 200;

export function createSpecPanel(specs: readonly Spec[], chosen: string, events: SpecEvents): SpecPanel {
  const picker = find("spec-picker", HTMLSelectElement);
  const restore = find("spec-restore", HTMLButtonElement);
  picker.append(...specs.map(({ name }) => make("option", { value: name }, name)));
  const specOf = (name: string): Spec => specs.find((each) => each.name === name) ?? specs[0] ?? noSpec;
  let current = specOf(chosen);
  picker.value = current.name;

  const check = (): void => {
    const source = { name: current.name, text: editor.text() };
    restore.hidden = source.text === current.text;
    showChecked(editor, source, specs, events.onChecked);
  };
  const checkSoon = debounce(checkDelayMs, check);
  const editor = createEditor(find("editor", HTMLElement), { onText: checkSoon.call, onLine: events.onLine });
  const load = (spec: Spec): void => {
    current = spec;
    editor.replace(spec.text);
    check();
  };
  picker.addEventListener("change", () => load(specOf(picker.value)));
  restore.addEventListener("click", () => load(current));
  find("spec-format", HTMLButtonElement).addEventListener("click", () => {
    editor.replace(format({ name: current.name, text: editor.text() }).text);
    check();
  });
  load(current);
  return { point: editor.point, settle: checkSoon.settle };
}

const noSpec: Spec = { name: "new.mot", text: "" };

/** Checks a text and shows the result: one line that counts, the messages, and where they are. */
function showChecked(
  editor: Editor,
  source: Source,
  specs: readonly Spec[],
  onChecked: SpecEvents["onChecked"],
): void {
  const start = performance.now();
  const { models, compare, diagnostics } = checkAllSource(source, (path) =>
    specs.find(({ name }) => name === path),
  );
  const took = performance.now() - start;
  const own = diagnostics.filter(({ at }) => at.span.source.name === source.name);
  editor.mark(own.map(({ at, severity }) => ({ start: at.span.start, end: at.span.end, severity })));
  showMessages(editor, source, diagnostics);
  const isFine = !hasErrors(diagnostics);
  const status = find("spec-status", HTMLElement);
  const text = diagnostics.length > 0 ? countLine(diagnostics) : fineText(models.size);
  // Read aloud when it changes; the time always does.
  if (status.textContent !== text) status.textContent = text;
  status.title = `checked in ${Math.ceil(took)} ms`;
  status.className = isFine ? "status" : "status status-wrong";
  onChecked({ source, models: isFine ? models : new Map(), isWrong: !isFine, compare });
}

function fineText(modelCount: number): string {
  if (modelCount === 0) return "No model in it";
  return modelCount === 1 ? "One variant, no mistakes" : `${modelCount} variants, no mistakes`;
}

/** The command line's text, with a way to the place of each message. */
function showMessages(editor: Editor, source: Source, diagnostics: readonly Diagnostic[]): void {
  const messages = find("messages", HTMLElement);
  messages.hidden = diagnostics.length === 0;
  const places = diagnostics.slice(0, 8).flatMap(({ at }) => {
    if (at.span.source.name !== source.name) return [];
    const { line, column } = positionAt(source, at.span.start);
    const button = make("button", { type: "button", class: "link" }, `line ${line}`);
    button.addEventListener("click", () => editor.goTo(line, column));
    return [button];
  });
  messages.replaceChildren(
    make("p", { class: "places" }, ...places),
    make("pre", { tabindex: 0 }, ...terminalNodes(renderDiagnostics(diagnostics, { color: true }))),
  );
}
