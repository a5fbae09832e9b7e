// caught: it ended while a wgmma was under way: no wgmma_wait
// launch: 8192 bytes of shared memory
#if HOPPER
KERNEL(product_left_under_way, 128)(ARGUMENTS) {
  SHARED(8192);
  const shared<bf16> a = shared_at<bf16>(0);
  for (int i = threadIdx.x; i < 64 * 64; i += 128) a[i] = bf16{0};
  async_proxy_fence();
  __syncthreads();
  float sum[32];
  wgmma_fence();
  wgmma_bf16<64, 0, 0>(sum, wgmma_descriptor(a, 16, 1024), wgmma_descriptor(a, 16, 1024), 0);
  wgmma_commit();
}
#endif
