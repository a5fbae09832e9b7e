// warpgroup.hpp: wgmma, the products of four warps with both operands in shared memory.
// In: descriptors, decoded bit by bit as the PTX ISA lays them out (128-byte swizzle, K-major or MN-major). Out: products
// at the last moment allowed, in wgmma_wait: operands are read then, and nobody may write them before; accumulators are
// poison until then, and nobody may write those either.
#pragma once

#include "hopper.hpp"

namespace emulator {

constexpr unsigned group_threads = 128, most_groups = most_threads / group_threads, tile_rows = 64, tile_depth = 16;
constexpr uint32_t poison = 0x7fbadbadu;   // a NaN

struct Operand {
  unsigned start, leading, stride;
  bool is_mn_major;
};

struct Product {
  Operand a, b;
  unsigned columns, commit;
  bool accumulates;
  std::vector<float> before;         // by thread: the accumulators as they stood, where they are added to
  float* d[group_threads];
};

struct Warpgroup {
  std::vector<Product> products;     // under way, oldest first
  unsigned arrived;
  void* arguments[group_threads];
};
static Warpgroup warpgroups[most_groups];
static unsigned commits[most_threads];
static bool needs_fence[most_threads];

// As `meet`, for the 128 threads of a warpgroup.
template <typename Argument, typename Finish>
static inline void meet_group(const char* what, void* where, Argument& argument, Finish finish) {
  const unsigned group = threadIdx.x / group_threads, start = group * group_threads;
  Warpgroup& all = warpgroups[group];
  all.arguments[threadIdx.x - start] = &argument;
  if (++all.arrived < group_threads) return wait_for(what, where);
  all.arrived = 0;
  finish(all, reinterpret_cast<Argument**>(all.arguments));
  for (unsigned i = start; i < start + group_threads; i++)
    if (i != threadIdx.x) wake(i);
}

// Byte of shared memory of element (i, k) of an operand: i along M or N.
static inline unsigned place_of(const Operand& operand, unsigned i, unsigned k) {
  const unsigned offset = operand.is_mn_major
                              ? i / 64 * operand.leading + i % 64 * 2 + k / 8 * operand.stride + k % 8 * 128
                              : i / 8 * operand.stride + i % 8 * 128 + 2 * k;
  return swizzled(operand.start + offset);
}

static Operand decode(unsigned long long descriptor, bool is_mn_major, unsigned extent) {
  const auto field = [&](unsigned bit) { return static_cast<unsigned>(descriptor >> bit & 0x3fff) << 4; };
  const unsigned swizzle = descriptor >> 62, base_offset = descriptor >> 49 & 7;
  if (swizzle != 1) fail("a wgmma descriptor with swizzle %u: the emulator knows 1, 128 bytes", swizzle);
  if (base_offset != 0) fail("a wgmma descriptor with base offset %u: the emulator knows 0", base_offset);
  const Operand operand{field(0), field(16), field(32), is_mn_major};
  if (is_mn_major && operand.start % 1024 != 0)
    fail("a wgmma operand that is MN-major begins at shared byte %u, within a swizzled piece of 1024", operand.start);
  if (!is_mn_major && operand.start % 1024 > 96)
    fail("a wgmma operand begins at shared byte %u: %u bytes into a piece of 1024", operand.start, operand.start % 1024);
  for (unsigned i = 0; i < extent; i++)
    for (unsigned k = 0; k < tile_depth; k += tile_depth - 1)
      check_place<Shared>(shared_memory + place_of(operand, i, k), 2, 2);
  return operand;
}

template <typename Visit>
static void visit_cells(const Operand& operand, unsigned extent, Visit visit) {
  for (unsigned i = 0; i < extent; i++)
    for (unsigned k = 0; k < tile_depth; k++) visit(shared_cells[place_of(operand, i, k) / 2]);
}

// What an operand needs when the product begins: written, known to all 128 threads, and through the asynchronous proxy.
static void begin_reading(const Operand& operand, unsigned extent) {
  const unsigned self = threadIdx.x, start = self / group_threads * group_threads;
  unsigned last_writer = ~0u;
  Clock last_write = 0;
  visit_cells(operand, extent, [&](Cell& cell) {
    const auto byte = static_cast<unsigned>(&cell - shared_cells) * 2;
    if ((cell.state & (written | arriving | is_mbarrier)) != written) fail_state(cell, "multiplies");
    if (cell.writer != last_writer || cell.write != last_write) {
      for (unsigned i = start; i < start + group_threads; i++) {
        threadIdx.x = i;
        if (!is_known(cell.writer, cell.write)) fail_race("shared", byte, "wrote", cell.writer, "multiplies");
      }
      threadIdx.x = self;
      if (!(cell.state & by_async) && fenced[cell.writer - most_mbarriers] < cell.write)
        fail("%s wrote shared byte %u with an ordinary store and no async_proxy_fence after it: wgmma may not see it",
             who(cell.writer).c_str(), byte);
      last_writer = cell.writer;
      last_write = cell.write;
    }
    cell.async_reads++;
  });
}

static void end_reading(const Operand& operand, unsigned extent) {
  const unsigned warps = 0xfu << threadIdx.x / group_threads * 4;
  visit_cells(operand, extent, [&](Cell& cell) {
    cell.async_reads--;
    if (cell.read <= floor_tick || !(cell.state & read_by_groups)) {
      cell.first_read = tick;
      cell.reader_warps = 0;
    }
    cell.read = tick;
    cell.reader_warps |= warps;
    cell.state |= read_by_groups;
  });
}

static float at(const Operand& operand, unsigned i, unsigned k) {
  uint16_t bits;
  memcpy(&bits, shared_memory + place_of(operand, i, k), 2);
  return float_of(bits);
}

// Of thread t's accumulator e: row and column. Warp w of the group has rows 16 w to 16 w + 15.
static inline unsigned row_of(unsigned t, unsigned e) { return t / lanes * 16 + t % lanes / 4 + e % 4 / 2 * 8; }
static inline unsigned column_of(unsigned t, unsigned e) { return e / 4 * 8 + t % 4 * 2 + e % 2; }

using FourFloats = float __attribute__((vector_size(16)));

static void compute(const Product& product) {
  const unsigned columns = product.columns, own = columns / 2;
  alignas(16) static float b[tile_depth][256], d[tile_rows][256];
  for (unsigned k = 0; k < tile_depth; k++)
    for (unsigned n = 0; n < columns; n++) b[k][n] = at(product.b, n, k);
  if (!product.accumulates) memset(d, 0, sizeof d);
  for (unsigned t = 0; t < group_threads && product.accumulates; t++) {
    const float* before = product.before.empty() ? product.d[t] : &product.before[t * own];
    for (unsigned e = 0; e < own; e++) d[row_of(t, e)][column_of(t, e)] = before[e];
  }
  for (unsigned m = 0; m < tile_rows; m++) {
    for (unsigned k = 0; k < tile_depth; k++) {
      const float a = at(product.a, m, k);
      auto* sum = reinterpret_cast<FourFloats*>(d[m]);
      const auto* line = reinterpret_cast<const FourFloats*>(b[k]);
      for (unsigned n = 0; n < columns / 4; n++) sum[n] += a * line[n];
    }
  }
  for (unsigned t = 0; t < group_threads; t++)
    for (unsigned e = 0; e < own; e++) product.d[t][e] = d[row_of(t, e)][column_of(t, e)];
}

// The accumulators become poison until the product is done; a product that adds to those of one under way takes its.
static void take_accumulators(Product& product, const Warpgroup& group, Issue** all, unsigned own) {
  bool is_chained = false;
  for (const Product& earlier : group.products) is_chained = is_chained || earlier.d[0] == all[0]->d;
  if (product.accumulates && !is_chained) product.before.resize(group_threads * own);
  for (unsigned t = 0; t < group_threads; t++) {
    product.d[t] = all[t]->d;
    if (!product.before.empty()) memcpy(&product.before[t * own], all[t]->d, own * sizeof(float));
    for (unsigned e = 0; e < own; e++) memcpy(&all[t]->d[e], &poison, 4);
  }
}

static void check_poison(const Product& product) {
  for (unsigned t = 0; t < group_threads; t++)
    for (unsigned e = 0; e < product.columns / 2; e++)
      if (memcmp(&product.d[t][e], &poison, 4) != 0)
        fail("accumulator %u of thread %u of the warpgroup was written before wgmma_wait", e, t);
}

// Of products still under way, the first for its accumulators goes on from what has just been written there.
static void go_on(Product& product, const Warpgroup& group) {
  for (const Product* earlier = group.products.data(); earlier != &product; earlier++)
    if (earlier->d[0] == product.d[0]) return;
  const unsigned own = product.columns / 2;
  if (memcmp(product.d[0], &poison, 4) == 0) return;   // nothing was written: it is as it was begun
  if (product.accumulates) product.before.resize(group_threads * own);
  for (unsigned t = 0; t < group_threads; t++) {
    if (product.accumulates) memcpy(&product.before[t * own], product.d[t], own * sizeof(float));
    for (unsigned e = 0; e < own; e++) memcpy(&product.d[t][e], &poison, 4);
  }
}

// Products of all but the last `left` commits, in order.
static void finish_products(Warpgroup& group, unsigned left) {
  const unsigned done_commits = commits[threadIdx.x] - (left < commits[threadIdx.x] ? left : commits[threadIdx.x]);
  size_t done = 0;
  while (done < group.products.size() && group.products[done].commit < done_commits) done++;
  for (size_t i = 0; i < done; i++) {
    const Product& product = group.products[i];
    bool is_first = true;
    for (size_t j = 0; j < i; j++) is_first = is_first && group.products[j].d[0] != product.d[0];
    if (is_first) check_poison(product);
    compute(product);
    end_reading(product.a, tile_rows);
    end_reading(product.b, product.columns);
  }
  group.products.erase(group.products.begin(), group.products.begin() + done);
  for (Product& product : group.products) go_on(product, group);
}

static void start_warpgroups() {
  for (Warpgroup& group : warpgroups) {
    group.products.clear();
    group.arrived = 0;
  }
  for (unsigned i = 0; i < blockDim.x; i++) {
    commits[i] = 0;
    needs_fence[i] = true;
  }
}

static void start_hopper() {
  start_mbarriers();
  start_warpgroups();
}

// What a block may not leave behind.
static void end_hopper() {
  if (!tile_copies.empty()) blame_block("it ended while a tile was still being copied to its shared memory");
  for (const Warpgroup& group : warpgroups)
    if (!group.products.empty()) blame_block("it ended while a wgmma was under way: no wgmma_wait");
}

void issue(const char* what, void* where, Issue& mine, unsigned columns, bool a_is_mn, bool b_is_mn) {
  if (blockDim.x % group_threads != 0) fail("wgmma in a block of %u threads: not whole warpgroups of 128", blockDim.x);
  if (needs_fence[threadIdx.x]) fail("wgmma without a wgmma_fence since the accumulators were last this thread's");
  meet_group(what, where, mine, [=](Warpgroup& group, Issue** all) {
    for (unsigned t = 1; t < group_threads; t++)
      if (all[t]->a != all[0]->a || all[t]->b != all[0]->b || all[t]->accumulates != all[0]->accumulates)
        fail("the threads of a warpgroup give wgmma different descriptors");
    Product product{decode(all[0]->a, a_is_mn, tile_rows), decode(all[0]->b, b_is_mn, columns), columns,
                    commits[threadIdx.x], all[0]->accumulates != 0, {}, {}};
    take_accumulators(product, group, all, columns / 2);
    begin_reading(product.a, tile_rows);
    begin_reading(product.b, columns);
    group.products.push_back(product);
  });
}

void wait_for_products(void* where, unsigned left) {
  needs_fence[threadIdx.x] = true;
  int nothing = 0;
  meet_group("wgmma_wait", where, nothing, [left](Warpgroup& group, int**) { finish_products(group, left); });
}

}  // namespace emulator

void async_proxy_fence() {
  const unsigned self = threadIdx.x;
  emulator::fenced[self] = emulator::own_clock[self];
  emulator::own_clock[self] = ++emulator::tick;
}

unsigned long long wgmma_descriptor(shared<bf16> start, int leading_bytes, int stride_bytes) {
  const auto byte = static_cast<unsigned long long>(reinterpret_cast<unsigned char*>(start.at) - emulator::shared_memory);
  return (byte & 0x3ffff) >> 4 | static_cast<unsigned long long>(leading_bytes >> 4) << 16 |
         static_cast<unsigned long long>(stride_bytes >> 4) << 32 | 1ull << 62;
}

void wgmma_fence() { emulator::needs_fence[threadIdx.x] = false; }
void wgmma_commit() { emulator::commits[threadIdx.x]++; }
