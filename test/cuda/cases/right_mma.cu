// right: y[64 × 64] = a[64 × 64] · b[64 × 64]ᵀ + a · b, bf16, by cp.async, ldmatrix (b's second use transposed) and mma.sync.
// launch: 18432 bytes of shared memory
KERNEL(right_mma, 128)(ARGUMENTS) {
  constexpr int pitch = 72;
  SHARED(2 * 64 * pitch * 2);
  const int* record = records + job.records;
  const global<const bf16> x = address<const bf16>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<bf16> a = shared_at<bf16>(0), b = shared_at<bf16>(64 * pitch * 2);
  for (int i = threadIdx.x; i < 64 * 8; i += 128) {
    cp_async16(a + i / 8 * pitch + i % 8 * 8, x + i * 8, true);
    cp_async16(b + i / 8 * pitch + i % 8 * 8, x + 4096 + i * 8, true);
  }
  cp_async_commit();
  cp_async_wait<0>();
  __syncthreads();
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  float sum[8][4] = {};
  for (int k = 0; k < 64; k += 16) {
    unsigned left[4];
    ldmatrix_x4(left, a + (16 * warp + lane % 16) * pitch + k + lane / 16 * 8);
    for (int n = 0; n < 8; n++) {
      unsigned right[2];
      ldmatrix_x2(right, b + (8 * n + lane % 8) * pitch + k + lane / 8 % 2 * 8);
      mma_bf16(sum[n], left, right);
    }
    for (int n = 0; n < 8; n += 2) {
      unsigned right[4];
      ldmatrix_x4_trans(right, b + (k + lane % 16) * pitch + 8 * n + lane / 16 * 8);
      const unsigned first[2] = {right[0], right[1]}, second[2] = {right[2], right[3]};
      mma_bf16(sum[n], left, first);
      mma_bf16(sum[n + 1], left, second);
    }
  }
  for (int n = 0; n < 8; n++) {
    for (int i = 0; i < 4; i++) {
      const int row = 16 * warp + lane / 4 + i / 2 * 8, column = 8 * n + lane % 4 * 2 + i % 2;
      if (blockIdx.x == 0) y[row * 64 + column] = sum[n][i];
    }
  }
}
