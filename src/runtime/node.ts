// node.ts: `motley/runtime` in Node: what public.ts has, and devices, texts and command lines as Node has them.
// In: an artifact, addresses, arguments of the process. Out: a device on a GPU or on threads, texts, a program that ran.

import { existsSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Artifact, isCuda, isWgsl } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import { openCudaDevice } from "./cuda.ts";
import { openCudaGpu } from "./cuda-gpu.ts";
import { type Device, DeviceError } from "./device.ts";
import type { DeviceRequest, OpenDevice, ProgramOptions, ReadTexts, RunProgram } from "./host.ts";
import { BatchError } from "./made-up.ts";
import { MemoryError } from "./memory.ts";
import { readSafetensors, TensorFileError } from "./safetensors.ts";
import { NonFiniteError } from "./step.ts";
import { StoredArtifactError } from "./stored-artifact.ts";
import { openWasmDevice } from "./wasm.ts";
import { openWebgpuDevice } from "./webgpu.ts";
import { findAdapter } from "./webgpu-node.ts";

export * from "./public.ts";

export const openDevice: OpenDevice = async (artifact, request = {}) => {
  const { adapter, software = false, threads } = request;
  if (isCuda(artifact)) return openOnNvidia(artifact, request);
  if (!isWgsl(artifact)) return openWasmDevice(artifact, threads === undefined ? {} : { threads });
  if (adapter !== undefined) return openWebgpuDevice(artifact, { adapter });
  const found = await findAdapter({ software });
  if (found.adapter === undefined)
    throw new DeviceError(`this model was built for a GPU, and ${found.reason}`);
  return openWebgpuDevice(artifact, { adapter: found.adapter });
};

/** Compiling takes longer than a short training, so kernels are kept where the command line keeps them. */
async function openOnNvidia(artifact: Artifact, { driver, compiler }: DeviceRequest): Promise<Device> {
  const gpu = await openCudaGpu({
    cacheDirectory: join(".cache", "motley"),
    ...(driver === undefined ? {} : { driver }),
    ...(compiler === undefined ? {} : { compiler }),
  });
  try {
    const device = await openCudaDevice(artifact, gpu);
    return { ...device, close: () => device.close().finally(gpu.close) };
  } catch (error) {
    gpu.close();
    throw error;
  }
}

export const readTexts: ReadTexts = async <Name extends string>(addresses: Readonly<Record<Name, URL>>) => {
  const names = Object.keys(addresses) as Name[];
  const texts = await Promise.all(
    names.map(async (name) => [name, await readText(addresses[name])] as const),
  );
  return Object.fromEntries(texts) as Record<Name, string>;
};

async function readText(address: URL): Promise<string> {
  try {
    return await readFile(address, "utf8");
  } catch (error) {
    throw new StoredArtifactError(`cannot read ${address.href}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

const usage =
  "usage: node model.ts [--steps N] [--seed N] [--batch FILE.safetensors] [--software] [--threads N] [--driver PATH] [--compiler PATH]";

/** Arguments that mean nothing. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

export const runProgram: RunProgram = (moduleAddress, program) => {
  if (!isStarted(moduleAddress)) return;
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  // Not at once: constants that stand below the call have no values yet.
  queueMicrotask(async () => {
    try {
      await program(programOptions(process.argv.slice(2)));
    } catch (error) {
      if (!isExplained(error)) throw error;
      const help =
        error instanceof UsageError
          ? usage
          : error instanceof MemoryError || error instanceof DeviceError
            ? error.help
            : undefined;
      console.error([`error: ${error.message}`, ...(help === undefined ? [] : [help])].join("\n"));
      process.exitCode = error instanceof UsageError ? 2 : 1;
    }
  });
};

function isStarted(moduleAddress: string): boolean {
  const [, started] = process.argv;
  if (started === undefined || !existsSync(started) || !moduleAddress.startsWith("file:")) return false;
  return realpathSync(started) === realpathSync(fileURLToPath(moduleAddress));
}

/** Errors whose message says what to change; others are mistakes in a program and show where. */
function isExplained(error: unknown): error is Error {
  const explained = [
    ...[BatchError, DeviceError, MemoryError, NonFiniteError],
    ...[StoredArtifactError, TensorFileError, UsageError],
  ];
  return explained.some((kind) => error instanceof kind);
}

function programOptions(args: readonly string[]): ProgramOptions {
  const { steps, seed, threads, batch, software, driver, compiler } = readArguments(args);
  return {
    steps: wholeNumber("steps", steps ?? "20", 1),
    seed: wholeNumber("seed", seed ?? "1", 0),
    ...(software === undefined ? {} : { software }),
    ...(driver === undefined ? {} : { driver }),
    ...(compiler === undefined ? {} : { compiler }),
    ...(threads === undefined ? {} : { threads: wholeNumber("threads", threads, 1) }),
    ...(batch === undefined ? {} : { batch: readBatch(batch) }),
  };
}

function readArguments(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = {
    steps: text,
    seed: text,
    batch: text,
    threads: text,
    driver: text,
    compiler: text,
    software: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
  throw new UsageError(`--${name} takes a whole number from ${least} on, not \`${text}\``);
}

/** The batch of a file that `motley export` wrote. */
function readBatch(path: string): Batch {
  const { tensors } = readSafetensors(path);
  const integers = (name: string): Int32Array => {
    const values = tensors.get(`batch/${name}`)?.values;
    if (values instanceof Int32Array) return values;
    throw new BatchError(`${path} has no integers \`batch/${name}\`; \`motley export\` writes them`);
  };
  const floats = (name: string): Float32Array => {
    const values = tensors.get(`batch/${name}`)?.values;
    if (values instanceof Float32Array) return values;
    throw new BatchError(`${path} has no numbers \`batch/${name}\`; \`motley export\` writes them`);
  };
  const [batch = 0, context = 0] = tensors.get("batch/tokens")?.shape ?? [];
  const hasPatches = tensors.has("batch/patches");
  return {
    ...(hasPatches ? { patches: floats("patches"), noise: floats("noise") } : {}),
    ...(hasPatches ? { timestep: integers("timestep"), span: integers("span") } : {}),
    ...{ batch, context, token: integers("tokens"), target: integers("target") },
    ...{ modality: integers("modality"), document: integers("document"), position: integers("position") },
  };
}
