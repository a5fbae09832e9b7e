// registry.ts: kernels by content, buffers by name, while a plan is being made.
// In: bodies and requests, in plan order. Out: indices. Two calls with equal bodies share one kernel, so the code of a
// program is one function per distinct shape however many layers it has.

import type { Argument, Kernel, KernelBody } from "./kernel.ts";
import type { BufferRequest } from "./memory.ts";

export type Registry = {
  readonly kernel: (body: KernelBody) => number;
  /** Index of the buffer of that name, requested on first use. */
  readonly buffer: (request: BufferRequest) => number;
  readonly kernels: readonly Kernel[];
  readonly requests: readonly BufferRequest[];
};

export function createRegistry(): Registry {
  const kernels: Kernel[] = [];
  const kernelByBody = new Map<string, number>();
  const requests: BufferRequest[] = [];
  const bufferByName = new Map<string, number>();
  return {
    kernels,
    requests,
    kernel: (body) => {
      const key = JSON.stringify(body);
      const known = kernelByBody.get(key);
      if (known !== undefined) return known;
      kernels.push({ name: kernelName(kernels.length, body), body });
      kernelByBody.set(key, kernels.length - 1);
      return kernels.length - 1;
    },
    buffer: (request) => {
      const known = bufferByName.get(request.name);
      if (known !== undefined) return known;
      requests.push(request);
      bufferByName.set(request.name, requests.length - 1);
      return requests.length - 1;
    },
  };
}

export const at = (buffer: number, offsetBytes = 0): Argument => ({ kind: "buffer", buffer, offsetBytes });
export const count = (value: number): Argument => ({ kind: "number", value });

/** `k04_matmul_172x64`: number, kind, the sizes a reader looks for. */
function kernelName(index: number, body: KernelBody): string {
  return `k${String(index).padStart(2, "0")}_${body.kind}${sizesOf(body)}`;
}

function sizesOf(body: KernelBody): string {
  switch (body.kind) {
    case "matmul":
      return `_${body.n}x${body.k}${body.residual ? "_add" : ""}`;
    case "product":
      return `_${body.n}x${body.terms.map(({ k }) => k).join("+")}${body.program ? "_program" : ""}${body.residual ? "_add" : ""}`;
    case "outer":
    case "pack":
      return `_${body.out}x${body.inner}`;
    case "row_program":
    case "dropout":
    case "embed":
    case "mean_square":
    case "rms_norm_dw":
    case "embed_dw":
    case "copy_rows":
    case "zero_rows":
    case "rms_norm_partials":
    case "embed_dw_by_token":
    case "softmax":
    case "gather":
    case "combine":
    case "combine_dp":
      return `_${body.width}`;
    case "rope":
    case "attention":
    case "attention_grad":
    case "attention_cached":
      return `_${body.heads}x${body.headDim}`;
    case "cross_entropy":
      return `_${body.vocab}`;
    case "route":
    case "balance":
    case "balance_dx":
      return `_${body.experts}`;
    case "loss_sums":
    case "square_sum":
    case "adamw":
    case "mirror":
      return "";
    case "array_add":
    case "sum_partials":
      return `_${body.elements}`;
    default:
      return body satisfies never;
  }
}
