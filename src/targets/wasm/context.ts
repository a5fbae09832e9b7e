// context.ts: what the views of WebAssembly kernels share: the micro-kernel's shape, how a multiply-add is written,
// and the functions they call.
// In: the engine's tile. Out: a WasmContext, which remembers every panel function that was asked for, so that each
// is printed once. A view decides everything (which operations, which offsets); its template only places strings.

import type { Kernel, KernelBody, KernelKind } from "../../kernel/kernel.ts";
import type { View } from "../render.ts";

export type WasmTile = { readonly rows: number; readonly columns: number };

/** What an engine is good at. */
export type WasmEngine = {
  readonly target?: "wasm";
  /** Shape of the matmul micro-kernel; `columns` is the width of a packed panel. */
  readonly tile: WasmTile;
  /** Whether the engine has f32x4.relaxed_madd. */
  readonly relaxedSimd: boolean;
};

/**
 * A function `(param $a i32) (param $b i32) (param $c i32) (param $d i32) (param $k i32) (param $rows i32)` that
 * computes c[i, 0…columns) = (d[i, 0…columns) if `load`, else 0) + Σ_{kk<k} A(i, kk) · b[kk, 0…columns) for i < rows.
 * - A(i, kk) = a[i·aStride + kk] for `rows`, a[kk·aStride + i] for `columns`.
 * - Strides are in elements. It always writes whole vectors of all columns. d may be c.
 */
export type PanelRequest = {
  readonly form: "rows" | "columns";
  readonly aStride: number;
  readonly bStride: number;
  readonly cStride: number;
  readonly initial: "zero" | "load";
  /** Read only if `initial` is `load`. */
  readonly dStride: number;
};

export type Panel = PanelRequest & { readonly name: string };

export type WasmContext = WasmEngine & {
  /** The expression a · b + c over four lanes. */
  readonly fma: (a: string, b: string, c: string) => string;
  /** The name, with its `$`, of a panel function. */
  readonly panel: (request: PanelRequest) => string;
  /** Every panel asked for so far, in order. */
  readonly panels: () => readonly Panel[];
};

/** What a kernel becomes: a template, its view, and how much of the thread's scratch it uses. */
export type KernelText = { readonly template: string; readonly view: View; readonly scratchBytes: number };

export type KernelOf<K extends KernelKind> = Kernel & {
  readonly body: Extract<KernelBody, { readonly kind: K }>;
};

/** A table of views: one function per kind. */
export type KernelViews<K extends KernelKind> = {
  readonly [P in K]: (kernel: KernelOf<P>, context: WasmContext) => KernelText;
};

export function createContext(engine: WasmEngine): WasmContext {
  const panels = new Map<string, Panel>();
  return {
    ...engine,
    fma: (a, b, c) =>
      engine.relaxedSimd ? `(f32x4.relaxed_madd ${a} ${b} ${c})` : `(f32x4.add (f32x4.mul ${a} ${b}) ${c})`,
    panel: (request) => {
      const { form, aStride, bStride, cStride, initial, dStride } = request;
      const start = initial === "zero" ? "zero" : `d${dStride}`;
      const name = `$panel_${form}_a${aStride}_b${bStride}_c${cStride}_${start}`;
      if (!panels.has(name)) panels.set(name, { ...request, name });
      return name;
    },
    panels: () => [...panels.values()],
  };
}

/** Places regions of a kernel's scratch one after another, each at a multiple of 64 bytes; sizes in elements. */
export function placeRegions<N extends string>(
  regions: { readonly [P in N]: number },
): {
  readonly offsets: { readonly [P in N]: number };
  readonly bytes: number;
} {
  let bytes = 0;
  const offsets: Partial<Record<N, number>> = {};
  for (const [name, elements] of Object.entries(regions) as [N, number][]) {
    offsets[name] = bytes;
    bytes += Math.ceil(elements / 16) * 16 * 4;
  }
  return { offsets: offsets as Record<N, number>, bytes };
}
