// engine.ts: what this WebAssembly engine can do and which micro-kernel it runs fastest.
// In: how to make a probe's text, and the user's wishes. Out: a tile, whether relaxed SIMD is there, whether the
// revectoriser is on. Speed is asked by a few milliseconds of the real thing. This is Node's.
// The choice changes no bit of any result: every micro-kernel sums in the same order.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { engineFeatures, type Tile, usualTile } from "./engine-features.ts";
import { compileWat } from "./wasm-assemble.ts";

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

const usual = usualTile;
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
  const { relaxedSimd } = engineFeatures();
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
