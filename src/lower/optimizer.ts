// optimizer.ts: AdamW as graph nodes, so that the update is compiled like everything else.
// In: a differentiated graph (results `grad/PATH`). Out: the same graph with the results `norm`, `param/PATH`, `m/PATH`
// and `v/PATH`. Clipping is inside `adamw`: it reads the global norm, so gradients are never scaled in memory.

import type { AdamW } from "../check/model.ts";
import { bug } from "../diagnostics/bug.ts";
import { extendGraph } from "../ir/builder.ts";
import type { Graph } from "../ir/graph.ts";
import { arrayOf } from "../ir/types.ts";
import { scheduleInput } from "./inputs.ts";
import { allLearn, type Learning } from "./learning.ts";

/**
 * Adds the update of every parameter, in the order the graph declares them.
 * - The norm is over the gradients of all parameters, before clipping; frozen ones have none.
 * - Decoupled decay on tensors of rank 2 (embeddings included), none on the others.
 */
export function addUpdate(graph: Graph, settings: AdamW, learning: Learning = allLearn): Graph {
  const builder = extendGraph(graph);
  const resultByName = new Map(graph.results.map(({ name, value }) => [name, value]));
  const parameters = graph.nodes.flatMap((node) => {
    if (node.op !== "param" || learning.frozen.has(node.attributes.path)) return [];
    const grad = resultByName.get(`grad/${node.attributes.path}`);
    const [value] = node.results;
    if (grad === undefined || value === undefined)
      return bug("update", `no gradient of ${node.attributes.path}`);
    return [{ ...node.attributes, value, grad }];
  });
  if (parameters.length === 0) return graph;
  const at = (scope: string) => ({ origin: { scope, phase: "update" } }) as const;
  const grads = parameters.map(({ grad }) => grad);
  const norm = builder.value("global_norm", grads, {}, at(""));
  const schedule = builder.input(scheduleInput, arrayOf("f32", [learning.scheduleLength]));
  builder.result("norm", norm);
  for (const { path, type, value, grad } of parameters) {
    const states = [builder.state(path, "m", type), builder.state(path, "v", type)];
    const { beta1, beta2, eps, clip = 0 } = settings;
    const weightDecay = type.shape.length === 2 ? settings.weightDecay : 0;
    const attributes = { beta1, beta2, eps, weightDecay, clip, rate: learning.rates.get(path) ?? 0 };
    const updated = builder.node("adamw", [value, grad, ...states, norm, schedule], attributes, at(path));
    for (const [i, slot] of (["param", "m", "v"] as const).entries()) {
      const result = updated[i];
      if (result !== undefined) builder.result(`${slot}/${path}`, result);
    }
  }
  return builder.finish();
}
