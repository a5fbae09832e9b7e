// webgpu-read.ts: bytes back from a GPU.
// In: which bytes of which buffers go to which array. Out: filled arrays. What is asked for in one turn shares a copy
// command and a staging buffer; staging buffers are made when first needed and used again and again.

import type { FailureGuard } from "./webgpu-failure.ts";
import { bufferUsage } from "./webgpu-setup.ts";

export type Copy = {
  readonly source: GPUBuffer;
  readonly sourceOffset: number;
  readonly byteLength: number;
  readonly target: Uint8Array;
  readonly targetOffset: number;
};

export type Reader = {
  /** Resolves when all are there. */
  read(copies: readonly Copy[]): Promise<void>;
};

export type ReadCounts = { submits: number; reads: number; bytesRead: number; buffers: number };

/** Large reads go in pieces of this many bytes, several on their way at once. */
const stagingBytes = 4 * 2 ** 20;
const mostStagings = 3;

type Waiting = { readonly copy: Copy; readonly done: () => void; readonly failed: (error: unknown) => void };

export function makeReader(gpu: GPUDevice, guard: FailureGuard, counts: ReadCounts): Reader {
  const free: GPUBuffer[] = [];
  const wanting: ((buffer: GPUBuffer) => void)[] = [];
  let made = 0;
  let waiting: Waiting[] = [];

  const acquire = (): GPUBuffer | Promise<GPUBuffer> => {
    const buffer = free.pop();
    if (buffer !== undefined) return buffer;
    if (made === mostStagings) return new Promise((resolve) => wanting.push(resolve));
    made += 1;
    counts.buffers += 1;
    const usage = bufferUsage.mapRead | bufferUsage.copyTarget;
    return gpu.createBuffer({ label: `staging ${made}`, size: stagingBytes, usage });
  };
  const release = (buffer: GPUBuffer): void => {
    const next = wanting.shift();
    if (next === undefined) free.push(buffer);
    else next(buffer);
  };

  const transfer = async (batch: readonly Waiting[]): Promise<void> => {
    const staging = await acquire();
    try {
      guard.check();
      const encoder = gpu.createCommandEncoder();
      let end = 0;
      for (const { copy } of batch) {
        encoder.copyBufferToBuffer(copy.source, copy.sourceOffset, staging, end, copy.byteLength);
        end += copy.byteLength;
      }
      gpu.queue.submit([encoder.finish()]);
      counts.submits += 1;
      await guard.wait(staging.mapAsync(1, 0, end));
      const bytes = new Uint8Array(staging.getMappedRange(0, end));
      let at = 0;
      for (const { copy, done } of batch) {
        copy.target.set(bytes.subarray(at, at + copy.byteLength), copy.targetOffset);
        at += copy.byteLength;
        done();
      }
      counts.bytesRead += end;
      staging.unmap();
    } catch (error) {
      for (const { failed } of batch) failed(error);
    } finally {
      release(staging);
    }
  };

  const flush = (): void => {
    const all = waiting;
    waiting = [];
    let batch: Waiting[] = [];
    let bytes = 0;
    for (const each of all) {
      if (bytes + each.copy.byteLength > stagingBytes) {
        void transfer(batch);
        [batch, bytes] = [[], 0];
      }
      batch.push(each);
      bytes += each.copy.byteLength;
    }
    if (batch.length > 0) void transfer(batch);
  };

  const enqueue = (copy: Copy): Promise<void> =>
    new Promise((done, failed) => {
      if (waiting.length === 0) queueMicrotask(flush);
      waiting.push({ copy, done, failed });
    });

  return {
    async read(copies) {
      guard.check();
      counts.reads += 1;
      await Promise.all(copies.flatMap(piecesOf).map(enqueue));
    },
  };
}

/** Copies that fit a staging buffer each. */
function piecesOf(copy: Copy): readonly Copy[] {
  const count = Math.ceil(copy.byteLength / stagingBytes);
  return Array.from({ length: count }, (_, i) => ({
    ...copy,
    sourceOffset: copy.sourceOffset + i * stagingBytes,
    targetOffset: copy.targetOffset + i * stagingBytes,
    byteLength: Math.min(stagingBytes, copy.byteLength - i * stagingBytes),
  }));
}
