// layout.ts: values → buffers and arguments. Every question "where is this value" is answered here.
// In: graph, storage, schedule. Out: functions from values to arguments of calls.
// Parameters, gradients and moments each stand in one arena in the same order (tensors with equal update settings side
// by side), so that the update is one pass over contiguous memory. What has no update (frozen) stands at the end, where
// gradients and moments have no room for it.

import { bug } from "../diagnostics/bug.ts";
import type { Readers } from "../fusion/chunk.ts";
import type { AnyNode, Graph, ValueId } from "../ir/graph.ts";
import { nameValues } from "../ir/print.ts";
import { groupCount, spaceCapacity } from "../ir/spaces.ts";
import { sizeOf } from "../ir/types.ts";
import type { Argument } from "./kernel.ts";
import { at, type Registry } from "./registry.ts";
import type { Schedule } from "./schedule.ts";
import type { Storage } from "./storage.ts";

export type Arena = {
  readonly order: readonly {
    readonly path: string;
    readonly offset: number;
    readonly size: number;
    readonly settings: string;
  }[];
  readonly elements: number;
  /** Of them those that the update reads and writes. */
  readonly learning: number;
};

export type Layout = {
  readonly graph: Graph;
  readonly readers: Readers;
  readonly storage: Storage;
  readonly schedule: Schedule;
  readonly registry: Registry;
  /** Rows of the batch. */
  readonly rows: number;
  readonly context: number;
  /** Positions of a context that one run computes. */
  readonly span: number;
  readonly arena: Arena;
  /** Rows that a space may have; those of the batch without one. */
  readonly rowsIn: (space: number | undefined) => number;
  /** The address of a value; for chunked values, rebased so that row r of the chunk is still row r. */
  readonly address: (value: ValueId, chunk?: number) => Argument;
  /** Where products and attention read a value: its copy, if it has one. */
  readonly operandAddress: (value: ValueId, chunk?: number) => Argument;
  /** Where the bf16 copy of a parameter stands. */
  readonly mirror: (path: string) => Argument;
  readonly width: (value: ValueId, modality: number) => number | undefined;
  /** Where a parameter's value, gradient or moment stands. */
  readonly tensor: (
    slot: "param" | "grad" | "m" | "v",
    path: string,
  ) => { readonly buffer: number; readonly offsetBytes: number };
  readonly pathOf: (value: ValueId) => string;
};

/** The numbers of the modalities, or the groups of a space. */
export function runsIn(graph: Graph, space: number | undefined): readonly number[] {
  const routed = space === undefined ? undefined : graph.spaces[space];
  return Array.from(
    { length: routed === undefined ? graph.modalities.length : groupCount(routed) },
    (_, run) => run,
  );
}

/** The space whose rows a node reads, or makes: that of its first operand with rows. */
export function spaceRead(graph: Graph, { inputs }: AnyNode): number | undefined {
  const type = inputs.map((value) => graph.values[value]?.type).find((each) => each?.kind === "rows");
  return type?.kind === "rows" ? type.space : undefined;
}

/** Tensors are separated to whole cache lines, so no two tasks of the update share one. */
const tensorAlignment = 16;

/** The settings of tensors that are never updated. */
const frozen = "";

export function planArena(graph: Graph): Arena {
  const settings = new Map<string, string>();
  for (const node of graph.nodes) {
    const [param] = node.inputs;
    if (node.op !== "adamw" || param === undefined) continue;
    const producer = graph.nodes[graph.values[param]?.node ?? -1];
    if (producer?.op === "param") settings.set(producer.attributes.path, JSON.stringify(node.attributes));
  }
  const params = graph.nodes.flatMap((node) => (node.op === "param" ? [node.attributes] : []));
  const found = [...new Set(params.map(({ path }) => settings.get(path) ?? frozen))];
  // Without any update (a program that only infers) the order is the graph's.
  const groups = [...found.filter((group) => group !== frozen), ...found.filter((group) => group === frozen)];
  const order: Arena["order"][number][] = [];
  let elements = 0;
  let learning = 0;
  for (const group of groups) {
    for (const { path, type } of params) {
      if ((settings.get(path) ?? frozen) !== group) continue;
      const size = sizeOf(type);
      order.push({ path, offset: elements, size, settings: group });
      elements += Math.ceil(size / tensorAlignment) * tensorAlignment;
      if (group !== frozen || settings.size === 0) learning = elements;
    }
  }
  return { order, elements, learning };
}

export function createLayout(
  graph: Graph,
  readers: Readers,
  storage: Storage,
  schedule: Schedule,
  registry: Registry,
  sizes: { readonly rows: number; readonly context: number; readonly span: number },
): Layout {
  const arena = planArena(graph);
  const valueNames = nameValues(graph);
  const offsets = new Map(arena.order.map(({ path, offset }) => [path, offset]));
  const gradientOf = new Map<ValueId, string>();
  for (const { name, value } of graph.results)
    if (name.startsWith("grad/")) gradientOf.set(value, name.slice(5));
  const roles = { param: "parameter", grad: "gradient", m: "moment", v: "moment" } as const;
  const names = { param: "parameters", grad: "gradients", m: "first moments", v: "second moments" } as const;

  const tensor: Layout["tensor"] = (slot, path) => {
    const offset = offsets.get(path);
    if (offset === undefined) return bug("kernel", `no parameter ${path} in the arena`);
    const elements = slot === "param" ? arena.elements : arena.learning;
    const buffer = registry.buffer({ name: names[slot], role: roles[slot], byteLength: elements * 4 });
    return { buffer, offsetBytes: offset * 4 };
  };
  const pathOf = (value: ValueId): string => {
    const node = graph.nodes[graph.values[value]?.node ?? -1];
    if (node?.op !== "param" && node?.op !== "state") return bug("kernel", `value ${value} is no parameter`);
    return node.attributes.path;
  };

  const rowsIn: Layout["rowsIn"] = (number) => {
    const space = number === undefined ? undefined : graph.spaces[number];
    return space === undefined ? sizes.rows : spaceCapacity(space, sizes.rows);
  };

  const address: Layout["address"] = (value, chunk) => {
    const root = storage.root(value);
    const node = graph.nodes[graph.values[root]?.node ?? -1];
    const type = graph.values[root]?.type;
    if (node === undefined || type === undefined) return bug("kernel", `value ${value} does not exist`);
    if (node.op === "param" || node.op === "state") {
      const slot = node.op === "param" ? "param" : node.attributes.slot;
      const place = tensor(slot, node.attributes.path);
      return at(place.buffer, place.offsetBytes);
    }
    if (node.op === "cache") {
      const byteLength = Math.max(1, type.kind === "array" ? sizeOf(type) : 0) * 4;
      return at(registry.buffer({ name: `kept ${node.attributes.name}`, role: "cache", byteLength }));
    }
    const path = gradientOf.get(value);
    if (path !== undefined) {
      const place = tensor("grad", path);
      return at(place.buffer, place.offsetBytes);
    }
    if (node.op === "input") {
      const elements = type.kind === "rows" ? sizes.rows * storage.stride(root) : Math.max(1, sizeOf(type));
      const dtype = type.dtype === "i32" ? { dtype: type.dtype } : {};
      return at(
        registry.buffer({ name: node.attributes.name, role: "input", byteLength: elements * 4, ...dtype }),
      );
    }
    if (type.kind === "rows" && type.dtype === "i32") {
      // Integers that the device writes stand among those of the host.
      const byteLength = rowsIn(type.space) * storage.stride(value) * 4;
      const name = valueName(graph, valueNames, root);
      return at(registry.buffer({ name, role: "activation", byteLength, dtype: "i32" }));
    }
    if (type.kind === "array") {
      return at(
        registry.buffer({
          name: arrayName(graph, valueNames, value),
          role: "result",
          byteLength: Math.max(1, sizeOf(type)) * 4,
        }),
      );
    }
    return rowsAddress(value, storage.elements.of(root), "", chunk);
  };

  /** Rows of a value, or of a copy of it. */
  const rowsAddress = (value: ValueId, element: "f32" | "bf16", copy: string, chunk?: number): Argument => {
    const root = storage.root(value);
    const type = graph.values[root]?.type;
    const rowBytes = storage.stride(value) * (element === "bf16" ? 2 : 4);
    const isChunked = storage.perChunk.has(root);
    const space = type?.kind === "rows" ? type.space : undefined;
    const rows = isChunked ? Math.min(2, schedule.chunkCount) * schedule.chunkRows : rowsIn(space);
    const lifetime = storage.lifetimes.get(root);
    const buffer = registry.buffer({
      name: `${valueName(graph, valueNames, root)}${copy}`,
      role: "activation",
      byteLength: rows * rowBytes,
      ...(element === "bf16" ? { dtype: element } : {}),
      ...(lifetime === undefined ? {} : { lifetime }),
    });
    if (!isChunked || chunk === undefined) return at(buffer);
    return at(buffer, ((chunk % 2) - chunk) * schedule.chunkRows * rowBytes);
  };

  const operandAddress: Layout["operandAddress"] = (value, chunk) =>
    storage.elements.hasCopy(value) ? rowsAddress(value, "bf16", " in bf16", chunk) : address(value, chunk);

  const mirror: Layout["mirror"] = (path) => {
    const offset = offsets.get(path);
    if (offset === undefined) return bug("kernel", `no parameter ${path} in the arena`);
    const byteLength = arena.elements * 2;
    const name = "weights in bf16";
    return at(registry.buffer({ name, role: "packed", byteLength, dtype: "bf16" }), offset * 2);
  };

  return {
    graph,
    readers,
    storage,
    schedule,
    registry,
    ...sizes,
    arena,
    rowsIn,
    address,
    operandAddress,
    mirror,
    tensor,
    pathOf,
    width: (value, modality) => {
      const type = graph.values[value]?.type;
      return type?.kind === "rows" ? type.widths[modality] : undefined;
    },
  };
}

/** `block.0.ffn.gate %17`: where it was made, its name, and what the graph's text calls it, which makes it unique. */
function valueName(graph: Graph, valueNames: readonly string[], value: ValueId): string {
  const node = graph.nodes[graph.values[value]?.node ?? -1];
  const place = [node?.origin.scope, node?.origin.name ?? node?.op]
    .filter((part) => part !== undefined && part !== "")
    .join(".");
  return `${place}${node?.origin.phase === "backward" ? " gradient" : ""} ${valueNames[value]}`;
}

function arrayName(graph: Graph, valueNames: readonly string[], value: ValueId): string {
  return graph.results.find((result) => result.value === value)?.name ?? valueName(graph, valueNames, value);
}
