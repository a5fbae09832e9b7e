// wasm.ts: kernels → one WebAssembly module as text.
// In: kernels and what the engine can do. Out: WAT whose table holds kernel i at place i, and the scratch a thread needs.
// Functions are printed once per distinct shape; the step is data that the walker inside the module reads.

import type { GridOnlyKind, Kernel, KernelKind } from "../kernel/kernel.ts";
import type { WasmProgram } from "./artifact.ts";
import { render } from "./render.ts";
import {
  createContext,
  type KernelOf,
  type KernelText,
  type WasmContext,
  type WasmEngine,
} from "./wasm/context.ts";
import { moduleView, walkerView } from "./wasm/module.ts";
import { renderPanel } from "./wasm/panels.ts";
import { wasmLibraries, wasmViews } from "./wasm/views.ts";

export type { WasmEngine };

export type EmittedWasm = { readonly program: WasmProgram; readonly scratchBytes: number };

/** Emits one module for kernels whose names are distinct. */
export function emitWasm(kernels: readonly Kernel[], engine: WasmEngine): EmittedWasm {
  const context = createContext(engine);
  const texts = kernels.map((kernel) => textOf(kernel, context));
  const functions = texts.map(({ template, view }) => render(template, view));
  const libraries = wasmLibraries
    .map((library) => library(context))
    .map(({ template, view }) => render(template, view));
  const panels = context.panels().map((panel) => renderPanel(panel, context));
  const parts = [
    render("wasm/module", moduleView(kernels.map(({ name }) => name))),
    render("wasm/walk", walkerView(false)),
    render("wasm/walk", walkerView(true)),
    ...libraries,
    ...panels,
    ...functions,
  ];
  return {
    program: {
      kind: "wasm",
      wat: `${parts.join("\n")})\n`,
      relaxedSimd: engine.relaxedSimd,
      tile: engine.tile,
    },
    scratchBytes: Math.max(0, ...texts.map(({ scratchBytes }) => scratchBytes)),
  };
}

/** The view of a kernel's kind; the table's type says that it takes exactly this kind. */
function textOf<K extends Exclude<KernelKind, GridOnlyKind>>(
  kernel: Kernel,
  context: WasmContext,
): KernelText {
  const kind = kernel.body.kind as K;
  const view = wasmViews[kind];
  if (view === undefined) throw new Error(`kernel ${kernel.name}: no WebAssembly form of ${kind}`);
  return view(kernel as KernelOf<K>, context);
}
