// nearest.ts: for each vector the nearest of many centroids.
// In: rows of floats, centroids. Out: per row the centroid's number and the squared distance to it.
// Idea: ‖x − c‖² = ‖x‖² + (‖c‖² − 2 x·c), so it is a matrix product with a running minimum. A hundred thousand
// pictures' patches are too much for plain loops, hence a small WebAssembly kernel of its own: 4 rows × 8 centroids at
// a time, sums in a fixed order, no fused multiply-add, so that every machine finds the same codes.

import wabtLoader from "wabt";

export type Nearest = {
  /** Writes one code per row of `rows` ([n, width]) into `codes`, and the squared distances if asked; ties go to the lower code. */
  find(rows: Float32Array, codes: Int32Array, distances?: Float32Array): void;
};

const tileRows = 4;
const panel = 8;
const chunkRows = 4096;

const rowNumbers = [0, 1, 2, 3];

/** Text of the kernel; the only parts worth generating are the four rows' identical lines. */
function kernelText(pages: number): string {
  const each = (line: (row: number) => string) => rowNumbers.map(line).join("\n");
  return `(module
  (memory (export "memory") ${pages})
  ;; x [rows, width], c [panels, width, 8], n [panels * 8]; best, code [rows, 4 lanes]; width in floats
  (func (export "nearest") (param $x i32) (param $rows i32) (param $width i32) (param $c i32) (param $panels i32)
      (param $n i32) (param $best i32) (param $code i32)
    (local $p i32) (local $k i32) (local $cp i32) (local $xp i32) (local $np i32) (local $step i32)
    (local $ca v128) (local $cb v128) (local $id v128) (local $xv v128) (local $lt v128)
    ${each((r) => `(local $a${r} v128) (local $b${r} v128) (local $m${r} v128) (local $i${r} v128)`)}
    (local.set $step (i32.shl (local.get $width) (i32.const 2)))
    (loop $tiles
      ${each((r) => `(local.set $m${r} (f32x4.splat (f32.const inf))) (local.set $i${r} (v128.const i32x4 0 0 0 0))`)}
      (local.set $p (i32.const 0))
      (local.set $cp (local.get $c))
      (local.set $np (local.get $n))
      (local.set $id (v128.const i32x4 0 1 2 3))
      (loop $panels_loop
        ${each((r) => `(local.set $a${r} (v128.const i32x4 0 0 0 0)) (local.set $b${r} (v128.const i32x4 0 0 0 0))`)}
        (local.set $k (local.get $width))
        (local.set $xp (local.get $x))
        (loop $inner
          (local.set $ca (v128.load (local.get $cp)))
          (local.set $cb (v128.load offset=16 (local.get $cp)))
          ${each((r) => {
            const address = rowNumbers
              .slice(0, r)
              .reduce((a) => `(i32.add ${a} (local.get $step))`, "(local.get $xp)");
            return `(local.set $xv (v128.load32_splat ${address}))
          (local.set $a${r} (f32x4.add (local.get $a${r}) (f32x4.mul (local.get $xv) (local.get $ca))))
          (local.set $b${r} (f32x4.add (local.get $b${r}) (f32x4.mul (local.get $xv) (local.get $cb))))`;
          })}
          (local.set $cp (i32.add (local.get $cp) (i32.const 32)))
          (local.set $xp (i32.add (local.get $xp) (i32.const 4)))
          (br_if $inner (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
        ${["a", "b"]
          .map(
            (half) => `(local.set $ca (v128.load offset=${half === "a" ? 0 : 16} (local.get $np)))
        ${each(
          (
            r,
          ) => `(local.set $xv (f32x4.sub (local.get $ca) (f32x4.add (local.get $${half}${r}) (local.get $${half}${r}))))
        (local.set $lt (f32x4.lt (local.get $xv) (local.get $m${r})))
        (local.set $m${r} (v128.bitselect (local.get $xv) (local.get $m${r}) (local.get $lt)))
        (local.set $i${r} (v128.bitselect (local.get $id) (local.get $i${r}) (local.get $lt)))`,
        )}
        (local.set $id (i32x4.add (local.get $id) (v128.const i32x4 4 4 4 4)))`,
          )
          .join("\n")}
        (local.set $np (i32.add (local.get $np) (i32.const 32)))
        (br_if $panels_loop (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 1))) (local.get $panels))))
      ${each((r) => `(v128.store offset=${16 * r} (local.get $best) (local.get $m${r})) (v128.store offset=${16 * r} (local.get $code) (local.get $i${r}))`)}
      (local.set $best (i32.add (local.get $best) (i32.const 64)))
      (local.set $code (i32.add (local.get $code) (i32.const 64)))
      (local.set $x (i32.add (local.get $x) (i32.shl (local.get $step) (i32.const 2))))
      (br_if $tiles (i32.gt_s (local.tee $rows (i32.sub (local.get $rows) (i32.const 4))) (i32.const 0))))))`;
}

type Kernel = (
  x: number,
  rows: number,
  width: number,
  c: number,
  panels: number,
  n: number,
  best: number,
  code: number,
) => void;

async function assemble(
  pages: number,
): Promise<{ readonly memory: WebAssembly.Memory; readonly kernel: Kernel }> {
  const wabt = await wabtLoader();
  const module = wabt.parseWat("nearest.wat", kernelText(pages), { simd: true });
  const { buffer } = module.toBinary({});
  module.destroy();
  const { instance } = await WebAssembly.instantiate(new Uint8Array(buffer));
  return {
    memory: instance.exports.memory as WebAssembly.Memory,
    kernel: instance.exports.nearest as Kernel,
  };
}

/** Centroids side by side in panels of eight, and ‖c‖²; what fills up the last panel is infinitely far. */
function packCentroids(
  centroids: Float32Array,
  width: number,
  packed: Float32Array,
  norms: Float32Array,
): void {
  norms.fill(Number.POSITIVE_INFINITY);
  const count = centroids.length / width;
  for (let code = 0; code < count; code += 1) {
    let norm = 0;
    for (let k = 0; k < width; k += 1) {
      const value = centroids[code * width + k] ?? 0;
      norm += value * value;
      packed[Math.floor(code / panel) * width * panel + k * panel + (code % panel)] = value;
    }
    norms[code] = norm;
  }
}

/** The lowest of a row's four lanes; the lower code where two are equal. */
function bestLane(best: Float32Array, code: Int32Array, row: number): number {
  let lane = 4 * row;
  for (let other = lane + 1; other < 4 * row + 4; other += 1) {
    const ahead = (best[other] ?? 0) - (best[lane] ?? 0);
    if (ahead < 0 || (ahead === 0 && (code[other] ?? 0) < (code[lane] ?? 0))) lane = other;
  }
  return lane;
}

/** Prepares a search among `centroids` ([count, width]); changing them afterwards has no effect. */
export async function createNearest(centroids: Float32Array, width: number): Promise<Nearest> {
  const panels = Math.ceil(centroids.length / width / panel);
  const floats = {
    packed: panels * panel * width,
    norms: panels * panel,
    rows: chunkRows * width,
    lanes: chunkRows * 4,
  };
  const total = floats.packed + floats.norms + floats.rows + 2 * floats.lanes;
  const { memory, kernel } = await assemble(Math.ceil((4 * total) / 65536));
  let at = 0;
  const place = (count: number) => {
    const start = at;
    at += 4 * count;
    return start;
  };
  const [packedAt, normsAt, bestAt, codeAt, rowsAt] = [
    place(floats.packed),
    place(floats.norms),
    place(floats.lanes),
    place(floats.lanes),
    place(floats.rows),
  ] as const;
  const norms = new Float32Array(memory.buffer, normsAt, floats.norms);
  packCentroids(centroids, width, new Float32Array(memory.buffer, packedAt, floats.packed), norms);
  const best = new Float32Array(memory.buffer, bestAt, floats.lanes);
  const code = new Int32Array(memory.buffer, codeAt, floats.lanes);
  const input = new Float32Array(memory.buffer, rowsAt, floats.rows);
  return {
    find(rows, codes, distances) {
      const count = rows.length / width;
      for (let start = 0; start < count; start += chunkRows) {
        const part = rows.subarray(start * width, Math.min(count, start + chunkRows) * width);
        input.set(part);
        const partRows = part.length / width;
        input.fill(0, part.length, Math.ceil(partRows / tileRows) * tileRows * width);
        kernel(rowsAt, partRows, width, packedAt, panels, normsAt, bestAt, codeAt);
        for (let row = 0; row < partRows; row += 1) {
          const lane = bestLane(best, code, row);
          codes[start + row] = code[lane] ?? 0;
          if (distances === undefined) continue;
          let norm = 0;
          for (let k = 0; k < width; k += 1) norm += (part[row * width + k] ?? 0) ** 2;
          distances[start + row] = Math.max(0, norm + (best[lane] ?? 0));
        }
      }
    },
  };
}
