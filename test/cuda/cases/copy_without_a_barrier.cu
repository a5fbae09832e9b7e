// caught: reads shared byte 16, which nobody wrote
// launch: 2048 bytes of shared memory
KERNEL(copy_without_a_barrier, 128)(ARGUMENTS) {
  SHARED(128 * 16);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> kept = shared_at<float>(0);
  cp_async16(kept + threadIdx.x * 4, x + threadIdx.x * 4, true);
  cp_async_commit();
  cp_async_wait<0>();
  y[blockIdx.x * 128 + threadIdx.x] = kept[(threadIdx.x * 4 + 4) % 512];
}
