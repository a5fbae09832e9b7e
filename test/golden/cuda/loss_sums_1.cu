// Σ weight · loss, then Σ loss by the target's modality
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

// Sums over `size` neighbouring threads, a power of two that is the same for the whole block: within warps, then over
// the warps in order, so that all of them get the same bits. `partials` has room for a float per warp and sum.
template <int N>
DEVICE void sum_group(float (&x)[N], int size, shared<float> partials) {
  for (int other = min(size, 32) / 2; other > 0; other /= 2) {
#pragma unroll
    for (int i = 0; i < N; i++) x[i] += __shfl_xor_sync(0xffffffffu, x[i], other);
  }
  if (size <= 32) return;
  const int warp = threadIdx.x / 32;
  if (threadIdx.x % 32 == 0) {
#pragma unroll
    for (int i = 0; i < N; i++) partials[32 * i + warp] = x[i];
  }
  __syncthreads();
  const int begin = warp / (size / 32) * (size / 32);
#pragma unroll
  for (int i = 0; i < N; i++) {
    x[i] = partials[32 * i + begin];
    for (int other = 1; other < size / 32; other++) x[i] += partials[32 * i + begin + other];
  }
  __syncthreads();
}

// One block.
KERNEL(loss_sums, 1024, 1)(ARGUMENTS) {
  SHARED(128);
  const int *record = records + job.records + blockIdx.z * job.words;
  if (record[0] == 0) return;
  const int modalities = record[1];
  const global<const float> loss = address<const float>(arena, record + 2);
  const global<const float> weights = address<const float>(arena, record + 4);
  const global<const int> target_modality = address<const int>(arena, record + 6);
  const global<float> sums = address<float>(arena, record + 8);
  const global<const int> segments = address<const int>(arena, record + 10);
  const int ranges = segments[0];
  // Sum 0 is weighted and of every row, sum 1 + m of the counted targets of modality m.
  for (int m = -1; m < modalities; m++) {
    float sum[1] = {0.0f};
    for (int range = 0; range < ranges; range++) {
      const int end = segments[2 * range + 2];
#pragma unroll 4
      for (int row = segments[2 * range + 1] + (int)threadIdx.x; row < end; row += 1024) {
        const float weight = load(weights, row);
        const bool is_counted = target_modality[row] == m && weight != 0.0f;
        sum[0] += load(loss, row) * (m < 0 ? weight : is_counted ? 1.0f : 0.0f);
      }
    }
    sum_group(sum, 1024, shared_at<float>(0));
    if (threadIdx.x == 0) store(sums, m + 1, sum[0]);
  }
}
