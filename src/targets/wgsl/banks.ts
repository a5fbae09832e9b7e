// banks.ts: how the float regions are cut into bindings that a device accepts.
// In: the regions' sizes and the device's limits. Out: elements of a bank and how many banks each region has.
// A bank is a power of two of elements, so that an access finds its bank by a shift; a region that is smaller than a
// bank is one buffer of its own size.

import type { Plan } from "../../kernel/kernel.ts";
import type { Banks, WgslEngine } from "./context.ts";

/** A vector access may touch this much past the end of a region. */
export const spareFloats = 64;

export function cutBanks({ regions, totalBytes }: Plan, { limits }: WgslEngine): Banks {
  const most = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  const bankFloats = 2 ** Math.floor(Math.log2(most / 4));
  const banksOf = (bytes: number): number => Math.max(1, Math.ceil((bytes / 4 + spareFloats) / bankFloats));
  return {
    bankFloats,
    weights: banksOf(regions.floatStart - regions.integerBytes),
    floats: banksOf(totalBytes - regions.floatStart),
  };
}
