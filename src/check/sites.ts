// sites.ts: parameter sites: where a parameter-making call puts its tensor, and what it is called.
// In: the scope, the name, a shape per modality. Out: the site, recorded in the draft; a path given twice is reported.
// Idea: blocks with one label in one scope are one namespace, so arms add entries to one site, and a second entry for
// the same modality is the mistake.

import { error } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/source.ts";
import type { Name } from "../syntax/ast.ts";
import {
  extendPath,
  type Frame,
  joinPath,
  type Scope,
  type Site,
  type SiteEntry,
  type State,
} from "./state.ts";

export type SiteRequest = {
  readonly name: Name | undefined;
  readonly span: Span;
  readonly initial: SiteEntry["initial"];
  /** The shape for one modality of the scope. */
  readonly shape: (modality: number) => readonly number[];
};

/** The site of a call; a fresh, unrecorded one where the name is missing or taken (both reported). */
export function addSite(state: State, scope: Scope, request: SiteRequest): Site {
  const path = extendPath(scope, request.name?.text ?? "?");
  const whole = joinPath(path.before, path.after);
  const site: Site = {
    path: whole,
    entries: new Map(),
    ...(scope.routing === undefined ? {} : { around: { before: path.before, after: path.after } }),
    ...(scope.routing?.label === undefined ? {} : { label: scope.routing.label }),
  };
  if (request.name === undefined) return fill(site, scope, request);
  const known = state.draft.sites.get(whole);
  if (known === undefined) {
    state.draft.sites.set(whole, site);
    return fill(site, scope, request);
  }
  const taken = scope.modalities
    .map((modality) => known.entries.get(modality))
    .find((entry) => entry !== undefined);
  const isOneNamespace =
    (known.around === undefined) === (site.around === undefined) && known.label === site.label;
  if (taken !== undefined || !isOneNamespace) {
    const earlier = taken ?? [...known.entries.values()][0];
    if (earlier !== undefined) reportTaken(state, scope, request, whole, earlier);
    return fill(site, scope, request);
  }
  return fill(known, scope, request);
}

function fill(site: Site, scope: Scope, request: SiteRequest): Site {
  for (const modality of scope.modalities) {
    site.entries.set(modality, {
      shape: request.shape(modality),
      initial: request.initial,
      span: request.span,
      frames: scope.frames,
      depth: scope.depth,
      isResidual: false,
    });
  }
  return site;
}

/** Blames the outermost call that differs: two calls of one layer, or two calls in one body. */
function reportTaken(
  state: State,
  scope: Scope,
  request: SiteRequest,
  path: string,
  earlier: SiteEntry,
): void {
  const level = scope.frames.findIndex((frame, index) => frame.span !== earlier.frames[index]?.span);
  const ours: Frame | undefined = level < 0 ? undefined : scope.frames[level];
  const theirs = level < 0 ? earlier.frames[scope.frames.length] : earlier.frames[level];
  const firstSpan = theirs?.span ?? earlier.span;
  if (ours === undefined) {
    state.reporter.report(
      error("MOT2012", request.span, `a second parameter with the path \`${path}\``, {
        also: [{ span: firstSpan, text: `\`${path}\` is made here` }],
        help: "give one of them another name, with `as NAME` or by binding it to another name",
      }),
    );
    return;
  }
  const layer = ours.layer.name.text;
  state.reporter.report(
    error(
      "MOT2012",
      ours.span,
      `this call of \`${layer}\` gives the parameter path \`${path}\` a second time`,
      {
        also: [{ span: firstSpan, text: "first given here" }],
        help: `name the call: \`${layer}(…) as NAME\``,
      },
    ),
  );
}

/** How far back a value is followed: through one norm, and through the arms it may have been made in. */
const residualHops = 8;

/** Notes that `operation` is added to a stream: linears it comes from, directly or through a norm, start smaller. */
export function markResidual(
  state: State,
  operation: number,
  modalities: readonly number[],
  hops: number = residualHops,
  isBehindNorm = false,
): void {
  const draft = state.draft.operations[operation];
  const here = modalities.filter((modality) => draft?.shape.widths[modality] !== undefined);
  if (draft === undefined || here.length === 0 || hops === 0) return;
  if (draft.kind === "linear") {
    for (const modality of here) {
      const entry = draft.weight.entries.get(modality);
      if (entry !== undefined) entry.isResidual = true;
    }
  } else if (draft.kind === "dropout") markResidual(state, draft.x, here, hops - 1, isBehindNorm);
  else if (draft.kind === "rms_norm" && !isBehindNorm) markResidual(state, draft.x, here, hops - 1, true);
  else if (draft.kind === "restrict") markResidual(state, draft.x, here, hops - 1, isBehindNorm);
  else if (draft.kind === "join")
    for (const part of draft.parts) markResidual(state, part, here, hops - 1, isBehindNorm);
}
