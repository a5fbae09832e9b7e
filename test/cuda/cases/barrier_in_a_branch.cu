// caught: threads 0 to 31 wait in __syncthreads at barrier_in_a_branch.cu:5; threads 32 to 127 wait in named_barrier_sync
// launch: 0 bytes of shared memory
KERNEL(barrier_in_a_branch, 128)(ARGUMENTS) {
  if (threadIdx.x < 32)
    __syncthreads();
  else
    named_barrier_sync(1, 128);
}
