// knobs.ts: every MOTLEY_* environment variable, declared once, with its meaning. The only reader of process.env.
// In: the environment, as a plain record. Out: a value for every knob, or the first mistake in words a user can act on.
// Knobs are for people who work on Motley or report a bug; whatever a user needs is an option of the command line.

/** What each variable does; `motley --help` and CONTRIBUTING.md show these words. */
export const knobTable = {
  MOTLEY_DUMP: "stages to print, by name: graph,groups,kernels, or all",
  MOTLEY_DUMP_DIR: "a folder that receives one file per dumped stage, instead of the terminal",
  MOTLEY_TIME: "1: one line per stage with its time, and the time of all stages so far",
  MOTLEY_VERIFY: "0: leave out the verifiers (for benchmarks); they run otherwise",
  MOTLEY_BLESS: "1: the tests rewrite their expected texts instead of comparing (npm run bless)",
  MOTLEY_SPEC_SEED: "a number: where the tests over random specs begin to search",
  MOTLEY_REQUIRE_DEVICES:
    "1: tests that need a GPU in software, a browser or a C++ compiler fail where there is none",
  MOTLEY_CUDA_DRIVER: "a library instead of NVIDIA's driver (the tests have one that needs no GPU)",
  MOTLEY_CUDA_COMPILER: "an nvcc, or a library of NVRTC, instead of the one that is found",
  MOTLEY_CUDA_SYNC: "1: wait for every launch on an NVIDIA GPU, so that an error names the one that failed",
} as const;

export type KnobName = keyof typeof knobTable;

export type Environment = { readonly [name: string]: string | undefined };

export type Knobs = {
  /** Stage names as written; `["all"]` stands for every stage. */
  readonly dump: readonly string[];
  readonly dumpFolder: string | undefined;
  readonly isTiming: boolean;
  readonly isVerifying: boolean;
  readonly isBlessing: boolean;
  readonly specSeed: number | undefined;
  readonly isRequiringDevices: boolean;
  /** Paths. */
  readonly cudaDriver: string | undefined;
  readonly cudaCompiler: string | undefined;
  readonly isWaitingForLaunches: boolean;
};

/** The knobs as set, or the sentence that says which variable is wrong and what it may be. */
export type KnobReading = { readonly knobs: Knobs } | { readonly mistake: string };

/** Reads every knob; a MOTLEY_ name that is no knob is a mistake, so that a typing error does not pass in silence. */
export function readKnobs(environment: Environment): KnobReading {
  const unknown = Object.keys(environment).find(
    (name) => name.startsWith("MOTLEY_") && !Object.hasOwn(knobTable, name),
  );
  if (unknown !== undefined)
    return { mistake: `\`${unknown}\` is not one of ${Object.keys(knobTable).join(", ")}` };

  const switches = [
    ...(["MOTLEY_TIME", "MOTLEY_VERIFY", "MOTLEY_BLESS"] as const),
    ...(["MOTLEY_REQUIRE_DEVICES", "MOTLEY_CUDA_SYNC"] as const),
  ];
  const unclear = switches.find((name) => !["", "0", "1"].includes(environment[name] ?? ""));
  if (unclear !== undefined) return { mistake: `\`${unclear}\` is 0 or 1, not \`${environment[unclear]}\`` };

  const seed = environment.MOTLEY_SPEC_SEED ?? "";
  if (!/^\d*$/.test(seed)) return { mistake: `\`MOTLEY_SPEC_SEED\` is a whole number, not \`${seed}\`` };

  const pathIn = (name: KnobName): string | undefined =>
    environment[name] === "" ? undefined : environment[name];
  return {
    knobs: {
      dump: listOf(environment.MOTLEY_DUMP),
      dumpFolder: pathIn("MOTLEY_DUMP_DIR"),
      isTiming: environment.MOTLEY_TIME === "1",
      isVerifying: environment.MOTLEY_VERIFY !== "0",
      isBlessing: environment.MOTLEY_BLESS === "1",
      specSeed: seed === "" ? undefined : Number(seed),
      isRequiringDevices: environment.MOTLEY_REQUIRE_DEVICES === "1",
      cudaDriver: pathIn("MOTLEY_CUDA_DRIVER"),
      cudaCompiler: pathIn("MOTLEY_CUDA_COMPILER"),
      isWaitingForLaunches: environment.MOTLEY_CUDA_SYNC === "1",
    },
  };
}

/** The knobs of this process. */
export function processKnobs(): KnobReading {
  return readKnobs(process.env);
}

function listOf(text = ""): readonly string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
