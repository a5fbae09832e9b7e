// cuda-devices.ts: the NVIDIA GPUs of this machine, as plain data.
// In: NVIDIA's driver. Out: what each GPU is and can do, or why there is none. No context is made: asking costs nothing
// on the GPU.

import { type Driver, openDriver } from "./cuda-driver.ts";
import { DeviceError } from "./device.ts";

export type CudaTraits = {
  /** Which GPU of this machine, as the driver counts them. Nothing runs on more than one yet. */
  readonly ordinal: number;
  readonly name: string;
  /** Compute capability: 9.0 is [9, 0]. */
  readonly capability: readonly [major: number, minor: number];
  readonly memoryBytes: number;
  readonly multiprocessors: number;
  /** Largest shared memory of a block. */
  readonly sharedBytes: number;
};

export type CudaList = {
  readonly devices: readonly CudaTraits[];
  /** Why there is none, where there is none, and what to do about it. */
  readonly reason?: string;
  readonly help?: string | undefined;
};

/** Every GPU that NVIDIA's driver shows. */
export async function listCudaDevices(driverPath?: string): Promise<CudaList> {
  try {
    const driver = await openDriver(driverPath);
    const count = driver.ask("count the GPUs", "cuDeviceGetCount");
    const devices = Array.from({ length: count }, (_, ordinal) => describeCudaDevice(driver, ordinal));
    return count > 0 ? { devices } : { devices, reason: "NVIDIA's driver is here, but no NVIDIA GPU" };
  } catch (error) {
    if (error instanceof DeviceError) return { devices: [], reason: error.message, help: error.help };
    throw error;
  }
}

/** CUdevice_attribute of cuda.h. */
const attributes = {
  multiprocessors: 16,
  capabilityMajor: 75,
  capabilityMinor: 76,
  sharedBytesPerBlock: 97,
} as const;

export function describeCudaDevice(driver: Driver, ordinal: number): CudaTraits {
  const doing = `ask GPU ${ordinal} what it is`;
  const device = driver.ask(doing, "cuDeviceGet", ordinal);
  const attribute = (name: keyof typeof attributes): number =>
    driver.ask(doing, "cuDeviceGetAttribute", attributes[name], device);
  const text = Buffer.alloc(256);
  driver.call(doing, "cuDeviceGetName", text, text.length, device);
  return {
    ordinal,
    name: text.toString("utf8", 0, text.indexOf(0)),
    capability: [attribute("capabilityMajor"), attribute("capabilityMinor")],
    memoryBytes: Number(driver.make(doing, "cuDeviceTotalMem_v2", device)),
    multiprocessors: attribute("multiprocessors"),
    sharedBytes: attribute("sharedBytesPerBlock"),
  };
}

/** What a GPU runs: which of a kernel's configurations, and the architecture it is compiled for. */
export type CudaArchitecture = {
  readonly configuration: "sm_80" | "sm_90a";
  /** 90 for compute capability 9.0. */
  readonly number: number;
};

/** Throws `DeviceError` where the GPU is older than what the kernels are written for. */
export function architectureOf({
  name,
  capability,
}: Pick<CudaTraits, "name" | "capability">): CudaArchitecture {
  const [major, minor] = capability;
  const number = 10 * major + minor;
  if (number < 80)
    throw new DeviceError(
      `${name} has compute capability ${major}.${minor}, and target \`cuda\` needs 8.0 or newer (Ampere, 2020)`,
      { help: "target `wgsl` runs on it, and `wasm` on the processor" },
    );
  // Instructions of 9.0a exist on 9.0 alone; what came later runs the other configuration.
  return { configuration: number === 90 ? "sm_90a" : "sm_80", number };
}
