// schedule.test.ts: sizes, for graphs of any size.

import { describe, expect, it } from "vitest";
import { createBuilder } from "../src/ir/builder.ts";
import { rowsOf } from "../src/ir/types.ts";
import { cpuSchedule } from "../src/kernel/schedule.ts";

describe("the schedule", () => {
  it("takes a graph of more values than a call may have arguments", () => {
    const builder = createBuilder("long", ["text"]);
    let x = builder.input("x", rowsOf("f32", [7]));
    for (let i = 0; i < 200_000; i += 1) {
      [x = -1] = builder.node("neg", [x], {}, { origin: { scope: "", phase: "forward" } });
    }
    const { tileRows, chunkRows } = cpuSchedule(builder.finish(), 100, { rows: 6, columns: 8 });
    expect(chunkRows % tileRows).toBe(0);
  });
});
