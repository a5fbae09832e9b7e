// editor.ts: a text area that shows its text in colours, with line numbers, mistakes underlined, one line marked.
// In: text, what is wrong with it. Out: what the reader writes, and the line the caret is in.
// The area's own text is transparent; below it lies the same text, coloured. So typing, undoing, selecting, reading
// aloud are the browser's own.

import { colorSpec, type Kind, type Piece } from "./coloring.ts";
import { make } from "./dom.ts";

export type Mark = { readonly start: number; readonly end: number; readonly severity: "error" | "warning" };

export type Editor = {
  text(): string;
  /** Replaces all of it; the reader can undo that. */
  replace(text: string): void;
  /** Shows where mistakes are. */
  mark(marks: readonly Mark[]): void;
  /** Shows which line something else on the page is about, and brings it into view. */
  point(line: number | undefined): void;
  /** Puts the caret there. */
  goTo(line: number, column: number): void;
};

export type EditorEvents = {
  /** The text as it is after every change. */
  readonly onText: (text: string) => void;
  /** The line of the caret, when it moves to another. */
  readonly onLine: (line: number) => void;
};

export function createEditor(root: HTMLElement, { onText, onLine }: EditorEvents): Editor {
  const area = make("textarea", {
    ...{ class: "editor-area", spellcheck: "false", autocapitalize: "off", autocomplete: "off" },
    ...{ wrap: "off", "aria-label": "Spec", "aria-describedby": "messages" },
  });
  const paper = make("div", { class: "editor-paper", "aria-hidden": "true" });
  root.append(make("div", { class: "editor-sheet" }, paper, area));
  let marks: readonly Mark[] = [];
  let pointed: number | undefined;
  let caretLine = 0;

  const draw = (): void => {
    const lines = linesOf(area.value, colorSpec(area.value), marks);
    paper.replaceChildren(
      ...lines.map(({ nodes, isWrong }, i) => {
        const classes = `line${isWrong ? " line-wrong" : ""}${i + 1 === pointed ? " line-pointed" : ""}`;
        return make("div", { class: classes }, ...nodes);
      }),
    );
  };
  const followCaret = (): void => {
    const line = area.value.slice(0, area.selectionStart).split("\n").length;
    if (line === caretLine) return;
    caretLine = line;
    onLine(line);
  };

  area.addEventListener("input", () => {
    // Places of mistakes move with the text; they are looked for again soon.
    marks = [];
    draw();
    followCaret();
    onText(area.value);
  });
  area.addEventListener("selectionchange", followCaret);
  area.addEventListener("keyup", followCaret);
  area.addEventListener("click", followCaret);

  return {
    text: () => area.value,
    replace(text) {
      if (text === area.value) return;
      replaceAll(area, text);
      area.setSelectionRange(0, 0);
      root.scrollTo(0, 0);
      marks = [];
      draw();
      onText(text);
    },
    mark(found) {
      marks = found;
      draw();
    },
    point(line) {
      pointed = line;
      for (const each of paper.children)
        each.classList.toggle("line-pointed", each === paper.children[(line ?? 0) - 1]);
      if (line !== undefined) paper.children[line - 1]?.scrollIntoView({ block: "nearest" });
    },
    goTo(line, column) {
      const before = area.value.split("\n").slice(0, line - 1);
      const at = before.reduce((sum, { length }) => sum + length + 1, column - 1);
      area.focus();
      area.setSelectionRange(at, at);
      paper.children[line - 1]?.scrollIntoView({ block: "center" });
      followCaret();
    },
  };
}

/** As if typed, where the browser can do that, so that undo works; the deprecated call has no successor. */
function replaceAll(area: HTMLTextAreaElement, text: string): void {
  if (area.value === "") {
    area.value = text;
    return;
  }
  const hadFocus = document.activeElement === area;
  area.focus({ preventScroll: true });
  area.select();
  if (!document.execCommand("insertText", false, text)) area.value = text;
  if (!hadFocus) area.blur();
}

type Line = { readonly nodes: readonly (Node | string)[]; readonly isWrong: boolean };

/** Lines as nodes: coloured, and underlined where a mistake is. */
function linesOf(text: string, pieces: readonly Piece[], marks: readonly Mark[]): readonly Line[] {
  const edges = new Set([...pieces, ...marks].flatMap(({ start, end }) => [start, end]));
  const cuts = [...edges].sort((a, b) => a - b);
  let [begin, cut, piece] = [0, 0, 0];
  return text.split("\n").map((line): Line => {
    const end = begin + line.length;
    const isWrong = marks.some(({ start }) => begin <= start && start <= end);
    const nodes: (Node | string)[] = [];
    let at = begin;
    while (at < end) {
      while ((cuts[cut] ?? end) <= at && cut < cuts.length) cut += 1;
      const to = Math.min(cuts[cut] ?? end, end);
      while ((pieces[piece]?.end ?? Number.POSITIVE_INFINITY) <= at) piece += 1;
      const own = pieces[piece];
      const kind = own !== undefined && own.start <= at ? own.kind : undefined;
      const mark = marks.find((each) => each.start <= at && at < each.end);
      nodes.push(partOf(text.slice(at, to), kind, mark));
      at = to;
    }
    begin = end + 1;
    return { nodes, isWrong };
  });
}

function partOf(part: string, kind: Kind | undefined, mark: Mark | undefined): Node | string {
  if (kind === undefined && mark === undefined) return part;
  const classes = [
    ...(kind === undefined ? [] : [`c-${kind}`]),
    ...(mark === undefined ? [] : ["wrong", `wrong-${mark.severity}`]),
  ];
  return make("span", { class: classes.join(" ") }, part);
}
