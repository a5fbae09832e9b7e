// exp, tanh, sigmoid and log over all of f32: every 16411th bit pattern, and the numbers where something changes.
// Errors are in units in the last place of the exact result, rounded to f32.

import { beforeAll, describe, expect, it } from "vitest";
import { openKernels } from "./support/wasm-kernels.ts";
import { openMath } from "./support/wasm-math.ts";

const engines = [
  { tile: { rows: 6, columns: 8 }, relaxedSimd: true },
  { tile: { rows: 4, columns: 8 }, relaxedSimd: false },
];

/** Largest allowed error by function, in ulp. */
const bounds = {
  fused: { exp: 2, tanh: 4, sigmoid: 4, log: 1 },
  separate: { exp: 2.5, tanh: 4, sigmoid: 4, log: 1 },
};

const smallestNormal = 2 ** -126;

function bits(pattern: number): number {
  return new Float32Array(Uint32Array.of(pattern).buffer)[0] ?? 0;
}

/** Patterns spread over every exponent, sign and NaN, then the special ones. */
function patterns(): Float32Array {
  const special = [
    0,
    -0,
    1e-45,
    -1e-45,
    smallestNormal,
    1,
    -1,
    0.625,
    -0.625,
    0.62499994,
    88.72283,
    88.7229,
    -87,
    -87.00001,
  ];
  const more = [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    3.4e38,
    -3.4e38,
    9,
    -9,
    1e-30,
    -1e-30,
  ];
  const all = [...special, ...more, ...Array.from({ length: 9 }, (_, i) => (i - 4) / 3)];
  const count = 1 << 18;
  return Float32Array.from({ length: count }, (_, i) => all[i] ?? bits(Math.imul(i, 16411) >>> 0));
}

/** Distance in units in the last place of `exact`; denormal results count as zero. */
function ulps(actual: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(actual, rounded) || (Number.isNaN(actual) && Number.isNaN(rounded))) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(rounded)) return Number.POSITIVE_INFINITY;
  const ulp = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(exact) || smallestNormal))) - 23);
  return Math.abs(actual - exact) / ulp;
}

const exact = {
  exp: (x: number) => (x < -87 ? 0 : Math.exp(x)),
  sigmoid: (x: number) => (x < -87 ? 0 : 1 / (1 + Math.exp(-x))),
  tanh: Math.tanh,
};

describe.each(engines)("relaxed: $relaxedSimd", (engine) => {
  const bound = bounds[engine.relaxedSimd ? "fused" : "separate"];
  let run: Awaited<ReturnType<typeof openMath>>;
  beforeAll(async () => {
    run = await openMath(engine);
  });

  it.each(["exp", "tanh", "sigmoid"] as const)("%s stays within its bound everywhere", (fn) => {
    const x = patterns();
    const y = run(fn, x);
    let worst = { x: 0, y: 0, error: 0 };
    for (const [i, value] of x.entries()) {
      const error = ulps(y[i] ?? 0, exact[fn](value));
      if (error > worst.error) worst = { x: value, y: y[i] ?? 0, error };
    }
    expect(worst.error, `${fn}(${worst.x}) = ${worst.y}`).toBeLessThanOrEqual(bound[fn]);
  });

  it("exp gives no denormal number, zero below −87 and infinity above 88.72", () => {
    const x = Float32Array.from({ length: 1 << 16 }, (_, i) => -110 + i / 400);
    const y = run("exp", x);
    for (const [i, value] of y.entries()) {
      expect(value === 0 || value >= smallestNormal, `exp(${x[i]})`).toBe(true);
    }
    expect([
      ...run(
        "exp",
        Float32Array.from({ length: 16 }, () => 89),
      ),
    ]).toEqual(Array(16).fill(Infinity));
  });

  it("tanh keeps the sign of zero and is x for tiny x", () => {
    const x = Float32Array.from({ length: 16 }, (_, i) => [-0, 0, 1e-45, -1e-45, 1e-20, -1e-20][i] ?? 1e-10);
    for (const [i, y] of run("tanh", x).entries()) expect(Object.is(y, x[i]), `tanh(${x[i]})`).toBe(true);
  });

  it("log stays within its bound everywhere", async () => {
    const text = '(func (export "log") (param f32) (result f32) (call $log1 (local.get 0)))';
    const bench = await openKernels([], engine, 1, text);
    const log = bench.exported("log") as (x: number) => number;
    let worst = { x: 0, error: 0 };
    for (const x of patterns().filter((_, i) => i % 16 < 2 || i < 32)) {
      const error = ulps(log(x), Math.log(x));
      if (error > worst.error) worst = { x, error };
    }
    expect(worst.error, `log(${worst.x})`).toBeLessThanOrEqual(bound.log);
  });
});
