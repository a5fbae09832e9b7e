// cuda-toolkit.ts: NVIDIA's compiler, in whichever form this machine has it.
// In: where to look, if not at the usual places. Out: a compiler, or why there is none.
// nvcc comes first: it is what the tests compile every kernel with, each run is a process of its own, so that kernels
// compile side by side and none can take the step down with it. NVRTC, which needs no host compiler, stands in for it.

import { basename } from "node:path";
import type { CudaCompiler } from "./cuda-compiler.ts";
import { openNvcc } from "./cuda-nvcc.ts";
import { openNvrtc } from "./cuda-nvrtc.ts";
import { DeviceError } from "./device.ts";

const nvccNames = ["nvcc", "/usr/local/cuda/bin/nvcc", "/opt/cuda/bin/nvcc"];

/** Throws `DeviceError` where there is no compiler. `path`: an nvcc, or a library of NVRTC. */
export async function findCompiler(path?: string): Promise<CudaCompiler> {
  const isLibrary = path !== undefined && /\.(?:so|dll)\b/.test(basename(path));
  const reasons: string[] = [];
  for (const name of path === undefined ? nvccNames : isLibrary ? [] : [path]) {
    const found = await openNvcc(name);
    if (typeof found !== "string") return found;
    reasons.push(found);
  }
  if (path === undefined || isLibrary) {
    const found = await openNvrtc(path);
    if (typeof found !== "string") return found;
    reasons.push(found);
  }
  const where = path === undefined ? "neither `nvcc` nor NVRTC was found" : (reasons[0] ?? `no ${path}`);
  throw new DeviceError(`target \`cuda\` compiles its kernels here, and there is no compiler: ${where}`, {
    help: "install NVIDIA's CUDA toolkit (12 or newer), or put its folder `bin` on the PATH",
  });
}
