// caught: thread 0 wrote shared byte 0, and this thread adds to it with no barrier between
// launch: 4 bytes of shared memory
KERNEL(atomic_before_a_barrier, 128)(ARGUMENTS) {
  SHARED(4);
  const shared<int> count = shared_at<int>(0);
  if (threadIdx.x == 0) count[0] = 0;
  atomic_add(count, 1);
}
