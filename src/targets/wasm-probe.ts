// wasm-probe.ts: one product, small enough for the first-level cache, to measure how fast a micro-kernel is.
// In: an engine. Out: a module's text and the sizes of what it computes. `runtime/engine.ts` runs it.
// The code is exactly what a model's linears run: a probe of anything else would measure something else.

import { emitWasm, type WasmEngine } from "./wasm.ts";

const size = 64;
const stride = 80;

export type WasmProbe = {
  readonly wat: string;
  /** Kernel 0, called as (args, 0, rows): args are the addresses of a, packed and c. */
  readonly rows: number;
  readonly floats: { readonly a: number; readonly packed: number; readonly c: number };
  readonly flops: number;
};

export function wasmProbe(engine: WasmEngine): WasmProbe {
  const rows = 48;
  const { program } = emitWasm(
    [
      {
        name: "probe",
        body: {
          kind: "matmul",
          k: size,
          n: size,
          aStride: stride,
          cStride: stride,
          residual: false,
          dStride: stride,
        },
      },
    ],
    engine,
  );
  return {
    wat: program.wat,
    rows,
    floats: { a: rows * stride, packed: size * size, c: rows * stride },
    flops: 2 * rows * size * size,
  };
}
