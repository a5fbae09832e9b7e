// vitest.config.ts: how the tests run. Every file gets a process of its own, two at a time: compiled modules and
// worker threads of one file cannot disturb another's, and two processes fit the smallest machine we support.
// All of them find a GPU in software. Timeouts catch hangs; no test asserts how long something took.

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/software-gpu.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
  },
});
