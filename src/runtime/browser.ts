// browser.ts: `motley/runtime` in a page: what public.ts has, and devices, texts and command lines as a page has them.
// In: an artifact, addresses. Out: a device on WebGPU or on Web Workers, texts. Nothing here, nor below it, needs Node.

import { isCuda, isWgsl } from "../targets/artifact.ts";
import { DeviceError } from "./device.ts";
import type { OpenDevice, ReadTexts, RunProgram } from "./host.ts";
import { openWebgpuDevice } from "./webgpu.ts";
import { findPageAdapter } from "./webgpu-page.ts";
import { describeAdapter } from "./webgpu-traits.ts";

export * from "./public.ts";

export const openDevice: OpenDevice = async (artifact, { adapter, software = false, threads } = {}) => {
  if (isCuda(artifact))
    throw new DeviceError("this model was built for CUDA, which a page does not have: build it for `wgsl`");
  if (isWgsl(artifact))
    return openWebgpuDevice(artifact, { adapter: adapter ?? (await findAdapter(software)) });
  // A page for GPUs has no use for the assembler that this brings.
  const { openBrowserWasmDevice } = await import("./wasm-browser.ts");
  return openBrowserWasmDevice(artifact, threads === undefined ? {} : { threads });
};

async function findAdapter(software: boolean): Promise<GPUAdapter> {
  const found = await findPageAdapter(software);
  if ("reason" in found) throw new DeviceError(found.reason);
  const { adapter } = found;
  const { name, isSoftware } = describeAdapter(adapter);
  if (isSoftware && !software)
    throw new DeviceError(
      `the only GPU, ${name}, is software, and is taken only when asked for: { software: true }`,
    );
  return adapter;
}

export const readTexts: ReadTexts = async <Name extends string>(addresses: Readonly<Record<Name, URL>>) => {
  const names = Object.keys(addresses) as Name[];
  const texts = await Promise.all(
    names.map(async (name) => [name, await readText(addresses[name])] as const),
  );
  return Object.fromEntries(texts) as Record<Name, string>;
};

/** Bundlers turn small files into addresses that hold the text: no request, which a page's policy might forbid. */
async function readText(address: URL): Promise<string> {
  const [, encoding, content] = /^data:[^,]*?(;base64)?,(.*)$/s.exec(address.href) ?? [];
  if (content !== undefined) {
    if (encoding === undefined) return decodeURIComponent(content);
    return new TextDecoder().decode(Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)));
  }
  const response = await fetch(address);
  // A server of single-page applications answers any address, with its page.
  const isPage = response.headers.get("content-type")?.startsWith("text/html") === true;
  if (response.ok && !isPage) return response.text();
  throw new DeviceError(
    `cannot read ${address.href} (${isPage ? "it is a page" : `status ${response.status}`}): a bundler must keep the files that a built model names by \`new URL\``,
  );
}

/** A page starts no programs. */
export const runProgram: RunProgram = () => undefined;
