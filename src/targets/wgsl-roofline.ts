// wgsl-roofline.ts: the probe of a GPU through WebGPU.
// In: an engine. Out: launch 0, multiply-adds in registers; launch 1, a long copy (roofline.ts).

import type { WgslDispatch } from "./artifact.ts";
import { render } from "./render.ts";
import { type GpuRoofline, rooflineArtifact } from "./roofline.ts";
import { bindingLines } from "./wgsl/bindings.ts";
import type { WgslContext } from "./wgsl/context.ts";
import type { WgslEngine } from "./wgsl.ts";

const threads = 256;
/** Enough workgroups for the largest GPUs, steps for a few tenths of a millisecond there. */
const groups = 2048;
const steps = 512;
/** Of one step: four vectors of four multiply-adds. */
const flopsPerStep = 32;

/** Elements of each half, the copy and what is copied: 32 MiB, so that both fit one binding of any device. */
const half = 1 << 23;

const integerBytes = 64;

/** The probe for an engine, with what its two launches compute and move. */
export function wgslRoofline(engine: WgslEngine): GpuRoofline {
  const arenaBytes = integerBytes + 64 + 8 * half;
  const floatStart = integerBytes + 64;
  const context: WgslContext = {
    ...engine,
    regions: { integerBytes, floatStart },
    panel: 4,
    tileRows: 1,
    banks: { bankFloats: 4 * half, weights: 1, floats: 1 },
  };
  const bindings = bindingLines({ floats: "vector" }, context);
  const shaders = [
    {
      name: "roofline_arithmetic",
      code: render("wgsl/roofline_arithmetic", { comment: "multiply-adds in registers", bindings, steps }),
    },
    {
      name: "roofline_copy",
      code: render("wgsl/roofline_copy", { comment: "a long copy", bindings, half: half / 4 }),
    },
  ];
  const dispatch = (shader: number, count: number): WgslDispatch => ({
    shader,
    workgroups: [count, 1, 1],
    job: [0, 0, 0, 0, 0, 0],
  });
  return {
    artifact: rooflineArtifact(
      {
        kind: "wgsl",
        shaders,
        dispatches: [dispatch(0, groups), dispatch(1, half / 4 / threads)],
        records: [],
        ...{ integerBytes, floatStart, bankFloats: 4 * half, weightBanks: 1, floatBanks: 1 },
        weights: "f32",
        requires: { features: [], limits: {} },
        choices: [],
      },
      shaders,
      { arenaBytes, copiedBytes: 8 * half },
    ),
    // Near one: denormals and infinities could take another path through the processor.
    inputs: [{ byteOffset: floatStart, values: new Float32Array(half).fill(0.999) }],
    flops: groups * threads * steps * flopsPerStep,
    bytes: 8 * half,
  };
}
