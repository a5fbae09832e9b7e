// cuda-nvcc.ts: NVIDIA's compiler as a program.
// In: where it is. Out: a compiler, or why it is none. Every kernel is a process of its own.

import { execFile } from "node:child_process";
import { CompileError, type CompilerTarget, type CudaCompiler, compilerFlags } from "./cuda-compiler.ts";
import { DeviceError } from "./device.ts";

/** An nvcc, or why it is none. */
export async function openNvcc(path: string): Promise<CudaCompiler | string> {
  const told = await run(path, ["--version"]);
  if (told.failure !== undefined) return `\`${path}\` does not run: ${told.failure}`;
  const version = /release (\d+\.\d+)/.exec(told.stdout)?.[1];
  if (version === undefined) return `\`${path}\` does not say its version`;
  const listed = await run(path, ["--list-gpu-arch"]);
  const architectures = [...listed.stdout.matchAll(/^compute_(\d+)\s*$/gm)].map(([, digits]) =>
    Number(digits),
  );
  return {
    ...{ kind: "nvcc" as const, path, version, architectures },
    async compile(source, output, target) {
      const { failure, stdout, stderr } = await run(path, nvccArguments(source, output, target));
      if (failure === undefined) return;
      const log = `${stderr}${stdout}`.trim();
      if (hostProblem.test(log))
        throw new DeviceError(`\`${path}\` needs the host's C++ compiler, and does not find it`, {
          help: process.platform === "win32" ? "start from a Visual Studio prompt" : "install g++",
        });
      throw new CompileError(log === "" ? failure : log);
    },
    commandOf: (source, target) => [path, ...nvccArguments(source, "kernel.out", target)].join(" "),
  };
}

const hostProblem =
  /Failed to preprocess host compiler|Cannot find compiler|: (?:g\+\+|gcc): (?:not found|No such)/i;

export function nvccArguments(source: string, output: string, target: CompilerTarget): readonly string[] {
  const { architecture, isPtx } = target;
  const virtual = architecture.replace(/^sm_/, "compute_");
  const code = isPtx
    ? ["-ptx", `-arch=${virtual}`]
    : ["-cubin", `-gencode=arch=${virtual},code=${architecture}`];
  return [...compilerFlags(target), ...code, "-o", output, source];
}

type Ran = { readonly failure?: string; readonly stdout: string; readonly stderr: string };

/** A compiler's log may be long, but not without end. */
const mostOutput = 16 << 20;

function run(path: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(path, [...args], { maxBuffer: mostOutput, windowsHide: true }, (error, stdout, stderr) => {
      if (error === null) return resolve({ stdout, stderr });
      const { code, signal } = error as NodeJS.ErrnoException & { readonly signal?: string | null };
      const failure = code === "ENOENT" ? "it is not there" : `it ended with ${signal ?? code}`;
      return resolve({ failure, stdout, stderr });
    });
  });
}
