// session.ts: an artifact on a device: parameters, batches in, losses out.
// In: an artifact and a device. Out: a Session. It knows the model's numbers (parameters by path, losses by modality),
// the device only bytes. After anything but the update changed a parameter the packed copies are made again.

import type { Artifact, ArtifactTensor } from "../targets/artifact.ts";
import type { Batch } from "./batch.ts";
import type { Device, DeviceTimes, Phase } from "./device.ts";
import { type BatchLayout, cutTiles, layoutBatch, rowSegments, sortByToken } from "./layout.ts";
import { dropoutKey, initialValue } from "./parameters.ts";
import { isPatchInput, padRows } from "./patch-rows.ts";

/** Losses of one batch: `total` is the weighted sum the gradients belong to. */
export type Losses = {
  readonly total: number;
  /** Mean per target of that modality: nats, or mean square per element; `undefined` where the batch has no target. */
  readonly byModality: readonly (number | undefined)[];
  readonly targetCounts: readonly number[];
};

export type Session = {
  readonly artifact: Artifact;
  readonly device: Device;
  /** Draws every parameter from the seed, clears the optimizer's state. Dropout draws from that seed from then on. */
  initialize(seed: number): Promise<void>;
  /** Ships a batch: inputs, row order, tiles, segments. */
  writeBatch(batch: Batch): void;
  /** lr, 1/(1−β1ˢ), 1/(1−β2ˢ). */
  writeSchedule(schedule: Float32Array): void;
  /** Dropout draws its masks of this step, counted from 1, until told otherwise; without a step it is the identity. */
  writeDropout(step?: number): void;
  /** Runs phases on the batch written last. */
  run(phases: readonly Phase[]): Promise<void>;
  profile(phases: readonly Phase[]): Promise<DeviceTimes>;
  losses(): Promise<Losses>;
  /** Global gradient norm before clipping; after a run that included the update. */
  gradientNorm(): Promise<number>;
  /** A tensor by its name in `artifact.tensors`, dense: rows without their padding. */
  read(name: string): Promise<Float32Array>;
  /**
   * Overwrites tensors by name (`param/…`, `m/…`, `v/…`) and packs the weights again.
   * - `seed` of the run they come from: its dropout goes on as it would have.
   */
  restore(tensors: ReadonlyMap<string, Float32Array>, seed?: number): Promise<void>;
  /** Row of a sequence position in the batch written last; −1 where it is empty. */
  rowOf(position: number): number;
  close(): Promise<void>;
};

/** Opens an artifact on a device that was made for it. */
export function openSession(artifact: Artifact, device: Device): Session {
  let current: BatchLayout | undefined;
  let dropoutSeed = 0;
  const tensor = (name: string): ArtifactTensor => {
    const found = Object.hasOwn(artifact.tensors, name) ? artifact.tensors[name] : undefined;
    if (found === undefined) throw new Error(`the artifact has no tensor \`${name}\``);
    return found;
  };
  const layout = (): BatchLayout => {
    if (current === undefined) throw new Error("no batch was written yet");
    return current;
  };
  writeRotaryTables(artifact, device);
  writeSinusoidTables(artifact, device);

  const session: Session = {
    artifact,
    device,
    async initialize(seed) {
      dropoutSeed = seed;
      writeInitialValues(artifact, device, seed);
      await device.run(["prepare"]);
    },
    writeBatch(batch) {
      const { span = artifact.context } = artifact;
      if (batch.batch !== artifact.batch || batch.context !== span) {
        throw new Error(
          `a batch of ${batch.batch} × ${batch.context} for a step compiled for ${artifact.batch} × ${span}`,
        );
      }
      current = layoutBatch(batch, artifact);
      writeLayout(artifact, device, current);
    },
    writeSchedule: (schedule) => device.write(tensor("schedule").byteOffset, schedule),
    writeDropout(step) {
      const place = artifact.tensors.dropout;
      if (place !== undefined) device.write(place.byteOffset, dropoutKey(dropoutSeed, step));
    },
    run: (phases) => device.run(phases),
    profile: (phases) => device.profile(phases),
    async losses() {
      const sums = await device.readFloats(tensor("loss").byteOffset, 1 + artifact.modalities.length);
      const targetCounts = [...layout().targetCounts];
      const isCounted = (m: number): boolean =>
        artifact.objectives.some(({ modalities }) => modalities.includes(m));
      const byModality = targetCounts.map((count, m) =>
        count === 0 || !isCounted(m) ? undefined : (sums[1 + m] ?? 0) / count,
      );
      return { total: sums[0] ?? 0, byModality, targetCounts };
    },
    async gradientNorm() {
      return (await device.readFloats(tensor("norm").byteOffset, 1))[0] ?? 0;
    },
    read: (name) => readDense(device, tensor(name)),
    async restore(tensors, seed) {
      dropoutSeed = seed ?? dropoutSeed;
      for (const [name, values] of tensors) {
        const place = tensor(name);
        if (elements(place) !== values.length)
          throw new Error(`\`${name}\` has ${elements(place)} elements, not ${values.length}`);
        device.write(place.byteOffset, values);
      }
      await device.run(["prepare"]);
    },
    rowOf: (position) => layout().rowOf[position] ?? -1,
    close: () => device.close(),
  };
  return session;
}

/** Every parameter as the seed draws it, and cleared moments. */
function writeInitialValues({ parameters, tensors }: Artifact, device: Device, seed: number): void {
  for (const parameter of parameters) {
    const place = tensors[`param/${parameter.path}`];
    if (place === undefined) continue;
    device.write(place.byteOffset, initialValue(parameter, seed));
    for (const slot of ["m", "v"]) {
      const moment = tensors[`${slot}/${parameter.path}`];
      if (moment !== undefined) device.write(moment.byteOffset, new Float32Array(elements(moment)));
    }
  }
}

function elements(tensor: ArtifactTensor): number {
  return tensor.shape.reduce((product, size) => product * size, 1);
}

async function readDense(device: Device, tensor: ArtifactTensor): Promise<Float32Array> {
  const [rows = 1, width = 1] = tensor.shape;
  if (tensor.stride === undefined || tensor.stride === width)
    return device.readFloats(tensor.byteOffset, elements(tensor));
  const padded = await device.readFloats(tensor.byteOffset, rows * tensor.stride);
  const dense = new Float32Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    dense.set(padded.subarray(row * tensor.stride, row * tensor.stride + width), row * width);
  }
  return dense;
}

/** cos and sin of position · base^(−2i/headDim), as `rope` reads them (pairs i and i + headDim/2). */
function writeRotaryTables(artifact: Artifact, device: Device): void {
  for (const { base, headDim, cosine, sine } of artifact.rotaryTables) {
    const half = headDim / 2;
    const tables = {
      cosine: new Float32Array(artifact.context * half),
      sine: new Float32Array(artifact.context * half),
    };
    for (let position = 0; position < artifact.context; position += 1) {
      for (let i = 0; i < half; i += 1) {
        const angle = position * base ** ((-2 * i) / headDim);
        tables.cosine[position * half + i] = Math.cos(angle);
        tables.sine[position * half + i] = Math.sin(angle);
      }
    }
    device.write(cosine, tables.cosine);
    device.write(sine, tables.sine);
  }
}

/** cos and then sin of t · 10000^(−2i/width), for every timestep t. */
function writeSinusoidTables({ sinusoidTables }: Artifact, device: Device): void {
  for (const { width, timesteps, byteOffset } of sinusoidTables) {
    const half = width / 2;
    const table = new Float32Array(timesteps * width);
    for (let t = 0; t < timesteps; t += 1) {
      for (let i = 0; i < half; i += 1) {
        const angle = t * 10_000 ** ((-2 * i) / width);
        table[t * width + i] = Math.cos(angle);
        table[t * width + half + i] = Math.sin(angle);
      }
    }
    device.write(byteOffset, table);
  }
}

function writeLayout(artifact: Artifact, device: Device, layout: BatchLayout): void {
  const { layout: places, tensors } = artifact;
  for (const [name, values] of layout.inputs) {
    const place = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    if (place === undefined) continue;
    const { byteOffset, stride = 1 } = place;
    if (!isPatchInput(name) || !(values instanceof Float32Array)) device.write(byteOffset, values);
    else
      for (const run of padRows(values, stride, layout, artifact.modalities))
        device.write(byteOffset + 4 * stride * run.row, run.values);
  }
  device.write(places.rowOf, layout.rowOf);
  const { tiles, tileStarts } = cutTiles(layout.offsets, places);
  device.write(places.tiles, tiles);
  device.write(places.tileStarts, tileStarts);
  if (places.tokenRows !== undefined) {
    const { order, starts } = sortByToken(layout.inputs.get("tokens") ?? [], artifact.vocab);
    device.write(places.tokenRows.order, order);
    device.write(places.tokenRows.starts, starts);
  }
  for (const { byteOffset, modalities, chunk } of places.segments) {
    const range =
      chunk === undefined ? undefined : ([chunk * places.chunkRows, (chunk + 1) * places.chunkRows] as const);
    device.write(byteOffset, rowSegments(layout.offsets, modalities, range));
  }
}
