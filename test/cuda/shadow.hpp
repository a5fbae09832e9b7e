// shadow.hpp: who wrote and who read every two bytes of memory last, and whether whoever comes next may rely on it.
// In: accesses. Out: a failure where two threads meet without a barrier between, where shared memory is read that nobody
// wrote, or where an asynchronous copy or product is still under way.
// The last writer and the last reader are known exactly; of further readers only their warps, and a warp counts as
// ordered as soon as one of its lanes is: that errs on the side of silence.
#pragma once

#include "clocks.hpp"

#include <ctime>

namespace emulator {

enum CellState : uint8_t { written = 1, by_async = 2, arriving = 4, is_mbarrier = 8, by_atomic = 16, read_by_groups = 32 };

struct Cell {
  Clock write, read, first_read;
  uint32_t reader_warps;
  uint16_t writer, reader;      // knowers
  uint8_t state, async_reads;
  uint16_t plain_writer;        // who wrote it last other than by an atomic operation, and when
  Clock plain_write;
};

// Beside the thread, the block: numbered through all launches, so that nothing is to be cleared between them.
struct GlobalCell {
  uint32_t write_block, read_block;
  Clock write, read;
  uint16_t writer, reader;
  uint8_t has_several_readers, by_atomic;
};

alignas(1024) unsigned char shared_memory[most_shared_bytes + 1024];
static Cell shared_cells[most_shared_bytes / 2];
static GlobalCell* global_cells = nullptr;
static unsigned char* shadowed_arena = nullptr;
static unsigned long long shadowed_bytes = 0;
static uint32_t block_serial = 0, first_serial = 1;

static std::string who(unsigned knower) {
  return knower < most_mbarriers ? "a tile copy" : format("thread %u", knower - most_mbarriers);
}

[[noreturn]] __attribute__((noinline, cold)) static void fail_race(const char* space, unsigned long long byte,
                                                                   const char* before, unsigned knower,
                                                                   const char* now) {
  fail("%s %s %s byte %llu, and this thread %s it with no barrier between", who(knower).c_str(), before, space, byte, now);
}

[[noreturn]] __attribute__((noinline, cold)) static void fail_state(const Cell& cell, const char* now) {
  const auto byte = static_cast<unsigned long long>(&cell - shared_cells) * 2;
  if (cell.state & is_mbarrier) fail("%s shared byte %llu, which belongs to an mbarrier", now, byte);
  if (cell.state & arriving)
    fail("%s shared byte %llu, which %s is still writing: nothing waited for it", now, byte,
         cell.writer < most_mbarriers ? "a tile copy" : ("a cp.async of " + who(cell.writer)).c_str());
  if (cell.async_reads > 0) fail("%s shared byte %llu, which a wgmma is still reading: no wgmma_wait yet", now, byte);
  fail("%s shared byte %llu, which nobody wrote", now, byte);
}

// A loop that does not end holds up everybody: a launch may take so many seconds of the processor's time.
constexpr unsigned most_seconds = 300;
static unsigned long long access_count = 0;
static clock_t launch_begin;

static inline void count_access() {
  if ((++access_count & 0xfffff) == 0 && (clock() - launch_begin) / CLOCKS_PER_SEC > most_seconds)
    fail("it has run for more than %u seconds: does this loop end?", most_seconds);
}

// `address` is within shared memory.
void note_shared_read(const void* address, size_t bytes) {
  count_access();
  const size_t first = (static_cast<const unsigned char*>(address) - shared_memory) / 2;
  const unsigned self = threadIdx.x, me = knower_of(self);
  const Clock now = own_clock[self];
  for (Cell* cell = shared_cells + first; cell != shared_cells + first + (bytes + 1) / 2; cell++) {
    if ((cell->state & (written | arriving | is_mbarrier)) != written) fail_state(*cell, "reads");
    if (!is_known(cell->writer, cell->write))
      fail_race("shared", (cell - shared_cells) * 2, "wrote", cell->writer, "reads");
    if (cell->read <= floor_tick) {
      cell->first_read = tick;
      cell->reader_warps = 0;
      cell->state &= ~read_by_groups;
    } else if (cell->state & read_by_groups) {
      cell->reader_warps |= 1u << self / lanes;
    } else if (cell->reader != me) {
      cell->reader_warps |= 1u << (cell->reader - most_mbarriers) / lanes;
    }
    cell->read = now;
    cell->reader = me;
  }
}

// Whether of every set of `size` threads that has a reader, one has passed on since that it is done.
static bool sets_are_known(const Cell& cell, unsigned size) {
  for (unsigned first = 0; first < blockDim.x; first += size) {
    const unsigned warps = (size == lanes ? 1u : 0xfu) << first / lanes;
    if ((cell.reader_warps & warps) == 0) continue;
    bool any = false;
    for (unsigned i = first; i < first + size && !any; i++) any = is_known(knower_of(i), cell.first_read);
    if (!any) return false;
  }
  return true;
}

// Whether all who read a cell since it was written did so before a barrier that this thread has passed. What a
// warpgroup multiplied counts for all of its threads at once.
static bool readers_are_known(const Cell& cell) {
  if (cell.read <= floor_tick) return true;
  if (cell.state & read_by_groups) return sets_are_known(cell, 4 * lanes);
  return is_known(cell.reader, cell.read) && (cell.reader_warps == 0 || sets_are_known(cell, lanes));
}

static void require_free(const Cell& cell, const char* now) {
  if ((cell.state & (arriving | is_mbarrier)) != 0 || cell.async_reads != 0) fail_state(cell, now);
  const auto byte = static_cast<unsigned long long>(&cell - shared_cells) * 2;
  if (!is_known(cell.writer, cell.write)) fail_race("shared", byte, "wrote", cell.writer, now);
  if (!readers_are_known(cell)) fail_race("shared", byte, "read", cell.reader, now);
}

void note_shared_write(const void* address, size_t bytes, bool is_atomic) {
  const size_t first = (static_cast<const unsigned char*>(address) - shared_memory) / 2;
  const unsigned self = threadIdx.x;
  const Clock now = own_clock[self];
  for (Cell* cell = shared_cells + first; cell != shared_cells + first + (bytes + 1) / 2; cell++) {
    if (is_atomic && (cell->state & written) == 0) fail_state(*cell, "adds to");
    if (!is_atomic || (cell->state & by_atomic) == 0) require_free(*cell, "writes");
    else if (!is_known(cell->plain_writer, cell->plain_write))
      fail_race("shared", (cell - shared_cells) * 2, "wrote", cell->plain_writer, "adds to");
    if (!is_atomic) {
      cell->plain_write = now;
      cell->plain_writer = knower_of(self);
    }
    cell->write = now;
    cell->writer = knower_of(self);
    cell->read = 0;
    cell->state = is_atomic ? written | by_atomic : written;
  }
}

static void start_shared(unsigned bytes) {
  memset(shared_cells, 0, sizeof(Cell) * ((bytes + 1) / 2));
  memset(shared_memory, 0xff, bytes);   // NaN in every format, −1 as an integer
}

static void start_global(unsigned char* arena, unsigned long long bytes) {
  if (arena != shadowed_arena || bytes != shadowed_bytes) {
    if (global_cells != nullptr) munmap(global_cells, shadowed_bytes / 2 * sizeof(GlobalCell) + 1);
    global_cells = static_cast<GlobalCell*>(mmap(nullptr, bytes / 2 * sizeof(GlobalCell) + 1, PROT_READ | PROT_WRITE,
                                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (global_cells == MAP_FAILED) abort();
    shadowed_arena = arena;
    shadowed_bytes = bytes;
  }
  first_serial = block_serial + 1;
  launch_begin = clock();
}

[[noreturn]] __attribute__((noinline, cold)) static void fail_blocks(const GlobalCell& cell, uint32_t other,
                                                                     const char* before, const char* now) {
  const unsigned block = other - first_serial;
  fail("block (%u, %u, %u) %s byte %llu of the arena, and this one %s it in the same launch", block % gridDim.x,
       block / gridDim.x % gridDim.y, block / gridDim.x / gridDim.y, before,
       static_cast<unsigned long long>(&cell - global_cells) * 2, now);
}

void note_global_read(const void* address, size_t bytes) {
  count_access();
  const size_t first = (static_cast<const unsigned char*>(address) - launch.arena) / 2;
  const unsigned self = threadIdx.x;
  for (GlobalCell* cell = global_cells + first; cell != global_cells + first + (bytes + 1) / 2; cell++) {
    if (cell->write_block >= first_serial) {
      if (cell->write_block != block_serial) fail_blocks(*cell, cell->write_block, "wrote", "reads");
      if (!is_known(cell->writer, cell->write))
        fail_race("global", (cell - global_cells) * 2, "wrote", cell->writer, "reads");
    }
    cell->has_several_readers = cell->read_block >= first_serial && (cell->has_several_readers || cell->read_block != block_serial);
    cell->read_block = block_serial;
    cell->read = own_clock[self];
    cell->reader = knower_of(self);
  }
}

void note_global_write(const void* address, size_t bytes, bool is_atomic) {
  const size_t first = (static_cast<const unsigned char*>(address) - launch.arena) / 2;
  const unsigned self = threadIdx.x;
  for (GlobalCell* cell = global_cells + first; cell != global_cells + first + (bytes + 1) / 2; cell++) {
    if (cell->write_block >= first_serial && !(is_atomic && cell->by_atomic)) {
      if (cell->write_block != block_serial) fail_blocks(*cell, cell->write_block, "wrote", "writes");
      if (!is_known(cell->writer, cell->write))
        fail_race("global", (cell - global_cells) * 2, "wrote", cell->writer, "writes");
    }
    if (cell->read_block >= first_serial) {
      if (cell->read_block != block_serial) fail_blocks(*cell, cell->read_block, "read", "writes");
      if (cell->has_several_readers)
        fail("other blocks read byte %llu of the arena, and this one writes it in the same launch",
             static_cast<unsigned long long>(cell - global_cells) * 2);
      if (!is_known(cell->reader, cell->read))
        fail_race("global", (cell - global_cells) * 2, "read", cell->reader, "writes");
    }
    cell->write_block = block_serial;
    cell->write = own_clock[self];
    cell->writer = knower_of(self);
    cell->by_atomic = is_atomic;
  }
}

}  // namespace emulator
