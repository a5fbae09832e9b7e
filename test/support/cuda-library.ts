// cuda-library.ts: a compiled program called through koffi: kernels run on a grid, one launch after another.
// In: the library compileForEmulator made. Out: `launch`, which throws what the emulator found wrong.

import koffi from "koffi";
import type { CudaTensorMap } from "../../src/targets/artifact.ts";

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
  /** Writes to `map` what the copy engine needs to know. */
  makeTensorMap(map: Uint8Array, arena: Uint8Array, request: CudaTensorMap): void;
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
  const tensorMap = library.func(
    "int motley_tensor_map(void *map, void *start, uint64_t rows, uint64_t columns, uint64_t stride_bytes, uint32_t box_rows, uint32_t box_columns, void *error, int error_bytes)",
  );
  const order = library.func("void motley_order(uint32_t order)");
  const error = Buffer.alloc(errorBytes);
  const throwIf = (failed: number): void => {
    if (failed !== 0) throw new Error(error.toString("utf8", 0, error.indexOf(0)));
  };
  return {
    makeTensorMap(map, arena, { byteOffset, rows, columns, stride, boxRows, boxColumns }) {
      const start = arena.subarray(byteOffset);
      throwIf(tensorMap(map, start, rows, columns, 2 * stride, boxRows, boxColumns, error, errorBytes));
    },
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

const mapBytes = 128;

/** The maps a kernel gets, one after another. */
export function tensorMaps(
  library: EmulatedLibrary,
  arena: Uint8Array,
  requests: readonly CudaTensorMap[],
): Uint8Array {
  const maps = alignedBytes(mapBytes * requests.length);
  for (const [i, request] of requests.entries())
    library.makeTensorMap(maps.subarray(mapBytes * i, mapBytes * (i + 1)), arena, request);
  return maps;
}
