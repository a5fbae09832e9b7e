// wgsl.ts: a plan for grids → shader modules, records and dispatches.
// In: a plan whose launches are one kernel's text each, and what the device allows. Out: the program of an artifact.
// A text is printed once, however many layers, weights and modalities it serves: sizes and addresses are words of a
// record that it reads. So a step is data, and a model of a hundred layers compiles as few pipelines as one of two.

import { bug } from "../diagnostics/bug.ts";
import type { Argument, KernelBody, Launch, Plan } from "../kernel/kernel.ts";
import type { Planned } from "../kernel/plan.ts";
import type { WgslDispatch, WgslProgram } from "./artifact.ts";
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
import { cutBanks, spareFloats } from "./wgsl/banks.ts";
import type { WgslContext, WgslEngine } from "./wgsl/context.ts";
import { formOf } from "./wgsl/forms.ts";

export type { WgslEngine, WgslLimits } from "./wgsl/context.ts";
export { defaultLimits, engineOf, formsFor, type KernelForms, usualGpu } from "./wgsl/engine.ts";

export function emitWgsl({ plan, layout }: Planned, engine: WgslEngine): WgslProgram {
  const context: WgslContext = {
    ...engine,
    regions: plan.regions,
    panel: layout.schedule.panel,
    tileRows: plan.tileRows,
    banks: cutBanks(plan, engine),
  };
  const shaders = createShaders(context);
  const records: number[] = [];
  const dispatches = plan.launches.map((launch): WgslDispatch => {
    const tiles = tileTable(plan, layout, launch.space);
    const members = membersOf(plan, launch);
    const isRows = launch.tasks.length === 0;
    const modalities = isRows ? launch.stages.length : 1;
    const [first, ...shape] = appendRecords(members, modalities, records, (member) =>
      recordWords(plan, context, member),
    );
    return {
      shader: shaders.indexOf(members),
      workgroups: workgroupsOf(plan, context, tiles, launch, members),
      // Records stand behind the integers.
      job: [plan.regions.integerBytes / 4 + first, ...shape, ...tileWords(tiles, launch)],
      ...(members.some(({ body }) => formOf(body, context).writesIntegers) ? { writesIntegers: true } : {}),
    };
  });
  const list = shaders.list();
  return {
    kind: "wgsl",
    shaders: list,
    dispatches,
    records,
    integerBytes: plan.regions.integerBytes,
    floatStart: plan.regions.floatStart,
    bankFloats: context.banks.bankFloats,
    weightBanks: context.banks.weights,
    floatBanks: context.banks.floats,
    weights: engine.weights,
    requires: requirementsOf(plan, context, list, records.length),
    choices: choicesOf(engine),
  };
}

/** The shaders, then what each launch dispatches: for people and goldens. */
export function printWgsl({ shaders, dispatches, records, integerBytes }: WgslProgram): string {
  const texts = shaders.map(({ name, code }) => `// ---- ${name}\n${code}`);
  const lines = dispatches.map(
    ({ shader, workgroups, job: [start = 0, words = 0, modalities = 0, ...rest] }, i) => {
      const from = start - integerBytes / 4;
      const table = records.slice(from, from + workgroups[2] * modalities * words);
      return `// dispatch ${i} ${shaders[shader]?.name} ${workgroups.join("x")} tiles ${rest.join(" ")} records ${words}: ${table.join(" ")}`;
    },
  );
  return `${[...texts, ...lines].join("\n")}\n`;
}

/** Shader modules by text; what runs in one launch must have one text. */
function createShaders(context: WgslContext) {
  const byText = new Map<string, number>();
  const byBody = new Map<KernelBody, string>();
  const list: { name: string; code: string }[] = [];
  const textOf = (body: KernelBody): string => {
    const known = byBody.get(body);
    if (known !== undefined) return known;
    const { template, view } = formOf(body, context).shader(body, context);
    const text = render(template, view);
    byBody.set(body, text);
    return text;
  };
  return {
    list: () => list,
    indexOf: (members: readonly Member[]): number => {
      const [text, other] = new Set(members.map(({ body }) => textOf(body)));
      const kind = members[0]?.body.kind;
      if (text === undefined || other !== undefined)
        return bug("wgsl", `a launch of ${kind} has no text, or several`);
      const known = byText.get(text);
      if (known !== undefined) return known;
      list.push({ name: `s${String(list.length).padStart(2, "0")}_${kind}`, code: text });
      byText.set(text, list.length - 1);
      return list.length - 1;
    },
  };
}

/** The form's words, the arguments, and a mask of which of them are addresses. */
function recordWords(plan: Plan, context: WgslContext, { call, body }: Member): readonly number[] {
  return [
    ...formOf(body, context).words(body, context),
    ...call.args.map((argument) => argumentWord(plan, argument)),
    call.args.reduce((mask, argument, i) => (argument.kind === "buffer" ? mask | (1 << i) : mask), 0),
  ];
}

/** Elements from the start of the region that the buffer stands in. */
function argumentWord(plan: Plan, argument: Argument): number {
  if (argument.kind === "number") return argument.value;
  const buffer = plan.buffers[argument.buffer];
  if (buffer === undefined) return bug("wgsl", `no buffer ${argument.buffer}`);
  const { integerBytes, floatStart } = plan.regions;
  const { byteOffset } = buffer;
  const start = byteOffset < integerBytes ? 0 : byteOffset < floatStart ? integerBytes : floatStart;
  return (byteOffset - start + argument.offsetBytes) / 4;
}

function workgroupsOf(
  plan: Plan,
  context: WgslContext,
  tiles: TileTable,
  launch: Launch,
  members: readonly Member[],
): WgslDispatch["workgroups"] {
  const sizes = members.map(({ body, count }) =>
    formOf(body, context).workgroups(body, { rows: plan.rows, count }, context),
  );
  const isRows = members.every(({ body }) => isRowKind(body));
  const x = isRows ? tilesOf(plan, tiles, launch) : Math.max(...sizes.map(([across]) => across));
  const y = Math.max(...sizes.map(([, down]) => down));
  const z = turnsOf(members);
  const most = context.limits.maxComputeWorkgroupsPerDimension;
  if (Math.max(x, y, z) > most)
    return bug(
      "wgsl",
      `${members[0]?.body.kind} takes ${x} × ${y} × ${z} workgroups, and ${most} is the limit`,
    );
  return [x, y, z];
}

function requirementsOf(
  { regions, totalBytes }: Plan,
  context: WgslContext,
  shaders: WgslProgram["shaders"],
  recordWords: number,
): WgslProgram["requires"] {
  const uses = (feature: string): boolean => shaders.some(({ code }) => code.includes(`enable ${feature};`));
  const { banks } = context;
  const bindings = 1 + banks.weights + banks.floats;
  const largest = Math.max(
    regions.integerBytes + 4 * recordWords,
    Math.min(4 * banks.bankFloats, totalBytes - regions.integerBytes + 4 * spareFloats),
  );
  return {
    features: [
      ...(uses("f16") ? (["shader-f16"] as const) : []),
      ...(uses("subgroups") ? (["subgroups"] as const) : []),
    ],
    limits: {
      maxStorageBuffersPerShaderStage: bindings,
      maxStorageBufferBindingSize: largest,
      maxBufferSize: largest,
      maxComputeWorkgroupStorageSize: context.limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: context.limits.maxComputeInvocationsPerWorkgroup,
    },
  };
}

function choicesOf({ tile, attention, subgroups, weights }: WgslEngine): readonly string[] {
  const { rows, columns, depth, threadRows, threadColumns } = tile;
  return [
    `tile ${rows}x${columns}x${depth} ${threadRows}x${threadColumns}`,
    `attention by ${attention}`,
    `weights ${weights}`,
    subgroups ? "subgroups" : "no subgroups",
  ];
}
