// torch-process.ts: PyTorch in a process of its own that answers requests, so that it and Motley can take turns on a GPU.
// In: requests of bench/peers/gpu_torch.py. Out: its answers; a request that PyTorch cannot do throws, with its reason.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export type TorchRequest = { readonly op: string } & Readonly<Record<string, unknown>>;

export type TorchProcess = {
  ask<Answer>(request: TorchRequest): Promise<Answer>;
  /** Ends it; waits until it has given the GPU back. */
  close(): Promise<void>;
};

export type TorchOptions = {
  readonly python: string;
  readonly device: "cuda" | "cpu";
  /** A request that takes longer has failed: compiling can take many minutes, or never end. */
  readonly timeoutMs: number;
};

const program = fileURLToPath(new URL("../peers/gpu_torch.py", import.meta.url));

export function startTorch({ python, device, timeoutMs }: TorchOptions): TorchProcess {
  const child = spawn(python, [program, "--device", device], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = endOf(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = `${complaints}${text}`.slice(-mostComplaints);
  });
  // Writing to a process that has ended is noticed where its answer is missing.
  child.stdin.on("error", () => undefined);
  return {
    async ask<Answer>(request: TorchRequest): Promise<Answer> {
      const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
      try {
        child.stdin.write(`${JSON.stringify(request)}\n`);
        const { value, done } = await lines.next();
        if (done === true)
          throw new Error(`PyTorch ended while doing \`${request.op}\`: ${lastLine(complaints)}`);
        const answer = JSON.parse(value) as Answer & { readonly error?: string };
        if (answer.error !== undefined) throw new Error(answer.error);
        return answer;
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      child.stdin.end(`${JSON.stringify({ op: "close" })}\n`);
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Of what a process writes to its standard error. */
const mostComplaints = 20_000;

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function endOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<void> {
  return new Promise((resolve) => {
    child.on("error", () => resolve());
    child.on("close", () => resolve());
  });
}
