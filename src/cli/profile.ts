// profile.ts: `motley profile`: where the time of a training step goes.
// In: a spec. Out: tables by kernel, by line and by scope, or the same as JSON; on request a trace of one step.

import { dirname } from "node:path";
import {
  createBatchStream,
  cudaRoofline,
  measureRoofline,
  type Part,
  type Profile,
  profileSteps,
  type RooflineProbe,
  traceStep,
  wasmRoofline,
  wgslRoofline,
  writeAtomically,
} from "../index.ts";
import { exitCodes } from "./failure.ts";
import { type DeviceOptions, type Machine, openDevice, prepareMachine, tuneFor } from "./machine.ts";
import { say, sayJson, tell } from "./output.ts";
import { loadSpec, pickVariant, readSource } from "./spec.ts";
import { decimal, short, table } from "./table.ts";
import { compileFor, openSessions, prepare, requireObjective, trainSettings } from "./training.ts";

export type ProfileOptions = DeviceOptions & {
  readonly variant?: string;
  readonly json?: boolean;
  readonly trace?: string;
};

/** Steps before anything is measured: the engine still compiles. */
const warmups = 6;
const steps = 16;
const shownParts = 16;

export async function profileCommand(file: string, options: ProfileOptions): Promise<number> {
  const spec = loadSpec(file);
  const model = pickVariant(spec, options.variant);
  const settings = trainSettings(model, file, {});
  const chosen = await prepareMachine(options);
  const dataset = await prepare(model, dirname(file), settings);
  const machine = await tuneFor(chosen, requireObjective(model));
  const artifact = compileFor(model, machine);
  const [session] = await openSessions([artifact], machine);
  if (session === undefined) throw new Error("no session was opened");
  try {
    const { batch, context, seed, captions } = settings;
    await session.initialize(seed);
    const batches = createBatchStream(dataset, { split: "train", batch, context, seed, captions });
    const { profile, bestStep } = await profileSteps(session, batches, {
      ...{ warmups, steps },
      measureRoofline: () => measureRoofline(rooflineOf(machine), (probe) => openDevice(probe, machine)),
    });
    if (options.trace !== undefined) {
      writeAtomically(options.trace, `${JSON.stringify(traceStep(artifact, bestStep))}\n`);
      tell(`${options.trace}: a step's timeline; open it in ui.perfetto.dev or chrome://tracing`);
    }
    if (options.json) sayJson(profile);
    else say(render(profile, readSource(file).text));
    return exitCodes.fine;
  } finally {
    await session.close();
  }
}

function rooflineOf(machine: Machine): RooflineProbe {
  if (machine.kind === "cuda") {
    const { traits, architecture } = machine.gpu;
    return cudaRoofline(machine.engine, { ...traits, configuration: architecture.configuration });
  }
  return machine.kind === "wgsl" ? wgslRoofline(machine.engine) : wasmRoofline(machine.engine);
}

/** What the rates of the heading are rates of. */
function peaksOf({ target, roofline }: Profile): string {
  const arithmetic = `${decimal(roofline.gflopsPerThread, 1)} GFLOP/s`;
  const memory = `${decimal(roofline.gigabytesPerThread, 1)} GB/s`;
  return target !== "wasm"
    ? `this GPU at best: ${arithmetic} (${target === "cuda" ? "products without memory" : "multiply-adds in registers"}), ${memory} (a long copy)`
    : `this machine at best, a thread while all work: ${arithmetic} (the matmul micro-kernel in cache), ${memory} (long additions)`;
}

function render(profile: Profile, text: string): string {
  const sourceLines = text.split("\n");
  const { step, target, threads } = profile;
  const heading = [
    `${profile.model} ${profile.variant}, ${profile.batch} x ${profile.context} tokens, ${target !== "wasm" ? "on a GPU" : `${threads} ${threads === 1 ? "thread" : "threads"}`}`,
    `a step takes ${decimal(step.milliseconds, 2)} ms (${decimal(step.timedMilliseconds, 2)} ms while every call is timed): ${short(step.tokensPerSecond)} tokens/s, ${short(step.flops)} FLOPs, ${decimal(step.gflopsPerSecond, 1)} GFLOP/s`,
    peaksOf(profile),
  ];
  const rest = [
    ["waiting at barriers", decimal(profile.barrier.milliseconds), percent(profile.barrier.share)],
    ["between calls", decimal(profile.rest.milliseconds), percent(profile.rest.share)],
  ];
  const lines = profile.lines.map((part) => {
    const number = Number(/^line (\d+)$/.exec(part.name)?.[1] ?? Number.NaN);
    const line = sourceLines[number - 1]?.replace(/\/\/.*$/, "").trim();
    return line === undefined ? part : { ...part, name: `${String(number).padStart(4)}  ${cut(line, 52)}` };
  });
  return [
    heading.join("\n"),
    partTable("phase", profile.phases, rest),
    partTable("kernel", profile.kernels),
    partTable("line of the spec", lines),
    partTable("scope", profile.scopes),
    "ms are summed over threads, and shares are of threads × step. GFLOP/s are of one thread. `of peak` is the least\ntime that the machine's rates allow, divided by the time taken: above 100 %, caches gave what memory\ncould not, or the machine was busy with other work while its rates were measured.\nThe gradient of the loss runs chunk by chunk beside the loss itself, so it counts as forward.",
  ].join("\n\n");
}

/** The largest parts; the others in one line, so that the column adds up. */
function partTable(title: string, parts: readonly Part[], more: readonly (readonly string[])[] = []): string {
  const shown = parts.slice(0, shownParts);
  const others = parts.slice(shownParts);
  const rows = shown.map((part) => [
    cut(part.name, 58),
    decimal(part.milliseconds),
    percent(part.share),
    short(part.calls),
    part.flops === 0 ? "" : short(part.flops),
    part.bytes === 0 ? "" : short(part.bytes),
    part.gflopsPerSecond === undefined ? "" : decimal(part.gflopsPerSecond, 1),
    part.roofline === undefined ? "" : `${Math.round(100 * part.roofline)} %`,
    part.boundBy ?? "",
  ]);
  const over = (pick: (part: Part) => number): number => others.reduce((sum, part) => sum + pick(part), 0);
  const left =
    others.length === 0
      ? []
      : [
          [
            `${others.length} more`,
            decimal(over((part) => part.milliseconds)),
            percent(over((part) => part.share)),
          ],
        ];
  const header = [title, "ms", "share", "calls", "FLOPs", "bytes", "GFLOP/s", "of peak", "bound by"];
  const filled = [...left, ...more].map((row) => [...row, ...Array(header.length - row.length).fill("")]);
  return table(header, [...rows, ...filled]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
