// program.ts: the commands, their options and their help: the whole surface of `motley`.
// In: arguments. Out: an exit code. Each command's work is in a file of its own; here is only what can be asked for.
// A test freezes the help texts: changing the surface shows in review.

import { Command, CommanderError, Option } from "commander";
import { toJson } from "../index.ts";
import { integer, names, numberFrom, rates } from "./arguments.ts";
import { buildCommand, buildStages } from "./build.ts";
import { checkCommand, explainCommand, fmtCommand } from "./check.ts";
import { compareCommand } from "./compare.ts";
import { dataCommand } from "./data.ts";
import { devicesCommand } from "./devices.ts";
import { exportCommand } from "./export.ts";
import { exitCodes, explainFailure, Reported } from "./failure.ts";
import { sayJson, showError } from "./output.ts";
import { planCommand } from "./plan.ts";
import { profileCommand } from "./profile.ts";
import { sampleCommand } from "./sample.ts";
import { trainCommand } from "./train.ts";
import { version } from "./version.ts";

type Action = (...parameters: never[]) => number | Promise<number>;

const targets = ["auto", "wasm", "wgsl", "cuda"] as const;

/** Runs one command line; returns the exit code and has shown everything there is to show. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.fine;
  const commandLine = `motley ${argv.join(" ")}`.trim();
  const program = createProgram((action) => async (...parameters) => {
    exitCode = await guard(() => action(...(parameters as never[])), argv, commandLine);
  });
  try {
    if (argv.length === 0) program.help({ error: true });
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) return guard(() => Promise.reject(error), argv, commandLine);
    if (error.exitCode === 0) return exitCodes.fine;
    if (argv.includes("--json")) sayJson({ error: usageError(error) });
    return exitCodes.usage;
  }
  return exitCode;
}

/** What commander printed on stderr, for whoever reads JSON. */
function usageError({ message }: CommanderError): unknown {
  return { message: message.replace(/^error: /, ""), help: null, exitCode: exitCodes.usage };
}

async function guard(
  action: () => number | Promise<number>,
  argv: readonly string[],
  commandLine: string,
): Promise<number> {
  try {
    return await action();
  } catch (error) {
    // Whoever reads stdout as JSON gets a document in every case.
    const isJson = argv.includes("--json");
    if (error instanceof Reported) {
      if (isJson) sayJson({ diagnostics: error.diagnostics.map(toJson) });
      return exitCodes.failed;
    }
    const { exitCode, message, help } = explainFailure(error, commandLine);
    showError(message, help);
    if (isJson) sayJson({ error: { message, help: help ?? null, exitCode } });
    return exitCode;
  }
}

/** All commands; `wrap` receives each action and returns what commander is to call. */
export function createProgram(
  wrap: (action: Action) => (...parameters: unknown[]) => Promise<void>,
): Command {
  const program = new Command("motley");
  program
    .description(
      "A small architecture language, and the compiler behind it, for modality-decoupled transformers.",
    )
    .version(version, "--version", "print the version")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError("(motley --help lists the commands; each has --help with examples)");

  const add = (usage: string, description: string, examples: readonly string[]): Command => {
    const shown = examples.map((example) => `  ${example}`).join("\n");
    return program.command(usage).description(description).addHelpText("after", `\nExamples:\n${shown}`);
  };

  addSourceCommands(add, wrap);
  addRunCommands(add, wrap);
  addResultCommands(add, wrap);
  addMeasuringCommands(add, wrap);
  return program;
}

type Add = (usage: string, description: string, examples: readonly string[]) => Command;
type Wrap = Parameters<typeof createProgram>[0];

const variantOption = new Option(
  "--variant <name>",
  "a variant; the first one, or the model itself, unless given",
);
const targetOption = new Option("--target <target>", "what to compile for").choices(targets).default("auto");
const softwareOption = new Option(
  "--software",
  "let `--target wgsl` use a GPU in software: for checking, slower than wasm",
);
const halfOption = new Option("--half", "store the packed weights of a GPU in 16 bits; sums stay in 32");
const precisionOption = new Option(
  "--precision <p>",
  "of products on an NVIDIA GPU: bf16 on tensor cores, or f32; bf16 unless given",
).choices(["bf16", "f32"]);
const jsonOption = new Option("--json", "print one JSON document on stdout and nothing else there");
const threadsOption = new Option(
  "--threads <n>",
  "threads; as many as processors, at most 8, unless given",
).argParser(integer(1, 256));
const seedOption = new Option("--seed <n>", "instead of the seed in the spec").argParser(
  integer(0, 2 ** 32 - 1),
);
const stepsOption = new Option(
  "--steps <n>",
  "instead of the steps in the spec; the schedule spans them",
).argParser(integer(1));
const turboOption = new Option(
  "--turbo",
  "let V8 fuse pairs of vector operations (an experimental flag of V8)",
);
const tuneOption = new Option(
  "--no-tune",
  "use the usual form of the kernels instead of measuring which is fastest here",
);
const warmStartOption = new Option(
  "--warm-start <run>",
  "start from that run's parameters; towers and experts copy the tensor they shared there",
);
const checkpointOption = new Option("--checkpoint-every <n>", "steps between checkpoints")
  .argParser(integer(1))
  .default(100);

function addSourceCommands(add: Add, wrap: Wrap): void {
  add("check", "Report what is wrong in specs.", [
    "motley check examples/chameleon.mot",
    "motley check models/*.mot --json",
  ])
    .argument("<file...>", "specs")
    .addOption(jsonOption)
    .action(wrap(checkCommand));

  add("fmt", "Lay specs out in the one standard way; comments stay.", [
    "motley fmt examples/chameleon.mot",
    "motley fmt --check models/*.mot        list the files that differ, change none",
  ])
    .argument("<file...>", "specs, changed in place")
    .option("--check", "change nothing; exit with 1 if a file would change")
    .action(wrap(fmtCommand));

  add("explain", "Explain a diagnostic's code.", ["motley explain MOT2003", "motley explain 2003"])
    .argument("<code>", "as shown in brackets after `error`")
    .action(wrap(explainCommand));

  add("plan", "Show what every variant costs: parameters, FLOPs, memory, launches.", [
    "motley plan examples/chameleon.mot",
    "motley plan examples/chameleon.mot --variant mot --json",
    "motley plan examples/paper/*.mot --json",
  ])
    .argument("<file...>", "specs")
    .addOption(new Option("--variant <name>", "one variant; all unless given"))
    .addOption(targetOption)
    .addOption(precisionOption)
    .addOption(jsonOption)
    .action(wrap(planCommand));

  add("build", "Compile a variant's training step to files, or print one stage of the compiler.", [
    "motley build examples/chameleon.mot --variant mot --target wgsl --out build/mot        then: node build/mot/model.ts",
    "motley build examples/chameleon.mot --emit graph        the tensor graph, one operation per line",
    "motley build examples/chameleon.mot --emit groups       what runs together, and why a group ended",
  ])
    .argument("<file>", "a spec")
    .addOption(variantOption)
    .addOption(targetOption)
    .addOption(precisionOption)
    .option(
      "--out <dir>",
      "a folder for model.ts, model.json and the code that runs; build/MODEL-VARIANT unless given",
    )
    .addOption(new Option("--emit <stage>", "print this stage instead of writing files").choices(buildStages))
    .action(wrap(buildCommand));
}

function addRunCommands(add: Add, wrap: Wrap): void {
  add("data", "Show what a model would train on: documents, token shares, baselines, pictures and sounds.", [
    "motley data examples/chameleon.mot",
    "motley data spoken-icons",
    "motley data icons --json",
  ])
    .argument("<file or name>", "a spec, a folder, or a built-in data set")
    .addOption(jsonOption)
    .action(wrap(dataCommand));

  add("train", "Train one variant.", [
    "motley train examples/chameleon.mot --variant mot",
    "motley train examples/chameleon.mot --steps 300 --seed 7 --out runs/try",
    "motley train examples/chameleon.mot --steps 300 --seed 7 --out runs/try --resume",
    "motley train examples/chameleon.mot --variant mot --warm-start runs/chameleon-dense-1",
  ])
    .argument("<file>", "a spec with a `train` block")
    .addOption(variantOption)
    .addOption(targetOption)
    .addOption(stepsOption)
    .addOption(seedOption)
    .addOption(threadsOption)
    .option("--out <run>", "the run's folder; runs/MODEL-VARIANT-SEED unless given")
    .option("--resume", "go on with the run in that folder")
    .addOption(warmStartOption)
    .addOption(checkpointOption)
    .addOption(turboOption)
    .addOption(tuneOption)
    .addOption(softwareOption)
    .addOption(halfOption)
    .addOption(precisionOption)
    .action(wrap(trainCommand));

  addComparison(add, wrap);
}

function addComparison(add: Add, wrap: Wrap): void {
  add("compare", "Train variants side by side on the same batches and compare them.", [
    "motley compare examples/chameleon.mot",
    "motley compare examples/chameleon.mot --variants dense,mot,ffn_only --steps 500",
    "motley compare examples/chameleon.mot --seeds 3 --out runs/three-seeds",
    "motley compare examples/ablation.mot --sweep 1e-3,3e-3,1e-2        each variant at the rate that suits it",
  ])
    .argument("<file>", "a spec with a `train` block")
    .addOption(new Option("--variants <a,b>", "instead of those the spec compares").argParser(names))
    .addOption(targetOption)
    .addOption(stepsOption)
    .addOption(new Option("--seed <n>", "instead of the seed in the spec").argParser(integer(0, 2 ** 32 - 1)))
    .addOption(
      new Option("--seeds <n>", "compare under n seeds, one after another")
        .argParser(integer(1, 1000))
        .conflicts("seed"),
    )
    .addOption(threadsOption)
    .option("--out <run>", "the comparison's folder; runs/MODEL-compare-SEED unless given")
    .option("--resume", "go on with the comparison in that folder")
    .addOption(
      new Option(
        "--sweep <a,b>",
        "train every variant at each of these learning rates, and compare them at their best",
      ).argParser(rates),
    )
    .addOption(warmStartOption)
    .addOption(checkpointOption)
    .addOption(turboOption)
    .addOption(tuneOption)
    .addOption(jsonOption)
    .addOption(softwareOption)
    .addOption(halfOption)
    .addOption(precisionOption)
    .action(wrap(compareCommand));
}

function addResultCommands(add: Add, wrap: Wrap): void {
  add("sample", "Let a trained run write texts or draw pictures.", [
    'motley sample runs/chameleon-mot-1 --prompt "a red"           go on with a caption',
    'motley sample runs/chameleon-mot-1 --modality image --prompt "a red car" --count 8',
    "motley sample runs/chameleon-mot-1 --image apple.png          write captions for a picture",
    "motley sample runs/chameleon-mot-1 --modality any --out walk.txt     text and pictures, as the model likes",
    'motley sample runs/chameleon-compare-1/mot --modality image --prompt "house" --out house.png',
  ])
    .argument("<run>", "the folder of a run with a checkpoint; of a comparison, a variant's folder")
    .addOption(new Option("--prompt <text>", "how the text begins, or what the picture shows"))
    .addOption(new Option("--image <file>", "a PNG that stands before the prompt"))
    .addOption(new Option("--audio <file>", "a WAV that stands before the prompt"))
    .addOption(
      new Option(
        "--modality <name>",
        "what to make; text unless given; `any`: what the model chooses, in turns",
      ),
    )
    .addOption(
      new Option("--seed <n>", "another seed, another sample").argParser(integer(0, 2 ** 32 - 1)).default(1),
    )
    .addOption(
      new Option("--temperature <x>", "0 takes the likeliest, 1 draws as the model says")
        .argParser(numberFrom(0, 100))
        .default(1),
    )
    .addOption(
      new Option("--top-p <x>", "draw from the likeliest tokens that make up this share")
        .argParser(numberFrom(0, 1))
        .default(1),
    )
    .addOption(
      new Option("--steps <n>", "of a picture drawn from noise: how many steps it takes")
        .argParser(integer(1, 1000))
        .default(50),
    )
    .addOption(
      new Option("--guidance <x>", "likewise: 1 follows the prompt as the model does, more follows it more")
        .argParser(numberFrom(0, 100))
        .default(1),
    )
    .addOption(new Option("--count <n>", "how many").argParser(integer(1, 64)).default(4))
    .option(
      "--out <file>",
      "text: stdout unless given; pictures and speech: sample.png, sample.wav in the run's folder",
    )
    .action(wrap(sampleCommand));
}

function addMeasuringCommands(add: Add, wrap: Wrap): void {
  add("profile", "Show where the time of a training step goes: by kernel, by line of the spec, by scope.", [
    "motley profile examples/chameleon.mot --variant mot",
    "motley profile examples/chameleon.mot --threads 1 --json",
    "motley profile examples/chameleon.mot --trace step.json        then open step.json in ui.perfetto.dev",
  ])
    .argument("<file>", "a spec with a `train` block")
    .addOption(variantOption)
    .addOption(targetOption)
    .addOption(threadsOption)
    .addOption(jsonOption)
    .option(
      "--trace <file>",
      "write one step's timeline, a track per thread, for Perfetto or chrome://tracing",
    )
    .addOption(tuneOption)
    .addOption(softwareOption)
    .addOption(halfOption)
    .addOption(precisionOption)
    .action(wrap(profileCommand));

  add("export", "Write a batch with parameters, gradients and losses, for a check from outside.", [
    "motley export examples/chameleon.mot --variant mot --out mot.safetensors",
    "motley export examples/chameleon.mot --steps 300 --out after-300.safetensors",
    "motley export runs/chameleon-mot-1 --out trained.safetensors",
  ])
    .argument("<file or run>", "a spec, or the folder of a run")
    .addOption(variantOption)
    .addOption(targetOption)
    .addOption(seedOption)
    .addOption(new Option("--steps <n>", "steps to train first").argParser(integer(0)).default(0))
    .requiredOption("--out <file>", "a .safetensors file")
    .addOption(threadsOption)
    .addOption(softwareOption)
    .addOption(halfOption)
    .addOption(precisionOption)
    .action(wrap(exportCommand));

  add("devices", "List what this machine can run.", ["motley devices", "motley devices --json"])
    .addOption(jsonOption)
    .action(wrap(devicesCommand));
}
