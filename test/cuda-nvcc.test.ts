// cuda-nvcc.test.ts: NVIDIA's compiler accepts every kernel of every example, for GPUs of 2020, for Hopper, and as PTX for
// what came later: without a warning, without spilling registers, without products that wait for each other. What each
// takes of a multiprocessor is kept, with a digest of its text: a compiler's answer depends on the text and its version
// alone, so a text that this nvcc has accepted is not given to it again, but for those of one example. Compiling all takes
// minutes; MOTLEY_BLESS=1 does. It needs no GPU.

import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { type CudaPrecision, cudaExamples, distinctKernels, type NamedKernel } from "./support/cuda-texts.ts";
import { describeWith } from "./support/devices.ts";
import { expectGolden, readGolden } from "./support/golden.ts";
import {
  type CompiledFor,
  compiledFor,
  compileWithNvcc,
  findNvcc,
  type Nvcc,
  type ResourcesByArchitecture,
  readReport,
} from "./support/nvcc.ts";

const bless = "MOTLEY_BLESS=1 npx vitest run test/cuda-nvcc.test.ts";
/** One compiler a core of the smallest machine we support. */
const atOnce = 2;
/** Examples that are compiled in f32 too: between them they have every kernel. */
const plainExamples = ["odd mot", "experts hybrid"];
/** The example that is compiled in every run. */
const always = "hello hello";
const golden = "cuda/resources.txt";
/** Of a machine that has much else to do; two minutes are usual. */
const longestMs = 45 * 60_000;

/** What a GPU gives a block: threads' registers, and bytes of shared memory; sm_80 stands for every GPU but Hopper's. */
const registersOfBlock = 65_536;
const sharedOfBlock: Readonly<Record<CompiledFor, number>> = { sm_80: 101_376, sm_90a: 232_448 };

const found = findNvcc();
const problem = found !== undefined && "problem" in found ? found.problem : undefined;
const nvcc = found !== undefined && "path" in found ? found : undefined;

type Wanted = NamedKernel & { readonly precision: CudaPrecision };
type Compiled = Wanted & { readonly resources: ResourcesByArchitecture };
type AllCompiled = { readonly kernels: readonly Compiled[]; readonly complaints: readonly string[] };

function suite(compiler: Nvcc | undefined): void {
  let all: AllCompiled = { kernels: [], complaints: [] };
  beforeAll(async () => {
    if (compiler !== undefined) all = await compileAll(compiler);
  }, longestMs);

  test("every kernel compiles, without a warning", () => {
    expect(all.complaints).toEqual([]);
    expect(all.kernels.length).toBeGreaterThan(40);
  });

  test("every architecture was compiled for", () => {
    const missing = all.kernels.flatMap(({ name, precision, resources }) =>
      compiledFor
        .filter((each) => resources[each] === undefined)
        .map((each) => `${name}, ${precision}, ${each}`),
    );
    expect(missing).toEqual([]);
  });

  test("nothing spills, and nothing lies in local memory", () => {
    const spills = all.kernels.flatMap(({ name, precision, resources }) =>
      Object.entries(resources).flatMap(([architecture, { spillBytes, stackBytes }]) =>
        spillBytes + stackBytes === 0
          ? []
          : [`${name}, ${precision}, ${architecture}: ${spillBytes} spilled, ${stackBytes} on the stack`],
      ),
    );
    expect(spills).toEqual([]);
  });

  test("every block fits into a multiprocessor", () => {
    const tooLarge = all.kernels.flatMap(({ name, precision, kernel, resources }) =>
      compiledFor.flatMap((each) => {
        const { threads, sharedBytes } = kernel.configurations[each];
        // Registers are given out to warps by the eight.
        const registers = threads * 8 * Math.ceil((resources[each]?.registers ?? 0) / 8);
        const fits = registers <= registersOfBlock && sharedBytes <= sharedOfBlock[each];
        return fits ? [] : [`${name}, ${precision}, ${each}: ${registers} registers, ${sharedBytes} bytes`];
      }),
    );
    expect(tooLarge).toEqual([]);
  });

  test("registers and shared memory are what they were", (context) => {
    const text = resourceTable(compiler?.version ?? "", all.kernels);
    // Another version of the compiler has other numbers.
    const version = readGolden(golden)?.split("\n")[0];
    if (version !== undefined && version !== text.split("\n")[0]) context.skip(`kept of ${version}`);
    expectGolden(golden, text, bless);
  });
}

if (found === undefined) describe.skip("nvcc accepts (skipped: it is not installed)", () => suite(undefined));
else describeWith(problem, "nvcc accepts", () => suite(nvcc));

/** Kinds whose texts take long to compile: each is a file of its own. */
const large = /^(?:product|outer|attention)/;
const smallAtOnce = 12;

/** Texts that are compiled together. */
function batchesOf(wanted: readonly Wanted[]): readonly (readonly Wanted[])[] {
  const batches = wanted.filter(({ name }) => large.test(name)).map((each) => [each]);
  for (const precision of ["bf16", "f32"]) {
    const small = wanted.filter((each) => !large.test(each.name) && each.precision === precision);
    for (let i = 0; i < small.length; i += smallAtOnce) batches.push(small.slice(i, i + smallAtOnce));
  }
  return batches;
}

async function compileAll(compiler: Nvcc): Promise<AllCompiled> {
  const plain = cudaExamples.filter(({ title }) => plainExamples.includes(title));
  const wanted: readonly Wanted[] = [
    ...distinctKernels(cudaExamples, "bf16").map((each) => ({ ...each, precision: "bf16" as const })),
    ...distinctKernels(plain, "f32").map((each) => ({ ...each, precision: "f32" as const })),
  ];
  const accepted =
    process.env.MOTLEY_BLESS === "1" ? new Map() : acceptedBy(compiler, readGolden(golden) ?? "");
  const [example] = cudaExamples.filter(({ title }) => title === always);
  const ofExample = new Set(example && distinctKernels([example], "bf16").map(({ kernel }) => kernel.source));
  const found = new Map<Wanted, ResourcesByArchitecture>();
  for (const each of wanted) {
    const known = accepted.get(digestOf(each));
    if (known !== undefined && !ofExample.has(each.kernel.source)) found.set(each, known);
  }
  const complaints: string[] = [];
  const queue = [...batchesOf(wanted.filter((each) => !found.has(each)))];
  const work = async (): Promise<void> => {
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      const texts = batch.map(({ name, kernel: { entry, source } }) => ({ name, entry, source }));
      const report = await compileWithNvcc(compiler, texts);
      complaints.push(...report.complaints);
      for (const each of batch) found.set(each, report.resources.get(each.name) ?? {});
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { kernels: wanted.map((each) => ({ ...each, resources: found.get(each) ?? {} })), complaints };
}

/** Of what a text compiles to, all that counts. */
function digestOf({ kernel }: NamedKernel): string {
  return createHash("sha256").update(kernel.source).digest("hex").slice(0, 16);
}

/** What is kept of texts that this version of the compiler took without a word, by digest. */
function acceptedBy({ version }: Nvcc, kept: string): ReadonlyMap<string, ResourcesByArchitecture> {
  const [first, , ...lines] = kept.split("\n");
  if (first !== `nvcc ${version}`) return new Map();
  return new Map(
    lines.flatMap((line) => {
      const [, , ...cells] = line.trim().split(/ +/);
      const digest = cells.at(-1) ?? "";
      if (digest.length !== 16) return [];
      const registers = (i: number) => ({ registers: Number(cells[3 * i]), stackBytes: 0, spillBytes: 0 });
      return [[digest, { sm_80: registers(0), sm_90a: registers(1) }] as const];
    }),
  );
}

/** Without a word: what spills is compiled, and found, every time. */
function mark(each: Compiled): string {
  const all = Object.values(each.resources);
  const isClean =
    all.length === compiledFor.length && all.every((one) => one.spillBytes + one.stackBytes === 0);
  return isClean ? digestOf(each) : "refused";
}

/** A line per kernel: registers of a thread, threads of a block, bytes of shared memory, for each architecture. */
function resourceTable(version: string, all: readonly Compiled[]): string {
  const cell = ({ kernel, resources }: Compiled, architecture: CompiledFor): string => {
    const { threads, sharedBytes } = kernel.configurations[architecture];
    const registers = resources[architecture]?.registers ?? 0;
    return `${String(registers).padStart(4)} ${String(threads).padStart(5)} ${String(sharedBytes).padStart(7)}`;
  };
  const lines = all.map(
    (each) =>
      `${`${each.name} ${each.precision}`.padEnd(34)} ${compiledFor.map((one) => cell(each, one)).join("   ")}   ${mark(each)}`,
  );
  const head = `${"kernel".padEnd(34)} ${compiledFor.map((each) => `${each}: registers, threads, shared bytes`).join("; ")}; text`;
  return `${[`nvcc ${version}`, head, ...lines].join("\n")}\n`;
}

describe("a compiler's report", () => {
  const log = [
    "ptxas info    : Compiling entry function 'product' for 'sm_80'",
    "    8 bytes stack frame, 12 bytes spill stores, 16 bytes spill loads",
    "ptxas info    : Used 128 registers, used 1 barriers, 408 bytes cmem[0]",
    "ptxas info    : Compiling entry function 'product' for 'sm_90a'",
    "ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized due to …",
    "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads",
    "ptxas info    : Used 168 registers, used 1 barriers",
    'kernel.cu(7): warning #550-D: variable "x" was set but never used',
  ].join("\n");

  test("is read by architecture", () => {
    expect([...readReport(log).resources]).toEqual([
      [
        "product",
        {
          sm_80: { registers: 128, stackBytes: 8, spillBytes: 28 },
          sm_90a: { registers: 168, stackBytes: 0, spillBytes: 0 },
        },
      ],
    ]);
  });

  test("says what is slow or wrong", () => {
    expect(readReport(log).complaints).toHaveLength(2);
    expect(readReport("error: nvcc ended with 2").complaints).toHaveLength(1);
  });
});
