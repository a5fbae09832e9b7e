// report-script.ts: the script of report.html: draws the curves, again whenever a switch is turned.
// In: nothing here; in the browser, the constant `charts` (see `ReportChart`) and uPlot. Out: text for the page.
// Plain JavaScript as browsers run it. Everything it shows is in compare.json.

/** One chart: a modality, or the total. */
export type ReportChart = {
  readonly title: string;
  readonly curves: readonly {
    readonly name: string;
    /** Numbers the colour. */
    readonly variant: number;
    /** Where the points stand on each axis, and the smoothed training loss there. */
    readonly steps: readonly number[];
    readonly seconds: readonly number[];
    readonly flops: readonly number[];
    readonly train: readonly number[];
    /** Places in the lists above at which the validation loss was measured, and that loss. */
    readonly valAt: readonly number[];
    readonly val: readonly number[];
  }[];
  /** Dashed lines across the chart. */
  readonly baselines: readonly { readonly name: string; readonly value: number }[];
};

export const chartScript = `
const axes = { steps: "step", seconds: "seconds of training", flops: "FLOPs" };
const places = [...document.querySelectorAll(".chart")];
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const chosen = (name) => document.querySelector("input[name=" + name + "]:checked")?.value;
const isOn = (name) => document.querySelector("input[name=" + name + "]").checked;
const short = (value) => {
  const power = Math.max(0, Math.min(5, Math.floor(Math.log10(Math.max(1, Math.abs(value))) / 3)));
  return +(value / 1000 ** power).toPrecision(3) + ["", "k", "M", "G", "T", "P"][power];
};
const height = 300;
let plots = [];

function linesOf(chart, axis) {
  const lines = [];
  for (const { name, variant, train, val, valAt, ...xs } of chart.curves) {
    const stroke = color("--v" + (variant % 6));
    if (isOn("train")) lines.push({ label: name, stroke, width: 2, x: xs[axis], y: train, points: { show: false } });
    if (isOn("val") && val.length > 0) {
      const points = { show: true, size: 7, width: 1.5, stroke, fill: color("--card") };
      lines.push({ label: name + ", val", stroke, width: 1, dash: [2, 3], x: valAt.map((i) => xs[axis][i]), y: val, points });
    }
  }
  if (!isOn("baselines") || lines.length === 0) return lines;
  const ends = [0, Math.max(...lines.map(({ x }) => x.at(-1)))];
  for (const [i, { name, value }] of chart.baselines.entries()) {
    const dash = i === 0 ? [8, 5] : [14, 4];
    lines.push({ label: name, stroke: color("--soft"), width: 1, dash, x: ends, y: [value, value], points: { show: false } });
  }
  return lines;
}

// The first steps fall from far above: they would leave no room for what the curves differ in.
function rangeOf(lines) {
  const from = Math.max(...lines.map(({ x }) => x.at(-1))) / 5;
  const shown = lines.flatMap(({ x, y }) => y.filter((_, i) => x[i] >= from));
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const margin = 0.04 * (high - low || 1);
  return [low - margin, high + margin];
}

function drawChart(chart, place) {
  const axis = chosen("axis");
  const lines = linesOf(chart, axis);
  if (lines.length === 0) return [];
  const data = uPlot.join(lines.map(({ x, y }) => [x, y]));
  const number = (_, value) => (value === null || value === undefined ? "–" : value.toFixed(3));
  const series = lines.map(({ x, y, ...line }) => ({ ...line, spanGaps: true, value: number }));
  const ink = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), width: 1 } };
  const options = {
    width: place.clientWidth - 20, height,
    series: [{ label: axes[axis], value: (_, value) => (value === null ? "–" : short(value)) }, ...series],
    scales: { x: { time: false }, y: { range: isOn("early") ? undefined : () => rangeOf(lines) } },
    axes: [
      { ...ink, label: axes[axis], labelSize: 22, size: 34, values: (_, splits) => splits.map(short) },
      { ...ink, size: 50 },
    ],
    cursor: { sync: { key: "curves" }, y: false },
  };
  return [new uPlot(options, data, place.lastElementChild)];
}

function draw() {
  for (const plot of plots) plot.destroy();
  plots = places.flatMap((place, i) => drawChart(charts[i], place));
}

for (const input of document.querySelectorAll(".controls input")) input.addEventListener("change", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  draw();
});
draw();
`;
