// Training end to end through the command line: the loss falls along a known curve, equal runs give equal bits for any
// number of threads, a NaN stops with a name, and a comparison leaves what the contract says.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lines, metricsOf, motley, repository, temporaryFolder } from "./support/motley.ts";

const hello = "examples/hello.mot";
const helloText = readFileSync(join(repository, hello), "utf8");

/** hello with other text in it, beside a link to the same data. */
function changedHello(change: (text: string) => string): string {
  const file = join(temporaryFolder(), "hello.mot");
  const folder = JSON.stringify(join(repository, "examples", "hello"));
  writeFileSync(file, change(helloText.replace('"hello"', folder)));
  return file;
}

const twoVariants = (text: string): string =>
  `${text.replace(/h += rms_norm\(x\) as norm/, "per modality mix { h = rms_norm(x) as norm }")}
variant dense = hello { share all }
variant mot = hello
compare dense, mot
`;

describe("train", () => {
  it("follows the curve of test/losses/hello.txt (to accept another: npm run bless)", async () => {
    const run = join(temporaryFolder(), "run");
    const { exitCode, stderr } = await motley(["train", hello, "--out", run]);
    expect(exitCode, stderr).toBe(0);
    const losses = metricsOf(join(run, "metrics.jsonl")).map(({ loss }) => (loss as { total: number }).total);
    const golden = join(import.meta.dirname, "losses", "hello.txt");
    const shown = losses.flatMap((loss, i) => ((i + 1) % 20 === 0 ? `${i + 1} ${loss.toFixed(4)}\n` : []));
    if (process.env.MOTLEY_BLESS === "1") {
      mkdirSync(join(golden, ".."), { recursive: true });
      writeFileSync(golden, shown.join(""));
    }
    const wanted = lines(golden).map((line) => line.split(" ").map(Number));
    // Processors without fused multiply-add round otherwise; over 200 steps that is felt in the third decimal.
    for (const [step = 0, loss = 0] of wanted) expect(losses[step - 1]).toBeCloseTo(loss, 1);
    expect(wanted.length).toBe(10);
    expect(losses.at(-1)).toBeLessThan(1);
  });

  it("gives the same bits twice, with one thread and with two", async () => {
    const folder = temporaryFolder();
    const runs = await Promise.all(
      (["1", "2", "2"] as const).map(async (threads, i) => {
        const run = join(folder, String(i));
        const args = ["train", hello, "--steps", "60", "--threads", threads, "--out", run];
        const { exitCode, stderr } = await motley(args);
        expect(exitCode, stderr).toBe(0);
        return run;
      }),
    );
    const [first, ...others] = runs.map((run) => metricsOf(join(run, "metrics.jsonl")));
    const [bytes, ...otherBytes] = runs.map((run) => tensorBytes(join(run, "checkpoint.safetensors")));
    for (const other of others) expect(other).toEqual(first);
    for (const other of otherBytes) expect(other.equals(bytes ?? Buffer.alloc(0))).toBe(true);
  });

  it("stops at a loss that is no number, says where it came from, and keeps the last checkpoint", async () => {
    const file = changedHello((text) => text.replace("lr: 1e-2, warmup: 10", "lr: 1e30, warmup: 0"));
    const run = join(temporaryFolder(), "run");
    const { exitCode, stderr } = await motley(["train", file, "--out", run, "--checkpoint-every", "1"]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/step \d+: the (loss|gradient norm) is .*; it first appeared in `grad\//);
    expect(existsSync(join(run, "checkpoint.safetensors"))).toBe(true);
    for (const line of lines(join(run, "metrics.jsonl"))) expect(line).not.toContain("null");
  });

  it("says what is missing: a train block, data, a context that holds a document", async () => {
    const without = changedHello((text) => text.slice(0, text.indexOf("train hello")));
    expect((await motley(["train", without])).stderr).toContain("has no `train` block");
    const nowhere = changedHello((text) => text.replace(/data ".*"/, 'data "nowhere"'));
    const { exitCode, stderr } = await motley(["train", nowhere]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("nowhere")]);
  });
});

describe("compare", () => {
  it("leaves compare.json, and a run per variant", async () => {
    const file = changedHello(twoVariants);
    const out = join(temporaryFolder(), "race");
    const { exitCode, stdout, stderr } = await motley([
      "compare",
      file,
      "--steps",
      "40",
      "--out",
      out,
      "--json",
    ]);
    expect(exitCode, stderr).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toEqual(JSON.parse(readFileSync(join(out, "compare.json"), "utf8")));
    expect(document).toMatchObject({ model: "hello", target: "wasm", seed: 1, reference: "dense" });
    expect(Object.keys(document.variants)).toEqual(["dense", "mot"]);
    const { curve, final } = document.variants.mot;
    expect(curve.map((point: { step: number }) => point.step)).toEqual(
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    expect(curve.filter((point: object) => "val" in point)).toHaveLength(10);
    expect(curve.at(-1).val).toEqual(final.val);
    // One modality: untying changes nothing at all.
    const losses = (name: string): unknown =>
      document.variants[name].curve.map(({ train, val }: { train: object; val?: object }) => [train, val]);
    expect(losses("mot")).toEqual(losses("dense"));
    expect(document.match.mot.text.train.steps).toBe(document.match.dense.text.train.steps);
    expect(metricsOf(join(out, "mot", "metrics.jsonl"))).toHaveLength(40);
  });

  it("goes over seeds and sums up", async () => {
    const file = changedHello(twoVariants);
    const out = join(temporaryFolder(), "race");
    const { exitCode, stderr } = await motley([
      "compare",
      file,
      "--steps",
      "10",
      "--seeds",
      "2",
      "--out",
      out,
    ]);
    expect(exitCode, stderr).toBe(0);
    const { seeds, summary } = JSON.parse(readFileSync(join(out, "compare.json"), "utf8"));
    expect(seeds.map(({ seed }: { seed: number }) => seed)).toEqual([1, 2]);
    expect(summary.variants.mot.final.train.text.count).toBe(2);
    expect(summary.variants.mot.final.train.text.spread).toBeGreaterThan(0);
  });
});

/** The tensors alone: the header also says how long training took. */
function tensorBytes(path: string): Buffer {
  const bytes = readFileSync(path);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
}
