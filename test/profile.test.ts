// The profiler's arithmetic, on models whose FLOPs can be counted by hand: parts add up to the step, and the trace of a
// step is a timeline that a viewer can draw.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { checkSource } from "../src/check/load.ts";
import { compile } from "../src/compile.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { type Part, type Profile, profileSteps } from "../src/runtime/profile.ts";
import { measureRoofline } from "../src/runtime/roofline.ts";
import { openSession } from "../src/runtime/session.ts";
import { type TraceEvent, traceStep } from "../src/runtime/trace.ts";
import { openWasmDevice } from "../src/runtime/wasm.ts";
import type { Artifact } from "../src/targets/artifact.ts";
import { wasmRoofline } from "../src/targets/wasm-roofline.ts";
import { fastEngine } from "./support/compiled.ts";
import { motley, repository, temporaryFolder } from "./support/motley.ts";

const [batchSize, context] = [4, 160];
const rows = batchSize * context;
const documentLength = 40;
const threads = 2;
const roofline = { gflopsPerThread: 50, gigabytesPerThread: 10 };

/** Documents of 40 tokens, text and image in turns of 20: text ids are below 1024, image ids above. */
function mixedBatch(): Batch {
  const at = Array.from({ length: rows }, (_, i) => i % context);
  const isImage = at.map((t) => t % documentLength >= 20);
  const token = Int32Array.from(isImage, (image, i) => (image ? 1024 + (i % 512) : 300 + (i % 700)));
  const isLast = (i: number): boolean => i % documentLength === documentLength - 1;
  return {
    batch: batchSize,
    context,
    token,
    target: Int32Array.from(token, (_, i) => (isLast(i) ? -1 : (token[i + 1] ?? -1))),
    modality: Int32Array.from(isImage, Number),
    document: Int32Array.from(at, (t) => Math.floor(t / documentLength)),
    position: Int32Array.from(at, (t) => t % documentLength),
  };
}

async function profiled(
  variant: string,
): Promise<{ profile: Profile; artifact: Artifact; trace: readonly TraceEvent[] }> {
  const file = join(repository, "examples", "chameleon.mot");
  const source = { name: file, text: readFileSync(file, "utf8") };
  const { model } = checkSource(source, () => undefined, { variant });
  if (model === undefined) throw new Error("the example does not check");
  const artifact = compile(model, { purpose: "train", engine: fastEngine, batch: batchSize, context });
  const session = openSession(artifact, await openWasmDevice(artifact, { threads }));
  await session.initialize(1);
  const batch = mixedBatch();
  const { profile, bestStep } = await profileSteps(
    session,
    { next: () => batch },
    { warmups: 1, steps: 2, measureRoofline: async () => roofline },
  );
  await session.close();
  return { profile, artifact, trace: traceStep(artifact, bestStep) };
}

const total = (parts: readonly Part[], pick: (part: Part) => number): number =>
  parts.reduce((sum, part) => sum + pick(part), 0);

let made: Awaited<ReturnType<typeof profiled>>;
beforeAll(async () => {
  made = await profiled("mot");
});

describe("a profile", () => {
  it("counts the FLOPs of every matmul and of the pairs that attention sees, chunks of the loss included", () => {
    expect(made.artifact.layout.chunkCount).toBeGreaterThan(1);
    const weights = 6 * (4 * 64 * 64 + 3 * 64 * 172) + 1536 * 64;
    const pairs = (rows / documentLength) * ((documentLength * (documentLength + 1)) / 2);
    // Per multiply-add two FLOPs; the backward pass is twice the forward pass.
    const expected = 3 * (2 * weights * rows + 6 * 4 * 64 * pairs);
    expect(made.profile.step.flops).toBeCloseTo(expected, -2);
  });

  it.each(["phases", "kernels", "lines", "scopes"] as const)("of %s adds up to the step", (by) => {
    const { profile } = made;
    const parts = profile[by];
    expect(total(parts, ({ flops }) => flops)).toBeCloseTo(profile.step.flops, -2);
    expect(total(parts, ({ milliseconds }) => milliseconds)).toBeCloseTo(
      total(profile.phases, ({ milliseconds }) => milliseconds),
      6,
    );
    expect(total(parts, ({ share }) => share) + profile.barrier.share + profile.rest.share).toBeCloseTo(1, 2);
    expect(
      parts.every(({ milliseconds, share, calls }) => milliseconds >= 0 && share >= 0 && calls > 0),
    ).toBe(true);
  });

  it("names lines of the spec, and layers of one kind once, by the path of their parameter", () => {
    const { lines, scopes } = made.profile;
    expect(lines.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["line 11", "line 15", "line 21", "line 29"]),
    );
    const gate = scopes.find(({ name }) => name === "block.*.ffn.gate");
    expect(gate?.flops).toBe(6 * 2 * 64 * 172 * rows);
    expect(scopes.find(({ name }) => name === "head (weight gradient)")?.flops).toBe(2 * 64 * 1536 * rows);
    expect(scopes.filter(({ name }) => /\.\d+\./.test(name))).toEqual([]);
  });

  it("holds a part against the rate that bounds it", () => {
    for (const part of made.profile.kernels) {
      const least =
        Math.max(part.flops / roofline.gflopsPerThread, part.bytes / roofline.gigabytesPerThread) / 1e6;
      if (least === 0) expect(part.roofline).toBeUndefined();
      else expect(part.roofline).toBeCloseTo(least / part.milliseconds, 9);
    }
    expect(made.profile.kernels.find(({ name }) => name.includes("adamw"))?.boundBy).toBe("memory");
  });
});

describe("a trace", () => {
  it("has a track per thread on which nothing overlaps, and every launch of the step", () => {
    const slices = made.trace.flatMap((event) => (event.ph === "X" ? [event] : []));
    const launches = made.artifact.launches.flatMap(({ phase }, i) => (phase === "prepare" ? [] : [i]));
    expect([...new Set(slices.map(({ args }) => args.launch))]).toEqual(launches);
    for (let tid = 0; tid < threads; tid += 1) {
      let end = 0;
      for (const { ts, dur } of slices.filter((slice) => slice.tid === tid)) {
        expect(ts).toBeGreaterThanOrEqual(end - 1e-6);
        end = ts + dur;
      }
      expect(end).toBeGreaterThan(0);
    }
    const names = made.trace.flatMap((event) => (event.ph === "M" ? [event.args.name] : []));
    expect(names).toEqual(["chameleon mot", "thread 0 (main)", "thread 1"]);
  });
});

describe("a roofline", () => {
  it("is measured on as many threads as asked for", async () => {
    const { gflopsPerThread, gigabytesPerThread } = await measureRoofline(
      wasmRoofline(fastEngine),
      (artifact) => openWasmDevice(artifact, { threads }),
    );
    expect(gflopsPerThread).toBeGreaterThan(0);
    expect(gigabytesPerThread).toBeGreaterThan(0);
    expect(Number.isFinite(gflopsPerThread + gigabytesPerThread)).toBe(true);
  });
});

describe("motley profile", () => {
  it("prints one JSON document, and writes a trace", async () => {
    const file = join(temporaryFolder(), "trace.json");
    const args = ["profile", "examples/hello.mot", "--threads", "1", "--json", "--trace", file];
    const { exitCode, stdout, stderr } = await motley(args);
    expect(exitCode, stderr).toBe(0);
    const profile: Profile = JSON.parse(stdout);
    expect([profile.model, profile.threads, profile.batch, profile.context]).toEqual(["hello", 1, 4, 32]);
    const events: readonly TraceEvent[] = JSON.parse(readFileSync(file, "utf8"));
    expect(new Set(events.map(({ tid }) => tid))).toEqual(new Set([0]));
  });

  it("prints tables with the lines of the spec", async () => {
    const { exitCode, stdout } = await motley(["profile", "examples/hello.mot"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("logits = linear(rms_norm(x) as last, vocab) as head");
    expect(stdout).toContain("waiting at barriers");
  });
});
