// caught: other blocks read byte 32768 of the arena, and this one writes it in the same launch
// launch: 0 bytes of shared memory
KERNEL(block_that_overwrites_what_another_reads, 128)(ARGUMENTS) {
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const float seen = y[threadIdx.x];
  if (blockIdx.x == 1) y[threadIdx.x] = seen + 1.0f;
}
