// caught: thread 30 wrote shared byte 120, and this thread reads it with no barrier between
// launch: 512 bytes of shared memory
KERNEL(missing_syncwarp, 128)(ARGUMENTS) {
  SHARED(128 * 4);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> kept = shared_at<float>(0);
  kept[threadIdx.x] = x[threadIdx.x];
  const float other = __shfl_xor_sync(0xffffffffu, x[threadIdx.x], 1);
  y[blockIdx.x * 128 + threadIdx.x] = kept[threadIdx.x ^ 1] + other;
}
