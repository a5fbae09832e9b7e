// wasm-text.ts: WebAssembly text → bytes, by npm's wabt.
// In: WAT. Out: a module's bytes. Text that wabt or the engine refuses is our mistake, not the user's: the error quotes
// the line.

import wabt from "wabt";
import { DeviceError } from "./device.ts";

const features = {
  simd: true,
  threads: true,
  relaxed_simd: true,
  mutable_globals: true,
  bulk_memory: true,
};

/** WAT → bytes. */
export async function assembleWat(wat: string): Promise<Uint8Array<ArrayBuffer>> {
  const assembler = await wabt();
  let text: ReturnType<typeof assembler.parseWat> | undefined;
  try {
    text = assembler.parseWat("module.wat", wat, features);
    const bytes = new Uint8Array(text.toBinary({ write_debug_names: true }).buffer);
    if (WebAssembly.validate(bytes)) return bytes;
    // wabt writes without checking; its checker knows the lines of what the engine refuses.
    (text.validate as (options: typeof features) => void)(features);
    await WebAssembly.compile(bytes);
    return bytes;
  } catch (error) {
    throw new DeviceError(`compiler bug: the emitted WebAssembly does not assemble\n${String(error)}`, {
      cause: error,
    });
  } finally {
    text?.destroy();
  }
}
