// execution.hpp: threads that wait for each other: barriers of a block or of some of its warps, and what the lanes of a
// warp do together. A barrier that not all reach ends with nobody ready, and with a report of who waits where.
#pragma once

#include "shadow.hpp"

namespace emulator {

// ---- barriers ----
struct Barrier {
  unsigned expected, arrived;
  unsigned waiting[most_threads], waiting_count;
  Knowledge arrivals, passed;
};
static Barrier* barriers = nullptr;   // 0 is the block's

// One more has arrived; whether it was the last, and everybody goes on.
static bool arrive_at(Barrier& barrier, unsigned expected, int id) {
  if (barrier.arrived > 0 && barrier.expected != expected)
    fail("named barrier %d is for %u threads here, and for %u where others arrived", id, expected, barrier.expected);
  barrier.expected = expected;
  if (expected != blockDim.x) release(threadIdx.x, barrier.arrivals);
  if (++barrier.arrived < expected) return false;
  barrier.arrived = 0;
  if (expected == blockDim.x) know_all();
  else join(barrier.passed, barrier.arrivals);
  for (unsigned i = 0; i < barrier.waiting_count; i++) wake(barrier.waiting[i]);
  barrier.waiting_count = 0;
  return true;
}

static void sync_barrier(int id, unsigned threads, const char* what, void* where) {
  Barrier& barrier = barriers[id];
  if (!arrive_at(barrier, threads, id)) {
    barrier.waiting[barrier.waiting_count++] = threadIdx.x;
    wait_for(what, where);
  }
  if (threads != blockDim.x) acquire(threadIdx.x, barrier.passed);
}

static void check_barrier(int id, int threads) {
  if (id < 0 || id > 15) fail("named barrier %d: there are 0 to 15", id);
  if (threads <= 0 || threads % static_cast<int>(lanes) != 0 || threads > static_cast<int>(blockDim.x))
    fail("named barrier %d: %d threads is not a number of whole warps of a block of %u", id, threads, blockDim.x);
}

// ---- the lanes of a warp, together ----
// Every lane brings an argument; the last one to come finishes for all, and all go on.
struct Meeting {
  const char* what;   // nothing: free
  unsigned mask, arrived;
  void* arguments[lanes];
};
constexpr unsigned most_meetings = 16;
static Meeting meetings[most_threads / lanes][most_meetings];

static Meeting& meeting_of(const char* what, unsigned mask) {
  Meeting* found = nullptr;
  for (Meeting& meeting : meetings[threadIdx.x / lanes]) {
    if (meeting.what == what && meeting.mask == mask) return meeting;
    if (meeting.what == nullptr && found == nullptr) found = &meeting;
  }
  if (found == nullptr) fail("the lanes of this warp wait in more than %u places", most_meetings);
  *found = {what, mask, 0, {}};
  return *found;
}

template <typename Argument, typename Finish>
static inline void meet(const char* what, void* where, unsigned mask, Argument& argument, Finish finish) {
  const unsigned lane = lane_of(threadIdx.x), warp_start = threadIdx.x - lane;
  if ((mask >> lane & 1) == 0) fail("%s: lane %u is not in the mask 0x%08x that it gives", what, lane, mask);
  Meeting& meeting = meeting_of(what, mask);
  meeting.arguments[lane] = &argument;
  meeting.arrived |= 1u << lane;
  if (meeting.arrived != mask) return wait_for(what, where);
  finish(reinterpret_cast<Argument**>(meeting.arguments), mask);
  meeting.what = nullptr;
  for (unsigned other = 0; other < lanes; other++)
    if (other != lane && (mask >> other & 1) != 0) wake(warp_start + other);
}

// ---- a new block ----
static void start_execution() {
  if (barriers == nullptr) barriers = static_cast<Barrier*>(calloc(16, sizeof(Barrier)));
  for (int i = 0; i < 16; i++) barriers[i].arrived = barriers[i].waiting_count = 0;
  memset(meetings, 0, sizeof meetings);
}

// ---- who waits where, when nobody can go on ----
static std::string describe_waits();   // of mbarriers

[[noreturn]] static void report_deadlock() {
  std::string report = "its threads wait for each other for ever:";
  const unsigned count = blockDim.x;
  for (unsigned first = 0, reported = 0; first < count && reported < 8; reported++) {
    unsigned end = first + 1;
    const auto is_alike = [&](const Fiber& a, const Fiber& b) {
      return a.is_done == b.is_done && (a.is_done || (a.waits_for == b.waits_for && a.where == b.where));
    };
    while (end < count && is_alike(fibers[first], fibers[end])) end++;
    report += end - first == 1 ? format(" thread %u", first) : format(" threads %u to %u", first, end - 1);
    if (fibers[first].is_done) {
      report += end - first == 1 ? " has returned;" : " have returned;";
    } else {
      const std::string line = line_of(fibers[first].where);
      report += format(end - first == 1 ? " waits in %s%s%s;" : " wait in %s%s%s;", fibers[first].waits_for,
                       line.empty() ? "" : " at ", line.c_str());
    }
    first = end;
  }
  report.pop_back();
  blame_block(report + describe_waits());
  leave_launch();
}

}  // namespace emulator

// ---- what kernels call ----
void __syncthreads() {
  emulator::sync_barrier(0, blockDim.x, "__syncthreads", EMULATOR_HERE);
}

void named_barrier_sync(int id, int threads) {
  emulator::check_barrier(id, threads);
  emulator::sync_barrier(id, threads, "named_barrier_sync", EMULATOR_HERE);
}

void named_barrier_arrive(int id, int threads) {
  emulator::check_barrier(id, threads);
  emulator::arrive_at(emulator::barriers[id], threads, id);
}

void __syncwarp(unsigned mask) {
  using namespace emulator;
  int nothing = 0;
  meet("__syncwarp", EMULATOR_HERE, mask, nothing, [](int**, unsigned lanes_here) {
    const unsigned start = threadIdx.x / lanes * lanes;
    static Knowledge all;
    memset(&all, 0, sizeof(Clock) * knower_of(blockDim.x));
    for (unsigned i = 0; i < lanes; i++)
      if (lanes_here >> i & 1) release(start + i, all);
    for (unsigned i = 0; i < lanes; i++)
      if (lanes_here >> i & 1) acquire(start + i, all);
  });
}

namespace emulator {

struct Exchange { uint64_t value; unsigned source; uint64_t result; };

// Lane i gets the value of the lane that it names.
uint64_t shuffle(const char* what, void* where, unsigned mask, uint64_t value, unsigned source) {
  Exchange mine{value, source, 0};
  meet(what, where, mask, mine, [what](Exchange** all, unsigned lanes_here) {
    for (unsigned i = 0; i < lanes; i++) {
      if ((lanes_here >> i & 1) == 0) continue;
      if ((lanes_here >> all[i]->source & 1) == 0) fail("%s: lane %u reads lane %u, which does not take part", what, i, all[i]->source);
      all[i]->result = all[all[i]->source]->value;
    }
  });
  return mine.result;
}

unsigned ballot(const char* what, void* where, unsigned mask, bool vote) {
  Exchange mine{vote, 0, 0};
  meet(what, where, mask, mine, [](Exchange** all, unsigned lanes_here) {
    unsigned votes = 0;
    for (unsigned i = 0; i < lanes; i++)
      if ((lanes_here >> i & 1) && all[i]->value) votes |= 1u << i;
    for (unsigned i = 0; i < lanes; i++)
      if (lanes_here >> i & 1) all[i]->result = votes;
  });
  return static_cast<unsigned>(mine.result);
}

}  // namespace emulator
