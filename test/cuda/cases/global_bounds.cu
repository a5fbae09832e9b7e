// caught: thread 127, global_bounds.cu:7: 4 bytes at byte 65536 of global memory, which has 65536
// launch: 0 bytes of shared memory
KERNEL(global_bounds, 128)(ARGUMENTS) {
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  y[threadIdx.x + (65536 - record[3]) / 4 - 127] = x[0];
}
