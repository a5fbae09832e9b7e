// browser.ts: a real Chromium without a screen, with WebGPU on SwiftShader, that needs nothing installed.
// In: nothing. Out: a browser to drive, or the reason why there is none.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { unpack, unpackProblem } from "./unpack.ts";

const flags = [
  "--headless",
  // Root may not use Chromium's sandbox, and build machines are root; the only pages are our own.
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Starts a browser; close it. */
export async function launchBrowser(): Promise<Browser> {
  const problem = unpackProblem();
  if (problem !== undefined) throw new Error(problem);
  const folder = await unpack("browser");
  // The packed one names folders of another machine.
  const fontSettings = join(folder, "own-fonts.conf");
  await writeFile(fontSettings, `<fontconfig><dir>${join(folder, "fonts")}</dir></fontconfig>`);
  return chromium.launch({
    executablePath: join(folder, "chromium"),
    args: flags,
    env: {
      ...process.env,
      LD_LIBRARY_PATH: [join(folder, "lib"), folder].join(":"),
      FONTCONFIG_FILE: fontSettings,
    },
  });
}

/** A browser, or why it does not start. */
export type TriedBrowser =
  | { readonly browser: Browser; readonly problem?: undefined }
  | { readonly browser?: undefined; readonly problem: string };

export async function tryBrowser(): Promise<TriedBrowser> {
  try {
    return { browser: await launchBrowser() };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { problem: `the browser does not start: ${words.split("\n", 1)[0]}` };
  }
}
