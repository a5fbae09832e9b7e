// layers.ts: the architecture as tables. Who may import whom, which file may know which package, and which words
// belong to which folders. test/architecture.test.ts holds every source to them; ARCHITECTURE.md explains them.
// The most specific row that matches a path wins: a file's own row replaces its folder's.

/** A path is a file (`src/knobs.ts`) or a folder and all below it (`src/ir/`). */
export type Rule = { readonly path: string; readonly mayImport: readonly string[]; readonly why?: string };

const ir = "src/ir/";
const bug = "src/diagnostics/bug.ts";
const span = "src/diagnostics/source.ts";

export const layers: readonly Rule[] = [
  { path: "src/diagnostics/", mayImport: [] },
  { path: "grammar/", mayImport: ["src/diagnostics/"] },
  { path: "src/syntax/", mayImport: ["grammar/", "src/diagnostics/"] },
  { path: "src/check/", mayImport: ["src/syntax/", "src/diagnostics/"] },
  { path: "src/ir/", mayImport: [span, bug] },
  { path: "src/lower/", mayImport: ["src/check/", ir, span, bug] },
  { path: "src/autodiff/", mayImport: [ir, bug] },
  { path: "src/passes/", mayImport: [ir, bug] },
  { path: "src/fusion/", mayImport: [ir, bug] },
  { path: "src/kernel/", mayImport: ["src/fusion/", ir, span, bug] },
  { path: "src/targets/", mayImport: ["src/kernel/", "src/ir/types.ts", "src/ir/dropout.ts", span, bug] },
  {
    path: "src/targets/artifact.ts",
    mayImport: [],
    why: "the runtime reads artifacts without the rest of the compiler",
  },
  {
    path: "src/targets/assemble.ts",
    mayImport: ["src/kernel/", "src/ir/types.ts", "src/check/model.ts", bug],
    why: "an artifact names the model's modalities, data and training settings, which no kernel carries",
  },
  {
    path: "src/compile.ts",
    mayImport: ["src/", "grammar/"],
    why: "the one file that knows all stages",
  },
  { path: "src/stage.ts", mayImport: [bug] },
  { path: "src/knobs.ts", mayImport: [] },
  {
    path: "src/runtime/",
    mayImport: ["src/targets/artifact.ts", "src/data/", bug],
    why: "it runs an artifact read from a file, and reads batches; it knows nothing else of the compiler",
  },
  { path: "src/runtime/batch.ts", mayImport: [] },
  { path: "src/data/", mayImport: ["src/runtime/batch.ts", span, bug] },
  {
    path: "src/open.ts",
    mayImport: ["src/"],
    why: "a model to ask: it checks, compiles, prepares data and runs",
  },
  { path: "src/index.ts", mayImport: ["src/", "grammar/"], why: "the public surface" },
  {
    path: "src/browser.ts",
    mayImport: ["src/", "grammar/"],
    why: "the public surface, as far as a page can have it",
  },
  { path: "src/playground/", mayImport: ["src/browser.ts"] },
  {
    path: "src/cli/",
    mayImport: ["src/index.ts", "src/compile.ts", "src/stage.ts", "src/knobs.ts", "src/runtime/"],
  },
];

/** Packages and Node modules by who may import them; a name that is in no row may be imported by nobody. */
export const packages: readonly { readonly name: string; readonly by: readonly string[] }[] = [
  { name: "chevrotain", by: ["grammar/", "src/syntax/build.ts"] },
  { name: "handlebars", by: ["src/targets/render.ts"] },
  { name: "handlebars/runtime.js", by: ["src/targets/render.ts"] },
  { name: "wabt", by: ["src/runtime/", "src/data/nearest.ts"] },
  { name: "fast-png", by: ["src/data/", "src/runtime/", "src/cli/"] },
  { name: "fft.js", by: ["src/data/spectrum.ts"] },
  { name: "@resvg/resvg-wasm", by: ["src/data/"] },
  { name: "commander", by: ["src/cli/"] },
  { name: "log-update", by: ["src/cli/"] },
  { name: "simple-ascii-chart", by: ["src/cli/"] },
  { name: "webgpu", by: ["src/runtime/"] },
  { name: "koffi", by: ["src/runtime/"] },
  { name: "uplot", by: ["src/runtime/", "src/cli/", "src/playground/"] },
  { name: "node:", by: ["src/data/", "src/runtime/", "src/cli/", "src/open.ts"] },
];

/** Words of the outside world, in code: clocks, randomness, files, the network. */
export const impureWords = {
  pattern:
    /\b(?:process|performance|navigator|fetch|require|setTimeout|setInterval|console|globalThis)\b(?=\s*[.(])|\bMath\.random\b|\bDate\b(?=\s*[.(])/g,
  allowedIn: ["src/data/", "src/runtime/", "src/cli/", "src/playground/", "src/knobs.ts"],
};

/** Words of one target, in code and in strings. Data may use WebAssembly for its own arithmetic. */
export const targetWords = {
  pattern: /wgsl|cuda|wasm|workgroup|f32x4/gi,
  allowedIn: [
    "src/targets/",
    "src/data/",
    "src/runtime/",
    "src/cli/",
    "src/playground/",
    "src/kernel/schedule.ts",
    "src/compile.ts",
    "src/open.ts",
    "src/index.ts",
    "src/browser.ts",
    "src/knobs.ts",
  ],
};

/** The most specific rule for a file, if any. */
export function ruleFor(path: string): Rule | undefined {
  return layers
    .filter((rule) => isWithin(path, [rule.path]))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** Whether a path is one of these files, or below one of these folders. */
export function isWithin(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
}
