// codes-training.ts: the rows of codes-check.ts that are about what happens in training: tied embeddings, dropout,
// freezing, rates by modality.
// In: nothing. Out: plain data. Each example fails with exactly its own code when it is checked as `example.mot`.

export const trainingCodes = {
  MOT2045: {
    title: "no embedding to tie to",
    explanation:
      "`unembed(x, embedding)` gives one logit per code by multiplying with the table that `embed(tokens, d) as embedding` reads: one tensor with two uses. The table must be made before (in the same layer and block, at the model's own level, or as the only one of that name), for all modalities of the rows, and be as wide as they are.",
    example: `model m {
  modality text = tokens(vocab: 16)
  x = embed(tokens, 8) as embedding
  logits = unembed(x, head)
  objective text = cross_entropy(logits, next_token)
}
`,
  },
  MOT2046: {
    title: "a rate of dropout that is none",
    explanation:
      "`dropout(x, rate)` sets each element to zero with the probability `rate` in training, and divides the others by 1 - rate. The rate is from 0 (which leaves x as it is) to below 1.",
    example: `model m {
  modality text = tokens(vocab: 16)
  x = embed(tokens, 8) as embedding
  x = dropout(x, 1)
  logits = linear(x, vocab) as head
  objective text = cross_entropy(logits, next_token)
}
`,
  },
  MOT3008: {
    title: "nothing to freeze",
    explanation:
      "`freeze` takes labels of `per modality` blocks, modalities (everything that only that modality uses), and parameter paths in which `*` stands for any run of characters: `freeze text, block.*.norm, embedding`. Each must name something of the model as it is written.",
    example: `model m {
  modality text = tokens(vocab: 16)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text = cross_entropy(logits, next_token)
}
train m {
  data icons
  context 16, batch 2, steps 10
  freeze ffn
  adamw(lr: 1e-3)
}
`,
  },
  MOT3009: {
    title: "a frozen objective",
    explanation:
      "Frozen parameters stay as they are. An objective all of whose parameters are frozen is a number that no step can change.",
    example: `model m {
  modality text = tokens(vocab: 16)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text = cross_entropy(logits, next_token)
}
train m {
  data icons
  context 16, batch 2, steps 10
  freeze embedding, head
  adamw(lr: 1e-3)
}
`,
  },
} as const;
