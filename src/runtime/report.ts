// report.ts: a comparison as one page that needs nothing else: match ratios, curves, tables, samples, settings.
// In: the documents of compare.json, samples, settings. Out: HTML; uPlot and all pictures stand inside it.
// Every number on the page is in compare.json too. Names, captions and what models wrote are the users': they go
// through `escapeHtml`, so that no text can become a part of the page.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CompareDocument, type Spread, summarizeSeeds } from "./compare-document.ts";
import { smooth, smoothingWindow } from "./match.ts";
import { chartScript, type ReportChart } from "./report-script.ts";
import { pageStyle } from "./report-style.ts";

/** A caption with pictures for it, each a PNG. */
export type ReportPicture = {
  readonly caption: string;
  /** In the order of `ReportParts.pictureTitles`. */
  readonly pngs: readonly Uint8Array[];
};

/** The beginning of a document, and how it goes on. */
export type ReportText = {
  /** A picture, or a text. */
  readonly given: Uint8Array | string;
  /** As it goes on in the data, then by each variant in the order of `ReportParts.textTitles`. */
  readonly endings: readonly string[];
};

/** A caption and sounds of it, each a WAV file. */
export type ReportSound = {
  readonly caption: string;
  /** In the order of `ReportParts.soundTitles`. */
  readonly wavs: readonly Uint8Array[];
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
  readonly textTitles: readonly string[];
  readonly texts: readonly ReportText[];
  readonly soundTitles: readonly string[];
  readonly sounds: readonly ReportSound[];
  readonly spec: string;
  /** What made the page: a line at its end. */
  readonly origin: string;
};

export type ReportTable = {
  readonly title: string;
  readonly note?: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

/** One HTML page. */
export function renderReport(parts: ReportParts): string {
  const { documents, modalities, settings, tables, pictures, texts, sounds, spec, origin } = parts;
  const [first] = documents;
  const variants = Object.keys(first?.variants ?? {});
  const title = `${first?.model ?? "model"}: ${variants.join(", ")}`;
  const charts = chartsOf(documents, modalities);
  const filled = tables.filter(({ rows }) => rows.length > 0);
  const settingList = settings.map(
    ([name, value]) => `<span>${escapeHtml(name)} <b>${escapeHtml(value)}</b></span>`,
  );
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
<main>
<h1>${escapeHtml(title)}</h1>
<p class="settings">${settingList.join(" ")}</p>
${renderMatches(documents, modalities, variants)}
${renderCharts(charts, modalities, first?.continuous !== undefined)}
${filled.map((table) => renderTable(table, variants)).join("\n")}
${pictures.length === 0 ? "" : renderPictures(parts, variants)}
${texts.length === 0 ? "" : renderTexts(parts, variants)}
${sounds.length === 0 ? "" : renderSounds(parts, variants)}
<h2>Spec</h2>
<details><summary>the page of .mot that was compared</summary><pre>${escapeHtml(spec)}</pre></details>
<footer>${escapeHtml(origin)}</footer>
</main>
<script>${plotFile("uPlot.iife.min.js")}</script>
<script>const charts = ${scriptJson(charts)};
${chartScript}</script>
</body>
</html>
`;
}

/** A card per variant and modality: how much sooner it had the reference's final loss. */
function renderMatches(
  documents: readonly CompareDocument[],
  modalities: readonly string[],
  variants: readonly string[],
): string {
  const reference = documents[0]?.reference ?? "";
  const { match } = summarizeSeeds(documents);
  const others = variants.filter((name) => name !== reference);
  if (others.length === 0) return "";
  const cards = others.flatMap((name) =>
    modalities.map((modality) => {
      const train = match[name]?.[modality]?.train;
      const val = match[name]?.[modality]?.val;
      const steps = ratio(train?.steps, documents.length);
      const what =
        steps === undefined
          ? `has not reached the ${escapeHtml(modality)} loss that ${nameOf(reference, variants)} ended at, on training data`
          : `of the steps ${nameOf(reference, variants)} took to its last ${escapeHtml(modality)} loss, on training data`;
      const also = `FLOPs ${ratio(train?.flops, documents.length) ?? "–"} · time ${ratio(train?.wall, documents.length) ?? "–"} · steps on validation ${ratio(val?.steps, documents.length) ?? "–"}`;
      return `<div class="card">${nameOf(name, variants)} · ${escapeHtml(modality)}
<div class="ratio">${steps ?? "–"}</div><p>${what}</p><p>${also}</p></div>`;
    }),
  );
  return `<h2>How much sooner</h2>
<p>A match ratio of 0.60 says that the variant had the loss that ${nameOf(reference, variants)} ended at after 60 % of ${nameOf(reference, variants)}’s steps, FLOPs or time; a dash, that it never had it.</p>
<div class="cards">${cards.join("\n")}</div>`;
}

/** 0.62, or 0.62 ± 0.03 over several seeds; nothing where no seed has a value. */
function ratio(spread: Spread | undefined, seeds: number): string | undefined {
  if (spread?.mean === undefined || spread.mean === null) return undefined;
  const range = seeds > 1 ? ` ± ${(spread.spread ?? 0).toFixed(2)}` : "";
  const some = spread.count < seeds ? ` (${spread.count} of ${seeds} seeds)` : "";
  return `${spread.mean.toFixed(2)}${range}${some}`;
}

/** A variant in its colour. */
function nameOf(name: string, variants: readonly string[]): string {
  const index = variants.indexOf(name);
  return index < 0
    ? escapeHtml(name)
    : `<span class="name" style="color: var(--v${index % 6})">${escapeHtml(name)}</span>`;
}

function chartsOf(
  documents: readonly CompareDocument[],
  modalities: readonly string[],
): readonly ReportChart[] {
  return modalities.map((modality) => {
    const curves = documents.flatMap((document) =>
      Object.entries(document.variants).map(([name, result], variant) => {
        const points = result.curve.filter(({ train }) => Object.hasOwn(train, modality));
        const train = points.map((point) => point.train[modality] ?? 0);
        const valAt = points.flatMap(({ val }, i) => (val?.[modality] === undefined ? [] : [i]));
        return {
          name: documents.length > 1 ? `${name}, seed ${document.seed}` : name,
          variant,
          steps: points.map(({ step }) => step),
          seconds: points.map(({ wallMs }) => rounded(wallMs / 1000)),
          flops: points.map(({ step }) => rounded(step * result.flopsPerToken * result.tokensPerStep)),
          train: smooth(train, smoothingWindow(result.curve.length)).map(rounded),
          valAt,
          val: valAt.map((i) => rounded(points[i]?.val?.[modality] ?? 0)),
        };
      }),
    );
    const table = documents[0]?.baselines.val[modality];
    const baselines =
      table === undefined
        ? []
        : (["unigram", "bigram"] as const).map((name) => ({ name, value: table[name] }));
    const isContinuous = documents[0]?.continuous?.includes(modality) === true;
    return { title: isContinuous ? `${modality}, mean square per number` : modality, curves, baselines };
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

function renderCharts(
  charts: readonly ReportChart[],
  modalities: readonly string[],
  isContinuous: boolean,
): string {
  const axis = (["steps", "seconds", "flops"] as const).map((value, i) => {
    const name = { steps: "steps", seconds: "wall time", flops: "FLOPs" }[value];
    return `<label><input type="radio" name="axis" value="${value}"${i === 0 ? " checked" : ""}>${name}</label>`;
  });
  const box = (name: string, text: string, isOn: boolean): string =>
    `<label><input type="checkbox" name="${name}"${isOn ? " checked" : ""}>${text}</label>`;
  const places = charts.map(
    ({ title }) => `<div class="chart"><h3>${escapeHtml(title)}</h3><div></div></div>`,
  );
  return `<h2>Loss${isContinuous ? "" : ", nats a token"}</h2>
<p>Solid lines are training losses, each the mean of the last 5 % of the steps; rings are the loss on ${modalities.length === 1 ? "the" : "the same"} validation contexts; long dashes are what tables of single tokens (unigram) and of pairs (bigram) reach there. Drag to zoom, double-click to see all.</p>
<div class="controls"><span class="switch">${axis.join("")}</span>
${box("train", "training", true)}${box("val", "validation", true)}${box("baselines", "baselines", true)}${box("early", "the first steps too", false)}</div>
<div class="charts">${places.join("\n")}</div>`;
}

function renderTable({ title, note, header, rows }: ReportTable, variants: readonly string[]): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell, i) => `<${tag}>${i === 0 ? nameOf(cell, variants) : escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return `<h2>${escapeHtml(title)}</h2>
${(note?.split("\n") ?? []).map((line) => `<p>${escapeHtml(line)}</p>`).join("")}
<div class="wide"><table><thead>${cells("th", header)}</thead>
<tbody>${rows.map((row) => cells("td", row)).join("\n")}</tbody></table></div>`;
}

function imageOf(png: Uint8Array, title: string): string {
  return `<img alt="${escapeHtml(title)}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`;
}

/** The column of pictures as the codes keep them; patches have none. */
const codesTitle = "its codes";

function renderPictures({ pictures, pictureTitles }: ReportParts, variants: readonly string[]): string {
  const rows = pictures.map(({ caption, pngs }) => {
    const cells = pngs.map((png, i) => `<td>${imageOf(png, `${caption}: ${pictureTitles[i] ?? ""}`)}</td>`);
    return `<tr><td>${escapeHtml(caption)}</td>${cells.join("")}</tr>`;
  });
  const header = ["caption", ...pictureTitles].map((name) => `<th>${nameOf(name, variants)}</th>`).join("");
  const limit = pictureTitles.includes(codesTitle) ? " No variant can draw better than its codes." : "";
  return `<h2>Pictures drawn for captions</h2>
<p>The captions and pictures are of the validation split: nobody trained on a drawing of these things.${limit}</p>
<div class="wide"><table class="pictures"><thead><tr>${header}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function renderTexts({ texts, textTitles }: ReportParts, variants: readonly string[]): string {
  const arePictures = texts.every(({ given }) => typeof given !== "string");
  const rows = texts.map(({ given, endings }) => {
    const start = typeof given === "string" ? escapeHtml(given) : imageOf(given, "the picture");
    return `<tr><td>${start}</td>${endings.map((text) => `<td>${escapeHtml(text)}</td>`).join("")}</tr>`;
  });
  const titles = [arePictures ? "picture" : "beginning", ...textTitles];
  const header = titles.map((name) => `<th>${nameOf(name, variants)}</th>`).join("");
  const title = arePictures ? "Captions written for pictures" : "Texts continued";
  return `<h2>${title}</h2>
<p>${arePictures ? "The pictures are of the validation split too." : "The beginnings are of the validation split."}</p>
<div class="wide"><table class="texts"><thead><tr>${header}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function renderSounds({ sounds, soundTitles }: ReportParts, variants: readonly string[]): string {
  const rows = sounds.map(({ caption, wavs }) => {
    const cells = wavs.map((wav, i) => {
      const data = `data:audio/wav;base64,${Buffer.from(wav).toString("base64")}`;
      const title = escapeHtml(`${caption}: ${soundTitles[i] ?? ""}`);
      return `<td><audio controls preload="none" title="${title}" src="${data}"></audio></td>`;
    });
    return `<tr><td>${escapeHtml(caption)}</td>${cells.join("")}</tr>`;
  });
  const header = ["caption", ...soundTitles].map((name) => `<th>${nameOf(name, variants)}</th>`).join("");
  return `<h2>Captions spoken</h2>
<p>The captions and recordings are of the validation split. No variant can speak better than its codes.</p>
<div class="wide"><table class="sounds"><thead><tr>${header}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
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
