// artifact.ts: what the compiler hands to the runtime, as plain JSON: target text, memory, steps, and everything the
// trainer needs to know about the model. The runtime imports this file and nothing else of the compiler, so an
// artifact read from a file trains as well as one compiled a moment ago.

/** Bumped whenever a reader of older artifacts would go wrong. */
export const artifactFormat = 2;

export type Artifact = {
  readonly format: typeof artifactFormat;
  readonly target: "wasm" | "wgsl" | "cuda";
  readonly model: string;
  readonly variant: string;
  readonly modalities: readonly ArtifactModality[];
  readonly vocab: number;
  readonly constants: Readonly<Record<string, number | readonly (number | undefined)[]>>;
  /** Tokens in a batch: batch · context. */
  readonly rows: number;
  readonly context: number;
  readonly batch: number;
  /**
   * What a step does: train (forward, backward, update), evaluate (losses only), infer (logits, no loss) or decode
   * (logits of the next `span` positions of every sequence, whose keys and values are kept for later steps).
   */
  readonly purpose: "train" | "evaluate" | "infer" | "decode";
  /** Of an artifact that decodes: positions of a sequence in one step; `rows` is batch · span, `context` what is kept. */
  readonly span?: number;
  readonly objectives: readonly ArtifactObjective[];
  readonly parameters: readonly ArtifactParameter[];
  readonly optimizer?: ArtifactOptimizer;
  /**
   * Where named tensors live, in bytes from the start of the arena: `param/PATH`, `grad/PATH`, `m/PATH`, `v/PATH`,
   * `loss` (f32[1+M]), `norm`, `logits` (rows, see stride), and every batch input by its name.
   */
  readonly tensors: Readonly<Record<string, ArtifactTensor>>;
  /** Rotary tables the host fills once: [context, headDim/2] cosines, then sines. */
  readonly rotaryTables: readonly {
    readonly base: number;
    readonly headDim: number;
    readonly cosine: number;
    readonly sine: number;
  }[];
  /** Tables of time embeddings the host fills once: [timesteps, width], cosines before sines. */
  readonly sinusoidTables: readonly {
    readonly width: number;
    readonly timesteps: number;
    readonly byteOffset: number;
  }[];
  /** Which rows see their own span to its end: a mask's input (one past the last key a row sees), and the modalities. */
  readonly masks: readonly { readonly input: string; readonly within: readonly number[] }[];
  readonly layout: ArtifactLayout;
  readonly kernels: readonly { readonly name: string; readonly kind: string }[];
  readonly launches: readonly ArtifactLaunch[];
  readonly arenaBytes: number;
  readonly scratchBytes: number;
  readonly memory: {
    readonly parameters: number;
    readonly gradients: number;
    readonly optimizer: number;
    readonly activations: number;
  };
  /** The three largest consumers and other buffers by name, for the message when memory does not suffice. */
  readonly buffers: readonly {
    readonly name: string;
    readonly role: string;
    readonly byteOffset: number;
    readonly byteLength: number;
    /** f32 unless it says otherwise. */
    readonly element?: "i32" | "bf16";
  }[];
  readonly program: Program;
};

export type Program = WasmProgram | WgslProgram | CudaProgram;

export type WasmArtifact = Artifact & { readonly program: WasmProgram };
export type WgslArtifact = Artifact & { readonly program: WgslProgram };
export type CudaArtifact = Artifact & { readonly program: CudaProgram };

export const isWasm = (artifact: Artifact): artifact is WasmArtifact => artifact.program.kind === "wasm";
export const isWgsl = (artifact: Artifact): artifact is WgslArtifact => artifact.program.kind === "wgsl";
export const isCuda = (artifact: Artifact): artifact is CudaArtifact => artifact.program.kind === "cuda";

/** One WebAssembly module as text; function i of the table is kernel i. */
export type WasmProgram = {
  readonly kind: "wasm";
  readonly wat: string;
  readonly relaxedSimd: boolean;
  readonly tile: { readonly rows: number; readonly columns: number };
};

/**
 * Shader modules, and what a step dispatches. Launch i of the artifact is dispatch i: its stages and tasks say what the
 * dispatch computes, for people and profiles; the device needs nothing but the dispatch.
 *
 * The arena's bytes lie in three regions, each with buffers of its own: integers [0, integerBytes), packed weights
 * [integerBytes, floatStart), floats [floatStart, arenaBytes). A region of floats is cut into banks of `bankFloats`
 * elements, one buffer and one binding each, since a device limits both.
 *
 * Bind group 0, the same for every dispatch that does not write integers: binding 0 the uniform `Job` of the dispatch (dynamic offset), binding 1
 * the integers (read-only) with the records behind them, then the banks of the weights, then those of the floats.
 */
export type WgslProgram = {
  readonly kind: "wgsl";
  /** Entry point `main`; distinct texts. */
  readonly shaders: readonly { readonly name: string; readonly code: string }[];
  /** By launch. */
  readonly dispatches: readonly WgslDispatch[];
  /** i32 words that stand behind the integers: what each dispatch runs on (see `WgslDispatch.job`). */
  readonly records: readonly number[];
  readonly integerBytes: number;
  readonly floatStart: number;
  /** Elements of a bank, a power of two. */
  readonly bankFloats: number;
  readonly weightBanks: number;
  readonly floatBanks: number;
  /** How packed weights are stored: 4 bytes an element or 2, whatever their addresses say. */
  readonly weights: "f32" | "f16";
  /** What the shaders were written for; a device without it cannot run them. */
  readonly requires: {
    readonly features: readonly ("shader-f16" | "subgroups")[];
    readonly limits: Readonly<Record<string, number>>;
  };
  /** What was chosen, for people and manifests: `tile 64x64x16 4x4`. */
  readonly choices: readonly string[];
};

export type WgslDispatch = {
  readonly shader: number;
  /** The shader writes the integers, which are read-only for all others: it wants a bind group of its own. */
  readonly writesIntegers?: true;
  readonly workgroups: readonly [x: number, y: number, z: number];
  /**
   * The uniform `Job`, u32 words: index in binding 1 of the first record, words of a record, records per z (modalities,
   * or 1), index of the tile table, index of the word that holds the first tile, of the word that holds the end tile.
   */
  readonly job: readonly number[];
};

/**
 * CUDA C++ kernels, and what a step launches. Launch i of the artifact is launch i of the program: its stages and tasks
 * say what it computes, for people and profiles; the device needs nothing but the launch.
 *
 * Every kernel takes (arena, records, job, maps): the arena's address, that of the records, eight words by value, and
 * that of the tensor maps. It finds its sizes and addresses in a record, addresses as 64-bit offsets into the arena.
 */
export type CudaProgram = {
  readonly kind: "cuda";
  /** What products read and make: bf16 on tensor cores, or f32. Weights, sums and moments are f32 either way. */
  readonly precision: "f32" | "bf16";
  /** Distinct texts; each compiles alone, without an include path, for sm_80 and later. */
  readonly kernels: readonly CudaKernel[];
  /** By launch. */
  readonly launches: readonly CudaLaunch[];
  /** i32 words: what each launch runs on. */
  readonly records: readonly number[];
  /** What tiles of the arena the copy engine of sm_90a brings in; a record names them by their index. */
  readonly maps: readonly CudaTensorMap[];
  /** What was chosen, for people and manifests: `tile 128x128x64`. */
  readonly choices: readonly string[];
};

/** How a kernel is launched on one kind of device: threads of a block, bytes of dynamic shared memory. */
export type CudaConfiguration = { readonly threads: number; readonly sharedBytes: number };

export type CudaKernel = {
  /** `c03_product`: stable, says what it is. */
  readonly name: string;
  /** The function's name in the text. */
  readonly entry: string;
  readonly source: string;
  /** `sm_90a`: a device of compute capability 9.0, for which the text has a path of its own; `sm_80`: any other. */
  readonly configurations: {
    readonly sm_80: CudaConfiguration;
    readonly sm_90a: CudaConfiguration;
  };
};

export type CudaLaunch = {
  readonly kernel: number;
  readonly blocks: readonly [x: number, y: number, z: number];
  /** Blocks along x walk through the work themselves: as many are enough as the device runs at once. */
  readonly isPersistent?: true;
  /**
   * u32 words: index of the first record, words of a record, records per turn (modalities, or 1), then as indices of
   * the arena's words: the tile table, the word that holds the first tile, the one that holds the end tile; then parts of
   * a tile and turns.
   */
  readonly job: readonly number[];
};

/** A matrix of bf16 in the arena, rows `stride` elements apart, and the box of it that one copy takes. */
export type CudaTensorMap = {
  readonly byteOffset: number;
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly boxRows: number;
  readonly boxColumns: number;
};

/** `vocab` is 0 for patches, which have no ids. */
export type ArtifactModality = {
  readonly name: string;
  readonly vocab: number;
  readonly vocabStart: number;
} & (
  | { readonly kind: "tokens" }
  | { readonly kind: "patches"; readonly size: number; readonly channels: number }
);

/** `loss` numbers the loss it belongs to: its per-row weights are the input `loss_weight.<loss>`. */
export type ArtifactObjective = {
  readonly kind: "cross_entropy" | "mean_square";
  readonly loss: number;
  /** Of the targets that it counts. */
  readonly modalities: readonly number[];
  /** Whose rows have what it compares: a row of another modality has no loss. */
  readonly rows: readonly number[];
  readonly weight: number;
  /** Of an artifact that infers: the tensor of logits or predictions. */
  readonly output: string;
};

export type ArtifactParameter = {
  readonly path: string;
  readonly shape: readonly number[];
  readonly initial: { readonly kind: "normal"; readonly std: number } | { readonly kind: "ones" };
  readonly drawPath: string;
  readonly drawIndex: number;
  readonly modalities: readonly number[];
  /** Training leaves it as it is: it has no gradient and no moments. */
  readonly isFrozen?: true;
};

export type ArtifactOptimizer = {
  /** The largest, where they differ. */
  readonly lr: number;
  /** The schedule's fourth number and those after it are the distinct ones of them, in order. */
  readonly lrByModality?: readonly number[];
  readonly warmup: number;
  readonly decay: "cosine" | "linear" | "constant";
  readonly end: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly clip?: number;
};

export type ArtifactTensor = {
  readonly byteOffset: number;
  readonly dtype: "f32" | "i32";
  readonly shape: readonly number[];
  /** For rows: elements between rows (shape is [rows, width]); dense otherwise. */
  readonly stride?: number;
};

/** What the host writes for every batch besides the inputs: tiles and row segments. All i32. */
export type ArtifactLayout = {
  readonly tileRows: number;
  readonly chunkRows: number;
  readonly chunkCount: number;
  /** row_of[sequence position], −1 where empty; byte offset. */
  readonly rowOf: number;
  /** (first row, row count, modality) per tile, in row order, cut at modality and chunk edges; and room for this many. */
  readonly tiles: number;
  readonly maximumTiles: number;
  /** chunkCount + 1 indices into `tiles`: chunk c has tiles [c, c+1). The last entry is the number of tiles. */
  readonly tileStarts: number;
  /** For each set of modalities (and chunk, if given): count, then (first row, end row) pairs, adjacent ones merged. */
  readonly segments: readonly {
    readonly byteOffset: number;
    readonly modalities: readonly number[];
    readonly chunk?: number;
  }[];
  /**
   * Rows of experts, by space: sorted by group (pool · experts + expert). The device writes their tables while it runs;
   * what is known before is how many rows a pool has: tokens · top, or without it as many per expert as make up for the
   * tokens.
   */
  readonly spaces?: readonly {
    readonly experts: number;
    /** Modalities of each pool. */
    readonly pools: readonly (readonly number[])[];
    readonly top?: number;
    readonly tiles: number;
    readonly tileStarts: number;
    readonly maximumTiles: number;
  }[];
  /** Where wanted: the live rows sorted by token, and for every token of the vocabulary where its rows begin, and an end. */
  readonly tokenRows?: { readonly order: number; readonly starts: number };
};

/** Resolved addresses and numbers; everything a device needs to run one launch. */
export type ArtifactLaunch = {
  readonly phase: "prepare" | "forward" | "backward" | "update";
  /** By modality; by group, where they run over the rows of a space. */
  readonly stages: readonly (readonly ArtifactCall[])[];
  readonly space?: number;
  readonly chunk?: number;
  readonly tasks: readonly {
    readonly call: ArtifactCall;
    readonly count: number;
    /** Groups of a space, if it says so. */
    readonly modalities: readonly number[];
    readonly space?: number;
  }[];
};

export type ArtifactCall = {
  readonly kernel: number;
  /** Byte addresses from the start of the arena where `isAddress`, else plain numbers. */
  readonly args: readonly number[];
  readonly isAddress: readonly boolean[];
  readonly label: string;
  readonly scope: string;
  readonly line?: number;
  readonly flopsPerRow: number;
  readonly bytesPerRow: number;
};

/**
 * How a WebAssembly program and its device speak: the control words at the bottom of memory, and the records from
 * which a thread reads its launches. All words are i32, all numbers here bytes.
 */
export const wasmRecords = {
  /** Control words, each on a cache line of its own. `zero` is never written. */
  control: {
    zero: 0,
    arrived: 64,
    generation: 128,
    waiters: 192,
    abort: 256,
    spins: 320,
    command: 384,
    bytes: 512,
  },
  /** A launch: counter (on its own cache line), addresses of first and end tile index, tile table, stages, groups. */
  launch: {
    counter: 0,
    firstTile: 64,
    endTile: 68,
    tiles: 72,
    stages: 76,
    groups: 80,
    taskCount: 84,
    bytes: 128,
  },
  /** Stages of a modality: address of its calls, how many. */
  stageList: { bytes: 8 },
  /** A stage's call: kernel, address of its arguments, byte offset of its entry in a thread's table of times. */
  call: { bytes: 12 },
  /** A group of tasks: kernel, arguments, entry, number of tasks. */
  group: { bytes: 16 },
  /** A tile: first row, row count, modality. */
  tile: { bytes: 12 },
  /** An entry of a table of times: f64 milliseconds, f64 calls. Entry 0 is the time spent waiting for other threads. */
  time: { bytes: 16 },
} as const;
