// c = d + a0 · w0ᵀ; bf16 on tensor cores, weights by element
#ifndef EMULATOR
#define KERNEL(name, ...) extern "C" __global__ void __launch_bounds__(__VA_ARGS__) name
#define ARGUMENTS                                                                                  \
  unsigned char *__restrict__ arena, const int *__restrict__ records, const Job job, const TensorMap *__restrict__ maps
// Dynamic shared memory: its size is the launch's.
#define SHARED(bytes) extern __shared__ __align__(1024) unsigned char shared_bytes[]
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define HOPPER 1
#else
#define HOPPER 0
#endif

template <typename T>
using global = T *;
template <typename T>
using shared = T *;

struct bf16 {
  unsigned short bits;
};

struct Job {
  unsigned records, words, modalities, tiles, first_tile, end_tile, parts, turns;
};

struct alignas(64) TensorMap {
  unsigned char opaque[128];
};

template <typename T>
__device__ __forceinline__ T *address(unsigned char *arena, const int *word) {
  const long long offset = (long long)(unsigned)word[0] | ((long long)word[1] << 32);
  return (T *)(arena + offset);
}

template <typename U, typename T>
__device__ __forceinline__ U *as(T *p) {
  return (U *)p;
}

#define shared_at SharedBytes{shared_bytes}.at
struct SharedBytes {
  unsigned char *bytes;
  template <typename T>
  __device__ __forceinline__ T *at(int offset) const {
    return (T *)(bytes + offset);
  }
};

__device__ __forceinline__ int atomic_add(int *p, int x) { return atomicAdd(p, x); }
__device__ __forceinline__ int atomic_min(int *p, int x) { return atomicMin(p, x); }
__device__ __forceinline__ int atomic_max(int *p, int x) { return atomicMax(p, x); }
__device__ __forceinline__ int atomic_exchange(int *p, int x) { return atomicExch(p, x); }

// Two bf16 in a word, rounded to nearest even; the lower half is the first in memory.
__device__ __forceinline__ unsigned pack_bf16(float low, float high) {
  unsigned word;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
  return word;
}

__device__ __forceinline__ bf16 to_bf16(float x) {
  bf16 y;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
  return y;
}

#define DEVICE __device__ __forceinline__
#endif

DEVICE float to_float(float x) { return x; }
DEVICE float to_float(bf16 x) { return __int_as_float((int)x.bits << 16); }
DEVICE float low_float(unsigned word) { return __int_as_float((int)(word << 16)); }
DEVICE float high_float(unsigned word) { return __int_as_float((int)(word & 0xffff0000u)); }

DEVICE float load(global<const float> p, long long i) { return p[i]; }
DEVICE float load(global<const bf16> p, long long i) { return to_float(p[i]); }
DEVICE void store(global<float> p, long long i, float x) { p[i] = x; }
DEVICE void store(global<bf16> p, long long i, float x) { p[i] = to_bf16(x); }

// Four neighbouring elements, from a multiple of four on: 16 bytes, or 8.
DEVICE float4 load4(global<const float> p, long long i) { return as<const float4>(p + i)[0]; }
DEVICE float4 load4(global<const bf16> p, long long i) {
  const uint2 words = as<const uint2>(p + i)[0];
  return make_float4(low_float(words.x), high_float(words.x), low_float(words.y), high_float(words.y));
}
DEVICE void store4(global<float> p, long long i, float4 x) { as<float4>(p + i)[0] = x; }
DEVICE void store4(global<bf16> p, long long i, float4 x) {
  as<uint2>(p + i)[0] = make_uint2(pack_bf16(x.x, x.y), pack_bf16(x.z, x.w));
}

// Copies from global to shared memory that go on while a thread computes, 16 bytes each (sm_80 and later).
#ifndef EMULATOR
template <typename T>
DEVICE unsigned shared_address(shared<T> p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}

// Zeros where not valid; nothing is read then.
template <typename T>
DEVICE void cp_async16(shared<T> to, global<const T> from, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :: "r"(shared_address(to)), "l"(__cvta_generic_to_global(from)), "r"(valid ? 16 : 0) : "memory");
}

DEVICE void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most N of the thread's last groups are under way.
template <int N>
DEVICE void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory");
}

// Barriers among some of a block's warps; 0 is __syncthreads().
DEVICE void named_barrier_sync(int id, int threads) {
  asm volatile("bar.sync %0, %1;" :: "r"(id), "r"(threads) : "memory");
}

DEVICE void named_barrier_arrive(int id, int threads) {
  asm volatile("bar.arrive %0, %1;" :: "r"(id), "r"(threads) : "memory");
}
#endif

// A warp's matrix products (sm_80 and later): 8 × 8 matrices of bf16 out of shared memory, and m16n8k16.
#ifndef EMULATOR
// Lane l gives the address of row l % 8 of matrix l / 8, and gets elements (l / 4, 2 (l % 4) + 0 and 1) of each.
DEVICE void ldmatrix_x4(unsigned (&r)[4], shared<bf16> row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row))) : "memory");
}

DEVICE void ldmatrix_x4_trans(unsigned (&r)[4], shared<bf16> row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row))) : "memory");
}

DEVICE void ldmatrix_x2(unsigned (&r)[2], shared<bf16> row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row))) : "memory");
}

DEVICE void ldmatrix_x2_trans(unsigned (&r)[2], shared<bf16> row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row))) : "memory");
}

// d += a · b. With g = lane / 4 and t = lane % 4: d holds (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1); a rows g and
// g + 8 at k = 2t, then both at k = 2t + 8; b column g at k = 2t and at k = 2t + 8.
DEVICE void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
               "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif

DEVICE float4 add4(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }

// Of two pieces of 8 × 8 beside one another a lane holds two neighbours each; lanes 2i and 2i + 1 exchange one of them, and
// hold four neighbours of one piece: the first of 16 columns that are this lane's are `quad_column()`.
DEVICE float4 quad(float x0, float x1, float y0, float y1) {
  const bool is_odd = threadIdx.x % 2 == 1;
  const float z0 = __shfl_xor_sync(0xffffffffu, is_odd ? x0 : y0, 1);
  const float z1 = __shfl_xor_sync(0xffffffffu, is_odd ? x1 : y1, 1);
  return is_odd ? make_float4(z0, z1, y0, y1) : make_float4(x0, x1, z0, z1);
}

DEVICE int quad_column() { return threadIdx.x % 4 * 2 + threadIdx.x % 2 * 6; }

// The same for four pieces of two bf16 in a word each: eight neighbours of one piece, `octet_column()` of 32 columns.
DEVICE uint4 octet(unsigned w0, unsigned w1, unsigned w2, unsigned w3) {
  const bool is_odd = threadIdx.x % 2 == 1, is_high = threadIdx.x % 4 >= 2;
  const unsigned a = __shfl_xor_sync(0xffffffffu, is_odd ? w0 : w1, 1);
  const unsigned b = __shfl_xor_sync(0xffffffffu, is_odd ? w2 : w3, 1);
  const unsigned x0 = is_odd ? a : w0, x1 = is_odd ? w1 : a, y0 = is_odd ? b : w2, y1 = is_odd ? w3 : b;
  const unsigned z0 = __shfl_xor_sync(0xffffffffu, is_high ? x0 : y0, 2);
  const unsigned z1 = __shfl_xor_sync(0xffffffffu, is_high ? x1 : y1, 2);
  return is_high ? make_uint4(z0, z1, y0, y1) : make_uint4(x0, x1, z0, z1);
}

DEVICE int octet_column() { return threadIdx.x % 4 * 8; }

// The products of a launch: tiles of rows by runs of columns of all turns.
struct Work {
  const int* records;
  Job job;
  global<const int> words;
  // By turn the columns of its widest modality.
  shared<int> widest;
  int tiles;
};

// What a block does next: `count` rows from `first` of a tile, and the columns from `column0` of the product whose sizes
// and addresses begin at word `record`. Nothing where count is 0.
struct Part {
  int first, count, record, column0;
};

// Tiles of rows that are gone through for one run of columns before the next: what they share stays in the cache.
constexpr int run = 16;

// Turns that have room in `widest`; of the others it is found again and again.
constexpr int most_turns = 64;

DEVICE int widest_of(const int* records, Job job, int turn) {
  int widest = 0;
#pragma unroll 1
  for (int m = 0; m < static_cast<int>(job.modalities); m++) {
    const int record = job.records + (turn * job.modalities + m) * job.words;
    if (records[record] != 0) widest = max(widest, records[record + 1]);
  }
  return widest;
}

// All threads of the block.
DEVICE Work find_work(unsigned char* arena, const int* records, Job job, shared<int> widest) {
  for (int turn = threadIdx.x; turn < min(static_cast<int>(job.turns), most_turns); turn += blockDim.x)
    widest[turn] = widest_of(records, job, turn);
  __syncthreads();
  const global<const int> words = as<const int>(global<unsigned char>(arena));
  return {records, job, words, widest, words[job.end_tile] - words[job.first_tile]};
}

// Runs of `width` columns of one turn: as many as its widest modality has.
DEVICE int parts_of(const Work& work, int turn, int width) {
  const int widest = turn < most_turns ? static_cast<int>(work.widest[turn]) : widest_of(work.records, work.job, turn);
  return (widest + width - 1) / width;
}

DEVICE int parts_of_all(const Work& work, int width) {
  int parts = 0;
#pragma unroll 1
  for (int turn = 0; turn < static_cast<int>(work.job.turns); turn++) parts += parts_of(work, turn, width);
  return parts;
}

// Piece `piece` of all tiles by `parts` runs of columns.
DEVICE Part part_of(const Work& work, int piece, int parts, int width) {
  const Job& job = work.job;
  const int begin = piece / (run * parts) * run;
  const int high = min(run, work.tiles - begin);
  const int left = piece - begin * parts;
  const int tile = job.tiles + 3 * (work.words[job.first_tile] + begin + left % high);
  int part = left / high;
  int turn = 0;
#pragma unroll 1
  for (int own = parts_of(work, 0, width); part >= own; own = parts_of(work, turn, width)) {
    part -= own;
    turn++;
  }
  const int record = job.records + (turn * job.modalities + work.words[tile + 2]) * job.words;
  const bool is_there = work.records[record] != 0 && part * width < work.records[record + 1];
  return {work.words[tile], is_there ? static_cast<int>(work.words[tile + 1]) : 0, record, part * width};
}

// Products of the same rows that a block computes half of its columns of each.
constexpr int products = 1;


// A block of eight warps computes 128 × 128, a warp 64 rows by two runs of 16 columns. Of k it stages `depth` at a time, in
// `stages` places, so that copies run ahead of the products.
constexpr int threads = 256, rows = 128, columns = 128, depth = 32, stages = 4;
constexpr int tile_elements = rows * depth;

// Where chunk `chunk` (8 elements, 16 bytes) of a line stands in a tile of lines of so many chunks: eight lines' chunks of
// one number, which ldmatrix reads at once, fall into different banks.
template <int chunks>
DEVICE int staged(int line, int chunk) {
  return (line * chunks + (chunk ^ (chunks == 4 ? line / 2 % 4 : line % 8))) * 8;
}

// Where run j of a warp's columns begins: the two are `apart` columns apart.
template <int apart>
DEVICE int warp_column(int j) {
  const int warp = threadIdx.x / 32 % 4, neighbours = apart / 16;
  return warp / neighbours * 2 * apart + warp % neighbours * 16 + j * apart;
}

// Copies a tile of a matrix whose lines are `stride` elements apart: zeros from line `lines_there` on and from element
// `elements_there` of a line on. Wide: every line begins at a multiple of 16 bytes.
template <int lines, int chunks, int all_chunks, bool wide>
DEVICE void stage_tile(shared<bf16> tile, global<const bf16> from, int stride, int lines_there, int elements_there) {
#pragma unroll
  for (int i = 0; i < lines * chunks / threads; i++) {
    const int at = threadIdx.x + i * threads, line = at / chunks, chunk = at % chunks;
    const shared<bf16> to = tile + staged<all_chunks>(line, chunk);
    const int there = line < lines_there ? elements_there - chunk * 8 : 0;
    const global<const bf16> source = from + (static_cast<long long>(line) * stride + chunk * 8);
    if (there <= 0 || (wide && there >= 8)) {
      cp_async16(to, there <= 0 ? from : source, there > 0);
    } else {
      unsigned word[4];
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const unsigned low = 2 * j < there ? source[2 * j].bits : 0, high = 2 * j + 1 < there ? source[2 * j + 1].bits : 0;
        word[j] = low | high << 16;
      }
      as<uint4>(to)[0] = make_uint4(word[0], word[1], word[2], word[3]);
    }
  }
}

// sum += a · b over the staged run of k. By k: a tile's lines are rows of a (columns of b) and run along k; else its lines
// are steps along k.
template <bool a_by_k, bool b_by_k, int apart>
DEVICE void multiply(float (&sum)[4][4][4], shared<bf16> a_tile, shared<bf16> b_tile) {
  const int lane = threadIdx.x % 32, row0 = threadIdx.x / 128 * 64;
  const int low = lane % 8, middle = lane / 8 % 2, high = lane / 16;
#pragma unroll
  for (int k = 0; k < depth; k += 16) {
    unsigned a[4][4], b[2][4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int row = row0 + 16 * i;
      if (a_by_k)
        ldmatrix_x4(a[i], a_tile + staged<depth / 8>(row + 8 * middle + low, k / 8 + high));
      else
        ldmatrix_x4_trans(a[i], a_tile + staged<rows / 8>(k + 8 * high + low, row / 8 + middle));
    }
#pragma unroll
    for (int j = 0; j < 2; j++) {
      const int column = warp_column<apart>(j);
      if (b_by_k)
        ldmatrix_x4(b[j], b_tile + staged<depth / 8>(column + 8 * high + low, k / 8 + middle));
      else
        ldmatrix_x4_trans(b[j], b_tile + staged<columns / 8>(k + 8 * middle + low, column / 8 + high));
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const unsigned half[2] = {b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]};
        mma_bf16(sum[i][j], a[i], half);
      }
    }
  }
}
// What a thread needs of two columns stands so far apart.
constexpr int apart = 16;

KERNEL(product, threads, 1)(ARGUMENTS) {
  SHARED(stages * 2 * tile_elements * 2 + most_turns * 4);
  const shared<bf16> places = shared_at<bf16>(0);
  const Work work = find_work(arena, records, job, shared_at<int>(stages * 2 * tile_elements * 2));
  const int parts = parts_of_all(work, columns / products);
  for (int piece = blockIdx.x; piece < work.tiles * parts; piece += gridDim.x) {
    const Part part = part_of(work, piece, parts, columns / products);
    if (part.count == 0) continue;
    const int* record = records + part.record;
    const long long first = part.first;
    const int column0 = part.column0;
    const int n = record[1];
    const int c_stride = record[2];
    const int d_stride = record[3];
    const int k0 = record[4];
    const int a0_stride = record[5];
    const int w0_stride = record[6];
    const global<float> c = address<float>(arena, record + 7);
    const global<const float> d = address<const float>(arena, record + 9);
    const global<const bf16> a0 = address<const bf16>(arena, record + 11);
    const global<const bf16> w0 = address<const bf16>(arena, record + 13);
    // Runs of k of all terms, one after another.
    const int runs0 = (k0 + depth - 1) / depth;
    const int runs = runs0;
    const auto stage = [&](int at) {
      const shared<bf16> a_tile = places + at % stages * 2 * tile_elements, b_tile = a_tile + tile_elements;
      if (at < runs0) {
        const int k = (at - (0)) * depth;
        stage_tile<rows, depth / 8, depth / 8, true>(a_tile, a0 + (first * a0_stride + k), a0_stride, part.count, k0 - k);
        stage_tile<128, depth / 8, depth / 8, false>(b_tile, w0 + (static_cast<long long>(column0) * w0_stride + k), w0_stride, n - column0, k0 - k);
      }
    };
    float sum[4][4][4] = {};
    for (int at = 0; at < stages - 1; at++) {
      if (at < runs) stage(at);
      cp_async_commit();
    }
    for (int at = 0; at < runs; at++) {
      cp_async_wait<stages - 2>();
      __syncthreads();
      // Into the place that all have just left.
      if (at + stages - 1 < runs) stage(at + stages - 1);
      cp_async_commit();
      const shared<bf16> a_tile = places + at % stages * 2 * tile_elements, b_tile = a_tile + tile_elements;
      multiply<true, true, 16>(sum, a_tile, b_tile);
    }
    cp_async_wait<0>();
    __syncthreads();
    // What becomes of neighbouring columns of a row.
    const auto finish = [&](int row, int column, float4 x) {
      if (row >= part.count || column >= n) return;
      const long long at = part.first + row;
      x = add4(x, load4(d + at * d_stride, column));
      store4(c + at * c_stride, column, x);
    };
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const int row = threadIdx.x / 128 * 64 + 8 * i + threadIdx.x % 32 / 4, h = i % 2 * 2;
      float (&own)[4][4] = sum[i / 2];
      const float4 x = quad(own[0][h], own[0][h + 1], own[1][h], own[1][h + 1]);
      const float4 y = quad(own[2][h], own[2][h + 1], own[3][h], own[3][h + 1]);
      finish(row, column0 + warp_column<apart>(0) + quad_column(), x);
      finish(row, column0 + warp_column<apart>(1) + quad_column(), y);
    }
  }
}
