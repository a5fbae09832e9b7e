// report-style.ts: how report.html looks, in light and in dark.
// In: nothing. Out: CSS for the page and over uPlot's own.
// Colours of variants are numbered custom properties, so that tables, legends and charts agree.

export const pageStyle = `
:root {
  color-scheme: light dark;
  --text: #1b2130; --soft: #5d667a; --line: #dfe3ea; --back: #f6f7f9; --card: #ffffff; --strong: #eef1f6;
  --v0: #3b74d1; --v1: #d96b1f; --v2: #23895d; --v3: #a8479a; --v4: #8d6f12; --v5: #5c61a8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e7eaf0; --soft: #9aa3b5; --line: #2c3342; --back: #0f131a; --card: #171c26; --strong: #222938;
    --v0: #74a5f4; --v1: #f29a5b; --v2: #5cc498; --v3: #d98bce; --v4: #d0b04e; --v5: #a3a8ec;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 2.25rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .35rem; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 2.75rem 0 .4rem; }
p { margin: .2rem 0 .9rem; color: var(--soft); max-width: 75ch; }
b { font-weight: 600; color: var(--text); }
.settings { display: flex; flex-wrap: wrap; gap: .35rem 1.4rem; max-width: none; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: .9rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1.1rem; }
.card .ratio { font-size: 1.9rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.2; }
.card p { margin: .15rem 0 0; font-size: .9rem; }
.name { font-weight: 600; white-space: nowrap; }
.name::before { content: ""; display: inline-block; width: .7em; height: .7em; border-radius: 50%; background: currentColor; margin-right: .4em; }
.controls { display: flex; flex-wrap: wrap; gap: .6rem 1.6rem; align-items: center; margin: .4rem 0 1rem; color: var(--soft); }
.controls label { display: inline-flex; gap: .4em; align-items: center; cursor: pointer; }
.switch { display: inline-flex; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; background: var(--card); }
.switch label { padding: .25rem .8rem; }
.switch label + label { border-left: 1px solid var(--line); }
.switch input { position: absolute; opacity: 0; pointer-events: none; }
.switch label:has(:checked) { background: var(--strong); color: var(--text); font-weight: 600; }
.switch label:has(:focus-visible) { outline: 2px solid var(--v0); outline-offset: -2px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: .9rem; }
.chart { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .8rem .6rem .5rem; min-width: 0; }
.chart h3 { margin: 0 0 .2rem .6rem; font-size: 1rem; }
.chart .u-legend { font-size: 12.5px; color: var(--soft); text-align: left; padding-left: .4rem; font-variant-numeric: tabular-nums; }
.chart .u-legend .u-value { min-width: 3.2em; display: inline-block; color: var(--text); }
.chart .u-legend tr.u-series > * { padding: 2px 6px; }
.chart .u-select { background: color-mix(in srgb, var(--text) 10%, transparent); }
.chart .u-cursor-x, .chart .u-cursor-y { border-color: var(--soft); }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .3rem .4rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
.wide th, .wide td { padding: .42rem .8rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
.wide tbody tr:last-child > * { border-bottom: 0; }
.wide th { color: var(--soft); font-weight: 500; font-size: .9rem; }
.wide th:first-child, .wide td:first-child { text-align: left; }
.pictures td:first-child { white-space: normal; min-width: 12ch; }
.pictures th:not(:first-child), .pictures td:not(:first-child) { text-align: center; width: 124px; }
.texts td, .texts th { text-align: left; vertical-align: top; }
.texts td:not(:first-child) { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 16ch; }
audio { width: 13rem; height: 2.2rem; vertical-align: middle; }
img { width: 96px; height: 96px; image-rendering: pixelated; border-radius: 6px; background: #fff; display: inline-block; vertical-align: middle; box-shadow: 0 0 0 1px var(--line); }
details { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .6rem 1rem; }
summary { cursor: pointer; color: var(--soft); }
pre { overflow-x: auto; font: 13px/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; margin: .6rem 0 .2rem; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media print { .controls { display: none; } .chart, .card, .wide { break-inside: avoid; } }
`;
