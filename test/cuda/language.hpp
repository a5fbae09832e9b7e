// language.hpp: what CUDA C++ adds to C++: qualifiers, intrinsic functions; and how a kernel begins.
#pragma once

#include "memory.hpp"

// Of the C library; its header takes longer to compile than most kernels.
extern "C" {
float sqrtf(float) noexcept, expf(float) noexcept, exp2f(float) noexcept, expm1f(float) noexcept;
float logf(float) noexcept, log2f(float) noexcept, log1pf(float) noexcept, powf(float, float) noexcept;
float sinf(float) noexcept, cosf(float) noexcept, tanhf(float) noexcept, erff(float) noexcept;
float fabsf(float) noexcept, fmaxf(float, float) noexcept, fminf(float, float) noexcept, fmaf(float, float, float) noexcept;
float floorf(float) noexcept, ceilf(float) noexcept, truncf(float) noexcept, roundf(float) noexcept, rintf(float) noexcept;
}

#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__
#define __grid_constant__
#define DEVICE [[maybe_unused]] static inline

// A launch's numbers, as the generated kernels declare them.
struct Job { unsigned records, words, modalities, tiles, first_tile, end_tile, parts, turns; };

// What a kernel is given of a matrix: made by the host (motley_tensor_map), opaque on a GPU.
struct alignas(64) TensorMap {
  unsigned char* start;
  unsigned long long rows, columns, stride_bytes;
  unsigned box_rows, box_columns;
  unsigned long long magic;
  unsigned char rest[80];
};
static_assert(sizeof(TensorMap) == 128, "as large as CUtensorMap");

// `KERNEL(name, threads)(ARGUMENTS) { … }`, and once in it `SHARED(bytes);`.
#define KERNEL(name, ...) \
  static const int name##_bounds[] = {__VA_ARGS__}; \
  static void name
#define ARGUMENTS \
  [[maybe_unused]] unsigned char* arena, [[maybe_unused]] const int* records, [[maybe_unused]] Job job, \
      [[maybe_unused]] const TensorMap* maps
#define SHARED(bytes) emulator::require_shared(bytes)

namespace emulator {

constexpr unsigned long long map_magic = 0x6d6f746c65796d61ull;

struct Kernel {
  void (*body)(unsigned char*, const int*, Job, const TensorMap*);
  const int* bounds;   // threads of a block at most
};

// A program's kernels, in the table that is generated for it.
struct NamedKernel {
  const char* name;
  const Kernel* kernel;
};

[[maybe_unused]] static void require_shared(unsigned bytes) {
  if (bytes > launch.shared_bytes)
    fail("it wants %u bytes of shared memory, and was launched with %u", bytes, launch.shared_bytes);
}

template <typename To, typename From>
static inline To bits_as(From x) {
  static_assert(sizeof(To) == sizeof(From), "the same bits");
  To out;
  memcpy(&out, &x, sizeof(To));
  return out;
}
}  // namespace emulator

static inline int __float_as_int(float x) { return emulator::bits_as<int>(x); }
static inline unsigned __float_as_uint(float x) { return emulator::bits_as<unsigned>(x); }
static inline float __int_as_float(int x) { return emulator::bits_as<float>(x); }
static inline float __uint_as_float(unsigned x) { return emulator::bits_as<float>(x); }

static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
static inline float __expf(float x) { return expf(x); }
static inline float __logf(float x) { return logf(x); }
static inline bool isnan(float x) { return x != x; }
static inline bool isinf(float x) { return fabsf(x) > 3.402823466e38f; }
static inline bool isfinite(float x) { return fabsf(x) <= 3.402823466e38f; }
static inline float __fdividef(float x, float y) { return x / y; }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __ffs(unsigned x) { return __builtin_ffs(static_cast<int>(x)); }
static inline int __clz(unsigned x) { return x == 0 ? 32 : __builtin_clz(x); }
static inline unsigned __umulhi(unsigned x, unsigned y) { return static_cast<unsigned>(static_cast<uint64_t>(x) * y >> 32); }
static inline void __threadfence() {}
static inline void __threadfence_block() {}

#define EMULATOR_EXTREMES(A, B, T) \
  static inline T min(A a, B b) { return static_cast<T>(b) < static_cast<T>(a) ? b : a; } \
  static inline T max(A a, B b) { return static_cast<T>(a) < static_cast<T>(b) ? b : a; }
EMULATOR_EXTREMES(int, int, int)
EMULATOR_EXTREMES(unsigned, unsigned, unsigned)
EMULATOR_EXTREMES(int, unsigned, unsigned)
EMULATOR_EXTREMES(unsigned, int, unsigned)
EMULATOR_EXTREMES(long long, long long, long long)
EMULATOR_EXTREMES(unsigned long long, unsigned long long, unsigned long long)
EMULATOR_EXTREMES(float, float, float)
#undef EMULATOR_EXTREMES
