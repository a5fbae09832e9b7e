// y[j] = Σ partials[i, j], in an order that only depends on how many there are
#ifndef EMULATOR
#define KERNEL(name, ...) extern "C" __global__ void __launch_bounds__(__VA_ARGS__) name
#define ARGUMENTS                                                                                  \
  unsigned char *__restrict__ arena, const int *__restrict__ records, const Job job, const TensorMap *__restrict__ maps
// Dynamic shared memory: its size is the launch's.
#define SHARED(bytes) extern __shared__ __align__(1024) unsigned char shared_bytes[]
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define HOPPER 1
#else
#define HOPPER 0
#endif

template <typename T>
using global = T *;
template <typename T>
using shared = T *;

struct bf16 {
  unsigned short bits;
};

struct Job {
  unsigned records, words, modalities, tiles, first_tile, end_tile, parts, turns;
};

struct alignas(64) TensorMap {
  unsigned char opaque[128];
};

template <typename T>
__device__ __forceinline__ T *address(unsigned char *arena, const int *word) {
  const long long offset = (long long)(unsigned)word[0] | ((long long)word[1] << 32);
  return (T *)(arena + offset);
}

template <typename U, typename T>
__device__ __forceinline__ U *as(T *p) {
  return (U *)p;
}

#define shared_at SharedBytes{shared_bytes}.at
struct SharedBytes {
  unsigned char *bytes;
  template <typename T>
  __device__ __forceinline__ T *at(int offset) const {
    return (T *)(bytes + offset);
  }
};

__device__ __forceinline__ int atomic_add(int *p, int x) { return atomicAdd(p, x); }
__device__ __forceinline__ int atomic_min(int *p, int x) { return atomicMin(p, x); }
__device__ __forceinline__ int atomic_max(int *p, int x) { return atomicMax(p, x); }
__device__ __forceinline__ int atomic_exchange(int *p, int x) { return atomicExch(p, x); }

// Two bf16 in a word, rounded to nearest even; the lower half is the first in memory.
__device__ __forceinline__ unsigned pack_bf16(float low, float high) {
  unsigned word;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
  return word;
}

__device__ __forceinline__ bf16 to_bf16(float x) {
  bf16 y;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
  return y;
}

#define DEVICE __device__ __forceinline__
#endif

DEVICE float to_float(float x) { return x; }
DEVICE float to_float(bf16 x) { return __int_as_float((int)x.bits << 16); }
DEVICE float low_float(unsigned word) { return __int_as_float((int)(word << 16)); }
DEVICE float high_float(unsigned word) { return __int_as_float((int)(word & 0xffff0000u)); }

DEVICE float load(global<const float> p, long long i) { return p[i]; }
DEVICE float load(global<const bf16> p, long long i) { return to_float(p[i]); }
DEVICE void store(global<float> p, long long i, float x) { p[i] = x; }
DEVICE void store(global<bf16> p, long long i, float x) { p[i] = to_bf16(x); }

// Four neighbouring elements, from a multiple of four on: 16 bytes, or 8.
DEVICE float4 load4(global<const float> p, long long i) { return as<const float4>(p + i)[0]; }
DEVICE float4 load4(global<const bf16> p, long long i) {
  const uint2 words = as<const uint2>(p + i)[0];
  return make_float4(low_float(words.x), high_float(words.x), low_float(words.y), high_float(words.y));
}
DEVICE void store4(global<float> p, long long i, float4 x) { as<float4>(p + i)[0] = x; }
DEVICE void store4(global<bf16> p, long long i, float4 x) {
  as<uint2>(p + i)[0] = make_uint2(pack_bf16(x.x, x.y), pack_bf16(x.z, x.w));
}

// A block per 32 elements: its warps share the pieces, then the first adds up what they found, in order.
KERNEL(sum_partials, 256)(ARGUMENTS) {
  SHARED(1024);
  const int *record = records + job.records + blockIdx.z * job.words;
  if (record[0] == 0) return;
  const int elements = record[1];
  const int pieces = record[2];
  const global<const float> partials = address<const float>(arena, record + 3);
  const global<float> y = address<float>(arena, record + 5);
  const shared<float> sums = shared_at<float>(0);
  const int element = 32 * blockIdx.x + threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  float total = 0.0f;
  if (element < elements) {
#pragma unroll 4
    for (int i = warp; i < pieces; i += 8) total += load(partials, (long long)i * elements + element);
  }
  sums[threadIdx.x] = total;
  __syncthreads();
  if (warp > 0 || element >= elements) return;
  for (int other = 1; other < 8; other++) total += sums[32 * other + threadIdx.x];
  store(y, element, total);
}
