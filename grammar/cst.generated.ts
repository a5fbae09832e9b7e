// cst.generated.ts: the types of the concrete syntax tree. Written by scripts/generate.ts; do not edit.
// In: nothing. Out: types only. A node that the parser left early lacks children that are required here.

import type { CstNode, IToken } from "chevrotain";

export interface FileCstNode extends CstNode {
  name: "file";
  children: FileCstChildren;
}

export type FileCstChildren = {
  item?: ItemCstNode[];
};

export interface ItemCstNode extends CstNode {
  name: "item";
  children: ItemCstChildren;
}

export type ItemCstChildren = {
  importFile?: ImportFileCstNode[];
  model?: ModelCstNode[];
  layer?: LayerCstNode[];
  variant?: VariantCstNode[];
  train?: TrainCstNode[];
  compare?: CompareCstNode[];
  constants?: ConstantsCstNode[];
  modality?: ModalityCstNode[];
  perModality?: PerModalityCstNode[];
  repeat?: RepeatCstNode[];
  returnValue?: ReturnValueCstNode[];
  objective?: ObjectiveCstNode[];
  named?: NamedCstNode[];
};

export interface BlockCstNode extends CstNode {
  name: "block";
  children: BlockCstChildren;
}

export type BlockCstChildren = {
  opening: OpeningCstNode[];
  item?: ItemCstNode[];
  RightBrace: IToken[];
};

export interface OpeningCstNode extends CstNode {
  name: "opening";
  children: OpeningCstChildren;
}

export type OpeningCstChildren = {
  LeftBrace: IToken[];
};

export interface ImportFileCstNode extends CstNode {
  name: "importFile";
  children: ImportFileCstChildren;
}

export type ImportFileCstChildren = {
  Import: IToken[];
  Text: IToken[];
};

export interface ModelCstNode extends CstNode {
  name: "model";
  children: ModelCstChildren;
}

export type ModelCstChildren = {
  Model: IToken[];
  Name: IToken[];
  block: BlockCstNode[];
};

export interface LayerCstNode extends CstNode {
  name: "layer";
  children: LayerCstChildren;
}

export type LayerCstChildren = {
  layerHead: LayerHeadCstNode[];
  block: BlockCstNode[];
};

export interface LayerHeadCstNode extends CstNode {
  name: "layerHead";
  children: LayerHeadCstChildren;
}

export type LayerHeadCstChildren = {
  Layer: IToken[];
  Name: IToken[];
  LeftParen: IToken[];
  names?: NamesCstNode[];
  RightParen: IToken[];
};

export interface ConstantsCstNode extends CstNode {
  name: "constants";
  children: ConstantsCstChildren;
}

export type ConstantsCstChildren = {
  Const: IToken[];
  constant: ConstantCstNode[];
  Comma?: IToken[];
};

export interface ConstantCstNode extends CstNode {
  name: "constant";
  children: ConstantCstChildren;
}

export type ConstantCstChildren = {
  Name: IToken[];
  Equals: IToken[];
  value: ValueCstNode[];
};

export interface ModalityCstNode extends CstNode {
  name: "modality";
  children: ModalityCstChildren;
}

export type ModalityCstChildren = {
  Modality: IToken[];
  Name: IToken[];
  Equals: IToken[];
  expression: ExpressionCstNode[];
};

export interface NamedCstNode extends CstNode {
  name: "named";
  children: NamedCstChildren;
}

export type NamedCstChildren = {
  StatementName: IToken[];
  assignment?: AssignmentCstNode[];
  block?: BlockCstNode[];
  loose?: LooseCstNode[];
};

export interface AssignmentCstNode extends CstNode {
  name: "assignment";
  children: AssignmentCstChildren;
}

export type AssignmentCstChildren = {
  Equals?: IToken[];
  PlusEquals?: IToken[];
  OtherAssign?: IToken[];
  value: ValueCstNode[];
};

export interface LooseCstNode extends CstNode {
  name: "loose";
  children: LooseCstChildren;
}

export type LooseCstChildren = {
  callArguments: CallArgumentsCstNode[];
  alias?: AliasCstNode[];
  block?: BlockCstNode[];
};

export interface PerModalityCstNode extends CstNode {
  name: "perModality";
  children: PerModalityCstChildren;
}

export type PerModalityCstChildren = {
  perModalityHead: PerModalityHeadCstNode[];
  block: BlockCstNode[];
};

export interface PerModalityHeadCstNode extends CstNode {
  name: "perModalityHead";
  children: PerModalityHeadCstChildren;
}

export type PerModalityHeadCstChildren = {
  Per: IToken[];
  Modality: IToken[];
  Name?: IToken[];
};

export interface RepeatCstNode extends CstNode {
  name: "repeat";
  children: RepeatCstChildren;
}

export type RepeatCstChildren = {
  repeatHead: RepeatHeadCstNode[];
  block: BlockCstNode[];
};

export interface RepeatHeadCstNode extends CstNode {
  name: "repeatHead";
  children: RepeatHeadCstChildren;
}

export type RepeatHeadCstChildren = {
  Repeat: IToken[];
  expression: ExpressionCstNode[];
};

export interface ReturnValueCstNode extends CstNode {
  name: "returnValue";
  children: ReturnValueCstChildren;
}

export type ReturnValueCstChildren = {
  Return: IToken[];
  expression: ExpressionCstNode[];
};

export interface ObjectiveCstNode extends CstNode {
  name: "objective";
  children: ObjectiveCstChildren;
}

export type ObjectiveCstChildren = {
  Objective: IToken[];
  names: NamesCstNode[];
  Equals: IToken[];
  expression: ExpressionCstNode[];
};

export interface VariantCstNode extends CstNode {
  name: "variant";
  children: VariantCstChildren;
}

export type VariantCstChildren = {
  Variant: IToken[];
  Name: (IToken)[];
  Equals: IToken[];
  LeftBrace?: IToken[];
  rule?: RuleCstNode[];
  RightBrace?: IToken[];
};

export interface RuleCstNode extends CstNode {
  name: "rule";
  children: RuleCstChildren;
}

export type RuleCstChildren = {
  share?: ShareCstNode[];
  experts?: ExpertsCstNode[];
  override?: OverrideCstNode[];
};

export interface ShareCstNode extends CstNode {
  name: "share";
  children: ShareCstChildren;
}

export type ShareCstChildren = {
  Share: IToken[];
  pattern: PatternCstNode[];
  Comma?: IToken[];
  Between?: IToken[];
  names?: NamesCstNode[];
};

export interface PatternCstNode extends CstNode {
  name: "pattern";
  children: PatternCstChildren;
}

export type PatternCstChildren = {
  Name?: IToken[];
  Path?: IToken[];
  Star?: IToken[];
};

export interface ExpertsCstNode extends CstNode {
  name: "experts";
  children: ExpertsCstChildren;
}

export type ExpertsCstChildren = {
  Experts: IToken[];
  Name: (IToken)[];
  Colon: IToken[];
  expression: (ExpressionCstNode)[];
  For?: IToken[];
  routing?: RoutingCstNode[];
  Balance?: IToken[];
};

export interface RoutingCstNode extends CstNode {
  name: "routing";
  children: RoutingCstChildren;
}

export type RoutingCstChildren = {
  By?: IToken[];
  Name?: IToken[];
  Top?: IToken[];
  expression?: ExpressionCstNode[];
};

export interface OverrideCstNode extends CstNode {
  name: "override";
  children: OverrideCstChildren;
}

export type OverrideCstChildren = {
  constant: ConstantCstNode[];
  Comma?: IToken[];
};

export interface TrainCstNode extends CstNode {
  name: "train";
  children: TrainCstChildren;
}

export type TrainCstChildren = {
  Train: IToken[];
  Name: IToken[];
  opening: OpeningCstNode[];
  freeze?: FreezeCstNode[];
  setting?: SettingCstNode[];
  Comma?: IToken[];
  RightBrace: IToken[];
};

export interface FreezeCstNode extends CstNode {
  name: "freeze";
  children: FreezeCstChildren;
}

export type FreezeCstChildren = {
  Freeze: IToken[];
  pattern: (PatternCstNode)[];
  Comma?: IToken[];
};

export interface SettingCstNode extends CstNode {
  name: "setting";
  children: SettingCstChildren;
}

export type SettingCstChildren = {
  Name: IToken[];
  callArguments?: CallArgumentsCstNode[];
  DataName?: IToken[];
  expression?: ExpressionCstNode[];
};

export interface CompareCstNode extends CstNode {
  name: "compare";
  children: CompareCstChildren;
}

export type CompareCstChildren = {
  Compare: IToken[];
  names: NamesCstNode[];
};

export interface ValueCstNode extends CstNode {
  name: "value";
  children: ValueCstChildren;
}

export type ValueCstChildren = {
  record?: RecordCstNode[];
  expression?: ExpressionCstNode[];
};

export interface RecordCstNode extends CstNode {
  name: "record";
  children: RecordCstChildren;
}

export type RecordCstChildren = {
  LeftBrace: IToken[];
  field: (FieldCstNode)[];
  Comma?: (IToken)[];
  RightBrace: IToken[];
};

export interface FieldCstNode extends CstNode {
  name: "field";
  children: FieldCstChildren;
}

export type FieldCstChildren = {
  Name: IToken[];
  Colon: IToken[];
  expression: ExpressionCstNode[];
};

export interface ExpressionCstNode extends CstNode {
  name: "expression";
  children: ExpressionCstChildren;
}

export type ExpressionCstChildren = {
  product: (ProductCstNode)[];
  Plus?: IToken[];
  Minus?: IToken[];
};

export interface ProductCstNode extends CstNode {
  name: "product";
  children: ProductCstChildren;
}

export type ProductCstChildren = {
  signed: (SignedCstNode)[];
  Star?: IToken[];
  Slash?: IToken[];
};

export interface SignedCstNode extends CstNode {
  name: "signed";
  children: SignedCstChildren;
}

export type SignedCstChildren = {
  Minus?: IToken[];
  operand: OperandCstNode[];
};

export interface OperandCstNode extends CstNode {
  name: "operand";
  children: OperandCstChildren;
}

export type OperandCstChildren = {
  NumberLiteral?: IToken[];
  Text?: IToken[];
  call?: CallCstNode[];
  Name?: IToken[];
  group?: GroupCstNode[];
  alias?: AliasCstNode[];
};

export interface AliasCstNode extends CstNode {
  name: "alias";
  children: AliasCstChildren;
}

export type AliasCstChildren = {
  As: IToken[];
  Name: IToken[];
};

export interface GroupCstNode extends CstNode {
  name: "group";
  children: GroupCstChildren;
}

export type GroupCstChildren = {
  LeftParen: IToken[];
  expression: ExpressionCstNode[];
  Comma?: IToken[];
  RightParen: IToken[];
};

export interface CallCstNode extends CstNode {
  name: "call";
  children: CallCstChildren;
}

export type CallCstChildren = {
  Name: IToken[];
  callArguments: CallArgumentsCstNode[];
};

export interface CallArgumentsCstNode extends CstNode {
  name: "callArguments";
  children: CallArgumentsCstChildren;
}

export type CallArgumentsCstChildren = {
  LeftParen: IToken[];
  argument?: (ArgumentCstNode)[];
  Comma?: (IToken)[];
  RightParen: IToken[];
};

export interface ArgumentCstNode extends CstNode {
  name: "argument";
  children: ArgumentCstChildren;
}

export type ArgumentCstChildren = {
  Name?: IToken[];
  Colon?: IToken[];
  value: ValueCstNode[];
};

export interface NamesCstNode extends CstNode {
  name: "names";
  children: NamesCstChildren;
}

export type NamesCstChildren = {
  Name: IToken[];
  Comma?: IToken[];
};
