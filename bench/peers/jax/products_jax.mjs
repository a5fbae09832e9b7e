// products_jax.mjs: the matrix products that jax-js generates WGSL for, on a device of its own.
// In: sizes and numbers. Out: per product a function that runs its dispatches over and over in one pass, as Motley's are.
// jax-js itself begins a pass and a submit for every kernel; what one call of a jitted product dispatches is recorded
// here and played back, so that the figure is that of the kernel and not of what surrounds it.

import { provideGpu } from "./gpu.mjs";

/** Opens jax-js on a GPU of this process; `software` asks for one in software. */
export async function openJax({ software }) {
  provideGpu({ software });
  const {
    blockUntilReady,
    defaultDevice,
    getWebGPUDevice,
    init,
    jit,
    numpy: np,
  } = await import("@jax-js/jax");
  const found = await init("webgpu");
  if (!found.includes("webgpu")) throw new Error("jax-js finds no WebGPU device");
  defaultDevice("webgpu");
  const device = getWebGPUDevice();

  /** One product: `multiply` of two matrices. */
  const openProduct = async (multiply, a, b) => {
    const run = jit(multiply);
    const result = run(a.ref, b.ref);
    await blockUntilReady(result);
    const { value, dispatches } = await recorded(device, async () => {
      const again = run(a.ref, b.ref);
      return await blockUntilReady(again);
    });
    result.dispose();
    return {
      dispatches: dispatches.length,
      time: (repeats) => play(device, dispatches, repeats),
      values: () => value.ref.data(),
      close: () => value.dispose(),
    };
  };

  return {
    adapter: device.adapterInfo?.description ?? "",
    /** x and dx are [rows, inner], w and dw [out, inner], dy [rows, out]. */
    async open({ rows, out, inner }, { x, w, dy }) {
      const matrix = (values, shape) => np.array(values.subarray(0, shape[0] * shape[1])).reshape(shape);
      const arrays = {
        x: matrix(x, [rows, inner]),
        w: matrix(w, [out, inner]),
        dy: matrix(dy, [rows, out]),
      };
      await blockUntilReady(arrays);
      const products = {
        forward: await openProduct((a, b) => np.matmul(a, np.transpose(b)), arrays.x, arrays.w),
        dx: await openProduct((a, b) => np.matmul(a, b), arrays.dy, arrays.w),
        outer: await openProduct((a, b) => np.matmul(np.transpose(a), b), arrays.dy, arrays.x),
      };
      return {
        ...products,
        close() {
          for (const product of Object.values(products)) product.close();
          for (const array of Object.values(arrays)) array.dispose();
        },
      };
    },
  };
}

/** What `action` dispatches, besides doing it: pipeline, bind groups and workgroups of each dispatch. */
async function recorded(device, action) {
  const original = device.createCommandEncoder;
  const dispatches = [];
  device.createCommandEncoder = (...args) => {
    const encoder = original.apply(device, args);
    const begin = encoder.beginComputePass;
    encoder.beginComputePass = (...passArgs) => {
      const pass = begin.apply(encoder, passArgs);
      const groups = [];
      let pipeline;
      const { setPipeline, setBindGroup, dispatchWorkgroups } = pass;
      pass.setPipeline = (next) => {
        pipeline = next;
        setPipeline.call(pass, next);
      };
      pass.setBindGroup = (...group) => {
        groups[group[0]] = group;
        setBindGroup.apply(pass, group);
      };
      pass.dispatchWorkgroups = (...workgroups) => {
        dispatches.push({ pipeline, groups: groups.slice(), workgroups });
        dispatchWorkgroups.apply(pass, workgroups);
      };
      return pass;
    };
    return encoder;
  };
  try {
    return { value: await action(), dispatches };
  } finally {
    device.createCommandEncoder = original;
  }
}

/** Milliseconds until `repeats` times these dispatches are done. */
async function play(device, dispatches, repeats) {
  const start = performance.now();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let i = 0; i < repeats; i += 1) {
    for (const { pipeline, groups, workgroups } of dispatches) {
      pass.setPipeline(pipeline);
      for (const group of groups) if (group !== undefined) pass.setBindGroup(...group);
      pass.dispatchWorkgroups(...workgroups);
    }
  }
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}
