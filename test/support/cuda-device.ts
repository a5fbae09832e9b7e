// cuda-device.ts: a device that runs an artifact of the CUDA target without a GPU: every launch in emulation, with all of
// the emulator's checks. In: an artifact, the architecture to stand for. Out: a Device; what the emulator finds is a
// DeviceError that names the kernel, the block, the thread and the line, and the launch's calls.

import { type Device, DeviceError, type DeviceTimes, type Phase } from "../../src/runtime/device.ts";
import { type Artifact, type CudaProgram, isCuda } from "../../src/targets/artifact.ts";
import { type Architecture, compileForEmulator } from "./cuda-compile.ts";
import { alignedBytes, type EmulatedLibrary, openEmulatedLibrary, tensorMaps } from "./cuda-library.ts";

export type EmulatedOptions = {
  readonly architecture: Architecture;
  /** Blocks that run at once, for kernels that walk through the work themselves. */
  readonly processors?: number;
  /** In which order blocks and threads come: 0 in order, 1 in reverse, else a shuffle's seed. */
  readonly order?: number;
};

/** Roles of buffers that only kernels write. */
const unwritten: readonly string[] = ["activation", "packed", "result"];

export async function openEmulatedDevice(artifact: Artifact, options: EmulatedOptions): Promise<Device> {
  if (!isCuda(artifact)) throw new DeviceError(`the emulator of CUDA cannot run ${artifact.target}`);
  const { program } = artifact;
  const path = await compileForEmulator(program.kernels, options.architecture);
  return emulatedDevice(artifact, program, openEmulatedLibrary(path), options);
}

function emulatedDevice(
  artifact: Artifact,
  program: CudaProgram,
  library: EmulatedLibrary,
  { architecture, processors = 3, order = 0 }: EmulatedOptions,
): Device {
  const arena = alignedBytes(artifact.arenaBytes);
  // What no kernel has written is no number: whoever counts on zeros spoils his result.
  for (const { role, byteOffset, byteLength } of artifact.buffers)
    if (unwritten.includes(role)) arena.fill(0xff, byteOffset, byteOffset + byteLength);
  const records = Int32Array.from(program.records);
  const maps = tensorMaps(library, arena, program.maps);
  const runLaunch = (index: number): number => {
    const launch = program.launches[index];
    const kernel = launch === undefined ? undefined : program.kernels[launch.kernel];
    if (launch === undefined || kernel === undefined) throw new DeviceError("a launch names no kernel");
    const [x, y, z] = launch.blocks;
    if (x * y * z === 0) return 0;
    const { threads, sharedBytes } = kernel.configurations[architecture];
    const blocks = [launch.isPersistent === true ? Math.min(x, processors) : x, y, z] as const;
    const start = performance.now();
    try {
      library.setOrder(order);
      const job = Uint32Array.from(launch.job);
      library.launch({ kernel: kernel.name, blocks, threads, sharedBytes, arena, records, job, maps });
    } catch (error) {
      throw new DeviceError(`${error instanceof Error ? error.message : error}${callsOf(artifact, index)}`);
    }
    return performance.now() - start;
  };
  const indicesOf = (phases: readonly Phase[]): readonly number[] =>
    artifact.launches.flatMap(({ phase }, index) => (phases.includes(phase) ? [index] : []));
  const bytesAt = (byteOffset: number, byteLength: number): ArrayBuffer =>
    arena.slice(byteOffset, byteOffset + byteLength).buffer;

  return {
    threads: 1,
    write(byteOffset, values) {
      arena.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), byteOffset);
    },
    readFloats: async (byteOffset, count) => new Float32Array(bytesAt(byteOffset, 4 * count)),
    readIntegers: async (byteOffset, count) => new Int32Array(bytesAt(byteOffset, 4 * count)),
    async run(phases) {
      for (const index of indicesOf(phases)) runLaunch(index);
    },
    async profile(phases): Promise<DeviceTimes> {
      const calls = indicesOf(phases).map((launch) => {
        const milliseconds = runLaunch(launch);
        return { launch, position: 0, milliseconds, threadMs: [milliseconds], calls: 1 };
      });
      return { calls, waitMs: [0] };
    },
    close: async () => {},
  };
}

/** What a launch computes, as far as a person needs it to find the place in the model. */
function callsOf({ launches }: Artifact, index: number): string {
  const launch = launches[index];
  const calls = [...(launch?.stages.flat() ?? []), ...(launch?.tasks.map(({ call }) => call) ?? [])];
  const first = calls.find(({ label }) => label !== "");
  if (first === undefined) return "";
  const place = first.line === undefined ? "" : `, line ${first.line} of the spec`;
  const more = calls.length > 1 ? ", …" : "";
  return ` (launch ${index}: ${first.scope}${first.scope === "" ? "" : ": "}${first.label}${more}${place})`;
}
