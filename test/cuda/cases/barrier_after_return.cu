// caught: thread 100 has returned
// launch: 0 bytes of shared memory
KERNEL(barrier_after_return, 128)(ARGUMENTS) {
  if (threadIdx.x == 100) return;
  __syncthreads();
}
