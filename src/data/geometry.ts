// geometry.ts: the sizes of the picture codec: pixels a side of a picture and of a patch, and what follows from them.
// In: nothing. Out: numbers.

export const pictureSize = 32;
export const patchSize = 4;
export const patchesPerSide = pictureSize / patchSize;
export const patchesPerPicture = patchesPerSide * patchesPerSide;
export const patchWidth = patchSize * patchSize * 3;
export const pictureBytes = pictureSize * pictureSize * 3;
