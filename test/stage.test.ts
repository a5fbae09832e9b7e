// stage.test.ts: knobs say what is wrong with them; a stage is timed, dumped, verified, and named when it breaks.

import { describe, expect, test } from "vitest";
import { bug, CompilerBug } from "../src/diagnostics/bug.ts";
import { knobTable, readKnobs } from "../src/knobs.ts";
import { quietWatch, type StageWatch, stageRunner } from "../src/stage.ts";

describe("knobs", () => {
  test("an empty environment verifies and does nothing else", () => {
    expect(readKnobs({ HOME: "/", PATH: "" })).toEqual({
      knobs: {
        dump: [],
        dumpFolder: undefined,
        isTiming: false,
        isVerifying: true,
        isBlessing: false,
        specSeed: undefined,
        isRequiringDevices: false,
        cudaDriver: undefined,
        cudaCompiler: undefined,
        isWaitingForLaunches: false,
      },
    });
  });

  test("every knob is read", () => {
    const environment = {
      MOTLEY_DUMP: "graph, groups,",
      MOTLEY_DUMP_DIR: "out",
      MOTLEY_TIME: "1",
      MOTLEY_VERIFY: "0",
      MOTLEY_BLESS: "1",
      MOTLEY_SPEC_SEED: "17",
      MOTLEY_REQUIRE_DEVICES: "1",
      MOTLEY_CUDA_DRIVER: "driver.so",
      MOTLEY_CUDA_COMPILER: "nvcc",
      MOTLEY_CUDA_SYNC: "1",
    };
    expect(Object.keys(environment).sort()).toEqual(Object.keys(knobTable).sort());
    expect(readKnobs(environment)).toEqual({
      knobs: {
        dump: ["graph", "groups"],
        dumpFolder: "out",
        isTiming: true,
        isVerifying: false,
        isBlessing: true,
        specSeed: 17,
        isRequiringDevices: true,
        cudaDriver: "driver.so",
        cudaCompiler: "nvcc",
        isWaitingForLaunches: true,
      },
    });
  });

  test("a name that is no knob, and a switch that is neither on nor off, are mistakes", () => {
    expect(readKnobs({ MOTLEY_DUMPS: "graph" })).toEqual({
      mistake: expect.stringMatching(/^`MOTLEY_DUMPS` is not one of MOTLEY_DUMP, /),
    });
    expect(readKnobs({ MOTLEY_constructor: "1" })).toHaveProperty("mistake");
    expect(readKnobs({ MOTLEY_TIME: "yes" })).toEqual({ mistake: "`MOTLEY_TIME` is 0 or 1, not `yes`" });
    expect(readKnobs({ MOTLEY_SPEC_SEED: "-1" })).toEqual({
      mistake: "`MOTLEY_SPEC_SEED` is a whole number, not `-1`",
    });
  });
});

describe("stage", () => {
  test("is timed without its dump, shown, told unchanged, and verified", () => {
    const log: string[] = [];
    const run = stageRunner(loggingWatch(log));
    const text = { print: String, verify: (value: number) => void log.push(`verify ${value}`) };
    expect(run("one", () => 7, text)).toBe(7);
    expect(run("two", () => 7, text)).toBe(7);
    expect(run("three", () => 8)).toBe(8);
    expect(log).toEqual([
      "time one 5",
      "show one 7",
      "verify 7",
      "time two 5",
      "show two 7 (unchanged)",
      "verify 7",
      "time three 5",
    ]);
  });

  test("prints nothing that nobody wants, and verifies nothing when told so", () => {
    const fail = () => bug("none", "called");
    const run = stageRunner({ ...quietWatch, isVerifying: false });
    expect(run("one", () => 7, { print: fail, verify: fail })).toBe(7);
  });

  test("is named when its work, its printer or its verifier breaks, and a bug keeps its own name", () => {
    const run = stageRunner({ ...quietWatch, wants: () => true });
    const cause = new RangeError("too deep");
    const broken = () => {
      throw cause;
    };
    for (const attempt of [
      () => run("fuse", broken),
      () => run("fuse", () => 1, { print: broken }),
      () => run("fuse", () => 1, { verify: broken }),
    ]) {
      expect(attempt).toThrow(expect.objectContaining({ name: "CompilerBug", stage: "fuse", cause }));
      expect(attempt).toThrow("compiler bug in stage `fuse`: too deep");
    }
    expect(() => run("fuse", () => bug("verify", "V2"))).toThrow(new CompilerBug("verify", "V2"));
  });
});

/** A clock that moves five milliseconds per look. */
function loggingWatch(log: string[]): StageWatch {
  let time = 0;
  return {
    now: () => {
      time += 5;
      return time;
    },
    timed: (stage, elapsedMs) => void log.push(`time ${stage} ${elapsedMs}`),
    wants: () => true,
    show: (stage, text, isUnchanged) =>
      void log.push(`show ${stage} ${text}${isUnchanged ? " (unchanged)" : ""}`),
    isVerifying: true,
  };
}
