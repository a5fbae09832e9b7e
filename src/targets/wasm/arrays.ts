// arrays.ts: sums of whole arrays: two gradients of one weight, two losses.
// In: kernels. Out: views.

import type { KernelViews } from "./context.ts";

export const arrayViews: KernelViews<"array_add"> = {
  array_add: ({ name, body }) => ({
    template: "wasm/array_add",
    view: { comment: `y = a + b, ${body.elements} elements`, name, bytes: Math.ceil(body.elements / 4) * 16 },
    scratchBytes: 0,
  }),
};
