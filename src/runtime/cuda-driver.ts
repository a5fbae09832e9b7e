// cuda-driver.ts: NVIDIA's driver library, called through the optional package `koffi`.
// In: the library's place, where it is not the usual one. Out: its functions, whose failures are errors with CUDA's own
// names, or the reason why there is no driver. All calls are made on the main thread: a context belongs to a thread.

import { DeviceError } from "./device.ts";

type Koffi = typeof import("koffi").default;
type Library = ReturnType<Koffi["load"]>;

/** Parameters of the functions we call, as cuda.h has them; a test compares. Out-parameters are `void *`: a typed array receives them. */
export const driverFunctions = {
  cuInit: ["uint32_t"],
  cuDriverGetVersion: ["void *"],
  cuGetErrorName: ["int", "void *"],
  cuGetErrorString: ["int", "void *"],
  cuDeviceGetCount: ["void *"],
  cuDeviceGet: ["void *", "int"],
  cuDeviceGetName: ["void *", "int", "int"],
  cuDeviceGetAttribute: ["void *", "int", "int"],
  cuDeviceTotalMem_v2: ["void *", "int"],
  cuDevicePrimaryCtxRetain: ["void *", "int"],
  cuDevicePrimaryCtxRelease_v2: ["int"],
  cuCtxSetCurrent: ["void *"],
  cuMemGetInfo_v2: ["void *", "void *"],
  cuMemAlloc_v2: ["void *", "size_t"],
  cuMemFree_v2: ["uint64_t"],
  cuMemHostAlloc: ["void *", "size_t", "uint32_t"],
  cuMemFreeHost: ["void *"],
  cuMemcpyHtoDAsync_v2: ["uint64_t", "void *", "size_t", "void *"],
  cuMemcpyDtoHAsync_v2: ["void *", "uint64_t", "size_t", "void *"],
  cuMemsetD8Async: ["uint64_t", "uint8_t", "size_t", "void *"],
  cuStreamCreate: ["void *", "uint32_t"],
  cuStreamDestroy_v2: ["void *"],
  cuStreamQuery: ["void *"],
  cuStreamSynchronize: ["void *"],
  cuEventCreate: ["void *", "uint32_t"],
  cuEventRecord: ["void *", "void *"],
  cuEventRecordWithFlags: ["void *", "void *", "uint32_t"],
  cuEventQuery: ["void *"],
  cuEventSynchronize: ["void *"],
  cuEventElapsedTime: ["void *", "void *", "void *"],
  cuEventDestroy_v2: ["void *"],
  cuModuleLoadData: ["void *", "void *"],
  cuModuleUnload: ["void *"],
  cuModuleGetFunction: ["void *", "void *", "str"],
  cuFuncSetAttribute: ["void *", "int", "int"],
  cuOccupancyMaxActiveBlocksPerMultiprocessor: ["void *", "void *", "int", "size_t"],
  cuLaunchKernel: [
    ...["void *", "uint32_t", "uint32_t", "uint32_t", "uint32_t", "uint32_t", "uint32_t"],
    ...["uint32_t", "void *", "void *", "void *"],
  ],
  cuStreamBeginCapture_v2: ["void *", "int"],
  cuStreamEndCapture: ["void *", "void *"],
  cuGraphInstantiateWithFlags: ["void *", "void *", "uint64_t"],
  cuGraphLaunch: ["void *", "void *"],
  cuGraphExecDestroy: ["void *"],
  cuGraphDestroy: ["void *"],
  cuTensorMapEncodeTiled: [
    ...["void *", "int", "uint32_t", "uint64_t", "void *", "void *", "void *", "void *"],
    ...["int", "int", "int", "int"],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type DriverFunction = keyof typeof driverFunctions;

/** A handle, an address, a number, a text, or memory that the function reads or fills before it returns. */
export type DriverArgument = bigint | number | string | ArrayBufferView;

export type Driver = {
  /** What a function returns: 0 for success. */
  status(name: DriverFunction, ...args: readonly DriverArgument[]): number;
  /** Throws `DriverError` unless the function succeeds; `doing` goes on from "cannot". */
  call(doing: string, name: DriverFunction, ...args: readonly DriverArgument[]): void;
  /** As `call`; gives back the handle or the address that the function's first parameter receives. */
  make(doing: string, name: DriverFunction, ...args: readonly DriverArgument[]): bigint;
  /** As `call`; gives back the int that the function's first parameter receives. */
  ask(doing: string, name: DriverFunction, ...args: readonly DriverArgument[]): number;
  /** The error of a code, as `call` would throw it. */
  errorOf(doing: string, code: number): DriverError;
  /** Memory at an address, without a copy. It must outlive every use of the view. */
  view(address: bigint, byteLength: number): ArrayBuffer;
  /** 12040 for CUDA 12.4: the newest that the driver knows. */
  readonly version: number;
};

/** The driver refused something, or reports what went wrong before. */
export class DriverError extends DeviceError {
  readonly code: number;
  /** CUDA_ERROR_OUT_OF_MEMORY. */
  readonly errorName: string;
  constructor(doing: string, code: number, errorName: string, description: string) {
    super(`cannot ${doing}: ${errorName} (${description})`);
    this.code = code;
    this.errorName = errorName;
  }
}

/** Codes that mean something to us. */
export const driverCodes = {
  outOfMemory: 2,
  stubLibrary: 34,
  noDevice: 100,
  invalidImage: 200,
  noBinaryForGpu: 209,
  invalidPtx: 218,
  unsupportedPtxVersion: 222,
  notReady: 600,
  illegalAddress: 700,
  tooManyResources: 701,
  assertion: 710,
  hardwareStack: 714,
  launchFailed: 719,
  systemDriverMismatch: 803,
} as const;

const opened = new Map<string, Promise<Driver>>();

/** Loads and starts the driver, once; throws `DeviceError` with the reason where there is none. */
export function openDriver(path?: string): Promise<Driver> {
  const key = path ?? "";
  const known = opened.get(key);
  if (known !== undefined) return known;
  const made = startDriver(path);
  opened.set(key, made);
  return made;
}

async function startDriver(path: string | undefined): Promise<Driver> {
  if (path === undefined && process.platform === "darwin")
    throw new DeviceError("CUDA does not exist on macOS", {
      help: "target `wgsl` runs on this machine's GPU",
    });
  const koffi = await loadKoffi();
  const driver = bindDriver(koffi, loadLibrary(koffi, path));
  const code = driver.status("cuInit", 0);
  if (code !== 0) throw startError(driver, code);
  return { ...driver, version: driver.ask("ask for the driver's version", "cuDriverGetVersion") };
}

/** Throws `DeviceError` where the package is not installed. */
export async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import("koffi")).default;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    const reason = isMissing ? "is not installed" : `does not run on this machine: ${firstLine(error)}`;
    throw new DeviceError(`the optional package \`koffi\`, which calls NVIDIA's driver, ${reason}`, {
      help: "npm install koffi",
      cause: error,
    });
  }
}

function loadLibrary(koffi: Koffi, path: string | undefined): Library {
  const names =
    path !== undefined
      ? [path]
      : process.platform === "win32"
        ? ["nvcuda.dll"]
        : ["libcuda.so.1", "libcuda.so"];
  let reason: unknown;
  for (const name of names) {
    try {
      const library = koffi.load(name);
      keepLoaded(koffi, name);
      return library;
    } catch (error) {
      reason ??= error;
    }
  }
  throw new DeviceError(`there is no NVIDIA driver on this machine (${names[0]})`, {
    help: "install NVIDIA's driver; targets `wgsl` and `wasm` need none",
    cause: reason,
  });
}

/** RTLD_NOW and RTLD_NODELETE of glibc and musl. */
const loadForGood = 0x1002;

/** koffi unloads libraries while the process ends, and a driver has threads that still run in it then. */
function keepLoaded(koffi: Koffi, name: string): void {
  if (process.platform !== "linux") return;
  koffi.load(null).func("dlopen", "void *", ["str", "int"])(name, loadForGood);
}

function bindDriver(koffi: Koffi, library: Library): Driver {
  const bound = new Map<DriverFunction, (...args: readonly DriverArgument[]) => number>();
  const bind = (name: DriverFunction): ((...args: readonly DriverArgument[]) => number) => {
    const known = bound.get(name);
    if (known !== undefined) return known;
    try {
      const made = library.func("__stdcall", name, "int", [...driverFunctions[name]]);
      bound.set(name, made);
      return made;
    } catch (error) {
      const help = "update NVIDIA's driver: CUDA 12 or newer is needed";
      throw new DeviceError(`NVIDIA's driver is too old: it has no \`${name}\``, { help, cause: error });
    }
  };
  const status: Driver["status"] = (name, ...args) => bind(name)(...args);
  const textOf = (name: "cuGetErrorName" | "cuGetErrorString", code: number): string => {
    const place = new BigUint64Array(1);
    const isKnown = status(name, code, place) === 0 && place[0] !== undefined && place[0] !== 0n;
    return isKnown ? koffi.decode.string(place[0]) : `CUDA error ${code}`;
  };
  const errorOf: Driver["errorOf"] = (doing, code) =>
    new DriverError(doing, code, textOf("cuGetErrorName", code), textOf("cuGetErrorString", code));
  const call: Driver["call"] = (doing, name, ...args) => {
    const code = status(name, ...args);
    if (code !== 0) throw errorOf(doing, code);
  };
  return {
    ...{ status, call, errorOf, version: 0 },
    make(doing, name, ...args) {
      const place = new BigUint64Array(1);
      call(doing, name, place, ...args);
      return place[0] ?? 0n;
    },
    ask(doing, name, ...args) {
      const place = new Int32Array(1);
      call(doing, name, place, ...args);
      return place[0] ?? 0;
    },
    view: (address, byteLength) => koffi.view(address, byteLength),
  };
}

/** Why the driver does not start. */
function startError(driver: Driver, code: number): DeviceError {
  const error = driver.errorOf("start NVIDIA's driver", code);
  if (code === driverCodes.noDevice)
    return new DeviceError("NVIDIA's driver is here, but no NVIDIA GPU", {
      help: "`nvidia-smi` lists what the driver sees; CUDA_VISIBLE_DEVICES may hide it",
      cause: error,
    });
  if (code === driverCodes.stubLibrary)
    return new DeviceError("the library found is CUDA's stub, for linking only, and not NVIDIA's driver", {
      help: "take the folder `stubs` out of the library path, or install the driver",
      cause: error,
    });
  if (code === driverCodes.systemDriverMismatch)
    return new DeviceError("NVIDIA's driver and its part in the kernel are of different versions", {
      help: "restart the machine, as after every update of the driver",
      cause: error,
    });
  return error;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
}
