// engine.ts: what the compiler assumes of a GPU that runs CUDA.
// In: the precision asked for. Out: an engine. A text holds the paths for every architecture, so there is nothing to
// ask a device for.

import type { ProductTile } from "../../kernel/schedule.ts";
import type { CudaEngine } from "./context.ts";

/** Of tensor cores: what two groups of warps compute of a product, 64 rows each. */
const tensorTile: ProductTile = { rows: 128, columns: 128, depth: 64, threadRows: 64, threadColumns: 128 };

/** Of ordinary cores. */
const plainTile: ProductTile = { rows: 128, columns: 64, depth: 16, threadRows: 8, threadColumns: 4 };

/**
 * Two chunks of logits exist at a time. The gradient of a chunk's rows is a product [rows, width] over the whole
 * vocabulary: with few rows it has few tiles, and most multiprocessors wait.
 */
const lossChunkBytes = 2 ** 30;

export function cudaEngine(precision: CudaEngine["precision"]): CudaEngine {
  return precision === "bf16"
    ? { target: "cuda", precision, tile: tensorTile, epilogues: true, lossChunkBytes }
    : { target: "cuda", precision, tile: plainTile, lossChunkBytes };
}
