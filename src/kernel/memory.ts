// memory.ts: gives every buffer a place in one arena.
// In: buffers with sizes and lifetimes in groups. Out: byte offsets.
// Idea: integers come first, then packed weights, then all other floats, for a target may hold each in memory of its
// own. What lives through the step (parameters, inputs, …) is laid end to end; activations are placed first-fit,
// largest first, beside the others that are alive at the same time. Two buffers share bytes only if no group needs both.

import type { Buffer, BufferRole, Regions } from "./kernel.ts";

export type BufferRequest = {
  readonly name: string;
  readonly role: BufferRole;
  readonly byteLength: number;
  /** Floats unless it says otherwise. */
  readonly dtype?: "i32" | "bf16";
  /** Groups that touch it; `undefined`: alive throughout. */
  readonly lifetime?: { readonly first: number; readonly last: number };
};

/** A vector load may read past the end of the last buffer. */
const spareBytes = 256;

export type Placement = {
  readonly buffers: readonly Buffer[];
  readonly totalBytes: number;
  readonly regions: Regions;
};

/** Offsets in request order, multiples of `alignment`. */
export function placeBuffers(requests: readonly BufferRequest[], alignment: number): Placement {
  const align = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;
  const offsets = new Map<number, number>();
  let end = 0;
  const layEndToEnd = (isWanted: (request: BufferRequest) => boolean): number => {
    for (const [index, request] of requests.entries()) {
      if (request.lifetime !== undefined || !isWanted(request)) continue;
      offsets.set(index, end);
      end += align(request.byteLength);
    }
    return end;
  };
  const isInteger = ({ dtype }: BufferRequest): boolean => dtype === "i32";
  const isPacked = ({ role }: BufferRequest): boolean => role === "packed";
  const integerBytes = layEndToEnd(isInteger);
  const floatStart = layEndToEnd(isPacked);
  const base = layEndToEnd((request) => !isInteger(request) && !isPacked(request));
  const temporary = requests
    .map((request, index) => ({ request, index }))
    .filter(({ request }) => request.lifetime !== undefined)
    .sort((a, b) => b.request.byteLength - a.request.byteLength || a.index - b.index);
  const placed: { offset: number; size: number; first: number; last: number }[] = [];
  for (const { request, index } of temporary) {
    const { first, last } = request.lifetime ?? { first: 0, last: 0 };
    const size = align(request.byteLength);
    const rivals = placed
      .filter((other) => other.first <= last && first <= other.last)
      .sort((a, b) => a.offset - b.offset);
    let offset = base;
    for (const rival of rivals) {
      if (offset + size <= rival.offset) break;
      offset = Math.max(offset, rival.offset + rival.size);
    }
    placed.push({ offset, size, first, last });
    offsets.set(index, offset);
    end = Math.max(end, offset + size);
  }
  const buffers = requests.map(({ name, role, byteLength, dtype }, index) => ({
    name,
    role,
    byteOffset: offsets.get(index) ?? 0,
    byteLength,
    ...(dtype === undefined ? {} : { element: dtype }),
  }));
  return { buffers, totalBytes: end + spareBytes, regions: { integerBytes, floatStart } };
}
