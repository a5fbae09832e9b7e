// operations.hpp: barriers, shuffles, copies and matrix products, as kernels call them.
// The work is done in execution.hpp, tensor.hpp, hopper.hpp and warpgroup.hpp, which are compiled once for all kernels.
#pragma once

#include "language.hpp"

#define EMULATOR_HERE __builtin_return_address(0)

// ---- barriers ----
void __syncthreads();
void __syncwarp(unsigned mask = 0xffffffffu);
void named_barrier_sync(int id, int threads);
void named_barrier_arrive(int id, int threads);

// ---- shuffles and votes ----
namespace emulator {

// Lane i gets the value of the lane that it names.
uint64_t shuffle(const char* what, void* where, unsigned mask, uint64_t value, unsigned source);
unsigned ballot(const char* what, void* where, unsigned mask, bool vote);

static inline unsigned lane_of(unsigned thread) { return thread % lanes; }

template <typename T>
static inline T shuffle_value(const char* what, void* where, unsigned mask, T value, unsigned source) {
  static_assert(sizeof(T) <= 8, "a shuffle moves 4 or 8 bytes");
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof(T));
  bits = shuffle(what, where, mask, bits, source);
  memcpy(&value, &bits, sizeof(T));
  return value;
}

}  // namespace emulator

template <typename T>
__attribute__((noinline)) static T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  const unsigned lane = emulator::lane_of(threadIdx.x), from = (lane & ~(width - 1u)) | (source & (width - 1u));
  return emulator::shuffle_value("__shfl_sync", EMULATOR_HERE, mask, value, from);
}

template <typename T>
__attribute__((noinline)) static T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
  const unsigned lane = emulator::lane_of(threadIdx.x), from = lane ^ bits;
  return emulator::shuffle_value("__shfl_xor_sync", EMULATOR_HERE, mask, value, from / width > lane / width ? lane : from);
}

template <typename T>
__attribute__((noinline)) static T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32) {
  const unsigned lane = emulator::lane_of(threadIdx.x), from = lane + by;
  return emulator::shuffle_value("__shfl_down_sync", EMULATOR_HERE, mask, value, from / width != lane / width ? lane : from);
}

template <typename T>
__attribute__((noinline)) static T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32) {
  const unsigned lane = emulator::lane_of(threadIdx.x), from = lane - by;
  return emulator::shuffle_value("__shfl_up_sync", EMULATOR_HERE, mask, value, lane % width < by ? lane : from);
}

__attribute__((noinline)) static unsigned __ballot_sync(unsigned mask, int vote) {
  return emulator::ballot("__ballot_sync", EMULATOR_HERE, mask, vote != 0);
}
__attribute__((noinline)) static int __any_sync(unsigned mask, int vote) {
  return emulator::ballot("__any_sync", EMULATOR_HERE, mask, vote != 0) != 0;
}
__attribute__((noinline)) static int __all_sync(unsigned mask, int vote) {
  return emulator::ballot("__all_sync", EMULATOR_HERE, mask, vote != 0) == mask;
}

// ---- cp.async, ldmatrix, mma.sync ----
namespace emulator {
void start_copy(unsigned char* to, const unsigned char* from);
void wait_for_copies(unsigned groups_left);
}  // namespace emulator

template <typename T, typename U>
static void cp_async16(shared<T> to, global<U> from, bool valid) {
  emulator::start_copy(reinterpret_cast<unsigned char*>(to.at),
                       valid ? reinterpret_cast<const unsigned char*>(from.at) : nullptr);
}

template <int N>
static void cp_async_wait() { emulator::wait_for_copies(N); }

void cp_async_commit();
void ldmatrix_x4(unsigned (&r)[4], shared<bf16> row);
void ldmatrix_x4_trans(unsigned (&r)[4], shared<bf16> row);
void ldmatrix_x2(unsigned (&r)[2], shared<bf16> row);
void ldmatrix_x2_trans(unsigned (&r)[2], shared<bf16> row);
void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]);

// ---- Hopper ----
#if HOPPER
void mbarrier_init(shared<unsigned long long> bar, int arrivals);
void mbarrier_init_fence();
void mbarrier_arrive(shared<unsigned long long> bar);
void mbarrier_arrive_expect(shared<unsigned long long> bar, int bytes);
void mbarrier_wait(shared<unsigned long long> bar, int parity);
void tensor_map_acquire(const TensorMap* map);
void tma_load_2d(shared<bf16> to, const TensorMap* map, int column, int row, shared<unsigned long long> bar);
void async_proxy_fence();
unsigned long long wgmma_descriptor(shared<bf16> start, int leading_bytes, int stride_bytes);
void wgmma_fence();
void wgmma_commit();

namespace emulator {

struct Issue {
  float* d;
  unsigned long long a, b;
  int accumulates;
};
void issue(const char* what, void* where, Issue& mine, unsigned columns, bool a_is_mn, bool b_is_mn);
void wait_for_products(void* where, unsigned left);

}  // namespace emulator

template <int N>
__attribute__((noinline)) static void wgmma_wait() {
  emulator::wait_for_products(EMULATOR_HERE, N);
}

template <int N, int TransA, int TransB>
__attribute__((noinline)) static void wgmma_bf16(float (&d)[N / 2], unsigned long long a, unsigned long long b, int accumulate) {
  static_assert(N == 64 || N == 128 || N == 256, "columns of a wgmma");
  emulator::Issue mine{d, a, b, accumulate};
  emulator::issue("wgmma_bf16", EMULATOR_HERE, mine, N, TransA != 0, TransB != 0);
}

template <int N>
static void registers_increase() { static_assert(N % 8 == 0 && N >= 24 && N <= 256, "registers of a thread"); }
template <int N>
static void registers_decrease() { static_assert(N % 8 == 0 && N >= 24 && N <= 256, "registers of a thread"); }
#endif
