// caught: of the arena, and this one reads it in the same launch
// launch: 0 bytes of shared memory
KERNEL(block_that_reads_another, 128)(ARGUMENTS) {
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  y[blockIdx.x * 128 + threadIdx.x] = blockIdx.x == 0 ? x[0] : y[threadIdx.x];
}
