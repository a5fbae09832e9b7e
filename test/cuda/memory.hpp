// memory.hpp: global and shared memory through checked pointers: every access is within the arena or the block's shared
// memory, aligned, and noted in the shadow. `p[i]` of const elements is a value, of others a reference that reads when
// it is used as a value and writes when it is assigned to.
#pragma once

#include "launch.hpp"

#include <type_traits>

struct bf16 { unsigned short bits; };

struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };

static inline float2 make_float2(float x, float y) { return {x, y}; }
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline int2 make_int2(int x, int y) { return {x, y}; }
static inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
static inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

namespace emulator {

// A stretch of memory that a pointer must stay in: its bytes, and what to call it.
struct Global {
  static constexpr const char* name = "global";
  static unsigned char* start() { return launch.arena; }
  static unsigned long long bytes() { return launch.arena_bytes; }
  static void note_read(const void* at, size_t size) { note_global_read(at, size); }
  static void note_write(const void* at, size_t size, bool is_atomic) { note_global_write(at, size, is_atomic); }
};

struct Shared {
  static constexpr const char* name = "shared";
  static unsigned char* start() { return shared_memory; }
  static unsigned long long bytes() { return launch.shared_bytes; }
  static void note_read(const void* at, size_t size) { note_shared_read(at, size); }
  static void note_write(const void* at, size_t size, bool is_atomic) { note_shared_write(at, size, is_atomic); }
};

template <typename Space>
[[noreturn]] __attribute__((noinline, cold)) static void fail_bounds(long long offset, size_t size) {
  fail("%zu bytes at byte %lld of %s memory, which has %llu", size, offset, Space::name, Space::bytes());
}

template <typename Space>
[[noreturn]] __attribute__((noinline, cold)) static void fail_alignment(long long offset, size_t alignment) {
  fail("byte %lld of %s memory is not a multiple of %zu, as this access has to be", offset, Space::name, alignment);
}

template <typename Space>
static inline void check_place(const void* at, size_t size, size_t alignment) {
  const long long offset = static_cast<const unsigned char*>(at) - Space::start();
  if (offset < 0 || static_cast<unsigned long long>(offset) + size > Space::bytes()) fail_bounds<Space>(offset, size);
  if (offset % static_cast<long long>(alignment) != 0) fail_alignment<Space>(offset, alignment);
}

template <typename Space, typename T>
__attribute__((noinline)) static T read(const T* at) {
  check_place<Space>(at, sizeof(T), alignof(T));
  Space::note_read(at, sizeof(T));
  return *at;
}

template <typename Space, typename T>
__attribute__((noinline)) static void write(T* at, T value) {
  check_place<Space>(at, sizeof(T), alignof(T));
  Space::note_write(at, sizeof(T), false);
  *at = value;
}

template <typename Space, typename T>
struct Reference {
  T* at;
  operator T() const { return read<Space>(at); }
  T operator=(T value) const { write<Space>(at, value); return value; }
  T operator=(const Reference& other) const { return *this = static_cast<T>(other); }
  Reference(T* place) : at(place) {}
  Reference(const Reference&) = default;
  template <typename U> T operator+=(U value) const { return *this = static_cast<T>(static_cast<T>(*this) + value); }
  template <typename U> T operator-=(U value) const { return *this = static_cast<T>(static_cast<T>(*this) - value); }
  template <typename U> T operator*=(U value) const { return *this = static_cast<T>(static_cast<T>(*this) * value); }
  template <typename U> T operator|=(U value) const { return *this = static_cast<T>(static_cast<T>(*this) | value); }
};

template <typename Space, typename T> struct ElementOf { using type = Reference<Space, T>; };
template <typename Space, typename T> struct ElementOf<Space, const T> { using type = T; };

template <typename Space, typename T>
struct Pointer {
  T* at = nullptr;

  Pointer() = default;
  Pointer(decltype(nullptr)) {}
  explicit Pointer(T* place) : at(place) {}
  operator Pointer<Space, const T>() const { return Pointer<Space, const T>(at); }

  typename ElementOf<Space, T>::type operator*() const { return (*this)[0]; }
  template <typename Index>
  typename ElementOf<Space, T>::type operator[](Index i) const {
    if constexpr (std::is_const<T>::value) return read<Space>(at + i);
    else return Reference<Space, T>(at + i);
  }
  template <typename Index> Pointer operator+(Index i) const { return Pointer(at + i); }
  template <typename Index> Pointer operator-(Index i) const { return Pointer(at - i); }
  long long operator-(Pointer other) const { return at - other.at; }
  template <typename Index> Pointer& operator+=(Index i) { at += i; return *this; }
  template <typename Index> Pointer& operator-=(Index i) { at -= i; return *this; }
  Pointer& operator++() { at++; return *this; }
  Pointer operator++(int) { return Pointer(at++); }
  bool operator==(Pointer other) const { return at == other.at; }
  bool operator!=(Pointer other) const { return at != other.at; }
  bool operator<(Pointer other) const { return at < other.at; }
  bool operator<=(Pointer other) const { return at <= other.at; }
  bool operator>(Pointer other) const { return at > other.at; }
  bool operator>=(Pointer other) const { return at >= other.at; }
  explicit operator bool() const { return at != nullptr; }
};

template <typename Space, typename T, typename Change>
static T change(Pointer<Space, T> p, Change change_value) {
  check_place<Space>(p.at, sizeof(T), alignof(T));
  Space::note_write(p.at, sizeof(T), true);
  const T before = *p.at;
  *p.at = change_value(before);
  return before;
}

}  // namespace emulator

template <typename T> using global = emulator::Pointer<emulator::Global, T>;
template <typename T> using shared = emulator::Pointer<emulator::Shared, T>;

// The same place seen as elements of another type.
template <typename U, typename Space, typename T>
static inline auto as(emulator::Pointer<Space, T> p) {
  using Element = typename std::conditional<std::is_const<T>::value, const U, U>::type;
  return emulator::Pointer<Space, Element>(reinterpret_cast<Element*>(p.at));
}

// An argument of a record: a byte offset from the arena's start in two words.
template <typename T>
static inline global<T> address(unsigned char* arena, const int* words) {
  const auto offset = static_cast<long long>(static_cast<unsigned>(words[0])) | static_cast<long long>(words[1]) << 32;
  return global<T>(reinterpret_cast<T*>(arena + offset));
}

// The arena's beginning.
template <typename T>
static inline global<T> address(unsigned char* arena) {
  return global<T>(reinterpret_cast<T*>(arena));
}

template <typename T>
static inline shared<T> shared_at(unsigned byte_offset) {
  return shared<T>(reinterpret_cast<T*>(emulator::shared_memory + byte_offset));
}

template <typename S, typename T, typename U> static T atomic_add(emulator::Pointer<S, T> p, U x) {
  return emulator::change(p, [x](T old) { return static_cast<T>(old + x); });
}
template <typename S, typename T, typename U> static T atomic_min(emulator::Pointer<S, T> p, U x) {
  return emulator::change(p, [x](T old) { return static_cast<T>(x) < old ? static_cast<T>(x) : old; });
}
template <typename S, typename T, typename U> static T atomic_max(emulator::Pointer<S, T> p, U x) {
  return emulator::change(p, [x](T old) { return static_cast<T>(x) > old ? static_cast<T>(x) : old; });
}
template <typename S, typename T, typename U> static T atomic_exchange(emulator::Pointer<S, T> p, U x) {
  return emulator::change(p, [x](T) { return static_cast<T>(x); });
}
template <typename S, typename T, typename U> static T atomic_or(emulator::Pointer<S, T> p, U x) {
  return emulator::change(p, [x](T old) { return static_cast<T>(old | x); });
}

// ---- bf16 ----
// To nearest, ties to even; a NaN stays one.
static inline bf16 to_bf16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<unsigned short>(0x7fff)};
  return {static_cast<unsigned short>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16)};
}

static inline unsigned pack_bf16(float low, float high) {
  return to_bf16(low).bits | static_cast<unsigned>(to_bf16(high).bits) << 16;
}

namespace emulator {

static inline float float_of(unsigned bf16_bits) {
  const uint32_t bits = static_cast<uint32_t>(bf16_bits) << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// The prelude's functions for global memory take shared memory too on a GPU, where both are plain pointers.
static inline float load(shared<const float> p, long long i) { return p[i]; }
static inline float load(shared<const bf16> p, long long i) { return float_of(p[i].bits); }
static inline void store(shared<float> p, long long i, float x) { p[i] = x; }
static inline void store(shared<bf16> p, long long i, float x) { p[i] = to_bf16(x); }
static inline float4 load4(shared<const float> p, long long i) { return as<const float4>(p + i)[0]; }
static inline float4 load4(shared<const bf16> p, long long i) {
  const uint2 words = as<const uint2>(p + i)[0];
  return {float_of(words.x & 0xffff), float_of(words.x >> 16), float_of(words.y & 0xffff), float_of(words.y >> 16)};
}
static inline void store4(shared<float> p, long long i, float4 x) { as<float4>(p + i)[0] = x; }
static inline void store4(shared<bf16> p, long long i, float4 x) {
  as<uint2>(p + i)[0] = make_uint2(pack_bf16(x.x, x.y), pack_bf16(x.z, x.w));
}

}  // namespace emulator
