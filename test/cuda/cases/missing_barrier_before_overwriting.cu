// caught: thread 0 wrote shared byte 0, and this thread reads it with no barrier between
// launch: 512 bytes of shared memory
KERNEL(missing_barrier_before_overwriting, 128)(ARGUMENTS) {
  SHARED(128 * 4);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> kept = shared_at<float>(0);
  float sum = 0;
  for (int turn = 0; turn < 3; turn++) {
    kept[threadIdx.x] = x[turn * 128 + threadIdx.x];
    __syncthreads();
    sum += kept[threadIdx.x / 2] + kept[threadIdx.x / 3 + 1];
  }
  if (blockIdx.x == 0) y[threadIdx.x] = sum;
}
