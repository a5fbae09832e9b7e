// caught: named barrier 1 is for 64 threads here, and for 96 where others arrived
// launch: 0 bytes of shared memory
KERNEL(barrier_of_two_sizes, 128)(ARGUMENTS) { named_barrier_sync(1, threadIdx.x < 32 ? 96 : 64); }
