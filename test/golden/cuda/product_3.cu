// what is made of a0 · w0ᵀ and a0 · v0ᵀ; bf16 on tensor cores
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

// Hopper's own (sm_90a): barriers in shared memory, tiles copied by the tensor memory accelerator, products of a warpgroup
// of four warps with both operands in shared memory.
#if HOPPER
#ifndef EMULATOR
DEVICE unsigned barrier_address(shared<unsigned long long> bar) {
  return static_cast<unsigned>(__cvta_generic_to_shared(bar));
}

DEVICE void mbarrier_init(shared<unsigned long long> bar, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(barrier_address(bar)), "r"(arrivals) : "memory");
}

// Makes barriers known to the accelerator; __syncthreads() then makes them known to the block.
DEVICE void mbarrier_init_fence() {
  asm volatile("fence.mbarrier_init.release.cluster;\nfence.proxy.async.shared::cta;" ::: "memory");
}

DEVICE void mbarrier_arrive(shared<unsigned long long> bar) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(barrier_address(bar)) : "memory");
}

// Arrives, and has the phase wait for so many bytes of copies too.
DEVICE void mbarrier_arrive_expect(shared<unsigned long long> bar, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;"
               :: "r"(barrier_address(bar)), "r"(bytes) : "memory");
}

// Waits until the phase of this parity has ended.
DEVICE void mbarrier_wait(shared<unsigned long long> bar, int parity) {
  asm volatile(
    "{\n.reg .pred p;\n"
    "WAIT:\nmbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n"
    "@p bra DONE;\nbra WAIT;\nDONE:\n}\n"
    :: "r"(barrier_address(bar)), "r"(parity) : "memory");
}

// Copies the map's box at (column, row), swizzled over 128 bytes, zeros outside the matrix; counts its bytes on bar.
DEVICE void tma_load_2d(shared<bf16> to, const TensorMap* map, int column, int row, shared<unsigned long long> bar) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
               :: "r"(static_cast<unsigned>(__cvta_generic_to_shared(to))), "l"(map), "r"(column), "r"(row),
                  "r"(barrier_address(bar)) : "memory");
}

// A map that the host wrote to memory: once per map in a thread before it uses it.
DEVICE void tensor_map_acquire(const TensorMap* map) {
  asm volatile("fence.proxy.tensormap::generic.acquire.sys [%0], 128;" :: "l"(map) : "memory");
}

// What this thread wrote to shared memory, for the accelerator and wgmma to read (after a barrier).
DEVICE void async_proxy_fence() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// A matrix in shared memory, swizzled over 128 bytes (atoms of 8 rows of 128 bytes, at multiples of 1024 bytes).
// K-major: stride_bytes from 8 rows to the next 8. MN-major: leading_bytes from 64 elements along M or N to the next 64,
// stride_bytes from 8 steps along k to the next 8.
DEVICE unsigned long long wgmma_descriptor(shared<bf16> start, int leading_bytes, int stride_bytes) {
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(start));
  return static_cast<unsigned long long>((address & 0x3ffff) >> 4) |
         static_cast<unsigned long long>(leading_bytes >> 4) << 16 |
         static_cast<unsigned long long>(stride_bytes >> 4) << 32 | 1ull << 62;
}

DEVICE void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

DEVICE void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

template <int N>
DEVICE void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(N) : "memory");
}

#define WGMMA_8(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), \
  "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), "+f"(d[i + 7])

// d = a · b (+ d where `accumulate`), m64nNk16. Trans: 0 K-major, 1 MN-major. Warp w has rows 16w to 16w + 15: with
// g = lane / 4 and t = lane % 4, d[4j + 0…3] are (g, 8j + 2t), (g, 8j + 2t + 1), (g + 8, 8j + 2t), (g + 8, 8j + 2t + 1).
template <int N, int TransA, int TransB>
DEVICE void wgmma_bf16(float (&d)[N / 2], unsigned long long a, unsigned long long b, int accumulate) {
  if constexpr (N == 64) {
    asm volatile(
      "{\n.reg .pred p;\nsetp.ne.b32 p, %34, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
      " %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
      "%32, %33, p, 1, 1, %35, %36;\n}\n"
      : WGMMA_8(0), WGMMA_8(8), WGMMA_8(16), WGMMA_8(24)
      : "l"(a), "l"(b), "r"(accumulate), "n"(TransA), "n"(TransB));
  } else if constexpr (N == 128) {
    asm volatile(
      "{\n.reg .pred p;\nsetp.ne.b32 p, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
      " %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31,"
      " %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47,"
      " %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "
      "%64, %65, p, 1, 1, %67, %68;\n}\n"
      : WGMMA_8(0), WGMMA_8(8), WGMMA_8(16), WGMMA_8(24), WGMMA_8(32), WGMMA_8(40), WGMMA_8(48), WGMMA_8(56)
      : "l"(a), "l"(b), "r"(accumulate), "n"(TransA), "n"(TransB));
  } else if constexpr (N == 256) {
    asm volatile(
      "{\n.reg .pred p;\nsetp.ne.b32 p, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
      " %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31,"
      " %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47,"
      " %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63,"
      " %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79,"
      " %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95,"
      " %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111,"
      " %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, "
      "%128, %129, p, 1, 1, %131, %132;\n}\n"
      : WGMMA_8(0), WGMMA_8(8), WGMMA_8(16), WGMMA_8(24), WGMMA_8(32), WGMMA_8(40), WGMMA_8(48), WGMMA_8(56),
        WGMMA_8(64), WGMMA_8(72), WGMMA_8(80), WGMMA_8(88), WGMMA_8(96), WGMMA_8(104), WGMMA_8(112), WGMMA_8(120)
      : "l"(a), "l"(b), "r"(accumulate), "n"(TransA), "n"(TransB));
  } else {
    static_assert(N == 64 || N == 128 || N == 256, "columns of a wgmma");
  }
}
#undef WGMMA_8

template <int N>
DEVICE void registers_increase() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" :: "n"(N));
}

template <int N>
DEVICE void registers_decrease() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" :: "n"(N));
}
#endif

// The accumulators change until the wait has returned: no read or write of them moves across this.
template <int N>
DEVICE void wgmma_hold(float (&d)[N]) {
#ifndef EMULATOR
#pragma unroll
  for (int i = 0; i < N; i++) asm volatile("" : "+f"(d[i]) :: "memory");
#endif
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
DEVICE float sigmoid(float x) { return 1.0f / (1.0f + expf(fminf(-x, 88.0f))); }

// Products of the same rows that a block computes half of its columns of each.
constexpr int products = 2;

#if HOPPER

// One thread has tiles copied, ahead of the two groups of four warps that multiply: rows × width of a product, 64 rows a
// group, `depth` of k in each of `stages` places. `full[i]`: place i holds what is to be multiplied; `empty[i]`: all eight
// warps are done with it. Wide pieces share more of what is copied; narrow ones spread little work over more blocks.
constexpr int threads = 384, rows = 128, depth = 64, stages = 4, wide = 256, narrow = 128;
constexpr int b_begin = rows * depth, place = (rows + wide) * depth;
constexpr int barrier_begin = stages * place * 2;
// Elements of 64 lines of 128 bytes; 8 lines of those are what is swizzled.
constexpr int box = 64 * 64, atom_bytes = 1024;

struct Ring {
  shared<bf16> places;
  shared<unsigned long long> full, empty;
  int at, parity;
};

DEVICE void advance(Ring& ring) {
  ring.at++;
  if (ring.at == stages) {
    ring.at = 0;
    ring.parity ^= 1;
  }
}

DEVICE void start_ring(Ring& ring) {
  if (threadIdx.x == 0) {
    for (int i = 0; i < stages; i++) {
      mbarrier_init(ring.full + i, 1);
      mbarrier_init(ring.empty + i, 8);
    }
    mbarrier_init_fence();
  }
  __syncthreads();
}

// Waits until a place is free, and says how much will be copied there.
template <int width>
DEVICE shared<bf16> free_place(Ring& ring) {
  mbarrier_wait(ring.empty + ring.at, ring.parity ^ 1);
  mbarrier_arrive_expect(ring.full + ring.at, (rows + width) * depth * 2);
  return ring.places + ring.at * place;
}

// A warp is done with a place.
DEVICE void leave(const Ring& ring, int at) {
  if (threadIdx.x % 32 == 0) mbarrier_arrive(ring.empty + at);
}

// Whether wide pieces end sooner: one takes about 1.6 times as long as a narrow one, and blocks take turns at them.
DEVICE bool wide_is_better(int wide_pieces, int narrow_pieces) {
  const int blocks = gridDim.x;
  return (wide_pieces + blocks - 1) / blocks * 8 <= (narrow_pieces + blocks - 1) / blocks * 5;
}

// A matrix whose lines run along k, and one whose lines are steps along k, `box` elements for each 64 rows or columns.
DEVICE unsigned long long lines_along_k(shared<bf16> p) { return wgmma_descriptor(p, 16, atom_bytes); }
DEVICE unsigned long long lines_across_k(shared<bf16> p) { return wgmma_descriptor(p, box * 2, atom_bytes); }

// Eight sums of a lane: two neighbours in each of four pieces of eight columns. Of those 32 columns `there` are the
// product's; memory is read and written 16 bytes at a time, so lanes exchange.
template <int N>
DEVICE void take_pairs(float (&v)[8], const float (&sum)[N], int at) {
#pragma unroll
  for (int i = 0; i < 8; i++) v[i] = sum[at + i / 2 * 4 + i % 2];
}

DEVICE void load_pairs(float (&v)[8], global<const bf16> p, int there) {
  uint4 x = {};
  if (octet_column() < there) x = as<const uint4>(p + octet_column())[0];
  x = octet(x.x, x.y, x.z, x.w);
  v[0] = low_float(x.x);
  v[1] = high_float(x.x);
  v[2] = low_float(x.y);
  v[3] = high_float(x.y);
  v[4] = low_float(x.z);
  v[5] = high_float(x.z);
  v[6] = low_float(x.w);
  v[7] = high_float(x.w);
}

DEVICE void store_pairs(global<bf16> p, const float (&v)[8], int there) {
  const uint4 x = octet(pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]), pack_bf16(v[4], v[5]), pack_bf16(v[6], v[7]));
  if (octet_column() < there) as<uint4>(p + octet_column())[0] = x;
}

// In f32 a piece's row is 32 bytes already.
DEVICE void load_pairs(float (&v)[8], global<const float> p, int there) {
#pragma unroll
  for (int i = 0; i < 8; i += 2) {
    const int column = 4 * i + threadIdx.x % 4 * 2;
    float2 x = {};
    if (column < there) x = as<const float2>(p + column)[0];
    v[i] = x.x;
    v[i + 1] = x.y;
  }
}

DEVICE void store_pairs(global<float> p, const float (&v)[8], int there) {
#pragma unroll
  for (int i = 0; i < 8; i += 2) {
    const int column = 4 * i + threadIdx.x % 4 * 2;
    if (column < there) as<float2>(p + column)[0] = make_float2(v[i], v[i + 1]);
  }
}

// Has the tiles of all pieces copied, in order.
template <int width>
DEVICE void copy_pieces(const Work& work, const TensorMap* maps, Ring ring, int parts) {
  int acquired = -1;
  for (int piece = blockIdx.x; piece < work.tiles * parts; piece += gridDim.x) {
    const Part part = part_of(work, piece, parts, width / products);
    if (part.count == 0) continue;
    const int* record = work.records + part.record;
    const TensorMap* map = maps + record[27];
    if (part.record != acquired) {
      for (int i = 0; i < 3; i++) tensor_map_acquire(map + i);
      acquired = part.record;
    }
    for (int k = 0; k < record[4]; k += depth) {
      const shared<bf16> a_tile = free_place<width>(ring), b_tile = a_tile + b_begin;
      tma_load_2d(a_tile, map + 0, k, part.first, ring.full + ring.at);
#pragma unroll
      for (int i = 0; i < width; i += 64) {
        const TensorMap* weights = map + (1 + i / (width / products));
        const int column = part.column0 + i % (width / products);
        tma_load_2d(b_tile + i * depth, weights, k, column, ring.full + ring.at);
      }
      advance(ring);
    }
  }
}

// Multiplies, and stores, the pieces in the same order.
template <int width>
DEVICE void multiply_pieces(unsigned char* arena, const Work& work, Ring ring, int parts) {
  const int group = threadIdx.x / 128 - 1;
  const int end = work.tiles * parts, begin = blockIdx.x;
  Part next = begin < end ? part_of(work, begin, parts, width / products) : Part{};
  for (int piece = begin; piece < end; piece += gridDim.x) {
    const Part part = next;
    const int following = piece + gridDim.x;
    if (part.count == 0) {
      if (following < end) next = part_of(work, following, parts, width / products);
      continue;
    }
    const int* record = work.records + part.record;
    const int n = record[1];
    const int k0 = record[4];
    const int stride2 = record[8];
    const int stride3 = record[9];
    const int stride4 = record[10];
    const global<bf16> x2 = address<bf16>(arena, record + 21);
    const global<bf16> x3 = address<bf16>(arena, record + 23);
    const global<bf16> x4 = address<bf16>(arena, record + 25);
    float sum[width / 2];
    int before = -1;
    for (int k = 0; k < k0; k += depth) {
      mbarrier_wait(ring.full + ring.at, ring.parity);
      const shared<bf16> a_tile = ring.places + (ring.at * place + group * box), b_tile = ring.places + (ring.at * place + b_begin);
      wgmma_fence();
#pragma unroll
      for (int i = 0; i < depth / 16; i++)
        wgmma_bf16<width, 0, 0>(sum, lines_along_k(a_tile + 16 * i), lines_along_k(b_tile + 16 * i), k + i > 0);
      wgmma_commit();
      // The products before these are done, and so is what they read.
      wgmma_wait<1>();
      if (before >= 0) leave(ring, before);
      before = ring.at;
      advance(ring);
    }
    // While the last products are under way.
    if (following < end) next = part_of(work, following, parts, width / products);
    wgmma_wait<0>();
    wgmma_hold(sum);
    leave(ring, before);
#pragma unroll
    for (int h = 0; h < 2; h++) {
      const int row = 64 * group + threadIdx.x % 128 / 32 * 16 + 8 * h + threadIdx.x % 32 / 4;
#pragma unroll
      for (int j = 0; j < width / 2 / products; j += 16) {
        const int column = part.column0 + 2 * j, there = row < part.count ? n - column : 0;
        const long long at = part.first + row;
        float v0[8];
        take_pairs(v0, sum, j + 2 * h);
        float v1[8];
        take_pairs(v1, sum, j + width / 4 + 2 * h);
        float v2[8];
        float v3[8];
        float v4[8];
#pragma unroll
        for (int lane = 0; lane < 8; lane++) {
          const float t0 = v0[lane];
          const float t1 = (t0 * sigmoid(t0));
          const float t2 = v1[lane];
          const float t3 = (t1 * t2);
          v2[lane] = t3;
          v3[lane] = v0[lane];
          v4[lane] = v1[lane];
        }
        store_pairs(x2 + (at * stride2 + column), v2, there);
        store_pairs(x3 + (at * stride3 + column), v3, there);
        store_pairs(x4 + (at * stride4 + column), v4, there);
      }
    }
  }
}

constexpr int ring_bytes = barrier_begin + 2 * stages * 8;

KERNEL(product, threads, 1)(ARGUMENTS) {
  SHARED(ring_bytes + most_turns * 4);
  Ring ring = {shared_at<bf16>(0), shared_at<unsigned long long>(barrier_begin), shared_at<unsigned long long>(barrier_begin + stages * 8), 0, 0};
  start_ring(ring);
  const Work work = find_work(arena, records, job, shared_at<int>(ring_bytes));
  const int wide_parts = parts_of_all(work, wide / products), narrow_parts = parts_of_all(work, narrow / products);
  const bool is_wide = wide_is_better(work.tiles * wide_parts, work.tiles * narrow_parts);
  if (threadIdx.x < 128) {
    registers_decrease<40>();
    if (threadIdx.x == 0) {
      if (is_wide)
        copy_pieces<wide>(work, maps, ring, wide_parts);
      else
        copy_pieces<narrow>(work, maps, ring, narrow_parts);
    }
  } else {
    registers_increase<232>();
    if (is_wide)
      multiply_pieces<wide>(arena, work, ring, wide_parts);
    else
      multiply_pieces<narrow>(arena, work, ring, narrow_parts);
  }
}
#else

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
constexpr int apart = 64;

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
    const int k0 = record[4];
    const int a0_stride = record[5];
    const int w0_stride = record[6];
    const int v0_stride = record[7];
    const int stride2 = record[8];
    const int stride3 = record[9];
    const int stride4 = record[10];
    const global<const bf16> a0 = address<const bf16>(arena, record + 15);
    const global<const bf16> w0 = address<const bf16>(arena, record + 17);
    const global<const bf16> v0 = address<const bf16>(arena, record + 19);
    const global<bf16> x2 = address<bf16>(arena, record + 21);
    const global<bf16> x3 = address<bf16>(arena, record + 23);
    const global<bf16> x4 = address<bf16>(arena, record + 25);
    // Runs of k of all terms, one after another.
    const int runs0 = (k0 + depth - 1) / depth;
    const int runs = runs0;
    const auto stage = [&](int at) {
      const shared<bf16> a_tile = places + at % stages * 2 * tile_elements, b_tile = a_tile + tile_elements;
      if (at < runs0) {
        const int k = (at - (0)) * depth;
        stage_tile<rows, depth / 8, depth / 8, true>(a_tile, a0 + (first * a0_stride + k), a0_stride, part.count, k0 - k);
        stage_tile<64, depth / 8, depth / 8, true>(b_tile, w0 + (static_cast<long long>(column0) * w0_stride + k), w0_stride, n - column0, k0 - k);
        stage_tile<64, depth / 8, depth / 8, true>(b_tile + 64 * depth, v0 + (static_cast<long long>(column0) * v0_stride + k), v0_stride, n - column0, k0 - k);
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
      multiply<true, true, 64>(sum, a_tile, b_tile);
    }
    cp_async_wait<0>();
    __syncthreads();
    // What becomes of neighbouring columns of a row.
    const auto finish = [&](int row, int column, float4 x, float4 y) {
      if (row >= part.count || column >= n) return;
      const long long at = part.first + row;
      const float v0[4] = {x.x, x.y, x.z, x.w};
      const float v1[4] = {y.x, y.y, y.z, y.w};
      float v2[4];
      float v3[4];
      float v4[4];
#pragma unroll
      for (int lane = 0; lane < 4; lane++) {
        const float t0 = v0[lane];
        const float t1 = (t0 * sigmoid(t0));
        const float t2 = v1[lane];
        const float t3 = (t1 * t2);
        v2[lane] = t3;
        v3[lane] = v0[lane];
        v4[lane] = v1[lane];
      }
      store4(x2 + (at * stride2 + column), 0, make_float4(v2[0], v2[1], v2[2], v2[3]));
      store4(x3 + (at * stride3 + column), 0, make_float4(v3[0], v3[1], v3[2], v3[3]));
      store4(x4 + (at * stride4 + column), 0, make_float4(v4[0], v4[1], v4[2], v4[3]));
    };
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const int row = threadIdx.x / 128 * 64 + 8 * i + threadIdx.x % 32 / 4, h = i % 2 * 2;
      float (&own)[4][4] = sum[i / 2];
      const float4 x = quad(own[0][h], own[0][h + 1], own[1][h], own[1][h + 1]);
      const float4 y = quad(own[2][h], own[2][h + 1], own[3][h], own[3][h + 1]);
      finish(row, column0 + warp_column<apart>(0) + quad_column(), x, y);
    }
  }
}
#endif
