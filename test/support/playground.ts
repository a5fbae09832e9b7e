// playground.ts: what the tests of the page need: a spec with data, pages that are watched, and the same race in Node.
// In: folders and addresses. Out: pages, curves, whatever any page complained of.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import { encode } from "fast-png";
import type { Browser, Page } from "playwright-core";
import { checkAllSource } from "../../src/check/load.ts";
import type { Model } from "../../src/check/model.ts";
import { compile } from "../../src/compile.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { createBatchStream, validationBatches } from "../../src/data/packing.ts";
import { prepareData } from "../../src/data/prepare.ts";
import type { CompareDocument } from "../../src/runtime/compare-document.ts";
import { engineFeatures, usualTile } from "../../src/runtime/engine-features.ts";
import { startRace } from "../../src/runtime/race.ts";
import { openSession } from "../../src/runtime/session.ts";
import { openWasmDevice } from "../../src/runtime/wasm.ts";

export const specName = "pages.mot";
const steps = 12;
const shape = { batch: 3, context: 96 };
const seed = 7;
const modalities = [
  { name: "text", vocab: 300 },
  { name: "image", vocab: 48 },
];

const trainBlock = (model: string): string => `train ${model} {
  data "drawings"
  context ${shape.context}, batch ${shape.batch}, steps ${steps}, seed ${seed}
  adamw(lr: 1e-2, warmup: 3, decay: cosine, weight_decay: 0.1, clip: 1.0)
}
`;

/** Two modalities, labels shared and not, and a folder of data beside it. */
export const specText = `model pages {
  const dim = 24, heads = 2, ffn = 40
  modality text  = tokens(vocab: 300)
  modality image = tokens(vocab: 48)
  layer block(x) {
    per modality attn {
      h = rms_norm(x) as norm
      q = rope(split(linear(h, dim), heads))
      k = rope(split(linear(h, dim), heads))
      v = split(linear(h, dim), heads)
    }
    a = attention(q, k, v, mask: causal)
    per modality attn { x += linear(merge(a), dim) as out }
    per modality ffn { x += linear(silu(linear(rms_norm(x) as norm, ffn) as up), dim) as down }
    return x
  }
  x = embed(tokens, dim) as embedding
  repeat 2 { x = block(x) }
  logits = linear(rms_norm(x) as last, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant dense = pages { share all }
variant mot   = pages
variant half  = pages { share attn }
${trainBlock("pages")}compare dense, mot
`;

/** Puts the spec and its data into a folder; the spec's path. */
export function writeSpec(folder: string): string {
  const drawings = join(folder, "drawings");
  mkdirSync(drawings);
  const captions = Array.from({ length: 24 }, (_, i) => {
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => ((at % 96) * (i + 3)) % 256);
    writeFileSync(
      join(drawings, `d${i}.png`),
      encode({ width: 32, height: 32, data, channels: 3, depth: 8 }),
    );
    return JSON.stringify({ image: `d${i}.png`, text: `drawing ${i} of a stripe` });
  });
  writeFileSync(join(drawings, "captions.jsonl"), captions.join("\n"));
  writeFileSync(join(folder, specName), specText);
  return join(folder, specName);
}

/** The same data for so few kernels that a GPU in software has them compiled in seconds. */
export const smallText = `model small {
  modality text  = tokens(vocab: 300)
  modality image = tokens(vocab: 48)
  x = embed(tokens, 16) as embedding
  per modality mix { x += linear(silu(x), 16) as out }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant mot = small
${trainBlock("small")}`;

export function modelsOf(text: string, names: readonly string[]): readonly Model[] {
  const { models } = checkAllSource({ name: specName, text }, () => undefined);
  return names.flatMap((name) => models.get(name) ?? []);
}

export function specDataset(folder: string): Promise<Dataset> {
  return prepareData({
    ...{ data: { kind: "folder", path: join(folder, "drawings") }, modalities },
    cacheDir: join(folder, "cache"),
  });
}

export type Curves = Readonly<Record<string, readonly Readonly<Record<string, number>>[]>>;

/** The losses of every step on Node's device. */
export async function curvesInNode(dataset: Dataset, models: readonly Model[]): Promise<Curves> {
  const engine = { tile: usualTile, ...engineFeatures() };
  const sessions = await Promise.all(
    models.map(async (model) => {
      const artifact = compile(model, { purpose: "train", engine });
      return openSession(artifact, await openWasmDevice(artifact, { threads: 2 }));
    }),
  );
  for (const session of sessions) await session.initialize(seed);
  const racers = sessions.map((session) => ({
    ...{ name: session.artifact.variant, session },
    from: { step: 0, wallMs: 0 },
  }));
  const batches = createBatchStream(dataset, { split: "train", ...shape, seed });
  const race = startRace(racers, batches, {
    ...{ steps, validation: validationBatches(dataset, { count: 64, ...shape }) },
  });
  const curves = new Map(racers.map(({ name }) => [name, [] as Readonly<Record<string, number>>[]]));
  while (race.step() < steps) {
    await race.advance(({ name }, { metrics }) => {
      curves.get(name)?.push(metrics.loss);
    });
  }
  for (const session of sessions) await session.close();
  return Object.fromEntries(curves);
}

/** The losses of every step in a document as the page saves it. */
export function curvesOf({ variants }: CompareDocument): Curves {
  const entries = Object.entries(variants).map(
    ([name, { curve }]) => [name, curve.map(({ train }) => train)] as const,
  );
  return Object.fromEntries(entries);
}

/** A page that is ready; what it complains of joins `complaints`. */
export async function openPage(
  browser: Browser | undefined,
  address: string,
  complaints: string[],
): Promise<Page> {
  if (browser === undefined) throw new Error("there is no browser");
  const page = await browser.newPage({ locale: "en-US", viewport: { width: 1400, height: 1000 } });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1")
      complaints.push(`${request.url()} asked for`);
  });
  await page.goto(address);
  await page.waitForSelector("body[data-ready]");
  return page;
}

/** Trains what is chosen, to the end; the file that the page offers then. */
export async function trainInPage(page: Page): Promise<CompareDocument> {
  await page.click("#train");
  await waitForStatus(page, /^Done$/);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
  return JSON.parse(readFileSync(await download.path(), "utf8"));
}

export async function waitForStatus(page: Page, pattern: RegExp): Promise<void> {
  await page.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector("#train-status")?.textContent ?? ""),
    pattern.source,
    // A GPU in software compiles kernels for as long as a busy machine makes it.
    { timeout: 110_000 },
  );
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

/** Any web server: files of a folder, without a word about isolation; and `data.bin`, which is no file. */
export function serveFolder(folder: string, data: Uint8Array): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/data.bin") {
      response.writeHead(200, { "content-type": "application/octet-stream" }).end(data);
      return;
    }
    if (pathname === "/progress.json") {
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
      return;
    }
    const file = pathname === "/" ? "/index.html" : pathname;
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(join(folder, file)));
  });
}
