// expert-tasks.ts: choosing experts, and the loss that keeps them in balance → tasks.
// In: a node and the layout. Out: task groups of one task each. A pool's tokens are row segments that the host writes.

import type { Node } from "../ir/graph.ts";
import { membersOf, poolCount, type Space } from "../ir/spaces.ts";
import { makeCall, required } from "./call.ts";
import { spaceOf } from "./expert-calls.ts";
import { groupSegments, groupSets, groupStarts, type Segments, tileBuffers } from "./host.ts";
import type { Argument, TaskGroup } from "./kernel.ts";
import type { Layout } from "./layout.ts";
import { at } from "./registry.ts";

function poolSegments(space: Space, segments: Segments): readonly Argument[] {
  return Array.from({ length: poolCount(space) }, (_, pool) => segments(membersOf(space, pool)));
}

const routedModalities = ({ pools }: Space): readonly number[] =>
  pools.flatMap((pool, m) => (pool === undefined ? [] : [m]));

export function routeTask(layout: Layout, node: Node<"route">, segments: Segments): readonly TaskGroup[] {
  const { space: number } = node.attributes;
  const space = spaceOf(layout, number);
  const [p, source, slots] = [required(node.inputs, 0), required(node.results, 0), required(node.results, 1)];
  const { tiles, starts } = tileBuffers(layout, number);
  const body = {
    kind: "route",
    experts: space.experts,
    pools: poolCount(space),
    top: space.top ?? 0,
    pStride: layout.storage.stride(p),
    tileRows: layout.schedule.tileRows,
    segments: groupSets(layout.graph, number),
  } as const;
  const args = [
    ...[p, source, slots].map((value) => layout.address(value)),
    ...[groupStarts(layout, number), tiles, starts, groupSegments(layout, number)].map((buffer) =>
      at(buffer),
    ),
    ...poolSegments(space, segments),
  ];
  const cost = { flopsPerRow: 0, bytesPerRow: 4 * space.experts };
  const call = makeCall(layout, [node], body, args, cost);
  return [{ call, count: 1, modalities: routedModalities(space) }];
}

export function balanceTask(layout: Layout, node: Node<"balance">, segments: Segments): readonly TaskGroup[] {
  const { space: number, weight, modalities } = node.attributes;
  const space = spaceOf(layout, number);
  const [p, sums] = [required(node.inputs, 0), required(node.results, 0)];
  const body = {
    kind: "balance",
    experts: space.experts,
    pools: poolCount(space),
    top: space.top ?? 0,
    scale: weight * space.experts,
    modalities,
    pStride: layout.storage.stride(p),
  } as const;
  const args = [
    layout.address(p),
    at(groupStarts(layout, number)),
    layout.address(sums),
    ...poolSegments(space, segments),
  ];
  const cost = { flopsPerRow: 0, bytesPerRow: 4 * space.experts };
  const call = makeCall(layout, [node], body, args, cost);
  return [{ call, count: 1, modalities: routedModalities(space) }];
}
