// cuda-nvrtc.ts: NVRTC, NVIDIA's compiler as a library.
// In: the library's path, or nothing. Out: a compiler, or why there is none. Compiling runs on koffi's threads, so that
// the event loop goes on and kernels compile side by side.

import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CompileError, type CompilerTarget, type CudaCompiler, compilerFlags } from "./cuda-compiler.ts";
import { loadKoffi } from "./cuda-driver.ts";

type Koffi = Awaited<ReturnType<typeof loadKoffi>>;
type Library = ReturnType<Koffi["load"]>;

/** The newest first. A library that is not on the loader's path is looked for in the toolkit's usual folders. */
const libraryNames =
  process.platform === "win32"
    ? ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"]
    : ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"];
const libraryFolders = ["/usr/local/cuda/lib64", "/opt/cuda/lib64", "/usr/lib/x86_64-linux-gnu"];

/** NVRTC, or why there is none. */
export async function openNvrtc(path?: string): Promise<CudaCompiler | string> {
  const koffi = await loadKoffi();
  for (const name of path === undefined ? candidates() : [path]) {
    const library = tryLoad(koffi, name);
    if (library !== undefined) return nvrtcCompiler(name, bindNvrtc(library));
  }
  return path === undefined ? "there is no NVRTC" : `\`${path}\` cannot be loaded`;
}

function candidates(): readonly string[] {
  const inFolders = libraryFolders.flatMap((folder) => {
    const names = namesIn(folder).filter((name) => /^libnvrtc\.so(?:\.\d+)?$/.test(name));
    return names.sort((a, b) => b.length - a.length || (a < b ? 1 : -1)).map((name) => join(folder, name));
  });
  return [...libraryNames, ...inFolders];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function tryLoad(koffi: Koffi, name: string): Library | undefined {
  try {
    // It opens its other half by name, which is found if it is there already.
    if (name !== basename(name)) {
      const folder = dirname(name);
      for (const half of namesIn(folder).filter((each) => /^libnvrtc-builtins\.so/.test(each)))
        koffi.load(join(folder, half), { global: true });
    }
    return koffi.load(name);
  } catch {
    return undefined;
  }
}

type Nvrtc = ReturnType<typeof bindNvrtc>;

function bindNvrtc(library: Library) {
  const bind = (name: string, parameters: readonly string[]) => library.func(name, "int", [...parameters]);
  return {
    version: bind("nvrtcVersion", ["void *", "void *"]),
    architectureCount: bind("nvrtcGetNumSupportedArchs", ["void *"]),
    architectures: bind("nvrtcGetSupportedArchs", ["void *"]),
    create: bind("nvrtcCreateProgram", ["void *", "str", "str", "int", "void *", "void *"]),
    compile: bind("nvrtcCompileProgram", ["void *", "int", "const char **"]),
    destroy: bind("nvrtcDestroyProgram", ["void *"]),
    logSize: bind("nvrtcGetProgramLogSize", ["void *", "void *"]),
    log: bind("nvrtcGetProgramLog", ["void *", "void *"]),
    machineSize: bind("nvrtcGetCUBINSize", ["void *", "void *"]),
    machine: bind("nvrtcGetCUBIN", ["void *", "void *"]),
    ptxSize: bind("nvrtcGetPTXSize", ["void *", "void *"]),
    ptx: bind("nvrtcGetPTX", ["void *", "void *"]),
  };
}

function nvrtcCompiler(path: string, nvrtc: Nvrtc): CudaCompiler {
  const [major, minor, count] = [new Int32Array(1), new Int32Array(1), new Int32Array(1)];
  nvrtc.version(major, minor);
  nvrtc.architectureCount(count);
  const architectures = new Int32Array(count[0] ?? 0);
  nvrtc.architectures(architectures);
  return {
    ...{ kind: "nvrtc", path, version: `${major[0]}.${minor[0]}`, architectures: [...architectures] },
    async compile(source, output, target) {
      const text = await readFile(source, "utf8");
      await writeFile(output, await compileText(nvrtc, basename(source), text, target));
    },
    commandOf: (source, target) => `nvcc ${optionsOf(target).join(" ")} -cubin -o kernel.out ${source}`,
  };
}

function optionsOf(target: CompilerTarget): readonly string[] {
  return [...compilerFlags(target), `-arch=${target.architecture}`];
}

async function compileText(
  nvrtc: Nvrtc,
  name: string,
  text: string,
  target: CompilerTarget,
): Promise<Uint8Array> {
  const place = new BigUint64Array(1);
  const created: number = nvrtc.create(place, text, name, 0, 0n, 0n);
  if (created !== 0) throw new CompileError(`NVRTC takes no program (error ${created})`);
  const [program = 0n] = place;
  try {
    const options = optionsOf(target);
    const code = await new Promise<number>((resolve, reject) => {
      nvrtc.compile.async(program, options.length, [...options], (error: unknown, result: number) =>
        error === null || error === undefined ? resolve(result) : reject(error),
      );
    });
    if (code !== 0) {
      const log = Buffer.from(outputOf(nvrtc.logSize, nvrtc.log, program))
        .toString("utf8")
        .replace(/\0+$/, "")
        .trim();
      throw new CompileError(log === "" ? `NVRTC ends with error ${code}` : log);
    }
    return target.isPtx
      ? outputOf(nvrtc.ptxSize, nvrtc.ptx, program)
      : outputOf(nvrtc.machineSize, nvrtc.machine, program);
  } finally {
    nvrtc.destroy(place);
  }
}

type Bound = Nvrtc["log"];

/** What one function tells the size of, and another writes. */
function outputOf(sizeOf: Bound, write: Bound, program: bigint): Uint8Array {
  const size = new BigUint64Array(1);
  sizeOf(program, size);
  const bytes = new Uint8Array(Number(size[0] ?? 0n));
  if (bytes.length > 0) write(program, bytes);
  return bytes;
}
