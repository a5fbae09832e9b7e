// wgsl-attention.ts: attention's shaders run alone, in software: numbers in, numbers out.
// In: arrays, kernels and their arguments. Out: what stands in memory afterwards. One launch per kernel, in order.

import type { KernelBody } from "../../src/kernel/kernel.ts";
import { openWebgpuDevice } from "../../src/runtime/webgpu.ts";
import type { SharedGpu } from "../../src/runtime/webgpu-pipelines.ts";
import { type Artifact, isWgsl } from "../../src/targets/artifact.ts";
import { render } from "../../src/targets/render.ts";
import { attentionForms } from "../../src/targets/wgsl/attention.ts";
import type { WgslContext, WgslForm } from "../../src/targets/wgsl/context.ts";
import { usualGpu } from "../../src/targets/wgsl.ts";
import { get, type Matrix } from "./plain-kernels.ts";
import { wgslArtifact } from "./wgsl-artifact.ts";

export type AttentionBody = Extract<KernelBody, { readonly kind: "attention" | "attention_grad" }>;

/** What a kernel is called with: places in the arena and numbers, as in a record. */
export type AttentionCall = { readonly body: AttentionBody; readonly args: readonly number[] };

/** Any GPU; `bankFloats` cuts the floats into banks of so many. */
export function contextOf(floats: number, bankFloats = 2 ** 25): WgslContext {
  const banks = { bankFloats, weights: 1, floats: Math.max(1, Math.ceil(floats / bankFloats)) };
  return {
    ...usualGpu,
    ...{ panel: 4, tileRows: 64, banks },
    regions: { integerBytes: 0, floatStart: 0 },
  };
}

const formOf = (body: AttentionBody): WgslForm<AttentionBody["kind"]> =>
  attentionForms[body.kind] as WgslForm<AttentionBody["kind"]>;

export function attentionText(body: AttentionBody, context: WgslContext): string {
  const { template, view } = formOf(body).shader(body, context);
  return render(template, view);
}

/** Arrays that a run begins with; a place is an element of its region. */
export type Arena = {
  readonly floats: number[];
  readonly integers: number[];
};

/** Appends a matrix as rows of `stride` numbers, NaN between and behind them; gives back its place. */
export function putRows({ floats }: Arena, m: Matrix, stride: number): number {
  const place = floats.length;
  for (let r = 0; r < m.numbers.length / m.width; r += 1)
    for (let c = 0; c < stride; c += 1) floats.push(c < m.width ? get(m, r, c) : Number.NaN);
  while (floats.length % 16 !== 0) floats.push(Number.NaN);
  return place;
}

export function putIntegers({ integers }: Arena, numbers: readonly number[]): number {
  const place = integers.length;
  integers.push(...numbers);
  return place;
}

/** Runs the launches one after another, `repeats` times; gives back the floats after each. */
export async function runAttention(
  shared: SharedGpu,
  arena: Arena,
  launches: readonly (readonly AttentionCall[])[],
  rows: number,
  { bankFloats = 2 ** 25, repeats = 1 } = {},
): Promise<readonly Float32Array[]> {
  const context = contextOf(arena.floats.length, bankFloats);
  const device = await openWebgpuDevice(artifactOf(arena, launches, rows, context), { shared });
  try {
    device.write(0, Int32Array.from(arena.integers));
    device.write(4 * (arena.integers.length + weights), Float32Array.from(arena.floats));
    const results: Float32Array[] = [];
    for (let i = 0; i < repeats; i += 1) {
      await device.run(["forward"]);
      results.push(await device.readFloats(4 * (arena.integers.length + weights), arena.floats.length));
    }
    return results;
  } finally {
    await device.close();
  }
}

/** Elements of a region that nobody reads. */
const weights = 16;

function artifactOf(
  { floats, integers }: Arena,
  launches: readonly (readonly AttentionCall[])[],
  rows: number,
  context: WgslContext,
): Artifact {
  const made = wgslArtifact({
    ...{ shaders: {}, weights, bankFloats: context.banks.bankFloats },
    integers: integers.length,
    floats: floats.length,
    dispatches: launches.map(() => ({ shader: "" })),
  });
  const records: number[] = [];
  const dispatches = launches.map((calls, shader) => {
    const start = integers.length + records.length;
    const texts = calls.map(({ body, args }) => [1, ...formOf(body).words(body, context), ...args]);
    records.push(...texts.flat());
    const sizes = calls.map(({ body }) => formOf(body).workgroups(body, { rows, count: 1 }, context));
    const across = Math.max(...sizes.map(([x]) => x));
    const down = Math.max(...sizes.map(([, y]) => y));
    return {
      shader,
      workgroups: [across, down, calls.length] as const,
      job: [start, texts[0]?.length ?? 0, 1, 0, 0, 0],
    };
  });
  const shaders = launches.map(([call], i) => ({
    name: `launch${i}`,
    code: call === undefined ? "" : attentionText(call.body, context),
  }));
  return isWgsl(made) ? { ...made, program: { ...made.program, shaders, dispatches, records } } : made;
}
