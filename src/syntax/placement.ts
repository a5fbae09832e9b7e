// placement.ts: which declarations and statements may stand where.
// In: the items of one block and what kind of block it is. Out: those that may stand there; the others are reported.
// A run of misplaced items is reported once: a `}` too many misplaces everything after it.

import { error } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import type { Arm, Constants, Item, Modality, PerModality, Statement } from "./ast.ts";
import type { Building } from "./expressions.ts";

/** A call that stands alone; it is reported and dropped. */
type Loose = { readonly kind: "loose"; readonly span: Span };
export type Anything = Item | Constants | Modality | Statement | Arm | Loose;
export type Place = "file" | "model" | "layer" | "repeat" | "per modality" | "arm";

const everywhereInside = ["model", "layer", "repeat", "per modality", "arm"] as const;
const allowed: { readonly [K in Anything["kind"]]: readonly Place[] } = {
  import: ["file"],
  model: ["file"],
  variant: ["file"],
  train: ["file"],
  compare: ["file"],
  layer: ["file", "model"],
  constants: ["model"],
  modality: ["model"],
  objective: ["model"],
  return: ["layer"],
  binding: everywhereInside,
  per_modality: everywhereInside,
  repeat: everywhereInside,
  arm: ["per modality"],
  // Reported as a value that is not kept.
  loose: everywhereInside,
};

const called: { readonly [K in Anything["kind"]]: string } = {
  import: "`import`",
  model: "a model",
  variant: "a variant",
  train: "`train`",
  compare: "`compare`",
  layer: "a layer",
  constants: "`const`",
  modality: "a modality",
  objective: "an objective",
  return: "`return`",
  binding: "a statement",
  per_modality: "`per modality`",
  repeat: "`repeat`",
  arm: "an arm",
  loose: "a statement",
};

const placeNames: { readonly [P in Place]: string } = {
  file: "outside of a model or layer",
  model: "directly in a model",
  layer: "directly in a layer",
  repeat: "in `repeat`",
  "per modality": "in `per modality`",
  arm: "in an arm",
};

/** Those of `items` that may stand in `where`. */
export function place(building: Building, where: Place, items: readonly Anything[]): readonly Anything[] {
  let isInRun = false;
  return items.filter((item) => {
    const isAllowed = allowed[item.kind].includes(where);
    if (!isAllowed && !isInRun) reportMisplaced(building, where, item);
    isInRun = !isAllowed;
    if (isAllowed && item.kind === "loose") {
      const help = "give it a name, `y = …`, or add it to one, `x += …`";
      building.report(
        error("MOT1012", item.span, "the result of this call is not kept", {
          label: "computed for nobody",
          help,
        }),
      );
    }
    return isAllowed && item.kind !== "loose";
  });
}

/** The content of a `per modality` block: arms, or statements, but not both. */
export function armsOrBody(
  building: Building,
  items: readonly Anything[],
): Pick<PerModality, "arms" | "body"> {
  const arms = items.filter((item) => item.kind === "arm");
  const statements = items.filter((item) => item.kind !== "arm");
  const [firstArm] = arms;
  const [firstStatement] = statements;
  if (firstArm === undefined) return { body: statements as readonly Statement[] };
  if (firstStatement !== undefined) {
    building.report(
      error("MOT1014", headOf(firstStatement), "arms and statements stand in one `per modality` block", {
        label: "a statement that every modality runs",
        also: [{ span: firstArm.modality.span, text: "an arm, for one modality" }],
        help: "move the statement into each arm, or into a `per modality` block of its own",
      }),
    );
  }
  return { arms };
}

function reportMisplaced(building: Building, where: Place, item: Anything): void {
  const homes = allowed[item.kind];
  const home =
    homes.length > 2 ? "in a model or a layer" : homes.map((entry) => homeNames[entry]).join(", or ");
  building.report(
    error("MOT1013", headOf(item), `${called[item.kind]} cannot stand ${placeNames[where]}`, {
      label: where === "file" ? "no `{` is open here" : `${placeNames[where]}`,
      help:
        item.kind === "arm"
          ? "an arm belongs in `per modality { … }`"
          : `${called[item.kind]} stands ${home}`,
    }),
  );
}

const homeNames: { readonly [P in Place]: string } = { ...placeNames, file: "at the top level of a file" };

/** The first line of an item: a label under a whole block says nothing. */
function headOf(item: Anything): Span {
  if (item.kind === "per_modality") return item.header;
  if (item.kind === "arm") return item.modality.span;
  const { source, start, end } = item.span;
  const newline = source.text.slice(start, end).search(/\s*(?:\{|[\r\n])/);
  return { source, start, end: newline < 1 ? end : start + newline };
}
