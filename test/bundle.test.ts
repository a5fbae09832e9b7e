// bundle.test.ts: what `npm run bundle` packs runs on a machine that has nothing: no Node, no packages, no network.
// In: a bundle packed here, quickly, with the data of two examples. Out: it is small enough, holds what it should and no
// more, unpacks with the system's tar, and trains.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bundle, bundleLimit, bundleName, packBundle } from "../scripts/bundle.ts";
import { nodeBinary } from "../scripts/bundle-files.ts";
import { tarMember } from "../scripts/tar.ts";
import { describeWith } from "./support/devices.ts";

const problem = isThere(nodeBinary) ? undefined : "the bundle is for Linux on x86-64, and packed there";

describeWith(problem, "a bundle", () => {
  let folder = "";
  let bundle: Bundle = { archive: new Uint8Array(), paths: [] };
  const unpacked = (): string => join(folder, bundleName);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "motley-bundle-test-"));
    bundle = await packBundle({ compress: "fast", examples: ["chameleon", "hello"] });
    writeFileSync(join(folder, "bundle.tar.gz"), bundle.archive);
    execFileSync("tar", ["xf", "bundle.tar.gz"], { cwd: folder });
    // The launchers are shell scripts that ask for the folder they stand in; nothing else of the system is on the path.
    mkdirSync(join(folder, "tools"));
    symlinkSync(whereIs("dirname"), join(folder, "tools", "dirname"));
    // Icons are drawn first where they never were.
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What a command in the unpacked bundle prints, in an environment that has a path and a home and nothing else. */
  function run(command: string, ...args: readonly string[]): string {
    const env = { PATH: join(folder, "tools"), HOME: join(folder, "home") };
    return execFileSync(join(unpacked(), command), args, { cwd: unpacked(), env, encoding: "utf8" });
  }

  test("is smaller than a GPU machine takes, even packed in haste", () => {
    expect(bundle.archive.length).toBeLessThan(bundleLimit);
    expect(bundle.archive.length).toBeGreaterThan(2 ** 20);
  });

  test("holds what trains, compares and measures", () => {
    for (const path of [
      ...[
        "bin/node",
        "motley",
        "test-gpu",
        "bench-gpu",
        "README.md",
        "LICENSE",
        "NOTICE",
        "commit.json",
        "licences/node-LICENSE",
      ],
      ...["examples/chameleon.mot", "src/cli/main.ts", "bench/cuda.ts", "bench/specs/mot-37m.mot"],
      "node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node",
    ])
      expect(bundle.paths).toContain(path);
    expect(bundle.paths.filter((path) => path.startsWith("prepared/"))).toHaveLength(1);
  });

  test("holds nothing else: no browser, no test runner, nothing twice", () => {
    const forbidden =
      /node_modules\/(?:webgpu|vite|vitest|@biomejs|typescript|playwright-core|@iconify-json)\//;
    expect(bundle.paths.filter((path) => forbidden.test(path))).toEqual([]);
    expect(new Set(bundle.paths).size).toBe(bundle.paths.length);
  });

  test("unpacks to one folder", () => {
    expect(readdirSync(folder).sort()).toEqual(["bundle.tar.gz", bundleName, "tools"]);
  });

  test("checks a spec", () => {
    expect(run("motley", "check", "examples/chameleon.mot")).toContain("fine");
  });

  test("trains on data that came prepared", () => {
    const options = ["--target", "wasm", "--steps", "1", "--no-tune", "--out", join(folder, "run")];
    expect(run("motley", "train", "examples/chameleon.mot", ...options)).toMatch(/final loss .* total 7\./);
  });

  test("says how its benchmark is called", () => {
    expect(run("bench-gpu", "--help")).toContain("--check");
  });
});

describe("a tape archive", () => {
  const member = (path: string, content = "text"): Uint8Array =>
    tarMember({ path, content: Buffer.from(content), isProgram: false });

  test("is whole blocks, whatever a file's size", () => {
    expect([0, 1, 512, 513].map((size) => member("a", "x".repeat(size)).length)).toEqual([
      512, 1024, 1024, 1536,
    ]);
  });

  test("cuts long paths at a slash, and refuses those that cannot be", () => {
    const text = Buffer.from(member(`${"f/".repeat(60)}name`)).toString("latin1");
    expect(text.slice(0, 100).replace(/\0+$/, "")).toHaveLength(
      122 - text.slice(345, 500).replace(/\0+$/, "").length + 1,
    );
    expect(() => member("n".repeat(101))).toThrow(/too long/);
  });
});

function isThere(path: string): boolean {
  try {
    return execFileSync(path, ["--version"], { encoding: "utf8" }).startsWith("v");
  } catch {
    return false;
  }
}

function whereIs(tool: string): string {
  return execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim();
}
