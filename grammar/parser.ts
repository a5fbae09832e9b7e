// parser.ts: the grammar, one rule per production.
// In: tokens. Out: a concrete syntax tree and the places where the text left the grammar.
// There are no actions here and no meaning: build.ts makes the tree everybody else uses. The grammar accepts every
// declaration and statement in every block (`item`), and a call without a name (`loose`), because a tree plus a good
// message is worth more than a refusal; build.ts says which of them stand in the wrong place.
// What stands before a `{` and the `{` itself are rules of their own, so that after a mistake in them the block is read.
// `value` is apart from `expression` because a record begins with `{`, and so does the body of a `repeat`.

import { CstParser } from "chevrotain";
import { messages } from "./messages.ts";
import * as t from "./tokens.ts";

export class MotParser extends CstParser {
  constructor(skipValidations: boolean) {
    super([...t.tokens], {
      recoveryEnabled: true,
      maxLookahead: 3,
      nodeLocationTracking: "onlyOffset",
      errorMessageProvider: messages,
      skipValidations,
    });
    this.performSelfAnalysis();
  }

  // What is missing or too much is decided in repair.ts, by lines and indentation; the parser only looks for the next
  // place it understands.
  override canTokenTypeBeInsertedInRecovery(): boolean {
    return false;
  }
  override canTokenTypeBeDeletedInRecovery(): boolean {
    return false;
  }

  /** `share = 3`, `between = 3`: a word of variants may also be the name of a constant. */
  private isOverride(): boolean {
    return this.LA(2).tokenType === t.Equals;
  }

  /** Part of a rule that begins with such a word. */
  private clause(DEF: () => void) {
    return { GATE: () => !this.isOverride(), DEF };
  }

  file = this.RULE("file", () => {
    this.MANY(() => this.SUBRULE(this.item));
  });

  item = this.RULE("item", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.importFile) },
      { ALT: () => this.SUBRULE(this.model) },
      { ALT: () => this.SUBRULE(this.layer) },
      { ALT: () => this.SUBRULE(this.variant) },
      { ALT: () => this.SUBRULE(this.train) },
      { ALT: () => this.SUBRULE(this.compare) },
      { ALT: () => this.SUBRULE(this.constants) },
      { ALT: () => this.SUBRULE(this.modality) },
      { ALT: () => this.SUBRULE(this.perModality) },
      { ALT: () => this.SUBRULE(this.repeat) },
      { ALT: () => this.SUBRULE(this.returnValue) },
      { ALT: () => this.SUBRULE(this.objective) },
      { ALT: () => this.SUBRULE(this.named) },
    ]);
  });

  block = this.RULE("block", () => {
    this.SUBRULE(this.opening);
    this.MANY(() => this.SUBRULE(this.item));
    this.CONSUME(t.RightBrace);
  });

  opening = this.RULE("opening", () => this.CONSUME(t.LeftBrace));

  // ---- declarations

  importFile = this.RULE("importFile", () => {
    this.CONSUME(t.Import);
    this.CONSUME(t.Text);
  });

  model = this.RULE("model", () => {
    this.CONSUME(t.Model);
    this.CONSUME(t.Name);
    this.SUBRULE(this.block);
  });

  layer = this.RULE("layer", () => {
    this.SUBRULE(this.layerHead);
    this.SUBRULE(this.block);
  });

  layerHead = this.RULE("layerHead", () => {
    this.CONSUME(t.Layer);
    this.CONSUME(t.Name);
    this.CONSUME(t.LeftParen);
    this.OPTION(() => this.SUBRULE(this.names));
    this.CONSUME(t.RightParen);
  });

  constants = this.RULE("constants", () => {
    this.CONSUME(t.Const);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.constant) });
  });

  constant = this.RULE("constant", () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.value);
  });

  modality = this.RULE("modality", () => {
    this.CONSUME(t.Modality);
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  // ---- statements

  /** `x = …`, an arm `text { … }`, or a call without a name. */
  named = this.RULE("named", () => {
    this.CONSUME(t.StatementName);
    this.OR([
      { ALT: () => this.SUBRULE(this.assignment) },
      { ALT: () => this.SUBRULE(this.block) },
      { ALT: () => this.SUBRULE(this.loose) },
    ]);
  });

  assignment = this.RULE("assignment", () => {
    this.OR([t.Equals, t.PlusEquals, t.OtherAssign].map((token) => ({ ALT: () => this.CONSUME(token) })));
    this.SUBRULE(this.value);
  });

  loose = this.RULE("loose", () => {
    this.SUBRULE(this.callArguments);
    this.OPTION(() => this.SUBRULE(this.alias));
    // A layer without its word; reported too.
    this.OPTION2(() => this.SUBRULE(this.block));
  });

  perModality = this.RULE("perModality", () => {
    this.SUBRULE(this.perModalityHead);
    this.SUBRULE(this.block);
  });

  perModalityHead = this.RULE("perModalityHead", () => {
    this.CONSUME(t.Per);
    this.CONSUME(t.Modality);
    this.OPTION(() => this.CONSUME(t.Name));
  });

  repeat = this.RULE("repeat", () => {
    this.SUBRULE(this.repeatHead);
    this.SUBRULE(this.block);
  });

  repeatHead = this.RULE("repeatHead", () => {
    this.CONSUME(t.Repeat);
    this.SUBRULE(this.expression);
  });

  returnValue = this.RULE("returnValue", () => {
    this.CONSUME(t.Return);
    this.SUBRULE(this.expression);
  });

  objective = this.RULE("objective", () => {
    this.CONSUME(t.Objective);
    this.SUBRULE(this.names);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  // ---- variants, training, comparison

  variant = this.RULE("variant", () => {
    this.CONSUME(t.Variant);
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.CONSUME2(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.LeftBrace);
      this.MANY(() => this.SUBRULE(this.rule));
      this.CONSUME(t.RightBrace);
    });
  });

  rule = this.RULE("rule", () => {
    // One token decides, so that whatever follows a name is looked at inside of a rule that has begun.
    this.OR({
      MAX_LOOKAHEAD: 1,
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { GATE: () => !this.isOverride(), ALT: () => this.SUBRULE(this.share) },
        { GATE: () => !this.isOverride(), ALT: () => this.SUBRULE(this.experts) },
        { ALT: () => this.SUBRULE(this.override) },
      ],
    });
  });

  share = this.RULE("share", () => {
    this.CONSUME(t.Share);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.pattern) });
    this.OPTION(
      this.clause(() => {
        this.CONSUME(t.Between);
        this.SUBRULE(this.names);
      }),
    );
  });

  pattern = this.RULE("pattern", () => {
    this.OR([t.Name, t.Path, t.Star].map((token) => ({ ALT: () => this.CONSUME(token) })));
  });

  experts = this.RULE("experts", () => {
    this.CONSUME(t.Experts);
    this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.expression);
    this.OPTION(
      this.clause(() => {
        this.CONSUME(t.For);
        this.CONSUME2(t.Name);
      }),
    );
    this.OPTION2(this.clause(() => this.SUBRULE(this.routing)));
    this.OPTION3(
      this.clause(() => {
        this.CONSUME(t.Balance);
        this.SUBRULE2(this.expression);
      }),
    );
  });

  routing = this.RULE("routing", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.By);
          this.CONSUME(t.Name);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Top);
          this.SUBRULE(this.expression);
        },
      },
    ]);
  });

  override = this.RULE("override", () => {
    this.SUBRULE(this.constant);
    this.OPTION(() => this.CONSUME(t.Comma));
  });

  train = this.RULE("train", () => {
    this.CONSUME(t.Train);
    this.CONSUME(t.Name);
    this.SUBRULE(this.opening);
    this.MANY(() => {
      this.OR({
        MAX_LOOKAHEAD: 1,
        IGNORE_AMBIGUITIES: true,
        DEF: [{ ALT: () => this.SUBRULE(this.freeze) }, { ALT: () => this.SUBRULE(this.setting) }],
      });
      this.OPTION(() => this.CONSUME(t.Comma));
    });
    this.CONSUME(t.RightBrace);
  });

  freeze = this.RULE("freeze", () => {
    this.CONSUME(t.Freeze);
    this.SUBRULE(this.pattern);
    this.MANY({
      GATE: () => !t.startsSetting(this.LA(2), this.LA(3)),
      DEF: () => {
        this.CONSUME(t.Comma);
        this.SUBRULE2(this.pattern);
      },
    });
  });

  setting = this.RULE("setting", () => {
    this.CONSUME(t.Name);
    this.OR([
      // A word before `(` is a call: `adamw(…)`; no setting has a value in parentheses.
      { ALT: () => this.SUBRULE(this.callArguments), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.CONSUME(t.DataName) },
      { ALT: () => this.SUBRULE(this.expression) },
    ]);
  });

  compare = this.RULE("compare", () => {
    this.CONSUME(t.Compare);
    this.SUBRULE(this.names);
  });

  // ---- expressions, loosest first

  value = this.RULE("value", () => {
    this.OR([{ ALT: () => this.SUBRULE(this.record) }, { ALT: () => this.SUBRULE(this.expression) }]);
  });

  record = this.RULE("record", () => {
    this.CONSUME(t.LeftBrace);
    this.SUBRULE(this.field);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.field);
    });
    this.OPTION(() => this.CONSUME2(t.Comma));
    this.CONSUME(t.RightBrace);
  });

  field = this.RULE("field", () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.expression);
  });

  expression = this.RULE("expression", () => {
    this.SUBRULE(this.product);
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Plus) }, { ALT: () => this.CONSUME(t.Minus) }]);
      this.SUBRULE2(this.product);
    });
  });

  product = this.RULE("product", () => {
    this.SUBRULE(this.signed);
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Star) }, { ALT: () => this.CONSUME(t.Slash) }]);
      this.SUBRULE2(this.signed);
    });
  });

  signed = this.RULE("signed", () => {
    this.MANY(() => this.CONSUME(t.Minus));
    this.SUBRULE(this.operand);
  });

  /** `as` binds tighter than any operator. */
  operand = this.RULE("operand", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.NumberLiteral) },
      { ALT: () => this.CONSUME(t.Text) },
      { ALT: () => this.SUBRULE(this.call) },
      { ALT: () => this.CONSUME(t.Name) },
      { ALT: () => this.SUBRULE(this.group) },
    ]);
    this.OPTION(() => this.SUBRULE(this.alias));
  });

  alias = this.RULE("alias", () => {
    this.CONSUME(t.As);
    this.CONSUME(t.Name);
  });

  /** `(a + b)`, or the pair `(0.9, 0.95)`. */
  group = this.RULE("group", () => {
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    this.CONSUME(t.RightParen);
  });

  call = this.RULE("call", () => {
    this.CONSUME(t.Name);
    this.SUBRULE(this.callArguments);
  });

  callArguments = this.RULE("callArguments", () => {
    this.CONSUME(t.LeftParen);
    this.OPTION(() => {
      this.SUBRULE(this.argument);
      this.MANY(() => {
        this.CONSUME(t.Comma);
        this.SUBRULE2(this.argument);
      });
      this.OPTION2(() => this.CONSUME2(t.Comma));
    });
    this.CONSUME(t.RightParen);
  });

  argument = this.RULE("argument", () => {
    this.OPTION(() => {
      this.CONSUME(t.Name);
      this.CONSUME(t.Colon);
    });
    this.SUBRULE(this.value);
  });

  names = this.RULE("names", () => {
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name) });
  });
}
