// caught: lane 0 reads lane 16, which does not take part
// launch: 0 bytes of shared memory
KERNEL(lane_read_outside_the_mask, 128)(ARGUMENTS) {
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  if (threadIdx.x % 32 < 16) y[threadIdx.x] = __shfl_xor_sync(0xffffu, x[threadIdx.x], 16);
}
