// geometry.ts: the sizes of the codecs: pixels a side of a picture and of a patch, frames of sound, what follows from them.
// In: nothing. Out: numbers.

export const pictureSize = 32;
export const patchSize = 4;
export const patchesPerSide = pictureSize / patchSize;
export const patchesPerPicture = patchesPerSide * patchesPerSide;
export const patchWidth = patchSize * patchSize * 3;
export const pictureBytes = pictureSize * pictureSize * 3;

/** Samples a second of all sound here. */
export const sampleRate = 16000;
/** Bands of a log-mel frame, and samples from one frame to the next: 20 ms. */
export const melBands = 40;
export const frameHop = 320;
/** Frames that one speech code stands for: 40 ms, so 25 codes a second, as in the paper. */
export const framesPerCode = 2;
export const speechWidth = framesPerCode * melBands;
