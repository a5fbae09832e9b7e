// right: threads count by atomics in shared memory, blocks in global memory; votes.
// launch: 4 bytes of shared memory
KERNEL(right_counts, 128)(ARGUMENTS) {
  SHARED(4);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<int> count = shared_at<int>(0);
  if (threadIdx.x == 0) count[0] = 0;
  __syncthreads();
  if (x[threadIdx.x] > 2.0f) atomic_add(count, 1);
  const unsigned votes = __ballot_sync(0xffffffffu, x[threadIdx.x] > 2.0f);
  __syncthreads();
  if (threadIdx.x == 0) atomic_add(as<int>(y), count[0]);
  if (blockIdx.x == 0 && threadIdx.x == 0) y[1] = static_cast<float>(__popc(votes));
  if (blockIdx.x == 0 && threadIdx.x == 0) y[2] = __all_sync(1u, votes != 0) && !__any_sync(1u, votes == 0) ? 1.0f : 0.0f;
}
