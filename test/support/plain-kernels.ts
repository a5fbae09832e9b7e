// plain-kernels.ts: what each kernel should compute, in float64 loops written from kernel.ts and nothing else.
// In: dense matrices (rows of `width` numbers) and sizes. Out: dense matrices.
// Legend: r row, h head, g key-value head, c component of a head, s sequence position.

export type Matrix = { readonly width: number; readonly numbers: Float64Array };

export const matrix = (rows: number, width: number, at: (r: number, c: number) => number): Matrix => ({
  width,
  numbers: Float64Array.from({ length: rows * width }, (_, i) => at(Math.floor(i / width), i % width)),
});

export const get = (m: Matrix, r: number, c: number): number => m.numbers[r * m.width + c] ?? Number.NaN;

const add = (m: Matrix, r: number, c: number, x: number): void => {
  m.numbers[r * m.width + c] = get(m, r, c) + x;
};

export type Heads = {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly context: number;
};

/** Which rows see which: row_of per sequence position, first and last per row (in sequence positions). */
export type Sight = {
  readonly rowOf: readonly number[];
  readonly first: readonly number[];
  readonly last: readonly number[];
};

/** Rows that row r sees, in sequence order. */
const seenBy = ({ rowOf, first, last }: Sight, r: number): readonly number[] =>
  rowOf.slice(first[r], last[r]).filter((row) => row >= 0);

const scoresOf = (
  q: Matrix,
  k: Matrix,
  sight: Sight,
  r: number,
  h: number,
  sizes: Heads,
): readonly number[] => {
  const g = Math.floor(h / (sizes.heads / sizes.kvHeads));
  return seenBy(sight, r).map((s) => {
    let sum = 0;
    for (let c = 0; c < sizes.headDim; c += 1)
      sum += get(q, r, h * sizes.headDim + c) * get(k, s, g * sizes.headDim + c);
    return sum / Math.sqrt(sizes.headDim);
  });
};

function dotOfHeads(a: Matrix, b: Matrix, r: number, h: number, headDim: number): number {
  let sum = 0;
  for (let c = h * headDim; c < (h + 1) * headDim; c += 1) sum += get(a, r, c) * get(b, r, c);
  return sum;
}

const logSum = (scores: readonly number[]): number => {
  const largest = Math.max(...scores);
  return largest + Math.log(scores.reduce((sum, x) => sum + Math.exp(x - largest), 0));
};

export function attention(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  sight: Sight,
  sizes: Heads,
): { out: Matrix; lse: Matrix } {
  const rows = q.numbers.length / q.width;
  const out = matrix(rows, q.width, () => 0);
  const lse = matrix(rows, sizes.heads, () => 0);
  for (let r = 0; r < rows; r += 1) {
    for (let h = 0; h < sizes.heads; h += 1) {
      const g = Math.floor(h / (sizes.heads / sizes.kvHeads));
      const seen = seenBy(sight, r);
      if (seen.length === 0) continue;
      const scores = scoresOf(q, k, sight, r, h, sizes);
      add(lse, r, h, logSum(scores));
      for (const [i, s] of seen.entries()) {
        const p = Math.exp((scores[i] ?? 0) - get(lse, r, h));
        for (let c = 0; c < sizes.headDim; c += 1)
          add(out, r, h * sizes.headDim + c, p * get(v, s, g * sizes.headDim + c));
      }
    }
  }
  return { out, lse };
}

/** `out`: the results of attention as they were kept, where that was not exactly. */
export function attentionGrad(
  dout: Matrix,
  q: Matrix,
  k: Matrix,
  v: Matrix,
  sight: Sight,
  sizes: Heads,
  out?: Matrix,
): { dq: Matrix; dk: Matrix; dv: Matrix } {
  const { headDim } = sizes;
  const rows = q.numbers.length / q.width;
  const [dq, dk, dv] = [
    matrix(rows, q.width, () => 0),
    matrix(rows, k.width, () => 0),
    matrix(rows, v.width, () => 0),
  ];
  for (let r = 0; r < rows; r += 1) {
    for (let h = 0; h < sizes.heads; h += 1) {
      const g = Math.floor(h / (sizes.heads / sizes.kvHeads));
      const seen = seenBy(sight, r);
      const scores = scoresOf(q, k, sight, r, h, sizes);
      const total = logSum(scores);
      const p = scores.map((x) => Math.exp(x - total));
      const dp = seen.map((s) => {
        let sum = 0;
        for (let c = 0; c < headDim; c += 1)
          sum += get(dout, r, h * headDim + c) * get(v, s, g * headDim + c);
        return sum;
      });
      const kept =
        out === undefined
          ? p.reduce((sum, x, i) => sum + x * (dp[i] ?? 0), 0)
          : dotOfHeads(dout, out, r, h, headDim);
      for (const [i, s] of seen.entries()) {
        const ds = ((p[i] ?? 0) * ((dp[i] ?? 0) - kept)) / Math.sqrt(headDim);
        for (let c = 0; c < headDim; c += 1) {
          add(dq, r, h * headDim + c, ds * get(k, s, g * headDim + c));
          add(dk, s, g * headDim + c, ds * get(q, r, h * headDim + c));
          add(dv, s, g * headDim + c, (p[i] ?? 0) * get(dout, r, h * headDim + c));
        }
      }
    }
  }
  return { dq, dk, dv };
}

/** Loss and gradient of one row of logits. */
export function crossEntropy(logits: readonly number[], target: number, weight: number, zLoss: number) {
  if (target < 0) return { loss: 0, gradient: logits.map(() => 0) };
  const lse = logSum(logits);
  const loss = lse - (logits[target] ?? Number.NaN) + zLoss * lse * lse;
  const gradient = logits.map(
    (x, j) => weight * (Math.exp(x - lse) * (1 + 2 * zLoss * lse) - (j === target ? 1 : 0)),
  );
  return { loss, gradient };
}

/** Rotates one head's components i and i + size/2. */
export function rotate(
  head: readonly number[],
  angles: readonly number[],
  inverse: boolean,
): readonly number[] {
  const half = head.length / 2;
  const at = (i: number): number => head[i] ?? Number.NaN;
  return head.map((_, i) => {
    const angle = (angles[i % half] ?? 0) * (inverse ? -1 : 1);
    const sign = i < half ? -1 : 1;
    return at(i) * Math.cos(angle) + sign * at((i + half) % head.length) * Math.sin(angle);
  });
}

export type AdamwSettings = {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
};

/** One element of AdamW: [param, m, v]. */
export function adamw(
  [p, g, m, v]: readonly [number, number, number, number],
  [rate, correct1, correct2]: readonly [number, number, number],
  { beta1, beta2, eps, weightDecay }: AdamwSettings,
): readonly [number, number, number] {
  const first = beta1 * m + (1 - beta1) * g;
  const second = beta2 * v + (1 - beta2) * g * g;
  const step = (first * correct1) / (Math.sqrt(second * correct2) + eps) + weightDecay * p;
  return [p - rate * step, first, second];
}
