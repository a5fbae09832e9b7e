import fc from "fast-check";
import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { createTextDecoder, createTextEncoder, trainMerges } from "../src/data/bpe.ts";
import { createGroups, splitOfGroup } from "../src/data/corpus.ts";
import { conceptKey, flagPoints, labelOf, readEmojiTable } from "../src/data/emoji.ts";
import { createNearest } from "../src/data/nearest.ts";
import { encodePng, readPng } from "../src/data/png.ts";
import { drawing } from "./support/drawings.ts";

describe("byte-pair encoding", () => {
  const merges = trainMerges(
    ["the cat sat on the mat", "the other cat, the same mat", "Ünïcödé ünïcödé"],
    60,
  );
  const encodeWith = createTextEncoder(merges);
  const decodeWith = createTextDecoder(merges);

  it("gives back any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), (text) => {
        expect(decodeWith(encodeWith(text))).toBe(text);
      }),
    );
    for (const text of ["", " ", "\uFEFFbom", "a\r\n\t b", "👩🏽‍🚀 🇫🇷", "x".repeat(1000)])
      expect(decodeWith(encodeWith(text))).toBe(text);
  });

  it("learns the most frequent pair first and shortens what it has seen", () => {
    // "t"+"h" or " "+"t", "h"+"e": of the pairs in " the" (3 of 4 with a space), "he" occurs in "the" ×4 and "other" ×1.
    const [left, right] = trainMerges(["the the the the other"], 1);
    expect(String.fromCharCode(left ?? 0, right ?? 0)).toBe("he");
    expect(encodeWith("the cat").length).toBeLessThan(7);
  });

  it("stops when no pair occurs twice", () => {
    expect(trainMerges(["abc"], 50).length).toBe(0);
  });

  it("agrees with a naive trainer that counts everything anew each time", () => {
    const text = "low lower lowest new newer newest wide wider widest slow slower slowest ".repeat(3);
    const words = (text.match(/ ?[a-z]+| +/g) ?? []).map((word) => [...word].map((c) => c.charCodeAt(0)));
    const naive: number[] = [];
    for (let r = 0; r < 20; r += 1) {
      const counts = new Map<number, number>();
      for (const word of words)
        for (let i = 0; i + 1 < word.length; i += 1) {
          const pair = (word[i] ?? 0) * 1048576 + (word[i + 1] ?? 0);
          counts.set(pair, (counts.get(pair) ?? 0) + 1);
        }
      const [pair] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [0];
      const [left, right] = [Math.floor(pair / 1048576), pair % 1048576];
      naive.push(left, right);
      for (const word of words)
        for (let i = 0; i + 1 < word.length; i += 1) {
          if (word[i] === left && word[i + 1] === right) word.splice(i, 2, 256 + r);
        }
    }
    expect([...trainMerges([text], 20)]).toEqual(naive);
  });
});

describe("nearest centroid", () => {
  it("finds what plain loops find, at odd counts", async () => {
    for (const [rows, codes, width] of [
      [1, 1, 48],
      [5, 9, 48],
      [4099, 17, 3],
      [0, 4, 7],
    ] as const) {
      const value = (i: number) => Math.round(100 * Math.sin(i * 12.9898)) / 4;
      const x = Float32Array.from({ length: rows * width }, (_, i) => value(i));
      const c = Float32Array.from({ length: codes * width }, (_, i) => value(i + 0.5));
      const found = new Int32Array(rows);
      const distances = new Float32Array(rows);
      (await createNearest(c, width)).find(x, found, distances);
      for (let row = 0; row < rows; row += 1) {
        const all = Array.from({ length: codes }, (_, code) => {
          let sum = 0;
          for (let k = 0; k < width; k += 1)
            sum += ((x[row * width + k] ?? 0) - (c[code * width + k] ?? 0)) ** 2;
          return sum;
        });
        expect(Math.abs((all[found[row] ?? -1] ?? Number.NaN) - Math.min(...all))).toBeLessThan(0.05);
        expect(Math.abs((distances[row] ?? Number.NaN) - Math.min(...all))).toBeLessThan(0.05);
      }
    }
  });
});

describe("pictures", () => {
  it("come back from PNG, on white where they are transparent", () => {
    const data = Uint8Array.from([255, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 51]);
    const picture = readPng(encode({ width: 2, height: 2, data, channels: 4, depth: 8 }), 2);
    expect([...picture.rgb]).toEqual([255, 0, 0, 255, 255, 255, 0, 0, 255, 204, 204, 204]);
    expect(readPng(encodePng(picture), 2)).toEqual(picture);
  });

  it("may be grey, packed, deep, or have one transparent colour", () => {
    const packed = Uint8Array.from([0b10100000, 0b01000000, 0b10100000]);
    const bits = readPng(encode({ width: 3, height: 3, data: packed, channels: 1, depth: 1 }), 3);
    expect([...bits.rgb].filter((_, i) => i % 3 === 0)).toEqual([255, 0, 255, 0, 255, 0, 255, 0, 255]);
    const deep = encode({
      width: 1,
      height: 1,
      data: Uint16Array.from([65535, 32768, 0]),
      channels: 3,
      depth: 16,
    });
    expect([...readPng(deep, 1).rgb]).toEqual([255, 128, 0]);
  });

  it("shrink by area and are centred on white", () => {
    const grey = Uint8Array.from([0, 100, 200, 100]);
    expect([...readPng(encode({ width: 2, height: 2, data: grey, channels: 1, depth: 8 }), 1).rgb]).toEqual([
      100, 100, 100,
    ]);
    const wide = readPng(encode({ width: 2, height: 1, data: new Uint8Array(6), channels: 3, depth: 8 }), 2);
    expect([...wide.rgb]).toEqual(new Array(12).fill(128)); // half white, half black in every pixel
  });

  it("refuse what is no PNG, is cut short, damaged or too large", () => {
    const good = drawing(1);
    expect(() => readPng(new Uint8Array(100), 32)).toThrow("not a PNG");
    expect(() => readPng(good.subarray(0, good.length - 20), 32)).toThrow("cut short");
    const damaged = good.slice();
    damaged[60] = (damaged[60] ?? 0) ^ 255;
    expect(() => readPng(damaged, 32)).toThrow();
    const huge = good.slice();
    huge.set([0, 1, 0, 0, 0, 1, 0, 0], 16);
    expect(() => readPng(huge, 32)).toThrow("too many");
  });
});

describe("names of emoji", () => {
  const table = readEmojiTable(
    { "👋": { name: "waving hand" }, "☎️": { name: "telephone" } },
    { "👋": ["waving_hand", "hello", ":o", "good_bye"] },
  );

  it("say the skin tone after the base emoji's name", () => {
    expect(labelOf(table, "1f44b-1f3fb")).toEqual({
      name: "waving hand light skin tone",
      keywords: ["hello", "good bye"],
    });
    expect(labelOf(table, "260e")?.name).toBe("telephone");
    expect(labelOf(table, "1f9ff")).toBeUndefined();
  });

  it("share a key over skin, gender and hair", () => {
    expect(conceptKey("1f468-1f3fe-200d-1f680")).toBe(conceptKey("1f469-200d-1f680"));
    expect(conceptKey("1f44b-1f3fb")).toBe(conceptKey("1f44b"));
    expect(conceptKey("2640-fe0f")).not.toBe(conceptKey("2642"));
    expect(flagPoints("fr")).toBe("1f1eb-1f1f7");
    expect(flagPoints("gb-eng")).toBeUndefined();
  });
});

describe("splits", () => {
  it("joins groups whatever the order", () => {
    const pairs = [
      ["a", "b"],
      ["c", "d"],
      ["b", "d"],
      ["x", "y"],
    ] as const;
    const roots = [pairs, pairs.toReversed()].map((order) => {
      const groups = createGroups();
      for (const [a, b] of order) groups.join(a, b);
      return ["a", "b", "c", "d", "x", "y", "z"].map((key) => groups.find(key));
    });
    expect(roots[0]).toEqual(["a", "a", "a", "a", "x", "x", "z"]);
    expect(roots[1]).toEqual(roots[0]);
  });

  it("gives about one group in twenty to validation", () => {
    const splits = Array.from({ length: 4000 }, (_, i) => splitOfGroup(`key ${i}`, true));
    for (const split of ["val", "test"]) {
      const share = splits.filter((one) => one === split).length / splits.length;
      expect(share).toBeGreaterThan(0.035);
      expect(share).toBeLessThan(0.065);
    }
    expect(Array.from({ length: 400 }, (_, i) => splitOfGroup(`key ${i}`, false))).not.toContain("test");
  });
});
