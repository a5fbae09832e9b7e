// browser.ts: the public API as far as a page can have it: the playground's only import, and that of pages of your own.
// In: nothing. Out: names, in the order data moves. Nothing here, nor below it, needs Node; test/view.test.ts checks
// that. `index.ts` is the same for Node, with files, threads and the command line's needs.

export { lex } from "../grammar/tokens.ts";
export { checkAllSource, type Read } from "./check/load.ts";
export type { Model } from "./check/model.ts";
export { printModel } from "./check/print.ts";
export { type CompileOptions, compile, type StageName, stageNames } from "./compile.ts";
export { DataError, type Dataset } from "./data/dataset.ts";
export { datasetOfBytes } from "./data/packed.ts";
export { type BatchStream, createBatchStream, validationBatches } from "./data/packing.ts";
export { CompilerBug } from "./diagnostics/bug.ts";
export { type Diagnostic, hasErrors } from "./diagnostics/diagnostic.ts";
export { countLine, renderDiagnostics } from "./diagnostics/render.ts";
export { positionAt, type Source } from "./diagnostics/source.ts";
export { type Cost, costOf } from "./lower/cost.ts";
export type { Batch } from "./runtime/batch.ts";
export { type CompareDocument, compareDocument } from "./runtime/compare-document.ts";
export { type Device, DeviceError } from "./runtime/device.ts";
export { engineFeatures, usualTile } from "./runtime/engine-features.ts";
export { matchRatio, mean, median, smooth, smoothingWindow } from "./runtime/match.ts";
export { formatBytes, MemoryError } from "./runtime/memory.ts";
export { type Race, type Racer, type RaceStep, startRace } from "./runtime/race.ts";
export type { Metrics, RunRecord, Timing, Validation } from "./runtime/record.ts";
export { openSession, type Session } from "./runtime/session.ts";
export { NonFiniteError, trainStep } from "./runtime/step.ts";
export { browserThreads, openBrowserWasmDevice } from "./runtime/wasm-browser.ts";
export { openWebgpuDevice, type WebgpuDevice } from "./runtime/webgpu.ts";
export { findPageAdapter, type PageAdapter } from "./runtime/webgpu-page.ts";
export { type AdapterTraits, describeAdapter } from "./runtime/webgpu-traits.ts";
export { quietWatch, type StageWatch } from "./stage.ts";
export { parse } from "./syntax/build.ts";
export { format } from "./syntax/format.ts";
export { type Artifact, isWasm, isWgsl, type WasmArtifact, type WgslArtifact } from "./targets/artifact.ts";
export type { WasmEngine } from "./targets/wasm.ts";
export { engineOf, usualGpu, type WgslEngine } from "./targets/wgsl.ts";
