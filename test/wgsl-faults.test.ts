// wgsl-faults.test.ts: a run on a GPU that loses it: an error that says so, the last checkpoint good, and --resume's way of
// going on to the very losses that a run without the fault has.

import { join } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../src/compile.ts";
import { loadCheckpoint, restoreCheckpoint } from "../src/runtime/checkpoint.ts";
import { DeviceError } from "../src/runtime/device.ts";
import { MemoryError } from "../src/runtime/memory.ts";
import {
  createRunFolder,
  type Manifest,
  readRecord,
  resumeRunFolder,
  runFormat,
} from "../src/runtime/run-folder.ts";
import { openSession, type Session } from "../src/runtime/session.ts";
import { train } from "../src/runtime/trainer.ts";
import { openWebgpuDevice, type WebgpuDevice } from "../src/runtime/webgpu.ts";
import { checkWebgpuMemory } from "../src/runtime/webgpu-memory.ts";
import type { WgslArtifact } from "../src/targets/artifact.ts";
import { defaultLimits } from "../src/targets/wgsl.ts";
import { randomBatch } from "./support/batches.ts";
import { richGpu } from "./support/compiled.ts";
import { describeWith, gpuProblem, softwareAdapter } from "./support/devices.ts";
import { layoutOptions, modelOf } from "./support/interpreted.ts";
import { temporaryFolder } from "./support/motley.ts";

const spec = `model tiny {
  modality text  = tokens(vocab: 11)
  modality image = tokens(vocab: 7)
  x = embed(tokens, 8) as embedding
  per modality ffn { x += linear(silu(linear(rms_norm(x) as norm, 12) as up), 8) as down }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
train tiny { data icons context 12, batch 2, steps 8, seed 1 adamw(lr: 1e-2, clip: 1.0) }
`;
const model = modelOf(spec, "tiny");
const steps = 8;
const seed = 1;
const artifact: WgslArtifact = compile(model, { purpose: "train", engine: richGpu });
const { modalities } = layoutOptions(model);

/** Batches that depend on their number alone. */
function batchSource(first: number): Parameters<typeof train>[1] {
  let at = first;
  return {
    next() {
      at += 1;
      return randomBatch({ batch: 2, context: 12, modalities, seed: at, present: [0, 1], emptyTail: 0 });
    },
    cursor: () => String(at),
  };
}

const manifest: Manifest = {
  format: runFormat,
  ...{ motley: "0", engine: "test", flags: [], processor: "test", threads: 1, target: "wgsl" as const },
  ...{ model: "tiny", variant: "tiny", dataHash: "none", specHash: "none", specFolder: ".", seed, steps },
};

const options = { steps, seed, dataHash: "none", checkpointEvery: 2, from: { step: 0, wallMs: 0 } };

async function open(): Promise<{ readonly device: WebgpuDevice; readonly session: Session }> {
  const device = await openWebgpuDevice(artifact, { adapter: await softwareAdapter() });
  return { device, session: openSession(artifact, device) };
}

const lossesOf = (path: string): readonly unknown[] =>
  readRecord(path).metrics.map(({ step, loss, gradNorm }) => ({ step, loss, gradNorm }));

describeWith(await gpuProblem(), "a run whose GPU is lost", () => {
  test("ends with an error, keeps its checkpoint, and goes on to the same bits", async () => {
    const root = temporaryFolder();
    const whole = await open();
    await whole.session.initialize(seed);
    const untouched = createRunFolder(join(root, "untouched"), spec, manifest);
    await train(whole.session, batchSource(0), untouched, options);
    await whole.session.close();

    const path = join(root, "lost");
    const { device, session } = await open();
    await session.initialize(seed);
    const folder = createRunFolder(path, spec, manifest);
    const lost = train(session, batchSource(0), folder, {
      ...options,
      onStep: ({ step }) => {
        if (step === 5) device.gpu.destroy();
      },
    });
    await expect(lost).rejects.toThrow(DeviceError);
    await expect(lost).rejects.toThrow(/the GPU was lost.*--resume goes on from there/);

    const { checkpoint, folder: resumed } = resumeRunFolder(path, manifest);
    expect(checkpoint?.progress.step).toBe(4);
    if (checkpoint === undefined) throw new Error("expected a checkpoint");
    const again = await open();
    await restoreCheckpoint(again.session, checkpoint);
    await train(again.session, batchSource(Number(checkpoint.progress.cursor)), resumed, {
      ...options,
      from: { step: checkpoint.progress.step, wallMs: checkpoint.progress.wallMs },
    });
    expect(lossesOf(path)).toEqual(lossesOf(join(root, "untouched")));
    expect(loadCheckpoint(folder.checkpointPath).progress.step).toBe(steps);
    const tensorsOf = (name: string) => loadCheckpoint(join(root, name, "checkpoint.safetensors")).tensors;
    expect(tensorsOf("lost")).toEqual(tensorsOf("untouched"));
    await again.session.close();
  });

  test("two runs have the same bits", async () => {
    const losses = await Promise.all(
      [1, 2].map(async () => {
        const { session } = await open();
        await session.initialize(seed);
        const path = temporaryFolder();
        const folder = createRunFolder(join(path, "run"), spec, manifest);
        await train(session, batchSource(0), folder, options);
        await session.close();
        return lossesOf(join(path, "run"));
      }),
    );
    expect(losses[0]).toEqual(losses[1]);
  });
});

test("a plan that does not fit names its largest parts and what to change, before anything is allocated", () => {
  const big = `model big {
    modality text = tokens(vocab: 50000)
    x = embed(tokens, 768) as embedding
    repeat 2 { x += linear(linear(x, 3072) as up, 768) as down }
    logits = linear(x, vocab) as head
    objective text = cross_entropy(logits, next_token)
  }
  train big { data icons context 512, batch 64, steps 1, seed 1 adamw(lr: 1e-3) }`;
  const limits = { ...defaultLimits, minUniformBufferOffsetAlignment: 256 };
  const large = compile(modelOf(big, "big"), {
    purpose: "train",
    engine: { ...richGpu, limits: defaultLimits },
  });
  expect(() => checkWebgpuMemory(large, limits)).toThrow(MemoryError);
  expect(() => checkWebgpuMemory(large, limits)).toThrow(/the largest parts are .*MiB/);
});

test("parameters larger than one binding are spread over several", () => {
  const wide = `model wide {
    modality text = tokens(vocab: 50000)
    x = embed(tokens, 768) as embedding
    logits = linear(x, vocab) as head
    objective text = cross_entropy(logits, next_token)
  }
  train wide { data icons context 64, batch 1, steps 1, seed 1 adamw(lr: 1e-3) }`;
  const limits = {
    ...defaultLimits,
    maxStorageBufferBindingSize: 256 << 20,
    maxStorageBuffersPerShaderStage: 10,
  };
  const { program } = compile(modelOf(wide, "wide"), { purpose: "train", engine: { ...richGpu, limits } });
  // 146 MiB of embedding alone, four times with gradients and moments, and a head of the same size.
  expect(program.floatBanks).toBeGreaterThan(4);
  expect(4 * program.bankFloats).toBeLessThanOrEqual(256 << 20);
  expect(program.requires.limits.maxStorageBufferBindingSize).toBeLessThanOrEqual(256 << 20);
});
