// caught: is not a multiple of 16, as this access has to be
// launch: 0 bytes of shared memory
KERNEL(misaligned_vector, 128)(ARGUMENTS) {
  const int* record = records + job.records;
  const global<const float> x = address<const float>(arena, record + 1);
  const global<float> y = address<float>(arena, record + 3);
  const float4 four = as<const float4>(x + threadIdx.x)[0];
  y[threadIdx.x] = four.x;
}
