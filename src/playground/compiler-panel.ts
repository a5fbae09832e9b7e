// compiler-panel.ts: what the spec becomes: every stage of the compiler as text, and the generated code kernel by kernel.
// In: checked models. Out: a reader with tabs; lines know the line of the spec that they come from.
// Nothing is compiled before somebody looks, and no variant twice for one target.

import type { Model } from "../browser.ts";
import { type Code, codeOf, usesText } from "./code-list.ts";
import { find, make } from "./dom.ts";
import { runStages, type Staged, type StageId, stages, type TargetName } from "./stages.ts";
import { createTextView } from "./text-view.ts";

export type CompilerPanel = {
  /** None: the spec has mistakes at present. */
  show(models: ReadonlyMap<string, Model>): void;
  /** Marks what comes from this line of the spec. */
  mark(specLine: number): void;
};

export function createCompilerPanel(onLine: (specLine: number) => void): CompilerPanel {
  const variantPicker = find("compiler-variant", HTMLSelectElement);
  const targetPicker = find("compiler-target", HTMLFieldSetElement);
  const codes = createCodeList(onLine);
  const view = createTextView(find("reader-text", HTMLElement), onLine);
  let models: ReadonlyMap<string, Model> = new Map();
  let known = new Map<string, Staged | Error>();
  let stage: StageId = "code";
  let isStale = false;
  let wasShown = false;

  const staged = (): Staged | Error | undefined => {
    const model = models.get(variantPicker.value);
    if (model === undefined) return undefined;
    const key = `${targetName(targetPicker)} ${model.variant}`;
    const result = known.get(key) ?? attempt(model, targetName(targetPicker));
    known.set(key, result);
    return result;
  };
  const draw = (): void => {
    if (!wasShown) return;
    const result = staged();
    const isCode = stage === "code" && result !== undefined && !(result instanceof Error);
    find("codes", HTMLElement).hidden = !isCode;
    find("reader-head", HTMLElement).hidden = !isCode;
    find("stage-says", HTMLElement).textContent = `${saysOf(stage, result)}${isStale ? staleNote : ""}`;
    if (result === undefined || result instanceof Error) view.show("", result?.message ?? "", "stage");
    else if (stage === "code")
      codes.show(codeOf(result.artifact), ({ name, text, language }) => view.show(name, text, language));
    else view.show(stage, result.texts.get(stage) ?? "", "stage");
  };
  createTabs((chosen) => {
    stage = chosen;
    draw();
  }, stage);
  variantPicker.addEventListener("change", draw);
  targetPicker.addEventListener("change", draw);
  const drawWhenSeen = whenSeen(find("compiler", HTMLElement), draw);

  return {
    show(found) {
      wasShown = true;
      // While something is wrong, what was there before the mistake stays.
      isStale = found.size === 0 && models.size > 0;
      if (isStale) {
        drawWhenSeen();
        return;
      }
      models = found;
      known = new Map();
      const before = variantPicker.value;
      const names = [...models.keys()];
      variantPicker.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
      variantPicker.disabled = names.length < 2;
      // What is special about this language shows in a variant that shares nothing.
      variantPicker.value = [before, "mot"].find((name) => models.has(name)) ?? names[0] ?? "";
      drawWhenSeen();
    },
    mark(specLine) {
      view.mark(specLine);
      codes.mark(specLine);
    },
  };
}

const staleNote = " This is of the last text without mistakes.";

function targetName(picker: HTMLFieldSetElement): TargetName {
  return picker.querySelector<HTMLInputElement>("input:checked")?.value === "wasm" ? "wasm" : "wgsl";
}

function attempt(model: Model, target: TargetName): Staged | Error {
  if (model.objectives.length === 0)
    return new Error("this model has no objective, so there is no training step to compile");
  try {
    return runStages(model, target);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function saysOf(stage: StageId, result: Staged | Error | undefined): string {
  if (result === undefined) return "Nothing to show before the spec is free of mistakes.";
  if (result instanceof Error) return "This cannot be compiled.";
  const says = stages.find(({ id }) => id === stage)?.says ?? "";
  return `${says} All stages together took ${Math.round(result.elapsedMs)} ms.`;
}

/** Draws at once while the panel can be seen, else as soon as it can. */
function whenSeen(panel: HTMLElement, draw: () => void): () => void {
  let isSeen = false;
  let isStale = false;
  const observer = new IntersectionObserver(
    ([entry]) => {
      isSeen = entry?.isIntersecting === true;
      if (isSeen && isStale) draw();
      if (isSeen) isStale = false;
    },
    { rootMargin: "200px" },
  );
  observer.observe(panel);
  return () => {
    if (isSeen) draw();
    else isStale = true;
  };
}

/** One tab per stage, chosen by click or arrow keys. */
function createTabs(onChoice: (stage: StageId) => void, first: StageId): void {
  const list = find("stages", HTMLElement);
  const tabs = stages.map(({ id, title }) =>
    make("button", { type: "button", role: "tab", id: `stage-${id}`, "aria-controls": "stage" }, title),
  );
  const choose = (index: number): void => {
    for (const [i, tab] of tabs.entries()) {
      tab.setAttribute("aria-selected", String(i === index));
      tab.tabIndex = i === index ? 0 : -1;
    }
    const tab = tabs[index];
    if (tab !== undefined) list.scrollLeft = tab.offsetLeft - (list.clientWidth - tab.offsetWidth) / 2;
    const { id } = stages[index] ?? stages[0];
    find("stage", HTMLElement).setAttribute("aria-labelledby", `stage-${id}`);
    onChoice(id);
  };
  const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
  for (const [i, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(i));
    tab.addEventListener("keydown", ({ key }) => {
      const step = steps[key];
      if (step === undefined) return;
      const next = (i + step + tabs.length) % tabs.length;
      tabs[next]?.focus();
      choose(next);
    });
  }
  list.append(...tabs);
  choose(stages.findIndex(({ id }) => id === first));
}

/** The kernels to choose from, and what is said above the chosen one's text. */
function createCodeList(onLine: (specLine: number) => void) {
  const list = find("codes", HTMLElement);
  const head = find("reader-head", HTMLElement);
  let codes: readonly Code[] = [];
  let chosen = "";
  let marked: number | undefined;

  const drawMarks = (): void => {
    for (const [i, item] of [...list.children].entries())
      item.classList.toggle("marked", marked !== undefined && codes[i]?.lines.includes(marked) === true);
  };
  return {
    show(found: readonly Code[], onChoice: (code: Code) => void): void {
      codes = found;
      const buttons = codes.map(({ name, uses }) => {
        const launches = [...uses.values()].reduce((sum, each) => sum + each, 0);
        const often = launches === 0 ? [] : [make("small", { title: usesText(uses) }, `× ${launches}`)];
        return make("button", { type: "button" }, make("b", {}, name), ...often);
      });
      const choose = (index: number): void => {
        const code = codes[index];
        if (code === undefined) return;
        chosen = code.name;
        for (const [i, button] of buttons.entries()) button.setAttribute("aria-pressed", String(i === index));
        head.replaceChildren(...headOf(code, onLine));
        onChoice(code);
      };
      for (const [i, button] of buttons.entries()) button.addEventListener("click", () => choose(i));
      list.replaceChildren(...buttons.map((button) => make("li", {}, button)));
      drawMarks();
      // The same kernel as before, or the one that people look for first.
      const at = (isWanted: (code: Code) => boolean): number => codes.findIndex(isWanted);
      const before = at(({ name }) => name === chosen);
      choose(
        before >= 0
          ? before
          : Math.max(
              0,
              at(({ kinds }) => kinds.includes("attention")),
            ),
      );
    },
    mark(specLine: number): void {
      marked = specLine;
      drawMarks();
    },
  };
}

function headOf(
  { name, kinds, text, lines, uses }: Code,
  onLine: (specLine: number) => void,
): readonly Node[] {
  const copy = make("button", { type: "button", class: "quiet" }, "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
    setTimeout(() => {
      copy.textContent = "Copy";
    }, 1500);
  });
  const places = lines.map((line) => {
    const button = make("button", { type: "button", class: "link" }, String(line));
    button.addEventListener("click", () => onLine(line));
    return button;
  });
  const from = lines.length === 0 ? [] : [`spec ${lines.length === 1 ? "line" : "lines"} `, ...places];
  return [
    make("b", {}, name),
    make("span", {}, uses.size === 0 ? kinds.join(", ") : usesText(uses)),
    make("span", { class: "places" }, ...from),
    copy,
  ];
}
