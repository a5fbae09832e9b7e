// plan.test.ts: the plan's verifier accepts what the planner makes, and finds what is planted.

import { describe, expect, it } from "vitest";
import { checkSource } from "../src/check/load.ts";
import { trainingGraph } from "../src/compile.ts";
import { fuse } from "../src/fusion/fuse.ts";
import type { Call, Launch, Plan } from "../src/kernel/kernel.ts";
import { planKernels } from "../src/kernel/plan.ts";
import { cpuSchedule } from "../src/kernel/schedule.ts";
import { verifyPlan } from "../src/kernel/verify.ts";

const spec = `model tiny {
  modality text  = tokens(vocab: 600)
  modality image = tokens(vocab: 424)
  x = embed(tokens, 16) as embedding
  repeat 2 {
    per modality attn {
      h = rms_norm(x) as norm
      q = split(linear(h, 16), 2)
      k = split(linear(h, 16), 2)
      v = split(linear(h, 16), 2)
    }
    a = attention(q, k, v, mask: causal)
    per modality attn { x += linear(merge(a), 16) as out }
  }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
`;

function planned(): Plan {
  const { model } = checkSource({ name: "tiny.mot", text: spec }, () => undefined);
  if (model === undefined) throw new Error("the spec of this test must check");
  const graph = trainingGraph(model);
  const schedule = cpuSchedule(graph, 4096, { rows: 6, columns: 8 });
  return planKernels(graph, fuse(graph, schedule.limits), schedule, { batch: 16, context: 256 }).plan;
}

/** The plan with one launch changed. */
function withLaunch(plan: Plan, index: number, change: (launch: Launch) => Launch): Plan {
  return { ...plan, launches: plan.launches.map((launch, i) => (i === index ? change(launch) : launch)) };
}

const firstIndex = (plan: Plan, has: (launch: Launch) => boolean): number => plan.launches.findIndex(has);
const stagesOf = (launch: Launch): readonly Call[] => launch.stages.flat();

describe("the plan's verifier", () => {
  const plan = planned();

  it("accepts a chunked loss and everything around it", () => {
    expect(plan.chunkCount).toBeGreaterThan(1);
    verifyPlan(plan);
  });

  it("finds a call without one of its arguments", () => {
    const at = firstIndex(plan, (launch) => stagesOf(launch).length > 0);
    const broken = withLaunch(plan, at, (launch) => ({
      ...launch,
      stages: launch.stages.map((list) => list.map((call) => ({ ...call, args: call.args.slice(1) }))),
    }));
    expect(() => verifyPlan(broken)).toThrow(/P1: launch \d+: k\d+_/);
  });

  it("finds a weight gradient that leaves the arena of gradients", () => {
    const at = firstIndex(plan, ({ tasks }) =>
      tasks.some(({ call }) => plan.kernels[call.kernel]?.body.kind === "outer"),
    );
    const broken = withLaunch(plan, at, (launch) => ({
      ...launch,
      tasks: launch.tasks.map((task) => ({
        ...task,
        call: {
          ...task.call,
          args: task.call.args.map((a, i) =>
            i === 2 && a.kind === "buffer" ? { ...a, offsetBytes: a.offsetBytes + 1e9 } : a,
          ),
        },
      })),
    }));
    expect(() => verifyPlan(broken)).toThrow(/P2: .* leaves `gradients`/);
  });

  it("finds attention that runs beside the stages that make its queries", () => {
    const at = firstIndex(plan, ({ tasks }) =>
      tasks.some(({ call }) => plan.kernels[call.kernel]?.body.kind === "attention"),
    );
    const before = plan.launches[at - 1];
    const broken = withLaunch(plan, at, (launch) => ({ ...launch, stages: before?.stages ?? [] }));
    expect(() => verifyPlan(broken)).toThrow(/P3: .* races /);
  });

  it("finds two gradients of one weight written side by side", () => {
    const at = firstIndex(plan, ({ tasks }) =>
      tasks.some(({ call }) => plan.kernels[call.kernel]?.body.kind === "rms_norm_dw"),
    );
    const broken = withLaunch(plan, at, (launch) => ({
      ...launch,
      tasks: [...launch.tasks, ...launch.tasks],
    }));
    expect(() => verifyPlan(broken)).toThrow(/P3: .* races .* for `gradients`/);
  });
});
