// rotates components i and i + half of every head by the row's position
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
constexpr int LANES = 8;

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

// Vectors of neighbouring pairs: component i of a head and component i + half, turned by the row's position.
KERNEL(rope, 256)(ARGUMENTS) {
  const global<const int> words = as<const int>(global<unsigned char>(arena));
  const int tile_index = words[job.first_tile] + (int)blockIdx.x;
  if (tile_index >= words[job.end_tile]) return;
  const global<const int> tile = words + job.tiles + 3 * tile_index;
  const int first = tile[0];
  const int count = tile[1];
  const int *record = records + job.records + (blockIdx.z * job.modalities + tile[2]) * job.words;
  if (record[0] == 0) return;
  const int heads = record[1];
  const int half = record[2];
  const int x_stride = record[3];
  const int y_stride = record[4];
  const float direction = __int_as_float(record[5]);
  const global<const bf16> x = address<const bf16>(arena, record + 6);
  const global<bf16> y = address<bf16>(arena, record + 8);
  const global<const int> positions = address<const int>(arena, record + 10);
  const global<const float> cosines = address<const float>(arena, record + 12);
  const global<const float> sines = address<const float>(arena, record + 14);
  const int vectors = (half + LANES - 1) / LANES;
  const int row_vectors = heads * vectors;
  const bool wide = (half | x_stride | y_stride) % LANES == 0;
  for (int i = 256 * blockIdx.y + threadIdx.x; i < count * row_vectors; i += 256 * gridDim.y) {
    const int row = first + i / row_vectors;
    const int head = i % row_vectors / vectors;
    const int pair = LANES * (i % vectors);
    const int low = 2 * half * head + pair;
    const int rest = half - pair;
    const int angle = positions[row] * half + pair;
    const global<const bf16> from = x + (long long)row * x_stride;
    const global<bf16> to = y + (long long)row * y_stride;
    float a[LANES], b[LANES], cosine[LANES], sine[LANES];
    if (wide && rest >= LANES) {
      load_lanes<bf16>(a, from, low);
      load_lanes<bf16>(b, from, low + half);
      load_lanes<float>(cosine, cosines, angle);
      load_lanes<float>(sine, sines, angle);
    } else {
      load_some<bf16>(a, from, low, rest);
      load_some<bf16>(b, from, low + half, rest);
      load_some<float>(cosine, cosines, angle, rest);
      load_some<float>(sine, sines, angle, rest);
    }
#pragma unroll
    for (int lane = 0; lane < LANES; lane++) {
      const float turned = a[lane] * cosine[lane] - b[lane] * direction * sine[lane];
      b[lane] = b[lane] * cosine[lane] + a[lane] * direction * sine[lane];
      a[lane] = turned;
    }
    if (wide && rest >= LANES) {
      store_lanes<bf16>(to, low, a);
      store_lanes<bf16>(to, low + half, b);
    } else {
      store_some<bf16>(to, low, a, rest);
      store_some<bf16>(to, low + half, b, rest);
    }
  }
}
