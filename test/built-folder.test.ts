// What `motley build` writes: a folder that trains and profiles its model with `motley/runtime` alone. It is type-checked,
// run by Node on threads and on a GPU in software, and bundled by Vite for a real browser: the same losses everywhere.

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { build, createLogger } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Batch } from "../src/runtime/batch.ts";
import { exportStep } from "../src/runtime/export.ts";
import { madeUpBatch } from "../src/runtime/made-up.ts";
import { type Tensor, writeSafetensors } from "../src/runtime/safetensors.ts";
import { tryBrowser } from "./support/browser.ts";
import { artifacts, directLosses, patience, sizes, spec, steps } from "./support/built.ts";
import { describeWith, gpuProblem } from "./support/devices.ts";
import { motley, repository, temporaryFolder } from "./support/motley.ts";

const noGpu = await gpuProblem();
const { browser, problem: noBrowser } = await tryBrowser();
const run = promisify(execFile);
/** Below the repository, where `motley/runtime` is the package's own name for itself. */
let folder = "";

beforeAll(async () => {
  mkdirSync(join(repository, ".cache"), { recursive: true });
  folder = mkdtempSync(join(repository, ".cache", "built-"));
  const file = join(folder, "pair.mot");
  writeFileSync(file, spec);
  const outcomes = await Promise.all(
    ["wasm", "wgsl"].map((target) =>
      motley(["build", file, "--variant", "mot", "--target", target, "--out", join(folder, target)]),
    ),
  );
  expect(outcomes.map(({ stderr }) => stderr)).toEqual(["", ""]);
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a built folder", () => {
  it("type-checks under the repository's settings, and its types are this model's", async () => {
    const uses = (target: string) => `
import { anyBatch, asBatch, type Batch, type Modality, open, profile, read, train } from "./${target}/model.ts";
export async function use(): Promise<number | undefined> {
  const batch: Batch = anyBatch(2);
  const [sequences, context]: [3, 20] = [batch.batch, batch.context];
  const modalities: readonly Modality[] = ["text", "image"];
  const session = await open({ seed: 2 });
  const [step] = await train(session, { next: () => asBatch(batch) }, { steps: sequences + context });
  await read(session, "final.text.norm", "grad");
  const [kernel] = await profile(session, { next: () => batch });
  // @ts-expect-error: no such parameter
  await read(session, "final.norm");
  // @ts-expect-error: no such modality
  const speech: Modality = "speech";
  // @ts-expect-error: a batch of any size
  const other: Batch = { ...batch, batch: modalities.length };
  return step?.loss.image ?? kernel?.milliseconds ?? speech.length + other.batch;
}
`;
    for (const target of ["wasm", "wgsl"]) writeFileSync(join(folder, `use-${target}.ts`), uses(target));
    const settings = { extends: "../../tsconfig.json", include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
    const tsc = join(repository, "node_modules", "typescript", "bin", "tsc");
    const { stdout } = await run(process.execPath, [tsc, "-p", folder]).catch((error) => error);
    expect(stdout).toBe("");
  });

  it("runs on threads, as a program", async () => {
    const { stdout, stderr } = await runModel("wasm", []);
    expect(stderr).toBe("");
    expect(lossesIn(stdout)).toEqual((await directLosses(artifacts.wasm)).map((loss) => loss.toFixed(4)));
    expect(stdout).toMatch(/ms a step.*\n +\d+\.\d{3} ms +\d+\.\d % {2}k\d\d_\w+( {2}@\d+)+\n/);
  });

  it("runs elsewhere, where the package is linked, and takes a batch that was exported", async () => {
    const elsewhere = temporaryFolder();
    mkdirSync(join(elsewhere, "node_modules"));
    symlinkSync(repository, join(elsewhere, "node_modules", "motley"));
    cpSync(join(folder, "wasm"), join(elsewhere, "built"), { recursive: true });
    const batch = join(elsewhere, "batch.safetensors");
    writeSafetensors(batch, exportedBatch(madeUpBatch(sizes, 1)));
    const program = join(elsewhere, "built", "model.ts");
    const { stdout } = await run(process.execPath, [program, "--steps", String(steps), "--batch", batch]);
    expect(lossesIn(stdout)).toEqual((await directLosses(artifacts.wasm)).map((loss) => loss.toFixed(4)));
    writeSafetensors(batch, exportedBatch(madeUpBatch({ ...sizes, batch: 2 }, 1)));
    const refused = await run(process.execPath, [program, "--batch", batch]).catch((error) => error);
    expect(refused.stderr).toBe("error: a batch of 2 × 20 for a model built for 3 × 20\n");
  });

  it("says what is wrong with its arguments or its batch", async () => {
    const outcome = async (args: readonly string[]) => {
      const { code, stderr } = await runModel("wasm", args).catch((error) => error);
      return [code, stderr.split("\n")[0]];
    };
    expect(await outcome(["--speed", "3"])).toEqual([2, expect.stringContaining("--speed")]);
    expect(await outcome(["--steps", "none"])).toEqual([
      2,
      "error: --steps takes a whole number from 1 on, not `none`",
    ]);
    expect(await outcome(["--batch", "none"])).toEqual([1, "error: none: cannot be opened (ENOENT)"]);
  });

  it("runs what its text says now", async () => {
    const path = join(folder, "wasm", "module.wat");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("(module", "(modul"));
    const { stderr } = await runModel("wasm", []).catch((error) => error);
    writeFileSync(path, text);
    expect(stderr).toMatch(/\(modul\b/);
    rmSync(path);
    const without = await runModel("wasm", []).catch((error) => error);
    writeFileSync(path, text);
    expect([without.code, without.stderr]).toEqual([
      1,
      expect.stringMatching(/^error: cannot read file:.*module\.wat: ENOENT\n$/),
    ]);
  });

  it("keeps no kernel of an earlier build", async () => {
    const stale = join(folder, "wgsl", "kernels", "s99_stale.wgsl");
    writeFileSync(stale, "");
    await motley(["build", join(folder, "pair.mot"), "--target", "wgsl", "--out", join(folder, "wgsl")]);
    expect(() => readFileSync(stale)).toThrow("ENOENT");
  });
});

describeWith(noGpu, "a folder built for GPUs", () => {
  it("runs on a GPU in software when asked to, as a program", { timeout: patience }, async () => {
    const { stdout, stderr } = await runModel("wgsl", ["--software"]);
    expect(stderr).toBe("");
    expect(lossesIn(stdout)).toEqual((await directLosses(artifacts.wgsl)).map((loss) => loss.toFixed(4)));
    expect(stdout).toMatch(/ms a step.*\n +\d+\.\d{3} ms +\d+\.\d % {2}s\d\d_\w+( {2}@\d+)+\n/);
    expect((await runModel("wgsl", []).catch((error) => error)).stderr).toMatch(
      /^error: this model was built for a GPU, and there is only SwiftShader.*\n$/,
    );
  });
});

describeWith(noGpu ?? noBrowser, "a built folder in a page", () => {
  it("has Node's losses, on a GPU and on threads", { timeout: patience }, async () => {
    const files = await bundle();
    const server = createServer((request, response) => {
      const file = files.get(
        new URL(request.url ?? "/", "http://localhost").pathname.slice(1) || "index.html",
      );
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
      response.setHeader("content-type", file?.type ?? "text/plain");
      response.writeHead(file === undefined ? 404 : 200).end(file?.content);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      if (browser === undefined) throw new Error("there is no browser");
      const tab = await browser.newPage();
      const complaints: string[] = [];
      tab.on("console", (message) => complaints.push(message.text()));
      tab.on("pageerror", (error) => complaints.push(String(error)));
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const found = await tab.evaluate((count) => {
        const { results } = globalThis as unknown as { results: (steps: number) => Promise<PageResults> };
        return results(count);
      }, steps);
      expect(complaints).toEqual([]);
      expect(found.wasm).toEqual(await directLosses(artifacts.wasm));
      const expected = await directLosses(artifacts.wgsl);
      expect(found.wgsl).toHaveLength(steps);
      for (const [i, loss] of found.wgsl.entries()) expect(loss).toBeCloseTo(expected[i] ?? Number.NaN, 5);
      expect(found.kernels).toEqual(artifacts.wgsl.program.shaders.map(({ name }) => name).sort());
    } finally {
      server.close();
    }
  });
});

type PageResults = {
  readonly wasm: readonly number[];
  readonly wgsl: readonly number[];
  readonly kernels: readonly string[];
};

const pageProgram = `
import * as gpu from "./wgsl/model.ts";
import * as threads from "./wasm/model.ts";

async function lossesOf({ anyBatch, open, profile, train }, request, steps) {
  const session = await open(request);
  const batches = { next: () => anyBatch() };
  const losses = (await train(session, batches, { steps })).map(({ loss }) => loss.total);
  const kernels = (await profile(session, batches, { steps: 1 })).map(({ kernel }) => kernel).sort();
  await session.close();
  return { losses, kernels };
}

globalThis.results = async (steps) => {
  const { losses: wgsl, kernels } = await lossesOf(gpu, { software: true }, steps);
  const { losses: wasm } = await lossesOf(threads, { threads: 2 }, steps);
  return { wgsl, wasm, kernels };
};
`;

/** The page, made of the folders by Vite as it comes; a warning is a failure. */
async function bundle(): Promise<
  ReadonlyMap<string, { readonly type: string; readonly content: string | Uint8Array }>
> {
  writeFileSync(
    join(folder, "index.html"),
    "<link rel=icon href=data:,><script type=module src=./page.js></script>",
  );
  writeFileSync(join(folder, "page.js"), pageProgram);
  const warnings: string[] = [];
  const built = await build({
    ...{ configFile: false, root: folder, worker: { format: "es" } },
    logLevel: "warn",
    customLogger: { ...createLogger("silent"), warn: (message) => warnings.push(message) },
    build: { write: false, minify: false },
  });
  expect(warnings).toEqual([]);
  const outputs = Array.isArray(built)
    ? built.flatMap(({ output }) => output)
    : "output" in built
      ? built.output
      : [];
  // What stands in for Node's modules.
  const ids = outputs.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  expect(ids.filter((id) => id.includes("browser-external"))).toEqual([]);
  const types = { js: "text/javascript", html: "text/html" } as const;
  return new Map(
    outputs.map((file) => {
      const extension = file.fileName.slice(file.fileName.lastIndexOf(".") + 1);
      const type = extension === "js" || extension === "html" ? types[extension] : "application/octet-stream";
      return [file.fileName, { type, content: file.type === "chunk" ? file.code : file.source }];
    }),
  );
}

/** As `motley export` writes it, without parameters. */
function exportedBatch(batch: Batch) {
  const none = new Map<string, Tensor>();
  return exportStep({
    ...{ model: "pair", variant: "mot", modalities: [], constants: {}, parameters: none, gradients: none },
    ...{ batch, losses: { total: 0, modalities: [] } },
  });
}

function runModel(target: string, args: readonly string[]) {
  return run(process.execPath, [join(folder, target, "model.ts"), "--steps", String(steps), ...args]);
}

/** The totals a program printed. */
function lossesIn(printed: string): readonly string[] {
  return [...printed.matchAll(/^step \d+ {2}total ([\d.]+) {2}text [\d.]+ {2}image [\d.]+$/gm)].map(
    ([, total]) => total ?? "",
  );
}
