// report.ts: a comparison as one page that needs nothing else: curves, tables, drawn pictures, settings.
// In: the documents of compare.json, pictures, settings. Out: HTML; uPlot and all pictures stand inside it.
// Every number on the page is in compare.json too. Names and captions are the users': they go through `escapeHtml`.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CompareDocument } from "./compare-document.ts";
import { smooth, smoothingWindow } from "./match.ts";
import { chartScript, pageStyle } from "./report-page.ts";

/** A caption with pictures for it, each a PNG. */
export type ReportPicture = {
  readonly caption: string;
  /** In the order of `ReportParts.pictureTitles`. */
  readonly pngs: readonly Uint8Array[];
};

export type ReportParts = {
  /** One per seed, of the same variants. */
  readonly documents: readonly CompareDocument[];
  readonly modalities: readonly string[];
  /** Shown as they are: "steps" → "1500". */
  readonly settings: readonly (readonly [string, string])[];
  /** Tables as text for a terminal, by heading. */
  readonly tables: readonly ReportTable[];
  readonly pictureTitles: readonly string[];
  readonly pictures: readonly ReportPicture[];
  readonly spec: string;
};

export type ReportTable = {
  readonly title: string;
  readonly note?: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

/** One HTML page. */
export function renderReport(parts: ReportParts): string {
  const { documents, modalities, settings, tables, pictures, spec } = parts;
  const [first] = documents;
  const title = `${first?.model ?? "model"} on ${first?.data ?? "data"}`;
  const charts = modalities.map((modality) => chartData(documents, modality));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${plotFile("uPlot.min.css")}
${pageStyle}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="settings">${settings.map(([name, value]) => `<span>${escapeHtml(name)} <b>${escapeHtml(value)}</b></span>`).join(" ")}</p>
<h2>Loss, nats a token</h2>
<p>Lines are training losses, smoothed over 5 % of the steps; dots are the validation loss.
Over <select id="axis"><option value="steps">steps</option><option value="flops">FLOPs</option><option value="seconds">seconds of training</option></select></p>
<div id="charts"></div>
${tables.map(renderTable).join("\n")}
${pictures.length === 0 ? "" : renderPictures(parts)}
<h2>Spec</h2>
<details><summary>as it was compared</summary><pre>${escapeHtml(spec)}</pre></details>
<script>${plotFile("uPlot.iife.min.js")}</script>
<script>const charts = ${scriptJson(charts)};
${chartScript}</script>
</body>
</html>
`;
}

type ChartData = {
  readonly title: string;
  readonly curves: readonly {
    readonly name: string;
    /** Numbers the colour. */
    readonly variant: number;
    readonly steps: readonly number[];
    readonly flops: readonly number[];
    readonly seconds: readonly number[];
    readonly train: readonly number[];
    readonly val: readonly (number | null)[];
  }[];
};

function chartData(documents: readonly CompareDocument[], modality: string): ChartData {
  const curves = documents.flatMap((document) =>
    Object.entries(document.variants).map(([name, { curve, flopsPerToken, tokensPerStep }], variant) => {
      const points = curve.filter(({ train }) => Object.hasOwn(train, modality));
      const round = (value: number): number => Number(value.toPrecision(6));
      const train = points.map((point) => point.train[modality] ?? 0);
      return {
        name: documents.length > 1 ? `${name}, seed ${document.seed}` : name,
        variant,
        steps: points.map(({ step }) => step),
        flops: points.map(({ step }) => round(step * flopsPerToken * tokensPerStep)),
        seconds: points.map(({ wallMs }) => round(wallMs / 1000)),
        train: smooth(train, smoothingWindow(curve.length)).map(round),
        val: points.map(({ val }) => (val?.[modality] === undefined ? null : round(val[modality]))),
      };
    }),
  );
  return { title: modality, curves };
}

function renderTable({ title, note, header, rows }: ReportTable): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return `<h2>${escapeHtml(title)}</h2>
${note === undefined ? "" : `<p>${escapeHtml(note)}</p>`}
<div class="wide"><table><thead>${cells("th", header)}</thead>
<tbody>${rows.map((row) => cells("td", row)).join("\n")}</tbody></table></div>`;
}

function renderPictures({ pictures, pictureTitles }: ReportParts): string {
  const image = (png: Uint8Array, title: string): string =>
    `<img alt="${escapeHtml(title)}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`;
  const rows = pictures.map(
    ({ caption, pngs }) =>
      `<tr><td>${escapeHtml(caption)}</td>${pngs.map((png, i) => `<td>${image(png, pictureTitles[i] ?? "")}</td>`).join("")}</tr>`,
  );
  const header = ["caption", ...pictureTitles].map((name) => `<th>${escapeHtml(name)}</th>`).join("");
  return `<h2>Pictures drawn for captions of the validation split</h2>
<div class="wide"><table class="pictures"><thead><tr>${header}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** JSON that cannot end the script it stands in. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028");
}

function plotFile(name: string): string {
  return readFileSync(fileURLToPath(import.meta.resolve(`uplot/dist/${name}`)), "utf8").trim();
}
