// lanes.ts: how scalar arithmetic is spelled, for four lanes at once and for one.
// In: operands as text. Out: one folded expression. The same kernel text comes out for both, which is how odd widths
// are handled: whole vectors where the rows have room, single lanes where they have not.
// Reciprocals are divisions and square roots are exact: the engine's estimates are not the same on every processor.

import type { ScalarBinary, ScalarUnary } from "../../kernel/kernel.ts";
import type { WasmContext } from "./context.ts";
import { type Constants, exponential, flushed, literal, sigmoid, tanh, type Writer } from "./math.ts";

export type Lanes = {
  readonly count: 4 | 1;
  readonly bytes: 16 | 4;
  readonly type: "v128" | "f32";
  readonly load: (address: string, offset: number) => string;
  readonly store: (address: string, offset: number, value: string) => string;
  readonly constant: (value: number) => string;
  /** One f32 in every lane. */
  readonly splat: (value: string) => string;
  /** May write statements first. */
  readonly unary: (fn: ScalarUnary, x: string, writer: Writer) => string;
  readonly binary: (fn: ScalarBinary, a: string, b: string) => string;
  /** a · b + c */
  readonly fma: (a: string, b: string, c: string) => string;
  readonly sqrt: (x: string) => string;
  /** x, which must be held, or 0 where it is smaller in size than any normal number. */
  readonly flush: (x: string) => string;
};

export const get = (name: string): string => `(local.get $${name})`;
export const set = (name: string, value: string): string => `(local.set $${name} ${value})`;

/** Four lanes; constants become locals of `constants`. */
export function vectorLanes({ fma }: WasmContext, constants: Constants): Lanes {
  const context = { fma, four: constants.four };
  const { four } = constants;
  const unary: { readonly [F in ScalarUnary]: (x: string, writer: Writer) => string } = {
    neg: (x) => `(f32x4.neg ${x})`,
    exp: (x, writer) => exponential(writer, context, x),
    tanh: (x, writer) => tanh(writer, context, x),
    sigmoid: (x, writer) => sigmoid(writer, context, x),
    reciprocal: (x) => `(f32x4.div ${four(1)} ${x})`,
    rsqrt: (x) => `(f32x4.div ${four(1)} (f32x4.sqrt ${x}))`,
    step: (x) => `(v128.and (f32x4.gt ${x} ${four(0)}) ${four(1)})`,
  };
  return {
    count: 4,
    bytes: 16,
    type: "v128",
    load: (address, offset) => `(v128.load${at(offset)} ${address})`,
    store: (address, offset, value) => `(v128.store${at(offset)} ${address} ${value})`,
    constant: four,
    splat: (value) => `(f32x4.splat ${value})`,
    unary: (fn, x, writer) => unary[fn](x, writer),
    // pmax(a, b) is a < b ? b : a, which keeps a NaN in a.
    binary: (fn, a, b) => `(f32x4.${fn === "max" ? "pmax" : fn} ${a} ${b})`,
    fma,
    sqrt: (x) => `(f32x4.sqrt ${x})`,
    flush: (x) => flushed(context, x),
  };
}

export const singleLane: Lanes = {
  count: 1,
  bytes: 4,
  type: "f32",
  load: (address, offset) => `(f32.load${at(offset)} ${address})`,
  store: (address, offset, value) => `(f32.store${at(offset)} ${address} ${value})`,
  constant: (value) => `(f32.const ${literal(value)})`,
  splat: (value) => value,
  unary: (fn, x) => {
    switch (fn) {
      case "neg":
        return `(f32.neg ${x})`;
      case "reciprocal":
        return `(f32.div (f32.const 1) ${x})`;
      case "rsqrt":
        return `(f32.div (f32.const 1) (f32.sqrt ${x}))`;
      case "step":
        return `(select (f32.const 1) (f32.const 0) (f32.gt ${x} (f32.const 0)))`;
      default:
        return `(f32x4.extract_lane 0 (call $${fn}4 (f32x4.splat ${x})))`;
    }
  },
  binary: (fn, a, b) => `(f32.${fn} ${a} ${b})`,
  fma: (a, b, c) => `(f32.add (f32.mul ${a} ${b}) ${c})`,
  sqrt: (x) => `(f32.sqrt ${x})`,
  flush: (x) => `(select ${x} (f32.const 0) (f32.ge (f32.abs ${x}) (f32.const ${literal(2 ** -126)})))`,
};

function at(offset: number): string {
  return offset === 0 ? "" : ` offset=${offset}`;
}
