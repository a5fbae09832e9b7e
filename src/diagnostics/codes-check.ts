// codes-check.ts: the 2xxx and 3xxx rows of the table in codes.ts; here those of names and widths inside a model.
// In: nothing. Out: plain data. Each example fails with exactly its own code when it is checked as `example.mot`; a
// test makes sure.

import { continuousCodes } from "./codes-continuous.ts";
import { expertsCodes } from "./codes-experts.ts";
import { setupCodes } from "./codes-setup.ts";
import { trainingCodes } from "./codes-training.ts";

export const checkCodes = {
  MOT2001: {
    title: "unknown name",
    explanation:
      "Nothing at this place has this name. A layer sees its own parameters and the model's constants; a model sees its constants and what was bound above. Names are never taken from a caller.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, dim) as embedding
}
`,
  },
  MOT2002: {
    title: "unknown layer or function",
    explanation:
      "A call names a layer of this model, of an imported file, or a function of the language (linear, rms_norm, attention, …).",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  y = liner(x, 8)
}
`,
  },
  MOT2003: {
    title: "widths disagree",
    explanation:
      "Two values that are combined element by element need rows of one width, split into the same heads. The labels show both sides and where each width was decided.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  x += linear(x, 12) as out
}
`,
  },
  MOT2004: {
    title: "the same name twice",
    explanation:
      "Constants, modalities, layers and variants each have one meaning per name. (Values may be bound again: the new value hides the old one.)",
    example: `model m {
  const dim = 8, dim = 16
  modality text = tokens(vocab: 16)
}
`,
  },
  MOT2005: {
    title: "a name of the language",
    explanation:
      "The names of built-in functions and of tokens, next_token, vocab, causal and the like keep their meaning: nothing else can have them.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  split = x
}
`,
  },
  MOT2006: {
    title: "wrong arguments",
    explanation:
      "Arguments of built-in functions stand in order or carry the names the message shows; layers take exactly the arguments they declare, in order.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  y = linear(x)
}
`,
  },
  MOT2007: {
    title: "a number where rows are needed, or the reverse",
    explanation:
      "Widths, counts and factors are constants: numbers, names of constants, arithmetic on them. Everything that flows through the model is rows: one row per token.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  y = linear(x, x)
}
`,
  },
  MOT2008: {
    title: "not a whole number",
    explanation:
      "Widths, heads and vocabularies are whole numbers from 1, repeat counts whole numbers from 0. A division must be exact where a width is asked.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  const dim = 100
  x = embed(tokens, dim / 3) as embedding
}
`,
  },
  MOT2009: {
    title: "rows that do not split evenly",
    explanation:
      "`split(x, heads)` cuts each row into heads of one width, so the number of heads must divide the width. `rope` turns pairs of components, so heads must have an even width.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  y = split(x, 3)
}
`,
  },
  MOT2010: {
    title: "heads missing, or heads in the way",
    explanation:
      "`rope`, `attention` and `merge` work on values split into heads; `linear` and `split` work on whole rows. `split(x, heads)` and `merge(x)` go between the two.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  y = rope(x)
}
`,
  },
  MOT2011: {
    title: "a parameter without a name",
    explanation:
      "A parameter is named by the binding its call stands in (`gate = linear(h, ffn)`), or by `as NAME` behind the call. Two such calls in one statement, or one under `+=`, need `as`: names are the paths of tensors in checkpoints.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  x += linear(x, 8)
}
`,
  },
  MOT2012: {
    title: "a parameter path twice",
    explanation:
      "Every parameter has a path of its own: the layer calls around it, the label of its `per modality` block, its name. A layer called twice needs `as` on one of the calls.",
    example: `layer mix(x) {
  y = linear(x, 8)
  return y
}
model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  x = mix(x)
  x = mix(x)
}
`,
  },
  MOT2013: {
    title: "`as` with nothing to name",
    explanation:
      "`as NAME` names the parameters of the call directly before it: of `linear`, `rms_norm`, `embed`, or of a layer call, whose parameters it puts under that name.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  y = silu(x) as soft
}
`,
  },
  MOT2014: {
    title: "a layer that calls itself",
    explanation:
      "Layers are expanded where they are called, so a layer cannot call itself, directly or through others. `repeat` runs something several times.",
    example: `layer f(x) {
  return g(x)
}
layer g(x) {
  return f(x)
}
`,
  },
  MOT2015: {
    title: "too large",
    explanation:
      "Layers and repeats are expanded into single operations, at most 200,000 of them from 500,000 statements; layers call each other at most 100 deep.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  repeat 1e9 { x = silu(x) }
}
`,
  },
  MOT2016: {
    title: "a layer without its one `return`",
    explanation:
      "A layer ends in one `return` with the value its callers get; nothing follows it. Models return nothing.",
    example: `layer f(x) {
  y = silu(x)
}
`,
  },
  MOT2017: {
    title: "not inside `per modality`",
    explanation:
      "Inside `per modality` each modality is alone. So `attention`, which looks at every token, stands outside, and `per modality` does not nest; the same holds for layers called inside.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  per modality mix {
    q = split(x, 2)
    y = attention(q, q, q, mask: causal)
  }
}
`,
  },
  MOT2018: {
    title: "a name that does not leave its block",
    explanation:
      "A name leaves the arms of `per modality` if every arm binds it at one width, or if it was bound before; a name bound inside `repeat` for the first time stays there.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  per modality mix {
    text { y = silu(x) }
    image { z = silu(x) }
  }
  w = silu(y)
}
`,
  },
  MOT2019: {
    title: "unknown modality",
    explanation: "Arms, objectives, records and `between` name the modalities that the model declares.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  per modality mix {
    text { x = silu(x) }
    speech { x = relu(x) }
  }
}
`,
  },
  MOT2020: {
    title: "two arms for one modality",
    explanation: "A `per modality` block has at most one arm for each modality.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  per modality mix {
    text { x = silu(x) }
    text { x = relu(x) }
  }
}
`,
  },
  MOT2021: {
    title: "one number was needed, modalities differ",
    explanation:
      "A constant may differ by modality: { text: 344, image: 172 }. Inside `per modality` each modality then takes its own; outside, and for heads, repeats and attention, one number must serve all rows.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  const ffn = { text: 16, image: 32 }
  x = embed(tokens, 8) as embedding
  y = linear(x, ffn)
}
`,
  },
  MOT2022: {
    title: "a value that changes around a loop",
    explanation:
      "A value bound before a `repeat` and again inside it is carried from round to round, so a round must leave it as wide as it found it.",
    example: `model m {
  modality text = tokens(vocab: 16)
  modality image = tokens(vocab: 8)
  x = embed(tokens, 8) as embedding
  repeat 2 { x = linear(x, 12) }
}
`,
  },
  MOT2023: {
    title: "a constant that depends on itself",
    explanation: "Constants may be declared in any order, but their values must not go round in a circle.",
    example: `model m {
  const a = b + 1, b = a + 1
  modality text = tokens(vocab: 16)
}
`,
  },
  MOT2024: {
    title: "arithmetic without a result",
    explanation:
      "A division by zero, or a number that is too large: constants are doubles (at most 1.8e308), rows are float32 (at most 3.4e38).",
    example: `model m {
  const a = 1 / 0
  modality text = tokens(vocab: 16)
}
`,
  },
  ...setupCodes,
  ...expertsCodes,
  ...trainingCodes,
  ...continuousCodes,
} as const;
