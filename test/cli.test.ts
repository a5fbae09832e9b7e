// The command line as others rely on it: help texts, exit codes, what goes to stdout, and never a stack trace.
// Most cases run the real program in a process of its own.

import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createProgram } from "../src/cli/program.ts";
import { stageNames } from "../src/compile.ts";
import { motley, repository, temporaryFolder } from "./support/motley.ts";

const hello = "examples/hello.mot";
const chameleon = "examples/chameleon.mot";
const stackLine = /^\s+at .*[:(]/m;

describe("help", () => {
  it("is what it was (to accept a change: npm run bless)", () => {
    let text = "";
    const add = (more: string): void => {
      text += more;
    };
    const program = createProgram(() => async () => undefined);
    const output = { writeOut: (more: string) => add(more), getOutHelpWidth: () => 100 };
    for (const command of [program, ...program.commands]) {
      text += `\n======== ${command.name()}\n`;
      command.configureOutput(output).outputHelp();
    }
    const golden = join(import.meta.dirname, "help.txt");
    if (process.env.MOTLEY_BLESS === "1") {
      writeFileSync(golden, text);
    }
    expect(text).toBe(readFileSync(golden, "utf8"));
  });

  it("teaches every command by example", () => {
    const program = createProgram(() => async () => undefined);
    for (const command of program.commands) {
      let text = "";
      const writeOut = (more: string): void => {
        text += more;
      };
      command.configureOutput({ writeOut }).outputHelp();
      expect(text).toMatch(new RegExp(`Examples:\\n +motley ${command.name()}`));
    }
  });
});

describe("exit codes", () => {
  const cases: readonly (readonly [number, readonly string[], RegExp])[] = [
    [0, ["--version"], /^\d+\.\d+\.\d+\n$/],
    [0, ["--help"], /Commands:/],
    [0, ["train", "--help"], /Examples:/],
    [0, ["check", hello, chameleon], /chameleon.mot: fine, variants dense, mot, ffn_only/],
    [0, ["explain", "2001"], /MOT2001/],
    [0, ["fmt", "--check", hello, chameleon], /^$/],
    [1, ["check", "missing.mot"], /cannot read missing.mot: no such file or folder/],
    [1, ["check", "examples"], /examples is a folder/],
    [1, ["explain", "MOT9999"], /there is no code `MOT9999`/],
    [1, ["plan", chameleon, "--variant", "moth"], /has no variant `moth`[\s\S]*dense, mot, ffn_only/],
    [1, ["train", hello, "--target", "wgsl"], /`wgsl` needs a GPU/],
    [1, ["data", "nothing"], /no built-in data `nothing`/],
    [1, ["export", "missing", "--out", "x.safetensors"], /cannot read missing/],
    [1, ["export", "test", "--out", "x.safetensors"], /test holds no run/],
    [2, [], /Usage: motley/],
    [2, ["chek", hello], /unknown command 'chek'[\s\S]*check/],
    [2, ["check"], /missing required argument 'file'/],
    [2, ["train", hello, "--step", "3"], /unknown option '--step'/],
    [2, ["train", hello, "--steps", "0"], /at least 1/],
    [2, ["train", hello, "--steps", "1e3"], /at least 1/],
    [2, ["train", hello, "--threads", "many"], /from 1 to 256/],
    [2, ["build", hello, "--emit", "everything"], /Allowed choices are ast, model/],
    [2, ["compare", hello, "--seed", "1", "--seeds", "2"], /cannot be used with option/],
    [2, ["export", hello], /required option '--out/],
    [
      2,
      ["plan", "--json", "--nope", hello],
      /^\{\n {2}"error": \{\n {4}"message": "unknown option '--nope'"/,
    ],
    [1, ["plan", hello, "--variant", "x"], /the only one is hello/],
  ];
  it.each(cases)("%i: motley %j", async (exitCode, args, text) => {
    const finished = await motley(args);
    expect(finished.exitCode, finished.stderr).toBe(exitCode);
    expect(finished.stdout + finished.stderr).toMatch(text);
    expect(finished.stdout + finished.stderr).not.toMatch(stackLine);
  });

  it("1 for a step that cannot fit, with the largest buffers by name, and no folder left behind", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "big.mot");
    const data = JSON.stringify(join(repository, "examples", "hello"));
    const text = readFileSync(join(repository, hello), "utf8").replace('"hello"', data);
    writeFileSync(file, text.replace("batch 4", "batch 200000"));
    const run = join(folder, "run");
    const { exitCode, stderr } = await motley(["train", file, "--out", run]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/needs [\d.]+ GiB of memory.*the largest are (.* \(\d+ MiB\)){3}/);
    expect(stderr).toContain("a smaller `batch` or `context`");
    expect(existsSync(run)).toBe(false);
  });

  it("1 where variants could not see the same batches", async () => {
    const file = join(temporaryFolder(), "two.mot");
    const text = readFileSync(join(repository, hello), "utf8").replace("vocab: 320", "vocab: codes");
    const changed = text.replace("const dim = 32", "const codes = 320, dim = 32");
    writeFileSync(file, `${changed}\nvariant a = hello\nvariant b = hello { codes = 400 }\n`);
    const finished = await motley(["compare", file]);
    expect([finished.exitCode, finished.stderr]).toEqual([
      1,
      expect.stringContaining("different vocabularies"),
    ]);
  });

  it("2 for an environment variable that means nothing", async () => {
    const misspelt = ["MOTLEY", "DUPM"].join("_");
    const finished = await motley(["plan", hello], repository, { [misspelt]: "all" });
    expect([finished.exitCode, finished.stderr]).toEqual([2, expect.stringContaining(misspelt)]);
  });

  it("1 for specs with mistakes, each shown with its place", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "bad.mot");
    writeFileSync(file, "model m {\n  modality text = tokens(vocab: 300)\n  x = embed(tokens, dim)\n}\n");
    const finished = await motley(["check", file]);
    expect(finished.exitCode).toBe(1);
    expect(finished.stderr).toContain(`${file}:3:21`);
    expect((await motley(["train", file])).exitCode).toBe(1);
  });
});

describe("odd files", () => {
  const cases: readonly (readonly [string, string | Uint8Array])[] = [
    ["empty", ""],
    ["binary", Uint8Array.from({ length: 4000 }, (_, i) => (i * 7919) % 256)],
    ["deep", `model m { x = ${"(".repeat(100_000)} }`],
    [
      "hostile",
      'model constructor { modality __proto__ = tokens(vocab: 300) } // {{#each this}} </script> ""',
    ],
    ["large", "// nothing\n".repeat(2_000_000)],
  ];
  it.each(cases)("%s: an error with words, no stack", async (_name, content) => {
    const file = join(temporaryFolder(), "odd.mot");
    writeFileSync(file, content);
    for (const command of ["check", "fmt", "plan"]) {
      const { exitCode, stdout, stderr } = await motley([command, file]);
      expect([0, 1], stderr).toContain(exitCode);
      expect(stdout + stderr).not.toMatch(stackLine);
      expect(stderr).not.toContain("compiler bug");
    }
  });
});

describe("JSON", () => {
  it("check prints one document with every diagnostic", async () => {
    const file = join(temporaryFolder(), "bad.mot");
    writeFileSync(file, "model m {\n  modality text = tokens(vocab: 300)\n  x = embed(tokens, dim)\n}\n");
    const { exitCode, stdout } = await motley(["check", file, "missing.mot", "--json"]);
    const { diagnostics } = JSON.parse(stdout);
    expect(exitCode).toBe(1);
    expect(diagnostics[0]).toMatchObject({
      code: "MOT2001",
      severity: "error",
      file,
      start: { line: 3, column: 21 },
      end: { line: 3, column: 24 },
    });
    expect(Object.keys(diagnostics[0])).toEqual(
      expect.arrayContaining(["message", "labels", "note", "help"]),
    );
    expect(diagnostics.at(-1)).toMatchObject({ code: "MOT5001", file: "missing.mot" });
  });

  it("plan has the contract's shape", async () => {
    const { stdout } = await motley(["plan", chameleon, "--json"]);
    const { variants } = JSON.parse(stdout);
    expect(Object.keys(variants)).toEqual(["dense", "mot", "ffn_only"]);
    expect(variants.mot).toMatchObject({
      params: 791168,
      activeParams: 493888,
      activeParamsByModality: { text: 493888, image: 493888 },
      embeddingParams: 98304,
      launches: { forward: expect.any(Number), backward: expect.any(Number), update: expect.any(Number) },
    });
    expect(Object.keys(variants.mot.memoryBytes)).toEqual([
      "parameters",
      "gradients",
      "optimizer",
      "activations",
    ]);
    expect(variants.dense.flopsPerToken).toBe(variants.mot.flopsPerToken);
    // By hand: 3 · 2 · (6 layers · (4 · 64² + 3 · 64 · 172) + 64 · 1536) + 6 · 12 · 64 · 80.5 pairs.
    expect(variants.dense.flopsPerToken).toBe(
      6 * (6 * (4 * 64 ** 2 + 3 * 64 * 172) + 64 * 1536) + 6 * 12 * 64 * 80.5,
    );
  });

  it("a spec with mistakes is a document too", async () => {
    const file = join(temporaryFolder(), "bad.mot");
    writeFileSync(file, "model m { }");
    const { exitCode, stdout } = await motley(["plan", file, "--json"]);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).diagnostics.length).toBeGreaterThan(0);
  });

  it("a failure is a document too", async () => {
    const { exitCode, stdout } = await motley(["plan", "missing.mot", "--json"]);
    expect([exitCode, JSON.parse(stdout).error.exitCode]).toEqual([1, 1]);
  });
});

describe("fmt", () => {
  it("lays out in place, keeps the file's mode, and has nothing to do the second time", async () => {
    const file = join(temporaryFolder(), "wild.mot");
    writeFileSync(file, readFileSync(join(repository, hello), "utf8").replaceAll("\n  ", "\n      "));
    chmodSync(file, 0o640);
    expect((await motley(["fmt", "--check", file])).exitCode).toBe(1);
    expect((await motley(["fmt", file])).stdout).toBe(`${file} formatted\n`);
    expect(readFileSync(file, "utf8")).toBe(readFileSync(join(repository, hello), "utf8"));
    expect((await motley(["fmt", file])).stdout).toBe("");
  });
});

describe("build", () => {
  it.each([
    ["wasm", "module.wat", "module.wat"],
    ["wgsl", "kernels", "kernels/s00_pack.wgsl"],
  ])("writes what runs, its sizes as plain JSON, and the program, for %s", async (target, shown, text) => {
    const folder = join(temporaryFolder(), "out");
    const { exitCode, stdout } = await motley(["build", hello, "--target", target, "--out", folder]);
    const lines = stdout.trim().split("\n");
    expect([exitCode, ...lines.map((line) => line.split(" ")[0])]).toEqual([
      0,
      ...[shown, "model.json", "model.ts"].map((name) => join(folder, name)),
    ]);
    const { format, model, program } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
    expect([format, model, program.path ?? program.shaders[0].path]).toEqual([2, "hello", text]);
    expect(existsSync(join(folder, text))).toBe(true);
  });

  it("refuses a stage of one target in a build for another", async () => {
    const [wgsl, cached] = [
      await motley(["build", hello, "--emit", "wgsl", "--target", "wasm"]),
      await motley(["build", hello, "--emit", "cached", "--target", "wgsl"]),
    ];
    expect([wgsl.exitCode, cached.exitCode]).toEqual([1, 1]);
    expect(wgsl.stderr).toContain("stage `wgsl` is one of target `wgsl`, and this is a build for `wasm`");
    expect(cached.stderr).toContain("stage `cached` is one of target `wasm`, and this is a build for `wgsl`");
  });

  it("has no stage that keeps keys and values of experts that choose among later tokens", async () => {
    const experts = "examples/experts.mot";
    const finished = await motley(["build", experts, "--variant", "moe_4x", "--emit", "cached"]);
    expect(finished.exitCode).toBe(1);
    expect(finished.stderr).toContain("`moe_4x` cannot write token by token");
  });

  it.each(["ast", "model", ...stageNames])("prints stage %s", async (stage) => {
    const { exitCode, stdout } = await motley(["build", hello, "--emit", stage]);
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeGreaterThan(100);
  });

  it("does not mind a reader that stops reading", async () => {
    const script = `'${process.execPath}' bin/motley.mjs build ${chameleon} --emit wasm | head -1; echo \${PIPESTATUS[0]}`;
    const child = spawn("bash", ["-c", script], { cwd: repository });
    const printed: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
    child.stdout.on("data", (bytes: Buffer) => printed.stdout.push(bytes));
    child.stderr.on("data", (bytes: Buffer) => printed.stderr.push(bytes));
    await new Promise((resolve) => child.on("close", resolve));
    const [stdout, stderr] = [
      Buffer.concat(printed.stdout).toString(),
      Buffer.concat(printed.stderr).toString(),
    ];
    expect([stdout.trim().split("\n").at(-1), stderr]).toEqual(["0", ""]);
  });
});
