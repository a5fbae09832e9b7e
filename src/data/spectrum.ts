// spectrum.ts: stretches of sound ↔ their spectra.
// In: real samples, a power of two of them; or half a spectrum. Out: the half spectrum, interleaved real and imaginary
// parts of bins 0 to size/2; or the samples. The one file that knows fft.js, whose own types say `any`.

import FFT from "fft.js";

export type Transform = {
  readonly size: number;
  /** [size] samples → [size + 2] interleaved parts of bins 0 to size/2. */
  forward(samples: Float64Array, spectrum: Float64Array): void;
  /** The samples whose half spectrum this is. */
  inverse(spectrum: Float64Array, samples: Float64Array): void;
};

/** Prepares transforms of `size` samples, a power of two. */
export function createTransform(size: number): Transform {
  const fft = new FFT(size);
  const whole = new Float64Array(2 * size);
  const signal = new Float64Array(2 * size);
  return {
    size,
    forward(samples, spectrum) {
      fft.realTransform(whole, samples);
      spectrum.set(whole.subarray(0, size + 2));
    },
    inverse(spectrum, samples) {
      whole.set(spectrum.subarray(0, size + 2));
      fft.completeSpectrum(whole);
      fft.inverseTransform(signal, whole);
      for (let i = 0; i < size; i += 1) samples[i] = signal[2 * i] ?? 0;
    },
  };
}

/** A Hann window of `length` samples, periodic, so that shifted copies add up to a constant. */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));
}
