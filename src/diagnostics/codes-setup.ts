// codes-setup.ts: the rows of codes-check.ts that are about what surrounds a model's statements: imports, modalities,
// variants, objectives (2xxx) and training (3xxx).
// In: nothing. Out: plain data. Each example fails with exactly its own code when it is checked as `example.mot`.

export const setupCodes = {
  MOT2025: {
    title: "a file that cannot be read",
    explanation: "`import` takes a path relative to the importing file.",
    example: `import "no-such-file.mot"
`,
  },
  MOT2026: {
    title: "imports in a circle",
    explanation: "A file cannot import itself, directly or through others.",
    example: `import "example.mot"
`,
  },
  MOT2027: {
    title: "two models",
    explanation:
      "A file holds at most one model, imports included. Variants of one model are declared with `variant`.",
    example: `model a {
  modality text = tokens(vocab: 16)
}
model b {
  modality text = tokens(vocab: 16)
}
`,
  },
  MOT2028: {
    title: "no modality",
    explanation: "A model reads tokens of at least one modality: `modality text = tokens(vocab: 1024)`.",
    example: `model m {
  const dim = 8
}
`,
  },
  MOT2029: {
    title: "not a kind of modality",
    explanation:
      "A modality is a stream of codes, `modality text = tokens(vocab: 1024)`, or of square patches of numbers, `modality image = patches(size: 4, channels: 3)`. Each of these is one whole number.",
    example: `model m {
  modality text = tokns(vocab: 16)
}
`,
  },
  MOT2030: {
    title: "a variant of an unknown model",
    explanation: "`variant NAME = MODEL` names the model of this file or of an import.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant dense = n { share all }
`,
  },
  MOT2031: {
    title: "sharing that matches nothing",
    explanation:
      "`share` takes labels of `per modality` blocks, or parameter paths without the modality in which * stands for anything: `share attn`, `share block.*.ffn.gate`, `share ffn between image, speech`.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant tied = m { share atn }
`,
  },
  MOT2032: {
    title: "sharing of different shapes",
    explanation:
      "Modalities that share a parameter hold one tensor, so its shape must be the same for all of them.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  const ffn = { text: 16, image: 32 }
  x = embed(tokens, 8) as embedding
  per modality mix {
    h = linear(x, ffn)
    x += linear(h, 8) as out
  }
}
variant dense = m { share all }
`,
  },
  MOT2033: {
    title: "a change to an unknown constant",
    explanation:
      "A variant may give constants of its model other values; everything derived from them is evaluated again.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  const dim = 8
}
variant wide = m { dimm = 16 }
`,
  },
  MOT2035: {
    title: "an objective in the wrong place",
    explanation:
      "A loss stands in an `objective` statement at the model's own level, never in the middle of an expression.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  y = cross_entropy(x, next_token)
}
`,
  },
  MOT2036: {
    title: "not an objective",
    explanation:
      "An objective is `cross_entropy(logits, next_token)`, perhaps with `z_loss: 1e-4`, or `mean_square(prediction, noise)`, perhaps times a number. The logits are as wide as the joint vocabulary, `vocab`.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  objective text = cross_entropy(x, next_token)
}
`,
  },
  MOT2037: {
    title: "unknown variant",
    explanation:
      "`compare` and --variant take the names of declared variants, or the model's own name where none is declared.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant mot = m
compare mot, dense
`,
  },
  MOT3001: {
    title: "unknown setting",
    explanation:
      "`train` knows data, context, batch, steps, seed and adamw(…); adamw knows lr, warmup, decay, end, betas, eps, weight_decay and clip.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
train m {
  data icons
  context 16, batch 2, steps 10
  step 10
  adamw(lr: 1e-3)
}
`,
  },
  MOT3002: {
    title: "a missing setting",
    explanation:
      "Training needs data, context, batch, steps and adamw with a learning rate. The rest has defaults: seed 1, no warmup, decay constant, end 0, betas (0.9, 0.95), eps 1e-8, weight_decay 0, no clip.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
train m {
  data icons
  context 16, steps 10
  adamw(lr: 1e-3)
}
`,
  },
  MOT3003: {
    title: "a setting out of range",
    explanation:
      "The message says what the setting takes: context is at least 2, batch and steps at least 1, betas lie from 0 to below 1, the learning rate is above 0.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
train m {
  data icons
  context 1, batch 2, steps 10
  adamw(lr: 1e-3)
}
`,
  },
  MOT3004: {
    title: "a setting twice",
    explanation: "Each setting has one value.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
train m {
  data icons
  context 16, batch 2, steps 10
  batch 4
  adamw(lr: 1e-3)
}
`,
  },
  MOT3005: {
    title: "nothing to train for",
    explanation: "Training needs an objective in the model.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
}
train m {
  data icons
  context 16, batch 2, steps 10
  adamw(lr: 1e-3)
}
`,
  },
  MOT3006: {
    title: "training of an unknown model",
    explanation: "`train MODEL { … }` names the model of this file or of an import.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
train n {
  data icons
  context 16, batch 2, steps 10
  adamw(lr: 1e-3)
}
`,
  },
  MOT3007: {
    title: "`train` or `compare` twice",
    explanation: "A file has at most one `train` and one `compare`, imports included.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  logits = linear(x, vocab) as head
  objective text, image = cross_entropy(logits, next_token)
}
variant mot = m
compare mot
compare mot
`,
  },
} as const;
