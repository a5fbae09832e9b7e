// main.ts: the playground: a spec, what it becomes, and its variants trained side by side, all in one page.
// In: the specs that the server offers, and the address: ?spec=hello.mot picks one, ?software allows a GPU in software,
// ?target=wasm asks for WebAssembly. Out: three panels that know of each other's lines.

import { createCompilerPanel } from "./compiler-panel.ts";
import { fetchSpecs } from "./materials.ts";
import { createSpecPanel, type SpecPanel } from "./spec-panel.ts";
import type { Wish } from "./targets.ts";
import { createTrainingPanel } from "./training-panel.ts";

const query = new URLSearchParams(location.search);

function wishOf(): Wish {
  if (query.has("software")) return "software";
  return query.get("target") === "wasm" ? "wasm" : "auto";
}

const specs = await fetchSpecs();
let spec: SpecPanel | undefined;
const compiler = createCompilerPanel((line) => spec?.point(line));
const training = createTrainingPanel(wishOf(), () => spec?.settle());
spec = createSpecPanel(specs, query.get("spec") ?? "", {
  onChecked(checked) {
    compiler.show(checked.models);
    training.show(checked);
  },
  onLine: compiler.mark,
});
document.body.dataset.ready = "";
