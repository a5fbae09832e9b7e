// caught: wait in __shfl_sync
// launch: 0 bytes of shared memory
KERNEL(lanes_that_do_not_meet, 128)(ARGUMENTS) {
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  if (threadIdx.x % 32 < 20) y[threadIdx.x] = __shfl_sync(0xffffffffu, x[threadIdx.x], 3);
}
