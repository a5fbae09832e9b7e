// report-page.ts: the style of report.html and the script that draws its charts.
// In: nothing. Out: text for the page. The script runs in a browser, reads the constant `charts` and calls uPlot.

export const pageStyle = `
:root { color-scheme: light dark; --text: #1d2330; --soft: #667; --line: #d5d9e2; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8ee; --soft: #99a; --line: #343a48; --back: #14171f; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
  max-width: 1100px; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { color: var(--soft); margin: .25rem 0 .75rem; } .settings span { margin-right: 1.25rem; white-space: nowrap; }
.settings b { color: var(--text); font-weight: 600; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 500; } th:first-child, td:first-child { text-align: left; white-space: normal; }
.pictures td, .pictures th { text-align: center; }
img { width: 96px; height: 96px; image-rendering: pixelated; border: 1px solid var(--line); background: #fff; }
.chart { margin-bottom: 1.25rem; } .u-title { font-size: 15px; font-weight: 600; } .u-legend { font-size: 13px; }
pre { overflow-x: auto; font-size: 13px; line-height: 1.45; } select { font: inherit; }
`;

export const chartScript = `
const colors = ["#2f6fde", "#e0792b", "#2a9d62", "#b5479c", "#8a6d1d", "#5b5f97"];
const names = { steps: "step", flops: "FLOPs", seconds: "seconds" };
const root = document.getElementById("charts");
const select = document.getElementById("axis");
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
let plots = [];

function draw() {
  for (const plot of plots) plot.destroy();
  root.textContent = "";
  const axis = { stroke: css("--soft"), grid: { stroke: css("--line") }, ticks: { stroke: css("--line") } };
  plots = charts.filter(({ curves }) => curves.some(({ steps }) => steps.length > 0)).map(({ title, curves }) => {
    const place = root.appendChild(document.createElement("div"));
    place.className = "chart";
    const series = curves.flatMap(({ name, variant }) => {
      const stroke = colors[variant % colors.length];
      return [
        { label: name + " train", stroke, width: 1.75, spanGaps: true, points: { show: false } },
        { label: name + " val", stroke, width: 0, spanGaps: false, points: { show: true, size: 7, fill: stroke } },
      ];
    });
    const data = uPlot.join(curves.map((curve) => [curve[select.value], curve.train, curve.val]));
    const options = {
      title, width: root.clientWidth, height: 320, series: [{ label: names[select.value] }, ...series],
      scales: { x: { time: false } }, axes: [{ ...axis, label: names[select.value] }, axis],
    };
    return new uPlot(options, data, place);
  });
}

select.addEventListener("change", draw);
addEventListener("resize", () => { for (const plot of plots) plot.setSize({ width: root.clientWidth, height: 320 }); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
`;
