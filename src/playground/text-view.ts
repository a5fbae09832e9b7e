// text-view.ts: a long text to read: coloured, numbered, with lines that know which line of the spec they come from.
// In: text and its language. Out: elements, made as they come into view; until then a stretch of lines is plain text, so
// that the browser's search finds everything at once and a text of ten thousand lines costs nothing.

import { coloredLine, colorLine, type Language } from "./coloring.ts";
import { make } from "./dom.ts";

export type TextView = {
  /** `name` is what the text is of: another text of the same name keeps the reader's place. */
  show(name: string, text: string, language: Language): void;
  /** Marks the lines that come from this line of the spec. */
  mark(specLine: number | undefined): void;
};

/** Lines made at a time. */
const stretchLines = 100;

/** `onLine`: the reader chose a line that comes from this line of the spec. */
export function createTextView(root: HTMLElement, onLine: (specLine: number) => void): TextView {
  let marked: number | undefined;
  let shown: string | undefined;
  const fill = (stretch: HTMLElement, language: Language, first: number): void => {
    const lines = (stretch.textContent ?? "").split("\n").slice(0, -1);
    stretch.replaceChildren(
      ...lines.map((line) => {
        const from = language === "stage" ? specLineOf(line) : undefined;
        const isMarked = from !== undefined && from === marked;
        const attributes = { class: `line${isMarked ? " line-marked" : ""}`, "data-from": from };
        return make("div", attributes, ...coloredLine(line, colorLine(line, language)), "\n");
      }),
    );
    stretch.style.setProperty("counter-reset", `line ${first}`);
  };
  let watcher: IntersectionObserver | undefined;

  // Whoever scrolls by keyboard has to get there.
  root.tabIndex = 0;
  root.addEventListener("click", ({ target }) => {
    const line =
      target instanceof Element ? target.closest("[data-from]")?.getAttribute("data-from") : undefined;
    // Dragging over lines is for copying them.
    if (line !== undefined && line !== null && getSelection()?.isCollapsed !== false) onLine(Number(line));
  });

  return {
    show(name, text, language) {
      watcher?.disconnect();
      const place = name === shown ? { top: root.scrollTop, left: root.scrollLeft } : { top: 0, left: 0 };
      shown = name;
      const lines = text.trimEnd().split("\n");
      const body = make("pre", { class: "code", "data-language": language });
      const firstOf = new Map<Element, number>();
      for (let first = 0; first < lines.length; first += stretchLines) {
        const part = lines.slice(first, first + stretchLines);
        const stretch = make("div", { class: "stretch" }, `${part.join("\n")}\n`);
        stretch.style.setProperty("contain-intrinsic-height", `auto ${part.length * 1.5}em`);
        firstOf.set(stretch, first);
        body.append(stretch);
      }
      const observer = new IntersectionObserver(
        (entries) => {
          for (const { isIntersecting, target } of entries) {
            if (!isIntersecting || !(target instanceof HTMLElement)) continue;
            observer.unobserve(target);
            fill(target, language, firstOf.get(target) ?? 0);
          }
        },
        { root, rootMargin: "600px" },
      );
      for (const stretch of firstOf.keys()) observer.observe(stretch);
      watcher = observer;
      root.replaceChildren(body);
      root.scrollTo(place);
    },
    mark(specLine) {
      marked = specLine;
      for (const line of root.querySelectorAll("[data-from]"))
        line.classList.toggle("line-marked", line.getAttribute("data-from") === String(specLine));
    },
  };
}

/** `@21:14` or `@21` behind what a line says; the last one, since attributes may look alike. */
function specLineOf(line: string): number | undefined {
  const found = [...line.matchAll(/ @(\d+)(?::\d+)?(?=\s|$)/g)].at(-1)?.[1];
  return found === undefined ? undefined : Number(found);
}
