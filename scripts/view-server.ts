// view-server.ts: what the playground needs from a server: its sources as a browser takes them, specs, prepared data.
// In: the specs to offer. Out: a configuration for Vite. It listens on the loopback address only, and its pages are
// cross-origin isolated, which is what lets them have threads.
//   specs.json            [{ "name", "text" }]
//   data.bin?spec=…&…     a prepared data set (src/data/packed.ts), or { "error", "help" } as JSON
//   progress.json         how far its preparation is

import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { InlineConfig, Plugin } from "vite";
import { DataError, type Dataset, type Origin, type RequestedModality } from "../src/data/dataset.ts";
import { datasetBytes } from "../src/data/packed.ts";
import { prepareData } from "../src/data/prepare.ts";

export type SpecFile = {
  /** As the page shows it. */
  readonly name: string;
  readonly path: string;
};

const root = fileURLToPath(new URL("..", import.meta.url));
const examples = join(root, "examples");
const cacheDir = join(root, ".cache");

/** Shared memory, and with it threads, is for pages that let nobody else's documents and files in. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** Shown first: the one that the page is about. */
const firstExample = "chameleon.mot";

export function exampleSpecs(): readonly SpecFile[] {
  return readdirSync(examples)
    .filter((name) => name.endsWith(".mot"))
    .sort((a, b) => Number(b === firstExample) - Number(a === firstExample) || a.localeCompare(b))
    .map((name) => ({ name, path: join(examples, name) }));
}

export function specFile(path: string): SpecFile {
  return { name: basename(path), path: resolve(path) };
}

export function viewConfig(specs: readonly SpecFile[]): InlineConfig {
  return {
    configFile: false,
    root: join(root, "src", "playground"),
    cacheDir: join(cacheDir, "vite"),
    publicDir: false,
    base: "./",
    logLevel: "warn",
    clearScreen: false,
    plugins: [materials(specs)],
    server: { host: "127.0.0.1", headers: isolation, fs: { allow: [root] } },
    // Known beforehand: a package that is found late makes the page load twice.
    optimizeDeps: { include: ["chevrotain", "handlebars/runtime.js", "uplot", "wabt"] },
    worker: { format: "es", plugins: () => [withoutFiles()] },
    build: { target: "es2024", chunkSizeWarningLimit: 2000, modulePreload: { polyfill: false } },
  };
}

/** The assembler asks for files in Node only; left to itself, the bundler warns of them. */
function withoutFiles(): Plugin {
  const nothing = "\0nothing";
  return {
    name: "motley-without-files",
    enforce: "pre",
    resolveId: (id) => (id === "fs" ? nothing : undefined),
    load: (id) => (id === nothing ? "export default {};" : undefined),
  };
}

/** Specs and data, for pages served and, as far as they are files, for pages built. */
function materials(specs: readonly SpecFile[]): Plugin {
  const specList = (): string =>
    JSON.stringify(specs.map(({ name, path }) => ({ name, text: readFileSync(path, "utf8") })));
  const library = dataLibrary(specs);
  const routes = new Map<string, Route>([
    ["/specs.json", async () => ({ type: "application/json", body: specList() })],
    ["/data.bin", library.dataset],
    ["/progress.json", async () => ({ type: "application/json", body: JSON.stringify(library.progress()) })],
  ]);
  return {
    name: "motley-materials",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const url = new URL(request.url ?? "/", "http://localhost");
        const route = routes.get(url.pathname);
        if (route === undefined) return next();
        serve(request, response, () => route(url.searchParams)).catch(next);
      });
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "specs.json", source: specList() });
    },
  };
}

type Answer = { readonly type: string; readonly body: string | Uint8Array };
type Route = (query: URLSearchParams) => Promise<Answer>;

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: () => Promise<Answer>,
): Promise<void> {
  // Another site's page can send requests here, but shall not make this machine work.
  const from = request.headers["sec-fetch-site"];
  if (from !== undefined && from !== "same-origin" && from !== "none") {
    response.writeHead(403).end();
    return;
  }
  const { type, body } = await answer();
  response.writeHead(200, { ...isolation, "Content-Type": type, "Cache-Control": "no-store" }).end(body);
}

type Progress = { readonly stage: string; readonly done: number; readonly total: number };

/** Prepares what is asked for, once, and remembers how far it is. */
function dataLibrary(specs: readonly SpecFile[]) {
  const prepared = new Map<string, Promise<Dataset>>();
  let progress: Progress | undefined;
  const prepare = (data: Origin, modalities: readonly RequestedModality[]): Promise<Dataset> => {
    const onProgress = (stage: string, done: number, total: number): void => {
      progress = { stage, done, total };
    };
    return prepareData({ data, modalities, cacheDir: join(cacheDir, "motley"), onProgress }).finally(() => {
      progress = undefined;
    });
  };
  return {
    progress: () => progress ?? {},
    dataset: async (query: URLSearchParams): Promise<Answer> => {
      try {
        const data = originOf(specs, query);
        const modalities = modalitiesOf(query);
        const key = JSON.stringify([data, modalities]);
        // A folder may have changed since; a data set of ours may not.
        const known = data.kind === "builtin" ? prepared.get(key) : undefined;
        const dataset = known ?? prepare(data, modalities);
        prepared.set(key, dataset);
        dataset.catch(() => prepared.delete(key));
        return { type: "application/octet-stream", body: datasetBytes(await dataset) };
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        const { message, help } = error;
        return { type: "application/json", body: JSON.stringify({ error: message, help }) };
      }
    },
  };
}

/** A folder is relative to the spec that names it, and lies below that spec's folder: pages read nothing else. */
function originOf(specs: readonly SpecFile[], query: URLSearchParams): Origin {
  const builtin = query.get("builtin");
  if (builtin !== null) return { kind: "builtin", name: builtin };
  const folder = query.get("folder") ?? "";
  const spec = specs.find(({ name }) => name === query.get("spec"));
  const home = dirname(spec?.path ?? join(examples, firstExample));
  const path = resolve(home, folder);
  const way = relative(home, path);
  if (isAbsolute(folder) || isAbsolute(way) || way.split(/[\\/]/)[0] === "..") {
    throw new DataError(
      `this page reads data from ${home} only`,
      "move the folder there, or train with `npx motley train`",
    );
  }
  return { kind: "folder", path };
}

/** `modalities=[["text",1024],…]` */
function modalitiesOf(query: URLSearchParams): readonly RequestedModality[] {
  const asked: unknown = JSON.parse(query.get("modalities") ?? "[]");
  const entries: readonly unknown[] = Array.isArray(asked) ? asked : [];
  return entries.map((entry) => {
    const [name, vocab]: readonly unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof name !== "string" || typeof vocab !== "number")
      throw new DataError('modalities are asked for as [["text", 1024], …]');
    return { name, vocab };
  });
}
