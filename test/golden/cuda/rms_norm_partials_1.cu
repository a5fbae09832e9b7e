// Σ dy · x / √(mean x² + eps) over the rows of a piece
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
constexpr int KEPT = 4;

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

DEVICE void add_squares(float& sum, const float (&x)[KEPT][LANES]) {
#pragma unroll
  for (int k = 0; k < KEPT; k++) {
#pragma unroll
    for (int lane = 0; lane < LANES; lane++) sum += x[k][lane] * x[k][lane];
  }
}

// A block per run of rows and window of columns. Groups of threads take a row, or a part of one, in turn; each thread
// sums its own columns, and in the end these sums are added up in the groups' order.
KERNEL(rms_norm_partials, 256, 2)(ARGUMENTS) {
  SHARED(16384);
  const int *record = records + job.records + blockIdx.z * job.words;
  if (record[0] == 0) return;
  const int width = record[1];
  const int heads = record[2];
  const float eps = __int_as_float(record[3]);
  const int dy_stride = record[4];
  const int x_stride = record[5];
  const int task_rows = record[6];
  const global<const bf16> dy = address<const bf16>(arena, record + 7);
  const global<const float> x = address<const float>(arena, record + 9);
  const global<float> partials = address<float>(arena, record + 11);
  const global<const int> segments = address<const int>(arena, record + 13);
  const shared<float> found = shared_at<float>(0);
  const int size = min(group_size(width), 32);
  const int step = size * LANES;
  const int begin = blockIdx.y * KEPT * step;
  if (begin >= width) return;
  const int member = threadIdx.x % size;
  const int group = threadIdx.x / size;
  const int groups = 256 / size;
  const int own = begin + member * LANES;
  const bool wide = (dy_stride | x_stride | (heads == 1 ? 0 : width)) % LANES == 0;
  float sums[KEPT][LANES] = {};
  const int ranges = segments[0];
  for (int range = 0; range < ranges; range++) {
    const int start = max((int)blockIdx.x * task_rows, segments[2 * range + 1]);
    const int end = min(((int)blockIdx.x + 1) * task_rows, segments[2 * range + 2]);
    for (int first = 0; first < (end - start) * heads; first += groups) {
      const int index = first + group;
      const bool is_row = index < (end - start) * heads;
      const int row = start + index / heads;
      const int columns = is_row ? width : 0;
      const global<const float> x0 = x + ((long long)row * x_stride + index % heads * width);
      const global<const bf16> dy0 = dy + ((long long)row * dy_stride + index % heads * width);
      float value[KEPT][LANES];
      load_window<float>(value, x0, own, step, columns, wide);
      float squares[1] = {0.0f};
      add_squares(squares[0], value);
      for (int i = member * LANES; i < columns; i += KEPT * step) {
        if (i == own) continue;
        float other[KEPT][LANES];
        load_window<float>(other, x0, i, step, columns, wide);
        add_squares(squares[0], other);
      }
      sum_group(squares, size, found);
      const float root = is_row ? rsqrtf(squares[0] / (float)width + eps) : 0.0f;
#pragma unroll
      for (int k = 0; k < KEPT; k++) {
        float slope[LANES];
        load_vector<bf16>(slope, dy0, own + k * step, columns, wide);
#pragma unroll
        for (int lane = 0; lane < LANES; lane++) sums[k][lane] += slope[lane] * value[k][lane] * root;
      }
    }
  }
#pragma unroll
  for (int k = 0; k < KEPT; k++) {
#pragma unroll
    for (int lane = 0; lane < LANES; lane++) {
      found[KEPT * step * group + k * step + member * LANES + lane] = sums[k][lane];
    }
  }
  __syncthreads();
  for (int column = threadIdx.x; column < min(KEPT * step, width - begin); column += 256) {
    float total = 0.0f;
    for (int other = 0; other < groups; other++) total += found[KEPT * step * other + column];
    store(partials, (long long)blockIdx.x * width + begin + column, total);
  }
}
