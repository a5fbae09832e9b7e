// dtable[token] = Σ dy over the rows that hold the token
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

// So many neighbouring elements at a time: 16 bytes of the widest.
constexpr int LANES = 4;

template <typename T>
DEVICE void load_lanes(float (&x)[LANES], global<const T> p, int i) {
  if constexpr (sizeof(T) == 2 && LANES == 8) {
    const uint4 words = as<const uint4>(p + i)[0];
    const unsigned pairs[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
    for (int k = 0; k < 4; k++) {
      x[2 * k] = low_float(pairs[k]);
      x[2 * k + 1] = high_float(pairs[k]);
    }
  } else {
#pragma unroll
    for (int k = 0; k < LANES; k += 4) {
      const float4 four = load4(p, i + k);
      x[k] = four.x;
      x[k + 1] = four.y;
      x[k + 2] = four.z;
      x[k + 3] = four.w;
    }
  }
}

template <typename T>
DEVICE void store_lanes(global<T> p, int i, const float (&x)[LANES]) {
  if constexpr (sizeof(T) == 2 && LANES == 8) {
    as<uint4>(p + i)[0] =
        make_uint4(pack_bf16(x[0], x[1]), pack_bf16(x[2], x[3]), pack_bf16(x[4], x[5]), pack_bf16(x[6], x[7]));
  } else {
#pragma unroll
    for (int k = 0; k < LANES; k += 4) store4(p, i + k, make_float4(x[k], x[k + 1], x[k + 2], x[k + 3]));
  }
}

// The first `count` of them; zeros behind.
template <typename T>
DEVICE void load_some(float (&x)[LANES], global<const T> p, int i, int count) {
#pragma unroll
  for (int k = 0; k < LANES; k++) x[k] = k < count ? load(p, i + k) : 0.0f;
}

template <typename T>
DEVICE void store_some(global<T> p, int i, const float (&x)[LANES], int count) {
#pragma unroll
  for (int k = 0; k < LANES; k++) {
    if (k < count) store(p, i + k, x[k]);
  }
}

// What comes back of an element that is stored.
template <typename T>
DEVICE float as_stored(float x) {
  if constexpr (sizeof(T) == 2) return to_float(to_bf16(x));
  return x;
}

constexpr int AT_ONCE = 8;

// Whether a row is in one of the ranges.
DEVICE bool is_counted(global<const int> segments, int row) {
  for (int range = 0; range < segments[0]; range++) {
    if (row >= segments[2 * range + 1] && row < segments[2 * range + 2]) return true;
  }
  return false;
}

// A block per token of the vocabulary. So many threads as a row has vectors are a group; groups take the token's rows in
// turn, and the first adds up what they found, in order.
KERNEL(embed_dw_by_token, 256)(ARGUMENTS) {
  SHARED(4096);
  const int *record = records + job.records + blockIdx.z * job.words;
  if (record[0] == 0) return;
  const int width = record[1];
  const int dy_stride = record[2];
  const global<const float> dy = address<const float>(arena, record + 3);
  const global<const int> rows_by_token = address<const int>(arena, record + 5);
  const global<const int> token_starts = address<const int>(arena, record + 7);
  const global<float> table = address<float>(arena, record + 9);
  const global<const int> segments = address<const int>(arena, record + 11);
  const shared<float> found = shared_at<float>(0);
  const int token = blockIdx.x;
  const int begin = token_starts[token];
  const int end = token_starts[token + 1];
  const int vectors = (width + LANES - 1) / LANES;
  int size = 1;
  while (size < 256 && size < vectors) size *= 2;
  const int groups = end - begin > 1 ? 256 / size : 1;
  const int group = threadIdx.x / size;
  const bool wide_rows = dy_stride % LANES == 0;
  const bool wide_table = width % LANES == 0;
  for (int first = 0; first < vectors; first += size) {
    const int column = LANES * (first + threadIdx.x % size);
    const int rest = width - column;
    float sum[LANES] = {};
    // Frequent tokens have many rows: several are read before the first is added.
    for (int i = begin + group; i < end && rest > 0 && group < groups; i += AT_ONCE * groups) {
      int rows[AT_ONCE];
#pragma unroll
      for (int k = 0; k < AT_ONCE; k++) rows[k] = i + k * groups < end ? rows_by_token[i + k * groups] : -1;
      float x[AT_ONCE][LANES];
#pragma unroll
      for (int k = 0; k < AT_ONCE; k++) {
        const global<const float> from = dy + (long long)rows[k] * dy_stride;
        const int count = rows[k] >= 0 && is_counted(segments, rows[k]) ? rest : 0;
        if (wide_rows && count >= LANES) {
          load_lanes<float>(x[k], from, column);
        } else {
          load_some<float>(x[k], from, column, count);
        }
      }
#pragma unroll
      for (int k = 0; k < AT_ONCE; k++) {
#pragma unroll
        for (int lane = 0; lane < LANES; lane++) sum[lane] += x[k][lane];
      }
    }
    if (groups > 1) {
      __syncthreads();
#pragma unroll
      for (int lane = 0; lane < LANES; lane++) found[256 * lane + threadIdx.x] = sum[lane];
      __syncthreads();
      for (int other = 1; other < groups && group == 0; other++) {
#pragma unroll
        for (int lane = 0; lane < LANES; lane++) sum[lane] += found[256 * lane + size * other + threadIdx.x];
      }
    }
    if (group > 0 || rest <= 0) continue;
    const global<float> to = table + (long long)token * width;
    if (wide_table && rest >= LANES) {
      store_lanes<float>(to, column, sum);
    } else {
      store_some<float>(to, column, sum, rest);
    }
  }
}
