// caught: wrote shared byte 2044, and this thread reads it with no barrier between
// launch: 2048 bytes of shared memory
KERNEL(copy_over_what_is_read, 128)(ARGUMENTS) {
  SHARED(128 * 16);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> kept = shared_at<float>(0);
  float sum = 0;
  for (int turn = 0; turn < 2; turn++) {
    cp_async16(kept + threadIdx.x * 4, x + threadIdx.x * 4, threadIdx.x < 100);
    cp_async_commit();
    cp_async_wait<0>();
    __syncthreads();
    sum += kept[511 - threadIdx.x];
  }
  y[blockIdx.x * 128 + threadIdx.x] = sum;
}
