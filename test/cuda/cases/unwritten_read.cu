// caught: reads shared byte 508, which nobody wrote
// launch: 512 bytes of shared memory
KERNEL(unwritten_read, 128)(ARGUMENTS) {
  SHARED(128 * 4);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> kept = shared_at<float>(0);
  if (threadIdx.x < 127) kept[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  y[blockIdx.x * 128 + threadIdx.x] = kept[threadIdx.x];
}
