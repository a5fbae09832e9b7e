// tied.ts: `unembed(x, embedding)`: logits from the very table that `embed` reads, so that both are one tensor.
// In: a checked call. Out: a linear whose weight is the embedding's site; nothing below knows that it is read twice.
// Press and Wolf 2017. The name is that of the parameter (`as embedding`), which is looked for beside the call first
// (same scope, same block), then at the model's own level, then anywhere before, if there is one of that name.

import { error } from "../diagnostics/diagnostic.ts";
import { didYouMean, enumeration } from "../diagnostics/suggest.ts";
import type { Name } from "../syntax/ast.ts";
import type { CallContext } from "./call-context.ts";
import { emit, extendPath, joinPath, overModalities, type Site } from "./state.ts";
import { describeShape, distinctLabels, type Rows, unknown, type Value } from "./values.ts";

export function unembed(context: CallContext): Value {
  const { state, scope, call } = context;
  const [x, table] = context.arguments;
  if (x?.rows.kind !== "rows" || table?.table === undefined) return unknown;
  const site = findTable(context, table.table);
  if (site === undefined) return unknown;
  const lacking = scope.modalities.filter((modality) => site.entries.get(modality) === undefined);
  const entry = [...site.entries.values()][0];
  if (lacking.length > 0 && entry !== undefined) {
    const names = enumeration(lacking.map((modality) => `\`${state.modalityNames[modality]}\``));
    state.reporter.report(
      error("MOT2045", table.span, `\`${table.table.text}\` has no table for ${names}`, {
        also: [{ span: entry.span, text: "made here, for other modalities only" }],
        help: "call `unembed` where all its modalities have the embedding",
      }),
    );
    return unknown;
  }
  if (!fits(context, x.rows, site)) return unknown;
  const widths = overModalities(state, scope.modalities, (modality) => site.entries.get(modality)?.shape[0]);
  const text = `\`unembed\` makes it ${describeShape({ widths }, state.modalityNames)}`;
  const body = { kind: "linear", x: x.rows.operation, weight: site } as const;
  return emit(state, scope, body, { widths }, call.span, [{ span: call.span, text }]);
}

/** The site of the embedding of that name; reported where there is none. Code that is only looked at knows no sites. */
function findTable({ state, scope }: CallContext, name: Name): Site | undefined {
  const { sites, tables, isDiscarded } = state.draft;
  const beside = extendPath({ ...scope, pending: [] }, name.text);
  const near = [joinPath(beside.before, beside.after), name.text]
    .map((path) => sites.get(path))
    .find((site) => site !== undefined && tables.has(site));
  if (near !== undefined) return near;
  const alike = [...tables].filter(
    ({ path }) =>
      path
        .replace(/(\.\d+)+$/, "")
        .split(".")
        .at(-1) === name.text,
  );
  const found = alike.length === 1 ? alike[0] : undefined;
  if (found !== undefined || isDiscarded || state.isLibrary) return found;
  const other = sites.get(name.text)?.entries.values().next().value;
  const known = [...tables].map(({ path }) => path);
  const listed = enumeration(known.map((path) => `\`${path}\``));
  state.reporter.report(
    error(
      "MOT2045",
      name.span,
      alike.length > 1
        ? `several embeddings are called \`${name.text}\``
        : `\`${name.text}\` is no embedding`,
      {
        also: other === undefined ? [] : [{ span: other.span, text: "another parameter" }],
        note: known.length === 0 ? "there is no `embed` before this" : `the embeddings so far are ${listed}`,
        help:
          alike.length > 1
            ? "give them names of their own"
            : (didYouMean(name.text, known) ?? "name a table: `x = embed(tokens, dim) as embedding`"),
      },
    ),
  );
  return undefined;
}

/** Rows must be as wide as the table's, and whole. */
function fits({ state, call, arguments: given }: CallContext, x: Rows, site: Site): boolean {
  const span = given[0]?.span ?? call.span;
  const odd = x.shape.widths.findIndex((width, m) => {
    const entry = site.entries.get(m);
    return width !== undefined && entry !== undefined && width !== entry.shape[1];
  });
  const entry = site.entries.get(odd);
  if (x.shape.heads === undefined && entry === undefined) return true;
  const [vocab, width] = (entry ?? [...site.entries.values()][0])?.shape ?? [];
  const made = entry ?? [...site.entries.values()][0];
  state.reporter.report(
    error("MOT2045", span, "`unembed` takes rows as wide as the embedding's", {
      label: describeShape(x.shape, state.modalityNames),
      also: distinctLabels([
        ...(made === undefined ? [] : [{ span: made.span, text: `a table [${vocab}, ${width}]` }]),
        ...x.fixed,
      ]),
      help:
        x.shape.heads === undefined
          ? `bring them to that width first: \`linear(x, ${width})\``
          : "write `merge(…)` around it",
    }),
  );
  return false;
}
