// caught: byte 512 of shared memory is not a multiple of 1024
// launch: 16392 bytes of shared memory
#if HOPPER
KERNEL(unaligned_tile, 128)(ARGUMENTS) {
  SHARED(16384 + 8);
  const shared<unsigned long long> bar = shared_at<unsigned long long>(16384);
  if (threadIdx.x > 0) return;
  mbarrier_init(bar, 1);
  mbarrier_init_fence();
  tensor_map_acquire(maps);
  tma_load_2d(shared_at<bf16>(512), maps, 0, 0, bar);
}
#endif
