// mot_jax.mjs: the peer in jax-js: one jitted training step (forward, backward, clipping, AdamW), timed.
// In: the sizes of mot_torch.py, --routing sorted|where, --device wasm|webgpu (--software: on a GPU in software).
// Out: one line of JSON with every step's milliseconds.
// `where` computes every tower for every row and selects; `sorted` sorts rows by modality once per batch and slices, which
// only a fixed mix of modalities allows: another count would be another program to trace and compile.
// jax-js counts references: a call takes its arguments, `.ref` keeps one; see its README.

import { parseArgs } from "node:util";
import { provideWorkers } from "./workers.mjs";

const { values } = parseArgs({
  options: {
    dim: { type: "string", default: "256" },
    layers: { type: "string", default: "6" },
    heads: { type: "string", default: "4" },
    ffn: { type: "string", default: "684" },
    seq: { type: "string", default: "128" },
    batch: { type: "string", default: "16" },
    vtext: { type: "string", default: "2048" },
    vimage: { type: "string", default: "1024" },
    steps: { type: "string", default: "6" },
    warmup: { type: "string", default: "2" },
    threads: { type: "string", default: "2" },
    variant: { type: "string", default: "mot" },
    routing: { type: "string", default: "sorted" },
    device: { type: "string", default: "wasm" },
    software: { type: "boolean", default: false },
  },
});
const sizes = [
  "dim",
  "layers",
  "heads",
  "ffn",
  "seq",
  "batch",
  "vtext",
  "vimage",
  "steps",
  "warmup",
  "threads",
];
const { dim, layers, heads, ffn, seq, batch, vtext, vimage, steps, warmup, threads } = Object.fromEntries(
  sizes.map((name) => [name, Number(values[name])]),
);
const isOnGpu = values.device === "webgpu";
const startedWorkers = provideWorkers(threads);
// Its package is optional: loaded only where it is wanted.
const { countSubmits, provideGpu } = isOnGpu ? await import("./gpu.mjs") : {};
if (isOnGpu) provideGpu({ software: values.software, threads });
const {
  blockUntilReady,
  defaultDevice,
  getWebGPUDevice,
  init,
  jit,
  nn,
  numpy: np,
  tree,
  valueAndGrad,
} = await import("@jax-js/jax");
const devices = await init(values.device);
if (!devices.includes(values.device)) throw new Error(`jax-js finds no device \`${values.device}\``);
defaultDevice(values.device);

const towers = values.variant === "mot" ? 2 : 1;
const isSorted = towers > 1 && values.routing === "sorted";
const [vocab, rows, half] = [vtext + vimage, batch * seq, dim / heads / 2];
const textRows = batch * Math.floor(seq / 2);

/** x · wᵀ for [rows, in] and [out, in]. */
const linear = (x, w) => np.matmul(x, np.transpose(w));
const rmsNorm = (x, w) => {
  const scale = np.square(x.ref).mean(-1, { keepdims: true }).add(1e-5);
  return x.mul(np.reciprocal(np.sqrt(scale))).mul(w);
};
const swiGlu = (x, { gate, up, down }) => linear(nn.silu(linear(x.ref, gate)).mul(linear(x, up)), down);

/** Applies each tower to its own rows; `isImage` is [rows, 1]. */
function route(apply, x, weights, isImage) {
  if (towers === 1) return apply(x, weights[0]);
  if (isSorted) {
    const parts = np.split(x, [textRows], 0);
    return np.concatenate(
      parts.map((part, m) => apply(part, weights[m])),
      0,
    );
  }
  const text = apply(x.ref, weights[0]);
  return np.where(isImage.ref, apply(x, weights[1]), text);
}

/** Rotates [batch, seq, heads, 2·half] in halves. */
function rope(x, cosine, sine) {
  const [a, b] = np.split(x, 2, -1);
  const left = a.ref.mul(cosine.ref).sub(b.ref.mul(sine.ref));
  return np.concatenate([left, a.mul(sine.ref).add(b.mul(cosine.ref))], -1);
}

/** Takes rows. The factor 1 makes the gradient a computed array: jit cannot scatter a reshaped one (see lossOf). */
const takeRows = (x, places, one) => (isSorted ? np.take(x, places.ref, 0).mul(one.ref) : x);

function block(x, layer, data) {
  const { isImage, order, inverse, cosine, sine, one } = data;
  const h = route(rmsNorm, x.ref, layer.norm, isImage);
  const project = (weights, input) =>
    takeRows(route(linear, input, weights, isImage), inverse, one).reshape([batch, seq, heads, 2 * half]);
  const q = rope(project(layer.q, h.ref), cosine, sine);
  const k = rope(project(layer.k, h.ref), cosine, sine);
  const v = project(layer.v, h);
  const attended = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([rows, dim]);
  const y = x.add(route(linear, takeRows(attended, order, one), layer.out, isImage));
  return y.ref.add(route(swiGlu, route(rmsNorm, y, layer.ffnNorm, isImage), layer.ffn, isImage));
}

function lossOf(params, data) {
  let x = np.take(params.embedding, data.ids.ref, 0);
  for (const layer of params.blocks) x = block(x, layer, data);
  const logits = linear(rmsNorm(x, params.norm), params.head);
  // Not takeAlongAxis: jit of 0.1.25 cannot compile its gradient ("routine primitive scatter input is not imm").
  const picked = nn.logSoftmax(logits, -1).mul(nn.oneHot(data.targets.ref, vocab));
  for (const array of Object.values(data)) array.dispose();
  return picked.sum().mul(-1 / rows);
}

const { lr, beta1, beta2, eps, decay, clip } = {
  lr: 3e-4,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  decay: 0.01,
  clip: 1,
};

/** One step; `corrections` holds 1/(1−β1ˢ) and 1/(1−β2ˢ). */
function trainStep(params, m, v, corrections, data) {
  const [loss, gradient] = valueAndGrad(lossOf)(tree.ref(params), data);
  const squares = tree.leaves(tree.ref(gradient)).map((g) => np.square(g).sum());
  const norm = np.sqrt(squares.reduce((a, b) => a.add(b)));
  const factor = np.minimum(np.reciprocal(norm.add(1e-6)).mul(clip), 1);
  const clipped = tree.map((g) => g.mul(factor.ref), gradient);
  factor.dispose();
  const nextM = tree.map((old, g) => old.mul(beta1).add(g.mul(1 - beta1)), m, tree.ref(clipped));
  const nextV = tree.map((old, g) => old.mul(beta2).add(np.square(g).mul(1 - beta2)), v, clipped);
  const [first, second] = np.split(corrections, 2, 0);
  const next = tree.map(
    (p, mean, square) => {
      const direction = mean.mul(first.ref).div(np.sqrt(square.mul(second.ref)).add(eps));
      return p.mul(1 - lr * decay).sub(direction.mul(lr));
    },
    params,
    tree.ref(nextM),
    tree.ref(nextV),
  );
  first.dispose();
  second.dispose();
  return [loss, next, nextM, nextV];
}

let state = 1;
const draw = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const gaussian = (shape) => {
  const count = shape.reduce((a, b) => a * b, 1);
  const numbers = Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - draw()));
    return 0.02 * radius * Math.cos(2 * Math.PI * draw());
  });
  return np.array(numbers).reshape(shape);
};
const perTower = (make) => Array.from({ length: towers }, make);
const matrix = (out, inner) => perTower(() => gaussian([out, inner]));
const drawParameters = () => ({
  embedding: gaussian([vocab, dim]),
  blocks: Array.from({ length: layers }, () => ({
    norm: perTower(() => np.ones([dim])),
    q: matrix(dim, dim),
    k: matrix(dim, dim),
    v: matrix(dim, dim),
    out: matrix(dim, dim),
    ffnNorm: perTower(() => np.ones([dim])),
    ffn: perTower(() => ({
      gate: gaussian([ffn, dim]),
      up: gaussian([ffn, dim]),
      down: gaussian([dim, ffn]),
    })),
  })),
  norm: np.ones([dim]),
  head: gaussian([vocab, dim]),
});

/** Half text, half image in every sequence; the rows of `sorted` are all text, then all image. */
function drawBatch() {
  const isImageAt = (i) => i % seq >= Math.floor(seq / 2);
  const ids = Int32Array.from({ length: rows }, (_, i) =>
    isImageAt(i) ? vtext + Math.floor(draw() * vimage) : Math.floor(draw() * vtext),
  );
  const places = Int32Array.from({ length: rows }, (_, i) => i);
  const order = isSorted ? places.toSorted((a, b) => isImageAt(a) - isImageAt(b) || a - b) : places;
  const inverse = new Int32Array(rows);
  order.forEach((place, row) => {
    inverse[place] = row;
  });
  const next = (place) => ids[place - (place % seq) + ((place + 1) % seq)];
  const angles = (of) =>
    np
      .array(
        Float32Array.from({ length: seq * half }, (_, i) =>
          of(Math.floor(i / half) / 10000 ** ((i % half) / half)),
        ),
      )
      .reshape([1, seq, 1, half]);
  return {
    ids: np.array(order.map((place) => ids[place])),
    targets: np.array(order.map(next)),
    isImage: np
      .array(Int32Array.from(order, (place) => Number(isImageAt(place))))
      .reshape([rows, 1])
      .notEqual(0),
    order: np.array(order),
    inverse: np.array(inverse),
    one: np.array([1]),
    cosine: angles(Math.cos),
    sine: angles(Math.sin),
  };
}

const data = await blockUntilReady(drawBatch());
let params = drawParameters();
const parameters = tree.leaves(params).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
let m = tree.map((p) => np.zeros(p.shape), params);
let v = tree.map((p) => np.zeros(p.shape), params);
const run = jit(trainStep);
const losses = [];
const milliseconds = [];
/** Command buffers handed to the GPU so far: jax-js hands one over per kernel, and one per read. */
const submits = isOnGpu ? countSubmits(getWebGPUDevice()) : () => 0;
let submitsBefore = 0;
for (let s = 1; s <= warmup + steps; s += 1) {
  const corrections = np.array(new Float32Array([1 / (1 - beta1 ** s), 1 / (1 - beta2 ** s)]));
  submitsBefore = submits();
  const start = performance.now();
  const [loss, ...next] = run(params, m, v, corrections, tree.ref(data));
  [params, m, v] = await blockUntilReady(next);
  const value = await loss.data();
  if (s > warmup) milliseconds.push(performance.now() - start);
  losses.push(value[0]);
}
const [firstLoss, lastLoss] = [losses[0], losses.at(-1)];
const used = isOnGpu ? 0 : startedWorkers() || 1;
const figures = { milliseconds, firstLoss, lastLoss, parameters, threads: used };
const ofGpu = isOnGpu ? { submits: submits() - submitsBefore } : {};
process.stdout.write(`${JSON.stringify({ ...figures, ...ofGpu })}\n`);
process.exit(0);
