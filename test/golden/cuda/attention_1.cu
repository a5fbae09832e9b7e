// attention, heads of 16: softmax of scores, times values, on tensor cores
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
// Positions of a context are cut into blocks. Rows are found through row_of; a query sees an interval of positions.
constexpr int threads = 128;
constexpr int head_dim = 16;
// A head in shared memory: padded with zeros to whole steps of 16.
constexpr int depth = 16;
// Rows that a block of threads has for its own (queries or keys), and rows that it walks over at a time.
constexpr int own_rows = 128;
constexpr int step_rows = 64;

// A head of all rows: where row 0's begins, and elements from row to row.
template <typename T>
struct Rows {
  global<T> at;
  int stride;
};

template <typename T>
DEVICE Rows<T> rows_of(global<T> at, int stride, int head) {
  return Rows<T>{at + head * head_dim, stride};
}

template <typename T>
DEVICE global<T> row_of_head(const Rows<T>& rows, int row) {
  return rows.at + static_cast<long long>(row) * rows.stride;
}

// Which head of which context a block of threads works for, and its turn there: those with the first turns run first.
struct Place {
  int turn, context, head;
};

DEVICE Place place_of(int turns) {
  const int contexts = gridDim.x / turns;
  const int index = blockIdx.y * gridDim.x + blockIdx.x;
  const int rest = index / gridDim.y;
  return Place{rest / contexts, rest % contexts, static_cast<int>(index % gridDim.y)};
}

// The row at a position, -1 where there is none.
DEVICE int row_at(global<const int> row_of, int at, int end) { return at < end ? row_of[at] : -1; }

// A query's row, and the keys that it sees.
struct Sight {
  int row, first, length;
};

DEVICE Sight sight_of(int row, global<const int> first, global<const int> last) {
  if (row < 0) return Sight{-1, 0, 0};
  return Sight{row, first[row], max(0, last[row] - first[row])};
}

DEVICE bool sees(int first, int length, int key) {
  return static_cast<unsigned>(key - first) < static_cast<unsigned>(length);
}

// From the first begin to the last end of what it was widened to; ends before it begins where that was nothing.
DEVICE void start_range(shared<int> range) {
  if (threadIdx.x == 0) {
    range[0] = 0x7fffffff;
    range[1] = 0;
  }
  __syncthreads();
}

DEVICE void widen_range(shared<int> range, int begin, int end) {
  if (begin >= end) return;
  atomic_min(range, begin);
  atomic_max(range + 1, end);
}

// Widens the range to the positions of queries in [base, end) that see any key in [begin, begin + own_rows).
DEVICE void widen_to_queries(shared<int> range, int begin, int base, int end, global<const int> row_of,
                             global<const int> first, global<const int> last) {
  int first_at = 0x7fffffff, end_at = 0;
  // Nothing waits for what was read before, so several are read at once.
#pragma unroll 4
  for (int at = base + static_cast<int>(threadIdx.x); at < end; at += threads) {
    const int row = row_of[at];
    const int seen_begin = first[max(row, 0)], seen_end = last[max(row, 0)];
    if (row < 0 || seen_begin >= seen_end || seen_begin >= begin + own_rows || seen_end <= begin) continue;
    first_at = min(first_at, at);
    end_at = at + 1;
  }
  widen_range(range, first_at, end_at);
}

// A warp has 2 × 16 of its block's rows, and multiplies them by all that is walked over (mma.sync, sm_80 and later; on
// sm_90 wgmma would take the rows walked over straight from shared memory, swizzled as TMA leaves them, and spare the
// fragments of them that every warp loads; the sums' layout, and so all between two products, would stay what it is).
constexpr int warp_tiles = 2;
constexpr int step_tiles = step_rows / 8, depth_tiles = depth / 8;
// Rows in shared memory are an odd number of 16 byte pieces apart: eight of them begin in different banks.
constexpr int tile_stride = depth + 8;
// Scores are powers of two.
constexpr float scale_of_two = 0.3606737554073334f;

// 2ˣ to about two units in the last place; 0 of −∞.
#ifdef EMULATOR
DEVICE float power_of_two(float x) { return exp2f(x); }
#else
DEVICE float power_of_two(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
#endif

// Of a thread's sums, element e of tile n of the warp's tile m is in row 16 m + lane / 4 + 8 (e / 2) of the warp's, and in
// column 8 n + 2 (lane % 4) + e % 2.
DEVICE int first_row_of_warp() { return static_cast<int>(threadIdx.x) / 32 * 16 * warp_tiles; }
DEVICE int row_of_thread() { return first_row_of_warp() + static_cast<int>(threadIdx.x) % 32 / 4; }
DEVICE int column_of_thread() { return static_cast<int>(threadIdx.x) % 4 * 2; }

// Brings rows into a tile; zeros where there is no row, and past the end of a head, where anything may stand.
template <int count, typename T>
DEVICE void stage_at_once(shared<bf16> tile, const Rows<T>& from, shared<int> rows) {
  for (int item = threadIdx.x; item < count * depth_tiles; item += threads) {
    const int r = item / depth_tiles, column = item % depth_tiles * 8;
    const int row = rows[r];
    const global<T> head = row_of_head(from, max(row, 0));
    float x[8];
#pragma unroll
    for (int i = 0; i < 8; i++) x[i] = row >= 0 && column + i < head_dim ? load(head, column + i) : 0.f;
    as<uint4>(tile + (r * tile_stride + column))[0] =
        make_uint4(pack_bf16(x[0], x[1]), pack_bf16(x[2], x[3]), pack_bf16(x[4], x[5]), pack_bf16(x[6], x[7]));
  }
}

template <int count>
DEVICE void stage(shared<bf16> tile, const Rows<const float>& from, shared<int> rows) {
  stage_at_once<count>(tile, from, rows);
}

template <int count>
DEVICE void stage(shared<bf16> tile, const Rows<const bf16>& from, shared<int> rows) {
  // They come while the thread goes on, until it waits for them.
#pragma unroll 4
  for (int item = threadIdx.x; item < count * depth_tiles; item += threads) {
    const int r = item / depth_tiles, column = item % depth_tiles * 8;
    const int row = rows[r];
    const bool is_there = row >= 0 && column < head_dim;
    cp_async16(tile + (r * tile_stride + column), row_of_head(from, max(row, 0)) + (column < head_dim ? column : 0), is_there);
  }
}

// 16 rows and 16 columns of a tile as the left factor of a product.
DEVICE void load_left(unsigned (&a)[4], shared<bf16> tile, int row, int column) {
  const int lane = threadIdx.x % 32;
  ldmatrix_x4(a, tile + ((row + lane % 16) * tile_stride + column + lane / 16 * 8));
}

// As right factors of two products: the tile's rows are their columns.
DEVICE void load_right(unsigned (&low)[2], unsigned (&high)[2], shared<bf16> tile, int row, int column) {
  const int lane = threadIdx.x % 32;
  unsigned b[4];
  ldmatrix_x4(b, tile + ((row + lane % 8 + lane / 16 * 8) * tile_stride + column + lane / 8 % 2 * 8));
  low[0] = b[0];
  low[1] = b[1];
  high[0] = b[2];
  high[1] = b[3];
}

// The same, the tile's rows being the products' rows.
DEVICE void load_right_turned(unsigned (&low)[2], unsigned (&high)[2], shared<bf16> tile, int row, int column) {
  const int lane = threadIdx.x % 32;
  unsigned b[4];
  ldmatrix_x4_trans(b, tile + ((row + lane % 16) * tile_stride + column + lane / 16 * 8));
  low[0] = b[0];
  low[1] = b[1];
  high[0] = b[2];
  high[1] = b[3];
}

// sums += the warp's own rows · the rows walked over.
DEVICE void add_products(float (&sums)[warp_tiles][step_tiles][4], shared<bf16> own, shared<bf16> walked) {
#pragma unroll
  for (int k = 0; k < depth; k += 16) {
    unsigned a[warp_tiles][4];
#pragma unroll
    for (int m = 0; m < warp_tiles; m++) load_left(a[m], own, first_row_of_warp() + 16 * m, k);
#pragma unroll
    for (int n = 0; n < step_tiles; n += 2) {
      unsigned low[2], high[2];
      load_right(low, high, walked, 8 * n, k);
#pragma unroll
      for (int m = 0; m < warp_tiles; m++) {
        mma_bf16(sums[m][n], a[m], low);
        mma_bf16(sums[m][n + 1], a[m], high);
      }
    }
  }
}

// sums += weights, rounded to bf16, · the rows walked over. Weights lie in a thread as the left factor has to.
DEVICE void add_weighted(float (&sums)[warp_tiles][depth_tiles][4], const float (&weights)[warp_tiles][step_tiles][4],
                         shared<bf16> walked) {
#pragma unroll
  for (int k = 0; k < step_tiles; k += 2) {
    unsigned a[warp_tiles][4];
#pragma unroll
    for (int m = 0; m < warp_tiles; m++) {
      a[m][0] = pack_bf16(weights[m][k][0], weights[m][k][1]);
      a[m][1] = pack_bf16(weights[m][k][2], weights[m][k][3]);
      a[m][2] = pack_bf16(weights[m][k + 1][0], weights[m][k + 1][1]);
      a[m][3] = pack_bf16(weights[m][k + 1][2], weights[m][k + 1][3]);
    }
#pragma unroll
    for (int n = 0; n < depth_tiles; n += 2) {
      unsigned low[2], high[2];
      load_right_turned(low, high, walked, 8 * k, 8 * n);
#pragma unroll
      for (int m = 0; m < warp_tiles; m++) {
        mma_bf16(sums[m][n], a[m], low);
        mma_bf16(sums[m][n + 1], a[m], high);
      }
    }
  }
}

// What the four threads of a row have, together.
DEVICE float sum_of_row(float x) {
  x += __shfl_xor_sync(0xffffffffu, x, 1);
  return x + __shfl_xor_sync(0xffffffffu, x, 2);
}

// Two neighbouring components of a head.
DEVICE void store2(global<float> head, int c, float x, float y) {
  if (c < head_dim) as<float2>(head + c)[0] = make_float2(x, y);
}

DEVICE void store2(global<bf16> head, int c, float x, float y) {
  if (c < head_dim) as<unsigned>(head + c)[0] = pack_bf16(x, y);
}

template <typename T>
DEVICE void store_sums(const Rows<T>& to, const float (&sums)[warp_tiles][depth_tiles][4], shared<int> rows,
                       const float (&factors)[warp_tiles][2]) {
#pragma unroll
  for (int m = 0; m < warp_tiles; m++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      const int row = rows[row_of_thread() + 16 * m + 8 * h];
      if (row < 0) continue;
      const global<T> head = row_of_head(to, row);
#pragma unroll
      for (int n = 0; n < depth_tiles; n++)
        store2(head, 8 * n + column_of_thread(), factors[m][h] * sums[m][n][2 * h], factors[m][h] * sums[m][n][2 * h + 1]);
    }
}

// What a warp's rows see: any of them from `begin` to `end`, all of them from `all_begin` to `all_end`. Rows that are none
// see what the others do.
struct WarpSight {
  int begin, end, all_begin, all_end;
};

DEVICE WarpSight sight_of_warp(shared<int> rows, shared<int> first, shared<int> length) {
  WarpSight sight = {0x7fffffff, 0, 0, 0x7fffffff};
  for (int r = threadIdx.x % 32; r < 16 * warp_tiles; r += 32) {
    const int at = first_row_of_warp() + r;
    if (rows[at] < 0) continue;
    const int begin = first[at], end = begin + length[at];
    if (begin < end) {
      sight.begin = min(sight.begin, begin);
      sight.end = max(sight.end, end);
    }
    sight.all_begin = max(sight.all_begin, begin);
    sight.all_end = min(sight.all_end, end);
  }
#pragma unroll
  for (int apart = 16; apart > 0; apart /= 2) {
    sight.begin = min(sight.begin, __shfl_xor_sync(0xffffffffu, sight.begin, apart));
    sight.end = max(sight.end, __shfl_xor_sync(0xffffffffu, sight.end, apart));
    sight.all_begin = max(sight.all_begin, __shfl_xor_sync(0xffffffffu, sight.all_begin, apart));
    sight.all_end = min(sight.all_end, __shfl_xor_sync(0xffffffffu, sight.all_end, apart));
  }
  return sight;
}

// Whether each of a step's positions has a row.
DEVICE bool are_all_there(shared<int> rows) {
  bool are_there = true;
  for (int r = threadIdx.x % 32; r < step_rows; r += 32) are_there = are_there && rows[r] >= 0;
  return __all_sync(0xffffffffu, are_there);
}
constexpr float ln2 = 0.69314718f;

// A block of threads takes 128 queries and walks over the keys that they see, 64 at a time. The
// next keys and values come while these are multiplied; scores stay in registers, where they become the weights of values.
KERNEL(attention, 128)(ARGUMENTS) {
  SHARED(20816);
  const int *record = records + job.records + blockIdx.z * job.words;
  if (record[0] == 0) return;
  const int heads = record[1];
  const int kv_heads = record[2];
  const int context = record[3];
  const int q_stride = record[4];
  const int k_stride = record[5];
  const int v_stride = record[6];
  const int out_stride = record[7];
  const int lse_stride = record[8];
  const global<const bf16> q = address<const bf16>(arena, record + 9);
  const global<const bf16> k = address<const bf16>(arena, record + 11);
  const global<const bf16> v = address<const bf16>(arena, record + 13);
  const global<bf16> out = address<bf16>(arena, record + 15);
  const global<float> lse = address<float>(arena, record + 17);
  const global<const int> row_of = address<const int>(arena, record + 19);
  const global<const int> first = address<const int>(arena, record + 21);
  const global<const int> last = address<const int>(arena, record + 23);
  const shared<bf16> query_tile = shared_at<bf16>(0);
  const shared<bf16> key_tile = shared_at<bf16>(6144);
  const shared<bf16> value_tile = shared_at<bf16>(12288);
  const shared<int> query_rows = shared_at<int>(18432);
  const shared<int> query_first = shared_at<int>(18944);
  const shared<int> query_length = shared_at<int>(19456);
  const shared<int> key_rows = shared_at<int>(19968);
  const shared<int4> warp_sights = shared_at<int4>(20736);
  const shared<int> range = shared_at<int>(20800);
  const int thread = threadIdx.x;
  const int blocks = (context + own_rows - 1) / own_rows;
  const Place place = place_of(blocks);
  const int head = place.head;
  if (head >= heads) return;
  const int base = place.context * context;
  // Blocks that see many keys come first.
  const int begin = base + (blocks - 1 - place.turn) * own_rows;
  const int kv_head = head / (heads / kv_heads);
  const auto keys = rows_of(k, k_stride, kv_head);
  const auto values = rows_of(v, v_stride, kv_head);

  start_range(range);
  for (int r = thread; r < own_rows; r += threads) {
    const Sight query = sight_of(row_at(row_of, begin + r, base + context), first, last);
    query_rows[r] = query.row;
    query_first[r] = query.first;
    query_length[r] = query.length;
    widen_range(range, query.first, query.first + query.length);
  }
  __syncthreads();
  const int first_key = range[0], end_key = range[1];
  stage<own_rows>(query_tile, rows_of(q, q_stride, head), query_rows);
  for (int r = thread; r < 2 * step_rows; r += threads)
    key_rows[r] = first_key < end_key ? row_at(row_of, first_key + r, end_key) : -1;
  __syncthreads();
  if (first_key < end_key) {
    stage<step_rows>(key_tile, keys, key_rows);
    stage<step_rows>(value_tile, values, key_rows);
  }
  cp_async_commit();

  // Kept in shared memory: registers are scarce.
  const WarpSight sight = sight_of_warp(query_rows, query_first, query_length);
  const shared<int4> warp_sight = warp_sights + thread / 32;
  if (thread % 32 == 0) warp_sight[0] = make_int4(sight.begin, sight.end, sight.all_begin, sight.all_end);

  // The weighted values; of each row the largest score so far, and the thread's share of the sum of weights.
  float sums[warp_tiles][depth_tiles][4] = {};
  float largest[warp_tiles][2], total[warp_tiles][2] = {};
#pragma unroll
  for (int m = 0; m < warp_tiles; m++) largest[m][0] = largest[m][1] = -__int_as_float(0x7f800000);

  // Tiles are of two steps in turn, and their rows of three: those of the next but one are looked up meanwhile.
  int step = 0;
  for (int at = first_key; at < end_key; at += step_rows, step++) {
    const shared<int> rows = key_rows + step % 3 * step_rows;
    const int tile = step % 2 * step_rows * tile_stride, next_tile = step_rows * tile_stride - tile;
    // This step's keys and values have come, and everybody has used those of the step before.
    cp_async_wait<0>();
    __syncthreads();
    if (at + step_rows < end_key) {
      const shared<int> next_rows = key_rows + (step + 1) % 3 * step_rows;
      stage<step_rows>(key_tile + next_tile, keys, next_rows);
      stage<step_rows>(value_tile + next_tile, values, next_rows);
    }
    cp_async_commit();
    int later_row = -1;
    if (thread < step_rows) later_row = row_at(row_of, at + 2 * step_rows + thread, end_key);

    const int4 warp = warp_sight[0];
    const bool is_seen = at < warp.y && at + step_rows > warp.x;
    if (is_seen) {
      float scores[warp_tiles][step_tiles][4] = {};
      add_products(scores, query_tile, key_tile + tile);
      if (at < warp.z || at + step_rows > warp.w || !are_all_there(rows)) {
#pragma unroll
        for (int m = 0; m < warp_tiles; m++)
#pragma unroll
          for (int h = 0; h < 2; h++) {
            const int query = row_of_thread() + 16 * m + 8 * h;
            const int seen_first = query_first[query], seen_length = query_length[query];
#pragma unroll
            for (int n = 0; n < step_tiles; n++)
#pragma unroll
              for (int e = 0; e < 2; e++) {
                const int key = 8 * n + column_of_thread() + e;
                if (rows[key] < 0 || !sees(seen_first, seen_length, at + key))
                  scores[m][n][2 * h + e] = -__int_as_float(0x7f800000);
              }
          }
      }
#pragma unroll
      for (int m = 0; m < warp_tiles; m++)
#pragma unroll
        for (int h = 0; h < 2; h++) {
          float most = scores[m][0][2 * h];
#pragma unroll
          for (int n = 0; n < step_tiles; n++) most = fmaxf(most, fmaxf(scores[m][n][2 * h], scores[m][n][2 * h + 1]));
          most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 1));
          most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 2));
          most = fmaxf(largest[m][h], scale_of_two * most);
          // −∞ where nothing was seen yet, which must not be taken off itself.
          const float base_score = most == -__int_as_float(0x7f800000) ? 0.f : most;
          // What was summed up to now was weighted by the largest score up to now.
          const float factor = power_of_two(largest[m][h] - base_score);
          largest[m][h] = most;
          float sum = 0;
#pragma unroll
          for (int n = 0; n < step_tiles; n++)
#pragma unroll
            for (int e = 2 * h; e < 2 * h + 2; e++) {
              scores[m][n][e] = power_of_two(fmaf(scores[m][n][e], scale_of_two, -base_score));
              sum += scores[m][n][e];
            }
          total[m][h] = fmaf(total[m][h], factor, sum);
#pragma unroll
          for (int n = 0; n < depth_tiles; n++) {
            sums[m][n][2 * h] *= factor;
            sums[m][n][2 * h + 1] *= factor;
          }
        }
      add_weighted(sums, scores, value_tile + tile);
    }
    if (thread < step_rows) key_rows[(step + 2) % 3 * step_rows + thread] = later_row;
  }

  // Where there were no keys, nobody has waited for the queries.
  cp_async_wait<0>();
  float factors[warp_tiles][2];
#pragma unroll
  for (int m = 0; m < warp_tiles; m++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      const float sum = sum_of_row(total[m][h]);
      factors[m][h] = sum > 0 ? 1 / sum : 0.f;
      const int row = query_rows[row_of_thread() + 16 * m + 8 * h];
      if (thread % 4 == 0 && row >= 0)
        lse[static_cast<long long>(row) * lse_stride + head] = sum > 0 ? ln2 * (largest[m][h] + log2f(sum)) : 0.f;
    }
  store_sums(rows_of(out, out_stride, head), sums, query_rows, factors);
}
