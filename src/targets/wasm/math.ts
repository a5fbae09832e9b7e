// math.ts: exp, tanh, sigmoid and log.
// In: how a multiply-add is written. Out: lines of vector arithmetic, printed in place where loops are hot, and once per
// module as functions for single lanes.
// They are printed in place because a call would spill every live vector, and because V8's pairing of vectors (turbo)
// aborts the process on two adjacent stores of calls' results.
// Accuracy, over all of f32 and with or without fused multiply-adds (test/wasm-math.test.ts measures it):
//   exp      ≤ 2 ulp (2.5 with separate roundings); 0 below −87, so that no result is denormal; infinity above 88.72
//   sigmoid  ≤ 4 ulp; 0 below −87
//   tanh     ≤ 4 ulp, also where tanh x ≈ x; keeps the sign of zero
//   log      ≤ 1 ulp, one number at a time, computed in f64
// NaN gives NaN everywhere, except that boundedExp may lose a NaN which no arithmetic makes.

import type { KernelText, WasmContext } from "./context.ts";

/** Constants that a function sets once, before its loops: the engine would build them again on every trip. */
export type Constants = {
  /** The local that has this number in all four lanes. */
  readonly four: (value: number) => string;
  readonly locals: () => readonly string[];
  readonly lines: () => readonly string[];
};

export function createConstants(): Constants {
  const values: number[] = [];
  return {
    four: (value) => {
      const known = values.findIndex((other) => Object.is(other, value));
      if (known < 0) values.push(value);
      return `(local.get $c${known < 0 ? values.length - 1 : known})`;
    },
    locals: () => values.map((_, index) => `(local $c${index} v128)`),
    lines: () => values.map((value, index) => `(local.set $c${index} ${four(value)})`),
  };
}

/** Writes statements; `hold` computes a value once and gives back the local that has it. */
export type Writer = {
  readonly hold: (value: string) => string;
  /** Overwrites a held value. */
  readonly update: (held: string, value: string) => void;
};

export type Statements = Writer & {
  readonly lines: readonly string[];
  /** Declarations of every local so far; `restart` lets the next statement use them again. */
  readonly locals: () => readonly string[];
  readonly restart: () => void;
};

/** A list of statements whose temporary locals are `$e0`, `$e1`, … of one type. */
export function createStatements(
  type: "v128" | "f32" = "v128",
): Statements & { readonly add: (line: string) => void } {
  const lines: string[] = [];
  let used = 0;
  let most = 0;
  return {
    lines,
    add: (line) => lines.push(line),
    hold: (value) => {
      const name = `$e${used}`;
      used += 1;
      most = Math.max(most, used);
      lines.push(`(local.set ${name} ${value})`);
      return `(local.get ${name})`;
    },
    update: (held, value) => {
      lines.push(`${held.replace("local.get", "local.set").slice(0, -1)} ${value})`);
    },
    locals: () => Array.from({ length: most }, (_, index) => `(local $e${index} ${type})`),
    restart: () => {
      used = 0;
    },
  };
}

/** What the functions below need of whoever prints them. */
export type MathContext = { readonly fma: WasmContext["fma"]; readonly four: (value: number) => string };

/** A number in all four lanes. */
export const four = (value: number): string =>
  `(v128.const f32x4 ${Array(4).fill(literal(value)).join(" ")})`;

/** A number as an f32 literal. */
export function literal(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(Math.fround(value))) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** e^r on |r| ≤ ln 2 / 2, highest power first, with the least largest relative error for a constant of 1. */
const expCoefficients = [0.008290273, 0.04189816, 0.16667639, 0.49999148, 0.9999997, 1];

/** tanh x = x + x·z·p(z), z = x², on |x| < 0.625 (Cephes tanhf). */
const tanhCoefficients = [
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
];

/** Adding this rounds to an integer, which then stands in the low bits. */
const rounder = 1.5 * 2 ** 23;

/** ln 2 in two parts; the first has few enough bits that n · high is exact. */
const ln2 = { high: 0.693359375, low: -2.1219444e-4 };

const lowest = -87;
const highest = 88.72283;

function horner(
  writer: Writer,
  { fma, four }: MathContext,
  x: string,
  coefficients: readonly number[],
): string {
  const [first = 0, ...rest] = coefficients;
  const sum = writer.hold(four(first));
  for (const c of rest) writer.update(sum, fma(sum, x, four(c)));
  return sum;
}

/** e^x = 2^n · e^r with n = round(x / ln 2): n is added to the exponent of e^r. `x` must be held and at most 88.7. */
export function boundedExp(writer: Writer, context: MathContext, x: string): string {
  const { fma, four } = context;
  const rounded = writer.hold(fma(x, four(Math.LOG2E), four(rounder)));
  const n = writer.hold(`(f32x4.sub ${rounded} ${four(rounder)})`);
  const r = writer.hold(fma(n, four(-ln2.high), x));
  writer.update(r, fma(n, four(-ln2.low), r));
  const p = horner(writer, context, r, expCoefficients);
  writer.update(p, `(i32x4.add ${p} (i32x4.shl ${rounded} (i32.const 23)))`);
  writer.update(p, `(v128.andnot ${p} (f32x4.lt ${x} ${four(lowest)}))`);
  return p;
}

export function exponential(writer: Writer, context: MathContext, value: string): string {
  const { four } = context;
  const x = writer.hold(value);
  const p = boundedExp(writer, context, x);
  const fits = `(f32x4.le ${x} ${four(highest)})`;
  return writer.hold(`(v128.bitselect ${p} (f32x4.mul ${x} ${four(Number.POSITIVE_INFINITY)}) ${fits})`);
}

/** 1 / (1 + e^−x); the bound keeps e^−x finite. */
export function sigmoid(writer: Writer, context: MathContext, value: string): string {
  const { four } = context;
  const x = writer.hold(value);
  const negative = writer.hold(`(f32x4.neg (f32x4.pmax ${x} ${four(lowest)}))`);
  const e = boundedExp(writer, context, negative);
  const y = `(f32x4.div ${four(1)} (f32x4.add ${four(1)} ${e}))`;
  const clean = `(v128.andnot ${y} (f32x4.lt ${x} ${four(lowest)}))`;
  return writer.hold(`(v128.or ${clean} (f32x4.ne ${x} ${x}))`);
}

/** |x| < 0.625: a + a·z·p(z), z = a²; else 1 − 2 / (e^2a + 1); with the sign of x. */
export function tanh(writer: Writer, context: MathContext, value: string): string {
  const { fma, four } = context;
  const x = writer.hold(value);
  const a = writer.hold(`(f32x4.abs ${x})`);
  const z = writer.hold(`(f32x4.mul ${a} ${a})`);
  const p = horner(writer, context, z, tanhCoefficients);
  const small = writer.hold(fma(`(f32x4.mul ${p} ${z})`, a, a));
  const doubled = writer.hold(`(f32x4.pmin (f32x4.add ${a} ${a}) ${four(88)})`);
  const e = boundedExp(writer, context, doubled);
  const large = `(f32x4.sub ${four(1)} (f32x4.div ${four(2)} (f32x4.add ${e} ${four(1)})))`;
  const size = `(v128.bitselect ${small} ${large} (f32x4.lt ${a} ${four(0.625)}))`;
  const signed = `(v128.or ${size} (v128.and ${x} ${four(-0)}))`;
  return writer.hold(`(v128.or ${signed} (f32x4.ne ${x} ${x}))`);
}

/** x, or 0 where |x| is denormal: arithmetic on denormal numbers is a hundred times slower. `x` must be held. */
export function flushed({ four }: Pick<MathContext, "four">, x: string): string {
  return `(v128.and ${x} (f32x4.ge (f32x4.abs ${x}) ${four(2 ** -126)}))`;
}

export function mathLibrary({ fma }: WasmContext): Omit<KernelText, "scratchBytes"> {
  const functions = [
    { name: "$exp4", write: exponential },
    { name: "$sigmoid4", write: sigmoid },
    { name: "$tanh4", write: tanh },
  ].map(({ name, write }) => {
    const statements = createStatements();
    const result = write(statements, { fma, four }, "(local.get $x)");
    return { name, locals: statements.locals(), lines: statements.lines, result };
  });
  return { template: "wasm/math", view: { functions } };
}
