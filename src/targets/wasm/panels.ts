// panels.ts: the micro-kernels of every product: `strip` holds a few rows by one panel of columns in registers over
// the whole of k, `panel` walks strips over any number of rows.
// In: the panels that kernels asked for. Out: views, one strip function per number of rows that occurs.
// Addresses: everything static is an offset of a load, so one strip moves two pointers and compares one.

import { render, type View } from "../render.ts";
import type { Panel, WasmContext, WasmTile } from "./context.ts";

const lanes = 4;
const floatBytes = 4;

/** The text of a panel function and of its strips. */
export function renderPanel(panel: Panel, context: WasmContext): string {
  const { tile } = context;
  const rests = restRows(tile);
  const strips = [tile.rows, ...rests].map((rows) => render("wasm/strip", stripView(panel, rows, context)));
  const steps = (rows: number): View => ({
    rows,
    strip: stripName(panel, rows),
    aStep: rows * (panel.form === "rows" ? panel.aStride : 1) * floatBytes,
    cStep: rows * panel.cStride * floatBytes,
    dStep: panel.initial === "load" ? rows * panel.dStride * floatBytes : 0,
  });
  const walker = render("wasm/panel", {
    comment: panelComment(panel, tile.columns),
    name: panel.name,
    ...steps(tile.rows),
    rests: rests.map(steps),
  });
  return [...strips, walker].join("\n");
}

/** Row counts of the strips for what is left over: powers of two below the micro-kernel's rows, largest first. */
function restRows(tile: WasmTile): readonly number[] {
  return [4, 2, 1].filter((rows) => rows < tile.rows);
}

function stripName(panel: Panel, rows: number): string {
  return `${panel.name.replace("$panel", "$strip")}_${rows}`;
}

function panelComment({ form, initial }: Panel, columns: number): string {
  const element = form === "rows" ? "a[i, k]" : "a[k, i]";
  return `c[i, 0…${columns}) = ${initial === "load" ? "d[i] + " : ""}sum over k of ${element} · b[k, 0…${columns})`;
}

function stripView(panel: Panel, rows: number, { tile, fma }: WasmContext): View {
  const vectors = Array.from({ length: tile.columns / lanes }, (_, j) => j);
  const rowIndices = Array.from({ length: rows }, (_, i) => i);
  const sum = (i: number, j: number): string => `$s${i}${j}`;
  const cells = rowIndices.flatMap((i) => vectors.map((j) => ({ i, j, sum: sum(i, j) })));
  const place = (i: number, j: number, stride: number): number => (i * stride + j * lanes) * floatBytes;
  const start = (i: number, j: number): string =>
    panel.initial === "load"
      ? `(v128.load offset=${place(i, j, panel.dStride)} (local.get $d))`
      : "(v128.const f32x4 0 0 0 0)";
  return {
    comment: `${rows} rows of ${panel.name}`,
    name: stripName(panel, rows),
    locals: vectors.map((j) => `(local $b${j} v128)`).join(" "),
    sums: cells.map((cell) => `(local ${cell.sum} v128)`).join(" "),
    starts: cells.map((cell) => ({ sum: cell.sum, value: start(cell.i, cell.j) })),
    columns: vectors.map((j) => ({ vector: `$b${j}`, offset: j * lanes * floatBytes })),
    rows: rowIndices.map((i) => ({
      offset: i * (panel.form === "rows" ? panel.aStride : 1) * floatBytes,
      products: vectors.map((j) => ({
        sum: sum(i, j),
        value: fma("(local.get $x)", `(local.get $b${j})`, `(local.get ${sum(i, j)})`),
      })),
    })),
    stores: cells.map((cell) => ({ sum: cell.sum, offset: place(cell.i, cell.j, panel.cStride) })),
    aStep: (panel.form === "rows" ? 1 : panel.aStride) * floatBytes,
    bStep: panel.bStride * floatBytes,
  };
}
