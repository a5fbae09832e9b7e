// webgpu-arena.ts: an artifact's arena as a GPU's buffers.
// In: a WGSL program's regions and banks. Out: how large each buffer is, and which bytes of which buffer stand for a
// range of the arena. The host reads and writes integers and floats; the packed weights between them are the GPU's own.

import type { Artifact, WgslProgram } from "../targets/artifact.ts";
import { DeviceError } from "./device.ts";

/** Sizes in bytes. */
export type BufferSizes = {
  /** The integers, and the records behind them. */
  readonly integers: number;
  readonly weights: readonly number[];
  readonly floats: readonly number[];
};

const elementBytes = 4;
/** Shaders may see a bank as vec4s; a binding is a whole number of them, and never empty. */
const bankAlignment = 16;

/** The program of an artifact made for a GPU. */
export function wgslOf({ program }: Artifact): WgslProgram {
  if (program.kind === "wgsl") return program;
  throw new DeviceError(`this step was compiled for \`${program.kind}\`, not for a GPU`);
}

/** Throws `DeviceError` where the banks do not hold their region. */
export function bufferSizes(artifact: Artifact): BufferSizes {
  const program = wgslOf(artifact);
  const { integerBytes, floatStart, records, weights } = program;
  const packed = (floatStart - integerBytes) / elementBytes;
  const floats = (artifact.arenaBytes - floatStart) / elementBytes;
  return {
    integers: aligned(integerBytes + elementBytes * records.length),
    weights: bankSizes(program, packed, program.weightBanks, weights === "f16" ? 2 : elementBytes),
    floats: bankSizes(program, floats, program.floatBanks, elementBytes),
  };
}

function bankSizes(
  { bankFloats }: WgslProgram,
  elements: number,
  banks: number,
  bytes: number,
): readonly number[] {
  if (elements > banks * bankFloats)
    throw new DeviceError(`this step is damaged: ${elements} numbers do not fit into ${banks} banks`);
  return Array.from({ length: banks }, (_, bank) =>
    aligned(bytes * Math.max(0, Math.min(bankFloats, elements - bank * bankFloats))),
  );
}

function aligned(bytes: number): number {
  return Math.max(bankAlignment, Math.ceil(bytes / bankAlignment) * bankAlignment);
}

/** Part of a range of the arena: `bank` is −1 for the integers; `from` counts from the range's start. All in bytes. */
export type VisitPart = (bank: number, offset: number, from: number, byteLength: number) => void;

/** Visits the parts of a range in order; throws where the host has nothing to read or write. */
export function visitParts(
  { program, arenaBytes }: { readonly program: WgslProgram; readonly arenaBytes: number },
  byteOffset: number,
  byteLength: number,
  visit: VisitPart,
): void {
  const { integerBytes, floatStart, bankFloats } = program;
  const end = byteOffset + byteLength;
  if (byteOffset >= 0 && end <= integerBytes) {
    if (byteLength > 0) visit(-1, byteOffset, 0, byteLength);
    return;
  }
  if (byteOffset < floatStart || end > arenaBytes)
    throw new Error(`bytes ${byteOffset} to ${end} of the arena are not the host's`);
  const bankBytes = elementBytes * bankFloats;
  let at = byteOffset - floatStart;
  const last = end - floatStart;
  while (at < last) {
    const bank = Math.floor(at / bankBytes);
    const bytes = Math.min(last, (bank + 1) * bankBytes) - at;
    visit(bank, at - bank * bankBytes, at + floatStart - byteOffset, bytes);
    at += bytes;
  }
}
