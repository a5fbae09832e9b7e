// golden.test.ts: what the examples become. The stages of each as text, whole modules of two, digests of the rest.
// A refactor leaves all of it alone; whoever changes what is generated reads the difference and blesses it.
// The modules are assembled and validated by wabt as well, so no golden is kept that does not run.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import loadWabt from "wabt";
import { difference, expectGolden, expectNoOtherGoldens } from "./support/golden.ts";
import { exampleNames, exampleText, stagesOf, variantsOf } from "./support/stages.ts";

/** Stage → file, for the variants that are kept whole. */
const files = [
  ["graph", "graph.mir"],
  ["simple", "train.mir"],
  ["groups", "groups.txt"],
  ["kernels", "kernels.txt"],
  ["plan", "plan.txt"],
] as const;

const whole = ["chameleon dense", "chameleon mot", "hello hello", "odd mot"];
const withModule = ["chameleon mot", "hello hello"];

const largest = 1 << 20;
const digestFile = "digests.txt";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What plain engines have; wabt's types leave the validator's argument out. */
const features = { simd: true, threads: true };

const written: string[] = [digestFile];
const digests: string[] = [];
const modules = new Map<string, string>();

const command = (title: string): string => `MOTLEY_BLESS=1 npx vitest run test/golden.test.ts -t "${title}"`;

describe.each(exampleNames)("%s", (example) => {
  const variants = variantsOf(exampleText(example));

  test.each([...variants.keys()])("%s", (variant) => {
    const model = variants.get(variant);
    if (model === undefined) throw new Error("listed a moment ago");
    const title = `${example} ${variant}`;
    const { texts, artifact } = stagesOf(model);
    modules.set(artifact.program.wat, title);
    for (const stage of [...files.map(([name]) => name), "wasm"]) {
      const text = texts.get(stage) ?? "";
      expect(text, stage).not.toBe("");
      digests.push(`${title} ${stage} ${digest(text)}`);
    }
    if (!whole.includes(title)) return;
    const kept = withModule.includes(title) ? ([...files, ["wasm", "module.wat"]] as const) : files;
    for (const [stage, file] of kept) {
      const path = `${title.replace(" ", "-")}/${file}`;
      const text = texts.get(stage) ?? "";
      expect(text.length, path).toBeLessThan(largest);
      written.push(path);
      expectGolden(path, text, command(title));
    }
  });
});

// The tests above run first and fill the lists.
describe("all", () => {
  test("stages have the digests they had", () => {
    expectGolden(
      digestFile,
      `${digests.sort().join("\n")}\n`,
      "MOTLEY_BLESS=1 npx vitest run test/golden.test.ts",
    );
  });

  test("nothing else is kept", () => expectNoOtherGoldens(written));

  test("modules are accepted by wabt and by the engine", async () => {
    const wabt = await loadWabt();
    expect(modules.size).toBeGreaterThanOrEqual(exampleNames.length);
    for (const [wat, title] of modules) {
      const parsed = wabt.parseWat(`${title}.wat`, wat, features);
      try {
        parsed.resolveNames();
        (parsed.validate as (options: typeof features) => void)(features);
        expect(WebAssembly.validate(new Uint8Array(parsed.toBinary({}).buffer)), title).toBe(true);
      } finally {
        parsed.destroy();
      }
    }
  });

  test("a difference names the line and shows both sides", () => {
    expect(difference("a\nb\nc\n", "a\nx\nc\n")).toBe("2 - b\n2 + x\n(1 lines differ)");
  });
});
