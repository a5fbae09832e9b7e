// gpu.mjs: gives Node what jax-js looks for in a browser: `navigator.gpu`, from the npm package `webgpu` (Dawn).
// In: whether the GPU may be one in software. Out: the globals, set before jax-js is imported; the device it then opened.
// Dawn, its options and the adapter are those that Motley runs with.

import { create, globals } from "webgpu";
import { dawnOptions } from "../../../src/runtime/webgpu-node.ts";

/** Held for as long as the process runs: devices die with it. */
let dawn;

/** Sets the globals; a GPU in software is found only where it is asked for. */
export function provideGpu({ software, threads = 1 }) {
  Object.assign(globalThis, globals);
  dawn = create([...dawnOptions]);
  const gpu = {
    requestAdapter: (options) =>
      dawn.requestAdapter(software ? { ...options, forceFallbackAdapter: true } : options),
    getPreferredCanvasFormat: () => dawn.getPreferredCanvasFormat(),
  };
  // jax-js asks the user agent whether it is on a telephone.
  const value = { gpu, userAgent: "Node.js", hardwareConcurrency: threads };
  Object.defineProperty(globalThis, "navigator", { value, configurable: true });
}

/** Counts the command buffers handed to a device from now on. */
export function countSubmits({ queue }) {
  const { submit } = queue;
  let count = 0;
  queue.submit = (buffers) => {
    count += buffers.length;
    submit.call(queue, buffers);
  };
  return () => count;
}
