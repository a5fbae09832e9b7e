// The page of `npm run view` in a real browser: it checks, compiles and trains as Node does, to the same bits, on threads
// and without, served or as static files; it says what is wrong with a spec or its data; and it complains of nothing.

import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressOf, buildView, startView } from "../scripts/view.ts";
import { checkAllSource } from "../src/check/load.ts";
import { printModel } from "../src/check/print.ts";
import { compile } from "../src/compile.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { datasetBytes } from "../src/data/packed.ts";
import { renderDiagnostics } from "../src/diagnostics/render.ts";
import { engineFeatures, usualTile } from "../src/runtime/engine-features.ts";
import { usualGpu } from "../src/targets/wgsl.ts";
import { tryBrowser } from "./support/browser.ts";
import { describeWith } from "./support/devices.ts";
import {
  type Curves,
  curvesInNode,
  curvesOf,
  modelsOf,
  openPage,
  serveFolder,
  smallText,
  specDataset,
  specName,
  specText,
  trainInPage,
  waitForStatus,
  writeSpec,
} from "./support/playground.ts";
import { describeSource, listFiles, readText } from "./support/sources.ts";

const { browser, problem } = await tryBrowser();

let folder = "";
let server: ViteDevServer;
let dataset: Dataset;
/** What any page complained of. */
const complaints: string[] = [];
const open = (query = "") => openPage(browser, `${addressOf(server)}${query}`, complaints);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motley-view-"));
  const path = writeSpec(folder);
  dataset = await specDataset(folder);
  server = await startView({ port: 0, watch: false, specs: [{ name: specName, path }] });
});
afterAll(async () => {
  await browser?.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describeWith(problem, "the page", () => {
  let curves: Curves = {};
  beforeAll(async () => {
    curves = await curvesInNode(dataset, modelsOf(specText, ["dense", "mot"]));
  });

  it("trains on threads to the bits that Node has", async () => {
    const page = await open();
    expect(await page.textContent("#target-line")).toMatch(/^WebAssembly, \d+ threads: .*software/);
    const document = await trainInPage(page);
    expect(curvesOf(document)).toEqual(curves);
    expect(document).toMatchObject({ model: "pages", target: "wasm", reference: "dense", seed: 7 });
    expect(document.variants.mot?.final.val.total).toBeGreaterThan(0);
    expect(await page.locator(".chart canvas").count()).toBe(2);
    const rows = await page.locator("#results tbody tr").allTextContents();
    expect(rows).toEqual([expect.stringMatching(/^dense/), expect.stringMatching(/^mot/)]);
    await page.close();
  });

  it("trains on a GPU in software where it is asked to", { timeout: 120_000 }, async () => {
    const page = await open("?software");
    expect(await page.textContent("#target-line")).toMatch(/^WebGPU, .*: a GPU in software, as asked for/);
    await page.fill("textarea", smallText);
    const there = curvesOf(await trainInPage(page)).mot ?? [];
    const here = await curvesInNode(dataset, modelsOf(smallText, ["mot"]));
    expect(there.length).toBe(here.mot?.length);
    for (const [i, losses] of (here.mot ?? []).entries()) {
      for (const [name, loss] of Object.entries(losses))
        expect(Math.abs((there[i]?.[name] ?? 0) - loss), `step ${i + 1}, ${name}`).toBeLessThan(1e-4);
    }
    await page.close();
  });

  it("pauses, goes on and stops, and says when the spec has changed since", async () => {
    const page = await open("?target=wasm");
    expect(await page.textContent("#target-line")).toContain("as asked for");
    await page.fill("#steps", "100000");
    await page.click("#train");
    await waitForStatus(page, /^Training$/);
    await page.click("#train");
    await waitForStatus(page, /^Paused$/);
    await page.locator("textarea").press("Control+End");
    await page.keyboard.type("// more");
    await page.waitForSelector("#train-stale:not([hidden])");
    await page.click("#train");
    await waitForStatus(page, /^Training$/);
    await page.click("#stop");
    await waitForStatus(page, /^Stopped after [\d,]+ steps?$/);
    await page.close();
  });

  it("shows mistakes as the command line does, and where they are", async () => {
    const wrong = specText.replace("linear(h, dim), heads))\n      v", "linear(g, dim), heads))\n      v");
    const page = await open();
    await page.fill("textarea", wrong);
    await page.waitForSelector("#messages:not([hidden])");
    const { diagnostics } = checkAllSource({ name: specName, text: wrong }, () => undefined);
    expect(await page.textContent("#messages pre")).toBe(renderDiagnostics(diagnostics));
    expect(await page.textContent("#spec-status")).toBe("1 error");
    expect(await page.locator(".wrong").allTextContents()).toEqual(["g"]);
    expect(await page.isDisabled("#train")).toBe(true);
    await page.click("#spec-restore");
    await page.waitForSelector("#messages", { state: "hidden" });
    expect(await page.inputValue("textarea")).toBe(specText);
    expect(await page.isDisabled("#train")).toBe(false);
    await page.close();
  });

  it("shows every stage, and the code of each kernel with the lines it computes", async () => {
    const page = await open();
    const [mot] = modelsOf(specText, ["mot"]);
    if (mot === undefined) throw new Error("there is no variant");
    const texts = new Map<string, string>([["model", printModel(mot)]]);
    const watch = {
      ...{ now: () => 0, timed: () => undefined, wants: () => true, isVerifying: false },
      show: (stage: string, text: string) => void texts.set(stage, text),
    };
    const wasm = compile(mot, { purpose: "train", engine: { tile: usualTile, ...engineFeatures() }, watch });
    await page.locator("#compiler").scrollIntoViewIfNeeded();
    await page.click("#compiler-target >> text=WebAssembly");
    for (const stage of ["model", "graph", "gradients", "train", "simple", "groups", "kernels", "plan"]) {
      await page.click(`#stage-${stage}`);
      expect((await page.textContent("#reader-text"))?.trimEnd(), stage).toBe(texts.get(stage)?.trimEnd());
    }
    await page.click("#stage-code");
    expect(await page.locator("#codes b").allTextContents()).toEqual([
      ...wasm.kernels.map(({ name }) => name),
      "module",
    ]);
    await page.click("#compiler-target >> text=WGSL");
    const { shaders } = compile(mot, { purpose: "train", engine: usualGpu }).program;
    expect(await page.locator("#codes b").allTextContents()).toEqual(shaders.map(({ name }) => name));
    const chosen = shaders.findIndex(({ name }) => name.includes("attention"));
    await page.locator("#codes button").nth(chosen).click();
    expect((await page.textContent("#reader-text"))?.trimEnd()).toBe(shaders[chosen]?.code.trimEnd());
    const line = specText.split("\n").findIndex((each) => each.includes("attention(q")) + 1;
    await page.click(`#reader-head .places button:text-is("${line}")`);
    expect(await page.textContent(".line-pointed")).toBe(specText.split("\n")[line - 1]);
    await page.close();
  });

  it("says what is wrong with the data", async () => {
    const page = await open();
    for (const [folder, complaint] of [
      ["nowhere", "nowhere"],
      ["../elsewhere", "only"],
    ]) {
      await page.fill("textarea", specText.replace('"drawings"', `"${folder}"`));
      await page.click("#train");
      await page.waitForSelector(`#train-problem:has-text("${complaint}")`);
    }
    await page.close();
  });

  it("trains from static files, on one thread where a page is not isolated", {
    timeout: 120_000,
  }, async () => {
    const built = join(folder, "built");
    await buildView(built);
    const anyServer = serveFolder(built, datasetBytes(dataset));
    await new Promise<void>((resolve) => anyServer.listen(0, "127.0.0.1", resolve));
    const { port } = anyServer.address() as AddressInfo;
    const page = await openPage(browser, `http://127.0.0.1:${port}/`, complaints);
    await page.fill("textarea", specText);
    await page.waitForSelector("#variants:has-text('half')");
    expect(await page.textContent("#target-line")).toMatch(/^WebAssembly, one thread: /);
    expect(curvesOf(await trainInPage(page))).toEqual(curves);
    await page.close();
    await new Promise((resolve) => anyServer.close(resolve));
  });

  it("complained of nothing", () => {
    expect(complaints).toEqual([]);
  });
});

describe("the server", () => {
  it("listens on this machine only, isolates its pages, and works for no other site", async () => {
    expect(new URL(addressOf(server)).hostname).toBe("127.0.0.1");
    expect(server.httpServer?.address()).toMatchObject({ address: "127.0.0.1" });
    for (const path of ["", "main.ts", "specs.json"]) {
      const { headers } = await fetch(`${addressOf(server)}${path}`);
      expect(headers.get("cross-origin-opener-policy"), path).toBe("same-origin");
      expect(headers.get("cross-origin-embedder-policy"), path).toBe("require-corp");
    }
    const strange = await fetch(`${addressOf(server)}data.bin?builtin=icons`, {
      headers: { "sec-fetch-site": "cross-site" },
    });
    expect(strange.status).toBe(403);
  });

  it("reads data beside the specs only", async () => {
    for (const path of ["../..", "/etc", "drawings/../.."]) {
      const query = new URLSearchParams({ spec: specName, folder: path, modalities: '[["text",300]]' });
      const answer = await fetch(`${addressOf(server)}data.bin?${query}`);
      expect((await answer.json()).error, path).toContain("only");
    }
  });
});

describe("what a page loads", () => {
  it("needs nothing of Node's", () => {
    const entries = ["wasm-leader.ts", "wasm-follower.ts"].map((name) => `src/runtime/${name}`);
    const reached = new Set<string>();
    const visit = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      // Imports of types alone are gone when a browser gets the file.
      const text = readText(path).replace(/^(?:import|export) type [^;]*;$/gm, "");
      for (const target of describeSource(path, text).imports) {
        if (target.endsWith(".ts")) visit(target);
        else expect(target, path).not.toMatch(/^node:/);
      }
    };
    for (const path of [...listFiles("src/playground", ".ts"), "src/browser.ts", ...entries]) visit(path);
    expect(reached.size).toBeGreaterThan(100);
  });
});
