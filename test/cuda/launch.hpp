// launch.hpp: where a launch stands: CUDA's built-in variables, its memory, and how it fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

struct uint3 { unsigned x, y, z; };

// What CUDA calls built-in variables. They are set whenever another thread goes on.
extern uint3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {

constexpr unsigned lanes = 32, most_threads = 1024, most_shared_bytes = 227 * 1024;

struct Launch {
  const char* kernel;
  unsigned threads, shared_bytes;
  unsigned char* arena;
  unsigned long long arena_bytes;
};
extern Launch launch;
extern unsigned char shared_memory[];

// Ends the launch: one message with the kernel, the block, the thread and the line of its text.
[[noreturn]] void fail(const char* text, ...) __attribute__((cold, format(printf, 1, 2)));

// Accesses are noted in the shadow (shadow.hpp), which knows whether they are allowed. The places are within memory.
void note_shared_read(const void* address, size_t bytes);
void note_shared_write(const void* address, size_t bytes, bool is_atomic = false);
void note_global_read(const void* address, size_t bytes);
void note_global_write(const void* address, size_t bytes, bool is_atomic = false);

}  // namespace emulator
