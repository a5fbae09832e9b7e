// wgsl-trained.test.ts: a model that was trained goes on training on a GPU as it does on the processor.
// From the weights after 300 steps of examples/chameleon.mot on wasm, every gradient tensor of the next batch agrees, and
// then the losses of ten more steps: in Node and in a real browser, from one set of shaders. At the start this would
// prove little: leaving rotary positions out moves those losses by 1.6e-5.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile } from "../src/compile.ts";
import { createBatchStream } from "../src/data/packing.ts";
import { prepareData } from "../src/data/prepare.ts";
import type { Batch } from "../src/runtime/batch.ts";
import { openSession } from "../src/runtime/session.ts";
import { trainStep } from "../src/runtime/step.ts";
import { openWasmDevice } from "../src/runtime/wasm.ts";
import type { WgslArtifact } from "../src/targets/artifact.ts";
import { tryBrowser } from "./support/browser.ts";
import { bundle } from "./support/bundle.ts";
import { fastEngine, fatGpu, openDevice } from "./support/compiled.ts";
import type * as continued from "./support/continued.ts";
import { type Continued, continueTraining, type State } from "./support/continued.ts";
import { describeWith, gpuProblem } from "./support/devices.ts";
import { modelOf, relativeDistance } from "./support/interpreted.ts";
import { repository } from "./support/motley.ts";

const trainedSteps = 300;
const moreSteps = 10;
/** In a browser, which runs the same shaders on the same driver. */
const stepsInBrowser = 3;
/** Contexts of the batches that both then see: few of the example's eight, for SwiftShader takes seconds a step. */
const contexts = 1;
const tolerance = { gradient: 2e-4, loss: 1e-4 };

const model = modelOf(readFileSync(join(repository, "examples/chameleon.mot"), "utf8"), "mot");
const settings = model.train;
if (settings === undefined) throw new Error("the example has a train block");

let artifact: WgslArtifact;
let state: State;
let batches: readonly Batch[];
let onProcessor: Continued;

/** Trains on the processor, keeps where that stands, and goes on there. */
async function trainFirst(): Promise<void> {
  const { batch, context, seed, steps } = { ...settings, ...model.train } as NonNullable<typeof settings>;
  const dataset = await prepareData({
    data: { kind: "builtin", name: "icons" },
    modalities: model.modalities.flatMap(({ name, form }) =>
      form.kind === "tokens" ? [{ name, vocab: form.vocab }] : [],
    ),
    cacheDir: join(repository, ".cache", "motley"),
    onProgress: () => undefined,
  });
  const stream = createBatchStream(dataset, { split: "train", batch, context, seed });
  const compiled = compile(model, { purpose: "train", engine: fastEngine });
  const session = openSession(compiled, await openWasmDevice(compiled, { threads: 2 }));
  await session.initialize(seed);
  for (let step = 1; step <= trainedSteps; step += 1) await trainStep(session, stream.next(), step, steps, 0);
  const tensors = new Map<string, Float32Array>();
  for (const { path } of compiled.parameters)
    for (const slot of ["param", "m", "v"])
      tensors.set(`${slot}/${path}`, await session.read(`${slot}/${path}`));
  await session.close();
  state = { step: trainedSteps, steps, tensors };
  const small = createBatchStream(dataset, { split: "train", batch: contexts, context, seed: seed + 1 });
  batches = Array.from({ length: moreSteps }, () => small.next());
  const shape = { purpose: "train", batch: contexts } as const;
  const wasm = compile(model, { ...shape, engine: fastEngine });
  onProcessor = await continueTraining(wasm, await openDevice(wasm, 2), state, batches);
  artifact = compile(model, { ...shape, engine: fatGpu });
}

function expectSame(onGpu: Continued, steps = moreSteps): void {
  const distances = [...onProcessor.gradients].map(([path, wanted]) => ({
    path,
    distance: relativeDistance(onGpu.gradients.get(path) ?? [], wanted),
  }));
  expect(distances.length).toBe(model.parameters.length);
  expect(distances.filter(({ distance }) => !(distance < tolerance.gradient))).toEqual([]);
  const wanted = onProcessor.losses.slice(0, steps);
  const apart = wanted.map((loss, i) => Math.abs((onGpu.losses[i] ?? Number.NaN) / loss - 1));
  expect(apart.length).toBe(steps);
  expect(Math.max(...apart)).toBeLessThan(tolerance.loss);
}

const problem = await gpuProblem();
const tried = await tryBrowser();

beforeAll(trainFirst, 120_000);

describeWith(problem, "a trained model on a GPU in Node", () => {
  test("has the processor's gradients and goes on to its losses", { timeout: 240_000 }, async () => {
    expectSame(await continueTraining(artifact, await openDevice(artifact), state, batches));
  });
});

describeWith(tried.problem, "a trained model on a GPU in a browser", () => {
  const server = createServer((request, response) => {
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    const [type, body] = files.get(request.url ?? "/") ?? ["text/html", content];
    response.setHeader("content-type", type);
    response.end(body);
  });
  const files = new Map<string, readonly [string, string | Buffer]>();
  const content = `<link rel=icon href=data:,>
<script type=module>import * as continued from "/continued.js"; globalThis.continued = continued</script>`;

  beforeAll(async () => {
    const names = [...state.tensors].map(([name, values]) => [name, values.length]);
    const bytes = [...state.tensors.values()].map((values) =>
      Buffer.from(values.buffer, values.byteOffset, values.byteLength),
    );
    const plain = batches
      .slice(0, stepsInBrowser)
      .map((batch) =>
        Object.fromEntries(
          Object.entries(batch).map(([key, value]) => [key, typeof value === "number" ? value : [...value]]),
        ),
      );
    files.set("/continued.js", ["text/javascript", await bundle("test/support/continued.ts")]);
    files.set("/artifact.json", ["application/json", JSON.stringify(artifact)]);
    files.set("/state.json", ["application/json", JSON.stringify({ ...state, tensors: undefined, names })]);
    files.set("/state.bin", ["application/octet-stream", Buffer.concat(bytes)]);
    files.set("/batches.json", ["application/json", JSON.stringify(plain)]);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    await tried.browser?.close();
    await new Promise((resolve) => server.close(resolve));
  });

  test("has the processor's gradients and goes on to its losses", { timeout: 240_000 }, async () => {
    const page = await tried.browser?.newPage();
    if (page === undefined) throw new Error("there is no browser");
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => "continued" in globalThis);
    const { gradients, ...rest } = await page.evaluate(() =>
      (globalThis as unknown as { readonly continued: typeof continued }).continued.continueInPage(),
    );
    const decoded = gradients.map(([path, text]) => {
      const bytes = Buffer.from(text, "base64");
      return [path, new Float32Array(Uint8Array.from(bytes).buffer)] as const;
    });
    expectSame({ ...rest, gradients: new Map(decoded) }, stepsInBrowser);
    expect(complaints).toEqual([]);
  });
});
