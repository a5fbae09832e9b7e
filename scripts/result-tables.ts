// result-tables.ts: comparisons → the tables of docs/results.md.
// In: folders that `motley compare` left (`--seeds` or one seed). Out: Markdown on stdout, one section per folder.
// Usage: node scripts/result-tables.ts runs/experts-compare-3-seeds …
// Every number of docs/results.md that is ours comes from here, so that the page can be made again after a change.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CompareDocument, type Spread, summarizeSeeds } from "../src/runtime/compare-document.ts";

type Several = { readonly seeds: readonly CompareDocument[] };

function documentsIn(folder: string): readonly CompareDocument[] {
  const read = JSON.parse(readFileSync(join(folder, "compare.json"), "utf8")) as CompareDocument | Several;
  return "seeds" in read ? read.seeds : [read];
}

function section(documents: readonly CompareDocument[]): readonly string[] {
  const [first] = documents;
  if (first === undefined) throw new Error("a comparison without seeds");
  const seeds = documents.map(({ seed }) => seed).join(", ");
  const steps = Math.max(...Object.values(first.variants).map(({ curve }) => curve.at(-1)?.step ?? 0));
  return [
    `### ${first.model}: ${steps} steps on \`${first.data}\`, seeds ${seeds}`,
    "",
    ...sizes(first),
    "",
    ...losses(first, documents),
    "",
    ...matches(first, documents),
    "",
  ];
}

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const head = (cells: readonly string[]): readonly string[] => [row(cells), row(cells.map(() => "---"))];

/** `1.23 ± 0.04`; `–` where no seed has a value, `(2 of 3)` where some lack one. */
function spread(value: Spread | undefined, seeds: number, digits = 2): string {
  if (value === undefined || value.mean === null) return "–";
  const part = value.count < seeds ? ` (${value.count} of ${seeds})` : "";
  return `${value.mean.toFixed(digits)} ± ${(value.spread ?? 0).toFixed(digits)}${part}`;
}

function sizes(first: CompareDocument): readonly string[] {
  const cells = Object.entries(first.variants).map(([name, variant]) => [
    name,
    variant.params.toLocaleString("en"),
    variant.activeParams.toLocaleString("en"),
    Math.round(variant.flopsPerToken).toLocaleString("en"),
    ...("lr" in variant ? [String(variant.lr)] : []),
  ]);
  const hasRates = Object.values(first.variants).some((variant) => "lr" in variant);
  const names = ["variant", "parameters", "active", "FLOPs/token"];
  return [...head([...names, ...(hasRates ? ["learning rate"] : [])]), ...cells.map(row)];
}

function losses(first: CompareDocument, documents: readonly CompareDocument[]): readonly string[] {
  const summary = summarizeSeeds(documents);
  const modalities = modalitiesOf(first);
  const columns = modalities.flatMap((modality) => [`${modality} train`, `${modality} val`]);
  const cells = Object.entries(summary.variants).map(([name, { final }]) => [
    name,
    ...modalities.flatMap((modality) => [
      spread(final.train[modality], documents.length, 3),
      spread(final.val[modality], documents.length, 3),
    ]),
  ]);
  const baselines = (["unigram", "bigram"] as const).map((kind) => [
    `_${kind}_`,
    ...modalities.flatMap((modality) => ["", first.baselines.val[modality]?.[kind].toFixed(3) ?? "–"]),
  ]);
  return [...head(["loss", ...columns]), ...[...cells, ...baselines].map(row)];
}

function matches(first: CompareDocument, documents: readonly CompareDocument[]): readonly string[] {
  const { match } = summarizeSeeds(documents);
  const modalities = modalitiesOf(first);
  const columns = modalities.flatMap((modality) => [`${modality} train`, `${modality} val`]);
  const cells = Object.entries(match).flatMap(([name, of]) =>
    name === first.reference
      ? []
      : [
          [
            name,
            ...modalities.flatMap((modality) =>
              (["train", "val"] as const).map((split) =>
                spread(of[modality]?.[split].flops, documents.length),
              ),
            ),
          ],
        ],
  );
  return [...head([`FLOPs to match ${first.reference}`, ...columns]), ...cells.map(row)];
}

function modalitiesOf(first: CompareDocument): readonly string[] {
  return Object.keys(first.match[first.reference] ?? {});
}

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error("usage: node scripts/result-tables.ts FOLDER…, folders that `motley compare` wrote");
  process.exit(2);
}
for (const folder of folders) console.log(section(documentsIn(folder)).join("\n"));
