// cuda-kernels.ts: kernels, compiled and kept by what they were compiled from.
// In: an artifact's texts and a GPU. Out: files of machine code; loaded functions. As many compilers run at once as there
// are processors. A text that the compiler refuses is our mistake: the error says how to see it again.

import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Artifact, CudaKernel, CudaProgram } from "../targets/artifact.ts";
import { CompileError, type CompilerTarget, type CudaCompiler, compilerFlags } from "./cuda-compiler.ts";
import { DriverError, driverCodes } from "./cuda-driver.ts";
import type { CudaGpu } from "./cuda-gpu.ts";
import { DeviceError } from "./device.ts";

/** The program of an artifact made for CUDA. */
export function cudaOf({ program }: Artifact): CudaProgram {
  if (program.kind === "cuda") return program;
  throw new DeviceError(`this step was compiled for \`${program.kind}\`, not for CUDA`);
}

/** Bumped when the same text would be compiled differently. */
const cacheVersion = 1;

/**
 * Compiles what was not compiled before, and loads nothing: whoever is about to write files wants to know first.
 * - `onStart` is told how many there are, where there are any: it takes a while.
 */
export async function compileKernels(
  artifacts: readonly Artifact[],
  gpu: CudaGpu,
  onStart?: (count: number) => void,
): Promise<void> {
  const kernels = artifacts.flatMap((artifact) => cudaOf(artifact).kernels);
  await imagesOf(kernels, gpu, onStart);
}

/** Each kernel as the driver knows it; what was loaded before is not loaded again. */
export async function loadKernels(artifact: Artifact, gpu: CudaGpu): Promise<readonly bigint[]> {
  const { kernels } = cudaOf(artifact);
  const missing = kernels.filter((kernel) => !gpu.functions.has(keyOf(kernel, gpu)));
  const paths = await imagesOf(missing, gpu);
  for (const kernel of missing) {
    const key = keyOf(kernel, gpu);
    const image = await readFile(paths.get(key) ?? "");
    gpu.functions.set(key, loadFunction(kernel, image, gpu));
  }
  return kernels.map((kernel) => gpu.functions.get(keyOf(kernel, gpu)) ?? 0n);
}

function loadFunction(kernel: CudaKernel, image: Uint8Array, gpu: CudaGpu): bigint {
  const { driver, architecture } = gpu;
  const doing = `load kernel \`${kernel.name}\``;
  // PTX is a text, and ends with a zero.
  const ended = new Uint8Array(image.length + 1);
  ended.set(image);
  try {
    const module = driver.make(doing, "cuModuleLoadData", ended);
    const loaded = driver.make(doing, "cuModuleGetFunction", module, kernel.entry);
    const { sharedBytes } = kernel.configurations[architecture.configuration];
    if (sharedBytes > plainSharedBytes)
      driver.call(
        `give kernel \`${kernel.name}\` ${sharedBytes} bytes of shared memory`,
        "cuFuncSetAttribute",
        ...[loaded, mostDynamicSharedBytes, sharedBytes],
      );
    return loaded;
  } catch (error) {
    throw error instanceof DriverError ? (strangerError(error, gpu) ?? error) : error;
  }
}

/** More than this a kernel has to ask for. */
const plainSharedBytes = 48 << 10;
/** CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES. */
const mostDynamicSharedBytes = 8;

/** A driver that is older than the compiler may not take what that makes. */
function strangerError(error: DriverError, { driver, compiler }: CudaGpu): DeviceError | undefined {
  const { invalidImage, noBinaryForGpu, invalidPtx, unsupportedPtxVersion } = driverCodes;
  const codes: readonly number[] = [invalidImage, noBinaryForGpu, invalidPtx, unsupportedPtxVersion];
  if (!codes.includes(error.code)) return undefined;
  const known = `${Math.floor(driver.version / 1000)}.${Math.floor((driver.version % 1000) / 10)}`;
  return new DeviceError(
    `NVIDIA's driver (for CUDA ${known}) does not take what ${compiler.kind} ${compiler.version} compiles: ${error.errorName}`,
    { help: "update the driver, or use a CUDA toolkit that is no newer than it", cause: error },
  );
}

function keyOf({ source, entry }: CudaKernel, { compiler, target }: CudaGpu): string {
  const { kind, version } = compiler;
  return createHash("sha256")
    .update(JSON.stringify([cacheVersion, kind, version, compilerFlags(target), target, entry]))
    .update(source)
    .digest("hex");
}

/** Files of machine code by key. */
async function imagesOf(
  kernels: readonly CudaKernel[],
  gpu: CudaGpu,
  onStart?: (count: number) => void,
): Promise<ReadonlyMap<string, string>> {
  const folder = join(gpu.options.cacheDirectory ?? join(tmpdir(), `motley-${process.pid}`), "cuda");
  const wanted = new Map(kernels.map((kernel) => [keyOf(kernel, gpu), kernel]));
  const paths = new Map([...wanted.keys()].map((key) => [key, join(folder, `${key}.bin`)]));
  const missing: (readonly [string, CudaKernel])[] = [];
  for (const [key, kernel] of wanted) {
    const path = paths.get(key) ?? "";
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (!isThere) missing.push([path, kernel]);
  }
  if (missing.length > 0) {
    onStart?.(missing.length);
    await mkdir(folder, { recursive: true });
  }
  const queue = missing.values();
  const work = async (): Promise<void> => {
    // Workers take from one list, so each kernel is compiled once.
    for (const [path, kernel] of queue) await compileTo(path, kernel, folder, gpu);
  };
  const count = Math.min(missing.length, availableParallelism());
  const results = await Promise.allSettled(Array.from({ length: count }, work));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return paths;
}

/** Under another name first, so that whoever is interrupted leaves no half of a file behind. */
async function compileTo(path: string, kernel: CudaKernel, folder: string, gpu: CudaGpu): Promise<void> {
  const { compiler, target } = gpu;
  const draft = join(folder, randomUUID());
  const source = `${draft}.cu`;
  try {
    await writeFile(source, kernel.source);
    await compiler.compile(source, draft, target);
    await rename(draft, path);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw await refusedError(kernel, error, folder, compiler, target);
  } finally {
    await rm(source, { force: true });
    await rm(draft, { force: true });
  }
}

const shownLines = 12;

/** The compiler wrote the text, so it is the compiler's mistake. The text stays where the user finds it. */
async function refusedError(
  { name, source }: CudaKernel,
  { log }: CompileError,
  folder: string,
  { kind, version, commandOf }: CudaCompiler,
  target: CompilerTarget,
): Promise<DeviceError> {
  const path = join(folder, `${name}.cu`);
  await writeFile(path, source);
  const lines = log.split("\n").map((line) => line.replace(/^\S*\.cu(?=[(:])/, `${name}.cu`));
  const first = lines.find((line) => /\berror\b/.test(line)) ?? lines[0] ?? "";
  const more = lines.length > shownLines ? [`… ${lines.length - shownLines} more lines`] : [];
  return new DeviceError(`compiler bug: ${kind} ${version} refuses kernel \`${name}\`: ${first.trim()}`, {
    help: [
      ...lines.slice(0, shownLines),
      ...more,
      "this is a mistake in Motley, not in your files; please report it with the spec, and with the kernel:",
      path,
      `to see it again: ${commandOf(path, target)}`,
    ].join("\n"),
  });
}
