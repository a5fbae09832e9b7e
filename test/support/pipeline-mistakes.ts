// pipeline-mistakes.ts: one mistake each in a pipeline of tile copies and wgmma that is right (cuda/cases/right_pipeline.cu),
// and what the emulator says of it. In: the right text. Out: the wrong ones, each a kernel of its own name.

export type Mistake = {
  /** Also the kernel's name. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly caught: string;
};

const overwritten = "if (turn == 1) shared_at<bf16>(stage * stage_bytes)[threadIdx.x] = bf16{0};";
const emptyWait = "mbarrier_wait(empty + stage, (turn / stages + 1) % 2);";
const twoArrivals = "more than 1 arrivals in one phase of the mbarrier at shared byte 32768";

export const pipelineMistakes: readonly Mistake[] = [
  {
    name: "accumulator_touched",
    from: "wgmma_commit();",
    to: "wgmma_commit();\n      sum[3] += 1.0f;",
    caught: "accumulator 3 of thread 0 of the warpgroup was written before wgmma_wait",
  },
  {
    name: "map_not_acquired",
    from: "tensor_map_acquire(map_b);",
    to: "",
    caught: "this thread has not acquired the tensor map",
  },
  {
    name: "mbarrier_unknown_to_the_accelerator",
    from: "mbarrier_init_fence();",
    to: "",
    caught: "no mbarrier_init_fence",
  },
  {
    name: "mbarrier_used_before_a_barrier",
    from: "__syncthreads();",
    to: "",
    caught: "initialised the mbarrier at shared byte 32768, and no barrier stands between",
  },
  {
    name: "missing_barrier_before_wgmma",
    from: "wgmma_fence();",
    to: `${overwritten} async_proxy_fence();\n      wgmma_fence();`,
    caught: "and this thread multiplies it with no barrier between",
  },
  {
    name: "missing_proxy_fence",
    from: "wgmma_fence();",
    to: `${overwritten} named_barrier_sync(1, 128);\n      wgmma_fence();`,
    caught: "with an ordinary store and no async_proxy_fence after it",
  },
  {
    name: "missing_wgmma_fence",
    from: "wgmma_fence();",
    to: "",
    caught: "wgmma without a wgmma_fence",
  },
  {
    name: "no_wait_for_an_empty_stage",
    from: `if (turn >= stages) ${emptyWait}`,
    to: "",
    caught: twoArrivals,
  },
  {
    name: "release_before_the_products_are_done",
    from: "wgmma_wait<0>();",
    to: "wgmma_wait<1>();",
    caught: "which a wgmma is still reading: no wgmma_wait yet",
  },
  {
    name: "stage_never_released",
    from: "if (threadIdx.x == 128) mbarrier_arrive(empty + stage);",
    to: "",
    caught: "still wants 1 arrivals and 0 bytes",
  },
  {
    name: "too_few_bytes_expected",
    from: "mbarrier_arrive_expect(full + stage, stage_bytes);",
    to: "mbarrier_arrive_expect(full + stage, stage_bytes / 2);",
    caught: "multiplies shared byte 8192, which a tile copy is still writing: nothing waited for it",
  },
  {
    name: "too_many_bytes_expected",
    from: "mbarrier_arrive_expect(full + stage, stage_bytes);",
    to: "mbarrier_arrive_expect(full + stage, stage_bytes + 2);",
    caught: "phase 0 of the mbarrier at shared byte 32768 still wants 0 arrivals and 2 bytes",
  },
  {
    name: "wrong_parity_of_the_consumer",
    from: "mbarrier_wait(full + stage, turn / stages % 2);",
    to: "mbarrier_wait(full + stage, (turn / stages + 1) % 2);",
    caught: "which a tile copy is still writing: nothing waited for it",
  },
  {
    name: "wrong_parity_of_the_producer",
    from: emptyWait,
    to: "mbarrier_wait(empty + stage, turn / stages % 2);",
    caught: twoArrivals,
  },
];

/** The right text with a mistake in it; throws unless the place stands there once. */
export function withMistake(right: string, { name, from, to }: Mistake): string {
  if (right.split(from).length !== 2) throw new Error(`\`${from}\` has to stand once in the right text`);
  return right.replace("right_pipeline", name).replace(from, to);
}
