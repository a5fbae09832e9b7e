// attention.bench.ts: attention and exp on one thread, beside the matmul micro-kernel in the same run.
// node bench/attention.bench.ts [--turbo] [--rounds 9]
// Figures are the best of many short runs: other work on the machine only ever makes a run slower. FLOPs of attention
// count the visible pairs: 4 · headDim per pair forward, 10 · headDim backward (scores are computed again).

import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import type { Kernel } from "../src/kernel/kernel.ts";
import { rowStride } from "../src/kernel/schedule.ts";
import { type KernelBench, openKernels } from "../test/support/wasm-kernels.ts";

type Setting = {
  readonly context: number;
  readonly headDim: number;
  readonly heads: number;
  readonly batch: number;
  readonly documents: number;
};

const settings: readonly Setting[] = [
  { context: 160, headDim: 16, heads: 4, batch: 8, documents: 1 },
  { context: 160, headDim: 16, heads: 4, batch: 8, documents: 3 },
  { context: 128, headDim: 64, heads: 4, batch: 16, documents: 1 },
];

const { values } = parseArgs({
  options: { turbo: { type: "boolean", default: false }, rounds: { type: "string", default: "9" } },
});
if (values.turbo) setFlagsFromString("--experimental-wasm-revectorize");
const engine = { tile: { rows: 6, columns: values.turbo ? 16 : 8 }, relaxedSimd: true };

/** Best milliseconds of one call of `work`. */
function best(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (let warm = 0; warm < 3; warm += 1) work();
    for (let i = 0; i < 12; i += 1) {
      const start = performance.now();
      work();
      least = Math.min(least, performance.now() - start);
    }
  }
  return least;
}

const noise = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) * 0.5);

async function matmulRate(): Promise<number> {
  const [rows, k, n] = [960, 256, 256];
  const stride = rowStride(k);
  const matmul: Kernel = {
    name: "matmul",
    body: { kind: "matmul", k, n, aStride: stride, cStride: stride, residual: false, dStride: 0 },
  };
  const bench = await openKernels([matmul], engine);
  const [a, packed, c] = [
    bench.put(noise(rows * stride)),
    bench.put(noise(k * n)),
    bench.put(noise(rows * stride)),
  ];
  const call = bench.prepare("matmul", [a, packed, c, 0]);
  const ms = best(() => {
    for (let row = 0; row < rows; row += 96) call.fn(call.args, row, 96);
  });
  return (2 * rows * k * n) / ms / 1e6;
}

async function attentionRates(
  setting: Setting,
): Promise<readonly [forward: number, backward: number, ms: number, msBack: number]> {
  const { context, headDim, heads, batch, documents } = setting;
  const rows = batch * context;
  const stride = rowStride(heads * headDim);
  const common = {
    heads,
    kvHeads: heads,
    headDim,
    context,
    qStride: stride,
    kStride: stride,
    vStride: stride,
    outStride: stride,
    lseStride: rowStride(heads),
  };
  const kernels: readonly Kernel[] = [
    { name: "forward", body: { kind: "attention", ...common } },
    {
      name: "backward",
      body: {
        kind: "attention_grad",
        ...common,
        doutStride: stride,
        dqStride: stride,
        dkStride: stride,
        dvStride: stride,
      },
    },
  ];
  const bench = await openKernels(kernels, engine);
  const put = (): number => bench.put(noise(rows * stride));
  const [q, k, v, out, dout, dq, dk, dv, lse] = [
    put(),
    put(),
    put(),
    put(),
    put(),
    put(),
    put(),
    put(),
    bench.put(noise(rows * common.lseStride)),
  ];
  const length = Math.ceil(context / documents);
  const start = (r: number): number => r - ((r % context) % length);
  const sight = [(r: number) => r, start, (r: number) => r + 1].map((f) =>
    bench.put(
      Array.from({ length: rows }, (_, r) => f(r)),
      "i32",
    ),
  );
  const pairs =
    Array.from({ length: rows }, (_, r) => r + 1 - start(r)).reduce((sum, n) => sum + n, 0) * heads;
  const time = (name: string, args: readonly number[]): number => {
    const call = bench.prepare(name, args);
    return best(() => {
      for (let task = 0; task < batch * heads; task += 1) call.fn(call.args, task, batch * heads);
    });
  };
  const ms = time("forward", [q, k, v, out, lse, ...sight, context]);
  const msBack = time("backward", [dout, q, k, v, out, lse, ...sight, dq, dk, dv]);
  return [(4 * headDim * pairs) / ms / 1e6, (10 * headDim * pairs) / msBack / 1e6, ms, msBack];
}

async function exponentials(): Promise<number> {
  const operand = { kind: "rows", stride: 80 } as const;
  const store = { operand: 1, value: { kind: "unary", fn: "exp", x: { kind: "load", operand: 0 } } } as const;
  const body = {
    kind: "row_program",
    width: 80,
    segments: 1,
    operands: [operand, operand],
    phases: [{ lets: [], sums: [], stores: [store] }],
    rowScalars: 0,
  } as const;
  const bench: KernelBench = await openKernels([{ name: "exp", body }], engine);
  const call = bench.prepare("exp", [bench.put(noise(80 * 80)), bench.put(noise(80 * 80))]);
  const ms = best(() => {
    for (let i = 0; i < 10; i += 1) call.fn(call.args, 0, 80);
  });
  return (10 * 80 * 80) / ms / 1e6;
}

const matmul = await matmulRate();
console.log(`matmul micro-kernel ${engine.tile.rows}×${engine.tile.columns}: ${matmul.toFixed(1)} GFLOP/s`);
console.log(`exp: ${(await exponentials()).toFixed(2)} G elements/s`);
for (const setting of settings) {
  const [forward, backward, ms, msBack] = await attentionRates(setting);
  const { context, headDim, heads, batch, documents } = setting;
  console.log(
    `attention T=${context} headDim=${headDim} heads=${heads} contexts=${batch} documents=${documents}: ` +
      `forward ${forward.toFixed(1)} GFLOP/s (${((100 * forward) / matmul).toFixed(0)} %, ${ms.toFixed(2)} ms), ` +
      `backward ${backward.toFixed(1)} (${((100 * backward) / matmul).toFixed(0)} %, ${msBack.toFixed(2)} ms)`,
  );
}
