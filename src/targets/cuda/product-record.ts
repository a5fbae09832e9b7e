// product-record.ts: what every text of a product reads: its sizes and addresses, by name.
// In: a product. Out: the names of its record's words and arguments, in the order of kernel/product-kernel.ts.

import { bug } from "../../diagnostics/bug.ts";
import type { ProductTerm } from "../../kernel/product-kernel.ts";
import { type ArgumentName, type BodyOf, type Element, recordLines, unread } from "./context.ts";

export type Product = BodyOf<"product">;
export type Weights = NonNullable<ProductTerm["weights"]>;

export function weightsOf({ weights }: Pick<ProductTerm, "weights">): Weights {
  return weights ?? bug("cuda", "a product reads weights that stand as they are");
}

/** Whether every row of the weights begins at a multiple of 16 bytes of bf16. */
export const isWide = (term: Pick<ProductTerm, "weights">): boolean => weightsOf(term).stride % 8 === 0;

/** Products of the same rows that a block computes: two where there is a twin. */
export const productsOf = ({ twin }: Product): 1 | 2 => (twin === undefined ? 1 : 2);

/** Operands of the epilogue that its stores write; those in memory begin with 2. */
export const writtenBy = ({ epilogue }: Product): ReadonlySet<number> =>
  new Set((epilogue?.phase.stores ?? []).map(({ operand }) => operand));

export function wordsOf(body: Product): readonly number[] {
  const { n, cStride, dStride, terms, twin = [], epilogue, rotation } = body;
  return [
    ...[n, cStride, dStride],
    ...terms.flatMap((term) => [term.k, term.aStride, weightsOf(term).stride]),
    ...twin.map((term) => weightsOf(term).stride),
    ...(epilogue?.operands.map(({ stride }) => stride) ?? []),
    ...(rotation === undefined ? [] : [rotation.turns ? 1 : 0]),
  ];
}

/** Whether a text reads the factors itself, or has the copy engine do it. */
type Factors = "read" | "mapped";

export const kWord = (term: number): number => 4 + 3 * term;

function wordNames(body: Product, factors: Factors): readonly string[] {
  const { terms, residual, twin = [], epilogue, rotation } = body;
  const stride = (factor: string): string => (factors === "mapped" ? unread : `${factor}_stride`);
  return [
    ...["n", epilogue === undefined ? "c_stride" : unread, residual ? "d_stride" : unread],
    ...terms.flatMap((_term, t) => [`k${t}`, stride(`a${t}`), stride(`w${t}`)]),
    ...twin.map((_term, t) => stride(`v${t}`)),
    ...(epilogue?.operands.map((_operand, i) => `stride${2 + i}`) ?? []),
    ...(rotation === undefined ? [] : ["turns"]),
  ];
}

function argumentNames(body: Product, factors: Factors): readonly ArgumentName[] {
  const { terms, residual, twin = [], epilogue, rotation } = body;
  const factor = (name: string): ArgumentName => ({ name: factors === "mapped" ? unread : name });
  const written = writtenBy(body);
  return [
    { name: epilogue === undefined ? "c" : unread, writes: true },
    { name: residual ? "d" : unread },
    ...terms.flatMap((_term, t) => [factor(`a${t}`), factor(`w${t}`)]),
    ...twin.map((_term, t) => factor(`v${t}`)),
    ...(epilogue?.operands.map((_operand, i) => ({ name: `x${2 + i}`, writes: written.has(2 + i) })) ?? []),
    ...(rotation === undefined ? [] : ["positions", "cosines", "sines"].map((name) => ({ name }))),
  ];
}

/** Argument of operand 2 of the epilogue. */
export const firstOperand = ({ terms, twin = [] }: Product): number => 2 + 2 * terms.length + twin.length;

export const recordOf = (
  body: Product,
  elements: readonly Element[],
  factors: Factors = "read",
): readonly string[] => recordLines(wordNames(body, factors), argumentNames(body, factors), elements);

/** Index in the record of the word behind its arguments. */
export const mapWordOf = (body: Product): number =>
  1 + wordsOf(body).length + 2 * argumentNames(body, "read").length;

export function comment({ residual, terms, twin, epilogue, rotation }: Product, how: string): string {
  const transposed = (term: Pick<ProductTerm, "weights">): string => (weightsOf(term).transposed ? "ᵀ" : "");
  const sum = terms.map((term, t) => `a${t} · w${t}${transposed(term)}`).join(" + ");
  const second = (twin ?? []).map((term, t) => `a${t} · v${t}${transposed(term)}`).join(" + ");
  const whole = `${residual ? "d + " : ""}${sum}${second === "" ? "" : ` and ${second}`}`;
  const made = epilogue === undefined ? `c = ${whole}` : `what is made of ${whole}`;
  return `${made}${rotation === undefined ? "" : ", turned"}; ${how}`;
}
