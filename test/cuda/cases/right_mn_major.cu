// right: y[64 × 128] = aᵀ · b of a[40 × 64], b[40 × 128], both with k as rows, then a bf16 written by threads, fenced.
// launch: 24584 bytes of shared memory
#if HOPPER
KERNEL(right_mn_major, 128)(ARGUMENTS) {
  SHARED(3 * 8192 + 8);
  const int* record = records + job.records;
  const global<float> y = address<float>(arena, record + 3);
  const TensorMap* map_a = maps + record[5] + 2;
  const TensorMap* map_b = maps + record[5] + 3;
  const shared<unsigned long long> bar = shared_at<unsigned long long>(3 * 8192);
  if (threadIdx.x == 0) {
    mbarrier_init(bar, 1);
    mbarrier_init_fence();
    tensor_map_acquire(map_a);
    tensor_map_acquire(map_b);
    mbarrier_arrive_expect(bar, 3 * 8192);
    tma_load_2d(shared_at<bf16>(0), map_a, 0, 0, bar);
    tma_load_2d(shared_at<bf16>(8192), map_b, 0, 0, bar);
    tma_load_2d(shared_at<bf16>(2 * 8192), map_b, 64, 0, bar);
  }
  __syncthreads();
  mbarrier_wait(bar, 0);
  float sum[64];
  wgmma_fence();
  for (int k = 0; k < 64; k += 16)
    wgmma_bf16<128, 1, 1>(sum, wgmma_descriptor(shared_at<bf16>(k * 128), 8192, 1024),
                          wgmma_descriptor(shared_at<bf16>(8192 + k * 128), 8192, 1024), k > 0);
  wgmma_commit();
  wgmma_wait<0>();
  if (blockIdx.x > 0) return;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int e = 0; e < 64; e++) {
    const int row = 16 * warp + lane / 4 + e % 4 / 2 * 8, column = e / 4 * 8 + lane % 4 * 2 + e % 2;
    y[row * 128 + column] = sum[e];
  }
}
#endif
