// tensor.hpp: cp.async, and a warp's matrices: ldmatrix and mma.sync, with the fragments of the PTX ISA.
// A copy lands at the last moment allowed: when its thread has waited for its group. Until then nobody may read or write
// where it goes, and what it copies is what stands in global memory when it lands.
#pragma once

#include "execution.hpp"

namespace emulator {

struct AsyncCopy {
  unsigned char* to;
  const unsigned char* from;   // nothing: zeros
};

// A thread's copies, oldest first; `groups` are how many copies each committed group has, the last one is still open.
struct CopyQueue {
  std::vector<AsyncCopy> copies;
  std::vector<unsigned> groups;
  unsigned open;
};
static CopyQueue copy_queues[most_threads];

static void start_copies() {
  for (unsigned i = 0; i < blockDim.x; i++) {
    copy_queues[i].copies.clear();
    copy_queues[i].groups.clear();
    copy_queues[i].open = 0;
  }
}

static void land(const AsyncCopy& copy) {
  Cell* cell = shared_cells + (copy.to - shared_memory) / 2;
  const unsigned self = threadIdx.x;
  for (int i = 0; i < 8; i++) {
    cell[i].state = written;
    cell[i].write = own_clock[self];
    cell[i].writer = knower_of(self);
    cell[i].read = 0;
  }
  if (copy.from == nullptr) {
    memset(copy.to, 0, 16);
  } else {
    note_global_read(copy.from, 16);
    memcpy(copy.to, copy.from, 16);
  }
}

void wait_for_copies(unsigned groups_left) {
  CopyQueue& queue = copy_queues[threadIdx.x];
  if (queue.groups.size() <= groups_left) return;
  const size_t done = queue.groups.size() - groups_left;
  size_t copies = 0;
  for (size_t i = 0; i < done; i++) copies += queue.groups[i];
  for (size_t i = 0; i < copies; i++) land(queue.copies[i]);
  queue.copies.erase(queue.copies.begin(), queue.copies.begin() + copies);
  queue.groups.erase(queue.groups.begin(), queue.groups.begin() + done);
}

void start_copy(unsigned char* to, const unsigned char* from) {
  check_place<Shared>(to, 16, 16);
  if (from != nullptr) check_place<Global>(from, 16, 16);
  Cell* cell = shared_cells + (to - shared_memory) / 2;
  for (int i = 0; i < 8; i++) {
    require_free(cell[i], "copies to");
    cell[i].state = arriving;
    cell[i].writer = knower_of(threadIdx.x);
  }
  CopyQueue& queue = copy_queues[threadIdx.x];
  queue.copies.push_back({to, from});
  queue.open++;
}

}  // namespace emulator

void cp_async_commit() {
  emulator::CopyQueue& queue = emulator::copy_queues[threadIdx.x];
  queue.groups.push_back(queue.open);
  queue.open = 0;
}

namespace emulator {

struct MatrixRow {
  const unsigned char* row;
  unsigned* out;
};

// Matrix m has its rows at lanes 8m to 8m + 7, 16 bytes each; lane l gets elements (l / 4, 2 (l % 4)) and its neighbour,
// or of the transposed matrix.
template <int Count, bool Transposed>
static void load_matrices(const char* what, void* where, unsigned* out, shared<bf16> row) {
  MatrixRow mine{reinterpret_cast<const unsigned char*>(row.at), out};
  if (lane_of(threadIdx.x) < 8 * Count) {
    check_place<Shared>(mine.row, 16, 16);
    note_shared_read(mine.row, 16);
  }
  meet(what, where, 0xffffffffu, mine, [](MatrixRow** all, unsigned) {
    for (int m = 0; m < Count; m++) {
      uint16_t matrix[8][8];
      for (int i = 0; i < 8; i++) memcpy(matrix[i], all[8 * m + i]->row, 16);
      for (unsigned lane = 0; lane < lanes; lane++) {
        const unsigned i = lane / 4, j = 2 * (lane % 4);
        const unsigned low = Transposed ? matrix[j][i] : matrix[i][j];
        const unsigned high = Transposed ? matrix[j + 1][i] : matrix[i][j + 1];
        all[lane]->out[m] = low | high << 16;
      }
    }
  });
}

using EightFloats = float __attribute__((vector_size(32)));

struct Fragments {
  float* d;
  const unsigned *a, *b;
};

// d += a · b, m16n8k16. With g = lane / 4 and t = lane % 4, d: (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1);
// a: words (g, 2t), (g + 8, 2t), (g, 2t + 8), (g + 8, 2t + 8); b: words (k = 2t, n = g), (k = 2t + 8, n = g).
static void multiply_fragments(Fragments** all, unsigned) {
  float a[16][16];
  EightFloats b[16], d[16];
  for (unsigned lane = 0; lane < lanes; lane++) {
    const unsigned g = lane / 4, t = 2 * (lane % 4);
    const Fragments& mine = *all[lane];
    for (unsigned word = 0; word < 4; word++) {
      const unsigned row = g + word % 2 * 8, k = t + word / 2 * 8;
      a[row][k] = float_of(mine.a[word] & 0xffff);
      a[row][k + 1] = float_of(mine.a[word] >> 16);
    }
    for (unsigned word = 0; word < 2; word++) {
      b[t + 8 * word][g] = float_of(mine.b[word] & 0xffff);
      b[t + 8 * word + 1][g] = float_of(mine.b[word] >> 16);
    }
    for (unsigned i = 0; i < 4; i++) d[g + i / 2 * 8][t + i % 2] = mine.d[i];
  }
  for (unsigned row = 0; row < 16; row++)
    for (unsigned k = 0; k < 16; k++) d[row] += a[row][k] * b[k];
  for (unsigned lane = 0; lane < lanes; lane++) {
    const unsigned g = lane / 4, t = 2 * (lane % 4);
    for (unsigned i = 0; i < 4; i++) all[lane]->d[i] = d[g + i / 2 * 8][t + i % 2];
  }
}

}  // namespace emulator

void ldmatrix_x4(unsigned (&r)[4], shared<bf16> row) {
  emulator::load_matrices<4, false>("ldmatrix_x4", EMULATOR_HERE, r, row);
}
void ldmatrix_x4_trans(unsigned (&r)[4], shared<bf16> row) {
  emulator::load_matrices<4, true>("ldmatrix_x4_trans", EMULATOR_HERE, r, row);
}
void ldmatrix_x2(unsigned (&r)[2], shared<bf16> row) {
  emulator::load_matrices<2, false>("ldmatrix_x2", EMULATOR_HERE, r, row);
}
void ldmatrix_x2_trans(unsigned (&r)[2], shared<bf16> row) {
  emulator::load_matrices<2, true>("ldmatrix_x2_trans", EMULATOR_HERE, r, row);
}

void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  emulator::Fragments mine{d, a, b};
  emulator::meet("mma_bf16", EMULATOR_HERE, 0xffffffffu, mine, emulator::multiply_fragments);
}
