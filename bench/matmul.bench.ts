// matmul.bench.ts: the products of linear layers on the wasm device beside OpenBLAS (through PyTorch), in one run.
// node bench/matmul.bench.ts [--rounds 5] [--threads 1,2] [--python /usr/bin/python3] [--out FILE.json]
// Every round starts a process per contender, one after another, so that a disturbance meets all of them; a shape's
// figure is its best time of all: other work only ever adds time. `forward` includes packing the weights.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rowStride } from "../src/kernel/schedule.ts";
import { detectEngine } from "../src/runtime/engine.ts";
import { openWasmDevice } from "../src/runtime/wasm.ts";
import type { ArtifactLaunch } from "../src/targets/artifact.ts";
import { wasmProbe } from "../src/targets/wasm-probe.ts";
import { artifactOf, callOf, type Tile, writeTiles } from "../test/support/wasm-artifact.ts";

type Shape = {
  readonly name: string;
  readonly rows: number;
  readonly n: number;
  readonly k: number;
  readonly tileRows: number;
};
type Times = { readonly best: number; readonly median: number };
type Result = { readonly forward: Times; readonly gradient: Times };
type Contender = "default" | "turbo" | "openblas";

const linears = (dim: number, ffn: number, rows: number, tileRows: number): readonly Shape[] =>
  [
    { part: "qkv", n: 3 * dim, k: dim },
    { part: "out", n: dim, k: dim },
    { part: "gate+up", n: 2 * ffn, k: dim },
    { part: "down", n: dim, k: ffn },
  ].map(({ part, n, k }) => ({ name: `dim ${dim} ${part}`, rows, n, k, tileRows }));

const shapes: readonly Shape[] = [...linears(64, 172, 1280, 48), ...linears(256, 684, 2048, 96)];
const taskRows = 48;
const repeats = 60;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "1,2" },
    python: { type: "string", default: "/usr/bin/python3" },
    out: { type: "string" },
    child: { type: "string" },
  },
});

if (values.child === undefined) compareAll();
else process.stdout.write(JSON.stringify(await measureAll(values.child === "turbo", Number(values.threads))));

async function measureAll(turbo: boolean, threads: number): Promise<readonly Result[]> {
  const engine = await detectEngine({ probe: wasmProbe, turbo });
  const results: Result[] = [];
  for (const shape of shapes) results.push(await measure(shape, engine, threads));
  return results;
}

async function measure(
  { rows, n, k, tileRows }: Shape,
  engine: Parameters<typeof artifactOf>[0]["engine"],
  threads: number,
): Promise<Result> {
  const [xStride, yStride] = [rowStride(k), rowStride(n)];
  const panels = Math.ceil(n / engine.tile.columns);
  const floats = [rows * xStride, n * k, panels * engine.tile.columns * k, rows * yStride, n * k, 3];
  const starts = floats.map((_, index) =>
    floats.slice(0, index).reduce((at, count) => at + Math.ceil(count / 16) * 64, 0),
  );
  const [x, w, packed, y, dw, segments, end] = [...starts, 0].map((at) => ({ at }));
  if (!x || !w || !packed || !y || !dw || !segments || !end) throw new Error("six places");
  const tiles = Array.from(
    { length: Math.ceil(rows / tileRows) },
    (_, i): Tile => [i * tileRows, Math.min(tileRows, rows - i * tileRows), 0],
  );
  const launches: readonly ArtifactLaunch[] = [
    {
      phase: "forward",
      stages: [],
      tasks: [{ call: callOf(0, [w, packed]), count: panels, modalities: [] }],
    },
    { phase: "forward", stages: [[callOf(1, [x, packed, y])]], tasks: [] },
    {
      phase: "backward",
      stages: [],
      tasks: [{ call: callOf(2, [y, x, dw, segments, 0]), count: Math.ceil(n / taskRows), modalities: [] }],
    },
  ];
  const artifact = artifactOf({
    engine,
    tiles,
    launches,
    arenaBytes: segments.at + 64,
    kernels: [
      { name: "pack", body: { kind: "pack", out: n, inner: k, transposed: true } },
      {
        name: "forward",
        body: { kind: "matmul", k, n, aStride: xStride, cStride: yStride, residual: false, dStride: yStride },
      },
      {
        name: "gradient",
        body: { kind: "outer", out: n, inner: k, aStride: yStride, bStride: xStride, taskRows },
      },
    ],
  });
  const device = await openWasmDevice(artifact, { threads });
  const random = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => Math.random() - 0.5);
  device.write(x.at, random(rows * xStride));
  device.write(w.at, random(n * k));
  device.write(segments.at, Int32Array.of(1, 0, rows));
  writeTiles(device, artifact, tiles);
  const time = async (phase: "forward" | "backward"): Promise<Times> => {
    const seconds: number[] = [];
    for (let i = 0; i < repeats + repeats / 3; i += 1) {
      const start = performance.now();
      await device.run([phase]);
      if (i >= repeats / 3) seconds.push((performance.now() - start) / 1000);
    }
    return { best: Math.min(...seconds), median: medianOf(seconds) };
  };
  const result = { forward: await time("forward"), gradient: await time("backward") };
  await device.close();
  return result;
}

/** Runs every contender in turns and prints gigaflops per second and ratios. */
function compareAll(): void {
  const report = values.threads
    .split(",")
    .map(Number)
    .map((threads) => {
      const rounds = Array.from({ length: Number(values.rounds) }, () => ({
        default: runOurs("default", threads),
        turbo: runOurs("turbo", threads),
        openblas: runTorch(threads),
      }));
      const rate = (who: Contender, index: number, part: keyof Result): number => {
        const shape = shapes[index];
        const best = rounds.map((round) => round[who][index]?.[part].best ?? Number.NaN);
        return shape === undefined ? Number.NaN : (2e-9 * shape.rows * shape.n * shape.k) / Math.min(...best);
      };
      const lines = shapes.flatMap(({ name, rows, n, k }, index) =>
        (["forward", "gradient"] as const).map((part) => {
          const [ours, turbo, openblas] = (["default", "turbo", "openblas"] as const).map((who) =>
            rate(who, index, part),
          );
          return {
            threads,
            name,
            part,
            size: `${rows}x${n}x${k}`,
            default: ours ?? 0,
            turbo: turbo ?? 0,
            openblas: openblas ?? 0,
          };
        }),
      );
      for (const line of lines) printLine(line);
      return lines;
    });
  const machine = { processor: cpus()[0]?.model, node: process.version, v8: process.versions.v8 };
  if (values.out !== undefined)
    writeFileSync(values.out, `${JSON.stringify({ machine, lines: report.flat() }, undefined, 1)}\n`);
}

type Line = {
  readonly threads: number;
  readonly name: string;
  readonly part: string;
  readonly size: string;
} & Readonly<Record<Contender, number>>;

function printLine({ threads, name, part, size, default: ours, turbo, openblas }: Line): void {
  const rates = [ours, turbo, openblas].map((value) => value.toFixed(0).padStart(4)).join("  ");
  const ratios = [ours, turbo].map((value) => (value / openblas).toFixed(2)).join("  ");
  console.log(`${threads}T  ${name.padEnd(16)} ${part.padEnd(8)} ${size.padEnd(14)} ${rates}   ${ratios}`);
}

function runOurs(kind: "default" | "turbo", threads: number): readonly Result[] {
  const self = fileURLToPath(import.meta.url);
  const text = execFileSync(process.execPath, [self, "--child", kind, "--threads", String(threads)], {
    encoding: "utf8",
  });
  return JSON.parse(text) as readonly Result[];
}

function runTorch(threads: number): readonly Result[] {
  const script = fileURLToPath(new URL("./peers/matmul_torch.py", import.meta.url));
  const args = [script, String(threads), String(repeats), JSON.stringify(shapes)];
  // `torch.set_num_threads` does not reach OpenBLAS.
  const env = { ...process.env, OPENBLAS_NUM_THREADS: String(threads) };
  return JSON.parse(execFileSync(values.python, args, { encoding: "utf8", env })) as readonly Result[];
}

function medianOf(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
