// cases.test.ts: small programs and what the stages make of them, one page each; `npm run bless` rewrites the pages.
// A page names its sections after stages (`model`, `graph`, `train`, `groups`, `kernels`, `plan`, …); each section
// must be what `motley build --emit STAGE` prints. Pages that are about one folder's work have runners of their own.

import { describe, expect, test } from "vitest";
import { format } from "../src/syntax/format.ts";
import { expectSection, readCases, sourceOf } from "./support/case-file.ts";
import { stagesOf, variantsOf } from "./support/stages.ts";

describe.each(["tour", "fusion"])("%s", (folder) => {
  test.each(readCases(folder))("$name: $title", (entry) => {
    const source = sourceOf(entry);
    expect(format({ name: "case.mot", text: source }).text, "the program is not formatted").toBe(source);
    const variant = entry.keys.get("variant");
    const models = variantsOf(source);
    const model = variant === undefined ? [...models.values()][0] : models.get(variant);
    if (model === undefined) throw new Error(`no variant ${variant}`);
    const { texts } = stagesOf(model);
    const stages = [...entry.sections.keys()].filter((section) => section !== "source");
    expect(stages.length).toBeGreaterThan(0);
    for (const stage of stages)
      expectSection(entry, stage, texts.get(stage) ?? `no stage is called ${stage}`);
  });
});
