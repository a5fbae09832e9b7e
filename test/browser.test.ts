// The browser of the tests: it starts on a machine where nothing is installed, is isolated as threads need it, has fonts
// and WebGPU in software.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tryBrowser } from "./support/browser.ts";
import { describeWith } from "./support/devices.ts";

const { browser, problem } = await tryBrowser();
afterAll(() => browser?.close());

const server = createServer((_request, response) => {
  response.setHeader("cross-origin-opener-policy", "same-origin");
  response.setHeader("cross-origin-embedder-policy", "require-corp");
  response.setHeader("content-type", "text/html");
  response.end("<span>words</span>");
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

describeWith(problem, "the tests' browser", () => {
  it("is isolated, draws letters, and has WebGPU in software", async () => {
    const page = await browser?.newPage();
    await page?.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const found = await page?.evaluate(async () => {
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
});
