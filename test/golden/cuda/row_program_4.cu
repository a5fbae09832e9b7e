// row by row, with sums over each
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

// Vectors of a row that a thread keeps in registers.
constexpr int KEPT = 2;

// A vector of a row that ends at column `end`; zeros behind.
template <typename T>
DEVICE void load_vector(float (&x)[LANES], global<const T> p, int i, int end, bool wide) {
  if (wide && i + LANES <= end) {
    load_lanes<T>(x, p, i);
  } else {
    load_some<T>(x, p, i, end - i);
  }
}

template <typename T>
DEVICE void store_vector(global<T> p, int i, int end, bool wide, const float (&x)[LANES]) {
  if (wide && i + LANES <= end) {
    store_lanes<T>(p, i, x);
  } else {
    store_some<T>(p, i, x, end - i);
  }
}

// Vectors of a row from column i on, `step` columns apart.
template <typename T>
DEVICE void load_window(float (&x)[KEPT][LANES], global<const T> p, int i, int step, int end, bool wide) {
#pragma unroll
  for (int k = 0; k < KEPT; k++) load_vector<T>(x[k], p, i + k * step, end, wide);
}

template <typename T>
DEVICE void store_window(global<T> p, int i, int step, int end, bool wide, const float (&x)[KEPT][LANES]) {
#pragma unroll
  for (int k = 0; k < KEPT; k++) store_vector<T>(p, i + k * step, end, wide, x[k]);
}

// Threads of a row of so many columns: a power of two, so many that none has more than it can keep, if there are.
DEVICE int group_size(int columns) {
  int size = 1;
  while (size < 256 && size * KEPT * LANES < columns) size *= 2;
  return size;
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
    for (int i = 0; i < N; i++) partials[8 * i + warp] = x[i];
  }
  __syncthreads();
  const int begin = warp / (size / 32) * (size / 32);
#pragma unroll
  for (int i = 0; i < N; i++) {
    x[i] = partials[8 * i + begin];
    for (int other = 1; other < size / 32; other++) x[i] += partials[8 * i + begin + other];
  }
  __syncthreads();
}

// A group of threads per row, or per part of it. What they keep of a row in one phase, they have in the next; of a row
// that is wider than that, they load it again.
KERNEL(row_program, 256, 3)(ARGUMENTS) {
  SHARED(64);
  const global<const int> words = as<const int>(global<unsigned char>(arena));
  const int tile_index = words[job.first_tile] + (int)blockIdx.x;
  if (tile_index >= words[job.end_tile]) return;
  const global<const int> tile = words + job.tiles + 3 * tile_index;
  const int first = tile[0];
  const int count = tile[1];
  const int *record = records + job.records + (blockIdx.z * job.modalities + tile[2]) * job.words;
  if (record[0] == 0) return;
  const int width = record[1];
  const int parts = record[2];
  const int stride0 = record[3];
  const int stride1 = record[4];
  const int stride2 = record[5];
  const int stride3 = record[6];
  const int stride4 = record[7];
  const global<const float> x0 = address<const float>(arena, record + 8);
  const global<const float> x1 = address<const float>(arena, record + 10);
  const global<const float> x2 = address<const float>(arena, record + 12);
  const global<const float> x3 = address<const float>(arena, record + 14);
  const global<float> x4 = address<float>(arena, record + 16);
  const shared<float> partials = shared_at<float>(0);
  const int size = group_size(width);
  const int step = size * LANES;
  const int own = threadIdx.x % size * LANES;
  const bool wide = ((parts == 1 ? 0 : width) | stride0 | stride1 | stride2 | stride3 | stride4) % LANES == 0;
  const float per_column = 1.0f / (float)width;
  const int groups = 256 / size;
  for (int begin = groups * blockIdx.y; begin < count * parts; begin += groups * gridDim.y) {
    const int index = begin + threadIdx.x / size;
    const int columns = index < count * parts ? width : 0;
    const int row = first + index / parts;
    const int part = index % parts * width;
    const global<const float> p0 = x0 + ((long long)row * stride0 + part);
    const global<const float> p1 = x1 + ((long long)row * stride1 + part);
    const global<const float> p2 = x2;
    const global<const float> p3 = x3 + ((long long)row * stride3 + part);
    const global<float> p4 = x4 + ((long long)row * stride4 + part);
    float v0[KEPT][LANES];
    float v1[KEPT][LANES];
    float v3[KEPT][LANES];
    float v4[KEPT][LANES];
    int kept = -1;
    float totals0[2] = {};
    for (int from = own; from < columns; from += KEPT * step) {
      load_window<float>(v0, p0, from, step, columns, wide);
      load_window<float>(v1, p1, from, step, columns, wide);
      if (from != kept) {
      }
      kept = from;
#pragma unroll
      for (int k = 0; k < KEPT; k++) {
        const int column = from + k * step;
        float v2[LANES];
        load_vector<float>(v2, p2, column, columns, wide);
#pragma unroll
        for (int lane = 0; lane < LANES; lane++) {
          const bool is_inside = column + lane < columns;
          const float t0 = v0[k][lane];
          const float t1 = v1[k][lane];
          const float t2 = v2[lane];
          if (is_inside) totals0[0] += (t0 * t0);
          if (is_inside) totals0[1] += ((t1 * t2) * t0);
        }
      }
    }
    sum_group(totals0, size, partials);
    const float r0 = rsqrtf(((totals0[0] * per_column) + 0.000009999999747378752f));
    const float r1 = (((totals0[1] * per_column) * r0) * (r0 * r0));
    for (int from = own; from < columns; from += KEPT * step) {
      load_window<float>(v3, p3, from, step, columns, wide);
      if (from != kept) {
        load_window<float>(v1, p1, from, step, columns, wide);
        load_window<float>(v0, p0, from, step, columns, wide);
      }
      kept = from;
#pragma unroll
      for (int k = 0; k < KEPT; k++) {
        const int column = from + k * step;
        float v2[LANES];
        load_vector<float>(v2, p2, column, columns, wide);
#pragma unroll
        for (int lane = 0; lane < LANES; lane++) {
          const float t0 = v3[k][lane];
          const float t1 = v1[k][lane];
          const float t2 = v2[lane];
          const float t3 = v0[k][lane];
          const float t4 = (((t1 * t2) * r0) - (t3 * r1));
          const float t5 = (t0 + t4);
          v4[k][lane] = as_stored<float>(t5);
        }
        store_vector<float>(p4, column, columns, wide, v4[k]);
      }
    }
  }
}
