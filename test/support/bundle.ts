// bundle.ts: a source file with all that it imports, as one script for a page.
// In: a path in the repository. Out: the text of a module.

import { build } from "vite";
import { repository } from "./motley.ts";

export async function bundle(entry: string): Promise<string> {
  const built = await build({
    ...{ configFile: false, root: repository, logLevel: "error" },
    build: { write: false, minify: false, lib: { entry, formats: ["es"] } },
  });
  const outputs = Array.isArray(built) ? built.flatMap(({ output }) => output) : [];
  return outputs.map((file) => (file.type === "chunk" ? file.code : "")).join("\n");
}
