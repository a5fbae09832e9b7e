// codes-check.ts: the 2xxx (names and widths) and 3xxx (training setup and data) rows of the table in codes.ts.
// In: nothing. Out: plain data. Each example fails with exactly its own code; a test compiles it to make sure.

export const checkCodes = {
  MOT2001: {
    title: "unknown name",
    explanation:
      "The name is not defined at this point. Names are looked up from here upwards: values, then constants.",
    example: `model m {
  modality text = tokens(vocab: 16)
  x = embed(tokens, dim)
  logits = linear(x, vocab) as head
  objective text = cross_entropy(logits, next_token)
}
`,
  },
} as const;
