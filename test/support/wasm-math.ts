// wasm-math.ts: the scalar functions of the WebAssembly target as functions on arrays.
// In: an engine. Out: exp, tanh, sigmoid and log over whole arrays of f32, four at a time.

import type { Kernel } from "../../src/kernel/kernel.ts";
import type { WasmEngine } from "../../src/targets/wasm.ts";
import { openKernels } from "./wasm-kernels.ts";

const names = ["exp", "tanh", "sigmoid"] as const;

export type MathFunction = (typeof names)[number] | "log";

/** One row program per function; log, which row programs lack, comes with the loss of one logit pair. */
export async function openMath(
  engine: WasmEngine,
): Promise<(fn: (typeof names)[number], x: Float32Array) => Float32Array> {
  const kernels: readonly Kernel[] = names.map((fn) => ({
    name: fn,
    body: {
      kind: "row_program",
      width: 16,
      segments: 1,
      operands: [
        { kind: "rows", stride: 16 },
        { kind: "rows", stride: 16 },
      ],
      phases: [
        {
          lets: [],
          sums: [],
          stores: [{ operand: 1, value: { kind: "unary", fn, x: { kind: "load", operand: 0 } } }],
        },
      ],
      rowScalars: 0,
    },
  }));
  const bench = await openKernels(kernels, engine);
  const limit = 1 << 20;
  const [from, to] = [bench.put(new Float32Array(limit)), bench.put(new Float32Array(limit))];
  return (fn, x) => {
    if (x.length > limit || x.length % 16 !== 0)
      throw new Error("give at most 2^20 numbers, a multiple of 16");
    bench.floats(from, x.length).set(x);
    bench.run(fn, [from, to], 0, x.length / 16);
    return bench.floats(to, x.length).slice();
  };
}
