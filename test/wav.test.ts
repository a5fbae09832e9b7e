// wav.test.ts: WAV files: what is written comes back, every format is read, and what is damaged is refused in words.

import { describe, expect, it } from "vitest";
import { encodeWav, readWav } from "../src/data/wav.ts";
import { tone, wavFile } from "./support/sounds.ts";

describe("WAV files", () => {
  it("come back as they were written, to a step of 16 bits", () => {
    const sound = tone(440, 0.1);
    const { rate, samples } = readWav(encodeWav(sound));
    expect(rate).toBe(16000);
    expect(samples.length).toBe(sound.length);
    for (const [i, sample] of samples.entries())
      expect(Math.abs(sample - (sound[i] ?? 0))).toBeLessThan(5e-5);
    expect([...readWav(encodeWav(Float32Array.of(2, -2))).samples]).toEqual([
      Math.fround(32767 / 32768),
      Math.fround(-32767 / 32768),
    ]);
  });

  it("may have 8, 16, 24 or 32 bits, floats, and several channels", () => {
    expect([...readWav(wavFile({ bits: 8 }, Uint8Array.of(0, 128, 255))).samples]).toEqual([
      -1, 0, 0.9921875,
    ]);
    const whole16 = new Uint8Array(Int16Array.of(-32768, 16384).buffer);
    expect([...readWav(wavFile({ bits: 16 }, whole16)).samples]).toEqual([-1, 0.5]);
    expect([...readWav(wavFile({ bits: 24 }, Uint8Array.of(0, 0, 0x80, 0, 0, 0x40))).samples]).toEqual([
      -1, 0.5,
    ]);
    const whole32 = new Uint8Array(Int32Array.of(-2147483648, 1073741824).buffer);
    expect([...readWav(wavFile({ bits: 32 }, whole32)).samples]).toEqual([-1, 0.5]);
    const float32 = new Uint8Array(Float32Array.of(-0.25, 1.5).buffer);
    expect([...readWav(wavFile({ kind: 3, bits: 32 }, float32)).samples]).toEqual([-0.25, 1.5]);
    const float64 = new Uint8Array(Float64Array.of(-0.25).buffer);
    expect([...readWav(wavFile({ kind: 3, bits: 64 }, float64)).samples]).toEqual([-0.25]);
    const stereo = wavFile(
      { channels: 2, rate: 44100 },
      new Uint8Array(Int16Array.of(16384, 0, -16384, 0).buffer),
    );
    expect(readWav(stereo)).toEqual({ rate: 44100, samples: Float32Array.of(0.25, -0.25) });
  });

  it("may carry other chunks, an extensible format, or a length that was not known yet", () => {
    const plain = wavFile({}, new Uint8Array(Int16Array.of(8192).buffer));
    const list = Uint8Array.of(...[76, 73, 83, 84], 3, 0, 0, 0, 1, 2, 3, 0); // odd length: padded
    const withList = new Uint8Array([...plain.subarray(0, 36), ...list, ...plain.subarray(36)]);
    expect([...readWav(withList).samples]).toEqual([0.25]);
    const extra = Uint8Array.of(22, 0, 16, 0, 4, 0, 0, 0, 1, 0, ...new Uint8Array(14));
    const extended = new Uint8Array([...plain.subarray(0, 36), ...extra, ...plain.subarray(36)]);
    new DataView(extended.buffer).setUint32(16, 40, true);
    new DataView(extended.buffer).setUint16(20, 0xfffe, true);
    expect([...readWav(extended).samples]).toEqual([0.25]);
    for (const unknown of [0, 0xffffffff]) {
      expect([...readWav(wavFile({}, plain.subarray(44), [[40, 4, unknown]])).samples]).toEqual([0.25]);
      // Silence, every piece of which would pass for an empty chunk but for its name.
      expect(readWav(wavFile({}, new Uint8Array(16), [[40, 4, unknown]])).samples).toEqual(
        new Float32Array(8),
      );
    }
  });

  it("are refused with a reason, whatever the bytes", () => {
    const good = wavFile({}, new Uint8Array(20));
    const reason = (bytes: Uint8Array): string => {
      try {
        readWav(bytes);
        return "read";
      } catch (error) {
        return error instanceof RangeError ? `out of range: ${error.message}` : (error as Error).message;
      }
    };
    expect(reason(new Uint8Array(3))).toBe("not a WAV file");
    expect(reason(new TextEncoder().encode("OggS".repeat(20)))).toBe("not a WAV file");
    expect(reason(good.subarray(0, 60))).toBe("it is cut short");
    expect(reason(good.subarray(0, 30))).toBe("it does not say how its samples are written");
    expect(reason(good.subarray(0, 36))).toBe("it has no samples");
    expect(reason(wavFile({}, new Uint8Array()))).toBe("it has no samples");
    const list = Uint8Array.of(76, 73, 83, 84, 3, 0, 0, 0, 1, 2, 3, 0);
    for (const rest of [list, list.subarray(0, 11)])
      expect(reason(wavFile({}, rest, [[40, 4, 0]]))).toBe("it has no samples");
    expect(reason(wavFile({ kind: 85 }, new Uint8Array(20)))).toContain("compressed (format 85)");
    expect(reason(wavFile({ bits: 12 }, new Uint8Array(20)))).toBe("samples of 12 bits are not read");
    expect(reason(wavFile({ channels: 0 }, new Uint8Array(20)))).toBe("it has no channel");
    expect(reason(wavFile({ rate: 0 }, new Uint8Array(20)))).toBe("0 samples a second are not read");
    const notNumbers = new Uint8Array(Float32Array.of(Number.NaN).buffer);
    expect(reason(wavFile({ kind: 3, bits: 32 }, notNumbers))).toContain("no numbers");
    // Any byte of the header changed: read or refused in words, never beyond the file.
    for (let at = 0; at < 44; at += 1) {
      for (const value of [0, 1, 127, 255]) {
        const changed = good.slice();
        changed[at] = value;
        expect(reason(changed)).not.toContain("out of range");
      }
    }
  });
});
