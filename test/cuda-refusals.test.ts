// What an NVIDIA GPU, its driver and its compiler refuse, lack or lose: every one ends with one clear error that says
// what to do. In: hand-made kernels on a stand-in for the driver, told to fail. Out: errors by their words.

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type CudaDevice, openCudaDevice } from "../src/runtime/cuda.ts";
import { compilerTarget } from "../src/runtime/cuda-compiler.ts";
import { architectureOf, listCudaDevices } from "../src/runtime/cuda-devices.ts";
import { type CudaGpu, type CudaGpuOptions, openCudaGpu } from "../src/runtime/cuda-gpu.ts";
import { compileKernels } from "../src/runtime/cuda-kernels.ts";
import { checkCudaMemory, placesOf } from "../src/runtime/cuda-memory.ts";
import { findCompiler } from "../src/runtime/cuda-toolkit.ts";
import { DeviceError } from "../src/runtime/device.ts";
import { MemoryError } from "../src/runtime/memory.ts";
import type { Artifact } from "../src/targets/artifact.ts";
import { type CudaParts, cudaArtifact, floatStart } from "./support/cuda-artifact.ts";
import { describeWith } from "./support/devices.ts";
import { repository, temporaryFolder } from "./support/motley.ts";
import { openStandIn, standInProblem } from "./support/stand-in-cuda.ts";

const problem = standInProblem();
const parts: CudaParts = {
  floats: 100,
  kernels: { twice: "floats[i] *= 2;", add: "floats[i] += argument(0);" },
  launches: [
    { kernel: "twice", phase: "forward", blocks: [2, 1, 1], line: 7 },
    { kernel: "add", phase: "backward", blocks: [2, 1, 1], words: [3], line: 12 },
  ],
};
const artifact = cudaArtifact(parts);
const cacheDirectory = mkdtempSync(join(tmpdir(), "motley-cuda-"));
afterAll(() => rmSync(cacheDirectory, { recursive: true }));

const opened: (CudaDevice | CudaGpu)[] = [];
const told: string[] = [];
afterEach(async () => {
  if (problem !== undefined) return;
  const { set } = openStandIn();
  for (const name of told.splice(0)) set(name, usual[name] ?? 0);
  set("reset", 1);
  for (const each of opened.splice(0).reverse()) await each.close();
});

const usual: Readonly<Record<string, number>> = { capability: 90, devices: 1, memory: 2 ** 33, free: -1 };

/** Tells the stand-in something until the test ends. */
function tell(name: string, value: number): void {
  told.push(name);
  openStandIn().set(name, value);
}

async function openGpu(options: CudaGpuOptions = {}): Promise<CudaGpu> {
  const { driver, compiler } = openStandIn();
  const gpu = await openCudaGpu({ driver, compiler, cacheDirectory, ...options });
  opened.push(gpu);
  return gpu;
}

async function open(of: Artifact = artifact, options: CudaGpuOptions = {}): Promise<CudaDevice> {
  const device = await openCudaDevice(of, await openGpu(options));
  opened.push(device);
  return device;
}

async function failureOf(work: Promise<unknown>): Promise<DeviceError> {
  const error = await work.then(
    () => "no error",
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DeviceError);
  return error as DeviceError;
}

describe("an NVIDIA GPU", () => {
  it("is not there without a driver", async () => {
    const error = await failureOf(openCudaGpu({ driver: "/nowhere/libcuda.so.1" }));
    expect(error.message).toBe("there is no NVIDIA driver on this machine (/nowhere/libcuda.so.1)");
    expect(error.help).toContain("install NVIDIA's driver");
    expect(await listCudaDevices("/nowhere/libcuda.so.1")).toMatchObject({
      devices: [],
      reason: error.message,
    });
  });

  it("is not there without the package that calls the driver", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    for (const name of ["cuda-driver.ts", "cuda-devices.ts", "device.ts"])
      cpSync(join(repository, "src/runtime", name), join(folder, name));
    const program = `
      const { listCudaDevices } = await import(${JSON.stringify(pathToFileURL(join(folder, "cuda-devices.ts")).href)});
      const { reason, help } = await listCudaDevices("libcuda.so.1");
      console.log(reason + "\\n" + help);`;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
    expect(await run).toMatchObject({
      stdout:
        "the optional package `koffi`, which calls NVIDIA's driver, is not installed\nnpm install koffi\n",
      stderr: "",
    });
  });

  it("is too old before 8.0", () => {
    expect(() => architectureOf({ name: "GeForce RTX 2080", capability: [7, 5] })).toThrow(
      "GeForce RTX 2080 has compute capability 7.5, and target `cuda` needs 8.0 or newer",
    );
  });

  it.each([
    [
      [9, 0],
      { configuration: "sm_90a", number: 90 },
      { architecture: "sm_90a", isPtx: false, hasLines: false },
    ],
    [
      [8, 0],
      { configuration: "sm_80", number: 80 },
      { architecture: "sm_80", isPtx: false, hasLines: false },
    ],
    [
      [8, 9],
      { configuration: "sm_80", number: 89 },
      { architecture: "sm_89", isPtx: false, hasLines: false },
    ],
    [
      [10, 0],
      { configuration: "sm_80", number: 100 },
      { architecture: "sm_100", isPtx: false, hasLines: false },
    ],
    [
      [15, 0],
      { configuration: "sm_80", number: 150 },
      { architecture: "compute_120", isPtx: true, hasLines: false },
    ],
  ] as const)(
    "of compute capability %s takes what is compiled for it",
    (capability, architecture, target) => {
      expect(architectureOf({ name: "", capability })).toEqual(architecture);
      const compiler = {
        kind: "nvcc",
        version: "13.0",
        architectures: [75, 80, 86, 89, 90, 100, 120],
      } as const;
      expect(compilerTarget(architecture, compiler)).toEqual(target);
    },
  );

  it("is newer than its compiler", () => {
    const compiler = { kind: "nvcc", version: "11.8", architectures: [75, 80, 86, 89, 90] } as const;
    expect(() => compilerTarget({ configuration: "sm_90a", number: 90 }, compiler)).toThrow(
      "nvcc 11.8 is too old for this GPU's architecture, sm_90",
    );
  });
});

describe("a compiler of kernels", () => {
  it("is not there", async () => {
    const error = await failureOf(findCompiler("/nowhere/nvcc"));
    expect(error.message).toContain("there is no compiler: `/nowhere/nvcc` does not run: it is not there");
    expect(error.help).toContain("install NVIDIA's CUDA toolkit");
    const library = await failureOf(findCompiler("/nowhere/libnvrtc.so.12"));
    expect(library.message).toContain("`/nowhere/libnvrtc.so.12` cannot be loaded");
  });

  it("is something else", async () => {
    expect((await failureOf(findCompiler("/bin/true"))).message).toContain("does not say its version");
  });
});

describeWith(problem, "what the compiler refuses", () => {
  it("is our mistake, with its log, its text and how to see it again", async () => {
    const broken = cudaArtifact({
      ...parts,
      kernels: { ...parts.kernels, add: "floats[i] += no_such_thing;" },
    });
    const folder = temporaryFolder();
    const gpu = await openGpu({ cacheDirectory: folder });
    const error = await failureOf(compileKernels([broken], gpu));
    expect(error.message).toMatch(
      /^compiler bug: nvcc 13\.0 refuses kernel `add`: add\.cu:\d+:\d+: error: .*no_such_thing/,
    );
    const path = join(folder, "cuda", "add.cu");
    expect(error.help).toContain(`\n${path}\nto see it again: ${gpu.compiler.path} -std=c++17`);
    expect(readFileSync(path, "utf8")).toContain("no_such_thing");
    // The other kernel was compiled, and of this one there is no half.
    expect(readdirSync(join(folder, "cuda")).sort()).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}\.bin$/),
      "add.cu",
    ]);
  });

  it("is nothing that was compiled before", async () => {
    const gpu = await openGpu({ cacheDirectory: temporaryFolder() });
    await compileKernels([artifact], gpu);
    const other = {
      ...gpu,
      compiler: { ...gpu.compiler, compile: () => Promise.reject(new Error("again")) },
    };
    await compileKernels([artifact], other);
    const newer = { ...other, compiler: { ...other.compiler, version: "13.1" } };
    await expect(compileKernels([artifact], newer)).rejects.toThrow("again");
  });

  it("is newer than the driver", async () => {
    const gpu = await openGpu();
    tell("fail_cuModuleLoadData", 222);
    const error = await failureOf(openCudaDevice(artifact, gpu));
    expect(error.message).toBe(
      "NVIDIA's driver (for CUDA 13.0) does not take what nvcc 13.0 compiles: CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
    );
    expect(error.help).toContain("update the driver");
  });
});

describeWith(problem, "memory of an NVIDIA GPU", () => {
  it("is counted before it is allocated", () => {
    const { totalBytes } = placesOf(artifact);
    const memory = (freeBytes: number) => ({ freeBytes: freeBytes + 2 ** 27, totalBytes: 2 ** 30 });
    checkCudaMemory([artifact, artifact], memory(2 * totalBytes));
    const check = () => checkCudaMemory([artifact, artifact], memory(2 * totalBytes - 1));
    expect(check).toThrow(MemoryError);
    expect(check).toThrow(
      /^`hand-made` needs \d+ bytes of the GPU's memory, and \d+ bytes of its 1\.0 GiB can be had, the other variants' part included; the largest are floats \(400 bytes\), integers \(64 bytes\), small \(4 bytes\)$/,
    );
  });

  it("may be taken by somebody else", async () => {
    tell("free", 2 ** 27);
    await expect(open()).rejects.toThrow(
      /needs .* of the GPU's memory, and 0 bytes of its 8\.0 GiB can be had/,
    );
    tell("free", -1);
    tell("fail_cuMemAlloc_v2", 2);
    const error = await open().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MemoryError);
    expect(String(error)).toContain("that `hand-made` needs, of which the largest are floats (400 bytes)");
  });

  it("is given back where opening fails half way", async () => {
    const gpu = await openGpu();
    const { live } = openStandIn();
    const before = live();
    tell("fail_cuStreamCreate", 719);
    await failureOf(openCudaDevice(artifact, gpu));
    expect(live()).toBe(before);
  });
});

describeWith(problem, "a kernel that fails", () => {
  const named =
    "a kernel failed: `twice` (launch 0: block.0 twice, line 7): CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)";

  it("is named with its line in the first run, and ends the device", async () => {
    const device = await open();
    tell("fault_twice", 700);
    expect((await failureOf(device.run(["forward"]))).message).toBe(named);
    for (const later of [
      device.run(["backward"]),
      device.readFloats(floatStart, 1),
      device.profile(["forward"]),
    ])
      expect((await failureOf(later)).message).toBe(named);
    expect(() => device.write(floatStart, new Float32Array(1))).toThrow(DeviceError);
  });

  it("is one of a graph later, or named where every launch is waited for", async () => {
    const device = await open();
    await device.run(["forward"]);
    await device.run(["forward"]);
    tell("fault_twice", 700);
    expect((await failureOf(device.run(["forward"]))).message).toBe(
      "a kernel failed in phase forward: CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered); MOTLEY_CUDA_SYNC=1 names it",
    );
    openStandIn().set("fault_twice", 0);
    openStandIn().set("reset", 1);
    const waiting = await open(artifact, { waitsForLaunches: true });
    for (let round = 0; round < 3; round += 1) await waiting.run(["forward"]);
    tell("fault_twice", 700);
    expect((await failureOf(waiting.run(["forward"]))).message).toBe(named);
  });

  it("is none of ours where the machine fails", async () => {
    const device = await open();
    await device.run(["forward"]);
    tell("fault_twice", 214);
    expect((await failureOf(device.run(["forward"]))).message).toBe(
      "the GPU was lost (CUDA_ERROR_ECC_UNCORRECTABLE (uncorrectable ECC error encountered)); the last checkpoint is good, and --resume goes on from there",
    );
  });

  it("is one that cannot be launched", async () => {
    const wide = cudaArtifact({ ...parts, launches: [{ kernel: "twice", blocks: [1, 70_000, 1], line: 3 }] });
    expect((await failureOf((await open(wide)).run(["forward"]))).message).toContain(
      "CUDA_ERROR_INVALID_VALUE",
    );
  });
});
