// caught: a wgmma descriptor with swizzle 0
// launch: 8192 bytes of shared memory
#if HOPPER
KERNEL(descriptor_without_swizzle, 128)(ARGUMENTS) {
  SHARED(8192);
  float sum[32];
  wgmma_fence();
  wgmma_bf16<64, 0, 0>(sum, 64, 64, 0);
}
#endif
