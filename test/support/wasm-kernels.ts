// wasm-kernels.ts: runs single kernels of the WebAssembly target, without a plan, a device or threads.
// In: kernels and an engine's options. Out: an arena to fill, `run`, and views of what came out.
// The module is the one that programs get; its table is exported, so that a test can call one function.

import wabt from "wabt";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { emitWasm, type WasmEngine } from "../../src/targets/wasm.ts";

type KernelFunction = (args: number, first: number, count: number) => void;

export type KernelBench = {
  /** Byte address of a copy of these numbers, at a multiple of 64, with spare bytes behind that hold NaN. */
  readonly put: (numbers: ArrayLike<number>, dtype?: "f32" | "i32") => number;
  readonly floats: (address: number, count: number) => Float32Array;
  readonly run: (kernel: string, args: readonly number[], first: number, count: number) => void;
  /** A function that the extra text exports. */
  readonly exported: (name: string) => unknown;
  /** The argument block of a call, for timing many. */
  readonly prepare: (
    kernel: string,
    args: readonly number[],
  ) => { readonly fn: KernelFunction; readonly args: number };
};

const features = { simd: true, threads: true, relaxed_simd: true, mutable_globals: true, bulk_memory: true };

const usual: WasmEngine = { tile: { rows: 6, columns: 8 }, relaxedSimd: true };

/** `extra` is text added to the module. */
export async function openKernels(
  kernels: readonly Kernel[],
  engine: WasmEngine = usual,
  megabytes = 64,
  extra = "",
): Promise<KernelBench> {
  const { program, scratchBytes } = emitWasm(kernels, engine);
  const exported = program.wat.replace(/\)\s*$/, `${extra})`);
  const parsed = (await wabt()).parseWat("kernels.wat", exported, features);
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  const memory = new WebAssembly.Memory({ initial: megabytes * 16, maximum: 65536, shared: true });
  const module = new WebAssembly.Module(new Uint8Array(buffer));
  const instance = new WebAssembly.Instance(module, { env: { memory, now: () => 0 } });
  const table = instance.exports.kernels as WebAssembly.Table;
  const scratch = instance.exports.scratch as WebAssembly.Global;
  let free = 1 << 16;
  const take = (bytes: number): number => {
    const at = free;
    free = Math.ceil((free + bytes + 256) / 64) * 64;
    if (free > megabytes << 20) throw new Error("the test's arena is too small");
    return at;
  };
  new Float32Array(memory.buffer).fill(Number.NaN, 1 << 14);
  scratch.value = take(scratchBytes);
  const put: KernelBench["put"] = (numbers, dtype = "f32") => {
    const at = take(numbers.length * 4);
    (dtype === "f32" ? new Float32Array(memory.buffer) : new Int32Array(memory.buffer)).set(numbers, at / 4);
    return at;
  };
  const prepare: KernelBench["prepare"] = (kernel, args) => {
    const index = kernels.findIndex(({ name }) => name === kernel);
    return { fn: table.get(index) as unknown as KernelFunction, args: put(args, "i32") };
  };
  return {
    put,
    floats: (address, count) => new Float32Array(memory.buffer, address, count),
    prepare,
    exported: (name) => instance.exports[name],
    run: (kernel, args, first, count) => {
      const call = prepare(kernel, args);
      call.fn(call.args, first, count);
    },
  };
}
