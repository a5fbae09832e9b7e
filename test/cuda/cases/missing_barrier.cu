// caught: thread 71, missing_barrier.cu:11: thread 64 wrote shared byte 256, and this thread reads it with no barrier between
// launch: 512 bytes of shared memory
KERNEL(missing_barrier, 128)(ARGUMENTS) {
  SHARED(128 * 4);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> kept = shared_at<float>(0);
  kept[threadIdx.x] = x[threadIdx.x];
  if (threadIdx.x % 2 == 0) __syncwarp(0x55555555u);
  if (threadIdx.x >= 70) y[threadIdx.x] = kept[135 - threadIdx.x];
}
