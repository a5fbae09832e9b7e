// caught: 4 bytes at byte 512 of shared memory, which has 512
// launch: 512 bytes of shared memory
KERNEL(shared_bounds, 128)(ARGUMENTS) {
  SHARED(128 * 4);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> kept = shared_at<float>(0);
  kept[threadIdx.x + 1] = x[threadIdx.x];
}
