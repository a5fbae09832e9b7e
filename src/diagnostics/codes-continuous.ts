// codes-continuous.ts: the rows of codes-check.ts that are about modalities of patches: what is asked of them that only
// tokens have, and the other way round.
// In: nothing. Out: plain data. Each example fails with exactly its own code when it is checked as `example.mot`.

export const continuousCodes = {
  MOT2060: {
    title: "noise where there are no patches",
    explanation:
      "`noisy`, `noise` and `timestep` exist for the rows of `patches(…)` modalities alone, so they stand in the arms of such modalities.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = patches(size: 2, channels: 3)
  x = linear(noisy, 8)
}
`,
  },
  MOT2061: {
    title: "an embedding of rows that have no ids",
    explanation:
      "`embed(tokens, width)` looks ids up in a table. Patches have no ids: they enter a model through `linear(noisy, width)`.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = patches(size: 2, channels: 3)
  x = embed(tokens, 8) as embedding
}
`,
  },
  MOT2062: {
    title: "a mask that shows tokens their targets",
    explanation:
      "`within(image)` lets every row of an image see the whole image. Tokens are predicted one after another, so within a modality of tokens the mask would give the answers away.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  q = split(x, 2)
  a = attention(q, q, q, mask: causal + within(image))
}
`,
  },
  MOT2063: {
    title: "an objective of the other kind of modality",
    explanation:
      "Tokens are predicted one after another, by `cross_entropy(logits, next_token)`; patches by their noise, by `mean_square(prediction, noise)`.",
    example: `model m {
  modality text = tokens(vocab: 16)
  x = embed(tokens, 8) as embedding
  objective text = mean_square(x, x)
}
`,
  },
} as const;
