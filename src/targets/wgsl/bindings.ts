// bindings.ts: the declarations that open every shader: the job, the integers, and the functions that read and write
// the float regions.
// In: which regions a shader touches, and in which view. Out: the lines of the partial `_bindings`.
// A region is cut into banks because a device limits a binding; with one bank an access is a plain index, with several
// it is a switch that every thread of a workgroup takes the same way, or nearly so.

import type { WgslContext } from "./context.ts";

/** `scalar`: any element alone; `vector`: aligned whole vectors of four, which is what wide loads want. */
export type FloatView = "scalar" | "vector";

export type Uses = {
  readonly floats: FloatView;
  /** Whether the shader reads or writes packed weights. */
  readonly weights?: "read" | "write";
  /** Reading integers that nothing in the dispatch writes is uniform; only what chooses experts writes them. */
  readonly integers?: "write";
  /** Whether it sums over a workgroup, and how many threads that has. */
  readonly sumThreads?: number;
};

type Access = {
  readonly name: string;
  readonly banks: number;
  readonly bankSize: number;
  readonly element: string;
  readonly read: (place: string) => string;
  readonly write: (value: string) => string;
};

/** Lines of declarations and access functions, as the partial `_bindings` places them. */
export function bindingLines(uses: Uses, context: WgslContext): readonly string[] {
  const { banks } = context;
  const floats = floatAccess(uses.floats, context);
  const weights = weightAccess(context);
  const needsHalf = uses.weights !== undefined && context.weights === "f16" && context.shaderF16;
  const needsSubgroups = uses.sumThreads !== undefined && context.subgroups;
  return [
    ...(needsHalf ? ["enable f16;"] : []),
    ...(needsSubgroups ? ["enable subgroups;"] : []),
    "struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }",
    "@group(0) @binding(0) var<uniform> job: Job;",
    `@group(0) @binding(1) var<storage, ${uses.integers === "write" ? "read_write" : "read"}> host: array<i32>;`,
    ...(uses.weights === undefined ? [] : declarations(weights, 2)),
    ...declarations(floats, 2 + banks.weights),
    ...accessFunctions(uses, floats, weights),
  ];
}

function accessFunctions(uses: Uses, floats: Access, weights: Access): readonly string[] {
  const vector = "vec4<f32>";
  const own =
    uses.floats === "vector"
      ? [...reader("load4", vector, floats), ...writer("store4", vector, floats)]
      : [...reader("load", "f32", floats), ...writer("store", "f32", floats), ...scalarVectors];
  if (uses.weights === undefined) return own;
  return uses.weights === "read"
    ? [...own, ...reader("weight4", vector, weights)]
    : [...own, ...writer("store_weight4", vector, weights)];
}

/** Four elements from any place, where the view is of single ones. */
const scalarVectors = [
  "fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }",
];

function floatAccess(view: FloatView, { banks }: WgslContext): Access {
  const isVector = view === "vector";
  return {
    name: "floats",
    banks: banks.floats,
    bankSize: isVector ? banks.bankFloats / 4 : banks.bankFloats,
    element: isVector ? "vec4<f32>" : "f32",
    read: (place) => place,
    write: (value) => value,
  };
}

function weightAccess({ banks, weights, shaderF16 }: WgslContext): Access {
  const form = weights === "f32" ? "f32" : shaderF16 ? "f16" : "u32";
  return {
    name: "weights",
    banks: banks.weights,
    bankSize: banks.bankFloats / 4,
    ...weightElements[form],
  };
}

/** Four weights: as they are, as halves, or as halves in words where shaders have no type for them. */
const weightElements: Readonly<Record<"f32" | "f16" | "u32", Pick<Access, "element" | "read" | "write">>> = {
  f32: { element: "vec4<f32>", read: (place) => place, write: (value) => value },
  f16: {
    element: "vec4<f16>",
    read: (place) => `vec4<f32>(${place})`,
    write: (value) => `vec4<f16>(${value})`,
  },
  u32: {
    element: "vec2<u32>",
    read: (place) => `vec4(unpack2x16float(${place}.x), unpack2x16float(${place}.y))`,
    write: (value) => `vec2(pack2x16float(${value}.xy), pack2x16float(${value}.zw))`,
  },
};

function declarations({ name, banks, element }: Access, firstBinding: number): readonly string[] {
  return Array.from(
    { length: banks },
    (_, bank) =>
      `@group(0) @binding(${firstBinding + bank}) var<storage, read_write> ${name}${bank}: array<${element}>;`,
  );
}

function reader(name: string, type: string, access: Access): readonly string[] {
  const read = (bank: number, index: string): string =>
    `return ${access.read(`${access.name}${bank}[${index}]`)};`;
  return accessFunction(`fn ${name}(i: u32) -> ${type}`, access, read);
}

function writer(name: string, type: string, access: Access): readonly string[] {
  const write = (bank: number, index: string): string =>
    `${access.name}${bank}[${index}] = ${access.write("x")};`;
  return accessFunction(`fn ${name}(i: u32, x: ${type})`, access, write);
}

function accessFunction(
  head: string,
  { banks, bankSize }: Access,
  statement: (bank: number, index: string) => string,
): readonly string[] {
  if (banks === 1) return [`${head} { ${statement(0, "i")} }`];
  const index = `i % ${bankSize}u`;
  const cases = Array.from({ length: banks }, (_, bank) =>
    bank === banks - 1
      ? `    default: { ${statement(bank, index)} }`
      : `    case ${bank}u: { ${statement(bank, index)} }`,
  );
  return [`${head} {`, `  switch (i / ${bankSize}u) {`, ...cases, "  }", "}"];
}
