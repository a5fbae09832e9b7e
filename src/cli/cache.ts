// cache.ts: where commands keep what they would otherwise make again.
// In: nothing. Out: a folder below the working one.

import { join } from "node:path";

/** Assembled modules, compiled kernels and the engines' choices; prepared data lies beside them. */
export const cacheDirectory = join(".cache", "motley");
