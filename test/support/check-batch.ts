// check-batch.ts: every rule a packed batch obeys.
// In: a batch, the data set it was packed from. Out: a failed expectation where a rule does not hold.

import { expect } from "vitest";
import type { Dataset } from "../../src/data/dataset.ts";
import type { Batch } from "../../src/runtime/batch.ts";

/** Every rule a packed batch obeys, checked against the markers alone. */
export function checkBatch(batch: Batch, dataset: Dataset): void {
  const { context } = batch;
  for (let row = 0; row < batch.batch; row += 1) {
    let open: { number: number; length: number; onlyText: boolean } = {
      number: -1,
      length: 0,
      onlyText: true,
    };
    let hasEnded = true;
    for (let t = 0; t < context; t += 1) {
      const i = row * context + t;
      const [token, target, modality, document, position] = [
        batch.token[i],
        batch.target[i],
        batch.modality[i],
        batch.document[i],
        batch.position[i],
      ];
      if (token === -1) {
        // Leftover positions end the row and hold nothing.
        expect([target, modality, document, position]).toEqual([-1, -1, -1, 0]);
        expect(t + 1 < context ? batch.token[i + 1] : -1).toBe(-1);
        expect(hasEnded || open.onlyText).toBe(true);
        continue;
      }
      if (token === dataset.markers.beginDocument) {
        expect(hasEnded || open.onlyText).toBe(true);
        open = { number: open.number + 1, length: 0, onlyText: true };
      }
      expect(document).toBe(open.number);
      expect(position).toBe(open.length);
      const own = dataset.modalities[modality ?? -1];
      expect(token).toBeGreaterThanOrEqual(own?.offset ?? Number.NaN);
      expect(token).toBeLessThan((own?.offset ?? Number.NaN) + (own?.vocab ?? 0));
      open.length += 1;
      if (modality !== 0) open.onlyText = false;
      hasEnded = token === dataset.markers.endDocument;
      const continues = t + 1 < context && batch.document[i + 1] === document;
      expect(target).toBe(continues ? batch.token[i + 1] : -1);
      if (hasEnded) expect(target).toBe(-1);
    }
    // Only text is cut, and only at the edge of the context.
    expect(hasEnded || open.onlyText).toBe(true);
  }
}
