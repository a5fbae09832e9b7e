// caught: this thread has not acquired the tensor map
// launch: 32832 bytes of shared memory
#if HOPPER
KERNEL(map_not_acquired, 256)(ARGUMENTS) {
  constexpr int stages = 2, stage_bytes = 16384, turns = 3;
  SHARED(stages * stage_bytes + 64);
  const int* record = records + job.records;
  const global<float> y = address<float>(arena, record + 3);
  const TensorMap* map_a = maps + record[5];
  const TensorMap* map_b = maps + record[5] + 1;
  const shared<unsigned long long> full = shared_at<unsigned long long>(stages * stage_bytes), empty = full + stages;
  if (threadIdx.x == 0) {
    for (int i = 0; i < stages; i++) {
      mbarrier_init(full + i, 1);
      mbarrier_init(empty + i, 1);
    }
    mbarrier_init_fence();
  }
  __syncthreads();
  if (threadIdx.x < 128) {
    registers_decrease<40>();
    if (threadIdx.x == 0) {
      tensor_map_acquire(map_a);
      for (int turn = 0; turn < turns; turn++) {
        const int stage = turn % stages;
        if (turn >= stages) mbarrier_wait(empty + stage, (turn / stages + 1) % 2);
        mbarrier_arrive_expect(full + stage, stage_bytes);
        tma_load_2d(shared_at<bf16>(stage * stage_bytes), map_a, turn * 64, 0, full + stage);
        tma_load_2d(shared_at<bf16>(stage * stage_bytes + 8192), map_b, turn * 64, 0, full + stage);
      }
    }
  } else {
    registers_increase<232>();
    float sum[32];
    for (int turn = 0; turn < turns; turn++) {
      const int stage = turn % stages;
      mbarrier_wait(full + stage, turn / stages % 2);
      
      wgmma_fence();
      for (int k = 0; k < 4; k++) {
        wgmma_bf16<64, 0, 0>(sum, wgmma_descriptor(shared_at<bf16>(stage * stage_bytes + 32 * k), 16, 1024),
                             wgmma_descriptor(shared_at<bf16>(stage * stage_bytes + 8192 + 32 * k), 16, 1024), turn > 0 || k > 0);
      }
      wgmma_commit();
      
      wgmma_wait<0>();
      if (threadIdx.x == 128) mbarrier_arrive(empty + stage);
    }
    const int thread = threadIdx.x - 128, warp = thread / 32, lane = thread % 32;
    if (blockIdx.x == 0) {
      for (int e = 0; e < 32; e++) {
        const int row = 16 * warp + lane / 4 + e % 4 / 2 * 8, column = e / 4 * 8 + lane % 4 * 2 + e % 2;
        y[row * 64 + column] = sum[e];
      }
    }
  }
}
#endif
