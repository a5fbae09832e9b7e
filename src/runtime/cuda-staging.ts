// cuda-staging.ts: memory of this process that the GPU copies from and to by itself, and waiting for it.
// In: a stream, values. Out: copies in the stream's order. V8 may move what a typed array shows while a copy is on its
// way, so everything passes through pinned memory that is the driver's.

import { setTimeout as sleep } from "node:timers/promises";
import { type Driver, type DriverError, driverCodes } from "./cuda-driver.ts";

export type HostMemory = {
  readonly address: bigint;
  readonly bytes: Uint8Array<ArrayBuffer>;
  free(): void;
};

/** Pinned memory; its view must not be used after `free`. */
export function allocateHost(driver: Driver, byteLength: number): HostMemory {
  const address = driver.make(
    `pin ${byteLength} bytes of this machine's memory`,
    "cuMemHostAlloc",
    byteLength,
    0,
  );
  return {
    address,
    bytes: new Uint8Array(driver.view(address, byteLength)),
    free: () => void driver.status("cuMemFreeHost", address),
  };
}

/** Less than this is not slept through: timers are no more exact. */
const shortestSleepMs = 4;
/** Asking in every turn of the event loop takes a whole processor, so a wait that goes on long asks less often. */
const eagerMs = 40;

/**
 * Resolves when `query` says that the GPU is done; throws what it reports otherwise.
 * - Asks between turns of the event loop, which goes on meanwhile: a call that waits would have to be made on another
 *   thread, where no context is current. `expectedMs`: how long it took last time; most of that is slept through.
 */
export async function waitUntil(
  query: () => number,
  errorOf: (code: number) => DriverError,
  expectedMs = 0,
): Promise<void> {
  const start = performance.now();
  if (expectedMs > shortestSleepMs && query() === driverCodes.notReady) await sleep(0.8 * expectedMs - 2);
  for (;;) {
    const code = query();
    if (code === 0) return;
    if (code !== driverCodes.notReady) throw errorOf(code);
    if (performance.now() - start < expectedMs + eagerMs)
      await new Promise((resolve) => setImmediate(resolve));
    else await sleep(1);
  }
}

export type Place = { readonly driver: Driver; readonly stream: bigint };

export type Writer = {
  /** Copies `bytes` to an address, after all that the stream was given before; they may change as soon as it returns. */
  write(address: bigint, bytes: Uint8Array): void;
  free(): void;
};

const slotBytes = 4 << 20;

/** Two halves: one is filled while the other is on its way. */
export function makeWriter({ driver, stream }: Place): Writer {
  const doing = "write to the GPU";
  const slots = [0, 1].map(() => ({
    memory: allocateHost(driver, slotBytes),
    event: driver.make(doing, "cuEventCreate", withoutTiming),
    isPending: false,
  }));
  let current = 0;
  let used = 0;
  const turn = (): void => {
    const full = slots[current];
    if (full !== undefined) {
      driver.call(doing, "cuEventRecord", full.event, stream);
      full.isPending = true;
    }
    current = 1 - current;
    used = 0;
    const next = slots[current];
    if (next?.isPending !== true) return;
    driver.call(doing, "cuEventSynchronize", next.event);
    next.isPending = false;
  };
  return {
    write(address, bytes) {
      for (let from = 0; from < bytes.length; ) {
        if (used === slotBytes) turn();
        const slot = slots[current];
        if (slot === undefined) return;
        const count = Math.min(bytes.length - from, slotBytes - used);
        slot.memory.bytes.set(bytes.subarray(from, from + count), used);
        driver.call(
          ...([doing, "cuMemcpyHtoDAsync_v2", address + BigInt(from)] as const),
          ...[slot.memory.address + BigInt(used), count, stream],
        );
        from += count;
        // Copies start at multiples of 16 bytes, the last one apart.
        used = Math.min(slotBytes, Math.ceil((used + count) / 16) * 16);
      }
    },
    free() {
      for (const { memory, event } of slots) {
        memory.free();
        driver.status("cuEventDestroy_v2", event);
      }
    },
  };
}

/** CU_EVENT_DISABLE_TIMING. */
const withoutTiming = 2;

export type Reader = {
  /** Fills `target` from an address, as it is after all that the stream was given before. */
  read(address: bigint, target: Uint8Array): Promise<void>;
  free(): void;
};

type Block = { readonly memory: HostMemory; readonly event: bigint };

const smallestBlock = 64 << 10;
/** Larger ones are given back at once: pinned memory is memory that nobody else can have. */
const largestKept = 64 << 20;

/**
 * Every read has memory of its own, so that its copy has its place in the stream at once. `check` throws once the device
 * is closed: nobody asks then for what was given back.
 */
export function makeReader({ driver, stream }: Place, check: () => void): Reader {
  const doing = "read from the GPU";
  const idle: Block[] = [];
  const all = new Set<Block>();
  const release = (block: Block): void => {
    all.delete(block);
    block.memory.free();
    driver.status("cuEventDestroy_v2", block.event);
  };
  const take = (byteLength: number): Block => {
    const at = idle.findIndex(({ memory }) => memory.bytes.length >= byteLength);
    const [kept] = at < 0 ? [] : idle.splice(at, 1);
    if (kept !== undefined) return kept;
    const size = Math.max(smallestBlock, 2 ** Math.ceil(Math.log2(byteLength)));
    const block = {
      memory: allocateHost(driver, size),
      event: driver.make(doing, "cuEventCreate", withoutTiming),
    };
    all.add(block);
    return block;
  };
  return {
    async read(address, target) {
      if (target.length === 0) return;
      const block = take(target.length);
      const { memory, event } = block;
      driver.call(doing, "cuMemcpyDtoHAsync_v2", memory.address, address, target.length, stream);
      driver.call(doing, "cuEventRecord", event, stream);
      await waitUntil(
        () => {
          check();
          return driver.status("cuEventQuery", event);
        },
        (code) => driver.errorOf(doing, code),
      );
      target.set(memory.bytes.subarray(0, target.length));
      if (memory.bytes.length > largestKept) release(block);
      else idle.push(block);
    },
    free() {
      for (const block of all) release(block);
    },
  };
}
