// png.ts: PNG files ↔ pictures of 8-bit RGB on white.
// In: bytes of a PNG of any size, depth and colour type; or a Picture. Out: a Picture of the size asked for; or PNG bytes.
// Shrinking averages areas, so thin lines fade instead of vanishing; a picture that is not square is centred on white.

import { writeFile } from "node:fs/promises";
import { convertIndexedToRgb, decode, encode } from "fast-png";
import type { Picture } from "./dataset.ts";

const maxPixels = 1 << 26;
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

type Raw = {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: ArrayLike<number>;
  readonly highest: number;
  /** The one grey or colour that counts as transparent, if the file names one. */
  readonly clear: readonly number[] | undefined;
};

/** Width and height stand at fixed places: a picture too large to decode is refused unread. */
function checkHeader(bytes: Uint8Array): void {
  if (bytes.length < 33 || signature.some((byte, i) => bytes[i] !== byte)) throw new Error("not a PNG file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width === 0 || height === 0) throw new Error("it has no pixels");
  if (width * height > maxPixels) throw new Error(`${width} × ${height} pixels are too many`);
  const end = bytes.subarray(-8, -4);
  if (String.fromCharCode(...end) !== "IEND") throw new Error("it is cut short");
}

/** Grey of 1, 2 or 4 bits comes packed, rows padded to bytes. */
function unpack(packed: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const byte = packed[y * rowBytes + ((x * depth) >> 3)] ?? 0;
      values[y * width + x] = (byte >> (8 - depth - ((x * depth) & 7))) & ((1 << depth) - 1);
    }
  }
  return values;
}

function readRaw(bytes: Uint8Array): Raw {
  checkHeader(bytes);
  const png = decode(bytes, { checkCrc: true });
  const { width, height, depth } = png;
  if (png.palette !== undefined) {
    const channels = png.palette[0]?.length ?? 3;
    return { width, height, channels, values: convertIndexedToRgb(png), highest: 255, clear: undefined };
  }
  const values = depth < 8 ? unpack(png.data, width, height, depth) : png.data;
  if (values.length < width * height * png.channels) throw new Error("it is cut short");
  const clear = png.transparency === undefined ? undefined : [...png.transparency];
  return { width, height, channels: png.channels, values, highest: 2 ** depth - 1, clear };
}

/** Any channel layout on white: [height, width, 3] from 0 to 255. */
function onWhite({ width, height, channels, values, highest, clear }: Raw): Float32Array {
  const hasAlpha = channels === 2 || channels === 4;
  const hasColour = channels >= 3;
  const rgb = new Float32Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const isClear = clear?.every((value, c) => values[pixel * channels + c] === value) ?? false;
    const opaque = isClear ? 0 : 1;
    const alpha = hasAlpha ? (values[pixel * channels + channels - 1] ?? 0) / highest : opaque;
    for (let c = 0; c < 3; c += 1) {
      const value = (values[pixel * channels + (hasColour ? c : 0)] ?? 0) / highest;
      rgb[pixel * 3 + c] = 255 * (value * alpha + 1 - alpha);
    }
  }
  return rgb;
}

/** Mean over the area a target pixel covers, the target being `side` pixels of a square of `extent` source pixels. */
function shrink(rgb: Float32Array, width: number, height: number, side: number): Uint8Array {
  const extent = Math.max(width, height);
  const [left, top] = [(extent - width) / 2, (extent - height) / 2];
  const scale = extent / side;
  const out = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const [x0, x1, y0, y1] = [
        x * scale - left,
        (x + 1) * scale - left,
        y * scale - top,
        (y + 1) * scale - top,
      ];
      const sums = [0, 0, 0];
      let covered = 0;
      for (let sy = Math.max(0, Math.floor(y0)); sy < Math.min(height, y1); sy += 1) {
        const tall = Math.min(sy + 1, y1) - Math.max(sy, y0);
        for (let sx = Math.max(0, Math.floor(x0)); sx < Math.min(width, x1); sx += 1) {
          const weight = tall * (Math.min(sx + 1, x1) - Math.max(sx, x0));
          covered += weight;
          for (let c = 0; c < 3; c += 1)
            sums[c] = (sums[c] ?? 0) + weight * (rgb[(sy * width + sx) * 3 + c] ?? 0);
        }
      }
      const area = scale * scale;
      const white = 255 * Math.max(0, area - covered);
      for (let c = 0; c < 3; c += 1)
        out[(y * side + x) * 3 + c] = Math.round(((sums[c] ?? 0) + white) / area);
    }
  }
  return out;
}

/** A PNG as a square picture of `side` pixels; throws an Error with a short reason if it cannot be read. */
export function readPng(bytes: Uint8Array, side: number): Picture {
  const raw = readRaw(bytes);
  return { width: side, height: side, rgb: shrink(onWhite(raw), raw.width, raw.height, side) };
}

export function encodePng(picture: Picture): Uint8Array {
  return encode({ width: picture.width, height: picture.height, data: picture.rgb, depth: 8, channels: 3 });
}

export async function writePng(file: string, picture: Picture): Promise<void> {
  await writeFile(file, encodePng(picture));
}
