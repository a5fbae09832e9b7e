// clocks.hpp: which accesses of other threads a thread may rely on: those before a barrier that it has passed since.
// Every thread stamps what it does with its clock. A barrier joins what its threads know (vector clocks); after one of
// the whole block everything earlier is known to all (`floor_tick`), which costs nothing. Beside the threads, every
// mbarrier has an entry for what asynchronous copies wrote before its phase ended.
#pragma once

#include "fibers.hpp"

namespace emulator {

using Clock = uint32_t;
using ClockVector = Clock __attribute__((vector_size(16)));

constexpr unsigned most_mbarriers = 64, knowers = most_mbarriers + most_threads;
constexpr unsigned knower_of(unsigned thread) { return most_mbarriers + thread; }

// Up to which of its stamps each other one is known.
struct Knowledge { alignas(16) Clock of[knowers]; };

static Clock tick = 1;                  // never goes back, so stamps of earlier blocks are older than all of this one
static Clock floor_tick = 1;
static Clock own_clock[most_threads];   // the stamp of what a thread does now
static Clock fenced[most_threads];      // what it wrote up to here, the asynchronous proxy may read
static Knowledge* known = nullptr;

static void join(Knowledge& into, const Knowledge& from) {
  auto* a = reinterpret_cast<ClockVector*>(into.of);
  const auto* b = reinterpret_cast<const ClockVector*>(from.of);
  const unsigned count = (knower_of(blockDim.x) + 3) / 4;
  for (unsigned i = 0; i < count; i++) a[i] = a[i] > b[i] ? a[i] : b[i];
}

// What this thread did so far, and what it knew, is known to whoever acquires `into` from now on.
static void release(unsigned thread, Knowledge& into) {
  join(into, known[thread]);
  into.of[knower_of(thread)] = ++tick;
  own_clock[thread] = ++tick;
}

static void acquire(unsigned thread, const Knowledge& from) { join(known[thread], from); }

// A barrier of the whole block.
static void know_all() {
  floor_tick = ++tick;
  ++tick;
  for (unsigned i = 0; i < blockDim.x; i++) own_clock[i] = tick;
}

static inline bool is_known(unsigned knower, Clock stamp) {
  const unsigned self = threadIdx.x;
  return stamp <= floor_tick || knower == knower_of(self) || stamp <= known[self].of[knower];
}

static void start_clocks() {
  if (known == nullptr) {
    known = static_cast<Knowledge*>(mmap(nullptr, most_threads * sizeof(Knowledge), PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (known == MAP_FAILED) abort();
  }
  know_all();
  for (unsigned i = 0; i < blockDim.x; i++) fenced[i] = floor_tick;
}

}  // namespace emulator
