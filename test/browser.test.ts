// The browser of the tests starts on a machine where nothing is installed, is isolated as threads need it, has fonts and
// WebGPU in software; and the WebGPU device is the same file there as in Node.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type * as webgpu from "../src/runtime/webgpu.ts";
import { tryBrowser } from "./support/browser.ts";
import { bundle } from "./support/bundle.ts";
import { describeWith } from "./support/devices.ts";
import { regionsOf, type WgslParts, wgslArtifact } from "./support/wgsl-artifact.ts";

const { browser, problem } = await tryBrowser();

const content = `<link rel=icon href=data:,><span>words</span>
<script type=module>import * as device from "/webgpu.js"; globalThis.device = device</script>`;
let script = "";
const server = createServer((request, response) => {
  response.setHeader("cross-origin-opener-policy", "same-origin");
  response.setHeader("cross-origin-embedder-policy", "require-corp");
  response.setHeader("content-type", request.url === "/webgpu.js" ? "text/javascript" : "text/html");
  response.end(request.url === "/webgpu.js" ? script : content);
});

let page: Page;
/** What the page complained of. */
const complaints: string[] = [];

describeWith(problem, "the tests' browser", () => {
  beforeAll(async () => {
    script = await bundle("src/runtime/webgpu.ts");
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    if (browser === undefined) throw new Error("there is no browser");
    page = await browser.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });
  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it("is isolated, draws letters, and has WebGPU in software", async () => {
    const found = await page.evaluate(async () => {
      const adapter = await navigator.gpu.requestAdapter();
      return {
        isolated: crossOriginIsolated,
        letters: (document.querySelector("span")?.getBoundingClientRect().width ?? 0) > 20,
        architecture: adapter?.info.architecture,
        hasSubgroups: adapter?.features.has("subgroups"),
      };
    });
    expect(found).toEqual({ isolated: true, letters: true, architecture: "swiftshader", hasSubgroups: true });
  });

  it("runs the device of Node's: banks, order, times, counts", async () => {
    const result = await page.evaluate(runThere, { artifact, floatStart });
    expect(result).toEqual({
      values: Array.from({ length: 100 }, (_, i) => 2 * i + 3),
      launches: [0, 1],
      stats: expect.objectContaining({ submits: 5, dispatches: 4, reads: 3, bytesRead: 400 + 4 + 32 }),
      refused: "a kernel failed to compile: `broken`, line 16",
      lost: "the GPU was lost",
      later: "the GPU was lost",
    });
    expect(complaints).toEqual([]);
  });
});

const parts: WgslParts = {
  ...{ integers: 16, weights: 8, floats: 100, bankFloats: 32 },
  shaders: {
    double: "if (i < 100u) { store(i, 2 * load(i)); }",
    add: "if (i < 100u) { store(i, load(i) + argument(0)); }",
    spin: "var x = load(i); for (var n = 0; n < 4000000; n++) { x = x * 0.999 + 1; } store(i, x);",
  },
  dispatches: [
    { shader: "double", phase: "forward", workgroups: [2, 1, 1] },
    { shader: "add", phase: "backward", workgroups: [2, 1, 1], words: [3] },
    { shader: "spin", phase: "update" },
  ],
};
const { floatStart } = regionsOf(parts);
const artifact = wgslArtifact(parts);

type There = { readonly artifact: typeof artifact; readonly floatStart: number };

/** Runs in the page: it sees nothing but its argument. */
async function runThere({ artifact, floatStart }: There) {
  const { device: runtime } = globalThis as unknown as { readonly device: typeof webgpu };
  const open = async (of: typeof artifact): Promise<webgpu.WebgpuDevice> => {
    const adapter = await navigator.gpu.requestAdapter();
    if (adapter === null) throw new Error("there is no adapter");
    return runtime.openWebgpuDevice(of, { adapter });
  };
  const messageOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "no error",
      (error: Error) => error.message,
    );

  const device = await open(artifact);
  device.write(
    floatStart,
    Float32Array.from({ length: 100 }, (_, i) => i),
  );
  await device.run(["forward", "backward"]);
  const values = [...(await device.readFloats(floatStart, 100))];
  await device.readFloats(floatStart, 1);
  const { calls } = await device.profile(["forward", "backward"]);
  const stats = device.stats();

  const run = messageOf(device.run(["update"]));
  device.gpu.destroy();
  const lost = (await run).split(" (")[0];
  const later = (await messageOf(device.readFloats(floatStart, 1))).split(" (")[0];

  if (artifact.program.kind !== "wgsl") throw new Error("not a program for a GPU");
  const broken = {
    ...artifact.program,
    shaders: artifact.program.shaders.map(({ code }) => ({
      name: "broken",
      code: code.replace(/store\(i, .*\);/, "store(i, true);"),
    })),
  };
  const refused = (await messageOf(open({ ...artifact, program: broken }))).split(":").slice(0, 2).join(":");
  return { values, launches: calls.map(({ launch }) => launch), stats, refused, lost, later };
}
