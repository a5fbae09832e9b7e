// caught: thread 0 read global byte 32772, and this thread writes it with no barrier between
// launch: 0 bytes of shared memory
KERNEL(global_race, 128)(ARGUMENTS) {
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const global<float> own = y + blockIdx.x * 128;
  own[threadIdx.x] = x[threadIdx.x];
  if (own[threadIdx.x ^ 1] > 1e9f) own[threadIdx.x] = 0;
}
