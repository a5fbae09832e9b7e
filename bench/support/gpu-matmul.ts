// gpu-matmul.ts: how fast our products run on a GPU, beside jax-js's.
// In: a shape, engines, a GPU, jax-js if it is there. Out: milliseconds, tile by tile and in turns.
// Everybody multiplies the same random numbers, and is checked: three rows of every result are computed here too.

import { fileURLToPath } from "node:url";
import type { SharedGpu } from "../../src/runtime/webgpu-pipelines.ts";
import type { KernelForms, WgslEngine } from "../../src/targets/wgsl.ts";
import { openProducts, type ProductData, type ProductKind, productKinds } from "./gpu-products.ts";
import { flopsOf, type ProductShape, repeatsFor } from "./gpu-shapes.ts";
import { median } from "./statistics.ts";

/** By product, 10⁹ operations a second. */
export type Rates = Readonly<Record<ProductKind, number>>;

/** A tile of `formsFor`, with weights of one width. */
export type Candidate = {
  readonly tile: string;
  readonly weights: "f32" | "f16";
  readonly rates: Rates;
};

/** Milliseconds per product, round by round, in turns with the other contenders. */
export type Turns = {
  readonly contender: "motley f32" | "motley f16" | "jax-js";
  readonly milliseconds: Readonly<Record<ProductKind, readonly number[]>>;
};

export type ProductFigures = {
  readonly shape: ProductShape;
  readonly repeats: number;
  readonly candidates: readonly Candidate[];
  readonly turns: readonly Turns[];
};

/** jax-js opened on the same GPU (`peers/jax/products_jax.mjs`). */
export type JaxPeer = {
  readonly adapter: string;
  open(shape: ProductShape, data: ProductData): Promise<JaxProducts>;
};

type JaxProducts = Readonly<
  Record<
    ProductKind,
    {
      /** Milliseconds of `repeats` runs. */
      time(repeats: number): Promise<number>;
      values(): Promise<Float32Array>;
    }
  >
> & { close(): void };

export async function openJaxPeer(software: boolean): Promise<JaxPeer> {
  const file = fileURLToPath(new URL("../peers/jax/products_jax.mjs", import.meta.url));
  const peer = (await import(file)) as { openJax(options: { software: boolean }): Promise<JaxPeer> };
  return peer.openJax({ software });
}

export type Measuring = {
  readonly shared: SharedGpu;
  /** The multiply-adds that the device was seen to do. */
  readonly gflops: number;
  readonly rounds: number;
  readonly jax: JaxPeer | undefined;
};

type Contender = {
  readonly name: Turns["contender"];
  readonly time: (kind: ProductKind) => Promise<number>;
  readonly row: (kind: ProductKind, row: number) => Promise<Float32Array>;
  readonly close: () => Promise<void> | void;
};

/** Runs of a candidate that count, after one that does not. */
const scanRuns = 3;

/** Every engine alone, then the fastest of each width of weights in turns with jax-js. */
export async function measureProducts(
  shape: ProductShape,
  engines: readonly WgslEngine[],
  measuring: Measuring,
): Promise<ProductFigures> {
  const repeats = repeatsFor(shape, measuring.gflops);
  const data = randomData(shape);
  const open = (engine: WgslEngine) => openProducts(shape, engine, measuring.shared, { repeats, data });
  const candidates: Candidate[] = [];
  for (const engine of engines) {
    const products = await open(engine);
    try {
      const rates = {} as Record<ProductKind, number>;
      for (const kind of productKinds) {
        const times: number[] = [];
        for (let run = 0; run <= scanRuns; run += 1) times.push(await products.time(kind));
        rates[kind] = (flopsOf(shape) * repeats) / (median(times.slice(1)) * 1e6);
      }
      await checkRows(`our products (${tileName(engine)})`, shape, data, products.row);
      candidates.push({ tile: tileName(engine), weights: engine.weights, rates });
    } finally {
      await products.close();
    }
  }
  const contenders: Contender[] = [];
  try {
    for (const weights of ["f32", "f16"] as const) {
      const best = bestOf(candidates.filter((candidate) => candidate.weights === weights));
      const engine = engines.find((each) => each.weights === weights && tileName(each) === best?.tile);
      if (engine !== undefined) contenders.push({ name: `motley ${weights}`, ...(await open(engine)) });
    }
    if (measuring.jax !== undefined)
      contenders.push(await openJaxContender(measuring.jax, shape, data, repeats));
    return { shape, repeats, candidates, turns: await takeTurns(contenders, repeats, measuring.rounds) };
  } finally {
    for (const { close } of contenders) await close();
  }
}

/** The candidate that takes least time for all three products together: a model's step runs them all with one tile. */
export function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
  const time = ({ rates }: Candidate): number => productKinds.reduce((sum, kind) => sum + 1 / rates[kind], 0);
  return [...candidates].sort((a, b) => time(a) - time(b))[0];
}

export function tileName({ tile }: Pick<WgslEngine, "tile">): string {
  const { rows, columns, depth, threadRows, threadColumns } = tile;
  return `${rows}x${columns}x${depth} ${threadRows}x${threadColumns}`;
}

/** The tile, and how attention is done. */
export function formsName(forms: KernelForms): string {
  return `${tileName(forms)}, attention by ${forms.attention}`;
}

async function takeTurns(
  contenders: readonly Contender[],
  repeats: number,
  rounds: number,
): Promise<readonly Turns[]> {
  const turns = contenders.map(({ name }) => ({
    contender: name,
    milliseconds: { forward: [] as number[], dx: [] as number[], outer: [] as number[] },
  }));
  // Round −1 does not count.
  for (let round = -1; round < rounds; round += 1) {
    for (const kind of productKinds) {
      for (const index of contenders.keys()) {
        const at = (index + Math.max(0, round)) % contenders.length;
        const milliseconds = await contenders[at]?.time(kind);
        if (round >= 0 && milliseconds !== undefined)
          turns[at]?.milliseconds[kind].push(milliseconds / repeats);
      }
    }
  }
  return turns;
}

async function openJaxContender(
  jax: JaxPeer,
  shape: ProductShape,
  data: ProductData,
  repeats: number,
): Promise<Contender> {
  const products = await jax.open(shape, data);
  const row = async (kind: ProductKind, index: number): Promise<Float32Array> => {
    const width = kind === "forward" ? shape.out : shape.inner;
    return (await products[kind].values()).subarray(index * width, (index + 1) * width);
  };
  await checkRows("jax-js's products", shape, data, row);
  return {
    name: "jax-js",
    time: (kind) => products[kind].time(repeats),
    row,
    close: () => products.close(),
  };
}

/** Numbers in [−0.5, 0.5), the same in every run. */
function randomData({ rows, out, inner }: ProductShape): ProductData {
  let state = 1;
  const draw = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 - 0.5;
    });
  return { x: draw(rows * inner), w: draw(out * inner), dy: draw(rows * out) };
}

/** Of the size that a sum of random products has; weights in 16 bits have 11 bits of precision. */
const tolerance = 3e-3;

/** Throws unless the first, the middle and the last row are what plain loops make of the inputs. */
async function checkRows(
  who: string,
  { rows, out, inner }: ProductShape,
  { x, w, dy }: ProductData,
  rowOf: (kind: ProductKind, row: number) => Promise<Float32Array>,
): Promise<void> {
  const at = (values: Float32Array, index: number): number => values[index] ?? Number.NaN;
  const sum = (count: number, term: (i: number) => number): number => {
    let total = 0;
    for (let i = 0; i < count; i += 1) total += term(i);
    return total;
  };
  const wanted: Readonly<Record<ProductKind, (row: number, column: number) => number>> = {
    forward: (r, c) => sum(inner, (i) => at(x, r * inner + i) * at(w, c * inner + i)),
    dx: (r, c) => sum(out, (i) => at(dy, r * out + i) * at(w, i * inner + c)),
    outer: (r, c) => sum(rows, (i) => at(dy, i * out + r) * at(x, i * inner + c)),
  };
  const sizes = {
    forward: { height: rows, width: out, depth: inner },
    dx: { height: rows, width: inner, depth: out },
    outer: { height: out, width: inner, depth: rows },
  };
  for (const kind of productKinds) {
    const { height, width, depth } = sizes[kind];
    for (const row of [0, Math.floor(height / 2), height - 1]) {
      const values = await rowOf(kind, row);
      for (const column of [0, Math.floor(width / 3), width - 1]) {
        const [got, want] = [at(values, column), wanted[kind](row, column)];
        if (!(Math.abs(got - want) <= tolerance * Math.sqrt(depth)))
          throw new Error(`${who}: ${kind}[${row}, ${column}] is ${got}, and should be ${want}`);
      }
    }
  }
}
