// devices.ts: `motley devices`: what this machine can run.
// In: nothing. Out: a line or a JSON entry per target, with what would be used.

import { availableParallelism, cpus, totalmem } from "node:os";
import { defaultThreads, formatBytes } from "../index.ts";
import { exitCodes } from "./failure.ts";
import { say, sayJson } from "./output.ts";
import { prepareEngine } from "./training.ts";

export async function devicesCommand(options: { readonly json?: boolean }): Promise<number> {
  const { tile, relaxedSimd } = await prepareEngine({});
  const processor = cpus()[0]?.model.trim() ?? process.arch;
  const devices = [
    {
      target: "wasm",
      available: true,
      processor,
      threads: defaultThreads(),
      processors: availableParallelism(),
      memoryBytes: totalmem(),
      engine: `node ${process.versions.node}, V8 ${process.versions.v8}`,
      relaxedSimd,
      tile: `${tile.rows}x${tile.columns}`,
    },
    { target: "wgsl", available: false },
    { target: "cuda", available: false },
  ];
  if (options.json) {
    sayJson({ devices });
    return exitCodes.fine;
  }
  say(
    [
      `wasm  ${processor}, ${defaultThreads()} threads, ${formatBytes(totalmem())}`,
      `      node ${process.versions.node}, micro-kernel ${tile.rows} x ${tile.columns}, ${relaxedSimd ? "fused multiply-add" : "no fused multiply-add"}`,
      "wgsl  not available in this version",
      "cuda  not available in this version",
    ].join("\n"),
  );
  return exitCodes.fine;
}
