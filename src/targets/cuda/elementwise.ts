// elementwise.ts: kernels whose elements are independent, a vector of neighbouring ones at a time.
// In: the words of a record, what is loaded and stored, and the lines for one element. Out: a text.

import type { KernelKind } from "../../kernel/kernel.ts";
import { type ArgumentName, type Element, everywhere, type KernelText, recordLines } from "./context.ts";
import { calledFunctions } from "./expressions.ts";
import { elementwiseThreads, isWide, lanesOf, typeOf } from "./lanes.ts";

/** A vector of an argument's row, `start` being where the row begins; the lines call its elements `name[lane]`. */
export type Vector = { readonly name: string; readonly argument: number; readonly start: string };

export type Elementwise = {
  readonly name: KernelKind;
  readonly comment: string;
  readonly words: readonly string[];
  readonly args: readonly ArgumentName[];
  /** Words that have to be whole vectors for rows to be moved in such. */
  readonly wide: readonly string[];
  /** Lines for each vector, which know `row` and `column`. */
  readonly starts: readonly string[];
  readonly loads: readonly Vector[];
  readonly lines: readonly string[];
  readonly stores: readonly Vector[];
};

export function elementwise(
  { name, comment, words, args, wide, starts, loads, lines, stores }: Elementwise,
  elements: readonly Element[],
): KernelText {
  const typeAt = ({ argument }: Vector): string => typeOf(elements[argument]);
  const placed = (vectors: readonly Vector[], place: string) =>
    vectors.map((vector) => ({
      name: vector.name,
      type: typeAt(vector),
      place: `${place}_${vector.name}`,
    }));
  return {
    template: "cuda/elementwise",
    view: {
      name,
      comment,
      functions: calledFunctions([...starts, ...lines]),
      record: recordLines(words, args, elements),
      lanes: lanesOf([...loads, ...stores].map(({ argument }) => elements[argument])),
      wide: isWide(wide),
      starts: [
        ...starts,
        ...loads.map((v) => `const global<const ${typeAt(v)}> from_${v.name} = ${v.start};`),
        ...stores.map((v) => `const global<${typeAt(v)}> to_${v.name} = ${v.start};`),
      ],
      values: [...new Set([...loads, ...stores].map((vector) => vector.name))],
      loads: placed(loads, "from"),
      lines,
      stores: placed(stores, "to"),
    },
    configurations: everywhere({ threads: elementwiseThreads, sharedBytes: 0 }),
  };
}
