// hopper.hpp: barriers in shared memory (mbarrier), and tiles copied by the tensor memory accelerator (TMA).
// A copy lands at the last moment allowed: when no thread of the block can go on. Until then nobody may touch where it
// goes; from then on, those who have waited for its mbarrier may read it.
#pragma once

#include "tensor.hpp"

namespace emulator {

constexpr unsigned box_row_bytes = 128;

// Where the 128-byte swizzle puts a byte of shared memory: bits 4 to 6 of its address, changed by bits 7 to 9.
static inline unsigned swizzled(unsigned offset) { return offset ^ (offset >> 3 & 0x70); }

// ---- mbarrier ----
struct Mbarrier {
  unsigned offset;   // its byte in shared memory
  int arrivals, missing;
  long long missing_bytes;
  unsigned phase;
  bool is_fenced;
  unsigned initialiser;
  Clock initialised;
  Knowledge coming, passed;
  unsigned waiting[most_threads], waiting_count;
};
static Mbarrier* mbarriers = nullptr;
static unsigned mbarrier_count = 0;

static Mbarrier& find_mbarrier(shared<unsigned long long> bar) {
  check_place<Shared>(bar.at, 8, 8);
  const auto offset = static_cast<unsigned>(reinterpret_cast<unsigned char*>(bar.at) - shared_memory);
  for (unsigned i = 0; i < mbarrier_count; i++) {
    Mbarrier& found = mbarriers[i];
    if (found.offset != offset) continue;
    if (!is_known(knower_of(found.initialiser), found.initialised))
      fail("thread %u initialised the mbarrier at shared byte %u, and no barrier stands between", found.initialiser, offset);
    return found;
  }
  fail("shared byte %u is no mbarrier: nobody initialised it", offset);
}

static void end_phase_if_complete(Mbarrier& bar) {
  if (bar.missing > 0 || bar.missing_bytes != 0) return;
  bar.phase++;
  bar.missing = bar.arrivals;
  join(bar.passed, bar.coming);
  for (unsigned i = 0; i < bar.waiting_count; i++) wake(bar.waiting[i]);
  bar.waiting_count = 0;
}

static void arrive(Mbarrier& bar, int bytes) {
  if (bar.missing == 0)
    fail("more than %d arrivals in one phase of the mbarrier at shared byte %u", bar.arrivals, bar.offset);
  release(threadIdx.x, bar.coming);
  bar.missing--;
  bar.missing_bytes += bytes;
  end_phase_if_complete(bar);
}

// ---- the tensor memory accelerator ----
struct TileCopy {
  unsigned char* to;
  const TensorMap* map;
  int column, row;
  Mbarrier* bar;
};
static std::vector<TileCopy> tile_copies;

// Maps that a thread has acquired in this block: the host wrote them, and the accelerator has a cache of its own.
struct Acquired {
  unsigned thread;
  const TensorMap* map;
};
static std::vector<Acquired> acquired_maps;

static bool has_acquired(const TensorMap* map) {
  for (const Acquired& each : acquired_maps)
    if (each.thread == threadIdx.x && each.map == map) return true;
  return false;
}

// Calls `visit` with every piece of 16 bytes: where it goes, and where it comes from (nothing: outside the matrix) with
// how many of its bytes are inside.
template <typename Visit>
static void visit_pieces(const TileCopy& copy, Visit visit) {
  const TensorMap& map = *copy.map;
  const auto base = static_cast<unsigned>(copy.to - shared_memory);
  for (unsigned i = 0; i < map.box_rows; i++) {
    const long long row = copy.row + static_cast<long long>(i);
    for (unsigned piece = 0; piece < box_row_bytes; piece += 16) {
      const long long byte = 2ll * copy.column + piece;
      const bool is_inside = row >= 0 && row < static_cast<long long>(map.rows) && byte >= 0 && byte < 2 * static_cast<long long>(map.columns);
      const long long left = 2 * static_cast<long long>(map.columns) - byte;
      visit(shared_memory + swizzled(base + i * box_row_bytes + piece),
            is_inside ? map.start + row * map.stride_bytes + byte : nullptr,
            static_cast<unsigned>(left < 16 ? left : 16));
    }
  }
}

static void land(const TileCopy& copy) {
  Mbarrier& bar = *copy.bar;
  const unsigned knower = &bar - mbarriers;
  const Clock now = ++tick;
  visit_pieces(copy, [&](unsigned char* to, const unsigned char* from, unsigned bytes) {
    memset(to, 0, 16);
    if (from != nullptr) memcpy(to, from, bytes);
    Cell* cell = shared_cells + (to - shared_memory) / 2;
    for (int i = 0; i < 8; i++) {
      cell[i].state = written | by_async;
      cell[i].write = now;
      cell[i].writer = knower;
      cell[i].read = 0;
    }
  });
  bar.coming.of[knower] = now;
  bar.missing_bytes -= copy.map->box_rows * box_row_bytes;
  end_phase_if_complete(bar);
}

// Nobody can go on: a copy lands. The oldest, or in reverse order the youngest.
static bool when_idle() {
  if (tile_copies.empty()) return false;
  const size_t chosen = chosen_order == 1 ? tile_copies.size() - 1 : 0;
  const TileCopy copy = tile_copies[chosen];
  tile_copies.erase(tile_copies.begin() + chosen);
  land(copy);
  return true;
}

static std::string describe_waits() {
  std::string report;
  for (unsigned i = 0; i < mbarrier_count; i++) {
    const Mbarrier& bar = mbarriers[i];
    if (bar.waiting_count > 0)
      report += format("; phase %u of the mbarrier at shared byte %u still wants %d arrivals and %lld bytes", bar.phase,
                       bar.offset, bar.missing, bar.missing_bytes);
  }
  return report;
}

static void start_mbarriers() {
  if (mbarriers == nullptr) mbarriers = static_cast<Mbarrier*>(calloc(most_mbarriers, sizeof(Mbarrier)));
  mbarrier_count = 0;
  tile_copies.clear();
  acquired_maps.clear();
}

}  // namespace emulator

void mbarrier_init(shared<unsigned long long> bar, int arrivals) {
  using namespace emulator;
  check_place<Shared>(bar.at, 8, 8);
  if (arrivals < 1) fail("an mbarrier of %d arrivals", arrivals);
  if (mbarrier_count == most_mbarriers) fail("more than %u mbarriers", most_mbarriers);
  const auto offset = static_cast<unsigned>(reinterpret_cast<unsigned char*>(bar.at) - shared_memory);
  note_shared_write(bar.at, 8);   // fails where it is an mbarrier already
  for (unsigned i = 0; i < 4; i++) shared_cells[offset / 2 + i].state = is_mbarrier;
  Mbarrier& made = mbarriers[mbarrier_count++];
  made.offset = offset;
  made.arrivals = made.missing = arrivals;
  made.missing_bytes = 0;
  made.phase = 0;
  made.is_fenced = false;
  made.initialiser = threadIdx.x;
  made.initialised = own_clock[threadIdx.x];
  made.waiting_count = 0;
}

void mbarrier_init_fence() {
  for (unsigned i = 0; i < emulator::mbarrier_count; i++)
    if (emulator::mbarriers[i].initialiser == threadIdx.x) emulator::mbarriers[i].is_fenced = true;
}

void mbarrier_arrive(shared<unsigned long long> bar) {
  emulator::arrive(emulator::find_mbarrier(bar), 0);
}

void mbarrier_arrive_expect(shared<unsigned long long> bar, int bytes) {
  emulator::arrive(emulator::find_mbarrier(bar), bytes);
}

// Until the phase of this parity has ended.
void mbarrier_wait(shared<unsigned long long> bar, int parity) {
  using namespace emulator;
  if (parity != 0 && parity != 1) fail("mbarrier_wait: parity %d is neither 0 nor 1", parity);
  Mbarrier& found = find_mbarrier(bar);
  while (static_cast<int>(found.phase & 1) == parity) {
    found.waiting[found.waiting_count++] = threadIdx.x;
    wait_for("mbarrier_wait", EMULATOR_HERE);
  }
  acquire(threadIdx.x, found.passed);
}

void tensor_map_acquire(const TensorMap* map) {
  if (map == nullptr || map->magic != emulator::map_magic) emulator::fail("tensor_map_acquire: this is no tensor map");
  if (!emulator::has_acquired(map)) emulator::acquired_maps.push_back({threadIdx.x, map});
}

void tma_load_2d(shared<bf16> to, const TensorMap* map, int column, int row, shared<unsigned long long> bar) {
  using namespace emulator;
  if (map == nullptr || map->magic != map_magic) fail("tma_load_2d: this is no tensor map");
  if (!has_acquired(map)) fail("tma_load_2d: this thread has not acquired the tensor map: no tensor_map_acquire");
  Mbarrier& found = find_mbarrier(bar);
  if (!found.is_fenced) fail("the mbarrier at shared byte %u is not known to the accelerator: no mbarrier_init_fence", found.offset);
  check_place<Shared>(to.at, map->box_rows * box_row_bytes, 1024);
  const TileCopy copy{reinterpret_cast<unsigned char*>(to.at), map, column, row, &found};
  visit_pieces(copy, [&](unsigned char* piece, const unsigned char* from, unsigned bytes) {
    Cell* cell = shared_cells + (piece - shared_memory) / 2;
    for (int i = 0; i < 8; i++) {
      require_free(cell[i], "copies a tile to");
      cell[i].state = arriving;
      cell[i].writer = &found - mbarriers;
      cell[i].write = tick + 1;
    }
    if (from == nullptr) return;
    check_place<Global>(from, bytes, 2);
    note_global_read(from, bytes);
  });
  tile_copies.push_back(copy);
}
