// cuda-update.test.ts: sums over rows and the update on CUDA, each kernel alone in emulation, against plain float64 loops.
// Arrays are followed by a number that must stay as it is.

import { beforeAll, beforeEach, expect, test } from "vitest";
import type { KernelBody } from "../src/kernel/kernel.ts";
import { rowStride } from "../src/kernel/schedule.ts";
import type { Element } from "../src/targets/cuda/context.ts";
import { emulatorProblem } from "./support/cuda-compile.ts";
import {
  type CudaBench,
  type CudaKernelCase,
  expectStored,
  openCudaKernels,
  putCudaRows,
  rounded,
  takeCudaRows,
  toBf16,
} from "./support/cuda-kernels.ts";
import { describeWith } from "./support/devices.ts";
import { randomMatrix, tolerance } from "./support/kernel-values.ts";
import { adamw, get, type Matrix, matrix } from "./support/plain-kernels.ts";

const kernels: CudaKernelCase[] = [];

/** Says before any test runs which text there will be; gives back the kernel. */
function compiled(body: KernelBody, elements: readonly Element[]): CudaKernelCase {
  kernels.push({ body, elements });
  return { body, elements };
}

const rowsOf = [
  ["f32", "f32"],
  ["bf16", "f32"],
  ["bf16", "bf16"],
] as const;

describeWith(emulatorProblem(), "sums and the update on CUDA", () => {
  let bench: CudaBench;
  beforeAll(async () => {
    bench = await openCudaKernels(kernels);
  }, 120_000);
  beforeEach(() => bench.clear());

  const row = (at: number, count: number): Matrix => takeCudaRows(bench, at, [1, count], count, "f32");

  const normBody = (width: number, heads: number): KernelBody => ({
    ...{ kind: "rms_norm_partials", width, heads, eps: 1e-5, taskRows: 5 },
    ...{ dyStride: rowStride(width), xStride: rowStride(width) + 16 },
  });
  const sumBody = (elements: number, count: number): KernelBody => ({
    kind: "sum_partials",
    elements,
    count,
  });
  compiled(sumBody(1, 1), ["f32", "f32"]);
  for (const [ofDy, ofX] of rowsOf) compiled(normBody(4, 1), [ofDy, ofX, "f32", "i32"]);
  const norms = [
    [1, 1],
    [7, 1],
    [33, 1],
    [64, 1],
    [12, 3],
    [30, 5],
    [64, 4],
    [2100, 1],
  ] as const;
  test.each(norms.flatMap((sizes) => rowsOf.map((elements) => [...sizes, ...elements] as const)))(
    "a norm's gradient %i wide, %i parts, dy in %s, x in %s",
    (width, heads, ofDy, ofX) => {
      const [part, pieces] = [width / heads, 3];
      const dy = rounded(randomMatrix(14, width, 1), ofDy);
      const x = rounded(randomMatrix(14, width, 2), ofX);
      const used = [0, 1, 2, 6, 7, 8, 9, 10, 13];
      const segments = bench.put([3, 0, 3, 6, 11, 13, 14], "i32");
      const partials = bench.put(Array(pieces * part + 1).fill(5));
      const [dyAt, xAt] = [
        putCudaRows(bench, dy, rowStride(width), ofDy),
        putCudaRows(bench, x, rowStride(width) + 16, ofX),
      ];
      const norm = { body: normBody(width, heads), elements: [ofDy, ofX, "f32", "i32"] as const };
      bench.run(norm, [dyAt, xAt, partials, segments], { count: pieces });
      expect(bench.numbers(partials, pieces * part + 1)[pieces * part], "the next array").toBe(5);
      const after = bench.put(Array(part + 1).fill(5));
      const sum = { body: sumBody(part, pieces), elements: ["f32", "f32"] as const };
      bench.run(sum, [partials, after], {});
      const roots = matrix(14, heads, (r, h) => {
        let squares = 0;
        for (let c = 0; c < part; c += 1) squares += get(x, r, h * part + c) ** 2;
        return 1 / Math.sqrt(squares / part + 1e-5);
      });
      const wanted = matrix(1, part, (_, j) => {
        let total = 0;
        for (const r of used)
          for (let h = 0; h < heads; h += 1)
            total += get(dy, r, h * part + j) * get(x, r, h * part + j) * get(roots, r, h);
        return total;
      });
      expectStored(row(after, part), wanted, "f32", tolerance.norm, "dw");
      expect(bench.numbers(after, part + 1)[part], "the next array").toBe(5);
    },
  );

  const embedBody = (width: number): KernelBody => ({
    ...{ kind: "embed_dw_by_token", vocab: 6, width, dyStride: rowStride(width) },
  });
  for (const of of ["f32", "bf16"] as const) compiled(embedBody(4), [of, "i32", "i32", "f32", "i32"]);
  test.each(
    [1, 7, 33, 64, 1100].flatMap((width) => (["f32", "bf16"] as const).map((of) => [width, of] as const)),
  )("an embedding's gradient %i wide, dy in %s", (width, of) => {
    const dy = rounded(randomMatrix(42, width, 5), of);
    // One token is frequent.
    const tokens = [...[5, 1, 1, 0, 5, 5, 2, 2, 2, 2, 1, 0], ...new Array<number>(30).fill(2)];
    const order = tokens.flatMap((_, r) => r).sort((a, b) => (tokens[a] ?? 0) - (tokens[b] ?? 0) || a - b);
    const starts = Array.from({ length: 7 }, (_, t) => tokens.filter((token) => token < t).length);
    const used = [...Array(40).keys()].filter((r) => r < 4 || r >= 7);
    const dtable = bench.put(Array(6 * width + 1).fill(5));
    bench.run(
      { body: embedBody(width), elements: [of, "i32", "i32", "f32", "i32"] },
      [
        putCudaRows(bench, dy, rowStride(width), of),
        bench.put(order, "i32"),
        bench.put(starts, "i32"),
        dtable,
        bench.put([3, 0, 4, 4, 4, 7, 40], "i32"),
      ],
      {},
    );
    const wanted = matrix(6, width, (t, c) =>
      used.filter((r) => tokens[r] === t).reduce((sum, r) => sum + get(dy, r, c), 0),
    );
    expectStored(
      takeCudaRows(bench, dtable, [6, width], width, "f32"),
      wanted,
      "f32",
      tolerance.sums,
      "dtable",
    );
    expect(bench.numbers(dtable, 6 * width + 1)[6 * width], "the next array").toBe(5);
  });

  const lossSums = compiled({ kind: "loss_sums", modalities: 3 }, ["f32", "f32", "i32", "f32", "i32"]);
  test("sums of losses", () => {
    const rows = 1300;
    const loss = randomMatrix(rows, 1, 3, 5);
    const weight = matrix(rows, 1, (r) => (r % 5 === 0 ? 0 : get(randomMatrix(rows, 1, 4), r, 0)));
    const modality = Array.from({ length: rows }, (_, r) => (r % 4) - 1);
    const ranges = [
      [0, 3],
      [9, 1214],
      [1219, 1220],
    ] as const;
    const used = [...Array(rows).keys()].filter((r) => ranges.some(([from, to]) => r >= from && r < to));
    const sums = bench.put(Array(5).fill(5));
    const segments = bench.put([3, ...ranges.flat()], "i32");
    bench.run(
      lossSums,
      [bench.put(loss.numbers), bench.put(weight.numbers), bench.put(modality, "i32"), sums, segments],
      {},
    );
    const wanted = matrix(1, 4, (_, i) =>
      used
        .filter((r) => i === 0 || (modality[r] === i - 1 && get(weight, r, 0) !== 0))
        .reduce((sum, r) => sum + get(loss, r, 0) * (i === 0 ? get(weight, r, 0) : 1), 0),
    );
    expectStored(row(sums, 4), wanted, "f32", tolerance.sums, "sums");
    expect(bench.numbers(sums, 5)[4]).toBe(5);
  });

  compiled({ kind: "array_add", elements: 1 }, ["f32", "f32", "f32"]);
  test.each([1, 7, 64, 4099])("a sum of arrays of %i", (elements) => {
    const [a, b] = [randomMatrix(1, elements, 1), randomMatrix(1, elements, 2)];
    const y = bench.put(Array(elements + 1).fill(5));
    const kernel = { body: { kind: "array_add", elements }, elements: ["f32", "f32", "f32"] } as const;
    bench.run(kernel, [bench.put(a.numbers), bench.put(b.numbers), y], {});
    const sum = matrix(1, elements, (_, c) => get(a, 0, c) + get(b, 0, c));
    expectStored(row(y, elements), sum, "f32", tolerance.sums, "y");
    expect(bench.numbers(y, elements + 1)[elements], "the next array").toBe(5);
  });

  const settings = { beta1: 0.9, beta2: 0.95, eps: 1e-8, rate: 4, chunk: 64 };
  const squareSum = compiled({ kind: "square_sum", chunk: 64 }, ["f32", "f32", "number"]);
  const mirror = compiled({ kind: "mirror", chunk: 64 }, ["f32", "bf16", "number"]);
  const updateBody = (clip: number, weightDecay: number): KernelBody => ({
    kind: "adamw",
    ...{ ...settings, weightDecay, clip },
  });
  const updateElements = (copy: Element): readonly Element[] => [
    ...(["f32", "f32", "f32", "f32", "f32", "number", "f32", "f32", "number"] as const),
    copy,
  ];
  for (const clip of [0, 0.7])
    for (const copy of ["number", "bf16"] as const) compiled(updateBody(clip, 0), updateElements(copy));

  const updates = [1, 5, 64, 100, 333].flatMap((elements) =>
    ([0, 0.7] as const).flatMap((clip) =>
      (["number", "bf16"] as const).map((copy) => [elements, clip, copy] as const),
    ),
  );
  test.each(updates)(
    "an update of two stretches of %i elements, clip %f, mirror: %s",
    (elements, clip, copy) => {
      const [p, g, m] = [1, 2, 3].map((seed) => randomMatrix(2, elements, seed)) as [Matrix, Matrix, Matrix];
      const v = matrix(2, elements, (r, c) => Math.fround(get(m, r, c) ** 2 + 0.01));
      // A stretch begins at a multiple of 16 elements.
      const stride = Math.ceil(elements / 16) * 16 + 16;
      const pieces = Math.ceil((2 * stride) / 64);
      const gaps = Float64Array.from({ length: 2 * stride }, (_, i) =>
        i % stride < elements ? get(g, Math.floor(i / stride), i % stride) : 0,
      );
      const gAt = bench.put(gaps);
      const [partial, norm] = [bench.put(Array(pieces).fill(Number.NaN)), bench.put([-1, 5])];
      bench.run(squareSum, [gAt, partial, 2 * stride], { count: pieces });
      const schedule = [0.01, 1.5, 2.5].map(Math.fround) as [number, number, number];
      const scheduleAt = bench.put([7, ...schedule.slice(1), 8, schedule[0]]);
      const withEnd = (x: Matrix): number =>
        bench.put(
          Float64Array.from({ length: 2 * stride }, (_, i) =>
            i % stride < elements ? get(x, Math.floor(i / stride), i % stride) : 5,
          ),
        );
      const slots = [p, m, v].map(withEnd) as [number, number, number];
      const copyAt = bench.put(Array(2 * stride).fill(5), "bf16");
      const decays = [0.1, 0];
      const calls = decays.map((weightDecay, r) => ({
        kernel: { body: updateBody(clip, weightDecay), elements: updateElements(copy) },
        args: [
          ...[
            slots[0] + 4 * r * stride,
            gAt + 4 * r * stride,
            slots[1] + 4 * r * stride,
            slots[2] + 4 * r * stride,
          ],
          ...[partial, pieces, scheduleAt, r === 0 ? norm : 0, elements],
          copy === "bf16" ? copyAt + 2 * r * stride : 0,
        ],
      }));
      const [first, ...besides] = calls;
      if (first === undefined) throw new Error("no call");
      bench.run(first.kernel, first.args, { count: Math.ceil(elements / 64), besides });
      const size = Math.sqrt(g.numbers.reduce((sum, x) => sum + x * x, 0));
      const shrink = clip > 0 ? Math.min(1, clip / (size + 1e-6)) : 1;
      const after = (slot: number): Matrix =>
        matrix(2, stride, (r, c) => {
          if (c >= elements) return 5;
          const before = [get(p, r, c), shrink * get(g, r, c), get(m, r, c), get(v, r, c)] as const;
          return adamw(before, schedule, { ...settings, weightDecay: decays[r] ?? 0 })[slot] ?? Number.NaN;
        });
      for (const [slot, at] of slots.entries()) {
        const actual = takeCudaRows(bench, at, [2, stride], stride, "f32");
        expectStored(actual, after(slot), "f32", tolerance.update, `slot ${slot}`);
      }
      expectStored(
        row(norm, 2),
        matrix(1, 2, (_, c) => (c === 0 ? size : 5)),
        "f32",
        tolerance.sums,
        "norm",
      );
      // Exactly the parameters, rounded.
      const parameters = bench.numbers(slots[0], 2 * stride);
      const copied = bench.numbers(copyAt, 2 * stride, "bf16");
      expect([...copied]).toEqual(
        [...parameters].map((x, i) => (copy === "bf16" && i % stride < elements ? toBf16(x) : 5)),
      );
    },
  );

  test("moments fade to zero without becoming denormal", () => {
    const [p, g, m, v] = [1, 0, 1.3e-38, 1.2e-38].map((x) => bench.put(Array(7).fill(x))) as [
      ...[number, number],
      ...[number, number],
    ];
    const body = { ...updateBody(0, 0), rate: 0 } as KernelBody;
    const kernel = { body, elements: updateElements("number") };
    bench.run(kernel, [p, g, m, v, 64, 0, bench.put([0.1, 1, 1]), 0, 7, 0], {});
    expect([...bench.numbers(m, 7), ...bench.numbers(v, 7)]).toEqual(Array(14).fill(0));
    expect([...bench.numbers(p, 7)]).toEqual(Array(7).fill(1));
  });

  test.each([1, 5, 64, 333])("a mirror of %i elements", (elements) => {
    const p = randomMatrix(1, elements, 1);
    const [pAt, copy] = [bench.put(p.numbers), bench.put(Array(elements + 1).fill(5), "bf16")];
    bench.run(mirror, [pAt, copy, elements], { count: Math.ceil(elements / 64) });
    expect([...bench.numbers(copy, elements + 1, "bf16")]).toEqual([...[...p.numbers].map(toBf16), 5]);
  });
});
