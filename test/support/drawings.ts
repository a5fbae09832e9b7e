// drawings.ts: pictures for tests. In: a number. Out: a PNG file that no other number gives.

import { encode } from "fast-png";

/** A picture of one colour with a darker bar, so that pictures differ. */
export function drawing(number: number, side = 40): Uint8Array {
  const data = new Uint8Array(side * side * 4);
  for (let pixel = 0; pixel < side * side; pixel += 1) {
    const isBar = Math.floor(pixel / side) % 16 === number % 16;
    data.set(
      isBar
        ? [20, 20, 20, 255]
        : [(number * 53) % 256, (number * 101) % 256, 200, number % 3 === 0 ? 128 : 255],
      pixel * 4,
    );
  }
  return encode({ width: side, height: side, data, channels: 4, depth: 8 });
}
