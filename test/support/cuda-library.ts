// cuda-library.ts: a compiled program called through koffi: kernels run on a grid, one launch after another.
// In: the library compileForEmulator made. Out: `launch`, which throws what the emulator found wrong.

import koffi from "koffi";

export type EmulatedLaunch = {
  readonly kernel: string;
  readonly blocks: readonly [x: number, y: number, z: number];
  readonly threads: number;
  readonly sharedBytes: number;
  readonly arena: Uint8Array;
  readonly records: Int32Array;
  readonly job: Uint32Array;
  readonly maps?: Uint8Array;
};

export type EmulatedLibrary = {
  launch(launch: EmulatedLaunch): void;
  /** In which order blocks and threads come: 0 in order, 1 in reverse, else a shuffle's seed. */
  setOrder(order: number): void;
};

/** Never unloaded: a program opened again finds its memory as it left it. */
const opened = new Map<string, EmulatedLibrary>();

const errorBytes = 8192;

export function openEmulatedLibrary(path: string): EmulatedLibrary {
  const known = opened.get(path);
  if (known !== undefined) return known;
  const made = loadLibrary(path);
  opened.set(path, made);
  return made;
}

function loadLibrary(path: string): EmulatedLibrary {
  const library = koffi.load(path);
  const launch = library.func(
    "int motley_launch(const char *kernel, uint32_t x, uint32_t y, uint32_t z, uint32_t threads, uint32_t shared_bytes, void *arena, uint64_t arena_bytes, const void *records, const void *job, const void *maps, void *error, int error_bytes)",
  );
  const order = library.func("void motley_order(uint32_t order)");
  const error = Buffer.alloc(errorBytes);
  return {
    launch({ kernel, blocks, threads, sharedBytes, arena, records, job, maps }) {
      const [x, y, z] = blocks;
      const failed = launch(
        ...[
          kernel,
          x,
          y,
          z,
          threads,
          sharedBytes,
          arena,
          arena.byteLength,
          records,
          job,
          maps ?? null,
          error,
        ],
        errorBytes,
      );
      if (failed !== 0) throw new Error(error.toString("utf8", 0, error.indexOf(0)));
    },
    setOrder: (value) => order(value),
  };
}

/** Memory for an arena, at a multiple of 1024 bytes. */
export function alignedBytes(byteLength: number): Uint8Array {
  const alignment = 1024;
  const bytes = new Uint8Array(byteLength + alignment);
  const past = Number(koffi.address(bytes) % BigInt(alignment));
  return bytes.subarray((alignment - past) % alignment, ((alignment - past) % alignment) + byteLength);
}
