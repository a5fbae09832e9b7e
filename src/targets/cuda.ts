// cuda.ts: a plan for grids → CUDA C++ kernels, records and launches.
// In: a plan whose launches are one kernel's text each, and the engine. Out: the program of an artifact.

import { bug } from "../diagnostics/bug.ts";
import { chunkOf } from "../kernel/host.ts";
import type { Argument, Call, Launch, Plan } from "../kernel/kernel.ts";
import type { Layout } from "../kernel/layout.ts";
import type { Planned } from "../kernel/plan.ts";
import type { CudaKernel, CudaLaunch, CudaProgram, CudaTensorMap } from "./artifact.ts";
import type { CudaContext, CudaEngine, Element, GridSizes } from "./cuda/context.ts";
import { formOf } from "./cuda/forms.ts";
import {
  appendRecords,
  isRowKind,
  type Member,
  membersOf,
  type TileTable,
  tilesOf,
  tileTable,
  tileWords,
  turnsOf,
} from "./launches.ts";
import { render } from "./render.ts";

export type { CudaEngine } from "./cuda/context.ts";
export { cudaEngine } from "./cuda/engine.ts";

export function emitCuda({ plan, layout }: Planned, engine: CudaEngine): CudaProgram {
  const context: CudaContext = { ...engine, tileRows: plan.tileRows };
  const kernels = createKernels(plan, context);
  const records: number[] = [];
  const maps: CudaTensorMap[] = [];
  const launches = plan.launches.map((launch): CudaLaunch => {
    const tiles = tileTable(plan, layout, launch.space);
    const members = membersOf(plan, launch);
    const modalities = launch.tasks.length === 0 ? launch.stages.length : 1;
    const shape = appendRecords(members, modalities, records, (member) => [
      ...formOf(member.body).words(member.body, context),
      ...member.call.args.flatMap((argument) => argumentWords(plan, argument)),
      appendMaps(plan, context, member, mappedSizes(plan, layout, launch, member), maps),
    ]);
    const blocks = blocksOf(plan, layout, context, tiles, launch, members);
    const [, parts, turns] = blocks;
    const isPersistent = members.every(({ body }) => formOf(body).isPersistent === true);
    return {
      kernel: kernels.indexOf(members),
      blocks: isPersistent ? [blocks[0] * parts * turns, 1, 1] : blocks,
      ...(isPersistent ? { isPersistent } : {}),
      job: [...shape, ...tileWords(tiles, launch), parts, turns],
    };
  });
  return {
    kind: "cuda",
    precision: engine.precision,
    kernels: kernels.list,
    launches,
    records,
    maps,
    choices: choicesOf(engine),
  };
}

/** The kernels, then what each launch runs: for people and goldens. */
export function printCuda({ kernels, launches, records, maps }: CudaProgram): string {
  const texts = kernels.map(({ name, source }) => `// ---- ${name}\n${source}`);
  const ofMaps = maps.map(
    ({ byteOffset, rows, columns, stride, boxRows, boxColumns }, i) =>
      `// map ${i} at ${byteOffset}: ${rows}x${columns} every ${stride}, boxes ${boxRows}x${boxColumns}`,
  );
  const lines = launches.map(({ kernel, blocks, isPersistent, job }, i) => {
    const [start = 0, words = 0, modalities = 0, ...rest] = job;
    const turns = job[7] ?? 1;
    const table = records.slice(start, start + turns * modalities * words);
    const walk = isPersistent ? " at most" : "";
    return `// launch ${i} ${kernels[kernel]?.name}${walk} ${blocks.join("x")} tiles ${rest.join(" ")} records ${words}: ${table.join(" ")}`;
  });
  return `${[...texts, ...ofMaps, ...lines].join("\n")}\n`;
}

/** Kernels by text; what runs in one launch must have one text. */
function createKernels(plan: Plan, context: CudaContext) {
  const byText = new Map<string, number>();
  const known = new Map<string, Omit<CudaKernel, "name">>();
  const list: CudaKernel[] = [];
  const kernelOf = ({ call, body }: Member): Omit<CudaKernel, "name"> => {
    const elements = call.args.map((argument) => elementOf(plan, argument));
    const key = `${call.kernel} ${elements.join()}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const { template, view, configurations } = formOf(body).source(body, elements, context);
    const kernel = { entry: body.kind, source: render(template, view), configurations };
    known.set(key, kernel);
    return kernel;
  };
  return {
    list,
    indexOf: (members: readonly Member[]): number => {
      const made = members.map(kernelOf);
      const [first] = made;
      const kind = members[0]?.body.kind;
      if (first === undefined || made.some(({ source }) => source !== first.source))
        return bug("cuda", `a launch of ${kind} has no text, or several`);
      const { source } = first;
      const index = byText.get(source);
      if (index !== undefined) return index;
      list.push({ name: `c${String(list.length).padStart(2, "0")}_${kind}`, ...first });
      byText.set(source, list.length - 1);
      return list.length - 1;
    },
  };
}

function elementOf({ buffers }: Plan, argument: Argument): Element {
  return argument.kind === "number" ? "number" : (buffers[argument.buffer]?.element ?? "f32");
}

/** A place in the arena, bytes; of a chunk's rows it may lie before its buffer, or even before the arena. */
function placeOf({ buffers }: Plan, argument: Extract<Argument, { kind: "buffer" }>): number {
  const buffer = buffers[argument.buffer] ?? bug("cuda", `no buffer ${argument.buffer}`);
  return buffer.byteOffset + argument.offsetBytes;
}

/** Low and high word of a signed 64-bit number. */
function argumentWords(plan: Plan, argument: Argument): readonly [number, number] {
  const value = argument.kind === "number" ? argument.value : placeOf(plan, argument);
  // Kernels read the low word of a number.
  if (argument.kind === "number" && value !== (value | 0)) return bug("cuda", `${value} is no i32`);
  return [(value % 2 ** 32) | 0, Math.floor(value / 2 ** 32)];
}

/** Appends the maps that a call reads through; gives back the index of the first. */
function appendMaps(
  plan: Plan,
  context: CudaContext,
  { call, body }: Member,
  sizes: GridSizes,
  maps: CudaTensorMap[],
): number {
  const first = maps.length;
  for (const { argument, ...map } of formOf(body).maps?.(body, sizes, context) ?? []) {
    const place = call.args[argument];
    if (place?.kind !== "buffer") return bug("cuda", `argument ${argument} of ${body.kind} is no address`);
    const byteOffset = placeOf(plan, place);
    // Rows are counted from where row 0 would stand; what stands behind a chunk's may be behind the arena.
    const buffer = plan.buffers[place.buffer];
    const end = buffer === undefined ? byteOffset : buffer.byteOffset + buffer.byteLength;
    maps.push({
      byteOffset,
      ...map,
      rows: Math.min(map.rows, Math.floor((end - byteOffset) / (2 * map.stride))),
    });
  }
  return first;
}

const sizesOf = (layout: Layout, launch: Launch, { count, call }: Member): GridSizes => ({
  rows: layout.rowsIn(launch.space ?? spaceOfTask(launch, call)),
  count,
});

/** Of a chunk of rows, no row past its end is looked at: what stands there may not even be the arena's. */
function mappedSizes(plan: Plan, layout: Layout, launch: Launch, member: Member): GridSizes {
  const sizes = sizesOf(layout, launch, member);
  const chunk = launch.chunk ?? chunkOf(plan, member.call);
  return chunk === undefined ? sizes : { ...sizes, rows: Math.min(sizes.rows, (chunk + 1) * plan.chunkRows) };
}

const spaceOfTask = ({ tasks }: Launch, call: Call): number | undefined =>
  tasks.find((task) => task.call === call)?.space;

/** Largest number of blocks along y and z. */
const mostBlocks = 65535;

function blocksOf(
  plan: Plan,
  layout: Layout,
  context: CudaContext,
  tiles: TileTable,
  launch: Launch,
  members: readonly Member[],
): CudaLaunch["blocks"] {
  const sizes = members.map((member) =>
    formOf(member.body).blocks(member.body, sizesOf(layout, launch, member), context),
  );
  const isRows = members.every(({ body }) => isRowKind(body));
  const x = isRows ? tilesOf(plan, tiles, launch) : Math.max(...sizes.map(([across]) => across));
  const y = Math.max(...sizes.map(([, down]) => down));
  const z = turnsOf(members);
  if (Math.max(y, z) > mostBlocks || x * y * z >= 2 ** 31)
    return bug("cuda", `${members[0]?.body.kind} takes ${x} × ${y} × ${z} blocks, more than a grid has`);
  return [x, y, z];
}

function choicesOf({ tile, precision }: CudaEngine): readonly string[] {
  return [`precision ${precision}`, `tile ${tile.rows}x${tile.columns}x${tile.depth}`];
}
