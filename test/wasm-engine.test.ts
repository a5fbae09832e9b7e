// Choosing a micro-kernel, and the cache of assembled modules: what is remembered, and that a damaged cache is only slow.

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { detectEngine } from "../src/runtime/engine.ts";
import { compileWat } from "../src/runtime/wasm-assemble.ts";
import { wasmProbe } from "../src/targets/wasm-probe.ts";

let cacheDirectory = "";
beforeEach(async () => {
  cacheDirectory = await mkdtemp(join(tmpdir(), "motley-engine-"));
});
afterEach(() => rm(cacheDirectory, { recursive: true }));

describe("an engine", () => {
  it("is the usual one where nothing is measured", async () => {
    const usual = { tile: { rows: 6, columns: 8 }, relaxedSimd: true, turbo: false };
    expect(await detectEngine({})).toEqual(usual);
    expect(await detectEngine({ probe: wasmProbe, tune: false, cacheDirectory })).toEqual(usual);
    expect(await readdir(cacheDirectory)).toEqual([]);
  });

  it("is measured once and then remembered", async () => {
    let probes = 0;
    const probe: typeof wasmProbe = (engine) => {
      probes += 1;
      return wasmProbe(engine);
    };
    const engine = await detectEngine({ probe, cacheDirectory });
    expect([4, 6]).toContain(engine.tile.rows);
    expect(engine.tile.columns).toBe(8);
    expect(probes).toBe(2);
    expect(await detectEngine({ probe, cacheDirectory })).toEqual(engine);
    expect(probes).toBe(2);
    await writeFile(join(cacheDirectory, "engine.json"), "not JSON");
    await detectEngine({ probe, cacheDirectory });
    expect(probes).toBe(4);
  });
});

describe("assembled modules", () => {
  const wat = '(module (func (export "answer") (result i32) (i32.const 42)))';
  const answerOf = (module: WebAssembly.Module): number =>
    (new WebAssembly.Instance(module).exports.answer as () => number)();

  it("are kept by the text's hash and found again", async () => {
    await compileWat(wat, { cacheDirectory });
    const [name = ""] = await readdir(cacheDirectory);
    expect(name).toMatch(/^[0-9a-f]{64}\.wasm$/);
    const other = await compileWat(wat.replace("42", "43"));
    expect(answerOf(other)).toBe(43);
    // Other bytes under the name prove that it is the cache which is read.
    const kept = await readFile(join(cacheDirectory, name));
    await writeFile(
      join(cacheDirectory, name),
      kept.fill(41, kept.lastIndexOf(42), kept.lastIndexOf(42) + 1),
    );
    expect(answerOf(await compileWat(wat, { cacheDirectory }))).toBe(41);
  });

  it("are assembled again if the file is damaged or the folder cannot be written", async () => {
    await compileWat(wat, { cacheDirectory });
    const [name = ""] = await readdir(cacheDirectory);
    await writeFile(join(cacheDirectory, name), "half a fi");
    expect(answerOf(await compileWat(wat, { cacheDirectory }))).toBe(42);
    expect(
      answerOf(await compileWat(wat, { cacheDirectory: join(cacheDirectory, name, "below a file") })),
    ).toBe(42);
  });
});
