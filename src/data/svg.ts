// svg.ts: an icon's SVG body → a picture of 32 × 32 pixels on white.
// In: what an icon set's file says about one icon. Out: RGB bytes, or undefined if it cannot be drawn.
// The view box is made square and centred, so that no icon is stretched; what has no colour of its own is drawn #222.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { pictureBytes, pictureSize } from "./geometry.ts";

export type IconShape = {
  readonly body: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};

export type Rasterizer = (shape: IconShape) => Uint8Array | undefined;

const ink = "#222";
const require = createRequire(import.meta.url);

function svgText({ body, left, top, width, height }: IconShape): string {
  const side = Math.max(width, height);
  const viewBox = `${left - (side - width) / 2} ${top - (side - height) / 2} ${side} ${side}`;
  const drawn = body.replaceAll("currentColor", ink);
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${pictureSize}" height="${pictureSize}" viewBox="${viewBox}">${drawn}</svg>`;
}

let opened: Promise<Rasterizer> | undefined;

async function openRasterizer(): Promise<Rasterizer> {
  // The library may be initialised once per process, and is a development dependency: it is looked up when needed.
  const { Resvg, initWasm } = await import(
    pathToFileURL(require.resolve("@resvg/resvg-wasm")).href.replace(/index\.js$/, "index.mjs")
  );
  await initWasm(await readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
  return (shape) => {
    try {
      const image = new Resvg(svgText(shape), { background: "#fff", font: { loadSystemFonts: false } });
      const rendered = image.render();
      const rgba: Uint8Array = rendered.pixels;
      const rgb = new Uint8Array(pictureBytes);
      for (let pixel = 0; pixel < pictureSize * pictureSize; pixel += 1) {
        for (let c = 0; c < 3; c += 1) rgb[pixel * 3 + c] = rgba[pixel * 4 + c] ?? 255;
      }
      rendered.free();
      image.free();
      return rgb;
    } catch {
      // A few icons make the renderer trap; the next ones draw again.
      return undefined;
    }
  };
}

/** The one rasterizer of this process. */
export function createRasterizer(): Promise<Rasterizer> {
  opened ??= openRasterizer();
  return opened;
}
