// The revectoriser: it changes no bit of a product, survives what we emit, and where it would crash the process that
// is found out before it does.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkedModel, settings } from "../bench/support/model.ts";
import { compile } from "../src/compile.ts";
import { compileWat } from "../src/runtime/wasm-assemble.ts";
import { assembleWat } from "../src/runtime/wasm-text.ts";
import { survivesRevectorizer } from "../src/runtime/wasm-turbo.ts";

/** Neighbouring stores of results of a call that is too large to inline: V8 14.6 cannot pack them, and crashes. */
function crashing(): string {
  const ones = "(v128.const f32x4 1 1 1 1)";
  const large = Array.from({ length: 60 }).reduce<string>(
    (x) => `(f32x4.relaxed_madd ${x} ${ones} ${ones})`,
    "(local.get $x)",
  );
  return `(module (memory 1)
    (func $large (param $x v128) (result v128) ${large})
    (func (export "run") (param $a i32) (local $x v128) (local $y v128)
      (local.set $x (call $large (v128.load (local.get $a))))
      (local.set $y (call $large (v128.load offset=16 (local.get $a))))
      (v128.store (local.get $a) (local.get $x))
      (v128.store offset=16 (local.get $a) (local.get $y))))`;
}

describe.runIf(process.arch === "x64")("the revectoriser", () => {
  it("survives a whole training step", async () => {
    for (const tile of [
      { rows: 6, columns: 8 },
      { rows: 6, columns: 16 },
    ]) {
      const model = checkedModel(settings.chameleon, "mot");
      const artifact = compile(model, { purpose: "train", engine: { tile, relaxedSimd: true } });
      expect(await survivesRevectorizer(await assembleWat(artifact.program.wat))).toBe(true);
    }
  });

  it("is refused, with a way out, for a module on which it would crash", async () => {
    await expect(compileWat(crashing(), { turbo: true })).rejects.toThrow("run it without --turbo");
    await expect(compileWat(crashing())).resolves.toBeInstanceOf(WebAssembly.Module);
  });

  it("changes no bit of a product", () => {
    const script = fileURLToPath(new URL("./support/product-bits.ts", import.meta.url));
    const bits = (...flags: string[]): string =>
      execFileSync(process.execPath, [...flags, script], { encoding: "utf8" });
    const usual = bits();
    expect(usual).toMatch(/^[0-9a-f]{64}$/);
    expect(bits("--experimental-wasm-revectorize")).toBe(usual);
  });
});
