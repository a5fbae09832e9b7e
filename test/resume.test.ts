// Runs that were stopped go on as if nothing had happened: killed anywhere, or by Ctrl-C; and whatever does not fit is
// refused with words. All through the command line, on the smallest example.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockFolder } from "../src/runtime/folder.ts";
import { lines, metricsOf, motley, motleyUntil, repository, temporaryFolder } from "./support/motley.ts";

const hello = "examples/hello.mot";
const steps = 400;

function trainArgs(run: string, ...more: readonly string[]): readonly string[] {
  return ["train", hello, "--steps", String(steps), "--checkpoint-every", "13", "--out", run, ...more];
}

function tensorBytes(path: string): Buffer {
  const bytes = readFileSync(path);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
}

describe("resume", () => {
  it("after SIGKILL anywhere: the same losses and the same checkpoint as a run that was left alone", async () => {
    const folder = temporaryFolder();
    const [calm, shaken] = [join(folder, "calm"), join(folder, "shaken")];
    expect((await motley(trainArgs(calm))).exitCode).toBe(0);

    const metrics = join(shaken, "metrics.jsonl");
    let kills = 0;
    // Before the first checkpoint, right at one, in between, and late.
    for (const lineCount of [3, 13, 100, 260]) {
      const resume = existsSync(join(shaken, "manifest.json")) ? ["--resume"] : [];
      if ((await motleyUntil(trainArgs(shaken, ...resume), metrics, lineCount, "SIGKILL")) === null)
        kills += 1;
    }
    expect(kills).toBe(4);
    const before = lines(metrics);
    const { exitCode, stderr } = await motley(trainArgs(shaken, "--resume"));
    expect(exitCode, stderr).toBe(0);
    const step = Number(/going on after step (\d+)/.exec(stderr)?.[1]);
    expect(step % 13).toBe(0);
    // Earlier lines stay byte for byte, times included.
    expect(lines(metrics).slice(0, step)).toEqual(before.slice(0, step));
    expect(metricsOf(metrics)).toEqual(metricsOf(join(calm, "metrics.jsonl")));
    const [a, b] = [calm, shaken].map((run) => tensorBytes(join(run, "checkpoint.safetensors")));
    expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
  });

  it("after Ctrl-C: a checkpoint is written first, the exit code is 130", async () => {
    const run = join(temporaryFolder(), "run");
    const metrics = join(run, "metrics.jsonl");
    const args = ["train", hello, "--steps", "4000", "--checkpoint-every", "100000", "--out", run];
    expect(await motleyUntil(args, metrics, 50, "SIGINT")).toBe(130);
    const done = lines(metrics).length;
    const next = await motleyUntil([...args, "--resume"], metrics, done + 20, "SIGINT");
    expect(next).toBe(130);
    // The line numbers go on without a gap or a repetition.
    expect(metricsOf(metrics).map(({ step }) => step)).toEqual(lines(metrics).map((_, i) => i + 1));
    expect(lines(metrics).length).toBeGreaterThanOrEqual(done + 20);
  });

  it("starts at step 1 where there is no checkpoint, and says so", async () => {
    const run = join(temporaryFolder(), "run");
    const args = ["train", hello, "--steps", "10", "--out", run];
    await motley(args);
    rmSync(join(run, "checkpoint.safetensors"));
    const { exitCode, stderr } = await motley([...args, "--resume"]);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("starting again at step 1")]);
    expect(metricsOf(join(run, "metrics.jsonl"))).toHaveLength(10);
  });

  it("of a complete run has nothing to do", async () => {
    const run = join(temporaryFolder(), "run");
    const args = ["train", hello, "--steps", "10", "--out", run];
    await motley(args);
    const before = readFileSync(join(run, "metrics.jsonl"), "utf8");
    const { exitCode, stderr } = await motley([...args, "--resume"]);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("is complete")]);
    expect(readFileSync(join(run, "metrics.jsonl"), "utf8")).toBe(before);
  });

  it("of a comparison: every variant goes on from its own checkpoint", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "two.mot");
    const text = readFileSync(join(repository, hello), "utf8").replace(
      '"hello"',
      JSON.stringify(join(repository, "examples", "hello")),
    );
    writeFileSync(
      file,
      `${text}\nvariant wide = hello { dim = 64 }\nvariant narrow = hello\ncompare wide, narrow\n`,
    );
    const compare = (out: string, ...more: readonly string[]) => [
      ...["compare", file, "--steps", "200", "--checkpoint-every", "11", "--out", out],
      ...more,
    ];
    const [calm, shaken] = [join(folder, "calm"), join(folder, "shaken")];
    expect((await motley(compare(calm))).exitCode).toBe(0);
    const metrics = join(shaken, "narrow", "metrics.jsonl");
    expect(await motleyUntil(compare(shaken), metrics, 40, "SIGKILL")).toBeNull();
    // One variant further back than the other, as a kill between two checkpoints leaves it.
    rmSync(join(shaken, "narrow", "checkpoint.safetensors"));
    const { exitCode, stderr } = await motley(compare(shaken, "--resume"));
    expect(exitCode, stderr).toBe(0);
    for (const variant of ["wide", "narrow"]) {
      for (const name of ["metrics.jsonl", "validation.jsonl"]) {
        expect(metricsOf(join(shaken, variant, name))).toEqual(metricsOf(join(calm, variant, name)));
      }
    }
  });
});

describe("a start that was killed", () => {
  it("before the manifest leaves a folder that a new run may take", async () => {
    const run = join(temporaryFolder(), "run");
    mkdirSync(run);
    writeFileSync(join(run, "spec.mot"), "");
    writeFileSync(join(run, "metrics.jsonl"), "");
    const { exitCode, stderr } = await motley(["train", hello, "--steps", "5", "--out", run]);
    expect(exitCode, stderr).toBe(0);
  });

  it("before the second variant's folder still resumes; a comparison that never was does not", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "race");
    const compare = ["compare", hello, "--steps", "5", "--out", out];
    expect((await motley([...compare, "--resume"])).stderr).toContain("there is no comparison");
    mkdirSync(out);
    const { exitCode, stderr } = await motley([...compare, "--resume"]);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("starting at step 1")]);
  });
});

describe("refused", () => {
  it("a folder that another process writes to; a lock left behind binds nobody", async () => {
    const run = join(temporaryFolder(), "run");
    const args = ["train", hello, "--out", run, "--steps", "5", "--resume"];
    await motley(args.slice(0, -1));
    expect(existsSync(join(run, "lock"))).toBe(false);
    expect(lockFolder(run)).toBe(undefined);
    const held = await motley(args);
    expect([held.exitCode, held.stderr]).toEqual([
      1,
      expect.stringContaining(`in use by process ${process.pid}`),
    ]);
    writeFileSync(join(run, "lock"), "4194999 1");
    expect((await motley(args)).exitCode).toBe(0);
    writeFileSync(join(run, "lock"), "no process at all");
    expect((await motley(args)).exitCode).toBe(0);
  });

  it("a folder that holds a run, other settings, another spec, unknown formats, broken files", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const args = (...more: readonly string[]) => ["train", hello, "--out", run, ...more];
    await motley(args("--steps", "10"));
    const fails = async (more: readonly string[], text: string): Promise<void> => {
      const { exitCode, stderr } = await motley(args(...more));
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(text)]);
    };
    await fails(["--steps", "10"], "holds a run already");
    await fails(["--steps", "20", "--resume"], "has steps 10, not 20");
    await fails(["--steps", "10", "--seed", "2", "--resume"], "has seed 1, not 2");

    const other = join(folder, "hello.mot");
    const text = readFileSync(join(repository, hello), "utf8").replace(
      '"hello"',
      JSON.stringify(join(repository, "examples", "hello")),
    );
    writeFileSync(other, text.replace("lr: 1e-2", "lr: 2e-2"));
    const changed = await motley(["train", other, "--out", run, "--steps", "10", "--resume"]);
    expect([changed.exitCode, changed.stderr]).toEqual([1, expect.stringContaining("from another spec")]);
    writeFileSync(other, `// a comment is no change\n${text}`);
    expect((await motley(["train", other, "--out", run, "--steps", "10", "--resume"])).exitCode).toBe(0);

    const manifest = join(run, "manifest.json");
    const kept = readFileSync(manifest, "utf8");
    writeFileSync(manifest, kept.replace('"format": 1', '"format": 99'));
    await fails(["--steps", "10", "--resume"], "has run format 99");
    writeFileSync(manifest, "{");
    await fails(["--steps", "10", "--resume"], "is not valid JSON");
    writeFileSync(manifest, kept);
    writeFileSync(manifest, "null");
    await fails(["--steps", "10", "--resume"], "has run format undefined");
    writeFileSync(manifest, kept);
    const metrics = join(run, "metrics.jsonl");
    const keptMetrics = readFileSync(metrics, "utf8");
    writeFileSync(metrics, keptMetrics.replace('"step":3', '"step":'));
    await fails(["--steps", "10", "--resume"], "metrics.jsonl");
    writeFileSync(metrics, keptMetrics);
    const checkpoint = join(run, "checkpoint.safetensors");
    writeFileSync(checkpoint, readFileSync(checkpoint).subarray(0, 5000));
    await fails(["--steps", "10", "--resume"], "checkpoint.safetensors");
    await fails(["--steps", "10", "--resume", "--out", join(folder, "none")], "holds no run");
  });
});
