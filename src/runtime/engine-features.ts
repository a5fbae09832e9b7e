// engine-features.ts: what this WebAssembly engine can do, asked by validating tiny modules.
// In: nothing. Out: whether relaxed SIMD is there, or an error that names what is missing; and the micro-kernel to take
// where nothing is measured. In Node, engine.ts measures.

import { DeviceError } from "./device.ts";

export type Tile = { readonly rows: number; readonly columns: number };

export type EngineFeatures = { readonly relaxedSimd: boolean };

/** Fits sixteen vector registers on engines that allocate them well; measured fastest or near it on all of them. */
export const usualTile: Tile = { rows: 6, columns: 8 };

/** Throws `DeviceError` where shared memory or SIMD is missing. */
export function engineFeatures(): EngineFeatures {
  if (!WebAssembly.validate(simdModule)) throw new DeviceError("this engine has no WebAssembly SIMD");
  if (!WebAssembly.validate(sharedMemoryModule))
    throw new DeviceError("this engine has no shared WebAssembly memory");
  return { relaxedSimd: WebAssembly.validate(relaxedModule) };
}

/** Modules of one function whose body is `code`; valid if the engine knows its instructions. */
function moduleOf(code: readonly number[]): Uint8Array<ArrayBuffer> {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const signature = [1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0];
  const body = [0, ...code, 0x0b];
  return new Uint8Array([...header, ...signature, 10, body.length + 2, 1, body.length, ...body]);
}

/** i32.const 0, i8x16.splat */
const splat = [0x41, 0, 0xfd, 0x0f];
const simdModule = moduleOf(splat);
/** f32x4.relaxed_madd */
const relaxedModule = moduleOf([...splat, ...splat, ...splat, 0xfd, 0x85, 0x02]);
/** A module that imports nothing and has one shared memory of one page. */
const sharedMemoryModule = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 4, 1, 3, 1, 1]);
