// right: every block sums the squares of 1000 floats, by warps and then by the block.
// launch: 16 bytes of shared memory
KERNEL(right_sums, 128)(ARGUMENTS) {
  SHARED(4 * 4);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> partial = shared_at<float>(0);
  float total = 0;
  for (int i = threadIdx.x; i < 1000; i += blockDim.x) total += x[blockIdx.x * 1000 + i] * x[blockIdx.x * 1000 + i];
#pragma unroll
  for (int by = 16; by > 0; by /= 2) total += __shfl_xor_sync(0xffffffffu, total, by);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = total;
  __syncthreads();
  if (threadIdx.x == 0) y[blockIdx.x] = partial[0] + partial[1] + partial[2] + partial[3];
}
