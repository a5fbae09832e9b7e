// version.ts: which Motley this is. In: package.json, read once. Out: its version, for --version and for the files
// that a run leaves behind. The one place that knows where package.json stands.

import { readFileSync } from "node:fs";

const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

export const version =
  typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown";
