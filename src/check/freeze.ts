// freeze.ts: `freeze text, block.*.norm`: which parameters training leaves as they are.
// In: the patterns of `train`, the parameters of a variant. Out: their indices, or a diagnostic.
// A pattern is a label, a modality (all that it alone uses), or a path with `*`, written with the modality or without.
// It has to fit the model as it is written: a variant that shares what a modality had to itself freezes less of it, and
// `motley plan` says how much.

import { error } from "../diagnostics/diagnostic.ts";
import { didYouMean, enumeration } from "../diagnostics/suggest.ts";
import type { Name, Variant } from "../syntax/ast.ts";
import type { Declarations } from "./declare.ts";
import type { Objective, Operation, Parameter, ParameterIndex, ValueIndex } from "./model.ts";
import { comparedBy, operandsOf, parametersOf } from "./operands.ts";
import type { Reporter } from "./report.ts";
import { matchesPath, matchSites, type Placement } from "./share.ts";
import { joinPath, type Site } from "./state.ts";

export type FreezeInput = {
  readonly declarations: Declarations;
  readonly placement: Placement;
  readonly operations: readonly Operation[];
  readonly objectives: readonly Objective[];
  readonly variant: Variant | undefined;
};

/** The parameters that are frozen. */
export function frozenBy(input: FreezeInput, reporter: Reporter): ReadonlySet<ParameterIndex> {
  const frozen = new Set<ParameterIndex>();
  const patterns = input.declarations.train?.settings.flatMap(({ patterns: named }) => named ?? []) ?? [];
  for (const pattern of patterns) {
    const found = matching(input, pattern);
    if (found === undefined) reportNoMatch(input, pattern, reporter);
    else for (const index of found) frozen.add(index);
  }
  const [first] = patterns;
  if (first !== undefined && frozen.size > 0) checkObjectives(input, frozen, first, reporter);
  return frozen;
}

/** The parameters of a pattern; `undefined` where the model as written has nothing of that name. */
function matching(input: FreezeInput, pattern: Name): readonly ParameterIndex[] | undefined {
  const { declarations, placement } = input;
  const sites = [...placement.indexOf.keys()];
  const modalities = namesOf(input);
  const modality = modalities.indexOf(pattern.text);
  const isLabel = declarations.labels.has(pattern.text);
  if (modality >= 0 && !isLabel) {
    const isOwn = ({ modalities: users }: Parameter): boolean => users.length === 1 && users[0] === modality;
    const exists = sites.some((site) => site.around !== undefined && site.entries.has(modality));
    const own = placement.parameters.flatMap((parameter, index) => (isOwn(parameter) ? [index] : []));
    return exists || own.length > 0 ? own : undefined;
  }
  const matched = matchSites(sites, pattern);
  if (matched.length > 0 || isLabel)
    return matched.flatMap((site) => [...(placement.indexOf.get(site)?.values() ?? [])]);
  const parts = pattern.text.split("*");
  const written = sites.flatMap((site) =>
    unsharedPaths(site, modalities).flatMap(({ path, modality }) =>
      matchesPath(path, parts) ? [{ site, modality }] : [],
    ),
  );
  const named = placement.parameters.flatMap(({ path }, index) => (matchesPath(path, parts) ? [index] : []));
  const copies = written.flatMap(({ site, modality }) => ownCopy(placement, site, modality));
  return written.length + named.length > 0 ? [...new Set([...named, ...copies])] : undefined;
}

/** One expert's copy of what the pattern names, if only that modality uses it. */
function ownCopy(
  { parameters, indexOf }: Placement,
  site: Site,
  modality: number,
): readonly ParameterIndex[] {
  const index = site.expert === undefined ? undefined : indexOf.get(site)?.get(modality);
  return index !== undefined && parameters[index]?.modalities.length === 1 ? [index] : [];
}

const namesOf = ({ declarations }: FreezeInput): readonly string[] =>
  declarations.modalities.map(({ name }) => name.text);

/** What a site's tensors are called where no rule shares them; an expert's copy by the name of the original as well. */
function unsharedPaths(
  { around, entries, expert }: Site,
  modalities: readonly string[],
): readonly { readonly path: string; readonly modality: number }[] {
  return [around, expert?.original.around].flatMap((each) =>
    each === undefined
      ? []
      : [...entries.keys()].map((modality) => ({
          path: joinPath(each.before, modalities[modality] ?? "", each.after),
          modality,
        })),
  );
}

/** The paths of the model as it is written: experts and routers are not in it. */
function writtenPaths(sites: readonly Site[]): readonly string[] {
  const written = sites.filter(({ follows }) => follows === undefined);
  return [
    ...new Set(
      written.map(({ path, expert }) =>
        (expert?.original.path ?? path).replace(/(?<=^|\.)\d+(?=\.|$)/g, "*"),
      ),
    ),
  ];
}

function reportNoMatch(input: FreezeInput, pattern: Name, reporter: Reporter): void {
  const labels = [...input.declarations.labels];
  const modalities = namesOf(input);
  const paths = writtenPaths([...input.placement.indexOf.keys()]);
  const listed = (names: readonly string[]): string => enumeration(names.map((name) => `\`${name}\``));
  const shown = paths.slice(0, 8);
  const isModality = modalities.includes(pattern.text);
  reporter.report(
    error(
      "MOT3008",
      pattern.span,
      isModality
        ? `\`${pattern.text}\` has no parameter of its own to freeze`
        : `\`${pattern.text}\` matches no label, no modality and no parameter`,
      {
        note: `${labels.length === 0 ? "there are no labels" : `the labels are ${listed(labels)}`}; paths are ${listed(shown)}${paths.length > shown.length ? ", …" : ""}`,
        help: isModality
          ? "only what stands inside `per modality` belongs to one modality"
          : didYouMean(pattern.text, [...labels, ...modalities, ...paths]),
      },
    ),
  );
}

/** Each objective must reach something that may change. */
function checkObjectives(
  { placement, operations, objectives, variant }: FreezeInput,
  frozen: ReadonlySet<ParameterIndex>,
  pattern: Name,
  reporter: Reporter,
): void {
  for (const objective of objectives) {
    const needed = parametersBehind(operations, comparedBy(objective));
    if (needed.size === 0 || [...needed].some((index) => !frozen.has(index))) continue;
    const some = [...needed].slice(0, 4).map((index) => `\`${placement.parameters[index]?.path}\``);
    const more = needed.size > some.length ? ` and ${needed.size - some.length} more` : "";
    reporter.report(
      error("MOT3009", pattern.span, "everything that an objective depends on is frozen", {
        label: variant === undefined ? "frozen here" : `frozen here, in variant \`${variant.name.text}\``,
        also: [{ span: objective.span, text: `needs ${some.join(", ")}${more}` }],
        note: "no step would change this loss",
        help: "leave something of it free, or remove the objective",
      }),
    );
    return;
  }
}

/**
 * The parameters that rows of these values depend on. Rows of a modality stay among themselves, with its weights alone,
 * until attention: there every row may read every other.
 */
function parametersBehind(
  operations: readonly Operation[],
  of: readonly ValueIndex[],
): ReadonlySet<ParameterIndex> {
  const found = new Set<ParameterIndex>();
  const reached = new Map<ValueIndex, Set<number>>();
  const reach = (value: ValueIndex, rows: readonly number[]): void => {
    const own = new Set(
      operations[value]?.shape.widths.flatMap((width, m) => (width === undefined ? [] : [m])),
    );
    const known = reached.get(value) ?? new Set();
    for (const m of rows) if (own.has(m)) known.add(m);
    reached.set(value, known);
  };
  for (const value of of) reach(value, everyRow(operations[value]));
  // An operand is an earlier operation.
  for (let index = Math.max(...of); index >= 0; index -= 1) {
    const operation = operations[index];
    const rows = reached.get(index) ?? new Set();
    if (operation === undefined || rows.size === 0) continue;
    const parameters = parametersOf(operation);
    // Groups of routed rows are no modalities.
    const isRouted = operation.kind === "combine" || operation.shape.routing !== undefined;
    const mixes = operation.kind === "attention" || isRouted;
    for (const operand of operandsOf(operation))
      reach(operand, mixes ? everyRow(operations[operand]) : [...rows]);
    const weights =
      operation.kind === "embed" || isRouted ? parameters : parameters.filter((_, m) => rows.has(m));
    for (const weight of weights) if (weight !== undefined) found.add(weight);
  }
  return found;
}

function everyRow(operation: Operation | undefined): readonly number[] {
  return operation?.shape.widths.map((_, m) => m) ?? [];
}
