// update.ts: the gradient of a norm's weight, the norm of all gradients, and AdamW.
// In: kernels. Out: views. The update is written once for four lanes and once for one, for what is left over.
// Moments that fade towards zero (a modality that is absent for long) are flushed before they become denormal.

import type { View } from "../render.ts";
import type { KernelOf, KernelViews, WasmContext } from "./context.ts";
import { get, type Lanes, set, singleLane, vectorLanes } from "./lanes.ts";
import { createConstants, literal } from "./math.ts";

const floatBytes = 4;

export const updateViews: KernelViews<"rms_norm_dw" | "square_sum" | "adamw"> = {
  rms_norm_dw: ({ name, body }) => {
    const heads = Math.max(1, body.heads);
    const bytes = (body.width / heads) * floatBytes;
    return {
      template: "wasm/rms_norm_dw",
      view: {
        comment: `dw = Σ dy · x / √(mean x² + ${body.eps})${heads > 1 ? ` over rows and ${heads} parts` : ""}`,
        name,
        heads,
        bytes,
        scratchBytes: Math.ceil(bytes / 16) * 16,
        reciprocal: literal(heads / body.width),
        eps: literal(body.eps),
        dyBytes: body.dyStride * floatBytes,
        xBytes: body.xStride * floatBytes,
      },
      scratchBytes: Math.ceil(bytes / 16) * 16,
    };
  },
  square_sum: ({ name, body }) => ({
    template: "wasm/square_sum",
    view: { comment: `Σ g² of ${body.chunk} elements`, name, chunk: body.chunk },
    scratchBytes: 0,
  }),
  adamw: ({ name, body }, context) => ({
    template: "wasm/adamw",
    view: {
      comment: `AdamW, ${body.chunk} elements per task`,
      name,
      chunk: body.chunk,
      clip: literal(body.clip),
      isClipped: body.clip > 0,
      rate: body.rate * floatBytes,
      ...adamwForms(body, context),
    },
    scratchBytes: 0,
  }),
};

/** The same lines in vectors, up to the last whole one, and in single lanes. */
function adamwForms(body: KernelOf<"adamw">["body"], context: WasmContext): View {
  const constants = createConstants();
  const forms = [vectorLanes(context, constants), singleLane].map((lanes) => ({
    mask: -lanes.bytes,
    bytes: lanes.bytes,
    done: `$done${lanes.count}`,
    next: `$next${lanes.count}`,
    lines: adamwLines(body, lanes),
  }));
  return { forms, locals: constants.locals(), constants: constants.lines() };
}

function adamwLines(body: KernelOf<"adamw">["body"], lanes: Lanes): readonly string[] {
  const suffix = lanes.count;
  const local = (name: string): string => `${name}${suffix}`;
  const value = (name: string): string => get(local(name));
  const scalar = (name: string): string => lanes.splat(get(name));
  const mul = (a: string, b: string): string => lanes.binary("mul", a, b);
  const square = mul(value("g"), value("g"));
  const size = lanes.binary("add", lanes.sqrt(mul(value("v"), scalar("correct2"))), lanes.constant(body.eps));
  const step = lanes.binary("div", mul(value("m"), scalar("correct1")), size);
  const decayed =
    body.weightDecay === 0 ? value("u") : lanes.fma(value("p"), lanes.constant(body.weightDecay), value("u"));
  return [
    set(local("g"), mul(lanes.load(get("g"), 0), scalar("shrink"))),
    set(
      local("m"),
      lanes.fma(
        lanes.load(get("m"), 0),
        lanes.constant(body.beta1),
        mul(value("g"), lanes.constant(1 - body.beta1)),
      ),
    ),
    set(local("m"), lanes.flush(value("m"))),
    set(
      local("v"),
      lanes.fma(
        lanes.load(get("v"), 0),
        lanes.constant(body.beta2),
        mul(square, lanes.constant(1 - body.beta2)),
      ),
    ),
    set(local("v"), lanes.flush(value("v"))),
    set(local("p"), lanes.load(get("p"), 0)),
    set(local("u"), step),
    set(local("u"), decayed),
    lanes.store(get("p"), 0, lanes.binary("sub", value("p"), mul(scalar("rate"), value("u")))),
    lanes.store(get("m"), 0, value("m")),
    lanes.store(get("v"), 0, value("v")),
  ];
}
