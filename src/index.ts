// index.ts: the public API, the only file that outsiders import: the command line, the benchmarks, your own programs.
// In: nothing. Out: names, in the order data moves: check a source, compile a model, prepare data, open a session, train.
// Everything up to `compile` is pure and runs in a browser; data and runtime are Node's.

export type { Checked, CheckedAll } from "./check/check.ts";
export { checkAllSource, checkSource, load as loadFiles } from "./check/load.ts";
export type { Model } from "./check/model.ts";
export { printModel } from "./check/print.ts";
export { requestedModalities } from "./check/requested.ts";
export { type CompileOptions, compile, type StageName, stageNames } from "./compile.ts";
export { type CaptionedPicture, captionedPictures } from "./data/captioned.ts";
export { patchCount, pictureOfPatches } from "./data/continuous.ts";
export { DataError, type Dataset, type OnProgress, type Picture, type SpeechCodec } from "./data/dataset.ts";
export {
  codesPerImage,
  decodeImage,
  decodeSound,
  decodeText,
  encodeText,
  knownCodes,
} from "./data/decode.ts";
export { createBatchStream, validationBatches } from "./data/packing.ts";
export { encodePng, readPng, writePng } from "./data/png.ts";
export { availableModalities, prepareData } from "./data/prepare.ts";
export {
  afterPatches,
  captionPrompt,
  encodeImage,
  encodeSound,
  type PromptPart,
  picturePrompt,
  promptOf,
  readDocument,
  textPrompt,
  type WrittenPart,
} from "./data/prompts.ts";
export { decodeSpeech } from "./data/speech.ts";
export { contactSheet, dataSummary, formatSummary, pictures, sounds } from "./data/summary.ts";
export { encodeWav, writeWav } from "./data/wav.ts";
export { CompilerBug } from "./diagnostics/bug.ts";
export { codes, explain } from "./diagnostics/codes.ts";
export { type Diagnostic, hasErrors } from "./diagnostics/diagnostic.ts";
export { renderDiagnostics, toJson } from "./diagnostics/render.ts";
export { positionAt, type Source } from "./diagnostics/source.ts";
export { suggest } from "./diagnostics/suggest.ts";
export { type Knobs, knobTable, processKnobs } from "./knobs.ts";
export { type Cost, costOf } from "./lower/cost.ts";
export {
  type ModelSource,
  type OpenModel,
  type OpenOptions,
  openModel,
  requireCheckpoint,
  requireSameData,
  type Writing,
  whyNotDecoded,
} from "./open.ts";
export type { Batch } from "./runtime/batch.ts";
export { callNames } from "./runtime/call-scope.ts";
export { type Checkpoint, loadCheckpoint, restoreCheckpoint } from "./runtime/checkpoint.ts";
export { keepChoice, recallChoice } from "./runtime/choices.ts";
export { type CompareOptions, type Contender, compareRuns } from "./runtime/compare.ts";
export {
  type CompareDocument,
  compareDocument,
  type SeedSummary,
  type Spread,
  type SweepPoint,
  summarizeSeeds,
  sweepPoint,
} from "./runtime/compare-document.ts";
export { type CudaDevice, openCudaDevice } from "./runtime/cuda.ts";
export { architectureOf, type CudaTraits, listCudaDevices } from "./runtime/cuda-devices.ts";
export { type CudaGpu, type CudaGpuOptions, openCudaGpu } from "./runtime/cuda-gpu.ts";
export { compileKernels } from "./runtime/cuda-kernels.ts";
export { checkCudaMemory } from "./runtime/cuda-memory.ts";
export { findCompiler } from "./runtime/cuda-toolkit.ts";
export { ContextFullError, type Decoder, openDecoder } from "./runtime/decoder.ts";
export { type Device, DeviceError } from "./runtime/device.ts";
export { type Denoising, denoisingOf, drawFromNoise, positionsOf, startsOf } from "./runtime/diffusion.ts";
export { documentsBatch } from "./runtime/documents.ts";
export {
  type Drawing,
  drawPictures,
  speakTexts,
  startWithPictures,
  writeDocuments,
  writeTexts,
} from "./runtime/drawing.ts";
export { detectEngine, type Engine } from "./runtime/engine.ts";
export { exportStep } from "./runtime/export.ts";
export { makeFolder } from "./runtime/folder.ts";
export { mean, median, smooth, smoothingWindow } from "./runtime/match.ts";
export { checkMemory, formatBytes, MemoryError } from "./runtime/memory.ts";
export { type Part, type Profile, profileSteps } from "./runtime/profile.ts";
export type { Metrics } from "./runtime/record.ts";
export {
  type ReportParts,
  type ReportPicture,
  type ReportSound,
  type ReportTable,
  type ReportText,
  renderReport,
} from "./runtime/report.ts";
export { measureRoofline, type RooflineProbe } from "./runtime/roofline.ts";
export {
  createRunFolder,
  holdsRun,
  isRunFolderProblem,
  type Manifest,
  type RunFolder,
  readManifest,
  readRecord,
  resumeRunFolder,
  runFormat,
  type WarmSource,
  writeAtomically,
} from "./runtime/run-folder.ts";
export { type Tensor, writeSafetensors } from "./runtime/safetensors.ts";
export { type Choice, type Ids, type SampleRequest, sample } from "./runtime/sample.ts";
export { openSession, type Session } from "./runtime/session.ts";
export { NonFiniteError, trainStep } from "./runtime/step.ts";
export { readArtifact, storeArtifact, storedText } from "./runtime/stored-artifact.ts";
export { traceStep } from "./runtime/trace.ts";
export { train } from "./runtime/trainer.ts";
export { validate } from "./runtime/validation.ts";
export { planWarmStart, type WarmStart, warmStart } from "./runtime/warm-start.ts";
export { defaultThreads, openWasmDevice } from "./runtime/wasm.ts";
export { openWebgpuDevice, type WebgpuDevice, type WebgpuStats } from "./runtime/webgpu.ts";
export { checkWebgpuMemory } from "./runtime/webgpu-memory.ts";
export { type FoundAdapter, findAdapter, listAdapters } from "./runtime/webgpu-node.ts";
export { openSharedGpu, type SharedGpu } from "./runtime/webgpu-pipelines.ts";
export { type AdapterTraits, describeAdapter } from "./runtime/webgpu-traits.ts";
export { fastest, timePrograms } from "./runtime/webgpu-tune.ts";
export { quietWatch, type StageWatch } from "./stage.ts";
export { parse } from "./syntax/build.ts";
export { format } from "./syntax/format.ts";
export type { Artifact } from "./targets/artifact.ts";
export { type CudaEngine, cudaEngine } from "./targets/cuda.ts";
export { cudaRoofline } from "./targets/cuda-roofline.ts";
export { emitTypescript } from "./targets/typescript.ts";
export type { WasmEngine } from "./targets/wasm.ts";
export { wasmProbe } from "./targets/wasm-probe.ts";
export { wasmRoofline } from "./targets/wasm-roofline.ts";
export { engineOf, formsFor, type KernelForms, usualGpu, type WgslEngine } from "./targets/wgsl.ts";
export { wgslRoofline } from "./targets/wgsl-roofline.ts";
