// report.html: what it must show, that nothing in it can become markup, and that it needs no network.

import { describe, expect, it } from "vitest";
import { compareTable, seedTables } from "../src/cli/compare-view.ts";
import type { CompareDocument } from "../src/runtime/compare-document.ts";
import { type ReportParts, renderReport } from "../src/runtime/report.ts";
import type { ReportChart } from "../src/runtime/report-script.ts";

const hostile = `</script><b>"x" & 'y'</b>`;

function documentOf(seed: number, ratio: number | null): CompareDocument {
  const curve = (offset: number): CompareDocument["variants"][string]["curve"] =>
    Array.from({ length: 40 }, (_, i) => {
      const loss = { total: 7 - i / 10 - offset, text: 6 - i / 10 - offset };
      return { step: i + 1, wallMs: 10 * (i + 1), train: loss, ...(i % 10 === 9 ? { val: loss } : {}) };
    });
  const result = (offset: number): CompareDocument["variants"][string] => ({
    ...{ params: 10, activeParams: 5, flopsPerToken: 1000, tokensPerStep: 8, stepMs: 10, updateMs: 1 },
    curve: curve(offset),
    final: { train: { text: 2 }, val: { text: 2 } },
  });
  const match = ratio === null ? null : { steps: ratio, flops: ratio, wall: ratio };
  return {
    ...{ model: hostile, target: "wasm", data: "icons", seed, reference: "dense" },
    variants: { dense: result(0), mot: result(0.5) },
    baselines: { val: { text: { unigram: 5.25, bigram: 3.125 } } },
    match: { dense: { text: { train: null, val: null } }, mot: { text: { train: match, val: null } } },
  };
}

const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
const parts: ReportParts = {
  documents: [documentOf(1, 0.625)],
  modalities: ["text"],
  settings: [["steps", "40"]],
  tables: [
    { title: "Costs", header: ["variant", "parameters"], rows: [["mot", "1,234"]] },
    { title: "Nothing here", header: ["x"], rows: [] },
  ],
  pictureTitles: ["original", "its codes", "dense", "mot"],
  pictures: [{ caption: hostile, pngs: [png, png, png, png] }],
  textTitles: ["in the data", "dense", "mot"],
  soundTitles: ["recording", "its codes", "dense", "mot"],
  sounds: [{ caption: hostile, wavs: [png, png, png, png] }],
  texts: [{ given: png, endings: ["a red car", hostile, "a car"] }],
  spec: `// ${hostile}`,
  origin: "motley 0",
};

const chartsOf = (html: string): readonly ReportChart[] =>
  JSON.parse(/const charts = (.*);\n/.exec(html)?.[1] ?? "") as readonly ReportChart[];
const visible = (html: string): string =>
  html.replace(/<style>[\s\S]*?<\/style>|<script>[\s\S]*?<\/script>/g, "");

describe("a report", () => {
  const html = renderReport(parts);

  it("shows settings, match ratios, tables, pictures, captions and the spec", () => {
    for (const text of [
      "steps <b>40</b>",
      ">0.63<",
      "1,234",
      "Pictures drawn for captions",
      "a red car",
      "Captions spoken",
      "motley 0",
    ])
      expect(visible(html)).toContain(text);
    expect(html.match(/src="data:image\/png;base64,iVBORw==/g)).toHaveLength(5);
    expect(html.match(/<audio [^>]*src="data:audio\/wav;base64,iVBORw=="/g)).toHaveLength(4);
    expect(visible(html)).not.toContain("Nothing here");
  });

  it("holds the curves as numbers: smoothed training, validation where it was measured, baselines", () => {
    const [chart] = chartsOf(html);
    expect(chart?.curves.map(({ name, variant }) => [name, variant])).toEqual([
      ["dense", 0],
      ["mot", 1],
    ]);
    const [dense] = chart?.curves ?? [];
    expect(dense?.train).toHaveLength(40);
    // The window is 5 % of 40 steps: two.
    expect(dense?.train.slice(0, 2)).toEqual([6, 5.95]);
    expect([dense?.seconds.at(-1), dense?.flops.at(-1), dense?.valAt]).toEqual([
      0.4,
      320000,
      [9, 19, 29, 39],
    ]);
    expect(dense?.val[0]).toBe(5.1);
    expect(chart?.baselines).toEqual([
      { name: "unigram", value: 5.25 },
      { name: "bigram", value: 3.125 },
    ]);
  });

  it("lets no name, caption or spec become a part of the page", () => {
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).not.toContain('<b>"x"');
    expect(visible(html)).toContain("&lt;/script&gt;&lt;b&gt;&quot;x&quot; &amp; 'y'&lt;/b&gt;");
  });

  it("asks nothing of a network", () => {
    expect(html).not.toMatch(/(?:src|href)="(?!data:)|url\(|@import|\bfetch\(|XMLHttpRequest/);
  });

  it("says where a loss was never reached, and how far seeds are apart", () => {
    expect(visible(renderReport({ ...parts, documents: [documentOf(1, null)] }))).toContain(
      "has not reached",
    );
    const two = renderReport({ ...parts, documents: [documentOf(1, 0.5), documentOf(2, 0.7)] });
    expect(visible(two)).toContain("0.60 ± 0.14");
    expect(chartsOf(two)[0]?.curves.map(({ name }) => name)).toContain("mot, seed 2");
    const some = renderReport({ ...parts, documents: [documentOf(1, 0.5), documentOf(2, null)] });
    expect(visible(some)).toContain("(1 of 2 seeds)");
  });

  it("needs neither pictures nor a second variant", () => {
    const [first] = parts.documents;
    const { mot: _, ...variants } = first?.variants ?? {};
    const texts = [{ given: "once", endings: ["upon", "a"] }];
    const documents = first === undefined ? [] : [{ ...first, variants }];
    const alone = visible(renderReport({ ...parts, documents, pictures: [], texts }));
    expect(alone).toContain("Texts continued");
    expect(alone).not.toContain("How much sooner");
  });
});

describe("losses of a continuous modality", () => {
  const document: CompareDocument = { ...documentOf(1, 0.5), continuous: ["text"] };

  it("are named with their unit, under tables and over curves", () => {
    expect(compareTable(document)).toMatch(/\ntext: mean square per number, .* all others: nats a token\n/);
    expect(compareTable(document)).not.toContain("final loss, nats");
    const page = renderReport({ ...parts, documents: [document] });
    expect(chartsOf(page).map(({ title }) => title)).toContain("text, mean square per number");
    expect(visible(page)).not.toContain("Loss, nats a token");
  });

  it("and tokens alone keep nats in the headings", () => {
    expect(compareTable(documentOf(1, 0.5))).toContain("final loss, nats a token");
    expect(visible(renderReport(parts))).toContain("Loss, nats a token");
  });
});

describe("losses of experts that choose among later tokens", () => {
  const fair = documentOf(1, 0.5);
  const { dense, mot } = fair.variants;
  if (dense === undefined || mot === undefined) throw new Error("two variants");
  const leaking: CompareDocument = { ...fair, variants: { dense, moe: { ...mot, seesLater: true } } };

  it("say so under the table, by name, for one seed and for several", () => {
    expect(compareTable(leaking)).toMatch(
      /\nmoe: experts choose .* these losses see a little of the future\n/,
    );
    expect(seedTables([leaking, leaking])[0]?.note).toMatch(/^mean .*\nmoe: experts choose/);
  });

  it("and nothing is said of others", () => expect(compareTable(fair)).not.toContain("future"));

  it("on a line of their own in the report", () => {
    const tables = [{ title: "Final losses", header: ["x"], rows: [["1"]], note: "one line\nanother" }];
    expect(renderReport({ ...parts, tables })).toContain("<p>one line</p><p>another</p>");
  });
});
