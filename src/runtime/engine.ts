// engine.ts: what this WebAssembly engine can do and which micro-kernel it runs fastest.
// In: how to make a probe's text, and the user's wishes. Out: a tile, whether relaxed SIMD is there, whether the
// revectoriser is on. Features are asked by validating tiny modules, speed by a few milliseconds of the real thing.
// The choice changes no bit of any result: every micro-kernel sums in the same order.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { DeviceError } from "./device.ts";
import { compileWat } from "./wasm-assemble.ts";

type Tile = { readonly rows: number; readonly columns: number };

export type Engine = {
  readonly tile: Tile;
  readonly relaxedSimd: boolean;
  /** Whether pairs of 128-bit operations run as one of 256 bits; only if that was asked for. */
  readonly turbo: boolean;
};

/** The part of `targets/wasm-probe.ts` that is needed here. */
export type Probe = {
  readonly wat: string;
  readonly rows: number;
  readonly floats: { readonly a: number; readonly packed: number; readonly c: number };
  readonly flops: number;
};

export type MakeProbe = (engine: { readonly tile: Tile; readonly relaxedSimd: boolean }) => Probe;

export type EngineOptions = {
  /** `wasmProbe` of the compiler; without it nothing is measured. */
  readonly probe?: MakeProbe;
  /** Ask V8 to fuse pairs of vectors; must come before anything is compiled. */
  readonly turbo?: boolean;
  /** `false`: no measurement, the default tile. */
  readonly tune?: boolean;
  /** Where the choice is remembered per engine and processor; nowhere unless given. */
  readonly cacheDirectory?: string;
};

/** Fits sixteen vector registers on engines that allocate them well; measured fastest or near it on all of them. */
const usual: Tile = { rows: 6, columns: 8 };
const narrow: Tile = { rows: 4, columns: 8 };
const wide: Tile = { rows: 6, columns: 16 };

/** A tile other than the usual must be this much faster: less is noise. */
const clearlyFaster = 1.04;
/** Milliseconds spent on each candidate; the optimising compiler finishes well within. */
const probeMs = 16;
/** Bumped when old choices should be measured again. */
const cacheVersion = 1;

/**
 * Chooses the micro-kernel.
 * - Throws `DeviceError` where shared memory or SIMD is missing.
 * - `turbo` in the result is what was measured, or, if nothing is measured, what was asked for.
 */
export async function detectEngine(options: EngineOptions): Promise<Engine> {
  if (options.turbo) setFlagsFromString("--experimental-wasm-revectorize");
  if (!WebAssembly.validate(simdModule)) throw new DeviceError("this engine has no WebAssembly SIMD");
  if (!WebAssembly.validate(sharedMemoryModule))
    throw new DeviceError("this engine has no shared WebAssembly memory");
  const relaxedSimd = WebAssembly.validate(relaxedModule);
  const turbo = options.turbo === true;
  if (options.tune === false || options.probe === undefined)
    return { tile: turbo ? wide : usual, relaxedSimd, turbo };
  const key = JSON.stringify([
    cacheVersion,
    process.versions.v8,
    process.arch,
    cpus()[0]?.model ?? "",
    relaxedSimd,
    turbo,
  ]);
  const known = await remembered(options.cacheDirectory, key);
  if (known !== undefined) return known;
  const engine = await measure(options.probe, { turbo, relaxedSimd });
  await remember(options.cacheDirectory, key, engine);
  return engine;
}

/** Rates of the candidates, gigaflops per second, in turns so that a disturbance hits all of them. */
export async function probeTiles(
  probe: MakeProbe,
  relaxedSimd: boolean,
  tiles: readonly Tile[],
): Promise<readonly number[]> {
  const runs = await Promise.all(tiles.map((tile) => prepareProbe(probe({ tile, relaxedSimd }))));
  const best = tiles.map(() => Number.POSITIVE_INFINITY);
  const until = performance.now() + probeMs * tiles.length;
  while (performance.now() < until) {
    for (const [index, { run }] of runs.entries()) {
      const start = performance.now();
      for (let repeat = 0; repeat < 20; repeat += 1) run();
      best[index] = Math.min(best[index] ?? 0, (performance.now() - start) / 20);
    }
    // The engine's background compiler hands over its code between tasks.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return runs.map(({ flops }, index) => flops / (best[index] ?? 1) / 1e6);
}

async function measure(
  probe: MakeProbe,
  { turbo, relaxedSimd }: { readonly turbo: boolean; readonly relaxedSimd: boolean },
): Promise<Engine> {
  const tiles = turbo ? [usual, narrow, wide] : [usual, narrow];
  const [usualRate = 1, narrowRate = 0, wideRate = 0] = await probeTiles(probe, relaxedSimd, tiles);
  if (wideRate > clearlyFaster * Math.max(usualRate, narrowRate))
    return { tile: wide, relaxedSimd, turbo: true };
  return { tile: narrowRate > clearlyFaster * usualRate ? narrow : usual, relaxedSimd, turbo: false };
}

async function prepareProbe({
  wat,
  rows,
  floats,
  flops,
}: Probe): Promise<{ readonly run: () => void; readonly flops: number }> {
  const module = await compileWat(wat);
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  const instance = new WebAssembly.Instance(module, { env: { memory, now: () => performance.now() } });
  const kernels = instance.exports.kernels as WebAssembly.Table;
  const kernel = kernels.get(0) as (args: number, first: number, rows: number) => void;
  const [args, a] = [1024, 4096];
  const packed = a + 4 * floats.a;
  new Int32Array(memory.buffer, args, 3).set([a, packed, packed + 4 * floats.packed]);
  // Ones: zeros and denormals could take another path through the processor.
  new Float32Array(memory.buffer, a, floats.a + floats.packed).fill(1);
  return { run: () => kernel(args, 0, rows), flops };
}

async function remembered(directory: string | undefined, key: string): Promise<Engine | undefined> {
  if (directory === undefined) return undefined;
  const entry = (await readChoices(directory)).get(key);
  return entry !== undefined && [usual, narrow, wide].some((tile) => sameTile(tile, entry.tile))
    ? entry
    : undefined;
}

async function readChoices(directory: string): Promise<Map<string, Engine>> {
  try {
    const kept: unknown = JSON.parse(await readFile(join(directory, "engine.json"), "utf8"));
    return new Map(Object.entries(kept as Record<string, Engine>));
  } catch {
    return new Map();
  }
}

function sameTile(a: Tile, b: Tile): boolean {
  return a.rows === b.rows && a.columns === b.columns;
}

async function remember(directory: string | undefined, key: string, engine: Engine): Promise<void> {
  if (directory === undefined) return;
  try {
    await mkdir(directory, { recursive: true });
    const choices = (await readChoices(directory)).set(key, engine);
    await writeFile(join(directory, "engine.json"), JSON.stringify(Object.fromEntries(choices)));
  } catch {
    // Measured again at the next start.
  }
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
