// codes-experts.ts: the rows of codes-check.ts that are about `experts` rules.
// In: nothing. Out: plain data. Each example fails with exactly its own code when it is checked as `example.mot`.

export const expertsCodes = {
  MOT2040: {
    title: "a block that cannot have experts",
    explanation:
      "`experts LABEL: E` gives each linear of a block E copies. Such a block computes rows with linears, activations and arithmetic, and ends in one `x += y`, where the chosen experts' rows are weighed and added up. Norms stay single: they stand before the first linear, or are all that is added, as in `x += rms_norm(y) as norm`. Nothing else that is made of its linears is used outside.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  per modality ffn {
    h = linear(x, 16)
    x += linear(silu(h), 8) as out
    x += linear(h, 8) as again
  }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant moe = m { experts ffn: 4 }
`,
  },
  MOT2041: {
    title: "more choices than experts",
    explanation: "With `top k` each token goes to k different experts, so there must be at least k.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  per modality ffn {
    h = linear(x, 16)
    x += linear(silu(h), 8) as out
  }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant moe = m { experts ffn: 2 top 3 }
`,
  },
  MOT2042: {
    title: "a balance that means nothing",
    explanation:
      "`balance` is the weight, from 0, of a loss that spreads tokens over the experts they choose: `experts ffn: 4 top 2 balance 0.01`. Where experts choose their tokens, each takes as many, and there is nothing to balance.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  per modality ffn {
    h = linear(x, 16)
    x += linear(silu(h), 8) as out
  }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant moe = m { experts ffn: 4 balance 0.1 }
`,
  },
  MOT2043: {
    title: "two `experts` rules for one label",
    explanation: "A variant has at most one `experts` rule for each label.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  per modality ffn {
    h = linear(x, 16)
    x += linear(silu(h), 8) as out
  }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant moe = m {
  experts ffn: 4
  experts ffn: 2 top 1
}
`,
  },
  MOT2044: {
    title: "more experts than tokens",
    explanation:
      "Experts are trained by the tokens of a batch, context × batch of them. With more experts than tokens some get none, ever.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  per modality ffn {
    h = linear(x, 16)
    x += linear(silu(h), 8) as out
  }
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant moe = m { experts ffn: 64 }
train m {
  data icons
  context 16, batch 2, steps 10
  adamw(lr: 1e-3)
}
`,
  },
} as const;
