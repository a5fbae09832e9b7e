// fusion.test.ts: groups of small graphs around a loss in chunks, where what is whole when is easy to get wrong.
// Each graph is differentiated, updated, fused into two chunks and planned: the plan's verifier sees every race.

import { describe, expect, it } from "vitest";
import { differentiate } from "../src/autodiff/differentiate.ts";
import { fuse } from "../src/fusion/fuse.ts";
import { printGroups } from "../src/fusion/print.ts";
import type { Graph } from "../src/ir/graph.ts";
import { parseGraph } from "../src/ir/parse.ts";
import { planKernels } from "../src/kernel/plan.ts";
import { cpuSchedule } from "../src/kernel/schedule.ts";
import { verifyPlan } from "../src/kernel/verify.ts";
import { addUpdate } from "../src/lower/optimizer.ts";
import { simplify } from "../src/passes/pipeline.ts";

const adamw = {
  lr: 1e-3,
  warmup: 0,
  decay: "cosine",
  end: 0,
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  weightDecay: 0,
} as const;

/** Inputs that every graph of this file may read. */
const inputs = `
  input $tokens : i32[N,1]
  input $sequence : i32[N,1]
  input $first : i32[N,1]
  input $last : i32[N,1]
  input $target : i32[N,1]
  input $loss_weight.0 : f32[N,1]
  input $loss_weight.1 : f32[N,1]
  input $target_modality : i32[N,1]`;

const forward = (params: string, nodes: string): Graph =>
  parseGraph(`graph test (text image)\n${params}${inputs}\nforward\n${nodes}`);

const trained = (graph: Graph): Graph => simplify(addUpdate(differentiate(graph), adamw));

/** Groups as text, each loss cut in two; throws where a launch of the plan would race. */
function groupsOf(graph: Graph): string {
  const rows = 256;
  const micro = cpuSchedule(graph, rows, { rows: 6, columns: 8 });
  const limits = { ...micro.limits, lossChunks: 2 };
  const schedule = { ...micro, chunkRows: 144, chunkCount: 2, limits };
  const fusion = fuse(graph, limits);
  verifyPlan(planKernels(graph, fusion, schedule, { batch: 2, context: 128 }).plan);
  return printGroups(graph, fusion);
}

describe("a loss in chunks", () => {
  it("waits for attention that the projection reads directly", () => {
    const graph = forward(
      `  param %table : f32[32,16]\n  param %head : f32[32,16]`,
      `  %0 = embed $tokens, %table : f32[N,16]
  %1, %2 = attention %0, %0, %0, $sequence, $first, $last : f32[N,16], f32[N,2] {heads=2 kvHeads=2}
  %3 = linear %1, %head : f32[N,32]
  %4 = cross_entropy %3, $target : f32[N,1] {zLoss=0}
  %5 = loss_sums %4, $loss_weight.0, $target_modality : f32[3] {modalities=2}
return
  loss = %5`,
    );
    const groups = groupsOf(trained(graph)).split("\n").slice(0, 6);
    expect(groups).toEqual([
      "group 0 forward  stops at %1: attention reads other rows",
      "  rows   %0 embed",
      "group 1 forward  the loss runs in chunks of rows",
      "  tasks  %1 attention",
      "group 2 forward chunk 0  chunk 1 follows",
      "  rows   %3 linear, %4 cross_entropy, %6 cross_entropy_dx, %7 linear_dx",
    ]);
  });

  /** Two losses; both projections have the weight `%head`. */
  const twice = forward(
    `  param %table : f32[32,16]\n  param %head : f32[32,16]`,
    `  %0 = embed $tokens, %table : f32[N,16]
  %1 = linear %0, %head : f32[N,32]
  %2 = cross_entropy %1, $target : f32[N,1] {zLoss=0}
  %3 = loss_sums %2, $loss_weight.0, $target_modality : f32[3] {modalities=2}
  %4 = silu %0 : f32[N,16]
  %5 = linear %4, %head : f32[N,32]
  %6 = cross_entropy %5, $target : f32[N,1] {zLoss=0}
  %7 = loss_sums %6, $loss_weight.1, $target_modality : f32[3] {modalities=2}
  %8 = add %3, %7 : f32[3]
return
  loss = %8`,
  );

  it("runs two losses one after the other, and adds gradients of a shared weight once both are whole", () => {
    const graph = trained(twice);
    const lines = groupsOf(graph).split("\n");
    const addOfArrays = lines.findIndex((line) => /tasks .* add/.test(line) && !line.includes("linear_dw"));
    const lastSum = lines.findLastIndex((line) => line.includes("linear_dw"));
    expect(lines.filter((line) => / chunk \d {2}/.test(line))).toHaveLength(4);
    expect(addOfArrays).toBeGreaterThan(lastSum);
  });

  it("updates only after the last chunk's sums, where nothing else comes in between", () => {
    const graph = forward(
      `  param %head : f32[32,16]\n  input $h : f32[N,16]`,
      `  %0 = linear $h, %head : f32[N,32]
  %1 = cross_entropy %0, $target : f32[N,1] {zLoss=0}
  %2 = loss_sums %1, $loss_weight.0, $target_modality : f32[3] {modalities=2}
return
  loss = %2`,
    );
    expect(groupsOf(trained(graph))).toMatchInlineSnapshot(`
      "group 0 forward chunk 0  chunk 1 follows
        rows   %0 linear, %1 cross_entropy, %3 cross_entropy_dx
      group 1 forward chunk 1  stops at %2: loss_sums sums over rows
        rows   %0 linear, %1 cross_entropy, %3 cross_entropy_dx
        tasks  %4 linear_dw
      group 2 forward  stops at %5: global_norm needs whole arrays
        tasks  %2 loss_sums, %4 linear_dw
      group 3 update  stops at %6: adamw needs whole arrays
        tasks  %5 global_norm
      group 4 update  end of the step
        tasks  %6 adamw
      "
    `);
  });

  it("keeps whole logits that two cross-entropies read", () => {
    const graph = forward(
      `  param %table : f32[32,16]\n  param %head : f32[32,16]`,
      `  %0 = embed $tokens, %table : f32[N,16]
  %1 = linear %0, %head : f32[N,32]
  %2 = cross_entropy %1, $target : f32[N,1] {zLoss=0}
  %3 = cross_entropy %1, $target : f32[N,1] {zLoss=0.5}
  %4 = loss_sums %2, $loss_weight.0, $target_modality : f32[3] {modalities=2}
return
  loss = %4
  other = %3`,
    );
    expect(groupsOf(trained(graph))).not.toContain("chunk");
  });

  it("keeps whole logits that are a result of the step", () => {
    const graph = forward(
      `  param %table : f32[32,16]\n  param %head : f32[32,16]`,
      `  %0 = embed $tokens, %table : f32[N,16]
  %1 = linear %0, %head : f32[N,32]
  %2 = cross_entropy %1, $target : f32[N,1] {zLoss=0}
  %3 = loss_sums %2, $loss_weight.0, $target_modality : f32[3] {modalities=2}
return
  loss = %3
  logits.0 = %1`,
    );
    expect(groupsOf(trained(graph))).not.toContain("chunk");
  });
});
