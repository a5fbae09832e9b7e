// view.ts: `npm run view`: serves the playground (src/playground) to this machine only, or writes it as static files.
// In: specs to offer besides the examples. Out: an address; or a folder that any web server can serve.
//   npm run view -- [FILE.mot…] [--port 5173] [--build DIR]
// A static copy compiles and shows code; it trains only where something answers `data.bin` (see view-server.ts).

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { build, createServer, type ViteDevServer } from "vite";
import { exampleSpecs, type SpecFile, specFile, viewConfig } from "./view-server.ts";

export type ViewOptions = {
  /** 0 for any that is free. */
  readonly port: number;
  readonly specs?: readonly SpecFile[];
  /** Reload pages when a source changes. */
  readonly watch?: boolean;
};

/** A server on 127.0.0.1 that answers; close it. */
export async function startView({ port, specs = [], watch = true }: ViewOptions): Promise<ViteDevServer> {
  const names = new Set(specs.map(({ name }) => name));
  const config = viewConfig([...specs, ...exampleSpecs().filter(({ name }) => !names.has(name))]);
  const server = await createServer({
    ...config,
    server: { ...config.server, port, ...(watch ? {} : { watch: null }) },
  });
  return server.listen();
}

/** The page's address. */
export function addressOf(server: ViteDevServer): string {
  const [address] = server.resolvedUrls?.local ?? [];
  if (address === undefined) throw new Error("the server has no address");
  return address;
}

/** Writes the page as static files. */
export async function buildView(folder: string): Promise<void> {
  const config = viewConfig(exampleSpecs());
  await build({ ...config, build: { ...config.build, outDir: resolve(folder), emptyOutDir: true } });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: "string", default: "5173" }, build: { type: "string" } },
  });
  if (values.build !== undefined) {
    await buildView(values.build);
    console.log(values.build);
    return;
  }
  const server = await startView({ port: Number(values.port), specs: positionals.map(specFile) });
  console.log(`${addressOf(server)}  (Ctrl-C ends it)`);
}

if (import.meta.main) await main();
