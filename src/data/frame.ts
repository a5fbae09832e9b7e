// frame.ts: plain values and named typed arrays as one run of bytes, and back.
// In: values that JSON can hold, arrays by name. Out: bytes: the header's length, the header as JSON, the arrays one
// after another. The cache keeps such bytes on disk; a page gets a dataset as such bytes.

export type Arrays = Readonly<Record<string, Int32Array | Int8Array | Uint8Array | Float32Array>>;

export type Entry = { readonly values: unknown; readonly arrays: ReadonlyMap<string, Arrays[string]> };

const arrayMakers = {
  Int32Array: (bytes: ArrayBuffer) => new Int32Array(bytes),
  Int8Array: (bytes: ArrayBuffer) => new Int8Array(bytes),
  Uint8Array: (bytes: ArrayBuffer) => new Uint8Array(bytes),
  Float32Array: (bytes: ArrayBuffer) => new Float32Array(bytes),
};

type ArrayHeader = { readonly name: string; readonly type: keyof typeof arrayMakers; readonly bytes: number };
type Header = { readonly values: unknown; readonly arrays: readonly ArrayHeader[] };

const lengthBytes = 4;

/** One run of bytes that holds everything. */
export function encodeFrame(values: unknown, arrays: Arrays): Uint8Array<ArrayBuffer> {
  const headers = Object.entries(arrays).map(([name, array]) => ({
    name,
    type: array.constructor.name,
    bytes: array.byteLength,
  }));
  const header = new TextEncoder().encode(JSON.stringify({ values, arrays: headers }));
  const total = headers.reduce((sum, { bytes }) => sum + bytes, lengthBytes + header.length);
  const frame = new Uint8Array(total);
  new DataView(frame.buffer).setUint32(0, header.length, true);
  frame.set(header, lengthBytes);
  let at = lengthBytes + header.length;
  for (const { buffer, byteOffset, byteLength } of Object.values(arrays)) {
    frame.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return frame;
}

/** What `encodeFrame` was given; the arrays are copies. Throws for bytes that are no frame. */
export function decodeFrame(frame: Uint8Array): Entry {
  const headerEnd = lengthBytes + new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  const header: Header = JSON.parse(new TextDecoder().decode(frame.subarray(lengthBytes, headerEnd)));
  const arrays = new Map<string, Arrays[string]>();
  let at = headerEnd;
  for (const { name, type, bytes } of header.arrays) {
    arrays.set(name, arrayMakers[type](new Uint8Array(frame.subarray(at, at + bytes)).buffer));
    at += bytes;
  }
  return { values: header.values, arrays };
}
