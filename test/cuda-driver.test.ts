// cuda-driver.test.ts: what we call of NVIDIA's driver is what the stand-in declares, and that is what NVIDIA's header has.

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type DriverFunction, driverFunctions } from "../src/runtime/cuda-driver.ts";
import { repository } from "./support/motley.ts";
import { standInProblem } from "./support/stand-in-cuda.ts";

const problem = standInProblem();

describe("the driver's functions", () => {
  const source = readFileSync(join(repository, "test/cuda/stand-in/driver.cpp"), "utf8");
  const declared = new Map(
    [...source.matchAll(/^CUresult CUDAAPI (\w+)\(([^)]*)\)/gm)].map(([, name = "", parameters = ""]) => [
      name,
      parameters.split(",").map((each) => bytesOf(each.trim())),
    ]),
  );

  /** Of a parameter in C: addresses, handles and sizes take eight. */
  function bytesOf(parameter: string): number {
    if (
      /\*|^CU(?:context|stream|event|module|function|graph|graphExec|deviceptr)\b|^size_t|long long/.test(
        parameter,
      )
    )
      return 8;
    return /^unsigned char/.test(parameter) ? 1 : 4;
  }

  it("take what the stand-in for the driver takes", () => {
    const sizes: Readonly<Record<string, number>> = { int: 4, uint32_t: 4, uint8_t: 1 };
    for (const [name, parameters] of Object.entries(driverFunctions))
      expect([name, ...parameters.map((type) => sizes[type] ?? 8)]).toEqual([
        name,
        ...(declared.get(name as DriverFunction) ?? []),
      ]);
  });

  const include = ["/usr/local/cuda/include", "/usr/local/cuda-13.0/include"].find((folder) =>
    existsSync(join(folder, "cuda.h")),
  );
  it.skipIf(problem !== undefined || include === undefined)(
    "are those of NVIDIA's header, where that is",
    async () => {
      const flags = ["-std=c++20", "-fsyntax-only", "-DCHECKED_BY_CUDA_H", `-I${include}`];
      const path = join(repository, "test/cuda/stand-in/driver.cpp");
      const { stderr } = await promisify(execFile)(process.env.CXX ?? "g++", [...flags, path]).catch(
        (error) => error,
      );
      expect(stderr).toBe("");
    },
  );
});
