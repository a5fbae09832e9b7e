// caught: writes shared byte 16, which a cp.async of thread 1 is still writing
// launch: 2048 bytes of shared memory
KERNEL(read_after_the_copy_began, 128)(ARGUMENTS) {
  SHARED(128 * 16);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> kept = shared_at<float>(0);
  cp_async16(kept + threadIdx.x * 4, x + threadIdx.x * 4, true);
  if (threadIdx.x == 1) kept[threadIdx.x * 4] = 0.0f;
  cp_async_commit();
  cp_async_wait<0>();
}
