// right: products of two commits on one accumulator, waited for one after the other: y = 2 a · aᵀ of a[64 × 64].
// launch: 8200 bytes of shared memory
#if HOPPER
KERNEL(right_order_of_commits, 128)(ARGUMENTS) {
  SHARED(8192 + 8);
  const int* record = records + job.records;
  const global<const bf16> x = address<const bf16>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<bf16> a = shared_at<bf16>(0);
  // The swizzle by hand: 16 bytes at a time, chunk c of row r goes to c ^ r % 8.
  for (int i = threadIdx.x; i < 64 * 8; i += 128) as<uint4>(a + i / 8 * 64 + (i % 8 ^ i / 8 % 8) * 8)[0] = as<const uint4>(x + i * 8)[0];
  async_proxy_fence();
  __syncthreads();
  float sum[32];
  wgmma_fence();
  for (int half = 0; half < 2; half++) {
    for (int k = 0; k < 4; k++) {
      const unsigned long long operand = wgmma_descriptor(a + 16 * k, 16, 1024);
      wgmma_bf16<64, 0, 0>(sum, operand, operand, half > 0 || k > 0);
    }
    wgmma_commit();
  }
  wgmma_wait<1>();
  wgmma_wait<0>();
  if (blockIdx.x > 0) return;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int e = 0; e < 32; e++) {
    const int row = 16 * warp + lane / 4 + e % 4 / 2 * 8, column = e / 4 * 8 + lane % 4 * 2 + e % 2;
    y[row * 64 + column] = sum[e];
  }
}
#endif
