// warm-start.test.ts: parameters from another run: which tensor goes where, what is refused, and that towers that were
// copied from a dense model are that model.
// In: runs of a small spec, through sessions and the command line. Out: equal losses, messages that name both sides.

import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Model } from "../src/check/model.ts";
import { compile } from "../src/compile.ts";
import type { Checkpoint } from "../src/runtime/checkpoint.ts";
import { openSession, type Session } from "../src/runtime/session.ts";
import { trainStep } from "../src/runtime/step.ts";
import { planWarmStart, warmStart } from "../src/runtime/warm-start.ts";
import { randomBatch } from "./support/batches.ts";
import { fastEngine, openDevice } from "./support/compiled.ts";
import { layoutOptions, modelOf } from "./support/interpreted.ts";
import { metricsOf, motley, repository, temporaryFolder } from "./support/motley.ts";

const spec = (ffn = "20"): string => `model m {
  const dim = 12, ffn = ${ffn}
  modality text = tokens(vocab: 30)
  modality image = tokens(vocab: 7)
  x = embed(tokens, dim) as embedding
  repeat 2 {
    per modality attn {
      h = rms_norm(x) as norm
      q = split(linear(h, dim), 2)
      k = split(linear(h, dim), 2)
      v = split(linear(h, dim), 2)
    }
    a = attention(q, k, v, mask: causal)
    per modality attn { x += linear(merge(a), dim) as out }
    per modality ffn { x += linear(silu(linear(rms_norm(x) as norm, ffn) as up), dim) as down }
  }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant dense   = m { share all }
variant mot     = m
variant experts = m { share all experts ffn: 2 }
train m { data icons context 8, batch 1, steps 10 adamw(lr: 1e-2) }`;

const shape = { batch: 3, context: 21 };
const batchOf = (model: Model, seed: number) =>
  randomBatch({ ...shape, modalities: layoutOptions(model).modalities, seed });

async function open(model: Model): Promise<Session> {
  const artifact = compile(model, { purpose: "train", engine: fastEngine, ...shape });
  const session = openSession(artifact, await openDevice(artifact));
  await session.initialize(4);
  return session;
}

/** What a checkpoint of the session would hold. */
async function checkpointOf(session: Session, variant: string): Promise<Checkpoint> {
  const tensors = new Map(
    await Promise.all(
      session.artifact.parameters.map(
        async ({ path, shape: sizes }) =>
          [`param/${path}`, { shape: sizes, values: await session.read(`param/${path}`) }] as const,
      ),
    ),
  );
  const progress = { step: 3, steps: 10, seed: 4, wallMs: 0, cursor: "", dataHash: "" };
  return { path: "runs/dense/checkpoint.safetensors", progress, model: "m", variant, tensors };
}

const madeUp = (model: Model): Checkpoint => ({
  path: "a.safetensors",
  progress: { step: 3, steps: 10, seed: 4, wallMs: 0, cursor: "", dataHash: "" },
  model: "m",
  variant: model.variant,
  tensors: new Map(
    model.parameters.map(({ path, shape: sizes }) => [
      `param/${path}`,
      { shape: sizes, values: new Float32Array(sizes.reduce((product, size) => product * size, 1)) },
    ]),
  ),
});

describe("towers from a dense model", () => {
  test("are that model: the first loss is the dense run's next one, to the bit", async () => {
    const [dense, mot] = [modelOf(spec(), "dense"), modelOf(spec(), "mot")];
    const [one, other] = [await open(dense), await open(mot)];
    try {
      for (let step = 1; step <= 3; step += 1) await trainStep(one, batchOf(dense, step), step, 10, 0);
      const { sources, fresh } = await warmStart(other, await checkpointOf(one, "dense"));
      expect(fresh).toEqual([]);
      for (const slot of ["m", "v"])
        expect((await other.read(`${slot}/embedding`)).every((x) => x === 0)).toBe(true);
      expect(sources.get("ffn.1.image.up")).toBe("ffn.1.up");
      const next = await trainStep(one, batchOf(dense, 4), 4, 10, 0);
      const first = await trainStep(other, batchOf(mot, 4), 1, 10, 0);
      expect(first.metrics.loss).toEqual(next.metrics.loss);
    } finally {
      await one.close();
      await other.close();
    }
  });

  test("an expert takes the linear that it is a copy of; only routers stay fresh", () => {
    const plan = planWarmStart(modelOf(spec(), "experts").parameters, madeUp(modelOf(spec(), "dense")));
    expect(plan.sources.get("ffn.0.expert.1.up")).toBe("ffn.0.up");
    expect(plan.fresh).toEqual(["ffn.0.router", "ffn.1.router"]);
  });
});

describe("refuses with both sides", () => {
  const planned = (to: Model, from: Model) => () => planWarmStart(to.parameters, madeUp(from));
  const [dense, mot] = [modelOf(spec(), "dense"), modelOf(spec(), "mot")];

  test("another shape", () => {
    expect(planned(modelOf(spec("24"), "mot"), dense)).toThrow(
      "a.safetensors has `ffn.0.up` as [20, 12], and the model has `ffn.0.text.up` as [24, 12]",
    );
  });

  test("several towers for one tensor", () => {
    expect(planned(dense, mot)).toThrow(/has no tensor for the model's `attn\.0\.norm`/);
  });

  test("a tensor that the model lacks", () => {
    const shallow = modelOf(spec().replace("repeat 2", "repeat 1"), "dense");
    expect(planned(shallow, dense)).toThrow(
      /has `attn\.1\.norm` and \d+ more, for which the model has no parameter/,
    );
  });
});

describe("--warm-start", () => {
  /** A dense run, and how to compare variants that start from it. */
  async function denseRun(
    folder: string,
  ): Promise<(...more: readonly string[]) => ReturnType<typeof motley>> {
    const file = join(folder, "m.mot");
    cpSync(join(repository, "examples/hello"), join(folder, "hello"), { recursive: true });
    writeFileSync(file, text());
    const trained = await motley(["train", file, "--variant", "dense", "--out", join(folder, "dense")]);
    expect(trained.exitCode, trained.stderr).toBe(0);
    const usual = ["compare", file, "--steps", "3", "--seeds", "2", "--sweep", "1e-2,1e-3"];
    return (...more) => motley([...usual, "--out", join(folder, "raced"), ...more]);
  }

  test("holds for what a resumed comparison had not begun, or refuses it", { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const [dense, later] = [join(folder, "dense"), join(folder, "raced/seed-2")];
    const compare = await denseRun(folder);
    const whole = await compare("--warm-start", dense);
    expect(whole.exitCode, whole.stderr).toBe(0);
    const metrics = metricsOf(join(later, "mot/metrics.jsonl"));
    rmSync(later, { recursive: true });
    rmSync(join(folder, "raced/seed-1/lr-1e-3/mot"), { recursive: true });
    const resumed = await compare("--resume");
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(resumed.stderr).toContain(`warm start from ${dense}`);
    expect(metricsOf(join(later, "mot/metrics.jsonl"))).toEqual(metrics);

    rmSync(later, { recursive: true });
    renameSync(dense, join(folder, "moved"));
    const gone = await compare("--resume");
    expect([gone.exitCode, gone.stderr]).toEqual([1, expect.stringContaining("is gone")]);
    expect(gone.stderr).toContain("`--warm-start RUN`");
    const named = await compare("--resume", "--warm-start", join(folder, "moved"));
    expect(named.exitCode, named.stderr).toBe(0);
    expect(metricsOf(join(later, "mot/metrics.jsonl"))).toEqual(metrics);
  });

  const text = (norm = ""): string => `model m {
  modality text = tokens(vocab: 300)
  x = embed(tokens, 16) as embedding
  per modality ffn { x += linear(silu(linear(x, 24) as up), 16) as down }
  ${norm}
  logits = linear(x, vocab) as head
  objective text = cross_entropy(logits, next_token)
}
variant dense = m { share all }
variant mot   = m
train m { data "hello" context 24, batch 2, steps 12 adamw(lr: 1e-2) }
`;

  test("says what was loaded, records it, resumes without the other run, and refuses what does not fit", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "m.mot");
    const args = (run: string, variant: string, ...more: readonly string[]): readonly string[] => [
      ...["train", file, "--variant", variant, "--out", join(folder, run), ...more],
    ];
    cpSync(join(repository, "examples/hello"), join(folder, "hello"), { recursive: true });
    writeFileSync(file, text());
    expect((await motley(args("dense", "dense"))).exitCode).toBe(0);
    const warm = ["--warm-start", join(folder, "dense")];
    const { stderr, exitCode } = await motley(args("mot", "mot", ...warm, "--checkpoint-every", "5"));
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(
      "(dense, step 12): 4 tensors, 2 of them for a tower or an expert; moments are fresh",
    );
    const manifest = JSON.parse(readFileSync(join(folder, "mot/manifest.json"), "utf8"));
    expect(manifest.warmStart).toMatchObject({ run: "../dense", variant: "dense", step: 12 });
    // It began where the other ended.
    const [first, last] = [
      metricsOf(join(folder, "mot/metrics.jsonl"))[0],
      metricsOf(join(folder, "dense/metrics.jsonl")).at(-1),
    ];
    const total = (line: Readonly<Record<string, unknown>> | undefined): number =>
      (line as { readonly loss: { readonly total: number } }).loss.total;
    expect(total(first)).toBeLessThan(total(last));

    const raced = join(folder, "raced");
    const race = await motley(["compare", file, "--steps", "3", "--out", raced, ...warm, "--json"]);
    expect(race.exitCode, race.stderr).toBe(0);
    for (const variant of ["dense", "mot"])
      expect(metricsOf(join(raced, variant, "metrics.jsonl"))[0]?.loss).toEqual(first?.loss);

    const other = await motley(args("mot", "mot", "--resume", "--warm-start", join(folder, "mot")));
    expect(other.stderr).toContain("was started from step 12 of ../dense, not from step 12 of");
    rmSync(join(folder, "dense"), { recursive: true });
    expect((await motley(args("mot", "mot", "--resume"))).exitCode).toBe(0);

    writeFileSync(file, text("x = rms_norm(x) as last"));
    const unfit = await motley(args("more", "mot", "--warm-start", join(folder, "mot")));
    expect(unfit.exitCode).toBe(1);
    expect(unfit.stderr).toContain("has no tensor for the model's `last`");
    expect(() => readFileSync(join(folder, "more/manifest.json"))).toThrow();
  });
});
