// tokens.ts: what moves rows and says where they stand: embedding and its gradient, copies, zeros, rotary positions.
// In: kernels. Out: views. Copies and zeros are row programs of one store.

import { goldenBits, scrambleRounds, siteBits } from "../../ir/dropout.ts";
import type { RowPhase } from "../../kernel/kernel.ts";
import type { KernelViews } from "./context.ts";
import { get, type Lanes, set, singleLane, vectorLanes } from "./lanes.ts";
import { createConstants, literal } from "./math.ts";
import { rowProgram } from "./row-program.ts";

const floatBytes = 4;

const oneStore = (operand: number, value: RowPhase["lets"][number]): readonly RowPhase[] => [
  { lets: [], sums: [], stores: [{ operand, value }] },
];

export const tokenViews: KernelViews<"rope" | "dropout" | "embed" | "zero_rows" | "copy_rows" | "embed_dw"> =
  {
    rope: ({ name, body }, context) => {
      const { heads, headDim, xStride, yStride, inverse } = body;
      const half = headDim / 2;
      const lanes = half % 4 === 0 ? vectorLanes(context, createConstants()) : singleLane;
      const steps = Array.from({ length: half / lanes.count }, (_, step) => step * lanes.bytes);
      return {
        template: "wasm/rope",
        view: {
          comment: `turns ${heads} heads of ${headDim} ${inverse ? "back " : ""}by their rows' positions`,
          name,
          type: lanes.type,
          heads,
          headBytes: headDim * floatBytes,
          tableBytes: half * floatBytes,
          xBytes: xStride * floatBytes,
          yBytes: yStride * floatBytes,
          lines: steps.flatMap((offset) => rotation(lanes, offset, half * floatBytes, inverse)),
        },
        scratchBytes: 0,
      };
    },
    dropout: ({ name, body }) => ({
      template: "wasm/dropout",
      view: {
        comment: `${body.width} columns, 0 where their bits are below ${body.threshold}, else times ${body.scale}`,
        name,
        site: signed(siteBits(body.number)),
        threshold: signed(body.threshold),
        scale: literal(body.scale),
        columns: [0, 1, 2, 3].map((column) => signed(Math.imul(column, goldenBits))).join(" "),
        nextColumns: signed(Math.imul(4, goldenBits)),
        vectors: Math.ceil(body.width / 4),
        xBytes: body.xStride * floatBytes,
        yBytes: body.yStride * floatBytes,
        scramble,
      },
      scratchBytes: 0,
    }),
    embed: ({ name, body }) => ({
      template: "wasm/embed",
      view: {
        comment: `y[r, 0…${body.width}) = table[token[r]]`,
        name,
        widthBytes: body.width * floatBytes,
        yBytes: body.yStride * floatBytes,
      },
      scratchBytes: 0,
    }),
    zero_rows: ({ name, body }, context) => {
      const { width, stride } = body;
      const phases = oneStore(0, { kind: "constant", value: 0 });
      const operands = [{ kind: "rows", stride }] as const;
      return rowProgram(
        { name, body: { kind: "row_program", width, segments: 1, operands, phases, rowScalars: 0 } },
        context,
      );
    },
    copy_rows: ({ name, body }, context) => {
      const phases = oneStore(1, { kind: "load", operand: 0 });
      const operands = [
        { kind: "rows", stride: body.xStride },
        { kind: "rows", stride: body.yStride },
      ] as const;
      return rowProgram(
        {
          name,
          body: { kind: "row_program", width: body.width, segments: 1, operands, phases, rowScalars: 0 },
        },
        context,
      );
    },
    embed_dw: ({ name, body }) => ({
      template: "wasm/embed_dw",
      view: {
        comment: `dtable[token[r]] += dy[r] in row order, ${body.taskColumns} of ${body.width} columns per task`,
        name,
        vocab: body.vocab,
        width: body.width,
        taskColumns: body.taskColumns,
        widthBytes: body.width * floatBytes,
        dyBytes: body.dyStride * floatBytes,
      },
      scratchBytes: 0,
    }),
  };

/** A word as WebAssembly's text writes it. */
const signed = (word: number): string => String(word | 0);

/** `scramble` of ir/dropout.ts on the four words of $h. */
const scramble = scrambleRounds.map(({ shift, factor }): string => {
  const mixed = `(v128.xor ${get("h")} (i32x4.shr_u ${get("h")} (i32.const ${shift})))`;
  return set("h", factor === 1 ? mixed : `(i32x4.mul ${mixed} (i32x4.splat (i32.const ${signed(factor)})))`);
});

/** (a, b) → (a·cos − b·sin, b·cos + a·sin), or with −sin, for the pairs at `offset` and `offset` + `half` bytes. */
function rotation(lanes: Lanes, offset: number, half: number, inverse: boolean): readonly string[] {
  const [a, b] = [get("a"), get("b")];
  const [cosine, sine] = [get("c"), get("s")];
  const [minus, plus] = inverse ? (["add", "sub"] as const) : (["sub", "add"] as const);
  const product = (x: string, y: string): string => lanes.binary("mul", x, y);
  return [
    set("c", lanes.load(get("cosine"), offset)),
    set("s", lanes.load(get("sine"), offset)),
    set("a", lanes.load(get("x"), offset)),
    set("b", lanes.load(get("x"), offset + half)),
    lanes.store(get("y"), offset, lanes.binary(minus, product(a, cosine), product(b, sine))),
    lanes.store(get("y"), offset + half, lanes.binary(plus, product(b, cosine), product(a, sine))),
  ];
}
