// tar.ts: files as a tape archive that any `tar` unpacks (POSIX ustar).
// In: paths and contents. Out: bytes; the same for the same files, whoever packs them and when.
// An archive may be made in pieces: what members make is a multiple of 512 bytes, and `endOfTar` closes the last piece.

export type Member = {
  /** With `/`; at most 100 bytes for the name and 155 for the folders above it. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly isProgram: boolean;
};

const blockBytes = 512;
const nameBytes = 100;
const prefixBytes = 155;
/** Of every file: 2000-01-01. Zero would make some programs warn of a date that cannot be. */
const modified = 946_684_800;

/** Two empty blocks. */
export const endOfTar: Uint8Array = new Uint8Array(2 * blockBytes);

export function tarMember({ path, content, isProgram }: Member): Uint8Array {
  const size = content.length;
  const bytes = new Uint8Array(blockBytes + Math.ceil(size / blockBytes) * blockBytes);
  const [prefix, name] = splitPath(path);
  const write = (at: number, text: string): void => {
    bytes.set(Buffer.from(text), at);
  };
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  write(0, name);
  write(100, octal(isProgram ? 0o755 : 0o644, 7));
  write(108, octal(0, 7));
  write(116, octal(0, 7));
  write(124, octal(size, 11));
  write(136, octal(modified, 11));
  write(148, " ".repeat(8));
  write(156, "0");
  write(257, "ustar\x0000");
  write(345, prefix);
  // The sum of the header's bytes, its own field counted as blanks.
  const sum = bytes.subarray(0, blockBytes).reduce((total, byte) => total + byte, 0);
  write(148, `${octal(sum, 6)} `);
  bytes.set(content, blockBytes);
  return bytes;
}

/** A long path is cut at a slash into folders and name. */
function splitPath(path: string): readonly [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= nameBytes) return ["", path];
  for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(name) <= nameBytes && Buffer.byteLength(prefix) <= prefixBytes)
      return [prefix, name];
  }
  throw new Error(`too long a path for an archive: ${path}`);
}
