// share.ts: from parameter sites to parameters: what a variant shares, and what each tensor is called.
// In: a run's draft and the variant's `share` rules. Out: parameters, and operations that refer to them.
// Idea: a rule says which modalities of which sites hold one tensor. A site shared by all is written without its
// modality (`block.0.ffn.gate`), by some with their names joined (`block.0.ffn.image+speech.gate`).

import { error } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import { didYouMean, enumeration } from "../diagnostics/suggest.ts";
import type { Name, Variant, VariantRule } from "../syntax/ast.ts";
import { findModality } from "./constants.ts";
import type { Parameter } from "./model.ts";
import type { Reporter } from "./report.ts";
import { joinPath, type Site, type SiteEntry } from "./state.ts";
import { distinctLabels, formatDims } from "./values.ts";

/** The parameters, and for each site the parameter of each modality. */
export type Placement = {
  readonly parameters: readonly Parameter[];
  readonly indexOf: ReadonlyMap<Site, ReadonlyMap<number, number>>;
};

/** One rule on one site: these modalities hold one tensor; `undefined` for all. */
type Tie = { readonly members: readonly number[] | undefined; readonly span: Span };

const standardDeviation = 0.02;

export type Known = {
  /** Labels as written: sharing a block without parameters changes nothing and is no mistake. */
  readonly labels: ReadonlySet<string>;
  /** False where mistakes may have kept sites from being recorded. */
  readonly areSitesComplete: boolean;
};

/** Decides the tensors of every site under a variant's rules. */
export function placeParameters(
  sites: readonly Site[],
  variant: Variant | undefined,
  known: Known,
  modalityNames: readonly string[],
  reporter: Reporter,
): Placement {
  const ties = collectTies(sites, variant, known, modalityNames, reporter);
  const parameters: Parameter[] = [];
  const indexOf = new Map<Site, ReadonlyMap<number, number>>();
  const paths = new Map<string, Span>();
  for (const site of sites) {
    const indices = new Map<number, number>();
    for (const group of groupsOf(site, tiesOf(site, ties, modalityNames.length), modalityNames.length)) {
      checkShapes(site, group, modalityNames, reporter);
      const parameter = makeParameter(site, group, modalityNames);
      if (parameter === undefined) continue;
      const taken = paths.get(parameter.path);
      if (taken !== undefined)
        reporter.report(
          error("MOT2012", parameter.span, `a second parameter with the path \`${parameter.path}\``, {
            also: [{ span: taken, text: `\`${parameter.path}\` is made here` }],
          }),
        );
      paths.set(parameter.path, parameter.span);
      for (const modality of group.members) indices.set(modality, parameters.length);
      parameters.push(parameter);
    }
    indexOf.set(site, indices);
  }
  return { parameters, indexOf };
}

// ---- rules -----------------------------------------------------------------------------------------------------

function collectTies(
  sites: readonly Site[],
  variant: Variant | undefined,
  known: Known,
  modalityNames: readonly string[],
  reporter: Reporter,
): ReadonlyMap<Site, readonly Tie[]> {
  const ties = new Map<Site, Tie[]>();
  const add = (site: Site, tie: Tie): void => void ties.set(site, [...(ties.get(site) ?? []), tie]);
  for (const rule of variant?.rules ?? []) {
    if (rule.kind === "share_all")
      for (const site of sites) add(site, { members: undefined, span: rule.span });
    if (rule.kind !== "share") continue;
    const members = rule.between === undefined ? undefined : membersOf(rule, modalityNames, reporter);
    for (const pattern of rule.patterns) {
      const matched = matchSites(sites, pattern);
      const isLost = /[.*]/.test(pattern.text) && !known.areSitesComplete;
      if (matched.length === 0 && !known.labels.has(pattern.text) && !isLost)
        reportNoMatch(sites, known, pattern, reporter);
      const isFaulty = rule.between !== undefined && members === undefined;
      if (!isFaulty) for (const site of matched) add(site, { members, span: pattern.span });
    }
  }
  return ties;
}

function membersOf(
  rule: Extract<VariantRule, { kind: "share" }>,
  modalityNames: readonly string[],
  reporter: Reporter,
): readonly number[] | undefined {
  const names = rule.between ?? [];
  const found = names.map((name) => findModality(name, modalityNames, reporter));
  const members = [...new Set(found)].filter((modality) => modality !== undefined).sort((a, b) => a - b);
  if (found.includes(undefined)) return undefined;
  if (members.length >= 2) return members;
  reporter.report(
    error("MOT2031", rule.span, "`between` needs at least two different modalities", {
      help: "without `between` a block is shared by all",
    }),
  );
  return undefined;
}

/** A plain name is a label first; otherwise it is a path without modality, where `*` stands for anything. */
export function matchSites(sites: readonly Site[], pattern: Name): readonly Site[] {
  const labelled = sites.filter((site) => site.label === pattern.text);
  if (labelled.length > 0) return labelled;
  const parts = pattern.text.split("*");
  return sites.filter(
    ({ path, expert }) => matchesPath(path, parts) || (expert && matchesPath(expert.original.path, parts)),
  );
}

export function matchesPath(path: string, parts: readonly string[]): boolean {
  const [first = "", ...rest] = parts;
  const last = rest.at(-1);
  if (last === undefined) return path === first;
  if (!path.startsWith(first) || !path.endsWith(last) || path.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const part of rest.slice(0, -1)) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= path.length - last.length;
}

function reportNoMatch(sites: readonly Site[], known: Known, pattern: Name, reporter: Reporter): void {
  const labels = [...known.labels];
  const routed = sites.filter((site) => site.around !== undefined);
  const paths = [...new Set(routed.map((site) => site.path.replace(/(?<=^|\.)\d+(?=\.|$)/g, "*")))];
  const shown = paths.slice(0, 8).map((path) => `\`${path}\``);
  const existing =
    routed.length === 0
      ? "nothing in this model is per modality"
      : `the labels are ${labels.length === 0 ? "none" : enumeration(labels.map((label) => `\`${label}\``))}; paths are ${shown.join(", ")}${paths.length > 8 ? ", …" : ""}`;
  reporter.report(
    error("MOT2031", pattern.span, `\`${pattern.text}\` matches no label and no parameter`, {
      note: existing,
      help: didYouMean(pattern.text, [...labels, ...paths]),
    }),
  );
}

// ---- groups ----------------------------------------------------------------------------------------------------

/** Modalities of a site that hold one tensor. `isShared`: a rule says so, even where only one of them has the call. */
type Group = {
  readonly members: readonly number[];
  readonly isShared: boolean;
  readonly isByAll: boolean;
  readonly rule?: Span;
};

function groupsOf(site: Site, ties: readonly Tie[], modalityCount: number): readonly Group[] {
  const present = [...site.entries.keys()].sort((a, b) => a - b);
  const all = ties.find((tie) => tie.members === undefined);
  if (site.around === undefined) return [{ members: present, isShared: true, isByAll: true }];
  if (all !== undefined) return [{ members: present, isShared: true, isByAll: true, rule: all.span }];
  const root = new Map(present.map((modality) => [modality, modality]));
  for (const tie of ties) {
    const members = new Set(tie.members?.filter((modality) => root.has(modality)));
    const roots = new Set([...members].flatMap((modality) => root.get(modality) ?? []));
    const least = Math.min(...roots);
    for (const [modality, own] of root) if (roots.has(own)) root.set(modality, least);
  }
  return [...new Set(root.values())].map((own) => {
    const members = present.filter((modality) => root.get(modality) === own);
    const rule = ties.find((tie) => tie.members?.some((modality) => members.includes(modality)))?.span;
    const isShared = members.length > 1;
    return {
      members,
      isShared,
      isByAll: members.length === modalityCount && isShared,
      ...(rule && { rule }),
    };
  });
}

/** What rules say of a site; a router is shared where the linears it routes to are. */
function tiesOf(site: Site, ties: ReadonlyMap<Site, readonly Tie[]>, modalityCount: number): readonly Tie[] {
  const own = ties.get(site) ?? [];
  const followed = (site.follows ?? []).flatMap((linears) => {
    const groups = linears.map((linear) => groupsOf(linear, ties.get(linear) ?? [], modalityCount));
    const together = (a: number, b: number): boolean =>
      groups.every((each) => each.some(({ members }) => members.includes(a) && members.includes(b)));
    return [...site.entries].flatMap(([a, { span }]) => {
      const members = [...site.entries.keys()].filter((b) => together(a, b));
      return members.length > 1 ? [{ members, span }] : [];
    });
  });
  return [...own, ...followed];
}

function checkShapes(site: Site, group: Group, modalityNames: readonly string[], reporter: Reporter): void {
  const [first, ...rest] = group.members;
  const reference = first === undefined ? undefined : site.entries.get(first);
  if (first === undefined || reference === undefined || group.rule === undefined) return;
  for (const modality of rest) {
    const entry = site.entries.get(modality);
    if (entry === undefined || String(entry.shape) === String(reference.shape)) continue;
    const describe = (m: number, e: SiteEntry): string => `${formatDims(e.shape)} for ${modalityNames[m]}`;
    const [a, b] = [describe(first, reference), describe(modality, entry)];
    const labels = distinctLabels([
      { span: reference.span, text: reference.span === entry.span ? `${a}, ${b}` : a },
      { span: entry.span, text: b },
    ]);
    reporter.report(
      error("MOT2032", group.rule, `\`${site.path}\` cannot be shared: it is ${a} and ${b}`, {
        also: labels,
        help: "give the constants behind these widths one value in this variant, or share something else",
      }),
    );
    return;
  }
}

function makeParameter(site: Site, group: Group, modalityNames: readonly string[]): Parameter | undefined {
  const [first] = group.members;
  const entry = first === undefined ? undefined : site.entries.get(first);
  if (first === undefined || entry === undefined) return undefined;
  const names = group.members.map((modality) => modalityNames[modality] ?? "").join("+");
  const path =
    site.around === undefined || group.isByAll
      ? site.path
      : joinPath(site.around.before, names, site.around.after);
  const deviations = group.members.flatMap((modality) => {
    const each = site.entries.get(modality);
    return each === undefined ? [] : [deviationOf(each)];
  });
  return {
    path,
    shape: entry.shape,
    initial: entry.initial === "ones" ? { kind: "ones" } : { kind: "normal", std: Math.min(...deviations) },
    drawPath: site.path,
    drawIndex: group.isShared ? 0 : first,
    modalities: group.members,
    ...(site.expert && { expert: { routing: site.expert.routing, index: site.expert.index } }),
    span: entry.span,
  };
}

/** Linears that end in `+=` inside repeats start smaller, so that the stream does not grow with depth. */
function deviationOf(entry: SiteEntry): number {
  const isSmaller = entry.isResidual && entry.depth > 0;
  return isSmaller ? standardDeviation / Math.sqrt(2 * entry.depth) : standardDeviation;
}
