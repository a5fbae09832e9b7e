// chart.ts: loss curves as characters.
// In: curves as points. Out: a picture for a terminal, each curve smoothed and thinned out to the columns there are.

import plot from "simple-ascii-chart";
import { smooth, smoothingWindow } from "../index.ts";
import { hasColor } from "./output.ts";

export type Curve = { readonly name: string; readonly points: readonly (readonly [number, number])[] };

const colors = ["ansiCyan", "ansiYellow", "ansiMagenta", "ansiGreen", "ansiRed", "ansiBlue"] as const;

/** One chart with a line per curve; empty text before there are two points. */
export function lossChart(
  curves: readonly Curve[],
  options: {
    readonly title: string;
    readonly steps: number;
    readonly width?: number;
    readonly height?: number;
  },
): string {
  const columns = options.width ?? Math.max(30, Math.min(100, (process.stderr.columns ?? 80) - 14));
  const lines = curves.map(({ points }) => thin(points, columns));
  if (lines.some((line) => line.length < 2)) return "";
  const isColored = hasColor(process.stderr);
  const picture = plot(lines, {
    title: options.title,
    width: columns,
    height: options.height ?? 10,
    customXAxisTicks: roundSteps(Math.max(...lines.flat().map(([step]) => step))),
    formatter: (value, { axis }) => (axis === "x" ? Math.round(value) : Number(value.toPrecision(3))),
    ...(isColored ? { color: colors.slice(0, curves.length) } : {}),
    ...(curves.length > 1 ? { legend: { position: "bottom", series: curves.map(({ name }) => name) } } : {}),
  });
  return picture.trimEnd();
}

/** Five or so numbers up to `last` that people can read. */
function roundSteps(last: number): number[] {
  const rough = last / 5;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const every = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? power;
  return Array.from({ length: Math.floor(last / every) }, (_, i) => (i + 1) * every);
}

function thin(points: Curve["points"], columns: number): [number, number][] {
  const values = smooth(
    points.map(([, value]) => value),
    smoothingWindow(points.length),
  );
  const every = Math.max(1, Math.ceil(points.length / columns));
  return points.flatMap(([step], index): [number, number][] =>
    index % every === 0 || index === points.length - 1 ? [[step, values[index] ?? 0]] : [],
  );
}
