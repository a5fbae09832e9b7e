// module.hpp: what a compiled program exports: running one of its kernels on a grid, and making a tensor map.
// In: `kernel_table`, generated for the program. Out: C functions, called from TypeScript and from the stand-in
// driver. One launch at a time: state is the module's own.
#pragma once

#include "warpgroup.hpp"

namespace emulator {

extern const NamedKernel kernel_table[];
extern const unsigned kernel_count;

static const Kernel* running;
static unsigned char* arena_argument;
static const int* records_argument;
static Job job_argument;
static const TensorMap* maps_argument;

static void run_kernel() { running->body(arena_argument, records_argument, job_argument, maps_argument); }

static unsigned long long block_at(unsigned long long i, unsigned long long count) {
  if (chosen_order == 0) return i;
  if (chosen_order == 1) return count - 1 - i;
  return (i * (2 * (chosen_order % 5000) + 1000003ull) + chosen_order) % count;   // a step that shares no factor: below
}

// Whether the step of a shuffle reaches every block.
static bool reaches_all(unsigned long long count) {
  unsigned long long a = count, b = 2 * (chosen_order % 5000) + 1000003ull;
  while (b != 0) { const unsigned long long rest = a % b; a = b; b = rest; }
  return a == 1;
}

static void run_grid() {
  const unsigned long long count = static_cast<unsigned long long>(gridDim.x) * gridDim.y * gridDim.z;
  const bool is_shuffled = chosen_order < 2 || reaches_all(count);
  for (unsigned long long i = 0; i < count && failure.empty(); i++) {
    const unsigned long long block = is_shuffled ? block_at(i, count) : i;
    blockIdx = {static_cast<unsigned>(block % gridDim.x), static_cast<unsigned>(block / gridDim.x % gridDim.y),
                static_cast<unsigned>(block / gridDim.x / gridDim.y)};
    block_serial = first_serial + static_cast<uint32_t>(block);
    start_clocks();
    start_shared(launch.shared_bytes);
    start_execution();
    start_copies();
    start_hopper();
    run_threads(run_kernel, chosen_order == 0 ? 0 : blockDim.x / 2);
    if (failure.empty()) end_hopper();
  }
  block_serial = first_serial + static_cast<uint32_t>(count);
}

static const Kernel* find_kernel(const char* name) {
  for (unsigned i = 0; i < kernel_count; i++)
    if (strcmp(kernel_table[i].name, name) == 0) return kernel_table[i].kernel;
  return nullptr;
}

static std::string refusal(const Kernel* kernel, unsigned long long blocks) {
  if (kernel == nullptr) return "this program has no kernel of that name";
  if (blockDim.x == 0 || blockDim.x > most_threads || blockDim.x % lanes != 0)
    return format("%u threads a block: there are 32 to 1024, whole warps", blockDim.x);
  if (blockDim.x > static_cast<unsigned>(kernel->bounds[0]))
    return format("%u threads a block, and it is bound to %d", blockDim.x, kernel->bounds[0]);
  if (launch.shared_bytes > most_shared_bytes)
    return format("%u bytes of shared memory: a block has at most %u", launch.shared_bytes, most_shared_bytes);
  if (blocks == 0) return "an empty grid";
  if (gridDim.y > 65535 || gridDim.z > 65535) return "more than 65535 blocks along y or z";
  return "";
}

}  // namespace emulator

#define EMULATOR_EXPORT extern "C" __attribute__((visibility("default")))

EMULATOR_EXPORT int motley_launch(const char* kernel, unsigned blocks_x, unsigned blocks_y, unsigned blocks_z, unsigned threads,
                             unsigned shared_bytes, unsigned char* arena, unsigned long long arena_bytes,
                             const int* records, const unsigned* job, const void* maps, char* error, int error_bytes) {
  using namespace emulator;
  running = find_kernel(kernel);
  launch = {kernel, threads, shared_bytes, arena, arena_bytes};
  gridDim = {blocks_x, blocks_y, blocks_z};
  blockDim = {threads, 1, 1};
  threadIdx = {0, 0, 0};
  arena_argument = arena;
  records_argument = records;
  memcpy(&job_argument, job, sizeof(Job));
  maps_argument = static_cast<const TensorMap*>(maps);
  failure.clear();
  const std::string refused = refusal(running, static_cast<unsigned long long>(blocks_x) * blocks_y * blocks_z);
  if (!refused.empty()) {
    failure = std::string(launch.kernel) + ": " + refused;
  } else {
    start_global(arena, arena_bytes);
    run_grid();
  }
  snprintf(error, error_bytes, "%s", failure.c_str());
  return failure.empty() ? 0 : 1;
}

// Makes what `maps` holds of a matrix of bf16 whose rows are `stride_bytes` apart, copied in boxes. 0, or what is wrong.
EMULATOR_EXPORT int motley_tensor_map(void* map, unsigned char* start, unsigned long long rows, unsigned long long columns,
                                      unsigned long long stride_bytes, unsigned box_rows, unsigned box_columns,
                                      char* error, int error_bytes) {
  using namespace emulator;
  std::string wrong;
  if (reinterpret_cast<uintptr_t>(map) % 64 != 0) wrong = "a tensor map stands at a multiple of 64 bytes";
  if (reinterpret_cast<uintptr_t>(start) % 16 != 0) wrong = "a tensor map's matrix begins at a multiple of 16 bytes";
  if (stride_bytes % 16 != 0 || stride_bytes >= 1ull << 40) wrong = "a tensor map's rows are a multiple of 16 bytes apart";
  if (rows < 1 || columns < 1 || rows > 1ull << 32 || columns > 1ull << 32) wrong = "a tensor map's matrix has 1 to 2^32 rows and columns";
  if (box_rows < 1 || box_rows > 256) wrong = "a tensor map's box has 1 to 256 rows";
  if (box_columns != 64) wrong = "a tensor map's box has 64 columns: the 128 bytes of its swizzle";
  snprintf(error, error_bytes, "%s", wrong.c_str());
  if (!wrong.empty()) return 1;
  TensorMap made = {start, rows, columns, stride_bytes, box_rows, box_columns, map_magic, {}};
  memcpy(map, &made, sizeof made);
  return 0;
}

// In which order blocks and threads come: 0 in order, 1 in reverse, else a shuffle's seed.
EMULATOR_EXPORT void motley_order(unsigned order) { emulator::chosen_order = order; }
