// math.ts: exp, tanh, sigmoid and log, printed once per module.
// In: how a multiply-add is written. Out: the view of templates/wasm/math.wat.hbs.
// Accuracy, over all of f32 and with or without fused multiply-adds (test/wasm-math.test.ts measures it):
//   exp      ≤ 2 ulp; 0 below −87, so that no result is denormal; infinity above 88.72
//   sigmoid  ≤ 4 ulp; 0 below −87
//   tanh     ≤ 4 ulp, also where tanh x ≈ x; keeps the sign of zero
//   log      ≤ 1 ulp, one number at a time, computed in f64
// NaN gives NaN everywhere.

import type { KernelText, WasmContext } from "./context.ts";
import { flushLimit, get, literal } from "./lanes.ts";

/** e^r = 1 + r + r²·p(r) on |r| ≤ ln 2 / 2, highest power first (Cephes expf). */
const expCoefficients = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1, 1,
];

/** tanh x = x + x·z·p(z), z = x², on |x| < 0.625 (Cephes tanhf). */
const tanhCoefficients = [
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
];

/** Adding this rounds to an integer, which then stands in the low bits. */
const rounder = 1.5 * 2 ** 23;

/** ln 2 in two parts; the first has few enough bits that n · high is exact. */
const ln2 = { high: 0.693359375, low: -2.1219444e-4 };

export function mathLibrary({ fma }: WasmContext): Omit<KernelText, "scratchBytes"> {
  const number = (value: number): string => `(v128.const f32x4 ${Array(4).fill(literal(value)).join(" ")})`;
  const horner = (coefficients: readonly number[], x: string): readonly string[] =>
    coefficients.slice(1).map((c) => fma(get("p"), get(x), number(c)));
  return {
    template: "wasm/math",
    view: {
      flushLimit,
      rounded: fma(get("x"), number(Math.LOG2E), number(rounder)),
      rounder,
      reducedHigh: fma(get("n"), number(-ln2.high), get("x")),
      reducedLow: fma(get("n"), number(-ln2.low), get("r")),
      expFirst: expCoefficients[0] ?? 0,
      expSteps: horner(expCoefficients, "r"),
      tanhFirst: tanhCoefficients[0] ?? 0,
      tanhSteps: horner(tanhCoefficients, "z"),
      tanhSmall: fma(`(f32x4.mul ${get("p")} ${get("z")})`, get("a"), get("a")),
    },
  };
}
