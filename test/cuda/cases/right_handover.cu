// right: two warps fill one of two places in shared memory while the other two read the other, by named barriers.
// launch: 512 bytes of shared memory
KERNEL(right_handover, 128)(ARGUMENTS) {
  SHARED(2 * 64 * 4);
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const shared<float> places = shared_at<float>(0);
  const int thread = threadIdx.x % 64;
  if (threadIdx.x < 64) {
    for (int turn = 0; turn < 8; turn++) {
      if (turn >= 2) named_barrier_sync(3 + turn % 2, 128);
      places[turn % 2 * 64 + thread] = x[turn * 64 + thread];
      named_barrier_arrive(1 + turn % 2, 128);
    }
  } else {
    float sum = 0;
    for (int turn = 0; turn < 8; turn++) {
      named_barrier_sync(1 + turn % 2, 128);
      sum += places[turn % 2 * 64 + 63 - thread];
      if (turn < 6) named_barrier_arrive(3 + turn % 2, 128);
    }
    if (blockIdx.x == 0) y[thread] = sum;
  }
}
