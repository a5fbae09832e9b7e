// caught: shared byte 508, which a cp.async of thread 31 is still writing: nothing waited for it
// launch: 4096 bytes of shared memory
KERNEL(copy_not_waited_for, 128)(ARGUMENTS) {
  SHARED(128 * 16 * 2);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> kept = shared_at<float>(0);
  for (int i = 0; i < 2; i++) {
    cp_async16(kept + (i * 128 + threadIdx.x) * 4, x + (i * 128 + threadIdx.x) * 4, true);
    cp_async_commit();
  }
  cp_async_wait<2>();
  __syncthreads();
  y[blockIdx.x * 128 + threadIdx.x] = kept[threadIdx.x];
}
