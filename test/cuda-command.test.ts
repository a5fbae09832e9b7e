// The command line on an NVIDIA GPU that is not there: the true driver calls, graphs and compilations of
// src/runtime/cuda*.ts, on a stand-in for the driver whose kernels run in emulation. What the processor computes is the
// measure: the losses of training, interrupted or not, compared, profiled, exported, and of a built folder.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readSafetensors } from "../src/runtime/safetensors.ts";
import { emulatorProblem } from "./support/cuda-compile.ts";
import { describeWith } from "./support/devices.ts";
import { metricsOf, motley, motleyUntil, repository } from "./support/motley.ts";
import { openStandIn, standInProblem } from "./support/stand-in-cuda.ts";

const spec = `model duo {
  const dim = 32, heads = 2

  modality text  = tokens(vocab: 320)
  modality image = tokens(vocab: 64)

  x = embed(tokens, dim) as embedding
  per modality attn {
    h = rms_norm(x) as norm
    q = rope(split(linear(h, dim), heads))
    k = rope(split(linear(h, dim), heads))
    v = split(linear(h, dim), heads)
  }
  a = attention(q, k, v, mask: causal)
  per modality attn { x += linear(merge(a), dim) as out }
  logits = linear(rms_norm(x) as last, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}

variant dense = duo { share all }
variant mot   = duo

train duo {
  data icons
  context 80, batch 1, steps 4, seed 1
  adamw(lr: 1e-2, warmup: 2, weight_decay: 0.1, clip: 1.0)
}
`;

const problem = standInProblem() ?? emulatorProblem();
const steps = 4;
/** Kernels are compiled once on a machine, all in the first test. */
const patience = 400_000;
/** Below the repository, where `motley/runtime` is the package's own name for itself. */
let folder = "";
let file = "";

/** A GPU of compute capability 8.0 unless more is said; with little memory, so that copies to measure it are short. */
function environment(settings = "capability=80"): NodeJS.ProcessEnv {
  const { driver, compiler } = openStandIn();
  const all = `memory=${160 * 2 ** 20} multiprocessors=1 ${settings}`;
  return { MOTLEY_CUDA_DRIVER: driver, MOTLEY_CUDA_COMPILER: compiler, STANDIN_CUDA: all };
}

const onGpu = ["--target", "cuda", "--precision", "f32"];
const trainArgs = (out: string, ...more: readonly string[]): readonly string[] => [
  ...["train", file, "--variant", "mot", "--out", join(folder, out), "--checkpoint-every", "100"],
  ...more,
];
const lossesOf = (run: string): readonly number[] =>
  metricsOf(join(folder, run, "metrics.jsonl")).map(({ loss }) => (loss as { readonly total: number }).total);

async function succeed(args: readonly string[], settings?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await motley(args, repository, environment(settings));
  expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
  return stdout;
}

function expectClose(found: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of found.entries())
    expect(Math.abs(value - (expected[i] ?? Number.NaN)), `${i}: ${found} or ${expected}`).toBeLessThan(
      tolerance,
    );
}

describeWith(problem, "the command line on CUDA", () => {
  beforeAll(async () => {
    mkdirSync(join(repository, ".cache"), { recursive: true });
    folder = mkdtempSync(join(repository, ".cache", "cuda-"));
    file = join(folder, "duo.mot");
    writeFileSync(file, spec);
    await succeed(trainArgs("wasm", "--target", "wasm"));
    await succeed(trainArgs("calm", ...onGpu));
  }, patience);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("trains as the processor does, in f32", () => {
    expectClose(lossesOf("calm"), lossesOf("wasm"), 2e-5);
    const manifest = JSON.parse(readFileSync(join(folder, "calm", "manifest.json"), "utf8"));
    expect(manifest).toMatchObject({ target: "cuda", processor: "Stand-in GPU 0", threads: 1 });
    expect(manifest.flags).toEqual(expect.arrayContaining(["precision f32", "sm_80", "nvcc 13.0"]));
  });

  it("trains nearly as the processor does, in bf16 with the copy engine of 9.0", {
    timeout: patience,
  }, async () => {
    await succeed(trainArgs("narrow", "--target", "cuda"), "capability=90");
    expectClose(lossesOf("narrow"), lossesOf("wasm"), 0.03);
    expect(lossesOf("narrow")).not.toEqual(lossesOf("calm"));
    const mixed = [...trainArgs("calm", "--target", "cuda"), "--resume"];
    const { exitCode, stderr } = await motley(mixed, repository, environment("capability=90"));
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("has precision f32, not precision bf16")]);
  });

  it("writes a checkpoint when it is interrupted, and goes on to the same bits", async () => {
    const args = trainArgs("shaken", ...onGpu);
    const metrics = join(folder, "shaken", "metrics.jsonl");
    expect(await motleyUntil(args, metrics, 2, "SIGINT", environment())).toBe(130);
    expect(metricsOf(metrics).length).toBeLessThan(steps);
    await succeed([...args, "--resume"]);
    expect(metricsOf(metrics)).toEqual(metricsOf(join(folder, "calm", "metrics.jsonl")));
    const [a, b] = ["calm", "shaken"].map(
      (run) => readSafetensors(join(folder, run, "checkpoint.safetensors")).tensors,
    );
    expect(a).toEqual(b);
  });

  it("compares variants side by side", { timeout: patience }, async () => {
    const out = join(folder, "compared");
    const document = JSON.parse(
      await succeed(["compare", file, ...onGpu, "--steps", "1", "--out", out, "--json"]),
    );
    expect(document).toMatchObject({ target: "cuda", reference: "dense" });
    expect(Object.keys(document.variants)).toEqual(["dense", "mot"]);
    const [first] = document.variants.mot.curve;
    expect(first.train.total).toBe(lossesOf("calm")[0]);
  });

  it("tells where the time goes", { timeout: patience }, async () => {
    const profile = JSON.parse(await succeed(["profile", file, "--variant", "mot", ...onGpu, "--json"]));
    expect(profile).toMatchObject({ target: "cuda", threads: 1 });
    expect(profile.kernels.some(({ name }: { name: string }) => /attention/.test(name))).toBe(true);
    expect(profile.roofline.gflopsPerThread).toBeGreaterThan(0);
    expect(profile.roofline.gigabytesPerThread).toBeGreaterThan(0);
  });

  it("exports what a step made of a batch", async () => {
    const [ours, theirs] = [join(folder, "cuda.safetensors"), join(folder, "wasm.safetensors")];
    await succeed(["export", file, "--variant", "mot", ...onGpu, "--out", ours]);
    await succeed(["export", file, "--variant", "mot", "--target", "wasm", "--out", theirs]);
    const [a, b] = [readSafetensors(ours).tensors, readSafetensors(theirs).tensors];
    expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
    for (const [name, { values }] of a) {
      const expected = b.get(name)?.values ?? [];
      const scale = Math.sqrt([...expected].reduce((sum, x) => sum + x * x, 0)) + 1e-12;
      const error = Math.sqrt([...values].reduce((sum, x, i) => sum + (x - (expected[i] ?? 0)) ** 2, 0));
      expect(error / scale, name).toBeLessThan(1e-4);
    }
  });

  it("builds a folder that runs by itself, a file for each kernel", { timeout: patience }, async () => {
    const out = join(folder, "built");
    const stdout = await succeed(["build", file, "--variant", "mot", ...onGpu, "--out", out]);
    expect(stdout).toMatch(/the code that runs: \d+ kernels/);
    expect(readdirSync(join(out, "kernels")).every((name) => /^c\d\d_\w+\.cu$/.test(name))).toBe(true);
    const { driver, compiler } = openStandIn();
    const run = (...args: readonly string[]) =>
      promisify(execFile)(process.execPath, [join(out, "model.ts"), "--steps", "2", ...args], {
        env: { ...process.env, ...environment(), NO_COLOR: "1" },
      });
    const finished = await run("--driver", driver, "--compiler", compiler);
    expect(finished.stdout).toMatch(/^step 1 {2}total \d\.\d{4} .*\nstep 2 {2}total \d\.\d{4} /);
    expect(finished.stdout).toMatch(/ms a step.*\n +\d+\.\d{3} ms +\d+\.\d % {2}c\d\d_\w+( {2}@\d+)+\n/);
    const refused = await run("--driver", "/nowhere.so").catch((error) => error);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: there is no NVIDIA driver on this machine \(\/nowhere\.so\)\ninstall NVIDIA's driver/,
      ),
    ]);
  });
});
