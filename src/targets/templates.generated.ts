// templates.generated.ts: written by `npm run generate` from templates/; do not edit.
// Compiled ahead, so that no program pays for parsing templates and no page needs to evaluate text as code.
// @ts-nocheck: what the template compiler writes is plain JavaScript

export const templates: ReadonlyMap<string, object> = new Map([
  ["cuda/_async", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "\n// Copies from global to shared memory that go on while a thread computes, 16 bytes each (sm_80 and later).\n#ifndef EMULATOR\ntemplate <typename T>\nDEVICE unsigned shared_address(shared<T> p) {\n  return static_cast<unsigned>(__cvta_generic_to_shared(p));\n}\n\n// Zeros where not valid; nothing is read then.\ntemplate <typename T>\nDEVICE void cp_async16(shared<T> to, global<const T> from, bool valid) {\n  asm volatile(\"cp.async.cg.shared.global [%0], [%1], 16, %2;\"\n               :: \"r\"(shared_address(to)), \"l\"(__cvta_generic_to_global(from)), \"r\"(valid ? 16 : 0) : \"memory\");\n}\n\nDEVICE void cp_async_commit() { asm volatile(\"cp.async.commit_group;\" ::: \"memory\"); }\n\n// Waits until at most N of the thread's last groups are under way.\ntemplate <int N>\nDEVICE void cp_async_wait() {\n  asm volatile(\"cp.async.wait_group %0;\" :: \"n\"(N) : \"memory\");\n}\n\n// Barriers among some of a block's warps; 0 is __syncthreads().\nDEVICE void named_barrier_sync(int id, int threads) {\n  asm volatile(\"bar.sync %0, %1;\" :: \"r\"(id), \"r\"(threads) : \"memory\");\n}\n\nDEVICE void named_barrier_arrive(int id, int threads) {\n  asm volatile(\"bar.arrive %0, %1;\" :: \"r\"(id), \"r\"(threads) : \"memory\");\n}\n#endif\n";
},"useData":true}],
  ["cuda/_attention", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "// Positions of a context are cut into blocks. Rows are found through row_of; a query sees an interval of positions.\nconstexpr int threads = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":2,"column":26},"end":{"line":2,"column":33}} ), depth0)) != null ? stack1 : "")
    + ";\nconstexpr int head_dim = "
    + ((stack1 = alias2(alias1(depth0, "headDim", {"start":{"line":3,"column":27},"end":{"line":3,"column":34}} ), depth0)) != null ? stack1 : "")
    + ";\n// A head in shared memory: padded with zeros to whole steps of 16.\nconstexpr int depth = "
    + ((stack1 = alias2(alias1(depth0, "depth", {"start":{"line":5,"column":24},"end":{"line":5,"column":29}} ), depth0)) != null ? stack1 : "")
    + ";\n// Rows that a block of threads has for its own (queries or keys), and rows that it walks over at a time.\nconstexpr int own_rows = "
    + ((stack1 = alias2(alias1(depth0, "ownRows", {"start":{"line":7,"column":27},"end":{"line":7,"column":34}} ), depth0)) != null ? stack1 : "")
    + ";\nconstexpr int step_rows = "
    + ((stack1 = alias2(alias1(depth0, "stepRows", {"start":{"line":8,"column":28},"end":{"line":8,"column":36}} ), depth0)) != null ? stack1 : "")
    + ";\n\n// A head of all rows: where row 0's begins, and elements from row to row.\ntemplate <typename T>\nstruct Rows {\n  global<T> at;\n  int stride;\n};\n\ntemplate <typename T>\nDEVICE Rows<T> rows_of(global<T> at, int stride, int head) {\n  return Rows<T>{at + head * head_dim, stride};\n}\n\ntemplate <typename T>\nDEVICE global<T> row_of_head(const Rows<T>& rows, int row) {\n  return rows.at + static_cast<long long>(row) * rows.stride;\n}\n\n// Which head of which context a block of threads works for, and its turn there: those with the first turns run first.\nstruct Place {\n  int turn, context, head;\n};\n\nDEVICE Place place_of(int turns) {\n  const int contexts = gridDim.x / turns;\n  const int index = blockIdx.y * gridDim.x + blockIdx.x;\n  const int rest = index / gridDim.y;\n  return Place{rest / contexts, rest % contexts, static_cast<int>(index % gridDim.y)};\n}\n\n// The row at a position, -1 where there is none.\nDEVICE int row_at(global<const int> row_of, int at, int end) { return at < end ? row_of[at] : -1; }\n\n// A query's row, and the keys that it sees.\nstruct Sight {\n  int row, first, length;\n};\n\nDEVICE Sight sight_of(int row, global<const int> first, global<const int> last) {\n  if (row < 0) return Sight{-1, 0, 0};\n  return Sight{row, first[row], max(0, last[row] - first[row])};\n}\n\nDEVICE bool sees(int first, int length, int key) {\n  return static_cast<unsigned>(key - first) < static_cast<unsigned>(length);\n}\n\n// From the first begin to the last end of what it was widened to; ends before it begins where that was nothing.\nDEVICE void start_range(shared<int> range) {\n  if (threadIdx.x == 0) {\n    range[0] = 0x7fffffff;\n    range[1] = 0;\n  }\n  __syncthreads();\n}\n\nDEVICE void widen_range(shared<int> range, int begin, int end) {\n  if (begin >= end) return;\n  atomic_min(range, begin);\n  atomic_max(range + 1, end);\n}\n\n// Widens the range to the positions of queries in [base, end) that see any key in [begin, begin + own_rows).\nDEVICE void widen_to_queries(shared<int> range, int begin, int base, int end, global<const int> row_of,\n                             global<const int> first, global<const int> last) {\n  int first_at = 0x7fffffff, end_at = 0;\n  // Nothing waits for what was read before, so several are read at once.\n#pragma unroll 4\n  for (int at = base + static_cast<int>(threadIdx.x); at < end; at += threads) {\n    const int row = row_of[at];\n    const int seen_begin = first[max(row, 0)], seen_end = last[max(row, 0)];\n    if (row < 0 || seen_begin >= seen_end || seen_begin >= begin + own_rows || seen_end <= begin) continue;\n    first_at = min(first_at, at);\n    end_at = at + 1;\n  }\n  widen_range(range, first_at, end_at);\n}\n";
},"useData":true}],
  ["cuda/_attention_simt", {"0":function(container,depth0,helpers,partials,data) {
    return "  return c < head_dim ? load4(head, c) : make_float4(0, 0, 0, 0);\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  return make_float4(c < head_dim ? load(head, c) : 0.f, c + 1 < head_dim ? load(head, c + 1) : 0.f,\n                     c + 2 < head_dim ? load(head, c + 2) : 0.f, c + 3 < head_dim ? load(head, c + 3) : 0.f);\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "    stage(tile, from, rows, part);\n    __syncthreads();\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// Of a block's scores thread t has the rows t / 16 + 16 i and, of those walked over, t % 16 + 16 j (i and j up to 3); of\n// the sums the same rows, and the columns t % 16 + 16 j.\nconstexpr int weight_stride = step_rows + 16;\n// Columns of a head that are in shared memory at a time, and how far rows are apart there: an odd number of vectors.\nconstexpr int parts = "
    + ((stack1 = alias2(alias1(depth0, "parts", {"start":{"line":5,"column":24},"end":{"line":5,"column":29}} ), depth0)) != null ? stack1 : "")
    + ";\nconstexpr int part_columns = "
    + ((stack1 = alias2(alias1(depth0, "partColumns", {"start":{"line":6,"column":31},"end":{"line":6,"column":42}} ), depth0)) != null ? stack1 : "")
    + ";\nconstexpr int tile_stride = part_columns + 4;\nconstexpr int thread_columns = part_columns / 16;\nconstexpr float scale = "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":9,"column":26},"end":{"line":9,"column":31}} ), depth0)) != null ? stack1 : "")
    + ";\n\n// Rows as they are staged: times a factor, without a center.\ntemplate <typename T>\nstruct Operand {\n  Rows<T> rows;\n  float factor;\n  shared<float> center;\n};\n\ntemplate <typename T>\nDEVICE Operand<T> operand(const Rows<T>& rows, float factor, shared<float> center) {\n  return Operand<T>{rows, factor, center};\n}\n\n// Components c to c + 3 of a head; 0 past its end, where anything may stand.\ntemplate <typename T>\nDEVICE float4 load_head(global<T> head, int c) {\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isVector"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.program(1, data, 0),"data":data,"loc":{"start":{"line":27,"column":0},"end":{"line":32,"column":7}}})) != null ? stack1 : "")
    + "}\n\n// Brings a part of the rows into a tile; 0 where there is no row.\ntemplate <typename T>\nDEVICE void stage(shared<float> tile, const Operand<T>& from, shared<int> rows, int part) {\n  for (int item = threadIdx.x; item < own_rows * part_columns / 4; item += threads) {\n    const int r = item / (part_columns / 4);\n    const int c = item % (part_columns / 4) * 4;\n    const int column = part * part_columns + c;\n    float4 x = make_float4(0, 0, 0, 0);\n    if (rows[r] >= 0) {\n      x = load_head(row_of_head(from.rows, rows[r]), column);\n      x.x = from.factor * x.x - from.center[column];\n      x.y = from.factor * x.y - from.center[column + 1];\n      x.z = from.factor * x.z - from.center[column + 2];\n      x.w = from.factor * x.w - from.center[column + 3];\n    }\n    as<float4>(tile + (r * tile_stride + c))[0] = x;\n  }\n}\n\n// The mean of the rows, into `center`.\ntemplate <typename T>\nDEVICE void find_center(shared<float> center, shared<float> tile, const Operand<T>& from, shared<int> rows) {\n  for (int part = 0; part < parts; part++) {\n    stage(tile, from, rows, part);\n    __syncthreads();\n    for (int column = threadIdx.x; column < part_columns; column += threads) {\n      float sum = 0, count = 0;\n      for (int r = 0; r < step_rows; r++) {\n        sum += tile[r * tile_stride + column];\n        count += rows[r] >= 0 ? 1.f : 0.f;\n      }\n      center[part * part_columns + column] = sum / fmaxf(count, 1.f);\n    }\n    __syncthreads();\n  }\n}\n\n// Adds the products of a thread's rows of two tiles.\nDEVICE void add_products(float (&sums)[4][4], shared<float> own, shared<float> walked) {\n  const int line = threadIdx.x / 16, lane = threadIdx.x % 16;\n#pragma unroll 1\n  for (int c = 0; c < part_columns; c += 4) {\n    float4 a[4], b[4];\n#pragma unroll\n    for (int i = 0; i < 4; i++) {\n      a[i] = as<float4>(own + ((line + 16 * i) * tile_stride + c))[0];\n      b[i] = as<float4>(walked + ((lane + 16 * i) * tile_stride + c))[0];\n    }\n#pragma unroll\n    for (int i = 0; i < 4; i++)\n#pragma unroll\n      for (int j = 0; j < 4; j++) {\n        sums[i][j] = fmaf(a[i].x, b[j].x, sums[i][j]);\n        sums[i][j] = fmaf(a[i].y, b[j].y, sums[i][j]);\n        sums[i][j] = fmaf(a[i].z, b[j].z, sums[i][j]);\n        sums[i][j] = fmaf(a[i].w, b[j].w, sums[i][j]);\n      }\n  }\n}\n\nDEVICE void store_weights(shared<float> weights, const float (&x)[4][4]) {\n  const int line = threadIdx.x / 16, lane = threadIdx.x % 16;\n#pragma unroll\n  for (int i = 0; i < 4; i++)\n#pragma unroll\n    for (int j = 0; j < 4; j++) weights[(line + 16 * i) * weight_stride + lane + 16 * j] = x[i][j];\n}\n\n// sums += weights · the rows walked over, a part at a time.\ntemplate <typename T>\nDEVICE void add_weighted(float (&sums)[4][parts * thread_columns], shared<float> weights, shared<float> tile,\n                         const Operand<T>& from, shared<int> rows) {\n  const int line = threadIdx.x / 16, lane = threadIdx.x % 16;\n#pragma unroll\n  for (int part = 0; part < parts; part++) {\n    __syncthreads();\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"restages"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":111,"column":0},"end":{"line":114,"column":7}}})) != null ? stack1 : "")
    + "#pragma unroll 2\n    for (int k = 0; k < step_rows; k += 4) {\n      float w[4][4];\n#pragma unroll\n      for (int i = 0; i < 4; i++) {\n        const float4 four = as<float4>(weights + ((line + 16 * i) * weight_stride + k))[0];\n        w[i][0] = four.x;\n        w[i][1] = four.y;\n        w[i][2] = four.z;\n        w[i][3] = four.w;\n      }\n#pragma unroll\n      for (int next = 0; next < 4; next++)\n#pragma unroll\n        for (int j = 0; j < thread_columns; j++) {\n          const float x = tile[(k + next) * tile_stride + lane + 16 * j];\n#pragma unroll\n          for (int i = 0; i < 4; i++)\n            sums[i][part * thread_columns + j] = fmaf(w[i][next], x, sums[i][part * thread_columns + j]);\n        }\n    }\n  }\n}\n\n// Writes a thread's sums, times a factor of each row, plus a center where `has_center`.\ntemplate <typename T>\nDEVICE void store_sums(const Rows<T>& to, const float (&sums)[4][parts * thread_columns], shared<int> rows,\n                       const float (&factors)[4], shared<float> center) {\n  const int line = threadIdx.x / 16, lane = threadIdx.x % 16;\n#pragma unroll\n  for (int i = 0; i < 4; i++) {\n    const int row = rows[line + 16 * i];\n    if (row < 0) continue;\n#pragma unroll\n    for (int j = 0; j < parts * thread_columns; j++) {\n      const int column = lane + 16 * j;\n      if (column < head_dim) store(row_of_head(to, row), column, fmaf(factors[i], sums[i][j], factors[i] == 0 ? 0.f : center[column]));\n    }\n  }\n}\n";
},"useData":true}],
  ["cuda/_attention_tensor", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  // They come while the thread goes on, until it waits for them.\n#pragma unroll "
    + ((stack1 = container.lambda(container.strict(depth0, "copies", {"start":{"line":52,"column":17},"end":{"line":52,"column":23}} ), depth0)) != null ? stack1 : "")
    + "\n  for (int item = threadIdx.x; item < count * depth_tiles; item += threads) {\n    const int r = item / depth_tiles, column = item % depth_tiles * 8;\n    const int row = rows[r];\n    const bool is_there = row >= 0 && column < head_dim;\n    cp_async16(tile + (r * tile_stride + column), row_of_head(from, max(row, 0)) + (column < head_dim ? column : 0), is_there);\n  }\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  stage_at_once<count>(tile, from, rows);\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "  if (c < head_dim) as<float2>(head + c)[0] = make_float2(x, y);\n";
},"3":function(container,depth0,helpers,partials,data) {
    return "  if (c < head_dim) head[c] = x;\n  if (c + 1 < head_dim) head[c + 1] = y;\n";
},"4":function(container,depth0,helpers,partials,data) {
    return "  if (c < head_dim) as<unsigned>(head + c)[0] = pack_bf16(x, y);\n";
},"5":function(container,depth0,helpers,partials,data) {
    return "  if (c < head_dim) store(head, c, x);\n  if (c + 1 < head_dim) store(head, c + 1, y);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// A warp has "
    + ((stack1 = alias2(alias1(depth0, "warpTiles", {"start":{"line":1,"column":16},"end":{"line":1,"column":25}} ), depth0)) != null ? stack1 : "")
    + " × 16 of its block's rows, and multiplies them by all that is walked over (mma.sync, sm_80 and later; on\n// sm_90 wgmma would take the rows walked over straight from shared memory, swizzled as TMA leaves them, and spare the\n// fragments of them that every warp loads; the sums' layout, and so all between two products, would stay what it is).\nconstexpr int warp_tiles = "
    + ((stack1 = alias2(alias1(depth0, "warpTiles", {"start":{"line":4,"column":29},"end":{"line":4,"column":38}} ), depth0)) != null ? stack1 : "")
    + ";\nconstexpr int step_tiles = step_rows / 8, depth_tiles = depth / 8;\n// Rows in shared memory are an odd number of 16 byte pieces apart: eight of them begin in different banks.\nconstexpr int tile_stride = depth + 8;\n// Scores are powers of two.\nconstexpr float scale_of_two = "
    + ((stack1 = alias2(alias1(depth0, "scaleOfTwo", {"start":{"line":9,"column":33},"end":{"line":9,"column":43}} ), depth0)) != null ? stack1 : "")
    + ";\n\n// 2ˣ to about two units in the last place; 0 of −∞.\n#ifdef EMULATOR\nDEVICE float power_of_two(float x) { return exp2f(x); }\n#else\nDEVICE float power_of_two(float x) {\n  float y;\n  asm(\"ex2.approx.ftz.f32 %0, %1;\" : \"=f\"(y) : \"f\"(x));\n  return y;\n}\n#endif\n\n// Of a thread's sums, element e of tile n of the warp's tile m is in row 16 m + lane / 4 + 8 (e / 2) of the warp's, and in\n// column 8 n + 2 (lane % 4) + e % 2.\nDEVICE int first_row_of_warp() { return static_cast<int>(threadIdx.x) / 32 * 16 * warp_tiles; }\nDEVICE int row_of_thread() { return first_row_of_warp() + static_cast<int>(threadIdx.x) % 32 / 4; }\nDEVICE int column_of_thread() { return static_cast<int>(threadIdx.x) % 4 * 2; }\n\n// Brings rows into a tile; zeros where there is no row, and past the end of a head, where anything may stand.\ntemplate <int count, typename T>\nDEVICE void stage_at_once(shared<bf16> tile, const Rows<T>& from, shared<int> rows) {\n  for (int item = threadIdx.x; item < count * depth_tiles; item += threads) {\n    const int r = item / depth_tiles, column = item % depth_tiles * 8;\n    const int row = rows[r];\n    const global<T> head = row_of_head(from, max(row, 0));\n    float x[8];\n#pragma unroll\n    for (int i = 0; i < 8; i++) x[i] = row >= 0 && column + i < head_dim ? load(head, column + i) : 0.f;\n    as<uint4>(tile + (r * tile_stride + column))[0] =\n        make_uint4(pack_bf16(x[0], x[1]), pack_bf16(x[2], x[3]), pack_bf16(x[4], x[5]), pack_bf16(x[6], x[7]));\n  }\n}\n\ntemplate <int count>\nDEVICE void stage(shared<bf16> tile, const Rows<const float>& from, shared<int> rows) {\n  stage_at_once<count>(tile, from, rows);\n}\n\ntemplate <int count>\nDEVICE void stage(shared<bf16> tile, const Rows<const bf16>& from, shared<int> rows) {\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isAligned"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.program(1, data, 0),"data":data,"loc":{"start":{"line":50,"column":0},"end":{"line":61,"column":7}}})) != null ? stack1 : "")
    + "}\n\n// 16 rows and 16 columns of a tile as the left factor of a product.\nDEVICE void load_left(unsigned (&a)[4], shared<bf16> tile, int row, int column) {\n  const int lane = threadIdx.x % 32;\n  ldmatrix_x4(a, tile + ((row + lane % 16) * tile_stride + column + lane / 16 * 8));\n}\n\n// As right factors of two products: the tile's rows are their columns.\nDEVICE void load_right(unsigned (&low)[2], unsigned (&high)[2], shared<bf16> tile, int row, int column) {\n  const int lane = threadIdx.x % 32;\n  unsigned b[4];\n  ldmatrix_x4(b, tile + ((row + lane % 8 + lane / 16 * 8) * tile_stride + column + lane / 8 % 2 * 8));\n  low[0] = b[0];\n  low[1] = b[1];\n  high[0] = b[2];\n  high[1] = b[3];\n}\n\n// The same, the tile's rows being the products' rows.\nDEVICE void load_right_turned(unsigned (&low)[2], unsigned (&high)[2], shared<bf16> tile, int row, int column) {\n  const int lane = threadIdx.x % 32;\n  unsigned b[4];\n  ldmatrix_x4_trans(b, tile + ((row + lane % 16) * tile_stride + column + lane / 16 * 8));\n  low[0] = b[0];\n  low[1] = b[1];\n  high[0] = b[2];\n  high[1] = b[3];\n}\n\n// sums += the warp's own rows · the rows walked over.\nDEVICE void add_products(float (&sums)[warp_tiles][step_tiles][4], shared<bf16> own, shared<bf16> walked) {\n#pragma unroll\n  for (int k = 0; k < depth; k += 16) {\n    unsigned a[warp_tiles][4];\n#pragma unroll\n    for (int m = 0; m < warp_tiles; m++) load_left(a[m], own, first_row_of_warp() + 16 * m, k);\n#pragma unroll\n    for (int n = 0; n < step_tiles; n += 2) {\n      unsigned low[2], high[2];\n      load_right(low, high, walked, 8 * n, k);\n#pragma unroll\n      for (int m = 0; m < warp_tiles; m++) {\n        mma_bf16(sums[m][n], a[m], low);\n        mma_bf16(sums[m][n + 1], a[m], high);\n      }\n    }\n  }\n}\n\n// sums += weights, rounded to bf16, · the rows walked over. Weights lie in a thread as the left factor has to.\nDEVICE void add_weighted(float (&sums)[warp_tiles][depth_tiles][4], const float (&weights)[warp_tiles][step_tiles][4],\n                         shared<bf16> walked) {\n#pragma unroll\n  for (int k = 0; k < step_tiles; k += 2) {\n    unsigned a[warp_tiles][4];\n#pragma unroll\n    for (int m = 0; m < warp_tiles; m++) {\n      a[m][0] = pack_bf16(weights[m][k][0], weights[m][k][1]);\n      a[m][1] = pack_bf16(weights[m][k][2], weights[m][k][3]);\n      a[m][2] = pack_bf16(weights[m][k + 1][0], weights[m][k + 1][1]);\n      a[m][3] = pack_bf16(weights[m][k + 1][2], weights[m][k + 1][3]);\n    }\n#pragma unroll\n    for (int n = 0; n < depth_tiles; n += 2) {\n      unsigned low[2], high[2];\n      load_right_turned(low, high, walked, 8 * k, 8 * n);\n#pragma unroll\n      for (int m = 0; m < warp_tiles; m++) {\n        mma_bf16(sums[m][n], a[m], low);\n        mma_bf16(sums[m][n + 1], a[m], high);\n      }\n    }\n  }\n}\n\n// What the four threads of a row have, together.\nDEVICE float sum_of_row(float x) {\n  x += __shfl_xor_sync(0xffffffffu, x, 1);\n  return x + __shfl_xor_sync(0xffffffffu, x, 2);\n}\n\n// Two neighbouring components of a head.\nDEVICE void store2(global<float> head, int c, float x, float y) {\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isEven"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.program(3, data, 0),"data":data,"loc":{"start":{"line":146,"column":0},"end":{"line":151,"column":7}}})) != null ? stack1 : "")
    + "}\n\nDEVICE void store2(global<bf16> head, int c, float x, float y) {\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isEven"),{"name":"if","hash":{},"fn":container.program(4, data, 0),"inverse":container.program(5, data, 0),"data":data,"loc":{"start":{"line":155,"column":0},"end":{"line":160,"column":7}}})) != null ? stack1 : "")
    + "}\n\ntemplate <typename T>\nDEVICE void store_sums(const Rows<T>& to, const float (&sums)[warp_tiles][depth_tiles][4], shared<int> rows,\n                       const float (&factors)[warp_tiles][2]) {\n#pragma unroll\n  for (int m = 0; m < warp_tiles; m++)\n#pragma unroll\n    for (int h = 0; h < 2; h++) {\n      const int row = rows[row_of_thread() + 16 * m + 8 * h];\n      if (row < 0) continue;\n      const global<T> head = row_of_head(to, row);\n#pragma unroll\n      for (int n = 0; n < depth_tiles; n++)\n        store2(head, 8 * n + column_of_thread(), factors[m][h] * sums[m][n][2 * h], factors[m][h] * sums[m][n][2 * h + 1]);\n    }\n}\n\n// What a warp's rows see: any of them from `begin` to `end`, all of them from `all_begin` to `all_end`. Rows that are none\n// see what the others do.\nstruct WarpSight {\n  int begin, end, all_begin, all_end;\n};\n\nDEVICE WarpSight sight_of_warp(shared<int> rows, shared<int> first, shared<int> length) {\n  WarpSight sight = {0x7fffffff, 0, 0, 0x7fffffff};\n  for (int r = threadIdx.x % 32; r < 16 * warp_tiles; r += 32) {\n    const int at = first_row_of_warp() + r;\n    if (rows[at] < 0) continue;\n    const int begin = first[at], end = begin + length[at];\n    if (begin < end) {\n      sight.begin = min(sight.begin, begin);\n      sight.end = max(sight.end, end);\n    }\n    sight.all_begin = max(sight.all_begin, begin);\n    sight.all_end = min(sight.all_end, end);\n  }\n#pragma unroll\n  for (int apart = 16; apart > 0; apart /= 2) {\n    sight.begin = min(sight.begin, __shfl_xor_sync(0xffffffffu, sight.begin, apart));\n    sight.end = max(sight.end, __shfl_xor_sync(0xffffffffu, sight.end, apart));\n    sight.all_begin = max(sight.all_begin, __shfl_xor_sync(0xffffffffu, sight.all_begin, apart));\n    sight.all_end = min(sight.all_end, __shfl_xor_sync(0xffffffffu, sight.all_end, apart));\n  }\n  return sight;\n}\n\n// Whether each of a step's positions has a row.\nDEVICE bool are_all_there(shared<int> rows) {\n  bool are_there = true;\n  for (int r = threadIdx.x % 32; r < step_rows; r += 32) are_there = are_there && rows[r] >= 0;\n  return __all_sync(0xffffffffu, are_there);\n}\n";
},"useData":true}],
  ["cuda/_functions", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"functions"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":1,"column":0},"end":{"line":3,"column":9}}})) != null ? stack1 : "");
},"useData":true}],
  ["cuda/_gradient", {"0":function(container,depth0,helpers,partials,data) {
    return "  store4(p, column, accumulate ? add4(load4(p, column), x) : x);\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  const float sum[4] = {x.x, x.y, x.z, x.w};\n#pragma unroll\n  for (int i = 0; i < 4; i++)\n    if (column + i < width) store(p, column + i, accumulate ? load(p, column + i) + sum[i] : sum[i]);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "\n// Four neighbours of a gradient; the last ones of a row may be fewer, and vectors whole ones only where rows are.\nDEVICE void store_sum(global<float> p, int column, int width, float4 x, bool accumulate) {\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"aligned"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.program(1, data, 0),"data":data,"loc":{"start":{"line":4,"column":0},"end":{"line":11,"column":7}}})) != null ? stack1 : "")
    + "}\n";
},"useData":true}],
  ["cuda/_groups", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "\n// Sums over `size` neighbouring threads, a power of two that is the same for the whole block: within warps, then over\n// the warps in order, so that all of them get the same bits. `partials` has room for a float per warp and sum.\ntemplate <int N>\nDEVICE void sum_group(float (&x)[N], int size, shared<float> partials) {\n  for (int other = min(size, 32) / 2; other > 0; other /= 2) {\n#pragma unroll\n    for (int i = 0; i < N; i++) x[i] += __shfl_xor_sync(0xffffffffu, x[i], other);\n  }\n  if (size <= 32) return;\n  const int warp = threadIdx.x / 32;\n  if (threadIdx.x % 32 == 0) {\n#pragma unroll\n    for (int i = 0; i < N; i++) partials["
    + ((stack1 = alias2(alias1(depth0, "warps", {"start":{"line":14,"column":43},"end":{"line":14,"column":48}} ), depth0)) != null ? stack1 : "")
    + " * i + warp] = x[i];\n  }\n  __syncthreads();\n  const int begin = warp / (size / 32) * (size / 32);\n#pragma unroll\n  for (int i = 0; i < N; i++) {\n    x[i] = partials["
    + ((stack1 = alias2(alias1(depth0, "warps", {"start":{"line":20,"column":22},"end":{"line":20,"column":27}} ), depth0)) != null ? stack1 : "")
    + " * i + begin];\n    for (int other = 1; other < size / 32; other++) x[i] += partials["
    + ((stack1 = alias2(alias1(depth0, "warps", {"start":{"line":21,"column":71},"end":{"line":21,"column":76}} ), depth0)) != null ? stack1 : "")
    + " * i + begin + other];\n  }\n  __syncthreads();\n}\n";
},"useData":true}],
  ["cuda/_hopper", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "\n// Hopper's own (sm_90a): barriers in shared memory, tiles copied by the tensor memory accelerator, products of a warpgroup\n// of four warps with both operands in shared memory.\n#if HOPPER\n#ifndef EMULATOR\nDEVICE unsigned barrier_address(shared<unsigned long long> bar) {\n  return static_cast<unsigned>(__cvta_generic_to_shared(bar));\n}\n\nDEVICE void mbarrier_init(shared<unsigned long long> bar, int arrivals) {\n  asm volatile(\"mbarrier.init.shared::cta.b64 [%0], %1;\" :: \"r\"(barrier_address(bar)), \"r\"(arrivals) : \"memory\");\n}\n\n// Makes barriers known to the accelerator; __syncthreads() then makes them known to the block.\nDEVICE void mbarrier_init_fence() {\n  asm volatile(\"fence.mbarrier_init.release.cluster;\\nfence.proxy.async.shared::cta;\" ::: \"memory\");\n}\n\nDEVICE void mbarrier_arrive(shared<unsigned long long> bar) {\n  asm volatile(\"mbarrier.arrive.shared::cta.b64 _, [%0];\" :: \"r\"(barrier_address(bar)) : \"memory\");\n}\n\n// Arrives, and has the phase wait for so many bytes of copies too.\nDEVICE void mbarrier_arrive_expect(shared<unsigned long long> bar, int bytes) {\n  asm volatile(\"mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;\"\n               :: \"r\"(barrier_address(bar)), \"r\"(bytes) : \"memory\");\n}\n\n// Waits until the phase of this parity has ended.\nDEVICE void mbarrier_wait(shared<unsigned long long> bar, int parity) {\n  asm volatile(\n    \"{\\n.reg .pred p;\\n\"\n    \"WAIT:\\nmbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\\n\"\n    \"@p bra DONE;\\nbra WAIT;\\nDONE:\\n}\\n\"\n    :: \"r\"(barrier_address(bar)), \"r\"(parity) : \"memory\");\n}\n\n// Copies the map's box at (column, row), swizzled over 128 bytes, zeros outside the matrix; counts its bytes on bar.\nDEVICE void tma_load_2d(shared<bf16> to, const TensorMap* map, int column, int row, shared<unsigned long long> bar) {\n  asm volatile(\"cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];\"\n               :: \"r\"(static_cast<unsigned>(__cvta_generic_to_shared(to))), \"l\"(map), \"r\"(column), \"r\"(row),\n                  \"r\"(barrier_address(bar)) : \"memory\");\n}\n\n// A map that the host wrote to memory: once per map in a thread before it uses it.\nDEVICE void tensor_map_acquire(const TensorMap* map) {\n  asm volatile(\"fence.proxy.tensormap::generic.acquire.sys [%0], 128;\" :: \"l\"(map) : \"memory\");\n}\n\n// What this thread wrote to shared memory, for the accelerator and wgmma to read (after a barrier).\nDEVICE void async_proxy_fence() { asm volatile(\"fence.proxy.async.shared::cta;\" ::: \"memory\"); }\n\n// A matrix in shared memory, swizzled over 128 bytes (atoms of 8 rows of 128 bytes, at multiples of 1024 bytes).\n// K-major: stride_bytes from 8 rows to the next 8. MN-major: leading_bytes from 64 elements along M or N to the next 64,\n// stride_bytes from 8 steps along k to the next 8.\nDEVICE unsigned long long wgmma_descriptor(shared<bf16> start, int leading_bytes, int stride_bytes) {\n  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(start));\n  return static_cast<unsigned long long>((address & 0x3ffff) >> 4) |\n         static_cast<unsigned long long>(leading_bytes >> 4) << 16 |\n         static_cast<unsigned long long>(stride_bytes >> 4) << 32 | 1ull << 62;\n}\n\nDEVICE void wgmma_fence() { asm volatile(\"wgmma.fence.sync.aligned;\" ::: \"memory\"); }\n\nDEVICE void wgmma_commit() { asm volatile(\"wgmma.commit_group.sync.aligned;\" ::: \"memory\"); }\n\ntemplate <int N>\nDEVICE void wgmma_wait() {\n  asm volatile(\"wgmma.wait_group.sync.aligned %0;\" :: \"n\"(N) : \"memory\");\n}\n\n#define WGMMA_8(i) \"+f\"(d[i]), \"+f\"(d[i + 1]), \"+f\"(d[i + 2]), \"+f\"(d[i + 3]), \\\n  \"+f\"(d[i + 4]), \"+f\"(d[i + 5]), \"+f\"(d[i + 6]), \"+f\"(d[i + 7])\n\n// d = a · b (+ d where `accumulate`), m64nNk16. Trans: 0 K-major, 1 MN-major. Warp w has rows 16w to 16w + 15: with\n// g = lane / 4 and t = lane % 4, d[4j + 0…3] are (g, 8j + 2t), (g, 8j + 2t + 1), (g + 8, 8j + 2t), (g + 8, 8j + 2t + 1).\ntemplate <int N, int TransA, int TransB>\nDEVICE void wgmma_bf16(float (&d)[N / 2], unsigned long long a, unsigned long long b, int accumulate) {\n  if constexpr (N == 64) {\n    asm volatile(\n      \"{\\n.reg .pred p;\\nsetp.ne.b32 p, %34, 0;\\n\"\n      \"wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 \"\n      \"{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,\"\n      \" %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, \"\n      \"%32, %33, p, 1, 1, %35, %36;\\n}\\n\"\n      : WGMMA_8(0), WGMMA_8(8), WGMMA_8(16), WGMMA_8(24)\n      : \"l\"(a), \"l\"(b), \"r\"(accumulate), \"n\"(TransA), \"n\"(TransB));\n  } else if constexpr (N == 128) {\n    asm volatile(\n      \"{\\n.reg .pred p;\\nsetp.ne.b32 p, %66, 0;\\n\"\n      \"wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 \"\n      \"{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,\"\n      \" %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31,\"\n      \" %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47,\"\n      \" %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, \"\n      \"%64, %65, p, 1, 1, %67, %68;\\n}\\n\"\n      : WGMMA_8(0), WGMMA_8(8), WGMMA_8(16), WGMMA_8(24), WGMMA_8(32), WGMMA_8(40), WGMMA_8(48), WGMMA_8(56)\n      : \"l\"(a), \"l\"(b), \"r\"(accumulate), \"n\"(TransA), \"n\"(TransB));\n  } else if constexpr (N == 256) {\n    asm volatile(\n      \"{\\n.reg .pred p;\\nsetp.ne.b32 p, %130, 0;\\n\"\n      \"wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 \"\n      \"{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,\"\n      \" %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31,\"\n      \" %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47,\"\n      \" %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63,\"\n      \" %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79,\"\n      \" %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95,\"\n      \" %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111,\"\n      \" %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, \"\n      \"%128, %129, p, 1, 1, %131, %132;\\n}\\n\"\n      : WGMMA_8(0), WGMMA_8(8), WGMMA_8(16), WGMMA_8(24), WGMMA_8(32), WGMMA_8(40), WGMMA_8(48), WGMMA_8(56),\n        WGMMA_8(64), WGMMA_8(72), WGMMA_8(80), WGMMA_8(88), WGMMA_8(96), WGMMA_8(104), WGMMA_8(112), WGMMA_8(120)\n      : \"l\"(a), \"l\"(b), \"r\"(accumulate), \"n\"(TransA), \"n\"(TransB));\n  } else {\n    static_assert(N == 64 || N == 128 || N == 256, \"columns of a wgmma\");\n  }\n}\n#undef WGMMA_8\n\ntemplate <int N>\nDEVICE void registers_increase() {\n  asm volatile(\"setmaxnreg.inc.sync.aligned.u32 %0;\" :: \"n\"(N));\n}\n\ntemplate <int N>\nDEVICE void registers_decrease() {\n  asm volatile(\"setmaxnreg.dec.sync.aligned.u32 %0;\" :: \"n\"(N));\n}\n#endif\n\n// The accumulators change until the wait has returned: no read or write of them moves across this.\ntemplate <int N>\nDEVICE void wgmma_hold(float (&d)[N]) {\n#ifndef EMULATOR\n#pragma unroll\n  for (int i = 0; i < N; i++) asm volatile(\"\" : \"+f\"(d[i]) :: \"memory\");\n#endif\n}\n#endif\n";
},"useData":true}],
  ["cuda/_lanes", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "\n// So many neighbouring elements at a time: 16 bytes of the widest.\nconstexpr int LANES = "
    + ((stack1 = container.lambda(container.strict(depth0, "lanes", {"start":{"line":3,"column":24},"end":{"line":3,"column":29}} ), depth0)) != null ? stack1 : "")
    + ";\n\ntemplate <typename T>\nDEVICE void load_lanes(float (&x)[LANES], global<const T> p, int i) {\n  if constexpr (sizeof(T) == 2 && LANES == 8) {\n    const uint4 words = as<const uint4>(p + i)[0];\n    const unsigned pairs[4] = {words.x, words.y, words.z, words.w};\n#pragma unroll\n    for (int k = 0; k < 4; k++) {\n      x[2 * k] = low_float(pairs[k]);\n      x[2 * k + 1] = high_float(pairs[k]);\n    }\n  } else {\n#pragma unroll\n    for (int k = 0; k < LANES; k += 4) {\n      const float4 four = load4(p, i + k);\n      x[k] = four.x;\n      x[k + 1] = four.y;\n      x[k + 2] = four.z;\n      x[k + 3] = four.w;\n    }\n  }\n}\n\ntemplate <typename T>\nDEVICE void store_lanes(global<T> p, int i, const float (&x)[LANES]) {\n  if constexpr (sizeof(T) == 2 && LANES == 8) {\n    as<uint4>(p + i)[0] =\n        make_uint4(pack_bf16(x[0], x[1]), pack_bf16(x[2], x[3]), pack_bf16(x[4], x[5]), pack_bf16(x[6], x[7]));\n  } else {\n#pragma unroll\n    for (int k = 0; k < LANES; k += 4) store4(p, i + k, make_float4(x[k], x[k + 1], x[k + 2], x[k + 3]));\n  }\n}\n\n// The first `count` of them; zeros behind.\ntemplate <typename T>\nDEVICE void load_some(float (&x)[LANES], global<const T> p, int i, int count) {\n#pragma unroll\n  for (int k = 0; k < LANES; k++) x[k] = k < count ? load(p, i + k) : 0.0f;\n}\n\ntemplate <typename T>\nDEVICE void store_some(global<T> p, int i, const float (&x)[LANES], int count) {\n#pragma unroll\n  for (int k = 0; k < LANES; k++) {\n    if (k < count) store(p, i + k, x[k]);\n  }\n}\n\n// What comes back of an element that is stored.\ntemplate <typename T>\nDEVICE float as_stored(float x) {\n  if constexpr (sizeof(T) == 2) return to_float(to_bf16(x));\n  return x;\n}\n";
},"useData":true}],
  ["cuda/_largest", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "\n// As `sum_group`, the largest.\nDEVICE float max_group(float x, int size, shared<float> partials) {\n  for (int other = min(size, 32) / 2; other > 0; other /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, other));\n  if (size <= 32) return x;\n  const int warp = threadIdx.x / 32;\n  if (threadIdx.x % 32 == 0) partials[warp] = x;\n  __syncthreads();\n  const int begin = warp / (size / 32) * (size / 32);\n  for (int other = 0; other < size / 32; other++) x = fmaxf(x, partials[begin + other]);\n  __syncthreads();\n  return x;\n}\n\n// What a softmax needs of the elements seen so far: the largest, and the sum of their exponentials relative to it.\nstruct Softmax {\n  float largest, total;\n};\n\n// Takes in a window of which the elements before column `end` count: one exponential for the change of the largest.\nDEVICE void take_window(Softmax& seen, const float (&x)[KEPT][LANES], int column, int step, int end) {\n  if (column >= end) return;\n  float high = seen.largest;\n#pragma unroll\n  for (int k = 0; k < KEPT; k++) {\n#pragma unroll\n    for (int lane = 0; lane < LANES; lane++) {\n      if (column + k * step + lane < end) high = fmaxf(high, x[k][lane]);\n    }\n  }\n  float sum = seen.total * expf(seen.largest - high);\n#pragma unroll\n  for (int k = 0; k < KEPT; k++) {\n#pragma unroll\n    for (int lane = 0; lane < LANES; lane++) {\n      if (column + k * step + lane < end) sum += expf(x[k][lane] - high);\n    }\n  }\n  seen.largest = high;\n  seen.total = sum;\n}\n\nDEVICE void join_group(Softmax& seen, int size, shared<float> partials) {\n  const float high = max_group(seen.largest, size, partials);\n  float total[1] = {seen.total * expf(seen.largest - high)};\n  sum_group(total, size, partials);\n  seen.largest = high;\n  seen.total = total[0];\n}\n";
},"useData":true}],
  ["cuda/_mma", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "\n// A block of eight warps computes 128 × 128, a warp 64 rows by two runs of 16 columns. Of k it stages `depth` at a time, in\n// `stages` places, so that copies run ahead of the products.\nconstexpr int threads = 256, rows = 128, columns = 128, depth = 32, stages = 4;\nconstexpr int tile_elements = rows * depth;\n\n// Where chunk `chunk` (8 elements, 16 bytes) of a line stands in a tile of lines of so many chunks: eight lines' chunks of\n// one number, which ldmatrix reads at once, fall into different banks.\ntemplate <int chunks>\nDEVICE int staged(int line, int chunk) {\n  return (line * chunks + (chunk ^ (chunks == 4 ? line / 2 % 4 : line % 8))) * 8;\n}\n\n// Where run j of a warp's columns begins: the two are `apart` columns apart.\ntemplate <int apart>\nDEVICE int warp_column(int j) {\n  const int warp = threadIdx.x / 32 % 4, neighbours = apart / 16;\n  return warp / neighbours * 2 * apart + warp % neighbours * 16 + j * apart;\n}\n\n// Copies a tile of a matrix whose lines are `stride` elements apart: zeros from line `lines_there` on and from element\n// `elements_there` of a line on. Wide: every line begins at a multiple of 16 bytes.\ntemplate <int lines, int chunks, int all_chunks, bool wide>\nDEVICE void stage_tile(shared<bf16> tile, global<const bf16> from, int stride, int lines_there, int elements_there) {\n#pragma unroll\n  for (int i = 0; i < lines * chunks / threads; i++) {\n    const int at = threadIdx.x + i * threads, line = at / chunks, chunk = at % chunks;\n    const shared<bf16> to = tile + staged<all_chunks>(line, chunk);\n    const int there = line < lines_there ? elements_there - chunk * 8 : 0;\n    const global<const bf16> source = from + (static_cast<long long>(line) * stride + chunk * 8);\n    if (there <= 0 || (wide && there >= 8)) {\n      cp_async16(to, there <= 0 ? from : source, there > 0);\n    } else {\n      unsigned word[4];\n#pragma unroll\n      for (int j = 0; j < 4; j++) {\n        const unsigned low = 2 * j < there ? source[2 * j].bits : 0, high = 2 * j + 1 < there ? source[2 * j + 1].bits : 0;\n        word[j] = low | high << 16;\n      }\n      as<uint4>(to)[0] = make_uint4(word[0], word[1], word[2], word[3]);\n    }\n  }\n}\n\n// sum += a · b over the staged run of k. By k: a tile's lines are rows of a (columns of b) and run along k; else its lines\n// are steps along k.\ntemplate <bool a_by_k, bool b_by_k, int apart>\nDEVICE void multiply(float (&sum)[4][4][4], shared<bf16> a_tile, shared<bf16> b_tile) {\n  const int lane = threadIdx.x % 32, row0 = threadIdx.x / 128 * 64;\n  const int low = lane % 8, middle = lane / 8 % 2, high = lane / 16;\n#pragma unroll\n  for (int k = 0; k < depth; k += 16) {\n    unsigned a[4][4], b[2][4];\n#pragma unroll\n    for (int i = 0; i < 4; i++) {\n      const int row = row0 + 16 * i;\n      if (a_by_k)\n        ldmatrix_x4(a[i], a_tile + staged<depth / 8>(row + 8 * middle + low, k / 8 + high));\n      else\n        ldmatrix_x4_trans(a[i], a_tile + staged<rows / 8>(k + 8 * high + low, row / 8 + middle));\n    }\n#pragma unroll\n    for (int j = 0; j < 2; j++) {\n      const int column = warp_column<apart>(j);\n      if (b_by_k)\n        ldmatrix_x4(b[j], b_tile + staged<depth / 8>(column + 8 * high + low, k / 8 + middle));\n      else\n        ldmatrix_x4_trans(b[j], b_tile + staged<columns / 8>(k + 8 * middle + low, column / 8 + high));\n    }\n#pragma unroll\n    for (int i = 0; i < 4; i++) {\n#pragma unroll\n      for (int j = 0; j < 4; j++) {\n        const unsigned half[2] = {b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]};\n        mma_bf16(sum[i][j], a[i], half);\n      }\n    }\n  }\n}\n";
},"useData":true}],
  ["cuda/_pairs", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "\n// Eight sums of a lane: two neighbours in each of four pieces of eight columns. Of those 32 columns `there` are the\n// product's; memory is read and written 16 bytes at a time, so lanes exchange.\ntemplate <int N>\nDEVICE void take_pairs(float (&v)[8], const float (&sum)[N], int at) {\n#pragma unroll\n  for (int i = 0; i < 8; i++) v[i] = sum[at + i / 2 * 4 + i % 2];\n}\n\nDEVICE void load_pairs(float (&v)[8], global<const bf16> p, int there) {\n  uint4 x = {};\n  if (octet_column() < there) x = as<const uint4>(p + octet_column())[0];\n  x = octet(x.x, x.y, x.z, x.w);\n  v[0] = low_float(x.x);\n  v[1] = high_float(x.x);\n  v[2] = low_float(x.y);\n  v[3] = high_float(x.y);\n  v[4] = low_float(x.z);\n  v[5] = high_float(x.z);\n  v[6] = low_float(x.w);\n  v[7] = high_float(x.w);\n}\n\nDEVICE void store_pairs(global<bf16> p, const float (&v)[8], int there) {\n  const uint4 x = octet(pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]), pack_bf16(v[4], v[5]), pack_bf16(v[6], v[7]));\n  if (octet_column() < there) as<uint4>(p + octet_column())[0] = x;\n}\n\n// In f32 a piece's row is 32 bytes already.\nDEVICE void load_pairs(float (&v)[8], global<const float> p, int there) {\n#pragma unroll\n  for (int i = 0; i < 8; i += 2) {\n    const int column = 4 * i + threadIdx.x % 4 * 2;\n    float2 x = {};\n    if (column < there) x = as<const float2>(p + column)[0];\n    v[i] = x.x;\n    v[i + 1] = x.y;\n  }\n}\n\nDEVICE void store_pairs(global<float> p, const float (&v)[8], int there) {\n#pragma unroll\n  for (int i = 0; i < 8; i += 2) {\n    const int column = 4 * i + threadIdx.x % 4 * 2;\n    if (column < there) as<float2>(p + column)[0] = make_float2(v[i], v[i + 1]);\n  }\n}\n";
},"useData":true}],
  ["cuda/_parts", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "\n// The products of a launch: tiles of rows by runs of columns of all turns.\nstruct Work {\n  const int* records;\n  Job job;\n  global<const int> words;\n  // By turn the columns of its widest modality.\n  shared<int> widest;\n  int tiles;\n};\n\n// What a block does next: `count` rows from `first` of a tile, and the columns from `column0` of the product whose sizes\n// and addresses begin at word `record`. Nothing where count is 0.\nstruct Part {\n  int first, count, record, column0;\n};\n\n// Tiles of rows that are gone through for one run of columns before the next: what they share stays in the cache.\nconstexpr int run = 16;\n\n// Turns that have room in `widest`; of the others it is found again and again.\nconstexpr int most_turns = 64;\n\nDEVICE int widest_of(const int* records, Job job, int turn) {\n  int widest = 0;\n#pragma unroll 1\n  for (int m = 0; m < static_cast<int>(job.modalities); m++) {\n    const int record = job.records + (turn * job.modalities + m) * job.words;\n    if (records[record] != 0) widest = max(widest, records[record + 1]);\n  }\n  return widest;\n}\n\n// All threads of the block.\nDEVICE Work find_work(unsigned char* arena, const int* records, Job job, shared<int> widest) {\n  for (int turn = threadIdx.x; turn < min(static_cast<int>(job.turns), most_turns); turn += blockDim.x)\n    widest[turn] = widest_of(records, job, turn);\n  __syncthreads();\n  const global<const int> words = as<const int>(global<unsigned char>(arena));\n  return {records, job, words, widest, words[job.end_tile] - words[job.first_tile]};\n}\n\n// Runs of `width` columns of one turn: as many as its widest modality has.\nDEVICE int parts_of(const Work& work, int turn, int width) {\n  const int widest = turn < most_turns ? static_cast<int>(work.widest[turn]) : widest_of(work.records, work.job, turn);\n  return (widest + width - 1) / width;\n}\n\nDEVICE int parts_of_all(const Work& work, int width) {\n  int parts = 0;\n#pragma unroll 1\n  for (int turn = 0; turn < static_cast<int>(work.job.turns); turn++) parts += parts_of(work, turn, width);\n  return parts;\n}\n\n// Piece `piece` of all tiles by `parts` runs of columns.\nDEVICE Part part_of(const Work& work, int piece, int parts, int width) {\n  const Job& job = work.job;\n  const int begin = piece / (run * parts) * run;\n  const int high = min(run, work.tiles - begin);\n  const int left = piece - begin * parts;\n  const int tile = job.tiles + 3 * (work.words[job.first_tile] + begin + left % high);\n  int part = left / high;\n  int turn = 0;\n#pragma unroll 1\n  for (int own = parts_of(work, 0, width); part >= own; own = parts_of(work, turn, width)) {\n    part -= own;\n    turn++;\n  }\n  const int record = job.records + (turn * job.modalities + work.words[tile + 2]) * job.words;\n  const bool is_there = work.records[record] != 0 && part * width < work.records[record + 1];\n  return {work.words[tile], is_there ? static_cast<int>(work.words[tile + 1]) : 0, record, part * width};\n}\n";
},"useData":true}],
  ["cuda/_pieces", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "\n// What a block does next: rows from `row0` and columns from `column0` of the gradient whose sizes and addresses begin at\n// word `record`; `begin` is the number of the turn's first piece.\nstruct Piece {\n  int turn, begin, record, row0, column0;\n};\n\n// Pieces under one another that are gone through before the next column of them: what they share stays in the cache.\nconstexpr int run = 8;\n\n// Finds piece `work`, at or after `piece`; false where there is none.\nDEVICE bool find_piece(const int* records, Job job, int work, int rows, int columns, Piece& piece) {\n  for (; piece.turn < static_cast<int>(job.turns); piece.turn++) {\n    piece.record = job.records + piece.turn * job.words;\n    const int down = (records[piece.record + 1] + rows - 1) / rows;\n    const int across = (records[piece.record + 2] + columns - 1) / columns;\n    const int pieces = records[piece.record] == 0 ? 0 : down * across;\n    if (work - piece.begin < pieces) {\n      const int at = work - piece.begin, top = at / (run * across) * run, high = min(run, down - top);\n      piece.row0 = (top + (at - top * across) % high) * rows;\n      piece.column0 = (at - top * across) / high * columns;\n      return true;\n    }\n    piece.begin += pieces;\n  }\n  return false;\n}\n";
},"useData":true}],
  ["cuda/_prelude", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "#ifndef EMULATOR\n#define KERNEL(name, ...) extern \"C\" __global__ void __launch_bounds__(__VA_ARGS__) name\n#define ARGUMENTS                                                                                  \\\n  unsigned char *__restrict__ arena, const int *__restrict__ records, const Job job, const TensorMap *__restrict__ maps\n// Dynamic shared memory: its size is the launch's.\n#define SHARED(bytes) extern __shared__ __align__(1024) unsigned char shared_bytes[]\n#if defined(__CUDA_ARCH_FEAT_SM90_ALL)\n#define HOPPER 1\n#else\n#define HOPPER 0\n#endif\n\ntemplate <typename T>\nusing global = T *;\ntemplate <typename T>\nusing shared = T *;\n\nstruct bf16 {\n  unsigned short bits;\n};\n\nstruct Job {\n  unsigned records, words, modalities, tiles, first_tile, end_tile, parts, turns;\n};\n\nstruct alignas(64) TensorMap {\n  unsigned char opaque[128];\n};\n\ntemplate <typename T>\n__device__ __forceinline__ T *address(unsigned char *arena, const int *word) {\n  const long long offset = (long long)(unsigned)word[0] | ((long long)word[1] << 32);\n  return (T *)(arena + offset);\n}\n\ntemplate <typename U, typename T>\n__device__ __forceinline__ U *as(T *p) {\n  return (U *)p;\n}\n\n#define shared_at SharedBytes{shared_bytes}.at\nstruct SharedBytes {\n  unsigned char *bytes;\n  template <typename T>\n  __device__ __forceinline__ T *at(int offset) const {\n    return (T *)(bytes + offset);\n  }\n};\n\n__device__ __forceinline__ int atomic_add(int *p, int x) { return atomicAdd(p, x); }\n__device__ __forceinline__ int atomic_min(int *p, int x) { return atomicMin(p, x); }\n__device__ __forceinline__ int atomic_max(int *p, int x) { return atomicMax(p, x); }\n__device__ __forceinline__ int atomic_exchange(int *p, int x) { return atomicExch(p, x); }\n\n// Two bf16 in a word, rounded to nearest even; the lower half is the first in memory.\n__device__ __forceinline__ unsigned pack_bf16(float low, float high) {\n  unsigned word;\n  asm(\"cvt.rn.bf16x2.f32 %0, %1, %2;\" : \"=r\"(word) : \"f\"(high), \"f\"(low));\n  return word;\n}\n\n__device__ __forceinline__ bf16 to_bf16(float x) {\n  bf16 y;\n  asm(\"cvt.rn.bf16.f32 %0, %1;\" : \"=h\"(y.bits) : \"f\"(x));\n  return y;\n}\n\n#define DEVICE __device__ __forceinline__\n#endif\n\nDEVICE float to_float(float x) { return x; }\nDEVICE float to_float(bf16 x) { return __int_as_float((int)x.bits << 16); }\nDEVICE float low_float(unsigned word) { return __int_as_float((int)(word << 16)); }\nDEVICE float high_float(unsigned word) { return __int_as_float((int)(word & 0xffff0000u)); }\n\nDEVICE float load(global<const float> p, long long i) { return p[i]; }\nDEVICE float load(global<const bf16> p, long long i) { return to_float(p[i]); }\nDEVICE void store(global<float> p, long long i, float x) { p[i] = x; }\nDEVICE void store(global<bf16> p, long long i, float x) { p[i] = to_bf16(x); }\n\n// Four neighbouring elements, from a multiple of four on: 16 bytes, or 8.\nDEVICE float4 load4(global<const float> p, long long i) { return as<const float4>(p + i)[0]; }\nDEVICE float4 load4(global<const bf16> p, long long i) {\n  const uint2 words = as<const uint2>(p + i)[0];\n  return make_float4(low_float(words.x), high_float(words.x), low_float(words.y), high_float(words.y));\n}\nDEVICE void store4(global<float> p, long long i, float4 x) { as<float4>(p + i)[0] = x; }\nDEVICE void store4(global<bf16> p, long long i, float4 x) {\n  as<uint2>(p + i)[0] = make_uint2(pack_bf16(x.x, x.y), pack_bf16(x.z, x.w));\n}\n";
},"useData":true}],
  ["cuda/_product_finish", {"0":function(container,depth0,helpers,partials,data) {
    return "      as<uint4>(c + (at * c_stride + column))[0] = x;\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "      x = add4(x, load4(d + at * d_stride, column));\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "      store4(c + at * c_stride, column, x);\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "#pragma unroll\n      for (int lane = 0; lane < 4; lane++) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":20,"column":0},"end":{"line":22,"column":9}}})) != null ? stack1 : "")
    + "      }\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "        "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "    // What becomes of neighbouring columns of a row.\n    const auto finish = [&](int row, int column, "
    + ((stack1 = container.lambda(container.strict(depth0, "sums", {"start":{"line":2,"column":51},"end":{"line":2,"column":55}} ), depth0)) != null ? stack1 : "")
    + ") {\n      if (row >= part.count || column >= n) return;\n      const long long at = part.first + row;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"octets"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":5,"column":0},"end":{"line":7,"column":7}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"residual"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":8,"column":0},"end":{"line":10,"column":7}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"quads"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":11,"column":0},"end":{"line":13,"column":7}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"values"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":14,"column":0},"end":{"line":16,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"epilogue"),{"name":"if","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":17,"column":0},"end":{"line":24,"column":7}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":25,"column":0},"end":{"line":27,"column":9}}})) != null ? stack1 : "")
    + "    };\n";
},"useData":true}],
  ["cuda/_product_hopper", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "    for (int k = 0; k < record["
    + ((stack1 = alias2(alias1(depth0, "kWord", {"start":{"line":18,"column":33},"end":{"line":18,"column":38}} ), depth0)) != null ? stack1 : "")
    + "]; k += depth) {\n      const shared<bf16> a_tile = free_place<width>(ring), b_tile = a_tile + b_begin;\n      tma_load_2d(a_tile, map + "
    + ((stack1 = alias2(alias1(depth0, "aMap", {"start":{"line":20,"column":34},"end":{"line":20,"column":38}} ), depth0)) != null ? stack1 : "")
    + ", k, part.first, ring.full + ring.at);\n#pragma unroll\n      for (int i = 0; i < width; i += 64) {\n        const TensorMap* weights = map + ("
    + ((stack1 = alias2(alias1(depth0, "wMap", {"start":{"line":23,"column":44},"end":{"line":23,"column":48}} ), depth0)) != null ? stack1 : "")
    + " + i / (width / products));\n        const int column = part.column0 + i % (width / products);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"transposed"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.program(2, data, 0),"data":data,"loc":{"start":{"line":25,"column":0},"end":{"line":29,"column":7}}})) != null ? stack1 : "")
    + "      }\n      advance(ring);\n    }\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "        tma_load_2d(b_tile + i * depth, weights, k, column, ring.full + ring.at);\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "        tma_load_2d(b_tile + i * depth, weights, column, k, ring.full + ring.at);\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    for (int k = 0; k < k"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":57,"column":27},"end":{"line":57,"column":28}} ), depth0)) != null ? stack1 : "")
    + "; k += depth) {\n      mbarrier_wait(ring.full + ring.at, ring.parity);\n      const shared<bf16> a_tile = ring.places + (ring.at * place + group * box), b_tile = ring.places + (ring.at * place + b_begin);\n      wgmma_fence();\n#pragma unroll\n      for (int i = 0; i < depth / 16; i++)\n        wgmma_bf16<width, 0, "
    + ((stack1 = alias2(alias1(depth0, "across", {"start":{"line":63,"column":31},"end":{"line":63,"column":37}} ), depth0)) != null ? stack1 : "")
    + ">(sum, lines_along_k(a_tile + 16 * i), "
    + ((stack1 = alias2(alias1(depth0, "bTile", {"start":{"line":63,"column":80},"end":{"line":63,"column":85}} ), depth0)) != null ? stack1 : "")
    + ", "
    + ((stack1 = alias2(alias1(depth0, "adds", {"start":{"line":63,"column":91},"end":{"line":63,"column":95}} ), depth0)) != null ? stack1 : "")
    + ");\n      wgmma_commit();\n      // The products before these are done, and so is what they read.\n      wgmma_wait<1>();\n      if (before >= 0) leave(ring, before);\n      before = ring.at;\n      advance(ring);\n    }\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = container.invokePartial(lookupProperty(partials,"_product_finish"),depth0,{"name":"_product_finish","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "");
},"6":function(container,depth0,helpers,partials,data) {
    return "      if (turns != 0 && row < part.count) {\n        const int angle = positions[part.first + row] * half + threadIdx.x % 4 * 2;\n#pragma unroll\n        for (int i = 0; i < half; i += 8) {\n          const float2 cosine = as<const float2>(cosines + (angle + i))[0], sine = as<const float2>(sines + (angle + i))[0];\n#pragma unroll\n          for (int head = 0; head < width; head += 2 * half) {\n            const int at = (head + i) / 2 + 2 * h;\n            rotate(sum[at], sum[at + half / 2], cosine.x, sine.x);\n            rotate(sum[at + 1], sum[at + half / 2 + 1], cosine.y, sine.y);\n          }\n        }\n      }\n";
},"7":function(container,depth0,helpers,partials,data) {
    return "      for (int j = 0; j < width / 2; j += 8) {\n        const float4 x = quad(sum[j + 2 * h], sum[j + 2 * h + 1], sum[j + 2 * h + 4], sum[j + 2 * h + 5]);\n        finish(row, part.column0 + 2 * j + quad_column(), x);\n      }\n";
},"8":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "      for (int j = 0; j < width / 2 / products; j += 16) {\n        const int column = part.column0 + 2 * j, there = row < part.count ? n - column : 0;\n        const long long at = part.first + row;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"pairLoads"),{"name":"each","hash":{},"fn":container.program(9, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":108,"column":0},"end":{"line":110,"column":9}}})) != null ? stack1 : "")
    + "#pragma unroll\n        for (int lane = 0; lane < 8; lane++) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"pairLines"),{"name":"each","hash":{},"fn":container.program(10, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":113,"column":0},"end":{"line":115,"column":9}}})) != null ? stack1 : "")
    + "        }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"pairStores"),{"name":"each","hash":{},"fn":container.program(9, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":117,"column":0},"end":{"line":119,"column":9}}})) != null ? stack1 : "")
    + "      }\n";
},"9":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "        "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"10":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "          "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = container.invokePartial(lookupProperty(partials,"_ring"),depth0,{"name":"_ring","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_pairs"),depth0,{"name":"_pairs","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Has the tiles of all pieces copied, in order.\ntemplate <int width>\nDEVICE void copy_pieces(const Work& work, const TensorMap* maps, Ring ring, int parts) {\n  int acquired = -1;\n  for (int piece = blockIdx.x; piece < work.tiles * parts; piece += gridDim.x) {\n    const Part part = part_of(work, piece, parts, width / products);\n    if (part.count == 0) continue;\n    const int* record = work.records + part.record;\n    const TensorMap* map = maps + record["
    + ((stack1 = alias2(alias1(depth0, "mapWord", {"start":{"line":12,"column":43},"end":{"line":12,"column":50}} ), depth0)) != null ? stack1 : "")
    + "];\n    if (part.record != acquired) {\n      for (int i = 0; i < "
    + ((stack1 = alias2(alias1(depth0, "mapCount", {"start":{"line":14,"column":28},"end":{"line":14,"column":36}} ), depth0)) != null ? stack1 : "")
    + "; i++) tensor_map_acquire(map + i);\n      acquired = part.record;\n    }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"terms"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":17,"column":0},"end":{"line":33,"column":9}}})) != null ? stack1 : "")
    + "  }\n}\n\n// Multiplies, and stores, the pieces in the same order.\ntemplate <int width>\nDEVICE void multiply_pieces(unsigned char* arena, const Work& work, Ring ring, int parts) {\n  const int group = threadIdx.x / 128 - 1;\n  const int end = work.tiles * parts, begin = blockIdx.x;\n  Part next = begin < end ? part_of(work, begin, parts, width / products) : Part{};\n  for (int piece = begin; piece < end; piece += gridDim.x) {\n    const Part part = next;\n    const int following = piece + gridDim.x;\n    if (part.count == 0) {\n      if (following < end) next = part_of(work, following, parts, width / products);\n      continue;\n    }\n    const int* record = work.records + part.record;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"mappedRecord"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":51,"column":0},"end":{"line":53,"column":9}}})) != null ? stack1 : "")
    + "    float sum[width / 2];\n    int before = -1;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"terms"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":56,"column":0},"end":{"line":71,"column":9}}})) != null ? stack1 : "")
    + "    // While the last products are under way.\n    if (following < end) next = part_of(work, following, parts, width / products);\n    wgmma_wait<0>();\n    wgmma_hold(sum);\n    leave(ring, before);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"quads"),{"name":"if","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":77,"column":0},"end":{"line":79,"column":7}}})) != null ? stack1 : "")
    + "#pragma unroll\n    for (int h = 0; h < 2; h++) {\n      const int row = 64 * group + threadIdx.x % 128 / 32 * 16 + 8 * h + threadIdx.x % 32 / 4;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"rotates"),{"name":"if","hash":{},"fn":container.program(6, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":83,"column":0},"end":{"line":97,"column":7}}})) != null ? stack1 : "")
    + "#pragma unroll\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"quads"),{"name":"if","hash":{},"fn":container.program(7, data, 0),"inverse":container.program(8, data, 0),"data":data,"loc":{"start":{"line":99,"column":0},"end":{"line":121,"column":7}}})) != null ? stack1 : "")
    + "    }\n  }\n}\n\nconstexpr int ring_bytes = barrier_begin + 2 * stages * 8;\n\nKERNEL(product, threads, 1)(ARGUMENTS) {\n  SHARED(ring_bytes + most_turns * 4);\n  Ring ring = {shared_at<bf16>(0), shared_at<unsigned long long>(barrier_begin), shared_at<unsigned long long>(barrier_begin + stages * 8), 0, 0};\n  start_ring(ring);\n  const Work work = find_work(arena, records, job, shared_at<int>(ring_bytes));\n  const int wide_parts = parts_of_all(work, wide / products), narrow_parts = parts_of_all(work, narrow / products);\n  const bool is_wide = wide_is_better(work.tiles * wide_parts, work.tiles * narrow_parts);\n  if (threadIdx.x < 128) {\n    registers_decrease<40>();\n    if (threadIdx.x == 0) {\n      if (is_wide)\n        copy_pieces<wide>(work, maps, ring, wide_parts);\n      else\n        copy_pieces<narrow>(work, maps, ring, narrow_parts);\n    }\n  } else {\n    registers_increase<232>();\n    if (is_wide)\n      multiply_pieces<wide>(arena, work, ring, wide_parts);\n    else\n      multiply_pieces<narrow>(arena, work, ring, narrow_parts);\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/_product_mma", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    const int runs"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":21,"column":20},"end":{"line":21,"column":21}} ), depth0)) != null ? stack1 : "")
    + " = (k"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":21,"column":30},"end":{"line":21,"column":31}} ), depth0)) != null ? stack1 : "")
    + " + depth - 1) / depth;\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "      if ("
    + ((stack1 = alias2(alias1(depth0, "isMine", {"start":{"line":27,"column":12},"end":{"line":27,"column":18}} ), depth0)) != null ? stack1 : "")
    + ") {\n        const int k = (at - ("
    + ((stack1 = alias2(alias1(depth0, "runsBefore", {"start":{"line":28,"column":31},"end":{"line":28,"column":41}} ), depth0)) != null ? stack1 : "")
    + ")) * depth;\n        stage_tile<rows, depth / 8, depth / 8, true>(a_tile, a"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":29,"column":64},"end":{"line":29,"column":65}} ), depth0)) != null ? stack1 : "")
    + " + (first * a"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":29,"column":82},"end":{"line":29,"column":83}} ), depth0)) != null ? stack1 : "")
    + "_stride + k), a"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":29,"column":102},"end":{"line":29,"column":103}} ), depth0)) != null ? stack1 : "")
    + "_stride, part.count, k"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":29,"column":129},"end":{"line":29,"column":130}} ), depth0)) != null ? stack1 : "")
    + " - k);\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"factors"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":30,"column":0},"end":{"line":32,"column":9}}})) != null ? stack1 : "")
    + "      }\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "        "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      if (turns != 0 && row < part.count) {\n        const int angle = positions[first + row] * half + threadIdx.x % 4 * 2;\n#pragma unroll\n        for (int j = 0; j < 2; j++) {\n          const int low = "
    + ((stack1 = alias2(alias1(depth0, "low", {"start":{"line":64,"column":28},"end":{"line":64,"column":31}} ), depth0)) != null ? stack1 : "")
    + ", high = "
    + ((stack1 = alias2(alias1(depth0, "high", {"start":{"line":64,"column":44},"end":{"line":64,"column":48}} ), depth0)) != null ? stack1 : "")
    + ", pair = angle + "
    + ((stack1 = alias2(alias1(depth0, "pair", {"start":{"line":64,"column":69},"end":{"line":64,"column":73}} ), depth0)) != null ? stack1 : "")
    + ";\n          const float2 cosine = as<const float2>(cosines + pair)[0], sine = as<const float2>(sines + pair)[0];\n          rotate(own[low][h], own[high][h], cosine.x, sine.x);\n          rotate(own[low][h + 1], own[high][h + 1], cosine.y, sine.y);\n        }\n      }\n";
},"6":function(container,depth0,helpers,partials,data) {
    return "      unsigned pair[4];\n#pragma unroll\n      for (int j = 0; j < 4; j++) pair[j] = pack_bf16(own[j][h], own[j][h + 1]);\n      const int column = octet_column();\n      finish(row, column0 + warp_column<apart>(column / 16) + column % 16, octet(pair[0], pair[1], pair[2], pair[3]));\n";
},"7":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "      const float4 x = quad(own[0][h], own[0][h + 1], own[1][h], own[1][h + 1]);\n      const float4 y = quad(own[2][h], own[2][h + 1], own[3][h], own[3][h + 1]);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"twin"),{"name":"if","hash":{},"fn":container.program(8, data, 0),"inverse":container.program(9, data, 0),"data":data,"loc":{"start":{"line":80,"column":0},"end":{"line":85,"column":7}}})) != null ? stack1 : "");
},"8":function(container,depth0,helpers,partials,data) {
    return "      finish(row, column0 + warp_column<apart>(0) + quad_column(), x, y);\n";
},"9":function(container,depth0,helpers,partials,data) {
    return "      finish(row, column0 + warp_column<apart>(0) + quad_column(), x);\n      finish(row, column0 + warp_column<apart>(1) + quad_column(), y);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = container.invokePartial(lookupProperty(partials,"_mma"),depth0,{"name":"_mma","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "// What a thread needs of two columns stands so far apart.\nconstexpr int apart = "
    + ((stack1 = alias2(alias1(depth0, "apart", {"start":{"line":3,"column":24},"end":{"line":3,"column":29}} ), depth0)) != null ? stack1 : "")
    + ";\n\nKERNEL(product, threads, "
    + ((stack1 = alias2(alias1(depth0, "blocks", {"start":{"line":5,"column":27},"end":{"line":5,"column":33}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED(stages * 2 * tile_elements * 2 + most_turns * 4);\n  const shared<bf16> places = shared_at<bf16>(0);\n  const Work work = find_work(arena, records, job, shared_at<int>(stages * 2 * tile_elements * 2));\n  const int parts = parts_of_all(work, columns / products);\n  for (int piece = blockIdx.x; piece < work.tiles * parts; piece += gridDim.x) {\n    const Part part = part_of(work, piece, parts, columns / products);\n    if (part.count == 0) continue;\n    const int* record = records + part.record;\n    const long long first = part.first;\n    const int column0 = part.column0;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"record"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":16,"column":0},"end":{"line":18,"column":9}}})) != null ? stack1 : "")
    + "    // Runs of k of all terms, one after another.\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"terms"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":20,"column":0},"end":{"line":22,"column":9}}})) != null ? stack1 : "")
    + "    const int runs = "
    + ((stack1 = alias2(alias1(depth0, "runs", {"start":{"line":23,"column":23},"end":{"line":23,"column":27}} ), depth0)) != null ? stack1 : "")
    + ";\n    const auto stage = [&](int at) {\n      const shared<bf16> a_tile = places + at % stages * 2 * tile_elements, b_tile = a_tile + tile_elements;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"terms"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":26,"column":0},"end":{"line":34,"column":9}}})) != null ? stack1 : "")
    + "    };\n    float sum[4][4][4] = {};\n    for (int at = 0; at < stages - 1; at++) {\n      if (at < runs) stage(at);\n      cp_async_commit();\n    }\n    for (int at = 0; at < runs; at++) {\n      cp_async_wait<stages - 2>();\n      __syncthreads();\n      // Into the place that all have just left.\n      if (at + stages - 1 < runs) stage(at + stages - 1);\n      cp_async_commit();\n      const shared<bf16> a_tile = places + at % stages * 2 * tile_elements, b_tile = a_tile + tile_elements;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"multiplies"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":48,"column":0},"end":{"line":50,"column":9}}})) != null ? stack1 : "")
    + "    }\n    cp_async_wait<0>();\n    __syncthreads();\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_product_finish"),depth0,{"name":"_product_finish","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "#pragma unroll\n    for (int i = 0; i < 8; i++) {\n      const int row = threadIdx.x / 128 * 64 + 8 * i + threadIdx.x % 32 / 4, h = i % 2 * 2;\n      float (&own)[4][4] = sum[i / 2];\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"rotates"),{"name":"if","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":59,"column":0},"end":{"line":70,"column":7}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"octets"),{"name":"if","hash":{},"fn":container.program(6, data, 0),"inverse":container.program(7, data, 0),"data":data,"loc":{"start":{"line":71,"column":0},"end":{"line":86,"column":7}}})) != null ? stack1 : "")
    + "    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/_quad", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "\nDEVICE float4 add4(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }\n\n// Of two pieces of 8 × 8 beside one another a lane holds two neighbours each; lanes 2i and 2i + 1 exchange one of them, and\n// hold four neighbours of one piece: the first of 16 columns that are this lane's are `quad_column()`.\nDEVICE float4 quad(float x0, float x1, float y0, float y1) {\n  const bool is_odd = threadIdx.x % 2 == 1;\n  const float z0 = __shfl_xor_sync(0xffffffffu, is_odd ? x0 : y0, 1);\n  const float z1 = __shfl_xor_sync(0xffffffffu, is_odd ? x1 : y1, 1);\n  return is_odd ? make_float4(z0, z1, y0, y1) : make_float4(x0, x1, z0, z1);\n}\n\nDEVICE int quad_column() { return threadIdx.x % 4 * 2 + threadIdx.x % 2 * 6; }\n\n// The same for four pieces of two bf16 in a word each: eight neighbours of one piece, `octet_column()` of 32 columns.\nDEVICE uint4 octet(unsigned w0, unsigned w1, unsigned w2, unsigned w3) {\n  const bool is_odd = threadIdx.x % 2 == 1, is_high = threadIdx.x % 4 >= 2;\n  const unsigned a = __shfl_xor_sync(0xffffffffu, is_odd ? w0 : w1, 1);\n  const unsigned b = __shfl_xor_sync(0xffffffffu, is_odd ? w2 : w3, 1);\n  const unsigned x0 = is_odd ? a : w0, x1 = is_odd ? w1 : a, y0 = is_odd ? b : w2, y1 = is_odd ? w3 : b;\n  const unsigned z0 = __shfl_xor_sync(0xffffffffu, is_high ? x0 : y0, 2);\n  const unsigned z1 = __shfl_xor_sync(0xffffffffu, is_high ? x1 : y1, 2);\n  return is_high ? make_uint4(z0, z1, y0, y1) : make_uint4(x0, x1, z0, z1);\n}\n\nDEVICE int octet_column() { return threadIdx.x % 4 * 8; }\n";
},"useData":true}],
  ["cuda/_ring", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "\n// One thread has tiles copied, ahead of the two groups of four warps that multiply: rows × width of a product, 64 rows a\n// group, `depth` of k in each of `stages` places. `full[i]`: place i holds what is to be multiplied; `empty[i]`: all eight\n// warps are done with it. Wide pieces share more of what is copied; narrow ones spread little work over more blocks.\nconstexpr int threads = 384, rows = 128, depth = 64, stages = 4, wide = 256, narrow = 128;\nconstexpr int b_begin = rows * depth, place = (rows + wide) * depth;\nconstexpr int barrier_begin = stages * place * 2;\n// Elements of 64 lines of 128 bytes; 8 lines of those are what is swizzled.\nconstexpr int box = 64 * 64, atom_bytes = 1024;\n\nstruct Ring {\n  shared<bf16> places;\n  shared<unsigned long long> full, empty;\n  int at, parity;\n};\n\nDEVICE void advance(Ring& ring) {\n  ring.at++;\n  if (ring.at == stages) {\n    ring.at = 0;\n    ring.parity ^= 1;\n  }\n}\n\nDEVICE void start_ring(Ring& ring) {\n  if (threadIdx.x == 0) {\n    for (int i = 0; i < stages; i++) {\n      mbarrier_init(ring.full + i, 1);\n      mbarrier_init(ring.empty + i, 8);\n    }\n    mbarrier_init_fence();\n  }\n  __syncthreads();\n}\n\n// Waits until a place is free, and says how much will be copied there.\ntemplate <int width>\nDEVICE shared<bf16> free_place(Ring& ring) {\n  mbarrier_wait(ring.empty + ring.at, ring.parity ^ 1);\n  mbarrier_arrive_expect(ring.full + ring.at, (rows + width) * depth * 2);\n  return ring.places + ring.at * place;\n}\n\n// A warp is done with a place.\nDEVICE void leave(const Ring& ring, int at) {\n  if (threadIdx.x % 32 == 0) mbarrier_arrive(ring.empty + at);\n}\n\n// Whether wide pieces end sooner: one takes about 1.6 times as long as a narrow one, and blocks take turns at them.\nDEVICE bool wide_is_better(int wide_pieces, int narrow_pieces) {\n  const int blocks = gridDim.x;\n  return (wide_pieces + blocks - 1) / blocks * 8 <= (narrow_pieces + blocks - 1) / blocks * 5;\n}\n\n// A matrix whose lines run along k, and one whose lines are steps along k, `box` elements for each 64 rows or columns.\nDEVICE unsigned long long lines_along_k(shared<bf16> p) { return wgmma_descriptor(p, 16, atom_bytes); }\nDEVICE unsigned long long lines_across_k(shared<bf16> p) { return wgmma_descriptor(p, box * 2, atom_bytes); }\n";
},"useData":true}],
  ["cuda/_simt", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "\n// A thread's part of a product: pieces of 4 × 4, `down` and `across` threads apart, so that neighbours read neighbouring\n// vectors.\nconstexpr int heights = "
    + ((stack1 = alias2(alias1(depth0, "heights", {"start":{"line":4,"column":26},"end":{"line":4,"column":33}} ), depth0)) != null ? stack1 : "")
    + ", quads = "
    + ((stack1 = alias2(alias1(depth0, "quads", {"start":{"line":4,"column":47},"end":{"line":4,"column":52}} ), depth0)) != null ? stack1 : "")
    + ", across = "
    + ((stack1 = alias2(alias1(depth0, "across", {"start":{"line":4,"column":67},"end":{"line":4,"column":73}} ), depth0)) != null ? stack1 : "")
    + ", down = threads / across;\nconstexpr int a_turns = (rows * depth / 4 + threads - 1) / threads;\nconstexpr int b_turns = (depth * columns / 4 + threads - 1) / threads;\n// Four floats more: the four lines that a vector is spread over begin in different banks.\nconstexpr int a_pitch = rows + 4, b_pitch = columns + 4;\nconstexpr int place = depth * (a_pitch + b_pitch);\n\n// The first `count` of four neighbours; what stands behind them is no number.\nDEVICE float4 first_of(float4 x, int count) {\n  return make_float4(count > 0 ? x.x : 0.0f, count > 1 ? x.y : 0.0f, count > 2 ? x.z : 0.0f, count > 3 ? x.w : 0.0f);\n}\n\n// The same where they do not begin on a whole vector, or are the last ones.\nDEVICE float4 load_first(global<const float> p, int column, int count) {\n  float4 x = {};\n  if (count > 0) x.x = load(p, column);\n  if (count > 1) x.y = load(p, column + 1);\n  if (count > 2) x.z = load(p, column + 2);\n  if (count > 3) x.w = load(p, column + 3);\n  return x;\n}\n\n// Four steps along k become four lines.\nDEVICE void spread(shared<float> p, int pitch, float4 x) {\n  p[0] = x.x;\n  p[pitch] = x.y;\n  p[2 * pitch] = x.z;\n  p[3 * pitch] = x.w;\n}\n\n// One step along k.\nDEVICE void multiply(float (&sum)[heights * 4][quads * 4], shared<float> a_line, shared<float> b_line) {\n  float a[heights * 4], b[quads * 4];\n#pragma unroll\n  for (int i = 0; i < heights; i++) {\n    const float4 x = as<const float4>(a_line + i * 4 * down)[0];\n    a[4 * i] = x.x;\n    a[4 * i + 1] = x.y;\n    a[4 * i + 2] = x.z;\n    a[4 * i + 3] = x.w;\n  }\n#pragma unroll\n  for (int j = 0; j < quads; j++) {\n    const float4 x = as<const float4>(b_line + j * 4 * across)[0];\n    b[4 * j] = x.x;\n    b[4 * j + 1] = x.y;\n    b[4 * j + 2] = x.z;\n    b[4 * j + 3] = x.w;\n  }\n#pragma unroll\n  for (int i = 0; i < heights * 4; i++) {\n#pragma unroll\n    for (int j = 0; j < quads * 4; j++) sum[i][j] = fmaf(a[i], b[j], sum[i][j]);\n  }\n}\n\nDEVICE float4 four_of(const float (&sum)[quads * 4], int j) {\n  return make_float4(sum[4 * j], sum[4 * j + 1], sum[4 * j + 2], sum[4 * j + 3]);\n}\n";
},"useData":true}],
  ["cuda/_task", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "  const int *record = records + job.records + blockIdx.z * job.words;\n  if (record[0] == 0) return;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"record"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":3,"column":0},"end":{"line":5,"column":9}}})) != null ? stack1 : "");
},"useData":true}],
  ["cuda/_tensor", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    return "\n// A warp's matrix products (sm_80 and later): 8 × 8 matrices of bf16 out of shared memory, and m16n8k16.\n#ifndef EMULATOR\n// Lane l gives the address of row l % 8 of matrix l / 8, and gets elements (l / 4, 2 (l % 4) + 0 and 1) of each.\nDEVICE void ldmatrix_x4(unsigned (&r)[4], shared<bf16> row) {\n  asm volatile(\"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];\"\n               : \"=r\"(r[0]), \"=r\"(r[1]), \"=r\"(r[2]), \"=r\"(r[3])\n               : \"r\"(static_cast<unsigned>(__cvta_generic_to_shared(row))) : \"memory\");\n}\n\nDEVICE void ldmatrix_x4_trans(unsigned (&r)[4], shared<bf16> row) {\n  asm volatile(\"ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];\"\n               : \"=r\"(r[0]), \"=r\"(r[1]), \"=r\"(r[2]), \"=r\"(r[3])\n               : \"r\"(static_cast<unsigned>(__cvta_generic_to_shared(row))) : \"memory\");\n}\n\nDEVICE void ldmatrix_x2(unsigned (&r)[2], shared<bf16> row) {\n  asm volatile(\"ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];\"\n               : \"=r\"(r[0]), \"=r\"(r[1])\n               : \"r\"(static_cast<unsigned>(__cvta_generic_to_shared(row))) : \"memory\");\n}\n\nDEVICE void ldmatrix_x2_trans(unsigned (&r)[2], shared<bf16> row) {\n  asm volatile(\"ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];\"\n               : \"=r\"(r[0]), \"=r\"(r[1])\n               : \"r\"(static_cast<unsigned>(__cvta_generic_to_shared(row))) : \"memory\");\n}\n\n// d += a · b. With g = lane / 4 and t = lane % 4: d holds (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1); a rows g and\n// g + 8 at k = 2t, then both at k = 2t + 8; b column g at k = 2t and at k = 2t + 8.\nDEVICE void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {\n  asm volatile(\"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 \"\n               \"{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};\"\n               : \"+f\"(d[0]), \"+f\"(d[1]), \"+f\"(d[2]), \"+f\"(d[3])\n               : \"r\"(a[0]), \"r\"(a[1]), \"r\"(a[2]), \"r\"(a[3]), \"r\"(b[0]), \"r\"(b[1]));\n}\n#endif\n";
},"useData":true}],
  ["cuda/_tile", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "  const global<const int> words = as<const int>(global<unsigned char>(arena));\n  const int tile_index = words[job.first_tile] + (int)blockIdx.x;\n  if (tile_index >= words[job.end_tile]) return;\n  const global<const int> tile = words + job.tiles + 3 * tile_index;\n  const int first = tile[0];\n  const int count = tile[1];\n  const int *record = records + job.records + (blockIdx.z * job.modalities + tile[2]) * job.words;\n  if (record[0] == 0) return;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"record"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":9,"column":0},"end":{"line":11,"column":9}}})) != null ? stack1 : "");
},"useData":true}],
  ["cuda/_window", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "\n// Vectors of a row that a thread keeps in registers.\nconstexpr int KEPT = "
    + ((stack1 = alias2(alias1(depth0, "kept", {"start":{"line":3,"column":23},"end":{"line":3,"column":27}} ), depth0)) != null ? stack1 : "")
    + ";\n\n// A vector of a row that ends at column `end`; zeros behind.\ntemplate <typename T>\nDEVICE void load_vector(float (&x)[LANES], global<const T> p, int i, int end, bool wide) {\n  if (wide && i + LANES <= end) {\n    load_lanes<T>(x, p, i);\n  } else {\n    load_some<T>(x, p, i, end - i);\n  }\n}\n\ntemplate <typename T>\nDEVICE void store_vector(global<T> p, int i, int end, bool wide, const float (&x)[LANES]) {\n  if (wide && i + LANES <= end) {\n    store_lanes<T>(p, i, x);\n  } else {\n    store_some<T>(p, i, x, end - i);\n  }\n}\n\n// Vectors of a row from column i on, `step` columns apart.\ntemplate <typename T>\nDEVICE void load_window(float (&x)[KEPT][LANES], global<const T> p, int i, int step, int end, bool wide) {\n#pragma unroll\n  for (int k = 0; k < KEPT; k++) load_vector<T>(x[k], p, i + k * step, end, wide);\n}\n\ntemplate <typename T>\nDEVICE void store_window(global<T> p, int i, int step, int end, bool wide, const float (&x)[KEPT][LANES]) {\n#pragma unroll\n  for (int k = 0; k < KEPT; k++) store_vector<T>(p, i + k * step, end, wide, x[k]);\n}\n\n// Threads of a row of so many columns: a power of two, so many that none has more than it can keep, if there are.\nDEVICE int group_size(int columns) {\n  int size = 1;\n  while (size < "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":40,"column":18},"end":{"line":40,"column":25}} ), depth0)) != null ? stack1 : "")
    + " && size * KEPT * LANES < columns) size *= 2;\n  return size;\n}\n";
},"useData":true}],
  ["cuda/adamw", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "    const float shrink = fminf(1.0f, clip / (norm + 1e-6f));\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "    const float shrink = 1.0f;\n";
},"3":function(container,depth0,helpers,partials,data) {
    return "          store_lanes<bf16>(copy, i, value);\n";
},"4":function(container,depth0,helpers,partials,data) {
    return "          store_some<bf16>(copy, i, value, rest);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_groups"),depth0,{"name":"_groups","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Moments that fade towards zero never become denormal.\nDEVICE float flushed(float x) { return fabsf(x) < 1.1754944e-38f ? 0.0f : x; }\n\n// Blocks walk through the pieces of all turns, so that few of them add up the norm: each in the same order.\nKERNEL(adamw, 256, 4)(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":11,"column":11},"end":{"line":11,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n  float norm = -1.0f;\n  for (int turn = 0; turn < (int)job.turns; turn++) {\n    const int* record = records + job.records + turn * job.words;\n    if (record[0] == 0) continue;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"record"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":16,"column":0},"end":{"line":18,"column":9}}})) != null ? stack1 : "")
    + "    if (norm < 0.0f) {\n      float squares[1] = {0.0f};\n      for (int i = threadIdx.x; i < partial_count; i += 256) squares[0] += load(partials, i);\n      sum_group(squares, 256, shared_at<float>(0));\n      norm = sqrtf(squares[0]);\n    }\n    // One of the turns writes it.\n    const bool writes_norm = (record["
    + ((stack1 = alias2(alias1(depth0, "normOut", {"start":{"line":26,"column":39},"end":{"line":26,"column":46}} ), depth0)) != null ? stack1 : "")
    + "] | record["
    + ((stack1 = alias2(alias1(depth0, "normOut", {"start":{"line":26,"column":61},"end":{"line":26,"column":68}} ), depth0)) != null ? stack1 : "")
    + " + 1]) != 0;\n    if (writes_norm && blockIdx.x == 0 && threadIdx.x == 0) store(norm_out, 0, norm);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isClipped"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.program(2, data, 0),"data":data,"loc":{"start":{"line":28,"column":0},"end":{"line":32,"column":7}}})) != null ? stack1 : "")
    + "    const float rate = load(schedule, rate_at);\n    const float correct1 = load(schedule, 1);\n    const float correct2 = load(schedule, 2);\n    const int pieces = (elements + chunk - 1) / chunk;\n    for (int piece = blockIdx.x; piece < pieces; piece += gridDim.x) {\n      const int begin = piece * chunk;\n      const int end = min(elements - begin, chunk) + begin;\n      for (int i = begin + LANES * threadIdx.x; i < end; i += LANES * 256) {\n        const int rest = end - i;\n        float value[LANES], gradient[LANES], first[LANES], second[LANES];\n        if (rest >= LANES) {\n          load_lanes<float>(gradient, g, i);\n          load_lanes<float>(first, m, i);\n          load_lanes<float>(second, v, i);\n          load_lanes<float>(value, p, i);\n        } else {\n          load_some<float>(gradient, g, i, rest);\n          load_some<float>(first, m, i, rest);\n          load_some<float>(second, v, i, rest);\n          load_some<float>(value, p, i, rest);\n        }\n#pragma unroll\n        for (int lane = 0; lane < LANES; lane++) {\n          const float slope = gradient[lane] * shrink;\n          first[lane] = flushed(beta1 * first[lane] + rest1 * slope);\n          second[lane] = flushed(beta2 * second[lane] + rest2 * slope * slope);\n          const float step = first[lane] * correct1 / (sqrtf(second[lane] * correct2) + eps);\n          value[lane] -= rate * (step + weight_decay * value[lane]);\n        }\n        if (rest >= LANES) {\n          store_lanes<float>(p, i, value);\n          store_lanes<float>(m, i, first);\n          store_lanes<float>(v, i, second);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"hasMirror"),{"name":"if","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":66,"column":0},"end":{"line":68,"column":7}}})) != null ? stack1 : "")
    + "        } else {\n          store_some<float>(p, i, value, rest);\n          store_some<float>(m, i, first, rest);\n          store_some<float>(v, i, second, rest);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"hasMirror"),{"name":"if","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":73,"column":0},"end":{"line":75,"column":7}}})) != null ? stack1 : "")
    + "        }\n      }\n    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/array_add", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = container.lambda(container.strict(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nKERNEL(array_add, 256)(ARGUMENTS) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  for (int i = LANES * (256 * blockIdx.x + threadIdx.x); i < elements; i += LANES * 256 * gridDim.x) {\n    float left[LANES], right[LANES];\n    if (elements - i >= LANES) {\n      load_lanes<float>(left, a, i);\n      load_lanes<float>(right, b, i);\n    } else {\n      load_some<float>(left, a, i, elements - i);\n      load_some<float>(right, b, i, elements - i);\n    }\n#pragma unroll\n    for (int lane = 0; lane < LANES; lane++) left[lane] += right[lane];\n    if (elements - i >= LANES) {\n      store_lanes<float>(y, i, left);\n    } else {\n      store_some<float>(y, i, left, elements - i);\n    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/attention_simt", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  stage(query_tile, queries, query_rows, 0);\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "    stage(key_tile, keys, key_rows, 0);\n    __syncthreads();\n    add_products(scores, query_tile, key_tile);\n";
},"3":function(container,depth0,helpers,partials,data) {
    return "    for (int part = 0; part < parts; part++) {\n      stage(query_tile, queries, query_rows, part);\n      stage(key_tile, keys, key_rows, part);\n      __syncthreads();\n      add_products(scores, query_tile, key_tile);\n      __syncthreads();\n    }\n";
},"4":function(container,depth0,helpers,partials,data) {
    return "    __syncthreads();\n    stage(key_tile, values, key_rows, 0);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention"),depth0,{"name":"_attention","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention_simt"),depth0,{"name":"_attention_simt","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A score that no other is below.\nconstexpr float lowest = -1e30f;\n\nKERNEL(attention, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":10,"column":20},"end":{"line":10,"column":27}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":11,"column":11},"end":{"line":11,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"memory"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":13,"column":0},"end":{"line":15,"column":9}}})) != null ? stack1 : "")
    + "  const int thread = threadIdx.x, line = thread / 16, lane = thread % 16;\n  const int blocks = (context + own_rows - 1) / own_rows;\n  const Place place = place_of(blocks);\n  const int head = place.head;\n  if (head >= heads) return;\n  const int base = place.context * context;\n  // Blocks that see many keys come first.\n  const int begin = base + (blocks - 1 - place.turn) * own_rows;\n  const int kv_head = head / (heads / kv_heads);\n\n  start_range(range);\n  if (thread < own_rows) {\n    const Sight query = sight_of(row_at(row_of, begin + thread, base + context), first, last);\n    query_rows[thread] = query.row;\n    query_first[thread] = query.first;\n    query_length[thread] = query.length;\n    widen_range(range, query.first, query.first + query.length);\n  }\n  for (int c = thread; c < depth; c += threads) zeros[c] = 0;\n  __syncthreads();\n  const int first_key = range[0], end_key = range[1];\n  if (thread < step_rows) key_rows[thread] = first_key < end_key ? row_at(row_of, first_key + thread, end_key) : -1;\n  __syncthreads();\n  const auto queries = operand(rows_of(q, q_stride, head), scale, zeros);\n  const auto keys = operand(rows_of(k, k_stride, kv_head), 1.f, zeros);\n  // What all values share is taken off before they are weighted, and added at the end: it cannot drown how they differ.\n  find_center(value_center, key_tile, operand(rows_of(v, v_stride, kv_head), 1.f, zeros), key_rows);\n  const auto values = operand(rows_of(v, v_stride, kv_head), 1.f, value_center);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isWhole"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":44,"column":0},"end":{"line":46,"column":7}}})) != null ? stack1 : "")
    + "\n  // Of a thread's four rows: the largest score so far, and its share of the sum of weights.\n  float largest[4], total[4] = {};\n  float sums[4][parts * thread_columns] = {};\n#pragma unroll\n  for (int i = 0; i < 4; i++) largest[i] = lowest;\n\n  for (int at = first_key; at < end_key; at += step_rows) {\n    __syncthreads();\n    if (thread < step_rows) key_rows[thread] = row_at(row_of, at + thread, end_key);\n    __syncthreads();\n    float scores[4][4] = {};\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isWhole"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.program(3, data, 0),"data":data,"loc":{"start":{"line":59,"column":0},"end":{"line":71,"column":7}}})) != null ? stack1 : "")
    + "    float factors[4];\n#pragma unroll\n    for (int i = 0; i < 4; i++) {\n      bool is_seen[4];\n      float most = largest[i];\n#pragma unroll\n      for (int j = 0; j < 4; j++) {\n        const int key = lane + 16 * j;\n        is_seen[j] = key_rows[key] >= 0 && sees(query_first[line + 16 * i], query_length[line + 16 * i], at + key);\n        if (is_seen[j]) most = fmaxf(most, scores[i][j]);\n      }\n#pragma unroll\n      for (int apart = 8; apart > 0; apart /= 2) most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, apart));\n      // What was summed up to now was weighted by the largest score up to now.\n      factors[i] = expf(largest[i] - most);\n      largest[i] = most;\n      total[i] *= factors[i];\n#pragma unroll\n      for (int j = 0; j < 4; j++) {\n        scores[i][j] = is_seen[j] ? expf(scores[i][j] - most) : 0.f;\n        total[i] += scores[i][j];\n      }\n#pragma unroll\n      for (int j = 0; j < parts * thread_columns; j++) sums[i][j] *= factors[i];\n    }\n    store_weights(weights, scores);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isWhole"),{"name":"if","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":98,"column":0},"end":{"line":101,"column":7}}})) != null ? stack1 : "")
    + "    add_weighted(sums, weights, key_tile, values, key_rows);\n  }\n\n  float factors[4];\n#pragma unroll\n  for (int i = 0; i < 4; i++) {\n#pragma unroll\n    for (int apart = 8; apart > 0; apart /= 2) total[i] += __shfl_xor_sync(0xffffffffu, total[i], apart);\n    factors[i] = total[i] > 0 ? 1 / total[i] : 0.f;\n    const int row = query_rows[line + 16 * i];\n    if (lane == 0 && row >= 0)\n      lse[static_cast<long long>(row) * lse_stride + head] = total[i] > 0 ? largest[i] + logf(total[i]) : 0.f;\n  }\n  store_sums(rows_of(out, out_stride, head), sums, query_rows, factors, value_center);\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/attention_simt_grad", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  stage(memory.walked_tile, walked, memory.walked_rows, 0);\n  stage(memory.walked_slope_tile, walked_slopes, memory.walked_rows, 0);\n  __syncthreads();\n  add_products(scores, memory.own_tile, memory.walked_tile);\n  add_products(slopes, memory.own_slope_tile, memory.walked_slope_tile);\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "  for (int part = 0; part < parts; part++) {\n    stage(memory.own_tile, own, memory.own_rows, part);\n    stage(memory.walked_tile, walked, memory.walked_rows, part);\n    __syncthreads();\n    add_products(scores, memory.own_tile, memory.walked_tile);\n    __syncthreads();\n  }\n  for (int part = 0; part < parts; part++) {\n    stage(memory.own_slope_tile, own_slopes, memory.own_rows, part);\n    stage(memory.walked_slope_tile, walked_slopes, memory.walked_rows, part);\n    __syncthreads();\n    add_products(slopes, memory.own_slope_tile, memory.walked_slope_tile);\n    __syncthreads();\n  }\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + ",\n";
},"4":function(container,depth0,helpers,partials,data) {
    return "    stage(memory.own_tile, keys, memory.own_rows, 0);\n    stage(memory.own_slope_tile, values, memory.own_rows, 0);\n";
},"5":function(container,depth0,helpers,partials,data) {
    return "    stage(memory.own_tile, queries, memory.own_rows, 0);\n    stage(memory.own_slope_tile, gradients, memory.own_rows, 0);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention"),depth0,{"name":"_attention","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention_simt"),depth0,{"name":"_attention_simt","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// What a block of threads keeps in shared memory.\nstruct Memory {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"fields"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":9,"column":0},"end":{"line":11,"column":9}}})) != null ? stack1 : "")
    + "};\n\n// Of the queries in `rows`: Σ gradient · (result − center of the values), which a row's slopes are above or below, and\n// the logarithm of the sum of weights, lowered as the scores are by the center of the keys.\ntemplate <typename G, typename O, typename Q>\nDEVICE void measure(const Memory& memory, shared<int> rows, const Rows<G>& gradients, const Rows<O>& results,\n                    const Rows<Q>& queries, const Rows<const float>& lse, shared<float> key_center) {\n  const int r = threadIdx.x / 4, row = rows[r];\n  float sum = 0, lowered_by = 0;\n  if (row >= 0) {\n    for (int c = threadIdx.x % 4; c < head_dim; c += 4) {\n      const float result = load(row_of_head(results, row), c) - memory.value_center[c];\n      sum = fmaf(load(row_of_head(gradients, row), c), result, sum);\n      lowered_by = fmaf(load(row_of_head(queries, row), c), key_center[c], lowered_by);\n    }\n  }\n#pragma unroll\n  for (int apart = 2; apart > 0; apart /= 2) {\n    sum += __shfl_xor_sync(0xffffffffu, sum, apart);\n    lowered_by += __shfl_xor_sync(0xffffffffu, lowered_by, apart);\n  }\n  if (threadIdx.x % 4 == 0) {\n    memory.delta[r] = sum;\n    memory.lse[r] = row >= 0 ? row_of_head(lse, row)[0] - scale * lowered_by : 0.f;\n  }\n}\n\n// The scores of a step and what they are weighted by: p = exp(score − lse), ds = p · (slope − delta).\ntemplate <bool for_keys, typename A, typename B, typename C, typename D>\nDEVICE void find_weights(float (&p)[4][4], float (&ds)[4][4], const Memory& memory, int own_at, int at,\n                         const Operand<A>& own, const Operand<B>& walked, const Operand<C>& own_slopes,\n                         const Operand<D>& walked_slopes) {\n  const int line = threadIdx.x / 16, lane = threadIdx.x % 16;\n  float scores[4][4] = {}, slopes[4][4] = {};\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isWhole"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.program(2, data, 0),"data":data,"loc":{"start":{"line":46,"column":0},"end":{"line":67,"column":7}}})) != null ? stack1 : "")
    + "#pragma unroll\n  for (int i = 0; i < 4; i++)\n#pragma unroll\n    for (int j = 0; j < 4; j++) {\n      const int r = line + 16 * i, w = lane + 16 * j;\n      const int query = for_keys ? w : r;\n      const int key = for_keys ? own_at + r : at + w;\n      const bool is_key = (for_keys ? memory.own_rows[r] : memory.walked_rows[w]) >= 0;\n      const bool is_seen = is_key && sees(memory.query_first[query], memory.query_length[query], key);\n      p[i][j] = is_seen ? expf(scores[i][j] - memory.lse[query]) : 0.f;\n      ds[i][j] = p[i][j] * (slopes[i][j] - memory.delta[query]);\n    }\n}\n\n// A block of threads makes dq of a block of queries, walking over the keys that they see; or dk and dv of a block of keys,\n// walking over the heads that share them, and over the queries that see any of them. Both make the same scores on the way,\n// so that nobody adds to what another writes, and every sum has one order.\nKERNEL(attention_grad, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":85,"column":25},"end":{"line":85,"column":32}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":86,"column":11},"end":{"line":86,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const Memory memory = {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"memory"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":89,"column":0},"end":{"line":91,"column":9}}})) != null ? stack1 : "")
    + "  };\n  const int thread = threadIdx.x;\n  const int blocks = (context + own_rows - 1) / own_rows;\n  const Place place = place_of(2 * blocks);\n  const int base = place.context * context, end = base + context;\n  const int sharing = heads / kv_heads;\n  // Those for keys come first: they take longer. So do blocks that are seen by many, or see many.\n  const bool is_for_keys = place.turn < blocks;\n  const int begin = base + (is_for_keys ? place.turn : 2 * blocks - 1 - place.turn) * own_rows;\n  const int head = place.head;\n  if (head >= (is_for_keys ? kv_heads : heads)) return;\n  const int kv_head = is_for_keys ? head : head / sharing;\n\n  start_range(memory.range);\n  for (int c = thread; c < depth; c += threads) memory.zeros[c] = 0;\n  if (thread < own_rows) memory.own_rows[thread] = row_at(row_of, begin + thread, end);\n  if (is_for_keys) {\n    widen_to_queries(memory.range, begin, base, end, row_of, first, last);\n  } else if (thread < own_rows) {\n    const Sight query = sight_of(memory.own_rows[thread], first, last);\n    memory.query_first[thread] = query.first;\n    memory.query_length[thread] = query.length;\n    widen_range(memory.range, query.first, query.first + query.length);\n  }\n  __syncthreads();\n  const int walk_begin = memory.range[0], walk_end = memory.range[1];\n\n  // Keys and values near all others. The gradients of a row's scores add up to 0, so what all keys share never reaches dq,\n  // and what all values share never reaches the gradients of the scores: taken off before, it cannot drown the rest in\n  // rounding errors. Any vector does; the mean of a block is never an outlier. dk has no use for a center of keys.\n  if (thread < step_rows)\n    memory.walked_rows[thread] = is_for_keys ? memory.own_rows[thread]\n                               : walk_begin < walk_end ? row_at(row_of, walk_begin + thread, walk_end) : -1;\n  __syncthreads();\n  const auto key_heads = rows_of(k, k_stride, kv_head);\n  const auto value_heads = rows_of(v, v_stride, kv_head);\n  find_center(memory.value_center, memory.walked_tile, operand(value_heads, 1.f, memory.zeros), memory.walked_rows);\n  if (!is_for_keys)\n    find_center(memory.key_center, memory.walked_tile, operand(key_heads, 1.f, memory.zeros), memory.walked_rows);\n  const auto keys = operand(key_heads, 1.f, is_for_keys ? memory.zeros : memory.key_center);\n  const auto values = operand(value_heads, 1.f, memory.value_center);\n\n  // Of dq or dk, and of dv.\n  float sums[4][parts * thread_columns] = {};\n  float p[4][4], ds[4][4];\n  if (is_for_keys) {\n    float value_sums[4][parts * thread_columns] = {};\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isWhole"),{"name":"if","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":139,"column":0},"end":{"line":142,"column":7}}})) != null ? stack1 : "")
    + "    for (int h = kv_head * sharing; h < (kv_head + 1) * sharing; h++) {\n      const auto queries = operand(rows_of(q, q_stride, h), scale, memory.zeros);\n      const auto gradients = operand(rows_of(dout, dout_stride, h), 1.f, memory.zeros);\n      for (int at = walk_begin; at < walk_end; at += step_rows) {\n        __syncthreads();\n        if (thread < step_rows) {\n          const Sight query = sight_of(row_at(row_of, at + thread, walk_end), first, last);\n          memory.walked_rows[thread] = query.row;\n          memory.query_first[thread] = query.first;\n          memory.query_length[thread] = query.length;\n        }\n        __syncthreads();\n        measure(memory, memory.walked_rows, gradients.rows, rows_of(out, out_stride, h), queries.rows,\n                Rows<const float>{lse + h, lse_stride}, memory.zeros);\n        find_weights<true>(p, ds, memory, begin, at, keys, queries, values, gradients);\n        store_weights(memory.weights, p);\n        add_weighted(value_sums, memory.weights, memory.walked_slope_tile, gradients, memory.walked_rows);\n        __syncthreads();\n        store_weights(memory.weights, ds);\n        add_weighted(sums, memory.weights, memory.walked_tile, queries, memory.walked_rows);\n      }\n    }\n    const float ones[4] = {1, 1, 1, 1};\n    store_sums(rows_of(dk, dk_stride, kv_head), sums, memory.own_rows, ones, memory.zeros);\n    store_sums(rows_of(dv, dv_stride, kv_head), value_sums, memory.own_rows, ones, memory.zeros);\n  } else {\n    const auto queries = operand(rows_of(q, q_stride, head), scale, memory.zeros);\n    const auto gradients = operand(rows_of(dout, dout_stride, head), 1.f, memory.zeros);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isWhole"),{"name":"if","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":171,"column":0},"end":{"line":174,"column":7}}})) != null ? stack1 : "")
    + "    measure(memory, memory.own_rows, gradients.rows, rows_of(out, out_stride, head), queries.rows,\n            Rows<const float>{lse + head, lse_stride}, memory.key_center);\n    for (int at = walk_begin; at < walk_end; at += step_rows) {\n      __syncthreads();\n      if (thread < step_rows) memory.walked_rows[thread] = row_at(row_of, at + thread, walk_end);\n      __syncthreads();\n      find_weights<false>(p, ds, memory, begin, at, queries, keys, gradients, values);\n      store_weights(memory.weights, ds);\n      add_weighted(sums, memory.weights, memory.walked_tile, keys, memory.walked_rows);\n    }\n    const float scales[4] = {scale, scale, scale, scale};\n    store_sums(rows_of(dq, dq_stride, head), sums, memory.own_rows, scales, memory.zeros);\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/attention_tensor", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_async"),depth0,{"name":"_async","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tensor"),depth0,{"name":"_tensor","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention"),depth0,{"name":"_attention","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention_tensor"),depth0,{"name":"_attention_tensor","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "constexpr float ln2 = 0.69314718f;\n\n// A block of threads takes "
    + ((stack1 = alias2(alias1(depth0, "ownRows", {"start":{"line":10,"column":30},"end":{"line":10,"column":37}} ), depth0)) != null ? stack1 : "")
    + " queries and walks over the keys that they see, "
    + ((stack1 = alias2(alias1(depth0, "stepRows", {"start":{"line":10,"column":89},"end":{"line":10,"column":97}} ), depth0)) != null ? stack1 : "")
    + " at a time. The\n// next keys and values come while these are multiplied; scores stay in registers, where they become the weights of values.\nKERNEL(attention, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":12,"column":20},"end":{"line":12,"column":27}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":13,"column":11},"end":{"line":13,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"memory"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":15,"column":0},"end":{"line":17,"column":9}}})) != null ? stack1 : "")
    + "  const int thread = threadIdx.x;\n  const int blocks = (context + own_rows - 1) / own_rows;\n  const Place place = place_of(blocks);\n  const int head = place.head;\n  if (head >= heads) return;\n  const int base = place.context * context;\n  // Blocks that see many keys come first.\n  const int begin = base + (blocks - 1 - place.turn) * own_rows;\n  const int kv_head = head / (heads / kv_heads);\n  const auto keys = rows_of(k, k_stride, kv_head);\n  const auto values = rows_of(v, v_stride, kv_head);\n\n  start_range(range);\n  for (int r = thread; r < own_rows; r += threads) {\n    const Sight query = sight_of(row_at(row_of, begin + r, base + context), first, last);\n    query_rows[r] = query.row;\n    query_first[r] = query.first;\n    query_length[r] = query.length;\n    widen_range(range, query.first, query.first + query.length);\n  }\n  __syncthreads();\n  const int first_key = range[0], end_key = range[1];\n  stage<own_rows>(query_tile, rows_of(q, q_stride, head), query_rows);\n  for (int r = thread; r < 2 * step_rows; r += threads)\n    key_rows[r] = first_key < end_key ? row_at(row_of, first_key + r, end_key) : -1;\n  __syncthreads();\n  if (first_key < end_key) {\n    stage<step_rows>(key_tile, keys, key_rows);\n    stage<step_rows>(value_tile, values, key_rows);\n  }\n  cp_async_commit();\n\n  // Kept in shared memory: registers are scarce.\n  const WarpSight sight = sight_of_warp(query_rows, query_first, query_length);\n  const shared<int4> warp_sight = warp_sights + thread / 32;\n  if (thread % 32 == 0) warp_sight[0] = make_int4(sight.begin, sight.end, sight.all_begin, sight.all_end);\n\n  // The weighted values; of each row the largest score so far, and the thread's share of the sum of weights.\n  float sums[warp_tiles][depth_tiles][4] = {};\n  float largest[warp_tiles][2], total[warp_tiles][2] = {};\n#pragma unroll\n  for (int m = 0; m < warp_tiles; m++) largest[m][0] = largest[m][1] = -__int_as_float(0x7f800000);\n\n  // Tiles are of two steps in turn, and their rows of three: those of the next but one are looked up meanwhile.\n  int step = 0;\n  for (int at = first_key; at < end_key; at += step_rows, step++) {\n    const shared<int> rows = key_rows + step % 3 * step_rows;\n    const int tile = step % 2 * step_rows * tile_stride, next_tile = step_rows * tile_stride - tile;\n    // This step's keys and values have come, and everybody has used those of the step before.\n    cp_async_wait<0>();\n    __syncthreads();\n    if (at + step_rows < end_key) {\n      const shared<int> next_rows = key_rows + (step + 1) % 3 * step_rows;\n      stage<step_rows>(key_tile + next_tile, keys, next_rows);\n      stage<step_rows>(value_tile + next_tile, values, next_rows);\n    }\n    cp_async_commit();\n    int later_row = -1;\n    if (thread < step_rows) later_row = row_at(row_of, at + 2 * step_rows + thread, end_key);\n\n    const int4 warp = warp_sight[0];\n    const bool is_seen = at < warp.y && at + step_rows > warp.x;\n    if (is_seen) {\n      float scores[warp_tiles][step_tiles][4] = {};\n      add_products(scores, query_tile, key_tile + tile);\n      if (at < warp.z || at + step_rows > warp.w || !are_all_there(rows)) {\n#pragma unroll\n        for (int m = 0; m < warp_tiles; m++)\n#pragma unroll\n          for (int h = 0; h < 2; h++) {\n            const int query = row_of_thread() + 16 * m + 8 * h;\n            const int seen_first = query_first[query], seen_length = query_length[query];\n#pragma unroll\n            for (int n = 0; n < step_tiles; n++)\n#pragma unroll\n              for (int e = 0; e < 2; e++) {\n                const int key = 8 * n + column_of_thread() + e;\n                if (rows[key] < 0 || !sees(seen_first, seen_length, at + key))\n                  scores[m][n][2 * h + e] = -__int_as_float(0x7f800000);\n              }\n          }\n      }\n#pragma unroll\n      for (int m = 0; m < warp_tiles; m++)\n#pragma unroll\n        for (int h = 0; h < 2; h++) {\n          float most = scores[m][0][2 * h];\n#pragma unroll\n          for (int n = 0; n < step_tiles; n++) most = fmaxf(most, fmaxf(scores[m][n][2 * h], scores[m][n][2 * h + 1]));\n          most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 1));\n          most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 2));\n          most = fmaxf(largest[m][h], scale_of_two * most);\n          // −∞ where nothing was seen yet, which must not be taken off itself.\n          const float base_score = most == -__int_as_float(0x7f800000) ? 0.f : most;\n          // What was summed up to now was weighted by the largest score up to now.\n          const float factor = power_of_two(largest[m][h] - base_score);\n          largest[m][h] = most;\n          float sum = 0;\n#pragma unroll\n          for (int n = 0; n < step_tiles; n++)\n#pragma unroll\n            for (int e = 2 * h; e < 2 * h + 2; e++) {\n              scores[m][n][e] = power_of_two(fmaf(scores[m][n][e], scale_of_two, -base_score));\n              sum += scores[m][n][e];\n            }\n          total[m][h] = fmaf(total[m][h], factor, sum);\n#pragma unroll\n          for (int n = 0; n < depth_tiles; n++) {\n            sums[m][n][2 * h] *= factor;\n            sums[m][n][2 * h + 1] *= factor;\n          }\n        }\n      add_weighted(sums, scores, value_tile + tile);\n    }\n    if (thread < step_rows) key_rows[(step + 2) % 3 * step_rows + thread] = later_row;\n  }\n\n  // Where there were no keys, nobody has waited for the queries.\n  cp_async_wait<0>();\n  float factors[warp_tiles][2];\n#pragma unroll\n  for (int m = 0; m < warp_tiles; m++)\n#pragma unroll\n    for (int h = 0; h < 2; h++) {\n      const float sum = sum_of_row(total[m][h]);\n      factors[m][h] = sum > 0 ? 1 / sum : 0.f;\n      const int row = query_rows[row_of_thread() + 16 * m + 8 * h];\n      if (thread % 4 == 0 && row >= 0)\n        lse[static_cast<long long>(row) * lse_stride + head] = sum > 0 ? ln2 * (largest[m][h] + log2f(sum)) : 0.f;\n    }\n  store_sums(rows_of(out, out_stride, head), sums, query_rows, factors);\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/attention_tensor_grad", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  for (int c = static_cast<int>(threadIdx.x) % 4 * 4; c < head_dim; c += 16) {\n    const float4 g = load4(gradient, c), o = load4(result, c);\n    sum = fmaf(g.x, o.x, fmaf(g.y, o.y, fmaf(g.z, o.z, fmaf(g.w, o.w, sum))));\n  }\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "  for (int c = threadIdx.x % 4; c < head_dim; c += 4) sum = fmaf(load(gradient, c), load(result, c), sum);\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + ",\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_async"),depth0,{"name":"_async","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tensor"),depth0,{"name":"_tensor","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention"),depth0,{"name":"_attention","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention_tensor"),depth0,{"name":"_attention_tensor","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "constexpr float scale = "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":8,"column":26},"end":{"line":8,"column":31}} ), depth0)) != null ? stack1 : "")
    + ";\nconstexpr float log2_e = 1.44269504f;\n\n// What a block of threads keeps in shared memory. Its own rows and those that it walks over are queries and keys, or keys\n// and queries; beside a query's tile is that of its gradient, beside a key's that of its value: products of the first are\n// scores, products of the second the slopes of the loss along the weights.\nstruct Memory {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"fields"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":15,"column":0},"end":{"line":17,"column":9}}})) != null ? stack1 : "")
    + "};\n\n// Where rows are looked up, and what queries see.\nstruct Tables {\n  global<const int> row_of, first, last;\n};\n\n// Of a row, Σ gradient · result over the columns that one of four threads has.\ntemplate <typename G, typename O>\nDEVICE float share_of_delta(const Rows<G>& gradients, const Rows<O>& results, int row) {\n  const global<G> gradient = row_of_head(gradients, row);\n  const global<O> result = row_of_head(results, row);\n  float sum = 0;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isVector"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.program(2, data, 0),"data":data,"loc":{"start":{"line":31,"column":0},"end":{"line":38,"column":7}}})) != null ? stack1 : "")
    + "  return sum;\n}\n\n// The same of a row in tiles.\nDEVICE float share_of_delta(shared<bf16> gradient, shared<bf16> result) {\n  float sum = 0;\n#pragma unroll\n  for (int piece = threadIdx.x % 4; piece < depth_tiles; piece += 4) {\n    const uint4 g = as<uint4>(gradient + piece * 8)[0], o = as<uint4>(result + piece * 8)[0];\n    sum = fmaf(low_float(g.x), low_float(o.x), fmaf(high_float(g.x), high_float(o.x), sum));\n    sum = fmaf(low_float(g.y), low_float(o.y), fmaf(high_float(g.y), high_float(o.y), sum));\n    sum = fmaf(low_float(g.z), low_float(o.z), fmaf(high_float(g.z), high_float(o.z), sum));\n    sum = fmaf(low_float(g.w), low_float(o.w), fmaf(high_float(g.w), high_float(o.w), sum));\n  }\n  return sum;\n}\n\n// Makes −∞ of the scores of keys that are not seen, or not there; `first_key` is the position of the first.\ntemplate <bool for_keys>\nDEVICE void hide_unseen(float (&scores)[warp_tiles][step_tiles][4], const Memory& memory, int slot, int first_key) {\n#pragma unroll\n  for (int m = 0; m < warp_tiles; m++)\n#pragma unroll\n    for (int h = 0; h < 2; h++) {\n      const int own = row_of_thread() + 16 * m + 8 * h;\n#pragma unroll\n      for (int n = 0; n < step_tiles; n++)\n#pragma unroll\n        for (int e = 0; e < 2; e++) {\n          const int walked = 8 * n + column_of_thread() + e;\n          const bool is_seen =\n              for_keys ? sees(memory.walked_first[slot + walked], memory.walked_length[slot + walked], first_key + own)\n                       : memory.walked_rows[slot + walked] >= 0 &&\n                             sees(memory.query_first[own], memory.query_length[own], first_key + walked);\n          if (!is_seen) scores[m][n][2 * h + e] = -__int_as_float(0x7f800000);\n        }\n    }\n}\n\n// Walks over rows: `heads` heads of those from walk_begin to walk_end. Adds to `sums` what ds weighs, and for keys to\n// `value_sums` what p weighs. Tiles are of two steps in turn, and what is looked up of three.\ntemplate <bool for_keys, typename A, typename B, typename C, typename D, typename G, typename O>\nDEVICE void walk(float (&sums)[warp_tiles][depth_tiles][4], float (&value_sums)[warp_tiles][depth_tiles][4],\n                 const Memory& memory, const Tables& tables, const Rows<A>& own, const Rows<B>& own_slopes,\n                 const Rows<C>& walked, const Rows<D>& walked_slopes, const Rows<G>& gradients, const Rows<O>& results,\n                 const Rows<const float>& lse, int begin, int end, int heads) {\n  const int thread = threadIdx.x, lane = thread % 32;\n  const int walk_begin = memory.range[0], walk_end = memory.range[1];\n  if (walk_begin >= walk_end) return;\n  const int steps_of_head = (walk_end - walk_begin + step_rows - 1) / step_rows;\n  const int steps = heads * steps_of_head;\n\n  // What is looked up about the position r of a step: its row, and what the query sees that stands there.\n  const auto row_in_step = [&](int step, int r) {\n    const int at = memory.range[0] + step % steps_of_head * step_rows + r;\n    return step < steps ? row_at(tables.row_of, at, memory.range[1]) : -1;\n  };\n  const auto sight_in_step = [&](int row) {\n    if constexpr (for_keys) return sight_of(row, tables.first, tables.last);\n    return Sight{row, 0, 0};\n  };\n  const auto lse_in_step = [&](int step, int row) {\n    return row < 0 ? 0.f : row_of_head(lse, row)[step / steps_of_head];\n  };\n  const auto keep = [&](int step, int r, const Sight& query, float query_lse) {\n    const int at = step % 3 * step_rows + r;\n    memory.walked_rows[at] = query.row;\n    if constexpr (for_keys) {\n      memory.walked_first[at] = query.first;\n      memory.walked_length[at] = query.length;\n      memory.walked_lse[at] = log2_e * query_lse;\n    }\n  };\n  // Rows of a step, as soon as what is looked up about it can be read.\n  const auto stage_step = [&](int step) {\n    const int head = step / steps_of_head * head_dim, tile = step % 2 * step_rows * tile_stride;\n    const shared<int> rows = memory.walked_rows + step % 3 * step_rows;\n    stage<step_rows>(memory.walked_tile + tile, Rows<C>{walked.at + head, walked.stride}, rows);\n    stage<step_rows>(memory.walked_slope_tile + tile, Rows<D>{walked_slopes.at + head, walked_slopes.stride}, rows);\n  };\n  const auto stage_results = [&](int step) {\n    const int head = step / steps_of_head * head_dim;\n    const shared<int> rows = memory.walked_rows + step % 3 * step_rows;\n    stage<step_rows>(memory.result_tile, Rows<O>{results.at + head, results.stride}, rows);\n  };\n\n  stage<own_rows>(memory.own_tile, own, memory.own_rows);\n  stage<own_rows>(memory.own_slope_tile, own_slopes, memory.own_rows);\n  for (int r = thread; r < 2 * step_rows; r += threads) {\n    const int step = r / step_rows, row = row_in_step(step, r % step_rows);\n    keep(step, r % step_rows, sight_in_step(row), for_keys ? lse_in_step(step, row) : 0.f);\n  }\n  __syncthreads();\n  stage_step(0);\n  if constexpr (for_keys) stage_results(0);\n  cp_async_commit();\n\n  // Of a thread's own queries; and of a warp's own rows, which keys they see, or which they are.\n  float own_lse[warp_tiles][2] = {}, own_delta[warp_tiles][2] = {};\n  WarpSight warp;\n  if constexpr (for_keys) {\n    warp.begin = warp.all_begin = begin + first_row_of_warp();\n    warp.end = warp.all_end = min(warp.begin + 16 * warp_tiles, end);\n  } else {\n    warp = sight_of_warp(memory.own_rows, memory.query_first, memory.query_length);\n#pragma unroll\n    for (int m = 0; m < warp_tiles; m++)\n#pragma unroll\n      for (int h = 0; h < 2; h++) {\n        const int row = memory.own_rows[row_of_thread() + 16 * m + 8 * h];\n        const float share = row < 0 ? 0.f : share_of_delta(gradients, results, row);\n        own_delta[m][h] = sum_of_row(share);\n        own_lse[m][h] = row < 0 ? 0.f : log2_e * row_of_head(lse, row)[0];\n      }\n  }\n\n  for (int step = 0; step < steps; step++) {\n    const int slot = step % 3 * step_rows, tile = step % 2 * step_rows * tile_stride;\n    const int at = memory.range[0] + step % steps_of_head * step_rows;\n    // This step's rows have come, and everybody has used those of the step before.\n    cp_async_wait<0>();\n    __syncthreads();\n    if (step + 1 < steps) stage_step(step + 1);\n    cp_async_commit();\n    int later_row = -1;\n    if (thread < step_rows) later_row = row_in_step(step + 2, thread);\n\n    bool is_seen, is_all_seen;\n    if constexpr (for_keys) {\n      for (int r = thread / 4; r < step_rows; r += threads / 4) {\n        const float delta = sum_of_row(share_of_delta(memory.walked_slope_tile + (tile + r * tile_stride),\n                                                      memory.result_tile + r * tile_stride));\n        if (thread % 4 == 0) memory.walked_delta[r] = delta;\n      }\n      is_seen = false;\n      is_all_seen = true;\n      for (int r = slot + lane; r < slot + step_rows; r += 32) {\n        const int query_begin = memory.walked_first[r], query_end = query_begin + memory.walked_length[r];\n        is_seen = is_seen || (query_begin < query_end && query_begin < warp.end && query_end > warp.begin);\n        is_all_seen = is_all_seen && (memory.walked_rows[r] < 0 || (query_begin <= warp.begin && query_end >= warp.end));\n      }\n      is_seen = __any_sync(0xffffffffu, is_seen);\n      is_all_seen = __all_sync(0xffffffffu, is_all_seen);\n    } else {\n      is_seen = at < warp.end && at + step_rows > warp.begin;\n      is_all_seen = are_all_there(memory.walked_rows + slot) && at >= warp.all_begin && at + step_rows <= warp.all_end;\n    }\n\n    float p[warp_tiles][step_tiles][4] = {}, ds[warp_tiles][step_tiles][4] = {};\n    if (is_seen) {\n      add_products(p, memory.own_tile, memory.walked_tile + tile);\n      add_products(ds, memory.own_slope_tile, memory.walked_slope_tile + tile);\n    }\n    if constexpr (for_keys) {\n      // What is below and above each query is known, and everybody has used its results.\n      __syncthreads();\n      if (step + 1 < steps) stage_results(step + 1);\n      cp_async_commit();\n    }\n    const Sight later = sight_in_step(later_row);\n    float later_lse = 0;\n    if constexpr (for_keys) later_lse = lse_in_step(step + 2, later_row);\n    if (is_seen) {\n      if (!is_all_seen) hide_unseen<for_keys>(p, memory, slot, for_keys ? begin : at);\n#pragma unroll\n      for (int n = 0; n < step_tiles; n++)\n#pragma unroll\n        for (int e = 0; e < 2; e++) {\n          const int r = 8 * n + column_of_thread() + e;\n          const float walked_lse = for_keys ? memory.walked_lse[slot + r] : 0.f;\n          const float walked_delta = for_keys ? memory.walked_delta[r] : 0.f;\n#pragma unroll\n          for (int m = 0; m < warp_tiles; m++)\n#pragma unroll\n            for (int h = 0; h < 2; h++) {\n              float& weight = p[m][n][2 * h + e];\n              float& slope = ds[m][n][2 * h + e];\n              weight = power_of_two(fmaf(weight, scale_of_two, -(for_keys ? walked_lse : own_lse[m][h])));\n              slope = weight * (slope - (for_keys ? walked_delta : own_delta[m][h]));\n            }\n        }\n      if constexpr (for_keys) add_weighted(value_sums, p, memory.walked_slope_tile + tile);\n      add_weighted(sums, ds, memory.walked_tile + tile);\n    }\n    if (thread < step_rows) keep(step + 2, thread, later, later_lse);\n  }\n}\n\n// A block of threads makes dq of a block of queries, walking over the keys that they see; or dk and dv of a block of keys,\n// walking over the heads that share them, and over the queries that see any of them. Both make the same scores on the way,\n// so that nobody adds to what another writes, and every sum has one order. In both the weights, p = 2^(score − lse), and\n// the gradients of scores, ds = p · (slope − delta), lie in a thread's registers as the next product wants them.\nKERNEL(attention_grad, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":231,"column":25},"end":{"line":231,"column":32}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":232,"column":11},"end":{"line":232,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const Memory memory = {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"memory"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":235,"column":0},"end":{"line":237,"column":9}}})) != null ? stack1 : "")
    + "  };\n  const int thread = threadIdx.x;\n  const int blocks = (context + own_rows - 1) / own_rows;\n  const Place place = place_of(2 * blocks);\n  const int base = place.context * context, end = base + context;\n  const int sharing = heads / kv_heads;\n  // Those for keys come first: they take longer. So do blocks that are seen by many, or see many.\n  const bool is_for_keys = place.turn < blocks;\n  const int begin = base + (is_for_keys ? place.turn : 2 * blocks - 1 - place.turn) * own_rows;\n  const int head = place.head;\n  if (head >= (is_for_keys ? kv_heads : heads)) return;\n\n  start_range(memory.range);\n  for (int r = thread; r < own_rows; r += threads) {\n    const int row = row_at(row_of, begin + r, end);\n    memory.own_rows[r] = row;\n    if (!is_for_keys) {\n      const Sight query = sight_of(row, first, last);\n      memory.query_first[r] = query.first;\n      memory.query_length[r] = query.length;\n      widen_range(memory.range, query.first, query.first + query.length);\n    }\n  }\n  if (is_for_keys) widen_to_queries(memory.range, begin, base, end, row_of, first, last);\n  __syncthreads();\n  const Tables tables = {row_of, first, last};\n  float sums[warp_tiles][depth_tiles][4] = {}, value_sums[warp_tiles][depth_tiles][4] = {};\n  float ones[warp_tiles][2], scales[warp_tiles][2];\n#pragma unroll\n  for (int m = 0; m < warp_tiles; m++) {\n    ones[m][0] = ones[m][1] = 1;\n    scales[m][0] = scales[m][1] = scale;\n  }\n  const int kv_head = is_for_keys ? head : head / sharing, first_head = is_for_keys ? head * sharing : head;\n  const auto queries = rows_of(q, q_stride, first_head);\n  const auto keys = rows_of(k, k_stride, kv_head);\n  const auto values = rows_of(v, v_stride, kv_head);\n  const auto gradients = rows_of(dout, dout_stride, first_head);\n  const auto results = rows_of(out, out_stride, first_head);\n  const Rows<const float> sum_logs = {lse + first_head, lse_stride};\n  if (is_for_keys) {\n    walk<true>(sums, value_sums, memory, tables, keys, values, queries, gradients, gradients, results, sum_logs, begin,\n               end, sharing);\n    store_sums(rows_of(dk, dk_stride, kv_head), sums, memory.own_rows, scales);\n    store_sums(rows_of(dv, dv_stride, kv_head), value_sums, memory.own_rows, ones);\n  } else {\n    walk<false>(sums, value_sums, memory, tables, queries, gradients, keys, values, gradients, results, sum_logs, begin,\n                end, 1);\n    store_sums(rows_of(dq, dq_stride, head), sums, memory.own_rows, scales);\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/balance", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_groups"),depth0,{"name":"_groups","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// One block.\nKERNEL(balance, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":6,"column":18},"end":{"line":6,"column":25}} ), depth0)) != null ? stack1 : "")
    + ", 1)(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":7,"column":11},"end":{"line":7,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  float loss = 0.0f;\n  for (int pool = 0; pool < pools; pool++) {\n    const global<const int> segments = address<const int>(arena, record + "
    + ((stack1 = alias2(alias1(depth0, "firstPool", {"start":{"line":11,"column":76},"end":{"line":11,"column":85}} ), depth0)) != null ? stack1 : "")
    + " + 2 * pool);\n    const int ranges = segments[0];\n    const global<const int> own = starts + pool * experts;\n    const float rows = fmaxf((float)(own[experts] - own[0]), 1.0f);\n    float pool_sum = 0.0f;\n    for (int e = 0; e < experts; e++) {\n      float sum[1] = {0.0f};\n      for (int range = 0; range < ranges; range++) {\n        const int end = segments[2 * range + 2];\n        for (int row = segments[2 * range + 1] + (int)threadIdx.x; row < end; row += "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":20,"column":87},"end":{"line":20,"column":94}} ), depth0)) != null ? stack1 : "")
    + ") {\n          sum[0] += load(p, (long long)row * p_stride + e);\n        }\n      }\n      sum_group(sum, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":24,"column":23},"end":{"line":24,"column":30}} ), depth0)) != null ? stack1 : "")
    + ", shared_at<float>(0));\n      pool_sum += (float)(own[e + 1] - own[e]) / rows * sum[0];\n    }\n    loss += scale * pool_sum / rows;\n  }\n  for (int i = threadIdx.x; i <= modalities; i += "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":29,"column":52},"end":{"line":29,"column":59}} ), depth0)) != null ? stack1 : "")
    + ") store(sums, i, i == 0 ? loss : 0.0f);\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/balance_dx", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = container.lambda(container.strict(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nKERNEL(balance_dx, 256)(ARGUMENTS) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const float all = (float)(starts[experts] - starts[0]);\n  for (int i = 256 * blockIdx.y + threadIdx.x; i < count * experts; i += 256 * gridDim.y) {\n    const int e = i % experts;\n    const float own = (float)(starts[e + 1] - starts[e]);\n    store(dp, (long long)(first + i / experts) * p_stride + e, scale * own / (all * all));\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/combine", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    const global<const "
    + ((stack1 = alias2(alias1(depth0, "dType", {"start":{"line":17,"column":25},"end":{"line":17,"column":30}} ), depth0)) != null ? stack1 : "")
    + "> added = d + (long long)row * d_stride;\n    if (whole) {\n      load_lanes<"
    + ((stack1 = alias2(alias1(depth0, "dType", {"start":{"line":19,"column":19},"end":{"line":19,"column":24}} ), depth0)) != null ? stack1 : "")
    + ">(sum, added, column);\n    } else {\n      load_some<"
    + ((stack1 = alias2(alias1(depth0, "dType", {"start":{"line":21,"column":18},"end":{"line":21,"column":23}} ), depth0)) != null ? stack1 : "")
    + ">(sum, added, column, rest);\n    }\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// The vectors of a tile, spread over the blocks that share it; a token's experts come in order.\nKERNEL(combine, 256)(ARGUMENTS) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const int vectors = (width + LANES - 1) / LANES;\n  const bool wide = "
    + ((stack1 = alias2(alias1(depth0, "wide", {"start":{"line":9,"column":22},"end":{"line":9,"column":26}} ), depth0)) != null ? stack1 : "")
    + ";\n  for (int i = 256 * blockIdx.y + threadIdx.x; i < count * vectors; i += 256 * gridDim.y) {\n    const int row = first + i / vectors;\n    const int column = LANES * (i % vectors);\n    const int rest = width - column;\n    const bool whole = wide && rest >= LANES;\n    float sum[LANES] = {};\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"residual"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":16,"column":0},"end":{"line":23,"column":7}}})) != null ? stack1 : "")
    + "    for (int e = 0; e < experts; e++) {\n      const int slot = slots[(long long)row * experts + e];\n      if (slot < 0) continue;\n      const float weight = "
    + ((stack1 = alias2(alias1(depth0, "weight", {"start":{"line":27,"column":29},"end":{"line":27,"column":35}} ), depth0)) != null ? stack1 : "")
    + ";\n      const global<const "
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":28,"column":27},"end":{"line":28,"column":32}} ), depth0)) != null ? stack1 : "")
    + "> from = y + (long long)slot * y_stride;\n      float x[LANES];\n      if (whole) {\n        load_lanes<"
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":31,"column":21},"end":{"line":31,"column":26}} ), depth0)) != null ? stack1 : "")
    + ">(x, from, column);\n      } else {\n        load_some<"
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":33,"column":20},"end":{"line":33,"column":25}} ), depth0)) != null ? stack1 : "")
    + ">(x, from, column, rest);\n      }\n#pragma unroll\n      for (int lane = 0; lane < LANES; lane++) sum[lane] += weight * x[lane];\n    }\n    const global<"
    + ((stack1 = alias2(alias1(depth0, "zType", {"start":{"line":38,"column":19},"end":{"line":38,"column":24}} ), depth0)) != null ? stack1 : "")
    + "> to = z + (long long)row * z_stride;\n    if (whole) {\n      store_lanes<"
    + ((stack1 = alias2(alias1(depth0, "zType", {"start":{"line":40,"column":20},"end":{"line":40,"column":25}} ), depth0)) != null ? stack1 : "")
    + ">(to, column, sum);\n    } else {\n      store_some<"
    + ((stack1 = alias2(alias1(depth0, "zType", {"start":{"line":42,"column":19},"end":{"line":42,"column":24}} ), depth0)) != null ? stack1 : "")
    + ">(to, column, sum, rest);\n    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/combine_dp", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_window"),depth0,{"name":"_window","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_groups"),depth0,{"name":"_groups","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A group of threads per row, one expert after the other.\nKERNEL(combine_dp, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":8,"column":21},"end":{"line":8,"column":28}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":9,"column":11},"end":{"line":9,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const shared<float> partials = shared_at<float>(0);\n  const int size = group_size(width);\n  const int step = size * LANES;\n  const int own = threadIdx.x % size * LANES;\n  const bool wide = "
    + ((stack1 = alias2(alias1(depth0, "wide", {"start":{"line":15,"column":22},"end":{"line":15,"column":26}} ), depth0)) != null ? stack1 : "")
    + ";\n  const int groups = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":16,"column":23},"end":{"line":16,"column":30}} ), depth0)) != null ? stack1 : "")
    + " / size;\n  for (int begin = groups * blockIdx.y; begin < count; begin += groups * gridDim.y) {\n    const int index = begin + threadIdx.x / size;\n    const bool is_row = index < count;\n    const int row = first + index;\n    const global<const "
    + ((stack1 = alias2(alias1(depth0, "dzType", {"start":{"line":21,"column":25},"end":{"line":21,"column":31}} ), depth0)) != null ? stack1 : "")
    + "> slope = dz + (long long)row * z_stride;\n    for (int e = 0; e < experts; e++) {\n      const int slot = is_row ? slots[(long long)row * experts + e] : -1;\n      const int columns = slot < 0 ? 0 : width;\n      const global<const "
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":25,"column":27},"end":{"line":25,"column":32}} ), depth0)) != null ? stack1 : "")
    + "> made = y + (long long)slot * y_stride;\n      float sum[1] = {0.0f};\n      for (int i = own; i < columns; i += KEPT * step) {\n        float a[KEPT][LANES], b[KEPT][LANES];\n        load_window<"
    + ((stack1 = alias2(alias1(depth0, "dzType", {"start":{"line":29,"column":22},"end":{"line":29,"column":28}} ), depth0)) != null ? stack1 : "")
    + ">(a, slope, i, step, columns, wide);\n        load_window<"
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":30,"column":22},"end":{"line":30,"column":27}} ), depth0)) != null ? stack1 : "")
    + ">(b, made, i, step, columns, wide);\n#pragma unroll\n        for (int k = 0; k < KEPT; k++) {\n#pragma unroll\n          for (int lane = 0; lane < LANES; lane++) sum[0] += a[k][lane] * b[k][lane];\n        }\n      }\n      sum_group(sum, size, partials);\n      if (is_row && own == 0) store(dp, (long long)row * p_stride + e, sum[0]);\n    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/cross_entropy", {"0":function(container,depth0,helpers,partials,data) {
    return "    int kept = -1;\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "      kept = i;\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    __syncwarp();\n    const global<"
    + ((stack1 = alias2(alias1(depth0, "gradientType", {"start":{"line":44,"column":19},"end":{"line":44,"column":31}} ), depth0)) != null ? stack1 : "")
    + "> to = dlogits + (long long)row * gradient_stride;\n    const float weight = wanted < 0 ? 0.0f : load(weights, row);\n    const float slope = weight * (1.0f + 2.0f * z_loss * lse) / seen.total;\n    for (int i = own; i < (is_row ? vocab : 0); i += KEPT * step) {\n      if (i != kept) load_window<"
    + ((stack1 = alias2(alias1(depth0, "logitsType", {"start":{"line":48,"column":35},"end":{"line":48,"column":45}} ), depth0)) != null ? stack1 : "")
    + ">(x, from, i, step, columns, wide);\n#pragma unroll\n      for (int k = 0; k < KEPT; k++) {\n#pragma unroll\n        for (int lane = 0; lane < LANES; lane++) {\n          const float share = slope * expf(x[k][lane] - seen.largest);\n          x[k][lane] = wanted < 0 ? 0.0f : share - (i + k * step + lane == wanted ? weight : 0.0f);\n        }\n      }\n      kept = -1;\n      store_window<"
    + ((stack1 = alias2(alias1(depth0, "gradientType", {"start":{"line":58,"column":21},"end":{"line":58,"column":33}} ), depth0)) != null ? stack1 : "")
    + ">(to, i, step, vocab, wide, x);\n    }\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_window"),depth0,{"name":"_window","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_groups"),depth0,{"name":"_groups","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_largest"),depth0,{"name":"_largest","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A group of threads per row: one pass for the largest logit and the sum of exponentials, one for the gradient.\nKERNEL(cross_entropy, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":9,"column":24},"end":{"line":9,"column":31}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":10,"column":11},"end":{"line":10,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const shared<float> partials = shared_at<float>(0);\n  const int size = group_size(vocab);\n  const int step = size * LANES;\n  const int own = threadIdx.x % size * LANES;\n  const bool wide = "
    + ((stack1 = alias2(alias1(depth0, "wide", {"start":{"line":16,"column":22},"end":{"line":16,"column":26}} ), depth0)) != null ? stack1 : "")
    + ";\n  const int groups = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":17,"column":23},"end":{"line":17,"column":30}} ), depth0)) != null ? stack1 : "")
    + " / size;\n  for (int begin = groups * blockIdx.y; begin < count; begin += groups * gridDim.y) {\n    const int index = begin + threadIdx.x / size;\n    const bool is_row = index < count;\n    const int row = first + index;\n    const int wanted = is_row ? target_ids[row] : -1;\n    const int columns = wanted < 0 ? 0 : vocab;\n    const global<const "
    + ((stack1 = alias2(alias1(depth0, "logitsType", {"start":{"line":24,"column":25},"end":{"line":24,"column":35}} ), depth0)) != null ? stack1 : "")
    + "> from = logits + (long long)row * stride;\n    // The gradient may stand where the logits do: this one is read before anything is written.\n    const float target = wanted < 0 ? 0.0f : load(from, wanted);\n    float x[KEPT][LANES];\n    Softmax seen = {-3.4e38f, 0.0f};\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":29,"column":0},"end":{"line":31,"column":7}}})) != null ? stack1 : "")
    + "    for (int i = own; i < columns; i += KEPT * step) {\n      load_window<"
    + ((stack1 = alias2(alias1(depth0, "logitsType", {"start":{"line":33,"column":20},"end":{"line":33,"column":30}} ), depth0)) != null ? stack1 : "")
    + ">(x, from, i, step, columns, wide);\n      take_window(seen, x, i, step, columns);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":35,"column":0},"end":{"line":37,"column":7}}})) != null ? stack1 : "")
    + "    }\n    join_group(seen, size, partials);\n    const float lse = seen.largest + logf(seen.total);\n    if (is_row && own == 0) store(loss, row, wanted < 0 ? 0.0f : lse - target + z_loss * lse * lse);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":42,"column":0},"end":{"line":60,"column":7}}})) != null ? stack1 : "")
    + "  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/elementwise", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    float "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "[LANES];\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      load_lanes<"
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":23,"column":19},"end":{"line":23,"column":23}} ), depth0)) != null ? stack1 : "")
    + ">("
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":23,"column":29},"end":{"line":23,"column":33}} ), depth0)) != null ? stack1 : "")
    + ", "
    + ((stack1 = alias2(alias1(depth0, "place", {"start":{"line":23,"column":39},"end":{"line":23,"column":44}} ), depth0)) != null ? stack1 : "")
    + ", column);\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      load_some<"
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":27,"column":18},"end":{"line":27,"column":22}} ), depth0)) != null ? stack1 : "")
    + ">("
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":27,"column":28},"end":{"line":27,"column":32}} ), depth0)) != null ? stack1 : "")
    + ", "
    + ((stack1 = alias2(alias1(depth0, "place", {"start":{"line":27,"column":38},"end":{"line":27,"column":43}} ), depth0)) != null ? stack1 : "")
    + ", column, rest);\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      store_lanes<"
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":38,"column":20},"end":{"line":38,"column":24}} ), depth0)) != null ? stack1 : "")
    + ">("
    + ((stack1 = alias2(alias1(depth0, "place", {"start":{"line":38,"column":30},"end":{"line":38,"column":35}} ), depth0)) != null ? stack1 : "")
    + ", column, "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":38,"column":49},"end":{"line":38,"column":53}} ), depth0)) != null ? stack1 : "")
    + ");\n";
},"6":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      store_some<"
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":42,"column":19},"end":{"line":42,"column":23}} ), depth0)) != null ? stack1 : "")
    + ">("
    + ((stack1 = alias2(alias1(depth0, "place", {"start":{"line":42,"column":29},"end":{"line":42,"column":34}} ), depth0)) != null ? stack1 : "")
    + ", column, "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":42,"column":48},"end":{"line":42,"column":52}} ), depth0)) != null ? stack1 : "")
    + ", rest);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_functions"),depth0,{"name":"_functions","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// The vectors of a tile, spread over the blocks that share it.\nKERNEL("
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":7,"column":9},"end":{"line":7,"column":13}} ), depth0)) != null ? stack1 : "")
    + ", 256)(ARGUMENTS) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const int vectors = (width + LANES - 1) / LANES;\n  const bool wide = "
    + ((stack1 = alias2(alias1(depth0, "wide", {"start":{"line":10,"column":22},"end":{"line":10,"column":26}} ), depth0)) != null ? stack1 : "")
    + ";\n  for (int i = 256 * blockIdx.y + threadIdx.x; i < count * vectors; i += 256 * gridDim.y) {\n    const int row = first + i / vectors;\n    const int column = LANES * (i % vectors);\n    const int rest = width - column;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"starts"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":15,"column":0},"end":{"line":17,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"values"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":18,"column":0},"end":{"line":20,"column":9}}})) != null ? stack1 : "")
    + "    if (wide && rest >= LANES) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"loads"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":22,"column":0},"end":{"line":24,"column":9}}})) != null ? stack1 : "")
    + "    } else {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"loads"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":26,"column":0},"end":{"line":28,"column":9}}})) != null ? stack1 : "")
    + "    }\n#pragma unroll\n    for (int lane = 0; lane < LANES; lane++) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":32,"column":0},"end":{"line":34,"column":9}}})) != null ? stack1 : "")
    + "    }\n    if (wide && rest >= LANES) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":37,"column":0},"end":{"line":39,"column":9}}})) != null ? stack1 : "")
    + "    } else {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(6, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":41,"column":0},"end":{"line":43,"column":9}}})) != null ? stack1 : "")
    + "    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/embed_dw_by_token", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nconstexpr int AT_ONCE = 8;\n\n// Whether a row is in one of the ranges.\nDEVICE bool is_counted(global<const int> segments, int row) {\n  for (int range = 0; range < segments[0]; range++) {\n    if (row >= segments[2 * range + 1] && row < segments[2 * range + 2]) return true;\n  }\n  return false;\n}\n\n// A block per token of the vocabulary. So many threads as a row has vectors are a group; groups take the token's rows in\n// turn, and the first adds up what they found, in order.\nKERNEL(embed_dw_by_token, 256)(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":18,"column":11},"end":{"line":18,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const shared<float> found = shared_at<float>(0);\n  const int token = blockIdx.x;\n  const int begin = token_starts[token];\n  const int end = token_starts[token + 1];\n  const int vectors = (width + LANES - 1) / LANES;\n  int size = 1;\n  while (size < 256 && size < vectors) size *= 2;\n  const int groups = end - begin > 1 ? 256 / size : 1;\n  const int group = threadIdx.x / size;\n  const bool wide_rows = dy_stride % LANES == 0;\n  const bool wide_table = width % LANES == 0;\n  for (int first = 0; first < vectors; first += size) {\n    const int column = LANES * (first + threadIdx.x % size);\n    const int rest = width - column;\n    float sum[LANES] = {};\n    // Frequent tokens have many rows: several are read before the first is added.\n    for (int i = begin + group; i < end && rest > 0 && group < groups; i += AT_ONCE * groups) {\n      int rows[AT_ONCE];\n#pragma unroll\n      for (int k = 0; k < AT_ONCE; k++) rows[k] = i + k * groups < end ? rows_by_token[i + k * groups] : -1;\n      float x[AT_ONCE][LANES];\n#pragma unroll\n      for (int k = 0; k < AT_ONCE; k++) {\n        const global<const "
    + ((stack1 = alias2(alias1(depth0, "dyType", {"start":{"line":43,"column":29},"end":{"line":43,"column":35}} ), depth0)) != null ? stack1 : "")
    + "> from = dy + (long long)rows[k] * dy_stride;\n        const int count = rows[k] >= 0 && is_counted(segments, rows[k]) ? rest : 0;\n        if (wide_rows && count >= LANES) {\n          load_lanes<"
    + ((stack1 = alias2(alias1(depth0, "dyType", {"start":{"line":46,"column":23},"end":{"line":46,"column":29}} ), depth0)) != null ? stack1 : "")
    + ">(x[k], from, column);\n        } else {\n          load_some<"
    + ((stack1 = alias2(alias1(depth0, "dyType", {"start":{"line":48,"column":22},"end":{"line":48,"column":28}} ), depth0)) != null ? stack1 : "")
    + ">(x[k], from, column, count);\n        }\n      }\n#pragma unroll\n      for (int k = 0; k < AT_ONCE; k++) {\n#pragma unroll\n        for (int lane = 0; lane < LANES; lane++) sum[lane] += x[k][lane];\n      }\n    }\n    if (groups > 1) {\n      __syncthreads();\n#pragma unroll\n      for (int lane = 0; lane < LANES; lane++) found[256 * lane + threadIdx.x] = sum[lane];\n      __syncthreads();\n      for (int other = 1; other < groups && group == 0; other++) {\n#pragma unroll\n        for (int lane = 0; lane < LANES; lane++) sum[lane] += found[256 * lane + size * other + threadIdx.x];\n      }\n    }\n    if (group > 0 || rest <= 0) continue;\n    const global<float> to = table + (long long)token * width;\n    if (wide_table && rest >= LANES) {\n      store_lanes<float>(to, column, sum);\n    } else {\n      store_some<float>(to, column, sum, rest);\n    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/loss_sums", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_groups"),depth0,{"name":"_groups","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// One block.\nKERNEL(loss_sums, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":6,"column":20},"end":{"line":6,"column":27}} ), depth0)) != null ? stack1 : "")
    + ", 1)(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":7,"column":11},"end":{"line":7,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const int ranges = segments[0];\n  // Sum 0 is weighted and of every row, sum 1 + m of the counted targets of modality m.\n  for (int m = -1; m < modalities; m++) {\n    float sum[1] = {0.0f};\n    for (int range = 0; range < ranges; range++) {\n      const int end = segments[2 * range + 2];\n#pragma unroll 4\n      for (int row = segments[2 * range + 1] + (int)threadIdx.x; row < end; row += "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":16,"column":85},"end":{"line":16,"column":92}} ), depth0)) != null ? stack1 : "")
    + ") {\n        const float weight = load(weights, row);\n        const bool is_counted = target_modality[row] == m && weight != 0.0f;\n        sum[0] += load(loss, row) * (m < 0 ? weight : is_counted ? 1.0f : 0.0f);\n      }\n    }\n    sum_group(sum, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":22,"column":21},"end":{"line":22,"column":28}} ), depth0)) != null ? stack1 : "")
    + ", shared_at<float>(0));\n    if (threadIdx.x == 0) store(sums, m + 1, sum[0]);\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/mean_square", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    const global<"
    + ((stack1 = container.lambda(container.strict(depth0, "gradientType", {"start":{"line":24,"column":19},"end":{"line":24,"column":31}} ), depth0)) != null ? stack1 : "")
    + "> to = dx + (long long)row * gradient_stride;\n    const float slope = index < count ? 2.0f * load(weights, row) / (float)width : 0.0f;\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "          a[k][lane] = slope * difference;\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      store_window<"
    + ((stack1 = container.lambda(container.strict(depth0, "gradientType", {"start":{"line":44,"column":21},"end":{"line":44,"column":33}} ), depth0)) != null ? stack1 : "")
    + ">(to, i, step, columns, wide, a);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_window"),depth0,{"name":"_window","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_groups"),depth0,{"name":"_groups","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A group of threads per row.\nKERNEL(mean_square, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":8,"column":22},"end":{"line":8,"column":29}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":9,"column":11},"end":{"line":9,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const shared<float> partials = shared_at<float>(0);\n  const int size = group_size(width);\n  const int step = size * LANES;\n  const int own = threadIdx.x % size * LANES;\n  const bool wide = "
    + ((stack1 = alias2(alias1(depth0, "wide", {"start":{"line":15,"column":22},"end":{"line":15,"column":26}} ), depth0)) != null ? stack1 : "")
    + ";\n  const int groups = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":16,"column":23},"end":{"line":16,"column":30}} ), depth0)) != null ? stack1 : "")
    + " / size;\n  for (int begin = groups * blockIdx.y; begin < count; begin += groups * gridDim.y) {\n    const int index = begin + threadIdx.x / size;\n    const int columns = index < count ? width : 0;\n    const int row = first + index;\n    const global<const "
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":21,"column":25},"end":{"line":21,"column":30}} ), depth0)) != null ? stack1 : "")
    + "> p = x + (long long)row * stride;\n    const global<const "
    + ((stack1 = alias2(alias1(depth0, "wantedType", {"start":{"line":22,"column":25},"end":{"line":22,"column":35}} ), depth0)) != null ? stack1 : "")
    + "> q = wanted + (long long)row * target_stride;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":23,"column":0},"end":{"line":26,"column":7}}})) != null ? stack1 : "")
    + "    float sum[1] = {0.0f};\n    for (int i = own; i < columns; i += KEPT * step) {\n      float a[KEPT][LANES], b[KEPT][LANES];\n      load_window<"
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":30,"column":20},"end":{"line":30,"column":25}} ), depth0)) != null ? stack1 : "")
    + ">(a, p, i, step, columns, wide);\n      load_window<"
    + ((stack1 = alias2(alias1(depth0, "wantedType", {"start":{"line":31,"column":20},"end":{"line":31,"column":30}} ), depth0)) != null ? stack1 : "")
    + ">(b, q, i, step, columns, wide);\n#pragma unroll\n      for (int k = 0; k < KEPT; k++) {\n#pragma unroll\n        for (int lane = 0; lane < LANES; lane++) {\n          const float difference = a[k][lane] - b[k][lane];\n          sum[0] += difference * difference;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":38,"column":0},"end":{"line":40,"column":7}}})) != null ? stack1 : "")
    + "        }\n      }\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":43,"column":0},"end":{"line":45,"column":7}}})) != null ? stack1 : "")
    + "    }\n    sum_group(sum, size, partials);\n    if (index < count && own == 0) store(loss, row, sum[0] / (float)width);\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/mirror", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = container.lambda(container.strict(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A block per piece.\nKERNEL(mirror, 256)(ARGUMENTS) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const int begin = blockIdx.x * chunk;\n  const int end = min(elements - begin, chunk) + begin;\n  for (int i = begin + LANES * threadIdx.x; i < end; i += LANES * 256) {\n    float x[LANES];\n    if (end - i >= LANES) {\n      load_lanes<float>(x, p, i);\n      store_lanes<bf16>(copy, i, x);\n    } else {\n      load_some<float>(x, p, i, end - i);\n      store_some<bf16>(copy, i, x, end - i);\n    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/outer", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_async"),depth0,{"name":"_async","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tensor"),depth0,{"name":"_tensor","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_hopper"),depth0,{"name":"_hopper","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_quad"),depth0,{"name":"_quad","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_pieces"),depth0,{"name":"_pieces","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_gradient"),depth0,{"name":"_gradient","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n#if HOPPER\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_ring"),depth0,{"name":"_ring","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nDEVICE int pieces_of_all(const int* records, Job job, int width) {\n  Piece piece = {};\n  // Goes through all turns, since no turn has so many.\n  find_piece(records, job, 0x7fffffff, rows, width, piece);\n  return piece.begin;\n}\n\n// Has the runs of rows of both factors copied, piece by piece.\ntemplate <int width>\nDEVICE void copy_pieces(unsigned char* arena, const int* records, Job job, const TensorMap* maps, Ring ring) {\n  int acquired = -1;\n  Piece piece = {};\n  for (int work = blockIdx.x; find_piece(records, job, work, rows, width, piece); work += gridDim.x) {\n    const int* record = records + piece.record;\n    const TensorMap* map = maps + record["
    + ((stack1 = alias2(alias1(depth0, "mapWord", {"start":{"line":27,"column":43},"end":{"line":27,"column":50}} ), depth0)) != null ? stack1 : "")
    + "];\n    if (piece.record != acquired) {\n      tensor_map_acquire(map);\n      tensor_map_acquire(map + 1);\n      acquired = piece.record;\n    }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"segmentRecord"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":33,"column":0},"end":{"line":35,"column":9}}})) != null ? stack1 : "")
    + "    for (int range = 0; range < segments[0]; range++) {\n      const int end = segments[2 * range + 2];\n      for (int k = segments[2 * range + 1]; k < end; k += depth) {\n        const shared<bf16> a_tile = free_place<width>(ring), b_tile = a_tile + b_begin;\n#pragma unroll\n        for (int i = 0; i < rows; i += 64) tma_load_2d(a_tile + i * depth, map, piece.row0 + i, k, ring.full + ring.at);\n#pragma unroll\n        for (int i = 0; i < width; i += 64) tma_load_2d(b_tile + i * depth, map + 1, piece.column0 + i, k, ring.full + ring.at);\n        advance(ring);\n      }\n    }\n  }\n}\n\n// The rows of both factors from `count` on belong to others: zeros, whatever stands there.\ntemplate <int width>\nDEVICE void clear_rest(shared<bf16> place, int count) {\n  const int chunks = (depth - count) * 8;\n  for (int at = threadIdx.x - 128; at < chunks * (rows + width) / 64; at += 256)\n    as<uint4>(place + (at / chunks * box + count * 64 + at % chunks * 8))[0] = make_uint4(0, 0, 0, 0);\n  async_proxy_fence();\n  named_barrier_sync(1, 256);\n}\n\n// Multiplies, and stores, the pieces in the same order.\ntemplate <int width>\nDEVICE void multiply_pieces(unsigned char* arena, const int* records, Job job, Ring ring) {\n  const int group = threadIdx.x / 128 - 1;\n  Piece piece = {};\n  for (int work = blockIdx.x; find_piece(records, job, work, rows, width, piece); work += gridDim.x) {\n    const int* record = records + piece.record;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"mappedRecord"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":67,"column":0},"end":{"line":69,"column":9}}})) != null ? stack1 : "")
    + "    float sum[width / 2] = {};\n    wgmma_hold(sum);\n    int before = -1;\n    for (int range = 0; range < segments[0]; range++) {\n      const int end = segments[2 * range + 2];\n      for (int k = segments[2 * range + 1]; k < end; k += depth) {\n        mbarrier_wait(ring.full + ring.at, ring.parity);\n        const shared<bf16> here = ring.places + ring.at * place;\n        if (end - k < depth) clear_rest<width>(here, end - k);\n        wgmma_fence();\n#pragma unroll\n        for (int i = 0; i < depth; i += 16)\n          wgmma_bf16<width, 1, 1>(sum, lines_across_k(here + (group * box + 64 * i)), lines_across_k(here + (b_begin + 64 * i)), 1);\n        wgmma_commit();\n        // The products before these are done, and so is what they read.\n        wgmma_wait<1>();\n        if (before >= 0) leave(ring, before);\n        before = ring.at;\n        advance(ring);\n      }\n    }\n    wgmma_wait<0>();\n    wgmma_hold(sum);\n    if (before >= 0) leave(ring, before);\n#pragma unroll\n    for (int h = 0; h < 2; h++) {\n      const int row = piece.row0 + 64 * group + threadIdx.x % 128 / 32 * 16 + 8 * h + threadIdx.x % 32 / 4;\n#pragma unroll\n      for (int j = 0; j < width / 2; j += 8) {\n        const float4 x = quad(sum[j + 2 * h], sum[j + 2 * h + 1], sum[j + 2 * h + 4], sum[j + 2 * h + 5]);\n        const int column = piece.column0 + 2 * j + quad_column();\n        if (row < out && column < inner) store_sum(dw + static_cast<long long>(row) * inner, column, inner, x, accumulate != 0);\n      }\n    }\n  }\n}\n\nKERNEL(outer, threads, 1)(ARGUMENTS) {\n  SHARED(barrier_begin + 2 * stages * 8);\n  Ring ring = {shared_at<bf16>(0), shared_at<unsigned long long>(barrier_begin), shared_at<unsigned long long>(barrier_begin + stages * 8), 0, 0};\n  start_ring(ring);\n  const bool is_wide = wide_is_better(pieces_of_all(records, job, wide), pieces_of_all(records, job, narrow));\n  if (threadIdx.x < 128) {\n    registers_decrease<40>();\n    if (threadIdx.x == 0) {\n      if (is_wide)\n        copy_pieces<wide>(arena, records, job, maps, ring);\n      else\n        copy_pieces<narrow>(arena, records, job, maps, ring);\n    }\n  } else {\n    registers_increase<232>();\n    if (is_wide)\n      multiply_pieces<wide>(arena, records, job, ring);\n    else\n      multiply_pieces<narrow>(arena, records, job, ring);\n  }\n}\n#else\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_mma"),depth0,{"name":"_mma","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nKERNEL(outer, threads, 2)(ARGUMENTS) {\n  SHARED(stages * 2 * tile_elements * 2);\n  const shared<bf16> places = shared_at<bf16>(0);\n  Piece piece = {};\n  for (int work = blockIdx.x; find_piece(records, job, work, rows, columns, piece); work += gridDim.x) {\n    const int* record = records + piece.record;\n    const int row0 = piece.row0, column0 = piece.column0;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"record"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":138,"column":0},"end":{"line":140,"column":9}}})) != null ? stack1 : "")
    + "    // Where the next run of rows to be staged begins: row `next` of range `range`.\n    int range = 0, next = segments[0] > 0 ? segments[1] : 0, runs = 0;\n    for (int i = 0; i < segments[0]; i++) runs += (segments[2 * i + 2] - segments[2 * i + 1] + depth - 1) / depth;\n    const auto stage = [&](int at) {\n      while (next >= segments[2 * range + 2]) {\n        range++;\n        next = segments[2 * range + 1];\n      }\n      const shared<bf16> a_tile = places + at % stages * 2 * tile_elements, b_tile = a_tile + tile_elements;\n      const int left = segments[2 * range + 2] - next;\n      const long long row = next;\n      stage_tile<depth, rows / 8, rows / 8, true>(a_tile, a + (row * a_stride + row0), a_stride, left, out - row0);\n      stage_tile<depth, columns / 8, columns / 8, true>(b_tile, b + (row * b_stride + column0), b_stride, left, inner - column0);\n      next += depth;\n    };\n    float sum[4][4][4] = {};\n    for (int at = 0; at < stages - 1; at++) {\n      if (at < runs) stage(at);\n      cp_async_commit();\n    }\n    for (int at = 0; at < runs; at++) {\n      cp_async_wait<stages - 2>();\n      __syncthreads();\n      // Into the place that all have just left.\n      if (at + stages - 1 < runs) stage(at + stages - 1);\n      cp_async_commit();\n      const shared<bf16> a_tile = places + at % stages * 2 * tile_elements, b_tile = a_tile + tile_elements;\n      multiply<false, false, 16>(sum, a_tile, b_tile);\n    }\n    cp_async_wait<0>();\n    __syncthreads();\n#pragma unroll\n    for (int i = 0; i < 8; i++) {\n      const int row = row0 + threadIdx.x / 128 * 64 + 8 * i + threadIdx.x % 32 / 4, h = i % 2 * 2;\n#pragma unroll\n      for (int j = 0; j < 4; j += 2) {\n        const float4 x = quad(sum[i / 2][j][h], sum[i / 2][j][h + 1], sum[i / 2][j + 1][h], sum[i / 2][j + 1][h + 1]);\n        const int column = column0 + warp_column<16>(j / 2) + quad_column();\n        if (row < out && column < inner) store_sum(dw + static_cast<long long>(row) * inner, column, inner, x, accumulate != 0);\n      }\n    }\n  }\n}\n#endif\n";
},"usePartial":true,"useData":true}],
  ["cuda/outer_simt", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_quad"),depth0,{"name":"_quad","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_pieces"),depth0,{"name":"_pieces","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_gradient"),depth0,{"name":"_gradient","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// What a block computes of a weight's gradient, and the rows of a and b that it stages, in one of two places while it\n// computes with the other.\nconstexpr int threads = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":9,"column":26},"end":{"line":9,"column":33}} ), depth0)) != null ? stack1 : "")
    + ", rows = "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":9,"column":46},"end":{"line":9,"column":50}} ), depth0)) != null ? stack1 : "")
    + ", columns = "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":9,"column":66},"end":{"line":9,"column":73}} ), depth0)) != null ? stack1 : "")
    + ", depth = "
    + ((stack1 = alias2(alias1(depth0, "depth", {"start":{"line":9,"column":87},"end":{"line":9,"column":92}} ), depth0)) != null ? stack1 : "")
    + ";\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_simt"),depth0,{"name":"_simt","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Four neighbours of row `row`, zeros past the run's end.\nDEVICE float4 load_row(global<const float> p, int stride, int row, int end, int column, int width) {\n  return row < end && column < width ? load4(p + static_cast<long long>(row) * stride, column) : float4{};\n}\n\nKERNEL(outer, threads, "
    + ((stack1 = alias2(alias1(depth0, "blocks", {"start":{"line":17,"column":25},"end":{"line":17,"column":31}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED(2 * place * 4);\n  const shared<float> staged = shared_at<float>(0);\n  const int thread_row = threadIdx.x / across, thread_column = threadIdx.x % across;\n  Piece piece = {};\n  for (int work = blockIdx.x; find_piece(records, job, work, rows, columns, piece); work += gridDim.x) {\n    const int* record = records + piece.record;\n    const int row0 = piece.row0, column0 = piece.column0;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"record"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":25,"column":0},"end":{"line":27,"column":9}}})) != null ? stack1 : "")
    + "    float sum[heights * 4][quads * 4] = {};\n    float4 a_next[a_turns], b_next[b_turns];\n    const auto fetch = [&](int begin, int end) {\n#pragma unroll\n      for (int i = 0; i < a_turns; i++) {\n        const int at = threadIdx.x + i * threads;\n        a_next[i] = load_row(a, a_stride, begin + at / (rows / 4), end, row0 + at % (rows / 4) * 4, out);\n      }\n#pragma unroll\n      for (int i = 0; i < b_turns; i++) {\n        const int at = threadIdx.x + i * threads;\n        b_next[i] = load_row(b, b_stride, begin + at / (columns / 4), end, column0 + at % (columns / 4) * 4, inner);\n      }\n    };\n    const auto put = [&](shared<float> a_tile, shared<float> b_tile) {\n#pragma unroll\n      for (int i = 0; i < a_turns; i++) {\n        const int at = threadIdx.x + i * threads;\n        if (at < rows * depth / 4) as<float4>(a_tile + (at / (rows / 4) * a_pitch + at % (rows / 4) * 4))[0] = a_next[i];\n      }\n#pragma unroll\n      for (int i = 0; i < b_turns; i++) {\n        const int at = threadIdx.x + i * threads;\n        if (at < columns * depth / 4) as<float4>(b_tile + (at / (columns / 4) * b_pitch + at % (columns / 4) * 4))[0] = b_next[i];\n      }\n    };\n    int turn = 0;\n    for (int range = 0; range < segments[0]; range++) {\n      const int end = segments[2 * range + 2];\n      fetch(segments[2 * range + 1], end);\n      for (int begin = segments[2 * range + 1]; begin < end; begin += depth, turn ^= 1) {\n        const shared<float> a_tile = staged + turn * place, b_tile = a_tile + depth * a_pitch;\n        put(a_tile, b_tile);\n        __syncthreads();\n        // On its way while this run is computed with; nobody writes over a place before all have passed the next barrier.\n        fetch(begin + depth, end);\n#pragma unroll\n        for (int k = 0; k < depth; k++)\n          multiply(sum, a_tile + (k * a_pitch + 4 * thread_row), b_tile + (k * b_pitch + 4 * thread_column));\n      }\n    }\n    __syncthreads();\n#pragma unroll\n    for (int i = 0; i < heights * 4; i++) {\n      const int row = row0 + i / 4 * 4 * down + 4 * thread_row + i % 4;\n      if (row >= out) continue;\n#pragma unroll\n      for (int j = 0; j < quads; j++) {\n        const int column = column0 + 4 * (j * across + thread_column);\n        if (column >= inner) continue;\n        store_sum(dw + static_cast<long long>(row) * inner, column, inner, four_of(sum[i], j), accumulate != 0);\n      }\n    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/product", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "// Of a head, columns i and i + half are a pair, which turns.\nconstexpr int half = "
    + ((stack1 = container.lambda(container.strict(depth0, "half", {"start":{"line":14,"column":23},"end":{"line":14,"column":27}} ), depth0)) != null ? stack1 : "")
    + ";\n\nDEVICE void rotate(float& a, float& b, float cosine, float sine) {\n  const float turned = a * cosine - b * sine;\n  b = b * cosine + a * sine;\n  a = turned;\n}\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_async"),depth0,{"name":"_async","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tensor"),depth0,{"name":"_tensor","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_hopper"),depth0,{"name":"_hopper","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_quad"),depth0,{"name":"_quad","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_parts"),depth0,{"name":"_parts","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_functions"),depth0,{"name":"_functions","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Products of the same rows that a block computes half of its columns of each.\nconstexpr int products = "
    + ((stack1 = alias2(alias1(depth0, "products", {"start":{"line":11,"column":27},"end":{"line":11,"column":35}} ), depth0)) != null ? stack1 : "")
    + ";\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"rotates"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":12,"column":0},"end":{"line":21,"column":7}}})) != null ? stack1 : "")
    + "\n#if HOPPER\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_product_hopper"),depth0,{"name":"_product_hopper","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "#else\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_product_mma"),depth0,{"name":"_product_mma","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "#endif\n";
},"usePartial":true,"useData":true}],
  ["cuda/product_mma", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "// Of a head, columns i and i + half are a pair, which turns.\nconstexpr int half = "
    + ((stack1 = container.lambda(container.strict(depth0, "half", {"start":{"line":13,"column":23},"end":{"line":13,"column":27}} ), depth0)) != null ? stack1 : "")
    + ";\n\nDEVICE void rotate(float& a, float& b, float cosine, float sine) {\n  const float turned = a * cosine - b * sine;\n  b = b * cosine + a * sine;\n  a = turned;\n}\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_async"),depth0,{"name":"_async","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tensor"),depth0,{"name":"_tensor","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_quad"),depth0,{"name":"_quad","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_parts"),depth0,{"name":"_parts","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_functions"),depth0,{"name":"_functions","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Products of the same rows that a block computes half of its columns of each.\nconstexpr int products = "
    + ((stack1 = alias2(alias1(depth0, "products", {"start":{"line":10,"column":27},"end":{"line":10,"column":35}} ), depth0)) != null ? stack1 : "")
    + ";\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"rotates"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":11,"column":0},"end":{"line":20,"column":7}}})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_product_mma"),depth0,{"name":"_product_mma","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "");
},"usePartial":true,"useData":true}],
  ["cuda/product_simt", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "    const auto fetch"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":28,"column":22},"end":{"line":28,"column":23}} ), depth0)) != null ? stack1 : "")
    + " = [&](int begin) {\n#pragma unroll\n      for (int i = 0; i < a_turns; i++) {\n        const int at = threadIdx.x + i * threads, row = at / (depth / 4), k = begin + at % (depth / 4) * 4;\n        const bool inside = row < count && k < k"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":32,"column":50},"end":{"line":32,"column":51}} ), depth0)) != null ? stack1 : "")
    + ";\n        a_next[i] = inside ? first_of(load4(a"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":33,"column":47},"end":{"line":33,"column":48}} ), depth0)) != null ? stack1 : "")
    + " + static_cast<long long>(first + row) * a"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":33,"column":94},"end":{"line":33,"column":95}} ), depth0)) != null ? stack1 : "")
    + "_stride, k), k"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":33,"column":113},"end":{"line":33,"column":114}} ), depth0)) != null ? stack1 : "")
    + " - k) : float4{};\n      }\n#pragma unroll\n      for (int i = 0; i < b_turns; i++) {\n        const int at = threadIdx.x + i * threads, line = "
    + ((stack1 = alias2(alias1(depth0, "line", {"start":{"line":37,"column":59},"end":{"line":37,"column":63}} ), depth0)) != null ? stack1 : "")
    + ", column = "
    + ((stack1 = alias2(alias1(depth0, "column", {"start":{"line":37,"column":78},"end":{"line":37,"column":84}} ), depth0)) != null ? stack1 : "")
    + ";\n        const bool inside = line < "
    + ((stack1 = alias2(alias1(depth0, "lines", {"start":{"line":38,"column":37},"end":{"line":38,"column":42}} ), depth0)) != null ? stack1 : "")
    + " && column < "
    + ((stack1 = alias2(alias1(depth0, "width", {"start":{"line":38,"column":59},"end":{"line":38,"column":64}} ), depth0)) != null ? stack1 : "")
    + ";\n        const auto from = w"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":39,"column":29},"end":{"line":39,"column":30}} ), depth0)) != null ? stack1 : "")
    + " + static_cast<long long>(line) * w"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":39,"column":69},"end":{"line":39,"column":70}} ), depth0)) != null ? stack1 : "")
    + "_stride;\n        b_next[i] = inside ? "
    + ((stack1 = alias2(alias1(depth0, "load", {"start":{"line":40,"column":31},"end":{"line":40,"column":35}} ), depth0)) != null ? stack1 : "")
    + " : float4{};\n      }\n    };\n    const auto put"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":43,"column":20},"end":{"line":43,"column":21}} ), depth0)) != null ? stack1 : "")
    + " = [&](shared<float> a_tile) {\n      const shared<float> b_tile = a_tile + depth * a_pitch;\n#pragma unroll\n      for (int i = 0; i < a_turns; i++) {\n        const int at = threadIdx.x + i * threads, row = at / (depth / 4), k = at % (depth / 4) * 4;\n        if (row < rows) spread(a_tile + k * a_pitch + row, a_pitch, a_next[i]);\n      }\n#pragma unroll\n      for (int i = 0; i < b_turns; i++) {\n        const int at = threadIdx.x + i * threads;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"transposed"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.program(3, data, 0),"data":data,"loc":{"start":{"line":53,"column":0},"end":{"line":59,"column":7}}})) != null ? stack1 : "")
    + "      }\n    };\n    fetch"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":62,"column":11},"end":{"line":62,"column":12}} ), depth0)) != null ? stack1 : "")
    + "(0);\n    for (int begin = 0, turn = 0; begin < k"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":63,"column":45},"end":{"line":63,"column":46}} ), depth0)) != null ? stack1 : "")
    + "; begin += depth, turn ^= 1) {\n      const shared<float> a_tile = staged + turn * place, b_tile = a_tile + depth * a_pitch;\n      put"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":65,"column":11},"end":{"line":65,"column":12}} ), depth0)) != null ? stack1 : "")
    + "(a_tile);\n      __syncthreads();\n      // On its way while this run is computed with; nobody writes this run's place before all have passed the next barrier.\n      fetch"
    + ((stack1 = alias2(alias1(depth0, "t", {"start":{"line":68,"column":13},"end":{"line":68,"column":14}} ), depth0)) != null ? stack1 : "")
    + "(begin + depth);\n#pragma unroll\n      for (int k = 0; k < depth; k++) multiply(sum, a_tile + k * a_pitch + 4 * thread_row, b_tile + k * b_pitch + 4 * thread_column);\n    }\n    __syncthreads();\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "        const int column = at / (depth / 4), k = at % (depth / 4) * 4;\n        if (column < columns) spread(b_tile + k * b_pitch + column, b_pitch, b_next[i]);\n";
},"3":function(container,depth0,helpers,partials,data) {
    return "        const int k = at / (columns / 4), column = at % (columns / 4) * 4;\n        if (k < depth) as<float4>(b_tile + (k * b_pitch + column))[0] = b_next[i];\n";
},"4":function(container,depth0,helpers,partials,data) {
    return "        x = add4(x, load4(d + static_cast<long long>(first + row) * d_stride, column));\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_quad"),depth0,{"name":"_quad","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_parts"),depth0,{"name":"_parts","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// What a block computes of a product, and the run of k that it stages, in one of two places while it computes with the\n// other.\nconstexpr int threads = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":8,"column":26},"end":{"line":8,"column":33}} ), depth0)) != null ? stack1 : "")
    + ", rows = "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":8,"column":46},"end":{"line":8,"column":50}} ), depth0)) != null ? stack1 : "")
    + ", columns = "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":8,"column":66},"end":{"line":8,"column":73}} ), depth0)) != null ? stack1 : "")
    + ", depth = "
    + ((stack1 = alias2(alias1(depth0, "depth", {"start":{"line":8,"column":87},"end":{"line":8,"column":92}} ), depth0)) != null ? stack1 : "")
    + ";\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_simt"),depth0,{"name":"_simt","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nKERNEL(product, threads, "
    + ((stack1 = alias2(alias1(depth0, "blocks", {"start":{"line":11,"column":27},"end":{"line":11,"column":33}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED(2 * place * 4 + most_turns * 4);\n  const shared<float> staged = shared_at<float>(0);\n  const Work work = find_work(arena, records, job, shared_at<int>(2 * place * 4));\n  const int parts = parts_of_all(work, columns);\n  const int thread_row = threadIdx.x / across, thread_column = threadIdx.x % across;\n  for (int piece = blockIdx.x; piece < work.tiles * parts; piece += gridDim.x) {\n    const Part part = part_of(work, piece, parts, columns);\n    if (part.count == 0) continue;\n    const int* record = records + part.record;\n    const int first = part.first, count = part.count, column0 = part.column0;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"record"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":22,"column":0},"end":{"line":24,"column":9}}})) != null ? stack1 : "")
    + "    float sum[heights * 4][quads * 4] = {};\n    float4 a_next[a_turns], b_next[b_turns];\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"terms"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":27,"column":0},"end":{"line":73,"column":9}}})) != null ? stack1 : "")
    + "#pragma unroll\n    for (int i = 0; i < heights * 4; i++) {\n      const int row = i / 4 * 4 * down + 4 * thread_row + i % 4;\n      if (row >= count) continue;\n#pragma unroll\n      for (int j = 0; j < quads; j++) {\n        const int column = column0 + 4 * (j * across + thread_column);\n        if (column >= n) continue;\n        float4 x = four_of(sum[i], j);\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"residual"),{"name":"if","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":83,"column":0},"end":{"line":85,"column":7}}})) != null ? stack1 : "")
    + "        store4(c + static_cast<long long>(first + row) * c_stride, column, x);\n      }\n    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/rms_norm_partials", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_window"),depth0,{"name":"_window","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_groups"),depth0,{"name":"_groups","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nDEVICE void add_squares(float& sum, const float (&x)[KEPT][LANES]) {\n#pragma unroll\n  for (int k = 0; k < KEPT; k++) {\n#pragma unroll\n    for (int lane = 0; lane < LANES; lane++) sum += x[k][lane] * x[k][lane];\n  }\n}\n\n// A block per run of rows and window of columns. Groups of threads take a row, or a part of one, in turn; each thread\n// sums its own columns, and in the end these sums are added up in the groups' order.\nKERNEL(rms_norm_partials, 256, 2)(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":18,"column":11},"end":{"line":18,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const shared<float> found = shared_at<float>(0);\n  const int size = min(group_size(width), 32);\n  const int step = size * LANES;\n  const int begin = blockIdx.y * KEPT * step;\n  if (begin >= width) return;\n  const int member = threadIdx.x % size;\n  const int group = threadIdx.x / size;\n  const int groups = 256 / size;\n  const int own = begin + member * LANES;\n  const bool wide = "
    + ((stack1 = alias2(alias1(depth0, "wide", {"start":{"line":29,"column":22},"end":{"line":29,"column":26}} ), depth0)) != null ? stack1 : "")
    + ";\n  float sums[KEPT][LANES] = {};\n  const int ranges = segments[0];\n  for (int range = 0; range < ranges; range++) {\n    const int start = max((int)blockIdx.x * task_rows, segments[2 * range + 1]);\n    const int end = min(((int)blockIdx.x + 1) * task_rows, segments[2 * range + 2]);\n    for (int first = 0; first < (end - start) * heads; first += groups) {\n      const int index = first + group;\n      const bool is_row = index < (end - start) * heads;\n      const int row = start + index / heads;\n      const int columns = is_row ? width : 0;\n      const global<const "
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":40,"column":27},"end":{"line":40,"column":32}} ), depth0)) != null ? stack1 : "")
    + "> x0 = x + ((long long)row * x_stride + index % heads * width);\n      const global<const "
    + ((stack1 = alias2(alias1(depth0, "dyType", {"start":{"line":41,"column":27},"end":{"line":41,"column":33}} ), depth0)) != null ? stack1 : "")
    + "> dy0 = dy + ((long long)row * dy_stride + index % heads * width);\n      float value[KEPT][LANES];\n      load_window<"
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":43,"column":20},"end":{"line":43,"column":25}} ), depth0)) != null ? stack1 : "")
    + ">(value, x0, own, step, columns, wide);\n      float squares[1] = {0.0f};\n      add_squares(squares[0], value);\n      for (int i = member * LANES; i < columns; i += KEPT * step) {\n        if (i == own) continue;\n        float other[KEPT][LANES];\n        load_window<"
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":49,"column":22},"end":{"line":49,"column":27}} ), depth0)) != null ? stack1 : "")
    + ">(other, x0, i, step, columns, wide);\n        add_squares(squares[0], other);\n      }\n      sum_group(squares, size, found);\n      const float root = is_row ? rsqrtf(squares[0] / (float)width + eps) : 0.0f;\n#pragma unroll\n      for (int k = 0; k < KEPT; k++) {\n        float slope[LANES];\n        load_vector<"
    + ((stack1 = alias2(alias1(depth0, "dyType", {"start":{"line":57,"column":22},"end":{"line":57,"column":28}} ), depth0)) != null ? stack1 : "")
    + ">(slope, dy0, own + k * step, columns, wide);\n#pragma unroll\n        for (int lane = 0; lane < LANES; lane++) sums[k][lane] += slope[lane] * value[k][lane] * root;\n      }\n    }\n  }\n#pragma unroll\n  for (int k = 0; k < KEPT; k++) {\n#pragma unroll\n    for (int lane = 0; lane < LANES; lane++) {\n      found[KEPT * step * group + k * step + member * LANES + lane] = sums[k][lane];\n    }\n  }\n  __syncthreads();\n  for (int column = threadIdx.x; column < min(KEPT * step, width - begin); column += 256) {\n    float total = 0.0f;\n    for (int other = 0; other < groups; other++) total += found[KEPT * step * other + column];\n    store(partials, (long long)blockIdx.x * width + begin + column, total);\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/roofline_arithmetic", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// Four chains of multiply-adds in registers, so that none waits for its own last step; the result is stored to be wanted.\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nKERNEL(roofline_arithmetic, 256)(ARGUMENTS) {\n  const global<float> floats = address<float>(arena, records);\n  const float4 factor = load4(floats, 4 * threadIdx.x);\n  float x[4] = {factor.x, factor.y, factor.z, factor.w};\n  float y[4] = {factor.y, factor.z, factor.w, factor.x};\n  float z[4] = {factor.z, factor.w, factor.x, factor.y};\n  float w[4] = {factor.w, factor.x, factor.y, factor.z};\n  for (int step = 0; step < "
    + ((stack1 = container.lambda(container.strict(depth0, "steps", {"start":{"line":11,"column":30},"end":{"line":11,"column":35}} ), depth0)) != null ? stack1 : "")
    + "; step++) {\n#pragma unroll\n    for (int i = 0; i < 4; i++) {\n      x[i] = fmaf(x[i], factor.x, y[i]);\n      y[i] = fmaf(y[i], factor.y, z[i]);\n      z[i] = fmaf(z[i], factor.z, w[i]);\n      w[i] = fmaf(w[i], factor.w, x[i]);\n    }\n  }\n  float sum = 0.0f;\n#pragma unroll\n  for (int i = 0; i < 4; i++) sum += x[i] + y[i] + z[i] + w[i];\n  if (sum == 0.12345f) store(floats, threadIdx.x, sum);\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/roofline_copy", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// A copy of an array too long for any cache, 16 bytes a thread.\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nKERNEL(roofline_copy, 256)(ARGUMENTS) {\n  const global<float> from = address<float>(arena, records);\n  const long long i = 4 * ((long long)blockIdx.x * 256 + threadIdx.x);\n  store4(from + "
    + ((stack1 = container.lambda(container.strict(depth0, "half", {"start":{"line":7,"column":18},"end":{"line":7,"column":22}} ), depth0)) != null ? stack1 : "")
    + ", i, load4(from, i));\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/roofline_tensor", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// Products on tensor cores whose operands stay where they are: in shared memory for sm_90a, in registers elsewhere.\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tensor"),depth0,{"name":"_tensor","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_hopper"),depth0,{"name":"_hopper","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Two bf16 between 0.5 and 1 of either sign: on zeros a GPU runs faster than it does on numbers.\nDEVICE unsigned any_pair(unsigned i) {\n  const unsigned mixed = (i + 1) * 2654435761u;\n  return 0x3f003f00u | ((mixed ^ (mixed >> 15)) & 0x80ff80ffu);\n}\n\nKERNEL(roofline_tensor, 256)(ARGUMENTS) {\n  const global<float> floats = address<float>(arena, records);\n#if HOPPER\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":15,"column":11},"end":{"line":15,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n  const shared<unsigned> words = shared_at<unsigned>(0);\n  for (unsigned i = threadIdx.x; i < "
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":17,"column":39},"end":{"line":17,"column":50}} ), depth0)) != null ? stack1 : "")
    + " / 4; i += 256) words[i] = any_pair(i);\n  async_proxy_fence();\n  __syncthreads();\n  const shared<bf16> a = shared_at<bf16>(8192 * (threadIdx.x / 128)), b = shared_at<bf16>(16384);\n  float sum[64];\n#pragma unroll\n  for (int i = 0; i < 64; i++) sum[i] = 0.0f;\n  for (int step = 0; step < "
    + ((stack1 = alias2(alias1(depth0, "hopperSteps", {"start":{"line":24,"column":30},"end":{"line":24,"column":41}} ), depth0)) != null ? stack1 : "")
    + "; step++) {\n    wgmma_fence();\n#pragma unroll\n    for (int i = 0; i < 4; i++)\n      wgmma_bf16<128, 0, 0>(sum, wgmma_descriptor(a + 16 * i, 16, 1024), wgmma_descriptor(b + 16 * i, 16, 1024), 1);\n    wgmma_commit();\n    wgmma_wait<1>();\n  }\n  wgmma_wait<0>();\n  wgmma_hold(sum);\n  float total = 0.0f;\n#pragma unroll\n  for (int i = 0; i < 64; i++) total += sum[i];\n#else\n  unsigned a[4][4], b[4][2];\n#pragma unroll\n  for (int i = 0; i < 4; i++) {\n#pragma unroll\n    for (int j = 0; j < 4; j++) a[i][j] = any_pair(threadIdx.x + 256 * (4 * i + j));\n#pragma unroll\n    for (int j = 0; j < 2; j++) b[i][j] = any_pair(threadIdx.x + 256 * (16 + 2 * i + j));\n  }\n  float sum[4][4][4];\n#pragma unroll\n  for (int i = 0; i < 64; i++) sum[i / 16][i / 4 % 4][i % 4] = 0.0f;\n  for (int step = 0; step < "
    + ((stack1 = alias2(alias1(depth0, "steps", {"start":{"line":49,"column":30},"end":{"line":49,"column":35}} ), depth0)) != null ? stack1 : "")
    + "; step++) {\n#pragma unroll\n    for (int i = 0; i < 4; i++) {\n#pragma unroll\n      for (int j = 0; j < 4; j++) mma_bf16(sum[i][j], a[i], b[j]);\n    }\n  }\n  float total = 0.0f;\n#pragma unroll\n  for (int i = 0; i < 64; i++) total += sum[i / 16][i / 4 % 4][i % 4];\n#endif\n  if (total == 0.12345f) store(floats, threadIdx.x, total);\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/rope", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Vectors of neighbouring pairs: component i of a head and component i + half, turned by the row's position.\nKERNEL(rope, 256)(ARGUMENTS) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const int vectors = (half + LANES - 1) / LANES;\n  const int row_vectors = heads * vectors;\n  const bool wide = "
    + ((stack1 = alias2(alias1(depth0, "wide", {"start":{"line":10,"column":22},"end":{"line":10,"column":26}} ), depth0)) != null ? stack1 : "")
    + ";\n  for (int i = 256 * blockIdx.y + threadIdx.x; i < count * row_vectors; i += 256 * gridDim.y) {\n    const int row = first + i / row_vectors;\n    const int head = i % row_vectors / vectors;\n    const int pair = LANES * (i % vectors);\n    const int low = 2 * half * head + pair;\n    const int rest = half - pair;\n    const int angle = positions[row] * half + pair;\n    const global<const "
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":18,"column":25},"end":{"line":18,"column":30}} ), depth0)) != null ? stack1 : "")
    + "> from = x + (long long)row * x_stride;\n    const global<"
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":19,"column":19},"end":{"line":19,"column":24}} ), depth0)) != null ? stack1 : "")
    + "> to = y + (long long)row * y_stride;\n    float a[LANES], b[LANES], cosine[LANES], sine[LANES];\n    if (wide && rest >= LANES) {\n      load_lanes<"
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":22,"column":19},"end":{"line":22,"column":24}} ), depth0)) != null ? stack1 : "")
    + ">(a, from, low);\n      load_lanes<"
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":23,"column":19},"end":{"line":23,"column":24}} ), depth0)) != null ? stack1 : "")
    + ">(b, from, low + half);\n      load_lanes<float>(cosine, cosines, angle);\n      load_lanes<float>(sine, sines, angle);\n    } else {\n      load_some<"
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":27,"column":18},"end":{"line":27,"column":23}} ), depth0)) != null ? stack1 : "")
    + ">(a, from, low, rest);\n      load_some<"
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":28,"column":18},"end":{"line":28,"column":23}} ), depth0)) != null ? stack1 : "")
    + ">(b, from, low + half, rest);\n      load_some<float>(cosine, cosines, angle, rest);\n      load_some<float>(sine, sines, angle, rest);\n    }\n#pragma unroll\n    for (int lane = 0; lane < LANES; lane++) {\n      const float turned = a[lane] * cosine[lane] - b[lane] * direction * sine[lane];\n      b[lane] = b[lane] * cosine[lane] + a[lane] * direction * sine[lane];\n      a[lane] = turned;\n    }\n    if (wide && rest >= LANES) {\n      store_lanes<"
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":39,"column":20},"end":{"line":39,"column":25}} ), depth0)) != null ? stack1 : "")
    + ">(to, low, a);\n      store_lanes<"
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":40,"column":20},"end":{"line":40,"column":25}} ), depth0)) != null ? stack1 : "")
    + ">(to, low + half, b);\n    } else {\n      store_some<"
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":42,"column":19},"end":{"line":42,"column":24}} ), depth0)) != null ? stack1 : "")
    + ">(to, low, a, rest);\n      store_some<"
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":43,"column":19},"end":{"line":43,"column":24}} ), depth0)) != null ? stack1 : "")
    + ">(to, low + half, b, rest);\n    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/route", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "// Marks the "
    + ((stack1 = alias2(alias1(depth0, "top", {"start":{"line":42,"column":15},"end":{"line":42,"column":18}} ), depth0)) != null ? stack1 : "")
    + " highest weights of a token with 0, the others with -1; of equal ones the lower expert goes first.\n// Weights are not negative, so their bits are in the same order.\nDEVICE void mark(global<const float> weights, global<int> own) {\n  for (int e = 0; e < "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":45,"column":24},"end":{"line":45,"column":31}} ), depth0)) != null ? stack1 : "")
    + "; e++) own[e] = -1;\n  for (int turn = 0; turn < "
    + ((stack1 = alias2(alias1(depth0, "top", {"start":{"line":46,"column":30},"end":{"line":46,"column":33}} ), depth0)) != null ? stack1 : "")
    + "; turn++) {\n    int best = -1;\n    int highest = 0;\n    for (int e = 0; e < "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":49,"column":26},"end":{"line":49,"column":33}} ), depth0)) != null ? stack1 : "")
    + "; e++) {\n      if (own[e] == 0) continue;\n      const int key = __float_as_int(load(weights, e));\n      if (best < 0 || key > highest) {\n        best = e;\n        highest = key;\n      }\n    }\n    own[best] = 0;\n  }\n}\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  int next = 0;\n  for (int pool = 0; pool < "
    + ((stack1 = alias2(alias1(depth0, "pools", {"start":{"line":72,"column":30},"end":{"line":72,"column":35}} ), depth0)) != null ? stack1 : "")
    + "; pool++) {\n    const global<const int> segments = address<const int>(arena, record + "
    + ((stack1 = alias2(alias1(depth0, "firstPool", {"start":{"line":73,"column":76},"end":{"line":73,"column":85}} ), depth0)) != null ? stack1 : "")
    + " + 2 * pool);\n    const int tokens = token_count(segments);\n    const int stretch = (tokens + "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":75,"column":36},"end":{"line":75,"column":43}} ), depth0)) != null ? stack1 : "")
    + " - 1) / "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":75,"column":55},"end":{"line":75,"column":62}} ), depth0)) != null ? stack1 : "")
    + ";\n    const int begin = min(thread * stretch, tokens);\n    const int end = min(begin + stretch, tokens);\n    for (int i = begin; i < end; i++) {\n      const int row = token_row(segments, i);\n      mark(p + (long long)row * p_stride, slots + (long long)row * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":80,"column":69},"end":{"line":80,"column":76}} ), depth0)) != null ? stack1 : "")
    + ");\n    }\n    for (int e = 0; e < "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":82,"column":26},"end":{"line":82,"column":33}} ), depth0)) != null ? stack1 : "")
    + "; e++) {\n      int mine = 0;\n      for (int i = begin; i < end; i++) {\n        if (slots[(long long)token_row(segments, i) * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":85,"column":56},"end":{"line":85,"column":63}} ), depth0)) != null ? stack1 : "")
    + " + e] == 0) mine++;\n      }\n      int all;\n      int slot = next + sum_before(mine, all, sums);\n      if (thread == 0) starts[pool * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":89,"column":39},"end":{"line":89,"column":46}} ), depth0)) != null ? stack1 : "")
    + " + e] = next;\n      next += all;\n      for (int i = begin; i < end; i++) {\n        const int row = token_row(segments, i);\n        const global<int> own = slots + ((long long)row * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":93,"column":60},"end":{"line":93,"column":67}} ), depth0)) != null ? stack1 : "")
    + " + e);\n        if (own[0] != 0) continue;\n        own[0] = slot;\n        source[slot] = row;\n        slot++;\n      }\n    }\n  }\n  if (thread == 0) starts["
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":101,"column":28},"end":{"line":101,"column":34}} ), depth0)) != null ? stack1 : "")
    + "] = next;\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  const shared<int> reach = shared_at<int>("
    + ((stack1 = alias2(alias1(depth0, "reachAt", {"start":{"line":103,"column":45},"end":{"line":103,"column":52}} ), depth0)) != null ? stack1 : "")
    + ");\n  const shared<int> keys = shared_at<int>("
    + ((stack1 = alias2(alias1(depth0, "keysAt", {"start":{"line":104,"column":44},"end":{"line":104,"column":50}} ), depth0)) != null ? stack1 : "")
    + ");\n  // How many tokens each expert takes is known before: as many as make up for all tokens.\n  if (thread == 0) {\n    int next = 0;\n    for (int pool = 0; pool < "
    + ((stack1 = alias2(alias1(depth0, "pools", {"start":{"line":108,"column":32},"end":{"line":108,"column":37}} ), depth0)) != null ? stack1 : "")
    + "; pool++) {\n      const int tokens = token_count(address<const int>(arena, record + "
    + ((stack1 = alias2(alias1(depth0, "firstPool", {"start":{"line":109,"column":74},"end":{"line":109,"column":83}} ), depth0)) != null ? stack1 : "")
    + " + 2 * pool));\n      for (int e = 0; e < "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":110,"column":28},"end":{"line":110,"column":35}} ), depth0)) != null ? stack1 : "")
    + "; e++) {\n        starts[pool * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":111,"column":24},"end":{"line":111,"column":31}} ), depth0)) != null ? stack1 : "")
    + " + e] = next;\n        next += (tokens + "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":112,"column":28},"end":{"line":112,"column":35}} ), depth0)) != null ? stack1 : "")
    + " - 1) / "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":112,"column":47},"end":{"line":112,"column":54}} ), depth0)) != null ? stack1 : "")
    + ";\n      }\n    }\n    starts["
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":115,"column":13},"end":{"line":115,"column":19}} ), depth0)) != null ? stack1 : "")
    + "] = next;\n  }\n  if (thread < 32) reach[thread] = 0;\n  const int own_group = blockIdx.x;\n  const int expert = own_group % "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":119,"column":35},"end":{"line":119,"column":42}} ), depth0)) != null ? stack1 : "")
    + ";\n  const global<const int> segments = address<const int>(arena, record + "
    + ((stack1 = alias2(alias1(depth0, "firstPool", {"start":{"line":120,"column":74},"end":{"line":120,"column":83}} ), depth0)) != null ? stack1 : "")
    + " + 2 * (own_group / "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":120,"column":107},"end":{"line":120,"column":114}} ), depth0)) != null ? stack1 : "")
    + "));\n  const int tokens = token_count(segments);\n  for (int i = thread; i < min(tokens, "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":122,"column":41},"end":{"line":122,"column":45}} ), depth0)) != null ? stack1 : "")
    + "); i += "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":122,"column":57},"end":{"line":122,"column":64}} ), depth0)) != null ? stack1 : "")
    + ") {\n    keys[i] = __float_as_int(load(p, (long long)token_row(segments, i) * p_stride + expert));\n  }\n  __syncthreads();\n  const int first = starts[own_group];\n  const int taken = starts[own_group + 1] - first;\n  // Weights are not negative, so their bits are in the same order: a threshold is found bit by bit, the highest that\n  // enough weights reach. Each bit has a counter of its own, which takes one barrier.\n  int threshold = 0;\n  for (int bit = 30; bit >= 0; bit--) {\n    const int higher = threshold | (1 << bit);\n    int mine = 0;\n    for (int i = thread; i < tokens; i += "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":134,"column":44},"end":{"line":134,"column":51}} ), depth0)) != null ? stack1 : "")
    + ") {\n      const int key = i < "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":135,"column":28},"end":{"line":135,"column":32}} ), depth0)) != null ? stack1 : "")
    + " ? keys[i] : __float_as_int(load(p, (long long)token_row(segments, i) * p_stride + expert));\n      if (key >= higher) mine++;\n    }\n    for (int other = 16; other > 0; other /= 2) mine += __shfl_xor_sync(0xffffffffu, mine, other);\n    if (thread % 32 == 0) atomic_add(reach + bit, mine);\n    __syncthreads();\n    if (reach[bit] >= taken) threshold = higher;\n  }\n  const int stretch = (tokens + "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":143,"column":34},"end":{"line":143,"column":41}} ), depth0)) != null ? stack1 : "")
    + " - 1) / "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":143,"column":53},"end":{"line":143,"column":60}} ), depth0)) != null ? stack1 : "")
    + ";\n  const int begin = min(thread * stretch, tokens);\n  const int end = min(begin + stretch, tokens);\n  int above = 0;\n  int ties = 0;\n  for (int i = begin; i < end; i++) {\n    const int key = __float_as_int(load(p, (long long)token_row(segments, i) * p_stride + expert));\n    if (key > threshold) above++;\n    if (key == threshold) ties++;\n  }\n  // All that are above the threshold, and of those on it the first, as many as are left.\n  int all_above, all_ties;\n  const int above_before = sum_before(above, all_above, sums);\n  int ties_before = sum_before(ties, all_ties, sums);\n  const int left = taken - all_above;\n  int slot = first + above_before + min(ties_before, left);\n  for (int i = begin; i < end; i++) {\n    const int row = token_row(segments, i);\n    const int key = __float_as_int(load(p, (long long)row * p_stride + expert));\n    const bool is_taken = key > threshold || (key == threshold && ties_before < left);\n    if (key == threshold) ties_before++;\n    slots[(long long)row * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":164,"column":29},"end":{"line":164,"column":36}} ), depth0)) != null ? stack1 : "")
    + " + expert] = is_taken ? slot : -1;\n    if (is_taken) {\n      source[slot] = row;\n      slot++;\n    }\n  }\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nDEVICE int token_count(global<const int> segments) {\n  int count = 0;\n  for (int range = 0; range < segments[0]; range++) count += segments[2 * range + 2] - segments[2 * range + 1];\n  return count;\n}\n\n// Row of the token at place i of a pool.\nDEVICE int token_row(global<const int> segments, int i) {\n  for (int range = 0; range < segments[0]; range++) {\n    const int begin = segments[2 * range + 1];\n    const int length = segments[2 * range + 2] - begin;\n    if (i < length) return begin + i;\n    i -= length;\n  }\n  return 0;\n}\n\n// Sum over the threads before this one, and over all; `sums` has room for a number per warp.\nDEVICE int sum_before(int x, int& all, shared<int> sums) {\n  const int lane = threadIdx.x % 32;\n  int before = x;\n  for (int distance = 1; distance < 32; distance *= 2) {\n    const int other = __shfl_sync(0xffffffffu, before, max(lane - distance, 0));\n    if (lane >= distance) before += other;\n  }\n  __syncthreads();\n  if (lane == 31) sums[threadIdx.x / 32] = before;\n  __syncthreads();\n  before -= x;\n  all = 0;\n  for (int warp = 0; warp < "
    + ((stack1 = alias2(alias1(depth0, "warps", {"start":{"line":34,"column":30},"end":{"line":34,"column":35}} ), depth0)) != null ? stack1 : "")
    + "; warp++) {\n    if (warp < (int)threadIdx.x / 32) before += sums[warp];\n    all += sums[warp];\n  }\n  return before;\n}\n\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"byToken"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":41,"column":0},"end":{"line":60,"column":7}}})) != null ? stack1 : "")
    + "\n// Threads take stretches of a pool's tokens, in order, so that rows come in the tokens' order.\nKERNEL(route, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":63,"column":16},"end":{"line":63,"column":23}} ), depth0)) != null ? stack1 : "")
    + ", 1)(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":64,"column":11},"end":{"line":64,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const int thread = threadIdx.x;\n  // Where each group's rows begin, and an end.\n  const shared<int> starts = shared_at<int>(0);\n  const shared<int> sums = shared_at<int>("
    + ((stack1 = alias2(alias1(depth0, "sumsAt", {"start":{"line":69,"column":44},"end":{"line":69,"column":50}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"byToken"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.program(2, data, 0),"data":data,"loc":{"start":{"line":70,"column":0},"end":{"line":170,"column":7}}})) != null ? stack1 : "")
    + "  // The first block writes where groups begin, the space's tiles, and the row segments of its sums.\n  __syncthreads();\n  if (blockIdx.x > 0) return;\n  for (int group = thread; group <= "
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":174,"column":38},"end":{"line":174,"column":44}} ), depth0)) != null ? stack1 : "")
    + "; group += "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":174,"column":59},"end":{"line":174,"column":66}} ), depth0)) != null ? stack1 : "")
    + ") group_starts[group] = starts[group];\n  int tile = 0;\n  for (int group = 0; group < "
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":176,"column":32},"end":{"line":176,"column":38}} ), depth0)) != null ? stack1 : "")
    + "; group++) {\n    const int begin = starts[group];\n    const int rows = starts[group + 1] - begin;\n    for (int i = thread; "
    + ((stack1 = alias2(alias1(depth0, "tileRows", {"start":{"line":179,"column":27},"end":{"line":179,"column":35}} ), depth0)) != null ? stack1 : "")
    + " * i < rows; i += "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":179,"column":57},"end":{"line":179,"column":64}} ), depth0)) != null ? stack1 : "")
    + ") {\n      const global<int> entry = tiles + 3 * (tile + i);\n      entry[0] = begin + "
    + ((stack1 = alias2(alias1(depth0, "tileRows", {"start":{"line":181,"column":27},"end":{"line":181,"column":35}} ), depth0)) != null ? stack1 : "")
    + " * i;\n      entry[1] = min("
    + ((stack1 = alias2(alias1(depth0, "tileRows", {"start":{"line":182,"column":23},"end":{"line":182,"column":31}} ), depth0)) != null ? stack1 : "")
    + ", rows - "
    + ((stack1 = alias2(alias1(depth0, "tileRows", {"start":{"line":182,"column":44},"end":{"line":182,"column":52}} ), depth0)) != null ? stack1 : "")
    + " * i);\n      entry[2] = group;\n    }\n    tile += (rows + "
    + ((stack1 = alias2(alias1(depth0, "tileRows", {"start":{"line":185,"column":22},"end":{"line":185,"column":30}} ), depth0)) != null ? stack1 : "")
    + " - 1) / "
    + ((stack1 = alias2(alias1(depth0, "tileRows", {"start":{"line":185,"column":42},"end":{"line":185,"column":50}} ), depth0)) != null ? stack1 : "")
    + ";\n  }\n  if (thread != 0) return;\n  tile_starts[0] = 0;\n  tile_starts[1] = tile;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"lists"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":190,"column":0},"end":{"line":192,"column":9}}})) != null ? stack1 : "")
    + "}\n";
},"usePartial":true,"useData":true}],
  ["cuda/row_program", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    float "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "[KEPT][LANES];\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"totals"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":35,"column":0},"end":{"line":37,"column":9}}})) != null ? stack1 : "")
    + "    for (int from = own; from < columns; from += KEPT * step) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"loads"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":39,"column":0},"end":{"line":41,"column":9}}})) != null ? stack1 : "")
    + "      if (from != kept) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"reloads"),{"name":"each","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":43,"column":0},"end":{"line":45,"column":9}}})) != null ? stack1 : "")
    + "      }\n      kept = from;\n#pragma unroll\n      for (int k = 0; k < KEPT; k++) {\n        const int column = from + k * step;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"columns"),{"name":"each","hash":{},"fn":container.program(6, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":51,"column":0},"end":{"line":54,"column":9}}})) != null ? stack1 : "")
    + "#pragma unroll\n        for (int lane = 0; lane < LANES; lane++) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(7, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":57,"column":0},"end":{"line":59,"column":9}}})) != null ? stack1 : "")
    + "        }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(8, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":61,"column":0},"end":{"line":63,"column":9}}})) != null ? stack1 : "")
    + "      }\n    }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"finish"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":66,"column":0},"end":{"line":68,"column":9}}})) != null ? stack1 : "");
},"4":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      load_window<"
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":40,"column":20},"end":{"line":40,"column":24}} ), depth0)) != null ? stack1 : "")
    + ">("
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":40,"column":30},"end":{"line":40,"column":34}} ), depth0)) != null ? stack1 : "")
    + ", "
    + ((stack1 = alias2(alias1(depth0, "place", {"start":{"line":40,"column":40},"end":{"line":40,"column":45}} ), depth0)) != null ? stack1 : "")
    + ", from, step, columns, wide);\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "        load_window<"
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":44,"column":22},"end":{"line":44,"column":26}} ), depth0)) != null ? stack1 : "")
    + ">("
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":44,"column":32},"end":{"line":44,"column":36}} ), depth0)) != null ? stack1 : "")
    + ", "
    + ((stack1 = alias2(alias1(depth0, "place", {"start":{"line":44,"column":42},"end":{"line":44,"column":47}} ), depth0)) != null ? stack1 : "")
    + ", from, step, columns, wide);\n";
},"6":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "        float "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":52,"column":16},"end":{"line":52,"column":20}} ), depth0)) != null ? stack1 : "")
    + "[LANES];\n        load_vector<"
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":53,"column":22},"end":{"line":53,"column":26}} ), depth0)) != null ? stack1 : "")
    + ">("
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":53,"column":32},"end":{"line":53,"column":36}} ), depth0)) != null ? stack1 : "")
    + ", "
    + ((stack1 = alias2(alias1(depth0, "place", {"start":{"line":53,"column":42},"end":{"line":53,"column":47}} ), depth0)) != null ? stack1 : "")
    + ", column, columns, wide);\n";
},"7":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "          "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"8":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "        store_vector<"
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":62,"column":23},"end":{"line":62,"column":27}} ), depth0)) != null ? stack1 : "")
    + ">("
    + ((stack1 = alias2(alias1(depth0, "place", {"start":{"line":62,"column":33},"end":{"line":62,"column":38}} ), depth0)) != null ? stack1 : "")
    + ", column, columns, wide, "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":62,"column":67},"end":{"line":62,"column":71}} ), depth0)) != null ? stack1 : "")
    + "[k]);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_window"),depth0,{"name":"_window","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_groups"),depth0,{"name":"_groups","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_functions"),depth0,{"name":"_functions","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A group of threads per row, or per part of it. What they keep of a row in one phase, they have in the next; of a row\n// that is wider than that, they load it again.\nKERNEL(row_program, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":10,"column":22},"end":{"line":10,"column":29}} ), depth0)) != null ? stack1 : "")
    + ", 3)(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":11,"column":11},"end":{"line":11,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const shared<float> partials = shared_at<float>(0);\n  const int size = group_size(width);\n  const int step = size * LANES;\n  const int own = threadIdx.x % size * LANES;\n  const bool wide = "
    + ((stack1 = alias2(alias1(depth0, "wide", {"start":{"line":17,"column":22},"end":{"line":17,"column":26}} ), depth0)) != null ? stack1 : "")
    + ";\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"scalars"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":18,"column":0},"end":{"line":20,"column":9}}})) != null ? stack1 : "")
    + "  const int groups = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":21,"column":23},"end":{"line":21,"column":30}} ), depth0)) != null ? stack1 : "")
    + " / size;\n  for (int begin = groups * blockIdx.y; begin < count * parts; begin += groups * gridDim.y) {\n    const int index = begin + threadIdx.x / size;\n    const int columns = index < count * parts ? width : 0;\n    const int row = first + index / parts;\n    const int part = index % parts * width;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"places"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":27,"column":0},"end":{"line":29,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"values"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":30,"column":0},"end":{"line":32,"column":9}}})) != null ? stack1 : "")
    + "    int kept = -1;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"phases"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":34,"column":0},"end":{"line":69,"column":9}}})) != null ? stack1 : "")
    + "  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/softmax", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_window"),depth0,{"name":"_window","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_groups"),depth0,{"name":"_groups","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_largest"),depth0,{"name":"_largest","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A group of threads per row.\nKERNEL(softmax, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":9,"column":18},"end":{"line":9,"column":25}} ), depth0)) != null ? stack1 : "")
    + ")(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":10,"column":11},"end":{"line":10,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const shared<float> partials = shared_at<float>(0);\n  const int size = group_size(width);\n  const int step = size * LANES;\n  const int own = threadIdx.x % size * LANES;\n  const bool wide = "
    + ((stack1 = alias2(alias1(depth0, "wide", {"start":{"line":16,"column":22},"end":{"line":16,"column":26}} ), depth0)) != null ? stack1 : "")
    + ";\n  const int groups = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":17,"column":23},"end":{"line":17,"column":30}} ), depth0)) != null ? stack1 : "")
    + " / size;\n  for (int begin = groups * blockIdx.y; begin < count; begin += groups * gridDim.y) {\n    const int index = begin + threadIdx.x / size;\n    const int columns = index < count ? width : 0;\n    const global<const "
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":21,"column":25},"end":{"line":21,"column":30}} ), depth0)) != null ? stack1 : "")
    + "> from = x + (long long)(first + index) * x_stride;\n    const global<"
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":22,"column":19},"end":{"line":22,"column":24}} ), depth0)) != null ? stack1 : "")
    + "> to = y + (long long)(first + index) * y_stride;\n    float kept[KEPT][LANES];\n    Softmax seen = {-3.4e38f, 0.0f};\n    int kept_at = -1;\n    for (int i = own; i < columns; i += KEPT * step) {\n      load_window<"
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":27,"column":20},"end":{"line":27,"column":25}} ), depth0)) != null ? stack1 : "")
    + ">(kept, from, i, step, columns, wide);\n      take_window(seen, kept, i, step, columns);\n      kept_at = i;\n    }\n    join_group(seen, size, partials);\n    for (int i = own; i < columns; i += KEPT * step) {\n      if (i != kept_at) load_window<"
    + ((stack1 = alias2(alias1(depth0, "xType", {"start":{"line":33,"column":38},"end":{"line":33,"column":43}} ), depth0)) != null ? stack1 : "")
    + ">(kept, from, i, step, columns, wide);\n#pragma unroll\n      for (int k = 0; k < KEPT; k++) {\n#pragma unroll\n        for (int lane = 0; lane < LANES; lane++) kept[k][lane] = expf(kept[k][lane] - seen.largest) / seen.total;\n      }\n      kept_at = -1;\n      store_window<"
    + ((stack1 = alias2(alias1(depth0, "yType", {"start":{"line":40,"column":21},"end":{"line":40,"column":26}} ), depth0)) != null ? stack1 : "")
    + ">(to, i, step, columns, wide, kept);\n    }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/square_sum", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_lanes"),depth0,{"name":"_lanes","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_groups"),depth0,{"name":"_groups","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A block per piece.\nKERNEL(square_sum, 256)(ARGUMENTS) {\n  SHARED("
    + ((stack1 = alias2(alias1(depth0, "sharedBytes", {"start":{"line":8,"column":11},"end":{"line":8,"column":22}} ), depth0)) != null ? stack1 : "")
    + ");\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const int begin = blockIdx.x * chunk;\n  if (begin >= elements) return;\n  const int end = min(elements - begin, chunk) + begin;\n  float sum[1] = {0.0f};\n#pragma unroll 4\n  for (int i = begin + LANES * threadIdx.x; i < end; i += LANES * 256) {\n    float x[LANES];\n    if (end - i >= LANES) {\n      load_lanes<float>(x, g, i);\n    } else {\n      load_some<float>(x, g, i, end - i);\n    }\n#pragma unroll\n    for (int lane = 0; lane < LANES; lane++) sum[0] += x[lane] * x[lane];\n  }\n  sum_group(sum, 256, shared_at<float>(0));\n  if (threadIdx.x == 0) store(partials, blockIdx.x, sum[0]);\n}\n";
},"usePartial":true,"useData":true}],
  ["cuda/sum_partials", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = container.lambda(container.strict(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_prelude"),depth0,{"name":"_prelude","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A block per 32 elements: its warps share the pieces, then the first adds up what they found, in order.\nKERNEL(sum_partials, 256)(ARGUMENTS) {\n  SHARED(1024);\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  const shared<float> sums = shared_at<float>(0);\n  const int element = 32 * blockIdx.x + threadIdx.x % 32;\n  const int warp = threadIdx.x / 32;\n  float total = 0.0f;\n  if (element < elements) {\n#pragma unroll 4\n    for (int i = warp; i < pieces; i += 8) total += load(partials, (long long)i * elements + element);\n  }\n  sums[threadIdx.x] = total;\n  __syncthreads();\n  if (warp > 0 || element >= elements) return;\n  for (int other = 1; other < 8; other++) total += sums[32 * other + threadIdx.x];\n  store(y, element, total);\n}\n";
},"usePartial":true,"useData":true}],
  ["typescript/model", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  { name: "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":30,"column":12},"end":{"line":30,"column":16}} ), depth0)) != null ? stack1 : "")
    + ", vocab: "
    + ((stack1 = alias2(alias1(depth0, "vocab", {"start":{"line":30,"column":29},"end":{"line":30,"column":34}} ), depth0)) != null ? stack1 : "")
    + ", vocabStart: "
    + ((stack1 = alias2(alias1(depth0, "vocabStart", {"start":{"line":30,"column":52},"end":{"line":30,"column":62}} ), depth0)) != null ? stack1 : "")
    + ((stack1 = alias2(alias1(depth0, "sizes", {"start":{"line":30,"column":66},"end":{"line":30,"column":71}} ), depth0)) != null ? stack1 : "")
    + " },\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":120,"column":4},"end":{"line":120,"column":8}} ), depth0)) != null ? stack1 : "")
    + ": new URL(\"./"
    + ((stack1 = alias2(alias1(depth0, "path", {"start":{"line":120,"column":25},"end":{"line":120,"column":29}} ), depth0)) != null ? stack1 : "")
    + "\", import.meta.url),\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  "
    + ((stack1 = alias2(alias1(depth0, "path", {"start":{"line":127,"column":4},"end":{"line":127,"column":8}} ), depth0)) != null ? stack1 : "")
    + ": "
    + ((stack1 = alias2(alias1(depth0, "shape", {"start":{"line":127,"column":14},"end":{"line":127,"column":19}} ), depth0)) != null ? stack1 : "")
    + ",\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  { phase: "
    + ((stack1 = alias2(alias1(depth0, "phase", {"start":{"line":135,"column":13},"end":{"line":135,"column":18}} ), depth0)) != null ? stack1 : "")
    + ", "
    + ((stack1 = alias2(alias1(depth0, "runs", {"start":{"line":135,"column":24},"end":{"line":135,"column":28}} ), depth0)) != null ? stack1 : "")
    + ", lines: "
    + ((stack1 = alias2(alias1(depth0, "lines", {"start":{"line":135,"column":41},"end":{"line":135,"column":46}} ), depth0)) != null ? stack1 : "")
    + ", computes: "
    + ((stack1 = alias2(alias1(depth0, "computes", {"start":{"line":135,"column":62},"end":{"line":135,"column":70}} ), depth0)) != null ? stack1 : "")
    + " },\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  { name: "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":142,"column":12},"end":{"line":142,"column":16}} ), depth0)) != null ? stack1 : "")
    + ", role: "
    + ((stack1 = alias2(alias1(depth0, "role", {"start":{"line":142,"column":28},"end":{"line":142,"column":32}} ), depth0)) != null ? stack1 : "")
    + ", bytes: "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":142,"column":45},"end":{"line":142,"column":50}} ), depth0)) != null ? stack1 : "")
    + ", at: "
    + ((stack1 = alias2(alias1(depth0, "at", {"start":{"line":142,"column":60},"end":{"line":142,"column":62}} ), depth0)) != null ? stack1 : "")
    + " },\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// model.ts: the training step of "
    + ((stack1 = alias2(alias1(depth0, "title", {"start":{"line":1,"column":36},"end":{"line":1,"column":41}} ), depth0)) != null ? stack1 : "")
    + ", written by `motley build --target "
    + ((stack1 = alias2(alias1(depth0, "target", {"start":{"line":1,"column":81},"end":{"line":1,"column":87}} ), depth0)) != null ? stack1 : "")
    + "`; building again writes it anew.\n// In: batches of "
    + ((stack1 = alias2(alias1(depth0, "batch", {"start":{"line":2,"column":20},"end":{"line":2,"column":25}} ), depth0)) != null ? stack1 : "")
    + " × "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":2,"column":32},"end":{"line":2,"column":39}} ), depth0)) != null ? stack1 : "")
    + " tokens. Out: a trained session; started as a program, losses and where the time goes:\n//   node model.ts "
    + ((stack1 = alias2(alias1(depth0, "arguments", {"start":{"line":3,"column":21},"end":{"line":3,"column":30}} ), depth0)) != null ? stack1 : "")
    + "\n// It runs "
    + ((stack1 = alias2(alias1(depth0, "places", {"start":{"line":4,"column":13},"end":{"line":4,"column":19}} ), depth0)) != null ? stack1 : "")
    + ". Beside it: "
    + ((stack1 = alias2(alias1(depth0, "textsPlace", {"start":{"line":4,"column":36},"end":{"line":4,"column":46}} ), depth0)) != null ? stack1 : "")
    + ", the code that runs, to be read and\n// changed; and model.json, its sizes and addresses.\n\nimport {\n  type Batch as AnyBatch,\n  checkBatch,\n  type DeviceRequest,\n  type KernelTime,\n  type Metrics,\n  madeUpBatch,\n  openDevice,\n  openSession,\n  readArtifact,\n  readTexts,\n  runProgram,\n  type Session,\n  timeKernels,\n  trainStep,\n} from \"motley/runtime\";\nimport model from \"./model.json\" with { type: \"json\" };\n\nexport type Modality = "
    + ((stack1 = alias2(alias1(depth0, "modalityUnion", {"start":{"line":25,"column":25},"end":{"line":25,"column":38}} ), depth0)) != null ? stack1 : "")
    + ";\n\n/** In the order of their rows; "
    + ((stack1 = alias2(alias1(depth0, "idsOf", {"start":{"line":27,"column":34},"end":{"line":27,"column":39}} ), depth0)) != null ? stack1 : "")
    + ". */\nexport const modalities = [\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"modalities"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":29,"column":0},"end":{"line":31,"column":9}}})) != null ? stack1 : "")
    + "] as const satisfies readonly { readonly name: Modality; readonly vocab: number; readonly vocabStart: number"
    + ((stack1 = alias2(alias1(depth0, "sizesType", {"start":{"line":32,"column":110},"end":{"line":32,"column":119}} ), depth0)) != null ? stack1 : "")
    + " }[];\n\nconst sizes = { batch: "
    + ((stack1 = alias2(alias1(depth0, "batch", {"start":{"line":34,"column":25},"end":{"line":34,"column":30}} ), depth0)) != null ? stack1 : "")
    + ", context: "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":34,"column":45},"end":{"line":34,"column":52}} ), depth0)) != null ? stack1 : "")
    + ", modalities } as const;\n\n/** "
    + ((stack1 = alias2(alias1(depth0, "batch", {"start":{"line":36,"column":6},"end":{"line":36,"column":11}} ), depth0)) != null ? stack1 : "")
    + " sequences of "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":36,"column":29},"end":{"line":36,"column":36}} ), depth0)) != null ? stack1 : "")
    + " positions, one after another; -1 where there is no token or no target. */\nexport type Batch = AnyBatch & { readonly batch: "
    + ((stack1 = alias2(alias1(depth0, "batch", {"start":{"line":37,"column":51},"end":{"line":37,"column":56}} ), depth0)) != null ? stack1 : "")
    + "; readonly context: "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":37,"column":80},"end":{"line":37,"column":87}} ), depth0)) != null ? stack1 : "")
    + " };\nexport type Batches = { next(): Batch };\n\n/** "
    + ((stack1 = alias2(alias1(depth0, "lossUnits", {"start":{"line":40,"column":6},"end":{"line":40,"column":15}} ), depth0)) != null ? stack1 : "")
    + ", before the step's update: the weighted total, and the mean of each modality that had targets. */\nexport type Losses = { readonly total: number } & { readonly [Name in Modality]?: number };\nexport type Step = Omit<Metrics, \"loss\"> & { readonly loss: Losses };\n\nexport type OpenRequest = DeviceRequest & { readonly seed?: number };\n\n/** Opens the model on "
    + ((stack1 = alias2(alias1(depth0, "device", {"start":{"line":46,"column":25},"end":{"line":46,"column":31}} ), depth0)) != null ? stack1 : "")
    + " and draws its parameters from the seed. Close the session in the end. */\nexport async function open({ seed = 1, ...request }: OpenRequest = {}): Promise<Session> {\n  const artifact = readArtifact(model, await readTexts(texts));\n  const session = openSession(artifact, await openDevice(artifact, request));\n  await session.initialize(seed);\n  return session;\n}\n\n/** Trains a session just opened; warmup and decay of the learning rate span the steps. */\nexport async function train(\n  session: Session,\n  batches: Batches,\n  { steps, onStep }: { readonly steps: number; readonly onStep?: (step: Step) => void },\n): Promise<readonly Step[]> {\n  const done: Step[] = [];\n  let wallMs = 0;\n  for (let number = 1; number <= steps; number += 1) {\n    const { metrics } = await trainStep(session, batches.next(), number, steps, wallMs);\n    const step = metrics as Step;\n    wallMs = step.wallMs;\n    done.push(step);\n    onStep?.(step);\n  }\n  return done;\n}\n\n/** What each kernel takes of a step, the costliest first: the mean of some steps, which change no parameter. */\nexport function profile(\n  session: Session,\n  batches: Batches,\n  { steps = 3 }: { readonly steps?: number } = {},\n): Promise<readonly KernelTime[]> {\n  return timeKernels(session, batches, steps);\n}\n\n/** The values of a parameter, of its gradient or of one of the optimizer's moments: row-major, in the shape of `parameters`. */\nexport function read(\n  session: Session,\n  path: Parameter,\n  what: \"param\" | \"grad\" | \"m\" | \"v\" = \"param\",\n): Promise<Float32Array> {\n  return session.read(`${what}/${path}`);\n}\n\n/** A batch from elsewhere; throws if it is none of this model's. */\nexport function asBatch(batch: AnyBatch): Batch {\n  checkBatch(batch, sizes);\n  return batch as Batch;\n}\n\n/** Random tokens: enough to see the losses fall and to time a step. */\nexport function anyBatch(seed = 1): Batch {\n  return asBatch(madeUpBatch(sizes, seed));\n}\n\nrunProgram(import.meta.url, async ({ steps, batch = anyBatch(), ...request }) => {\n  const session = await open(request);\n  const batches = { next: () => asBatch(batch) };\n  const onStep = ({ step, loss }: Step): void => {\n    const parts = Object.entries(loss).map(([name, value]) => `${name} ${value.toFixed(4)}`);\n    console.log(`step ${step}  ${parts.join(\"  \")}`);\n  };\n  const done = await train(session, batches, { steps, onStep });\n  console.log(`${((done.at(-1)?.wallMs ?? 0) / steps).toFixed(2)} ms a step; by kernel, and @line of the spec:`);\n  for (const { kernel, milliseconds, share, lines } of await profile(session, batches)) {\n    const cost = `${milliseconds.toFixed(3).padStart(10)} ms ${(100 * share).toFixed(1).padStart(5)} %`;\n    console.log([cost, kernel, ...lines.map((line) => `@${line}`)].join(\"  \"));\n  }\n  await session.close();\n});\n\n/** The code that runs. Bundlers find files by expressions of this very form. */\nconst texts = {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"texts"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":119,"column":0},"end":{"line":121,"column":9}}})) != null ? stack1 : "")
    + "};\n\n/** Parameters by path, and their shapes. */\nexport const parameters = {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"parameters"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":126,"column":0},"end":{"line":128,"column":9}}})) != null ? stack1 : "")
    + "} as const;\nexport type Parameter = keyof typeof parameters;\n\n/** A training step: a "
    + ((stack1 = alias2(alias1(depth0, "launch", {"start":{"line":132,"column":25},"end":{"line":132,"column":31}} ), depth0)) != null ? stack1 : "")
    + " a line, in the order they run; `prepare` comes once, before the first. `lines` are the spec's. */\nexport const launches = [\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"launches"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":134,"column":0},"end":{"line":136,"column":9}}})) != null ? stack1 : "")
    + "] as const;\n\n/** The memory, planned beforehand: two buffers may have one place at different times. */\nexport const buffers = [\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"buffers"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":141,"column":0},"end":{"line":143,"column":9}}})) != null ? stack1 : "")
    + "] as const;\n";
},"useData":true}],
  ["wasm/adamw", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  (local.set $shrink (f32.min (f32.const 1) (f32.div (f32.const "
    + ((stack1 = container.lambda(container.strict(depth0, "clip", {"start":{"line":27,"column":66},"end":{"line":27,"column":70}} ), depth0)) != null ? stack1 : "")
    + ") (f32.add (local.get $norm) (f32.const 1e-6)))))\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "  (local.set $end (i32.add (local.get $p) (i32.and (local.get $left) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "mask", {"start":{"line":43,"column":82},"end":{"line":43,"column":86}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $left (i32.sub (local.get $left) (i32.and (local.get $left) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "mask", {"start":{"line":44,"column":86},"end":{"line":44,"column":90}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (block "
    + ((stack1 = alias2(alias1(depth0, "done", {"start":{"line":45,"column":11},"end":{"line":45,"column":15}} ), depth0)) != null ? stack1 : "")
    + " (loop "
    + ((stack1 = alias2(alias1(depth0, "next", {"start":{"line":45,"column":26},"end":{"line":45,"column":30}} ), depth0)) != null ? stack1 : "")
    + "\n    (br_if "
    + ((stack1 = alias2(alias1(depth0, "done", {"start":{"line":46,"column":13},"end":{"line":46,"column":17}} ), depth0)) != null ? stack1 : "")
    + " (i32.ge_u (local.get $p) (local.get $end)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":47,"column":0},"end":{"line":49,"column":9}}})) != null ? stack1 : "")
    + "    (local.set $p (i32.add (local.get $p) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":50,"column":55},"end":{"line":50,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $g (i32.add (local.get $g) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":51,"column":55},"end":{"line":51,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $m (i32.add (local.get $m) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":52,"column":55},"end":{"line":52,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $v (i32.add (local.get $v) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":53,"column":55},"end":{"line":53,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br "
    + ((stack1 = alias2(alias1(depth0, "next", {"start":{"line":54,"column":10},"end":{"line":54,"column":14}} ), depth0)) != null ? stack1 : "")
    + ")))\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $at i32) (local $left i32) (local $p i32) (local $g i32) (local $m i32) (local $v i32) (local $end i32)\n  (local $squares f64) (local $norm f32) (local $shrink f32) (local $rate f32) (local $correct1 f32) (local $correct2 f32)\n  (local $p4 v128) (local $g4 v128) (local $m4 v128) (local $v4 v128) (local $u4 v128)\n  (local $p1 f32) (local $g1 f32) (local $m1 f32) (local $v1 f32) (local $u1 f32)\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"locals"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":7,"column":0},"end":{"line":9,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"constants"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":10,"column":0},"end":{"line":12,"column":9}}})) != null ? stack1 : "")
    + "  ;; The norm: every task adds the partial sums up in the same order.\n  (local.set $at (i32.load offset=16 (local.get $args)))\n  (local.set $left (i32.load offset=20 (local.get $args)))\n  (block $added (loop $partials\n    (br_if $added (i32.le_s (local.get $left) (i32.const 0)))\n    (local.set $squares (f64.add (local.get $squares) (f64.promote_f32 (f32.load (local.get $at)))))\n    (local.set $at (i32.add (local.get $at) (i32.const 4)))\n    (local.set $left (i32.sub (local.get $left) (i32.const 1)))\n    (br $partials)))\n  (local.set $norm (f32.demote_f64 (f64.sqrt (local.get $squares))))\n  (if (i32.and (i32.eqz (local.get $task)) (i32.ne (i32.load offset=28 (local.get $args)) (i32.const 0))) (then\n    (f32.store (i32.load offset=28 (local.get $args)) (local.get $norm))))\n  (local.set $shrink (f32.const 1))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isClipped"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":26,"column":0},"end":{"line":28,"column":7}}})) != null ? stack1 : "")
    + "  (local.set $at (i32.load offset=24 (local.get $args)))\n  (local.set $rate (f32.load offset="
    + ((stack1 = alias2(alias1(depth0, "rate", {"start":{"line":30,"column":38},"end":{"line":30,"column":42}} ), depth0)) != null ? stack1 : "")
    + " (local.get $at)))\n  (local.set $correct1 (f32.load offset=4 (local.get $at)))\n  (local.set $correct2 (f32.load offset=8 (local.get $at)))\n  ;; The chunk: whole vectors, then single lanes.\n  (local.set $at (i32.mul (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "chunk", {"start":{"line":34,"column":57},"end":{"line":34,"column":62}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $left (i32.shl (call $min (i32.const "
    + ((stack1 = alias2(alias1(depth0, "chunk", {"start":{"line":35,"column":52},"end":{"line":35,"column":57}} ), depth0)) != null ? stack1 : "")
    + ") (i32.sub (i32.load offset=32 (local.get $args)) (local.get $at)))\n    (i32.const 2)))\n  (local.set $at (i32.shl (local.get $at) (i32.const 2)))\n  (local.set $p (i32.add (i32.load (local.get $args)) (local.get $at)))\n  (local.set $g (i32.add (i32.load offset=4 (local.get $args)) (local.get $at)))\n  (local.set $m (i32.add (i32.load offset=8 (local.get $args)) (local.get $at)))\n  (local.set $v (i32.add (i32.load offset=12 (local.get $args)) (local.get $at)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"forms"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":42,"column":0},"end":{"line":55,"column":9}}})) != null ? stack1 : "")
    + ")\n";
},"useData":true}],
  ["wasm/array_add", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $a i32) (local $b i32) (local $y i32) (local $end i32)\n  (local.set $a (i32.load (local.get $args)))\n  (local.set $b (i32.load offset=4 (local.get $args)))\n  (local.set $y (i32.load offset=8 (local.get $args)))\n  (local.set $end (i32.add (local.get $y) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":7,"column":55},"end":{"line":7,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (loop $next\n    (v128.store (local.get $y) (f32x4.add (v128.load (local.get $a)) (v128.load (local.get $b))))\n    (local.set $a (i32.add (local.get $a) (i32.const 16)))\n    (local.set $b (i32.add (local.get $b) (i32.const 16)))\n    (local.set $y (i32.add (local.get $y) (i32.const 16)))\n    (br_if $next (i32.lt_u (local.get $y) (local.get $end)))))\n";
},"useData":true}],
  ["wasm/attention", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $base i32) (local $group i32) (local $rowOf i32) (local $head i32) (local $lastHead i32) (local $zeros i32)\n  (local.set $base (i32.mul (i32.div_u (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kvHeads", {"start":{"line":4,"column":70},"end":{"line":4,"column":77}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":4,"column":95},"end":{"line":4,"column":102}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $group (i32.rem_u (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kvHeads", {"start":{"line":5,"column":62},"end":{"line":5,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $rowOf (i32.add (i32.load offset=20 (local.get $args)) (i32.shl (local.get $base) (i32.const 2))))\n  (local.set $zeros (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "zeros", {"start":{"line":7,"column":64},"end":{"line":7,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (call $zero_row (local.get $zeros) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "zeroBytes", {"start":{"line":8,"column":50},"end":{"line":8,"column":59}} ), depth0)) != null ? stack1 : "")
    + "))\n  (call $turn_heads (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turned", {"start":{"line":9,"column":64},"end":{"line":9,"column":70}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":9,"column":107},"end":{"line":9,"column":114}} ), depth0)) != null ? stack1 : "")
    + ")\n    (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":10,"column":92},"end":{"line":10,"column":101}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kBytes", {"start":{"line":11,"column":17},"end":{"line":11,"column":23}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $zeros) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":11,"column":59},"end":{"line":11,"column":68}} ), depth0)) != null ? stack1 : "")
    + "))\n  (call $panel_heads (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panels", {"start":{"line":12,"column":65},"end":{"line":12,"column":71}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":12,"column":108},"end":{"line":12,"column":115}} ), depth0)) != null ? stack1 : "")
    + ")\n    (i32.add (i32.load offset=8 (local.get $args)) (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":13,"column":92},"end":{"line":13,"column":101}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (i32.const "
    + ((stack1 = alias2(alias1(depth0, "vBytes", {"start":{"line":14,"column":17},"end":{"line":14,"column":23}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $zeros) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":14,"column":59},"end":{"line":14,"column":68}} ), depth0)) != null ? stack1 : "")
    + "))\n  (local.set $head (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "groupHeads", {"start":{"line":15,"column":60},"end":{"line":15,"column":70}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $lastHead (i32.add (local.get $head) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "groupHeads", {"start":{"line":16,"column":63},"end":{"line":16,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (loop $heads\n    (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":18,"column":13},"end":{"line":18,"column":17}} ), depth0)) != null ? stack1 : "")
    + "_head (local.get $args) (local.get $base) (local.get $rowOf) (local.get $head))\n    (local.set $head (i32.add (local.get $head) (i32.const 1)))\n    (br_if $heads (i32.lt_s (local.get $head) (local.get $lastHead)))))\n\n;; One head of queries: blocks of "
    + ((stack1 = alias2(alias1(depth0, "blockRows", {"start":{"line":22,"column":36},"end":{"line":22,"column":45}} ), depth0)) != null ? stack1 : "")
    + ".\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":23,"column":9},"end":{"line":23,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_head (param $args i32) (param $base i32) (param $rowOf i32) (param $head i32)\n  (local $position i32) (local $rows i32) (local $from i32) (local $to i32) (local $panel i32) (local $skipped i32) (local $zeros i32)\n  (local.set $skipped (i32.mul (local.get $head) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":25,"column":62},"end":{"line":25,"column":71}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $zeros (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "zeros", {"start":{"line":26,"column":64},"end":{"line":26,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (loop $blocks\n    (local.set $rows (call $min (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockRows", {"start":{"line":28,"column":45},"end":{"line":28,"column":54}} ), depth0)) != null ? stack1 : "")
    + ") (i32.sub (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":28,"column":80},"end":{"line":28,"column":87}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $position))))\n    (call $seen_range (local.get $rowOf) (local.get $rows) (i32.load offset=24 (local.get $args)) (i32.load offset=28 (local.get $args)))\n    (local.set $to (i32.sub (local.get $base)))\n    (local.set $from (i32.sub (local.get $base)))\n    (if (i32.lt_s (local.get $from) (local.get $to)) (then\n      (call $gather_heads (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "queries", {"start":{"line":33,"column":70},"end":{"line":33,"column":77}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $rowOf) (local.get $rows)\n        (i32.add (i32.load (local.get $args)) (local.get $skipped)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "qBytes", {"start":{"line":34,"column":81},"end":{"line":34,"column":87}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $zeros)\n        (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":35,"column":21},"end":{"line":35,"column":31}} ), depth0)) != null ? stack1 : "")
    + ") (f32.const "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":35,"column":48},"end":{"line":35,"column":53}} ), depth0)) != null ? stack1 : "")
    + "))\n      (local.set $panel (i32.div_u (local.get $from) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":36,"column":66},"end":{"line":36,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (loop $keys\n        (call "
    + ((stack1 = alias2(alias1(depth0, "scores", {"start":{"line":38,"column":16},"end":{"line":38,"column":22}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "queries", {"start":{"line":38,"column":69},"end":{"line":38,"column":76}} ), depth0)) != null ? stack1 : "")
    + "))\n          (i32.add (global.get $scratch) (i32.add (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turnedBytes", {"start":{"line":39,"column":91},"end":{"line":39,"column":102}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turned", {"start":{"line":39,"column":120},"end":{"line":39,"column":126}} ), depth0)) != null ? stack1 : "")
    + ")))\n          (i32.add (global.get $scratch) (i32.add (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panelBytes", {"start":{"line":40,"column":91},"end":{"line":40,"column":101}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":40,"column":119},"end":{"line":40,"column":124}} ), depth0)) != null ? stack1 : "")
    + ")))\n          (i32.const 0) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headDim", {"start":{"line":41,"column":37},"end":{"line":41,"column":44}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $rows))\n        (local.set $panel (i32.add (local.get $panel) (i32.const 1)))\n        (br_if $keys (i32.lt_s (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":43,"column":72},"end":{"line":43,"column":79}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $to))))\n      (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":44,"column":15},"end":{"line":44,"column":19}} ), depth0)) != null ? stack1 : "")
    + "_rows (local.get $args) (local.get $base) (local.get $rowOf) (local.get $head) (local.get $rows)\n        (local.get $from) (local.get $to))\n      (local.set $panel (i32.const 0))\n      (loop $values\n        (call "
    + ((stack1 = alias2(alias1(depth0, "mix", {"start":{"line":48,"column":16},"end":{"line":48,"column":19}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (global.get $scratch) (i32.add (i32.shl (local.get $from) (i32.const 2)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":48,"column":117},"end":{"line":48,"column":122}} ), depth0)) != null ? stack1 : "")
    + ")))\n          (i32.add (global.get $scratch) (i32.add (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panels", {"start":{"line":49,"column":63},"end":{"line":49,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")\n            (i32.add (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "contextBytes", {"start":{"line":50,"column":62},"end":{"line":50,"column":74}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.mul (local.get $from) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panelBytes", {"start":{"line":50,"column":119},"end":{"line":50,"column":129}} ), depth0)) != null ? stack1 : "")
    + ")))))\n          (i32.add (global.get $scratch) (i32.add (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panelBytes", {"start":{"line":51,"column":91},"end":{"line":51,"column":101}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "results", {"start":{"line":51,"column":119},"end":{"line":51,"column":126}} ), depth0)) != null ? stack1 : "")
    + ")))\n          (i32.const 0) (i32.sub (local.get $to) (local.get $from)) (local.get $rows))\n        (local.set $panel (i32.add (local.get $panel) (i32.const 1)))\n        (br_if $values (i32.lt_s (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "componentPanels", {"start":{"line":54,"column":65},"end":{"line":54,"column":80}} ), depth0)) != null ? stack1 : "")
    + ")))))\n      (else\n        (call $zero_row (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "results", {"start":{"line":56,"column":68},"end":{"line":56,"column":75}} ), depth0)) != null ? stack1 : "")
    + "))\n          (i32.mul (local.get $rows) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":57,"column":50},"end":{"line":57,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))\n        (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":58,"column":17},"end":{"line":58,"column":21}} ), depth0)) != null ? stack1 : "")
    + "_rows (local.get $args) (local.get $base) (local.get $rowOf) (local.get $head) (local.get $rows)\n          (i32.const 0) (i32.const 0))))\n    (call $scatter_heads (i32.add (i32.load offset=12 (local.get $args)) (local.get $skipped)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "outBytes", {"start":{"line":60,"column":108},"end":{"line":60,"column":116}} ), depth0)) != null ? stack1 : "")
    + ")\n      (local.get $rowOf) (local.get $rows) (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "results", {"start":{"line":61,"column":87},"end":{"line":61,"column":94}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":61,"column":112},"end":{"line":61,"column":122}} ), depth0)) != null ? stack1 : "")
    + ")\n      (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":62,"column":19},"end":{"line":62,"column":28}} ), depth0)) != null ? stack1 : "")
    + ") (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "factors", {"start":{"line":62,"column":76},"end":{"line":62,"column":83}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const 4))\n    (local.set $rowOf (i32.add (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "rowOfBytes", {"start":{"line":63,"column":63},"end":{"line":63,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $position (i32.add (local.get $position) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockRows", {"start":{"line":64,"column":69},"end":{"line":64,"column":78}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br_if $blocks (i32.lt_s (local.get $position) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":65,"column":64},"end":{"line":65,"column":71}} ), depth0)) != null ? stack1 : "")
    + ")))))\n\n;; Softmax of a block's rows of scores, over the keys that each row sees; writes lse.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":68,"column":9},"end":{"line":68,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_rows (param $args i32) (param $base i32) (param $rowOf i32) (param $head i32) (param $rows i32) (param $from i32) (param $to i32)\n  (local $row i32) (local $strip i32) (local $first i32) (local $last i32) (local $lse i32) (local $factor i32)\n  (local $largest f32) (local $sum f32)\n  (local.set $strip (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":71,"column":64},"end":{"line":71,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $from (i32.shl (local.get $from) (i32.const 2)))\n  (local.set $to (i32.shl (local.get $to) (i32.const 2)))\n  (local.set $factor (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "factors", {"start":{"line":74,"column":65},"end":{"line":74,"column":72}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (loop $next\n    (f32.store (local.get $factor) (f32.const 1))\n    (local.set $row (i32.load (local.get $rowOf)))\n    (local.set $first (local.get $from))\n    (local.set $last (local.get $from))\n    (if (i32.ge_s (local.get $row) (i32.const 0)) (then\n      (local.set $lse (i32.add (i32.load offset=16 (local.get $args))\n        (i32.add (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "lseBytes", {"start":{"line":82,"column":56},"end":{"line":82,"column":64}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.shl (local.get $head) (i32.const 2)))))\n      (f32.store (local.get $lse) (f32.const 0))\n      (local.set $row (i32.shl (local.get $row) (i32.const 2)))\n      (local.set $first (i32.shl (i32.sub (i32.load (i32.add (i32.load offset=24 (local.get $args)) (local.get $row))) (local.get $base)) (i32.const 2)))\n      (local.set $last (i32.shl (i32.sub (i32.load (i32.add (i32.load offset=28 (local.get $args)) (local.get $row))) (local.get $base)) (i32.const 2)))))\n    (if (i32.lt_s (local.get $first) (local.get $last))\n      (then\n        (local.set $first (i32.add (local.get $strip) (local.get $first)))\n        (local.set $last (i32.add (local.get $strip) (local.get $last)))\n        (call $zero_around (i32.add (local.get $strip) (local.get $from)) (i32.add (local.get $strip) (local.get $to))\n          (local.get $first) (local.get $last))\n        (call $softmax_row (local.get $first) (local.get $last))\n        (local.set $sum)\n        (local.set $largest)\n        (f32.store (local.get $factor) (f32.div (f32.const 1) (local.get $sum)))\n        (f32.store (local.get $lse) (f32.add (local.get $largest) (call $log1 (local.get $sum)))))\n      (else\n        (call $zero_between (i32.add (local.get $strip) (local.get $from)) (i32.add (local.get $strip) (local.get $to)))))\n    (local.set $strip (i32.add (local.get $strip) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "stripBytes", {"start":{"line":100,"column":63},"end":{"line":100,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $factor (i32.add (local.get $factor) (i32.const 4)))\n    (local.set $rowOf (i32.add (local.get $rowOf) (i32.const 4)))\n    (br_if $next (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))\n";
},"useData":true}],
  ["wasm/attention_cached", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    (local.set $s"
    + ((stack1 = container.lambda(container.strict(depth0, "sum", {"start":{"line":70,"column":19},"end":{"line":70,"column":22}} ), depth0)) != null ? stack1 : "")
    + " (v128.const f32x4 0 0 0 0))\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    (f32.store offset="
    + ((stack1 = alias2(alias1(depth0, "offset", {"start":{"line":76,"column":24},"end":{"line":76,"column":30}} ), depth0)) != null ? stack1 : "")
    + " (local.get $to) (call $sum_lanes (local.get $s"
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":76,"column":81},"end":{"line":76,"column":84}} ), depth0)) != null ? stack1 : "")
    + ")))\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), alias2=container.strict, alias3=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"zeros"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":99,"column":0},"end":{"line":101,"column":9}}})) != null ? stack1 : "")
    + "  (local.set $at (i32.add (local.get $value) (i32.const "
    + ((stack1 = alias3(alias2(depth0, "offset", {"start":{"line":102,"column":58},"end":{"line":102,"column":64}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $from (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias3(alias2(depth0, "strip", {"start":{"line":103,"column":63},"end":{"line":103,"column":68}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $left (local.get $count))\n  (loop $places\n    (local.set $share (v128.load32_splat (local.get $from)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":107,"column":0},"end":{"line":109,"column":9}}})) != null ? stack1 : "")
    + "    (local.set $at (i32.add (local.get $at) (i32.const "
    + ((stack1 = alias3(alias2(depth0, "cacheBytes", {"start":{"line":110,"column":57},"end":{"line":110,"column":67}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $from (i32.add (local.get $from) (i32.const 4)))\n    (br_if $places (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":113,"column":0},"end":{"line":115,"column":9}}})) != null ? stack1 : "");
},"4":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $group i32) (local $skipped i32) (local $rowOf i32) (local $end i32) (local $at i32) (local $row i32) (local $place i32)\n  (local.set $group (i32.rem_u (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kvHeads", {"start":{"line":4,"column":62},"end":{"line":4,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $skipped (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":5,"column":63},"end":{"line":5,"column":72}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $rowOf (i32.add (i32.load offset=24 (local.get $args))\n    (i32.mul (i32.div_u (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kvHeads", {"start":{"line":7,"column":55},"end":{"line":7,"column":62}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "spanBytes", {"start":{"line":7,"column":80},"end":{"line":7,"column":89}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $end (i32.add (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "spanBytes", {"start":{"line":8,"column":59},"end":{"line":8,"column":68}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $at (local.get $rowOf))\n  (loop $keep\n    (local.set $row (i32.load (local.get $at)))\n    (if (i32.ge_s (local.get $row) (i32.const 0)) (then\n      (local.set $place (i32.add (local.get $skipped) (i32.mul (i32.const "
    + ((stack1 = alias2(alias1(depth0, "cacheBytes", {"start":{"line":13,"column":76},"end":{"line":13,"column":86}} ), depth0)) != null ? stack1 : "")
    + ")\n        (i32.load (i32.add (i32.load offset=28 (local.get $args)) (i32.shl (local.get $row) (i32.const 2)))))))\n      (call $copy_row (i32.add (i32.load offset=16 (local.get $args)) (local.get $place))\n        (i32.add (i32.add (i32.load offset=4 (local.get $args)) (local.get $skipped)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kBytes", {"start":{"line":16,"column":125},"end":{"line":16,"column":131}} ), depth0)) != null ? stack1 : "")
    + ")))\n        (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":17,"column":21},"end":{"line":17,"column":30}} ), depth0)) != null ? stack1 : "")
    + "))\n      (call $copy_row (i32.add (i32.load offset=20 (local.get $args)) (local.get $place))\n        (i32.add (i32.add (i32.load offset=8 (local.get $args)) (local.get $skipped)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "vBytes", {"start":{"line":19,"column":125},"end":{"line":19,"column":131}} ), depth0)) != null ? stack1 : "")
    + ")))\n        (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":20,"column":21},"end":{"line":20,"column":30}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $at (i32.add (local.get $at) (i32.const 4)))\n    (br_if $keep (i32.lt_u (local.get $at) (local.get $end))))\n  (local.set $at (local.get $rowOf))\n  (loop $look\n    (local.set $row (i32.load (local.get $at)))\n    (if (i32.ge_s (local.get $row) (i32.const 0)) (then\n      (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":27,"column":15},"end":{"line":27,"column":19}} ), depth0)) != null ? stack1 : "")
    + "_row (local.get $args) (local.get $row) (local.get $group))))\n    (local.set $at (i32.add (local.get $at) (i32.const 4)))\n    (br_if $look (i32.lt_u (local.get $at) (local.get $end)))))\n\n;; The heads of one row that look at one head of keys.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":32,"column":9},"end":{"line":32,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_row (param $args i32) (param $row i32) (param $group i32)\n  (local $q i32) (local $out i32) (local $key i32) (local $value i32) (local $count i32) (local $heads i32) (local $sum f32)\n  (local.set $q (i32.add (i32.load (local.get $args))\n    (i32.add (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "qBytes", {"start":{"line":35,"column":52},"end":{"line":35,"column":58}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "groupBytes", {"start":{"line":35,"column":104},"end":{"line":35,"column":114}} ), depth0)) != null ? stack1 : "")
    + ")))))\n  (local.set $out (i32.add (i32.load offset=12 (local.get $args))\n    (i32.add (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "outBytes", {"start":{"line":37,"column":52},"end":{"line":37,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "groupBytes", {"start":{"line":37,"column":106},"end":{"line":37,"column":116}} ), depth0)) != null ? stack1 : "")
    + ")))))\n  (local.set $row (i32.shl (local.get $row) (i32.const 2)))\n  (local.set $count (i32.load (i32.add (i32.load offset=32 (local.get $args)) (local.get $row))))\n  (local.set $key (i32.add (i32.mul (local.get $count) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "cacheBytes", {"start":{"line":40,"column":68},"end":{"line":40,"column":78}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":40,"column":124},"end":{"line":40,"column":133}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $value (i32.add (i32.load offset=20 (local.get $args)) (local.get $key)))\n  (local.set $key (i32.add (i32.load offset=16 (local.get $args)) (local.get $key)))\n  (local.set $count (i32.sub (i32.load (i32.add (i32.load offset=36 (local.get $args)) (local.get $row))) (local.get $count)))\n  (local.set $heads (i32.const "
    + ((stack1 = alias2(alias1(depth0, "groupHeads", {"start":{"line":44,"column":33},"end":{"line":44,"column":43}} ), depth0)) != null ? stack1 : "")
    + "))\n  (loop $next\n    (if (i32.gt_s (local.get $count) (i32.const 0))\n      (then\n        (call $zero_row (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "query", {"start":{"line":48,"column":68},"end":{"line":48,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "queryBytes", {"start":{"line":48,"column":91},"end":{"line":48,"column":101}} ), depth0)) != null ? stack1 : "")
    + "))\n        (call $put_row (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "query", {"start":{"line":49,"column":67},"end":{"line":49,"column":72}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $q) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":49,"column":105},"end":{"line":49,"column":114}} ), depth0)) != null ? stack1 : "")
    + ") (f32.const "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":49,"column":131},"end":{"line":49,"column":136}} ), depth0)) != null ? stack1 : "")
    + "))\n        (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":50,"column":17},"end":{"line":50,"column":21}} ), depth0)) != null ? stack1 : "")
    + "_scores (local.get $key) (local.get $count))\n        (call $softmax_row (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":51,"column":71},"end":{"line":51,"column":76}} ), depth0)) != null ? stack1 : "")
    + "))\n          (i32.add (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":52,"column":63},"end":{"line":52,"column":68}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.shl (local.get $count) (i32.const 2))))\n        (local.set $sum)\n        (drop)\n        (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":55,"column":17},"end":{"line":55,"column":21}} ), depth0)) != null ? stack1 : "")
    + "_mix (local.get $value) (local.get $count))\n        (call $put_row (local.get $out) (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "result", {"start":{"line":56,"column":84},"end":{"line":56,"column":90}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":56,"column":108},"end":{"line":56,"column":117}} ), depth0)) != null ? stack1 : "")
    + ")\n          (f32.div (f32.const 1) (local.get $sum))))\n      (else (call $zero_row (local.get $out) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":58,"column":58},"end":{"line":58,"column":67}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $q (i32.add (local.get $q) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":59,"column":55},"end":{"line":59,"column":64}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $out (i32.add (local.get $out) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":60,"column":59},"end":{"line":60,"column":68}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br_if $next (local.tee $heads (i32.sub (local.get $heads) (i32.const 1))))))\n\n;; strip[i] = query · key i, four keys at a time.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":64,"column":9},"end":{"line":64,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_scores (param $key i32) (param $count i32)\n  (local $to i32) (local $x v128) (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)\n  (local.set $to (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":66,"column":61},"end":{"line":66,"column":66}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (block $rest (loop $fours\n    (br_if $rest (i32.lt_s (local.get $count) (i32.const 4)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":69,"column":0},"end":{"line":71,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"four"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":72,"column":0},"end":{"line":74,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":75,"column":0},"end":{"line":77,"column":9}}})) != null ? stack1 : "")
    + "    (local.set $key (i32.add (local.get $key) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "fourKeys", {"start":{"line":78,"column":59},"end":{"line":78,"column":67}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $to (i32.add (local.get $to) (i32.const 16)))\n    (local.set $count (i32.sub (local.get $count) (i32.const 4)))\n    (br $fours)))\n  (block $done (loop $ones\n    (br_if $done (i32.eqz (local.get $count)))\n    (local.set $s0 (v128.const f32x4 0 0 0 0))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"one"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":85,"column":0},"end":{"line":87,"column":9}}})) != null ? stack1 : "")
    + "    (f32.store (local.get $to) (call $sum_lanes (local.get $s0)))\n    (local.set $key (i32.add (local.get $key) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "cacheBytes", {"start":{"line":89,"column":59},"end":{"line":89,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $to (i32.add (local.get $to) (i32.const 4)))\n    (local.set $count (i32.sub (local.get $count) (i32.const 1)))\n    (br $ones))))\n\n;; result = Σ strip[i] · value i\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":95,"column":9},"end":{"line":95,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_mix (param $value i32) (param $count i32)\n  (local $at i32) (local $from i32) (local $left i32) (local $share v128)\n  (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"panels"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":98,"column":0},"end":{"line":116,"column":9}}})) != null ? stack1 : "")
    + ")\n";
},"useData":true}],
  ["wasm/attention_grad", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $base i32) (local $group i32) (local $rowOf i32) (local $head i32) (local $lastHead i32) (local $zeros i32)\n  (local $keys i32) (local $values i32) (local $share f32)\n  (local.set $base (i32.mul (i32.div_u (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kvHeads", {"start":{"line":5,"column":70},"end":{"line":5,"column":77}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":5,"column":95},"end":{"line":5,"column":102}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $group (i32.rem_u (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kvHeads", {"start":{"line":6,"column":62},"end":{"line":6,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $rowOf (i32.add (i32.load offset=24 (local.get $args)) (i32.shl (local.get $base) (i32.const 2))))\n  (local.set $keys (i32.add (i32.load offset=8 (local.get $args)) (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":8,"column":107},"end":{"line":8,"column":116}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $values (i32.add (i32.load offset=12 (local.get $args)) (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":9,"column":110},"end":{"line":9,"column":119}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $zeros (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "zeros", {"start":{"line":10,"column":64},"end":{"line":10,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (call $zero_row (local.get $zeros) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "zeroBytes", {"start":{"line":11,"column":50},"end":{"line":11,"column":59}} ), depth0)) != null ? stack1 : "")
    + "))\n  (call $zero_row (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "keySums", {"start":{"line":12,"column":62},"end":{"line":12,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "sumBytes", {"start":{"line":12,"column":87},"end":{"line":12,"column":95}} ), depth0)) != null ? stack1 : "")
    + "))\n  (call $zero_row (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "valueSums", {"start":{"line":13,"column":62},"end":{"line":13,"column":71}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "sumBytes", {"start":{"line":13,"column":89},"end":{"line":13,"column":97}} ), depth0)) != null ? stack1 : "")
    + "))\n  (f32.store (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "factors", {"start":{"line":14,"column":57},"end":{"line":14,"column":64}} ), depth0)) != null ? stack1 : "")
    + ")) (f32.const "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":14,"column":82},"end":{"line":14,"column":87}} ), depth0)) != null ? stack1 : "")
    + "))\n  (f32.store offset=4 (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "factors", {"start":{"line":15,"column":66},"end":{"line":15,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")) (f32.const 1))\n  (call $turn_heads (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turnedKeys", {"start":{"line":16,"column":64},"end":{"line":16,"column":74}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":16,"column":111},"end":{"line":16,"column":118}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.get $keys) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kBytes", {"start":{"line":17,"column":35},"end":{"line":17,"column":41}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $zeros) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":17,"column":77},"end":{"line":17,"column":86}} ), depth0)) != null ? stack1 : "")
    + "))\n  (call $turn_heads (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turnedValues", {"start":{"line":18,"column":64},"end":{"line":18,"column":76}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":18,"column":113},"end":{"line":18,"column":120}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.get $values) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "vBytes", {"start":{"line":19,"column":37},"end":{"line":19,"column":43}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $zeros) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":19,"column":79},"end":{"line":19,"column":88}} ), depth0)) != null ? stack1 : "")
    + "))\n  (call $panel_heads (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panels", {"start":{"line":20,"column":65},"end":{"line":20,"column":71}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":20,"column":108},"end":{"line":20,"column":115}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.get $keys) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kBytes", {"start":{"line":21,"column":35},"end":{"line":21,"column":41}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $zeros) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":21,"column":77},"end":{"line":21,"column":86}} ), depth0)) != null ? stack1 : "")
    + "))\n  (local.set $share (call $reciprocal_count (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":22,"column":76},"end":{"line":22,"column":83}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (call $center_panels (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panels", {"start":{"line":23,"column":67},"end":{"line":23,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "componentPanels", {"start":{"line":23,"column":91},"end":{"line":23,"column":106}} ), depth0)) != null ? stack1 : "")
    + ")\n    (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":24,"column":17},"end":{"line":24,"column":24}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $share))\n  (call $center_turned (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turnedValues", {"start":{"line":25,"column":67},"end":{"line":25,"column":79}} ), depth0)) != null ? stack1 : "")
    + "))\n    (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turnedValuesEnd", {"start":{"line":26,"column":48},"end":{"line":26,"column":63}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turnedBytes", {"start":{"line":26,"column":81},"end":{"line":26,"column":92}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headDim", {"start":{"line":26,"column":109},"end":{"line":26,"column":116}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.get $share))\n  (local.set $head (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "groupHeads", {"start":{"line":28,"column":60},"end":{"line":28,"column":70}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $lastHead (i32.add (local.get $head) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "groupHeads", {"start":{"line":29,"column":63},"end":{"line":29,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (loop $heads\n    (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":31,"column":13},"end":{"line":31,"column":17}} ), depth0)) != null ? stack1 : "")
    + "_head (local.get $args) (local.get $base) (local.get $rowOf) (local.get $head))\n    (local.set $head (i32.add (local.get $head) (i32.const 1)))\n    (br_if $heads (i32.lt_s (local.get $head) (local.get $lastHead))))\n  (local.set $group (i32.mul (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":34,"column":61},"end":{"line":34,"column":70}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (call $scatter_heads (i32.add (i32.load offset=40 (local.get $args)) (local.get $group)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dkBytes", {"start":{"line":35,"column":104},"end":{"line":35,"column":111}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":36,"column":36},"end":{"line":36,"column":43}} ), depth0)) != null ? stack1 : "")
    + ") (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "keySums", {"start":{"line":36,"column":91},"end":{"line":36,"column":98}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":36,"column":116},"end":{"line":36,"column":126}} ), depth0)) != null ? stack1 : "")
    + ")\n    (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":37,"column":17},"end":{"line":37,"column":26}} ), depth0)) != null ? stack1 : "")
    + ") (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "ones", {"start":{"line":37,"column":74},"end":{"line":37,"column":78}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const 0))\n  (call $scatter_heads (i32.add (i32.load offset=44 (local.get $args)) (local.get $group)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dvBytes", {"start":{"line":38,"column":104},"end":{"line":38,"column":111}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":39,"column":36},"end":{"line":39,"column":43}} ), depth0)) != null ? stack1 : "")
    + ") (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "valueSums", {"start":{"line":39,"column":91},"end":{"line":39,"column":100}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":39,"column":118},"end":{"line":39,"column":128}} ), depth0)) != null ? stack1 : "")
    + ")\n    (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":40,"column":17},"end":{"line":40,"column":26}} ), depth0)) != null ? stack1 : "")
    + ") (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "ones", {"start":{"line":40,"column":74},"end":{"line":40,"column":78}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const 0)))\n\n;; One head of queries: blocks of "
    + ((stack1 = alias2(alias1(depth0, "blockRows", {"start":{"line":42,"column":36},"end":{"line":42,"column":45}} ), depth0)) != null ? stack1 : "")
    + ". The queries are scaled, so dk needs no factor and dq one.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":43,"column":9},"end":{"line":43,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_head (param $args i32) (param $base i32) (param $rowOf i32) (param $head i32)\n  (local $position i32) (local $rows i32) (local $from i32) (local $to i32) (local $skipped i32) (local $zeros i32)\n  (local.set $skipped (i32.mul (local.get $head) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":45,"column":62},"end":{"line":45,"column":71}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $zeros (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "zeros", {"start":{"line":46,"column":64},"end":{"line":46,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (loop $blocks\n    (local.set $rows (call $min (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockRows", {"start":{"line":48,"column":45},"end":{"line":48,"column":54}} ), depth0)) != null ? stack1 : "")
    + ") (i32.sub (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":48,"column":80},"end":{"line":48,"column":87}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $position))))\n    (call $seen_range (local.get $rowOf) (local.get $rows) (i32.load offset=28 (local.get $args)) (i32.load offset=32 (local.get $args)))\n    (local.set $to (i32.sub (local.get $base)))\n    (local.set $from (i32.sub (local.get $base)))\n    (if (i32.lt_s (local.get $from) (local.get $to)) (then\n      (call $gather_heads (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "queries", {"start":{"line":53,"column":70},"end":{"line":53,"column":77}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $rowOf) (local.get $rows)\n        (i32.add (i32.load offset=4 (local.get $args)) (local.get $skipped)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "qBytes", {"start":{"line":54,"column":90},"end":{"line":54,"column":96}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $zeros)\n        (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":55,"column":21},"end":{"line":55,"column":31}} ), depth0)) != null ? stack1 : "")
    + ") (f32.const "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":55,"column":48},"end":{"line":55,"column":53}} ), depth0)) != null ? stack1 : "")
    + "))\n      (call $gather_heads (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "gradients", {"start":{"line":56,"column":70},"end":{"line":56,"column":79}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $rowOf) (local.get $rows)\n        (i32.add (i32.load (local.get $args)) (local.get $skipped)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "doutBytes", {"start":{"line":57,"column":81},"end":{"line":57,"column":90}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $zeros)\n        (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":58,"column":21},"end":{"line":58,"column":31}} ), depth0)) != null ? stack1 : "")
    + ") (f32.const 1))\n      (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":59,"column":15},"end":{"line":59,"column":19}} ), depth0)) != null ? stack1 : "")
    + "_scores (local.get $rows) (local.get $from) (local.get $to))\n      (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":60,"column":15},"end":{"line":60,"column":19}} ), depth0)) != null ? stack1 : "")
    + "_rows (local.get $args) (local.get $base) (local.get $rowOf) (local.get $head) (local.get $rows)\n        (local.get $from) (local.get $to))\n      (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":62,"column":15},"end":{"line":62,"column":19}} ), depth0)) != null ? stack1 : "")
    + "_products (local.get $rows) (local.get $from) (local.get $to)))\n      (else\n        (call $zero_row (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "results", {"start":{"line":64,"column":68},"end":{"line":64,"column":75}} ), depth0)) != null ? stack1 : "")
    + "))\n          (i32.mul (local.get $rows) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":65,"column":50},"end":{"line":65,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))))\n    (call $scatter_heads (i32.add (i32.load offset=36 (local.get $args)) (local.get $skipped)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dqBytes", {"start":{"line":66,"column":108},"end":{"line":66,"column":115}} ), depth0)) != null ? stack1 : "")
    + ")\n      (local.get $rowOf) (local.get $rows) (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "results", {"start":{"line":67,"column":87},"end":{"line":67,"column":94}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":67,"column":112},"end":{"line":67,"column":122}} ), depth0)) != null ? stack1 : "")
    + ")\n      (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":68,"column":19},"end":{"line":68,"column":28}} ), depth0)) != null ? stack1 : "")
    + ") (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "factors", {"start":{"line":68,"column":76},"end":{"line":68,"column":83}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const 0))\n    (local.set $rowOf (i32.add (local.get $rowOf) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "rowOfBytes", {"start":{"line":69,"column":63},"end":{"line":69,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $position (i32.add (local.get $position) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockRows", {"start":{"line":70,"column":69},"end":{"line":70,"column":78}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br_if $blocks (i32.lt_s (local.get $position) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "context", {"start":{"line":71,"column":64},"end":{"line":71,"column":71}} ), depth0)) != null ? stack1 : "")
    + ")))))\n\n;; strip = q · kᵀ, slopes = dout · vᵀ, over the panels of keys that hold [from, to).\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":74,"column":9},"end":{"line":74,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_scores (param $rows i32) (param $from i32) (param $to i32)\n  (local $panel i32) (local $place i32)\n  (local.set $panel (i32.div_u (local.get $from) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":76,"column":62},"end":{"line":76,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (loop $keys\n    (local.set $place (i32.add (global.get $scratch) (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panelBytes", {"start":{"line":78,"column":94},"end":{"line":78,"column":104}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (call "
    + ((stack1 = alias2(alias1(depth0, "scores", {"start":{"line":79,"column":12},"end":{"line":79,"column":18}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "queries", {"start":{"line":79,"column":65},"end":{"line":79,"column":72}} ), depth0)) != null ? stack1 : "")
    + "))\n      (i32.add (global.get $scratch) (i32.add (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turnedBytes", {"start":{"line":80,"column":87},"end":{"line":80,"column":98}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turnedKeys", {"start":{"line":80,"column":116},"end":{"line":80,"column":126}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (i32.add (local.get $place) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":81,"column":47},"end":{"line":81,"column":52}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const 0) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headDim", {"start":{"line":81,"column":84},"end":{"line":81,"column":91}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $rows))\n    (call "
    + ((stack1 = alias2(alias1(depth0, "scores", {"start":{"line":82,"column":12},"end":{"line":82,"column":18}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "gradients", {"start":{"line":82,"column":65},"end":{"line":82,"column":74}} ), depth0)) != null ? stack1 : "")
    + "))\n      (i32.add (global.get $scratch) (i32.add (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turnedBytes", {"start":{"line":83,"column":87},"end":{"line":83,"column":98}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "turnedValues", {"start":{"line":83,"column":116},"end":{"line":83,"column":128}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (i32.add (local.get $place) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slopes", {"start":{"line":84,"column":47},"end":{"line":84,"column":53}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const 0) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headDim", {"start":{"line":84,"column":85},"end":{"line":84,"column":92}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $rows))\n    (local.set $panel (i32.add (local.get $panel) (i32.const 1)))\n    (br_if $keys (i32.lt_s (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":86,"column":68},"end":{"line":86,"column":75}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $to)))))\n\n;; dq = slopes · k; dk += slopesᵀ · q, dv += stripᵀ · dout for the keys in [from, to).\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":89,"column":9},"end":{"line":89,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_products (param $rows i32) (param $from i32) (param $to i32)\n  (local $panel i32) (local $place i32) (local $sums i32) (local $strip i32) (local $keys i32)\n  (local.set $keys (i32.sub (local.get $to) (local.get $from)))\n  (local.set $strip (i32.add (global.get $scratch) (i32.shl (local.get $from) (i32.const 2))))\n  (loop $components\n    (local.set $place (i32.add (global.get $scratch) (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panelBytes", {"start":{"line":94,"column":94},"end":{"line":94,"column":104}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $sums (i32.add (local.get $place) (i32.mul (local.get $from) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":95,"column":89},"end":{"line":95,"column":99}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (call "
    + ((stack1 = alias2(alias1(depth0, "mix", {"start":{"line":96,"column":12},"end":{"line":96,"column":15}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (local.get $strip) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slopes", {"start":{"line":96,"column":59},"end":{"line":96,"column":65}} ), depth0)) != null ? stack1 : "")
    + "))\n      (i32.add (global.get $scratch) (i32.add (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panels", {"start":{"line":97,"column":59},"end":{"line":97,"column":65}} ), depth0)) != null ? stack1 : "")
    + ")\n        (i32.add (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "contextBytes", {"start":{"line":98,"column":58},"end":{"line":98,"column":70}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.mul (local.get $from) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panelBytes", {"start":{"line":98,"column":115},"end":{"line":98,"column":125}} ), depth0)) != null ? stack1 : "")
    + ")))))\n      (i32.add (local.get $place) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "results", {"start":{"line":99,"column":47},"end":{"line":99,"column":54}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const 0) (local.get $keys) (local.get $rows))\n    (call "
    + ((stack1 = alias2(alias1(depth0, "gather", {"start":{"line":100,"column":12},"end":{"line":100,"column":18}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (local.get $strip) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slopes", {"start":{"line":100,"column":62},"end":{"line":100,"column":68}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.add (local.get $place) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "queries", {"start":{"line":100,"column":114},"end":{"line":100,"column":121}} ), depth0)) != null ? stack1 : "")
    + "))\n      (i32.add (local.get $sums) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "keySums", {"start":{"line":101,"column":46},"end":{"line":101,"column":53}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.add (local.get $sums) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "keySums", {"start":{"line":101,"column":98},"end":{"line":101,"column":105}} ), depth0)) != null ? stack1 : "")
    + "))\n      (local.get $rows) (local.get $keys))\n    (call "
    + ((stack1 = alias2(alias1(depth0, "gather", {"start":{"line":103,"column":12},"end":{"line":103,"column":18}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (local.get $strip) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":103,"column":62},"end":{"line":103,"column":67}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.add (local.get $place) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "gradients", {"start":{"line":103,"column":113},"end":{"line":103,"column":122}} ), depth0)) != null ? stack1 : "")
    + "))\n      (i32.add (local.get $sums) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "valueSums", {"start":{"line":104,"column":46},"end":{"line":104,"column":55}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.add (local.get $sums) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "valueSums", {"start":{"line":104,"column":100},"end":{"line":104,"column":109}} ), depth0)) != null ? stack1 : "")
    + "))\n      (local.get $rows) (local.get $keys))\n    (local.set $panel (i32.add (local.get $panel) (i32.const 1)))\n    (br_if $components (i32.lt_s (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "componentPanels", {"start":{"line":107,"column":65},"end":{"line":107,"column":80}} ), depth0)) != null ? stack1 : "")
    + ")))))\n\n;; Rows of scores → probabilities; rows of slopes → gradients of the scores.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":110,"column":9},"end":{"line":110,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_rows (param $args i32) (param $base i32) (param $rowOf i32) (param $head i32) (param $rows i32) (param $from i32) (param $to i32)\n  (local $row i32) (local $strip i32) (local $toSlopes i32) (local $first i32) (local $last i32)\n  (local $lse f32)\n  (local.set $strip (i32.add (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":113,"column":64},"end":{"line":113,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $toSlopes (i32.const "
    + ((stack1 = alias2(alias1(depth0, "toSlopes", {"start":{"line":114,"column":36},"end":{"line":114,"column":44}} ), depth0)) != null ? stack1 : "")
    + "))\n  (local.set $from (i32.shl (local.get $from) (i32.const 2)))\n  (local.set $to (i32.shl (local.get $to) (i32.const 2)))\n  (loop $next\n    (local.set $row (i32.load (local.get $rowOf)))\n    (local.set $first (i32.const 0))\n    (local.set $last (i32.const 0))\n    (if (i32.ge_s (local.get $row) (i32.const 0)) (then\n      (local.set $lse (f32.load (i32.add (i32.load offset=20 (local.get $args))\n        (i32.add (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "lseBytes", {"start":{"line":123,"column":56},"end":{"line":123,"column":64}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.shl (local.get $head) (i32.const 2))))))\n      (local.set $row (i32.shl (local.get $row) (i32.const 2)))\n      (local.set $first (i32.shl (i32.sub (i32.load (i32.add (i32.load offset=28 (local.get $args)) (local.get $row))) (local.get $base)) (i32.const 2)))\n      (local.set $last (i32.shl (i32.sub (i32.load (i32.add (i32.load offset=32 (local.get $args)) (local.get $row))) (local.get $base)) (i32.const 2)))))\n    (if (i32.lt_s (local.get $first) (local.get $last))\n      (then\n        (local.set $first (i32.add (local.get $strip) (local.get $first)))\n        (local.set $last (i32.add (local.get $strip) (local.get $last)))\n        (call $zero_around (i32.add (local.get $strip) (local.get $from)) (i32.add (local.get $strip) (local.get $to))\n          (local.get $first) (local.get $last))\n        (call $zero_around (i32.add (i32.add (local.get $strip) (local.get $toSlopes)) (local.get $from))\n          (i32.add (i32.add (local.get $strip) (local.get $toSlopes)) (local.get $to))\n          (i32.add (local.get $first) (local.get $toSlopes)) (i32.add (local.get $last) (local.get $toSlopes)))\n        (call $softmax_grad_row (local.get $first) (local.get $last) (local.get $toSlopes) (local.get $lse)))\n      (else\n        (call $zero_between (i32.add (local.get $strip) (local.get $from)) (i32.add (local.get $strip) (local.get $to)))\n        (call $zero_between (i32.add (i32.add (local.get $strip) (local.get $toSlopes)) (local.get $from))\n          (i32.add (i32.add (local.get $strip) (local.get $toSlopes)) (local.get $to)))))\n    (local.set $strip (i32.add (local.get $strip) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "stripBytes", {"start":{"line":141,"column":63},"end":{"line":141,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $rowOf (i32.add (local.get $rowOf) (i32.const 4)))\n    (br_if $next (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))\n";
},"useData":true}],
  ["wasm/balance", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (local.set $loss (f64.add (local.get $loss) (call "
    + ((stack1 = alias2(alias1(depth0, "function", {"start":{"line":5,"column":54},"end":{"line":5,"column":62}} ), depth0)) != null ? stack1 : "")
    + " (i32.load (local.get $args))\n    (i32.add (i32.load offset=4 (local.get $args)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "startsBytes", {"start":{"line":6,"column":64},"end":{"line":6,"column":75}} ), depth0)) != null ? stack1 : "")
    + "))\n    (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "segments", {"start":{"line":7,"column":23},"end":{"line":7,"column":31}} ), depth0)) != null ? stack1 : "")
    + " (local.get $args)))))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $loss f64)\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"pools"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":4,"column":0},"end":{"line":8,"column":9}}})) != null ? stack1 : "")
    + "  (memory.fill (i32.load offset=8 (local.get $args)) (i32.const 0) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "zeroBytes", {"start":{"line":9,"column":80},"end":{"line":9,"column":89}} ), depth0)) != null ? stack1 : "")
    + "))\n  (f32.store (i32.load offset=8 (local.get $args)) (f32.demote_f64 (local.get $loss))))\n\n;; One pool's term, from where its groups begin; 0 without tokens.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":13,"column":9},"end":{"line":13,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_pool (param $p i32) (param $starts i32) (param $segments i32) (result f64)\n  (local $expert i32) (local $rows f64) (local $loss f64) (local $sum f64)\n  (local $row i32) (local $end i32) (local $pair i32) (local $lastPair i32)\n  (local.set $rows (f64.convert_i32_s (i32.sub\n    (i32.load (i32.add (local.get $starts) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":17,"column":56},"end":{"line":17,"column":65}} ), depth0)) != null ? stack1 : "")
    + "))) (i32.load (local.get $starts)))))\n  (if (f64.eq (local.get $rows) (f64.const 0)) (then (return (f64.const 0))))\n  (local.set $lastPair (i32.add (local.get $segments) (i32.shl (i32.load (local.get $segments)) (i32.const 3))))\n  (loop $experts\n    (local.set $sum (f64.const 0))\n    (local.set $pair (local.get $segments))\n    (block $done (loop $ranges\n      (br_if $done (i32.ge_u (local.get $pair) (local.get $lastPair)))\n      (local.set $row (i32.load offset=4 (local.get $pair)))\n      (local.set $end (i32.load offset=8 (local.get $pair)))\n      (block $next (loop $tokens\n        (br_if $next (i32.ge_s (local.get $row) (local.get $end)))\n        (local.set $sum (f64.add (local.get $sum) (f64.promote_f32 (f32.load\n          (i32.add (i32.add (local.get $p) (i32.shl (local.get $expert) (i32.const 2)))\n            (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "pBytes", {"start":{"line":31,"column":51},"end":{"line":31,"column":57}} ), depth0)) != null ? stack1 : "")
    + ")))))))\n        (local.set $row (i32.add (local.get $row) (i32.const 1)))\n        (br $tokens)))\n      (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n      (br $ranges)))\n    ;; share of rows · mean weight = (rows of this expert ÷ rows) · (sum ÷ (rows ÷ "
    + ((stack1 = alias2(alias1(depth0, "top", {"start":{"line":36,"column":85},"end":{"line":36,"column":88}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $loss (f64.add (local.get $loss) (f64.mul (local.get $sum) (f64.convert_i32_s (i32.sub\n      (i32.load offset=4 (local.get $starts)) (i32.load (local.get $starts)))))))\n    (local.set $starts (i32.add (local.get $starts) (i32.const 4)))\n    (br_if $experts (i32.lt_s (local.tee $expert (i32.add (local.get $expert) (i32.const 1))) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":40,"column":107},"end":{"line":40,"column":114}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (f64.div (f64.mul (f64.const "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":41,"column":33},"end":{"line":41,"column":38}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $loss)) (f64.mul (local.get $rows) (local.get $rows))))\n";
},"useData":true}],
  ["wasm/balance_dx", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n;; The numbers are the same for every row of a pool: they are made once a tile, and copied.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":3,"column":9},"end":{"line":3,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $starts i32) (local $at i32) (local $total f32) (local $p i32) (local $end i32)\n  (local.set $starts (i32.load (local.get $args)))\n  (local.set $total (f32.convert_i32_s\n    (i32.sub (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":7,"column":32},"end":{"line":7,"column":37}} ), depth0)) != null ? stack1 : "")
    + " (local.get $starts)) (i32.load (local.get $starts)))))\n  (loop $experts\n    (f32.store (i32.add (global.get $scratch) (local.get $at))\n      (f32.div\n        (f32.mul (f32.const "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":11,"column":30},"end":{"line":11,"column":35}} ), depth0)) != null ? stack1 : "")
    + ") (f32.convert_i32_s\n          (i32.sub (i32.load offset=4 (local.get $starts)) (i32.load (local.get $starts)))))\n        (f32.mul (local.get $total) (local.get $total))))\n    (local.set $starts (i32.add (local.get $starts) (i32.const 4)))\n    (br_if $experts (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":15,"column":99},"end":{"line":15,"column":104}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $p (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "pBytes", {"start":{"line":16,"column":104},"end":{"line":16,"column":110}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $end (i32.add (local.get $p) (i32.mul (local.get $count) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "pBytes", {"start":{"line":17,"column":83},"end":{"line":17,"column":89}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (block $done (loop $rows\n    (br_if $done (i32.ge_u (local.get $p) (local.get $end)))\n    (call $copy_row (local.get $p) (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":20,"column":70},"end":{"line":20,"column":75}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $p (i32.add (local.get $p) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "pBytes", {"start":{"line":21,"column":55},"end":{"line":21,"column":61}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br $rows))))\n";
},"useData":true}],
  ["wasm/combine", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    (local.set $p (i32.add (i32.load offset=12 (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = container.lambda(container.strict(depth0, "pBytes", {"start":{"line":13,"column":105},"end":{"line":13,"column":111}} ), depth0)) != null ? stack1 : "")
    + "))))\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    (local.set $from (i32.add (i32.load offset=16 (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = container.lambda(container.strict(depth0, "dBytes", {"start":{"line":16,"column":108},"end":{"line":16,"column":114}} ), depth0)) != null ? stack1 : "")
    + "))))\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    (call $zero_row (local.get $z) (i32.const "
    + ((stack1 = container.lambda(container.strict(depth0, "bytes", {"start":{"line":18,"column":48},"end":{"line":18,"column":53}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $from (local.get $z))\n";
},"3":function(container,depth0,helpers,partials,data) {
    return "          (f32.load (local.get $p))\n";
},"4":function(container,depth0,helpers,partials,data) {
    return "          (f32.const 1)\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n;; A row starts as d, or as zero; each expert's row is added to it in the experts' order.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":3,"column":9},"end":{"line":3,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $row i32) (local $end i32) (local $slot i32) (local $lastSlot i32) (local $s i32)\n  (local $from i32) (local $z i32) (local $p i32)\n  (local.set $row (local.get $first))\n  (local.set $end (i32.add (local.get $first) (local.get $count)))\n  (local.set $slot (i32.add (i32.load (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":8,"column":98},"end":{"line":8,"column":107}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (block $done (loop $rows\n    (br_if $done (i32.ge_s (local.get $row) (local.get $end)))\n    (local.set $z (i32.add (i32.load offset=8 (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "zBytes", {"start":{"line":11,"column":104},"end":{"line":11,"column":110}} ), depth0)) != null ? stack1 : "")
    + "))))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"weighted"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":12,"column":0},"end":{"line":14,"column":7}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"residual"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.program(2, data, 0),"data":data,"loc":{"start":{"line":15,"column":0},"end":{"line":20,"column":7}}})) != null ? stack1 : "")
    + "    (local.set $lastSlot (i32.add (local.get $slot) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":21,"column":65},"end":{"line":21,"column":74}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (loop $experts\n      (local.set $s (i32.load (local.get $slot)))\n      (if (i32.ge_s (local.get $s) (i32.const 0)) (then\n        (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":25,"column":17},"end":{"line":25,"column":21}} ), depth0)) != null ? stack1 : "")
    + "_add (local.get $z) (local.get $from)\n          (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (local.get $s) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":26,"column":94},"end":{"line":26,"column":100}} ), depth0)) != null ? stack1 : "")
    + ")))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"weighted"),{"name":"if","hash":{},"fn":container.program(3, data, 0),"inverse":container.program(4, data, 0),"data":data,"loc":{"start":{"line":27,"column":0},"end":{"line":31,"column":7}}})) != null ? stack1 : "")
    + "        )\n        (local.set $from (local.get $z))))\n      (local.set $p (i32.add (local.get $p) (i32.const 4)))\n      (local.set $slot (i32.add (local.get $slot) (i32.const 4)))\n      (br_if $experts (i32.lt_u (local.get $slot) (local.get $lastSlot))))\n    (if (i32.ne (local.get $from) (local.get $z)) (then\n      (call $copy_row (local.get $z) (local.get $from) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":38,"column":68},"end":{"line":38,"column":73}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $row (i32.add (local.get $row) (i32.const 1)))\n    (br $rows))))\n\n;; z = from + y · by; rows have room for whole vectors.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":43,"column":9},"end":{"line":43,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_add (param $z i32) (param $from i32) (param $y i32) (param $by f32)\n  (local $end i32) (local $factor v128)\n  (local.set $factor (f32x4.splat (local.get $by)))\n  (local.set $end (i32.add (local.get $z) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":46,"column":55},"end":{"line":46,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (loop $vectors\n    (v128.store (local.get $z) "
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":48,"column":33},"end":{"line":48,"column":36}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.set $z (i32.add (local.get $z) (i32.const 16)))\n    (local.set $from (i32.add (local.get $from) (i32.const 16)))\n    (local.set $y (i32.add (local.get $y) (i32.const 16)))\n    (br_if $vectors (i32.lt_u (local.get $z) (local.get $end)))))\n";
},"useData":true}],
  ["wasm/combine_dp", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $slot i32) (local $lastSlot i32) (local $end i32) (local $s i32) (local $z i32) (local $row i32) (local $p i32)\n  (local.set $slot (i32.add (i32.load (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":4,"column":98},"end":{"line":4,"column":107}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $end (i32.add (local.get $slot) (i32.mul (local.get $count) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":5,"column":86},"end":{"line":5,"column":95}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $z (i32.add (i32.load offset=8 (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "zBytes", {"start":{"line":6,"column":104},"end":{"line":6,"column":110}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $row (i32.add (i32.load offset=12 (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "pBytes", {"start":{"line":7,"column":107},"end":{"line":7,"column":113}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (block $done (loop $rows\n    (br_if $done (i32.ge_u (local.get $slot) (local.get $end)))\n    (local.set $lastSlot (i32.add (local.get $slot) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":10,"column":65},"end":{"line":10,"column":74}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $p (local.get $row))\n    (loop $experts\n      (local.set $s (i32.load (local.get $slot)))\n      (if (i32.ge_s (local.get $s) (i32.const 0))\n        (then (f32.store (local.get $p) (call $row_dot (local.get $z)\n          (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (local.get $s) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":16,"column":94},"end":{"line":16,"column":100}} ), depth0)) != null ? stack1 : "")
    + ")))\n          (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":17,"column":23},"end":{"line":17,"column":28}} ), depth0)) != null ? stack1 : "")
    + "))))\n        (else (f32.store (local.get $p) (f32.const 0))))\n      (local.set $p (i32.add (local.get $p) (i32.const 4)))\n      (local.set $slot (i32.add (local.get $slot) (i32.const 4)))\n      (br_if $experts (i32.lt_u (local.get $slot) (local.get $lastSlot))))\n    (local.set $z (i32.add (local.get $z) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "zBytes", {"start":{"line":22,"column":55},"end":{"line":22,"column":61}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $row (i32.add (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "pBytes", {"start":{"line":23,"column":59},"end":{"line":23,"column":65}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br $rows))))\n";
},"useData":true}],
  ["wasm/cross_entropy", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    (local.set $weight (f32.load (i32.add (i32.load offset=12 (local.get $args)) (i32.shl (local.get $row) (i32.const 2)))))\n    (local.set $y (i32.add (i32.load offset=16 (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = container.lambda(container.strict(depth0, "gradientBytes", {"start":{"line":14,"column":105},"end":{"line":14,"column":118}} ), depth0)) != null ? stack1 : "")
    + "))))\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      (call $zero_row (local.get $y) (i32.const "
    + ((stack1 = container.lambda(container.strict(depth0, "bytes", {"start":{"line":20,"column":50},"end":{"line":20,"column":55}} ), depth0)) != null ? stack1 : "")
    + "))\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    (local.set $sum (call $row_exp (local.get $x) (local.get $y) (i32.const "
    + ((stack1 = container.lambda(container.strict(depth0, "bytes", {"start":{"line":27,"column":78},"end":{"line":27,"column":83}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $largest)))\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    (local.set $sum (call $row_exp_sum (local.get $x) (i32.const "
    + ((stack1 = container.lambda(container.strict(depth0, "bytes", {"start":{"line":29,"column":67},"end":{"line":29,"column":72}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $largest)))\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    (call $row_scale (local.get $y) (local.get $y) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":35,"column":64},"end":{"line":35,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")\n      (f32.div (f32.mul (local.get $weight)\n        (f32.add (f32.const 1) (f32.mul (f32.const "
    + ((stack1 = alias2(alias1(depth0, "zSlope", {"start":{"line":37,"column":53},"end":{"line":37,"column":59}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $lse)))) (local.get $sum)))\n    (local.set $target (i32.add (local.get $y) (local.get $target)))\n    (f32.store (local.get $target) (f32.sub (f32.load (local.get $target)) (local.get $weight)))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $row i32) (local $end i32) (local $x i32) (local $y i32) (local $target i32) (local $loss i32)\n  (local $largest f32) (local $logit f32) (local $sum f32) (local $lse f32) (local $weight f32)\n  (local.set $row (local.get $first))\n  (local.set $end (i32.add (local.get $first) (local.get $count)))\n  (block $done (loop $rows\n    (br_if $done (i32.ge_s (local.get $row) (local.get $end)))\n    (local.set $x (i32.add (i32.load (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strideBytes", {"start":{"line":9,"column":95},"end":{"line":9,"column":106}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $target (i32.load (i32.add (i32.load offset=4 (local.get $args)) (i32.shl (local.get $row) (i32.const 2)))))\n    (local.set $loss (i32.add (i32.load offset=8 (local.get $args)) (i32.shl (local.get $row) (i32.const 2))))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":12,"column":0},"end":{"line":15,"column":7}}})) != null ? stack1 : "")
    + "    (local.set $row (i32.add (local.get $row) (i32.const 1)))\n    (if (i32.lt_s (local.get $target) (i32.const 0)) (then\n      (f32.store (local.get $loss) (f32.const 0))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":19,"column":0},"end":{"line":21,"column":7}}})) != null ? stack1 : "")
    + "      (br $rows)))\n    (local.set $target (i32.shl (local.get $target) (i32.const 2)))\n    (local.set $logit (f32.load (i32.add (local.get $x) (local.get $target))))\n    (local.set $largest (call $row_max (local.get $x) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":25,"column":67},"end":{"line":25,"column":72}} ), depth0)) != null ? stack1 : "")
    + ")))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.program(3, data, 0),"data":data,"loc":{"start":{"line":26,"column":0},"end":{"line":30,"column":7}}})) != null ? stack1 : "")
    + "    (local.set $lse (f32.add (local.get $largest) (call $log1 (local.get $sum))))\n    (f32.store (local.get $loss) (f32.add (f32.sub (local.get $lse) (local.get $logit))\n      (f32.mul (f32.const "
    + ((stack1 = alias2(alias1(depth0, "zLoss", {"start":{"line":33,"column":28},"end":{"line":33,"column":33}} ), depth0)) != null ? stack1 : "")
    + ") (f32.mul (local.get $lse) (local.get $lse)))))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":34,"column":0},"end":{"line":40,"column":7}}})) != null ? stack1 : "")
    + "    (br $rows))))\n";
},"useData":true}],
  ["wasm/dropout", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $x i32) (local $y i32) (local $place i32) (local $at i32) (local $left i32) (local $site i32)\n  (local $h v128) (local $row v128) (local $columns v128) (local $limit v128) (local $scale v128)\n  (local.set $x (i32.add (i32.load (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "xBytes", {"start":{"line":5,"column":95},"end":{"line":5,"column":101}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $y (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":6,"column":104},"end":{"line":6,"column":110}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $place (i32.add (i32.load offset=8 (local.get $args)) (i32.shl (local.get $first) (i32.const 2))))\n  (local.set $at (i32.load offset=12 (local.get $args)))\n  ;; Not in training: nothing is below the threshold, and nothing is scaled.\n  (local.set $limit (i32x4.splat (i32.and (i32.load offset=4 (local.get $at)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "threshold", {"start":{"line":10,"column":91},"end":{"line":10,"column":100}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $scale (f32x4.splat (select (f32.const "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":11,"column":54},"end":{"line":11,"column":59}} ), depth0)) != null ? stack1 : "")
    + ") (f32.const 1) (i32.load offset=4 (local.get $at)))))\n  (local.set $h (i32x4.splat (i32.xor (i32.load (local.get $at)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "site", {"start":{"line":12,"column":78},"end":{"line":12,"column":82}} ), depth0)) != null ? stack1 : "")
    + "))))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"scramble"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":13,"column":0},"end":{"line":15,"column":9}}})) != null ? stack1 : "")
    + "  (local.set $site (i32x4.extract_lane 0 (local.get $h)))\n  (block $done (loop $rows\n    (br_if $done (i32.le_s (local.get $count) (i32.const 0)))\n    (local.set $h (i32x4.splat (i32.add (local.get $site) (i32.load (local.get $place)))))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"scramble"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":20,"column":0},"end":{"line":22,"column":9}}})) != null ? stack1 : "")
    + "    (local.set $row (local.get $h))\n    (local.set $columns (v128.const i32x4 "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":24,"column":44},"end":{"line":24,"column":51}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $at (i32.const 0))\n    (local.set $left (i32.const "
    + ((stack1 = alias2(alias1(depth0, "vectors", {"start":{"line":26,"column":34},"end":{"line":26,"column":41}} ), depth0)) != null ? stack1 : "")
    + "))\n    (loop $vectors\n      (local.set $h (v128.xor (local.get $row) (local.get $columns)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"scramble"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":29,"column":0},"end":{"line":31,"column":9}}})) != null ? stack1 : "")
    + "      (v128.store (i32.add (local.get $y) (local.get $at))\n        (v128.and (i32x4.ge_u (local.get $h) (local.get $limit))\n          (f32x4.mul (v128.load (i32.add (local.get $x) (local.get $at))) (local.get $scale))))\n      (local.set $columns (i32x4.add (local.get $columns) (i32x4.splat (i32.const "
    + ((stack1 = alias2(alias1(depth0, "nextColumns", {"start":{"line":35,"column":84},"end":{"line":35,"column":95}} ), depth0)) != null ? stack1 : "")
    + "))))\n      (local.set $at (i32.add (local.get $at) (i32.const 16)))\n      (br_if $vectors (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))\n    (local.set $x (i32.add (local.get $x) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "xBytes", {"start":{"line":38,"column":55},"end":{"line":38,"column":61}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $y (i32.add (local.get $y) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":39,"column":55},"end":{"line":39,"column":61}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $place (i32.add (local.get $place) (i32.const 4)))\n    (local.set $count (i32.sub (local.get $count) (i32.const 1)))\n    (br $rows))))\n";
},"useData":true}],
  ["wasm/embed", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $token i32) (local $end i32) (local $y i32)\n  (local.set $token (i32.add (i32.load (local.get $args)) (i32.shl (local.get $first) (i32.const 2))))\n  (local.set $end (i32.add (local.get $token) (i32.shl (local.get $count) (i32.const 2))))\n  (local.set $y (i32.add (i32.load offset=8 (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":6,"column":104},"end":{"line":6,"column":110}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (block $done (loop $rows\n    (br_if $done (i32.ge_u (local.get $token) (local.get $end)))\n    (call $copy_row (local.get $y)\n      (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (i32.load (local.get $token)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "widthBytes", {"start":{"line":10,"column":105},"end":{"line":10,"column":115}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (i32.const "
    + ((stack1 = alias2(alias1(depth0, "widthBytes", {"start":{"line":11,"column":19},"end":{"line":11,"column":29}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $token (i32.add (local.get $token) (i32.const 4)))\n    (local.set $y (i32.add (local.get $y) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":13,"column":55},"end":{"line":13,"column":61}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br $rows))))\n";
},"useData":true}],
  ["wasm/embed_dw", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $skipped i32) (local $bytes i32) (local $table i32) (local $dy i32) (local $token i32)\n  (local $row i32) (local $end i32) (local $pair i32) (local $lastPair i32)\n  (local.set $skipped (i32.mul (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "taskColumns", {"start":{"line":5,"column":62},"end":{"line":5,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $bytes (i32.shl (call $min (i32.const "
    + ((stack1 = alias2(alias1(depth0, "taskColumns", {"start":{"line":6,"column":53},"end":{"line":6,"column":64}} ), depth0)) != null ? stack1 : "")
    + ") (i32.sub (i32.const "
    + ((stack1 = alias2(alias1(depth0, "width", {"start":{"line":6,"column":90},"end":{"line":6,"column":95}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $skipped)))\n    (i32.const 2)))\n  (local.set $skipped (i32.shl (local.get $skipped) (i32.const 2)))\n  (local.set $dy (i32.add (i32.load (local.get $args)) (local.get $skipped)))\n  (local.set $table (i32.add (i32.load offset=8 (local.get $args)) (local.get $skipped)))\n  (local.set $row (i32.const 0))\n  (loop $zeros\n    (call $zero_row (i32.add (local.get $table) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "widthBytes", {"start":{"line":13,"column":87},"end":{"line":13,"column":97}} ), depth0)) != null ? stack1 : "")
    + "))) (local.get $bytes))\n    (local.set $row (i32.add (local.get $row) (i32.const 1)))\n    (br_if $zeros (i32.lt_s (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "vocab", {"start":{"line":15,"column":58},"end":{"line":15,"column":63}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $pair (i32.load offset=12 (local.get $args)))\n  (local.set $lastPair (i32.add (local.get $pair) (i32.shl (i32.load (local.get $pair)) (i32.const 3))))\n  (block $done (loop $segments\n    (br_if $done (i32.ge_u (local.get $pair) (local.get $lastPair)))\n    (local.set $row (i32.load offset=4 (local.get $pair)))\n    (local.set $end (i32.load offset=8 (local.get $pair)))\n    (block $next (loop $rows\n      (br_if $next (i32.ge_s (local.get $row) (local.get $end)))\n      (local.set $token (i32.load (i32.add (i32.load offset=4 (local.get $args)) (i32.shl (local.get $row) (i32.const 2)))))\n      (if (i32.ge_s (local.get $token) (i32.const 0)) (then\n        (call $add_row (i32.add (local.get $table) (i32.mul (local.get $token) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "widthBytes", {"start":{"line":26,"column":92},"end":{"line":26,"column":102}} ), depth0)) != null ? stack1 : "")
    + ")))\n          (i32.add (local.get $dy) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dyBytes", {"start":{"line":27,"column":74},"end":{"line":27,"column":81}} ), depth0)) != null ? stack1 : "")
    + "))) (local.get $bytes))))\n      (local.set $row (i32.add (local.get $row) (i32.const 1)))\n      (br $rows)))\n    (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n    (br $segments))))\n";
},"useData":true}],
  ["wasm/gather", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    (call $row_scale (local.get $y) (local.get $x) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":12,"column":64},"end":{"line":12,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")\n      (f32.load (i32.add (i32.load offset=12 (local.get $args))\n        (i32.mul (i32.load (local.get $source)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "pBytes", {"start":{"line":14,"column":61},"end":{"line":14,"column":67}} ), depth0)) != null ? stack1 : "")
    + ")))))\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    (call $copy_row (local.get $y) (local.get $x) (i32.const "
    + ((stack1 = container.lambda(container.strict(depth0, "bytes", {"start":{"line":16,"column":63},"end":{"line":16,"column":68}} ), depth0)) != null ? stack1 : "")
    + "))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $source i32) (local $end i32) (local $x i32) (local $y i32)\n  (local.set $source (i32.add (i32.load (local.get $args)) (i32.shl (local.get $first) (i32.const 2))))\n  (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 2))))\n  (local.set $y (i32.add (i32.load offset=8 (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":6,"column":104},"end":{"line":6,"column":110}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (block $done (loop $rows\n    (br_if $done (i32.ge_u (local.get $source) (local.get $end)))\n    (local.set $x (i32.add (i32.load offset=4 (local.get $args))\n      (i32.mul (i32.load (local.get $source)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "xBytes", {"start":{"line":10,"column":59},"end":{"line":10,"column":65}} ), depth0)) != null ? stack1 : "")
    + "))))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"weighted"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.program(1, data, 0),"data":data,"loc":{"start":{"line":11,"column":0},"end":{"line":17,"column":7}}})) != null ? stack1 : "")
    + "    (local.set $source (i32.add (local.get $source) (i32.const 4)))\n    (local.set $y (i32.add (local.get $y) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":19,"column":55},"end":{"line":19,"column":61}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br $rows))))\n";
},"useData":true}],
  ["wasm/heads", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "      (v128.store offset="
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " (local.get $place) (v128.load offset="
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " (local.get $from)))\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    (local.set $sum (v128.const f32x4 0 0 0 0))\n    (local.set $at (local.get $panel))\n    (loop $add\n      (local.set $sum (f32x4.add (local.get $sum) (v128.load offset="
    + ((stack1 = alias2(alias1(depth0, "offset", {"start":{"line":279,"column":70},"end":{"line":279,"column":76}} ), depth0)) != null ? stack1 : "")
    + " (local.get $at))))\n      (local.set $at (i32.add (local.get $at) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":280,"column":59},"end":{"line":280,"column":62}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (br_if $add (i32.lt_u (local.get $at) (local.get $end))))\n    (local.set $sum (f32x4.mul (local.get $sum) (f32x4.splat (local.get $by))))\n    (local.set $at (local.get $panel))\n    (loop $subtract\n      (v128.store offset="
    + ((stack1 = alias2(alias1(depth0, "offset", {"start":{"line":285,"column":27},"end":{"line":285,"column":33}} ), depth0)) != null ? stack1 : "")
    + " (local.get $at)\n        (f32x4.sub (v128.load offset="
    + ((stack1 = alias2(alias1(depth0, "offset", {"start":{"line":286,"column":39},"end":{"line":286,"column":45}} ), depth0)) != null ? stack1 : "")
    + " (local.get $at)) (local.get $sum)))\n      (local.set $at (i32.add (local.get $at) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":287,"column":59},"end":{"line":287,"column":62}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (br_if $subtract (i32.lt_u (local.get $at) (local.get $end))))\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      (local.set $sum (f32x4.add (local.get $sum) (v128.load offset="
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + " (local.get $at))))\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "      (v128.store offset="
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " (local.get $at)\n        (f32x4.sub (v128.load offset="
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " (local.get $at)) (local.get $sum)))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; Functions of attention on one head of a context: `rowOf` points at the rows of consecutive sequence positions, −1\n;; where a position is empty; `source` at the head's place in row 0; `step` is the bytes between rows.\n\n;; Where the row of a position stands; the row of zeros for an empty one and behind the context's end.\n(func $head_row (param $rowOf i32) (param $position i32) (param $positions i32) (param $source i32) (param $step i32) (param $zeros i32) (result i32)\n  (local $row i32)\n  (if (i32.ge_s (local.get $position) (local.get $positions)) (then (return (local.get $zeros))))\n  (local.set $row (i32.load (i32.add (local.get $rowOf) (i32.shl (local.get $position) (i32.const 2)))))\n  (select (local.get $zeros) (i32.add (local.get $source) (i32.mul (local.get $row) (local.get $step)))\n    (i32.lt_s (local.get $row) (i32.const 0))))\n\n;; to[j][c, l] = source[row of j·"
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":12,"column":35},"end":{"line":12,"column":42}} ), depth0)) != null ? stack1 : "")
    + " + l, c]: panels of "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":12,"column":66},"end":{"line":12,"column":73}} ), depth0)) != null ? stack1 : "")
    + " positions, `bytes` of each head; what the last\n;; vectors write behind a panel, the next one overwrites.\n(func $turn_heads (param $to i32) (param $rowOf i32) (param $positions i32) (param $source i32) (param $step i32) (param $zeros i32) (param $bytes i32)\n  (local $at i32) (local $lane i32) (local $c i32) (local $place i32)\n  (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)\n  (local $r0 v128) (local $r1 v128) (local $r2 v128) (local $r3 v128)\n  (local $h0 v128) (local $h1 v128) (local $h2 v128) (local $h3 v128)\n  (loop $panels\n    (local.set $lane (i32.const 0))\n    (loop $lanes\n      (local.set $p0 (call $head_row (local.get $rowOf) (local.get $at) (local.get $positions) (local.get $source) (local.get $step) (local.get $zeros)))\n      (local.set $at (i32.add (local.get $at) (i32.const 1)))\n      (local.set $p1 (call $head_row (local.get $rowOf) (local.get $at) (local.get $positions) (local.get $source) (local.get $step) (local.get $zeros)))\n      (local.set $at (i32.add (local.get $at) (i32.const 1)))\n      (local.set $p2 (call $head_row (local.get $rowOf) (local.get $at) (local.get $positions) (local.get $source) (local.get $step) (local.get $zeros)))\n      (local.set $at (i32.add (local.get $at) (i32.const 1)))\n      (local.set $p3 (call $head_row (local.get $rowOf) (local.get $at) (local.get $positions) (local.get $source) (local.get $step) (local.get $zeros)))\n      (local.set $at (i32.add (local.get $at) (i32.const 1)))\n      (local.set $c (i32.const 0))\n      (local.set $place (i32.add (local.get $to) (local.get $lane)))\n      (loop $components\n        (local.set $r0 (v128.load (i32.add (local.get $p0) (local.get $c))))\n        (local.set $r1 (v128.load (i32.add (local.get $p1) (local.get $c))))\n        (local.set $r2 (v128.load (i32.add (local.get $p2) (local.get $c))))\n        (local.set $r3 (v128.load (i32.add (local.get $p3) (local.get $c))))\n        (local.set $h0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $r0) (local.get $r1)))\n        (local.set $h1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $r0) (local.get $r1)))\n        (local.set $h2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $r2) (local.get $r3)))\n        (local.set $h3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $r2) (local.get $r3)))\n        (v128.store (local.get $place)\n          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $h0) (local.get $h2)))\n        (v128.store offset="
    + ((stack1 = alias2(alias1(depth0, "row1", {"start":{"line":43,"column":29},"end":{"line":43,"column":33}} ), depth0)) != null ? stack1 : "")
    + " (local.get $place)\n          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $h0) (local.get $h2)))\n        (v128.store offset="
    + ((stack1 = alias2(alias1(depth0, "row2", {"start":{"line":45,"column":29},"end":{"line":45,"column":33}} ), depth0)) != null ? stack1 : "")
    + " (local.get $place)\n          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $h1) (local.get $h3)))\n        (v128.store offset="
    + ((stack1 = alias2(alias1(depth0, "row3", {"start":{"line":47,"column":29},"end":{"line":47,"column":33}} ), depth0)) != null ? stack1 : "")
    + " (local.get $place)\n          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $h1) (local.get $h3)))\n        (local.set $place (i32.add (local.get $place) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "row4", {"start":{"line":49,"column":67},"end":{"line":49,"column":71}} ), depth0)) != null ? stack1 : "")
    + ")))\n        (local.set $c (i32.add (local.get $c) (i32.const 16)))\n        (br_if $components (i32.lt_s (local.get $c) (local.get $bytes))))\n      (local.set $lane (i32.add (local.get $lane) (i32.const 16)))\n      (br_if $lanes (i32.lt_s (local.get $lane) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "row1", {"start":{"line":53,"column":61},"end":{"line":53,"column":65}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $to (i32.add (local.get $to) (i32.mul (local.get $bytes) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":54,"column":85},"end":{"line":54,"column":92}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (br_if $panels (i32.lt_s (local.get $at) (local.get $positions)))))\n\n;; to[j][position, l] = source[row of position, j·"
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":57,"column":52},"end":{"line":57,"column":59}} ), depth0)) != null ? stack1 : "")
    + " + l]: panels of "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":57,"column":80},"end":{"line":57,"column":87}} ), depth0)) != null ? stack1 : "")
    + " components.\n(func $panel_heads (param $to i32) (param $rowOf i32) (param $positions i32) (param $source i32) (param $step i32) (param $zeros i32) (param $bytes i32)\n  (local $at i32) (local $from i32) (local $place i32) (local $end i32)\n  (loop $next\n    (local.set $from (call $head_row (local.get $rowOf) (local.get $at) (local.get $positions) (local.get $source) (local.get $step) (local.get $zeros)))\n    (local.set $end (i32.add (local.get $from) (local.get $bytes)))\n    (local.set $place (i32.add (local.get $to) (i32.mul (local.get $at) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "row1", {"start":{"line":63,"column":85},"end":{"line":63,"column":89}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (loop $panels\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"vectors"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":65,"column":0},"end":{"line":67,"column":9}}})) != null ? stack1 : "")
    + "      (local.set $from (i32.add (local.get $from) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "row1", {"start":{"line":68,"column":63},"end":{"line":68,"column":67}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (local.set $place (i32.add (local.get $place) (i32.mul (local.get $positions) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "row1", {"start":{"line":69,"column":97},"end":{"line":69,"column":101}} ), depth0)) != null ? stack1 : "")
    + "))))\n      (br_if $panels (i32.lt_u (local.get $from) (local.get $end))))\n    (local.set $at (i32.add (local.get $at) (i32.const 1)))\n    (br_if $next (i32.lt_s (local.get $at) (local.get $positions)))))\n\n;; to[position, 0…bytes) = source[row of position] · by, rows of `bytes`, a multiple of 16.\n(func $gather_heads (param $to i32) (param $rowOf i32) (param $positions i32) (param $source i32) (param $step i32) (param $zeros i32) (param $bytes i32) (param $by f32)\n  (local $at i32) (local $from i32) (local $end i32)\n  (loop $rows\n    (local.set $from (call $head_row (local.get $rowOf) (local.get $at) (local.get $positions) (local.get $source) (local.get $step) (local.get $zeros)))\n    (local.set $end (i32.add (local.get $to) (local.get $bytes)))\n    (loop $vectors\n      (v128.store (local.get $to) (f32x4.mul (v128.load (local.get $from)) (f32x4.splat (local.get $by))))\n      (local.set $to (i32.add (local.get $to) (i32.const 16)))\n      (local.set $from (i32.add (local.get $from) (i32.const 16)))\n      (br_if $vectors (i32.lt_u (local.get $to) (local.get $end))))\n    (local.set $at (i32.add (local.get $at) (i32.const 1)))\n    (br_if $rows (i32.lt_s (local.get $at) (local.get $positions)))))\n\n;; target[row of position, 0…bytes) = from[position] · factors[position], exactly these bytes; a factorStep of 0 takes\n;; one factor for all. fromStep is the bytes between rows of from.\n(func $scatter_heads (param $target i32) (param $step i32) (param $rowOf i32) (param $positions i32) (param $from i32) (param $fromStep i32) (param $bytes i32) (param $factors i32) (param $factorStep i32)\n  (local $at i32) (local $row i32)\n  (loop $rows\n    (local.set $row (i32.load (i32.add (local.get $rowOf) (i32.shl (local.get $at) (i32.const 2)))))\n    (if (i32.ge_s (local.get $row) (i32.const 0)) (then\n      (call $put_row (i32.add (local.get $target) (i32.mul (local.get $row) (local.get $step)))\n        (local.get $from) (local.get $bytes) (f32.load (local.get $factors)))))\n    (local.set $factors (i32.add (local.get $factors) (local.get $factorStep)))\n    (local.set $from (i32.add (local.get $from) (local.get $fromStep)))\n    (local.set $at (i32.add (local.get $at) (i32.const 1)))\n    (br_if $rows (i32.lt_s (local.get $at) (local.get $positions)))))\n\n;; to[0…bytes) = from · by, exactly these bytes.\n(func $put_row (param $to i32) (param $from i32) (param $bytes i32) (param $by f32)\n  (local $end i32) (local $whole i32)\n  (local.set $end (i32.add (local.get $to) (local.get $bytes)))\n  (local.set $whole (i32.add (local.get $to) (i32.and (local.get $bytes) (i32.const -16))))\n  (block $rest (loop $vectors\n    (br_if $rest (i32.ge_u (local.get $to) (local.get $whole)))\n    (v128.store (local.get $to) (f32x4.mul (v128.load (local.get $from)) (f32x4.splat (local.get $by))))\n    (local.set $to (i32.add (local.get $to) (i32.const 16)))\n    (local.set $from (i32.add (local.get $from) (i32.const 16)))\n    (br $vectors)))\n  (block $done (loop $lanes\n    (br_if $done (i32.ge_u (local.get $to) (local.get $end)))\n    (f32.store (local.get $to) (f32.mul (f32.load (local.get $from)) (local.get $by)))\n    (local.set $to (i32.add (local.get $to) (i32.const 4)))\n    (local.set $from (i32.add (local.get $from) (i32.const 4)))\n    (br $lanes))))\n\n;; The keys that any of these positions sees, as sequence positions; empty if none sees any.\n(func $seen_range (param $rowOf i32) (param $positions i32) (param $first i32) (param $last i32) (result i32 i32)\n  (local $at i32) (local $row i32) (local $from i32) (local $to i32)\n  (local.set $from (i32.const 0x7fffffff))\n  (loop $rows\n    (local.set $row (i32.shl (i32.load (i32.add (local.get $rowOf) (i32.shl (local.get $at) (i32.const 2)))) (i32.const 2)))\n    (if (i32.ge_s (local.get $row) (i32.const 0)) (then\n      (if (i32.lt_s (i32.load (i32.add (local.get $first) (local.get $row))) (i32.load (i32.add (local.get $last) (local.get $row)))) (then\n        (local.set $from (call $min (local.get $from) (i32.load (i32.add (local.get $first) (local.get $row)))))\n        (local.set $to (i32.sub (i32.const 0) (call $min (i32.sub (i32.const 0) (local.get $to))\n          (i32.sub (i32.const 0) (i32.load (i32.add (local.get $last) (local.get $row)))))))))))\n    (local.set $at (i32.add (local.get $at) (i32.const 1)))\n    (br_if $rows (i32.lt_s (local.get $at) (local.get $positions))))\n  (local.get $from) (local.get $to))\n\n;; Blocks of 32 bytes, of rows of scores that start at a multiple of 32, that hold [from, to) become 0, except those\n;; that hold [first, last).\n(func $zero_around (param $from i32) (param $to i32) (param $first i32) (param $last i32)\n  (local.set $from (i32.and (local.get $from) (i32.const -32)))\n  (local.set $first (i32.and (local.get $first) (i32.const -32)))\n  (local.set $to (i32.and (i32.add (local.get $to) (i32.const 31)) (i32.const -32)))\n  (local.set $last (i32.and (i32.add (local.get $last) (i32.const 31)) (i32.const -32)))\n  (block $before (loop $left\n    (br_if $before (i32.ge_u (local.get $from) (local.get $first)))\n    (v128.store (local.get $from) (v128.const f32x4 0 0 0 0))\n    (v128.store offset=16 (local.get $from) (v128.const f32x4 0 0 0 0))\n    (local.set $from (i32.add (local.get $from) (i32.const 32)))\n    (br $left)))\n  (block $behind (loop $right\n    (br_if $behind (i32.ge_u (local.get $last) (local.get $to)))\n    (v128.store (local.get $last) (v128.const f32x4 0 0 0 0))\n    (v128.store offset=16 (local.get $last) (v128.const f32x4 0 0 0 0))\n    (local.set $last (i32.add (local.get $last) (i32.const 32)))\n    (br $right))))\n\n(func $zero_between (param $from i32) (param $to i32)\n  (call $zero_around (local.get $from) (local.get $to) (local.get $from) (i32.and (local.get $from) (i32.const -32))))\n\n;; Scores before first or from last on, in the blocks of 32 bytes that hold these, become a number whose exponential is\n;; 0. Without branches: where documents begin and end is hard to predict.\n(func $mask_lanes (param $first i32) (param $last i32)\n  (local $at i32) (local $edge v128)\n  (local.set $at (i32.and (local.get $first) (i32.const -32)))\n  (local.set $edge (i32x4.splat (i32.sub (local.get $first) (local.get $at))))\n  (v128.store (local.get $at) (v128.bitselect (v128.load (local.get $at)) (v128.const f32x4 -1e30 -1e30 -1e30 -1e30)\n    (i32x4.ge_s (v128.const i32x4 0 4 8 12) (local.get $edge))))\n  (v128.store offset=16 (local.get $at) (v128.bitselect (v128.load offset=16 (local.get $at))\n    (v128.const f32x4 -1e30 -1e30 -1e30 -1e30) (i32x4.ge_s (v128.const i32x4 16 20 24 28) (local.get $edge))))\n  (local.set $at (i32.and (i32.sub (local.get $last) (i32.const 1)) (i32.const -32)))\n  (local.set $edge (i32x4.splat (i32.sub (local.get $last) (local.get $at))))\n  (v128.store (local.get $at) (v128.bitselect (v128.load (local.get $at)) (v128.const f32x4 -1e30 -1e30 -1e30 -1e30)\n    (i32x4.lt_s (v128.const i32x4 0 4 8 12) (local.get $edge))))\n  (v128.store offset=16 (local.get $at) (v128.bitselect (v128.load offset=16 (local.get $at))\n    (v128.const f32x4 -1e30 -1e30 -1e30 -1e30) (i32x4.lt_s (v128.const i32x4 16 20 24 28) (local.get $edge)))))\n\n;; x = e^(x − largest) for the scores [first, last), 0 beside them in blocks of 32 bytes; gives the largest and the sum.\n(func $softmax_row (param $first i32) (param $last i32) (result f32 f32)\n  (local $at i32) (local $largest f32) (local $by v128) (local $s0 v128) (local $s1 v128) (local $x0 v128) (local $x1 v128)\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"locals"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":178,"column":0},"end":{"line":180,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"constants"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":181,"column":0},"end":{"line":183,"column":9}}})) != null ? stack1 : "")
    + "  (call $mask_lanes (local.get $first) (local.get $last))\n  (local.set $first (i32.and (local.get $first) (i32.const -32)))\n  (local.set $last (i32.and (i32.add (local.get $last) (i32.const 31)) (i32.const -32)))\n  (local.set $x0 (v128.load (local.get $first)))\n  (local.set $x1 (v128.load offset=16 (local.get $first)))\n  (local.set $at (i32.add (local.get $first) (i32.const 32)))\n  (block $compared (loop $vectors\n    (br_if $compared (i32.ge_u (local.get $at) (local.get $last)))\n    (local.set $x0 (f32x4.pmax (local.get $x0) (v128.load (local.get $at))))\n    (local.set $x1 (f32x4.pmax (local.get $x1) (v128.load offset=16 (local.get $at))))\n    (local.set $at (i32.add (local.get $at) (i32.const 32)))\n    (br $vectors)))\n  (local.set $largest (call $max_lanes (f32x4.pmax (local.get $x0) (local.get $x1))))\n  (local.set $by (f32x4.splat (local.get $largest)))\n  (loop $exponentials\n    (local.set $x0 (f32x4.sub (v128.load (local.get $first)) (local.get $by)))\n    (local.set $x1 (f32x4.sub (v128.load offset=16 (local.get $first)) (local.get $by)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(lookupProperty(depth0,"two"),"lines"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":201,"column":0},"end":{"line":203,"column":9}}})) != null ? stack1 : "")
    + "    (v128.store (local.get $first) "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"two"), "first", {"start":{"line":204,"column":37},"end":{"line":204,"column":46}} ), depth0)) != null ? stack1 : "")
    + ")\n    (v128.store offset=16 (local.get $first) "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"two"), "last", {"start":{"line":205,"column":47},"end":{"line":205,"column":55}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.set $s0 (f32x4.add (local.get $s0) "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"two"), "first", {"start":{"line":206,"column":48},"end":{"line":206,"column":57}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $s1 (f32x4.add (local.get $s1) "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"two"), "last", {"start":{"line":207,"column":48},"end":{"line":207,"column":56}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $first (i32.add (local.get $first) (i32.const 32)))\n    (br_if $exponentials (i32.lt_u (local.get $first) (local.get $last))))\n  (local.get $largest)\n  (call $sum_lanes (f32x4.add (local.get $s0) (local.get $s1))))\n\n;; x = e^(x − lse), y = x · (y − mean of y weighted by x) for [first, last), 0 beside them in blocks of 32 bytes: a row\n;; of probabilities, and of the gradient of their scores. y is toY bytes behind x. The mean is Σ dout · out in exact\n;; arithmetic; taken from the row itself, the gradients of a row add up to 0 to the last bit or so, where keys that are\n;; nearly alike leave nothing else.\n(func $softmax_grad_row (param $first i32) (param $last i32) (param $toY i32) (param $lse f32)\n  (local $at i32) (local $y i32) (local $by v128) (local $x0 v128) (local $x1 v128)\n  (local $s0 v128) (local $s1 v128) (local $t0 v128) (local $t1 v128)\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"locals"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":220,"column":0},"end":{"line":222,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"constants"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":223,"column":0},"end":{"line":225,"column":9}}})) != null ? stack1 : "")
    + "  (local.set $by (f32x4.splat (local.get $lse)))\n  (call $mask_lanes (local.get $first) (local.get $last))\n  (local.set $first (i32.and (local.get $first) (i32.const -32)))\n  (local.set $last (i32.and (i32.add (local.get $last) (i32.const 31)) (i32.const -32)))\n  (local.set $at (local.get $first))\n  (loop $exponentials\n    (local.set $y (i32.add (local.get $at) (local.get $toY)))\n    (local.set $x0 (f32x4.sub (v128.load (local.get $at)) (local.get $by)))\n    (local.set $x1 (f32x4.sub (v128.load offset=16 (local.get $at)) (local.get $by)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(lookupProperty(depth0,"two"),"lines"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":235,"column":0},"end":{"line":237,"column":9}}})) != null ? stack1 : "")
    + "    (v128.store (local.get $at) "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"two"), "first", {"start":{"line":238,"column":34},"end":{"line":238,"column":43}} ), depth0)) != null ? stack1 : "")
    + ")\n    (v128.store offset=16 (local.get $at) "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"two"), "last", {"start":{"line":239,"column":44},"end":{"line":239,"column":52}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.set $s0 (f32x4.add (local.get $s0) "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"two"), "first", {"start":{"line":240,"column":48},"end":{"line":240,"column":57}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $s1 (f32x4.add (local.get $s1) "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"two"), "last", {"start":{"line":241,"column":48},"end":{"line":241,"column":56}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $t0 (f32x4.add (local.get $t0) (f32x4.mul "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"two"), "first", {"start":{"line":242,"column":59},"end":{"line":242,"column":68}} ), depth0)) != null ? stack1 : "")
    + " (v128.load (local.get $y)))))\n    (local.set $t1 (f32x4.add (local.get $t1) (f32x4.mul "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"two"), "last", {"start":{"line":243,"column":59},"end":{"line":243,"column":67}} ), depth0)) != null ? stack1 : "")
    + " (v128.load offset=16 (local.get $y)))))\n    (local.set $at (i32.add (local.get $at) (i32.const 32)))\n    (br_if $exponentials (i32.lt_u (local.get $at) (local.get $last))))\n  (local.set $by (f32x4.splat (f32.div\n    (call $sum_lanes (f32x4.add (local.get $t0) (local.get $t1)))\n    (call $sum_lanes (f32x4.add (local.get $s0) (local.get $s1))))))\n  (loop $gradients\n    (local.set $y (i32.add (local.get $first) (local.get $toY)))\n    (v128.store (local.get $y)\n      (f32x4.mul (v128.load (local.get $first)) (f32x4.sub (v128.load (local.get $y)) (local.get $by))))\n    (v128.store offset=16 (local.get $y)\n      (f32x4.mul (v128.load offset=16 (local.get $first)) (f32x4.sub (v128.load offset=16 (local.get $y)) (local.get $by))))\n    (local.set $first (i32.add (local.get $first) (i32.const 32)))\n    (br_if $gradients (i32.lt_u (local.get $first) (local.get $last)))))\n\n;; One over the number of positions that hold a row.\n(func $reciprocal_count (param $rowOf i32) (param $positions i32) (result f32)\n  (local $at i32) (local $rows i32)\n  (loop $next\n    (local.set $rows (i32.add (local.get $rows) (i32.ge_s\n      (i32.load (i32.add (local.get $rowOf) (i32.shl (local.get $at) (i32.const 2)))) (i32.const 0))))\n    (local.set $at (i32.add (local.get $at) (i32.const 1)))\n    (br_if $next (i32.lt_s (local.get $at) (local.get $positions))))\n  (f32.div (f32.const 1) (f32.convert_i32_s (local.get $rows))))\n\n;; Takes the mean over all positions off `count` panels of components; `by` is one over the number of positions. The\n;; gradients of a row's scores add up to 0, so what all keys share never reaches dq: taken off before, it cannot drown\n;; the rest in rounding errors.\n(func $center_panels (param $panel i32) (param $count i32) (param $positions i32) (param $by f32)\n  (local $at i32) (local $end i32) (local $sum v128)\n  (loop $panels\n    (local.set $end (i32.add (local.get $panel) (i32.mul (local.get $positions) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "row1", {"start":{"line":274,"column":93},"end":{"line":274,"column":97}} ), depth0)) != null ? stack1 : "")
    + "))))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"vectorsOfRow"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":275,"column":0},"end":{"line":289,"column":9}}})) != null ? stack1 : "")
    + "    (local.set $panel (local.get $end))\n    (br_if $panels (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))\n\n;; The same for panels of positions, `step` bytes each, up to `end`, of `count` components: how far a row's slopes are\n;; from their mean does not change when all values do.\n(func $center_turned (param $component i32) (param $end i32) (param $step i32) (param $count i32) (param $by f32)\n  (local $at i32) (local $sum v128)\n  (loop $components\n    (local.set $sum (v128.const f32x4 0 0 0 0))\n    (local.set $at (local.get $component))\n    (loop $add\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"vectors"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":301,"column":0},"end":{"line":303,"column":9}}})) != null ? stack1 : "")
    + "      (local.set $at (i32.add (local.get $at) (local.get $step)))\n      (br_if $add (i32.lt_u (local.get $at) (local.get $end))))\n    (local.set $sum (f32x4.splat (f32.mul (local.get $by) (call $sum_lanes (local.get $sum)))))\n    (local.set $at (local.get $component))\n    (loop $subtract\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"vectors"),{"name":"each","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":309,"column":0},"end":{"line":312,"column":9}}})) != null ? stack1 : "")
    + "      (local.set $at (i32.add (local.get $at) (local.get $step)))\n      (br_if $subtract (i32.lt_u (local.get $at) (local.get $end))))\n    (local.set $component (i32.add (local.get $component) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "row1", {"start":{"line":315,"column":71},"end":{"line":315,"column":75}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br_if $components (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))\n";
},"useData":true}],
  ["wasm/loss_sums", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $row i32) (local $end i32) (local $pair i32) (local $lastPair i32) (local $total i32) (local $modality i32)\n  (local $loss f64)\n  (memory.fill (global.get $scratch) (i32.const 0) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "totalBytes", {"start":{"line":5,"column":64},"end":{"line":5,"column":74}} ), depth0)) != null ? stack1 : "")
    + "))\n  (local.set $pair (i32.load offset=16 (local.get $args)))\n  (local.set $lastPair (i32.add (local.get $pair) (i32.shl (i32.load (local.get $pair)) (i32.const 3))))\n  (block $done (loop $segments\n    (br_if $done (i32.ge_u (local.get $pair) (local.get $lastPair)))\n    (local.set $row (i32.shl (i32.load offset=4 (local.get $pair)) (i32.const 2)))\n    (local.set $end (i32.shl (i32.load offset=8 (local.get $pair)) (i32.const 2)))\n    (block $next (loop $rows\n      (br_if $next (i32.ge_s (local.get $row) (local.get $end)))\n      (local.set $loss (f64.promote_f32 (f32.load (i32.add (i32.load (local.get $args)) (local.get $row)))))\n      (local.set $modality (i32.load (i32.add (i32.load offset=8 (local.get $args)) (local.get $row))))\n      (f64.store (global.get $scratch) (f64.add (f64.load (global.get $scratch)) (f64.mul (local.get $loss)\n        (f64.promote_f32 (f32.load (i32.add (i32.load offset=4 (local.get $args)) (local.get $row)))))))\n      (if (i32.and (i32.ge_s (local.get $modality) (i32.const 0))\n                   (f32.ne (f32.load (i32.add (i32.load offset=4 (local.get $args)) (local.get $row))) (f32.const 0))) (then\n        (local.set $total (i32.add (global.get $scratch) (i32.shl (local.get $modality) (i32.const 3))))\n        (f64.store offset=8 (local.get $total) (f64.add (f64.load offset=8 (local.get $total)) (local.get $loss)))))\n      (local.set $row (i32.add (local.get $row) (i32.const 4)))\n      (br $rows)))\n    (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n    (br $segments)))\n  (local.set $total (i32.const 0))\n  (loop $totals\n    (f32.store (i32.add (i32.load offset=12 (local.get $args)) (i32.shl (local.get $total) (i32.const 2)))\n      (f32.demote_f64 (f64.load (i32.add (global.get $scratch) (i32.shl (local.get $total) (i32.const 3))))))\n    (local.set $total (i32.add (local.get $total) (i32.const 1)))\n    (br_if $totals (i32.lt_s (local.get $total) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "totals", {"start":{"line":31,"column":61},"end":{"line":31,"column":67}} ), depth0)) != null ? stack1 : "")
    + ")))))\n";
},"useData":true}],
  ["wasm/math", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "(func "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":8},"end":{"line":2,"column":12}} ), depth0)) != null ? stack1 : "")
    + " (param $x v128) (result v128)\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"locals"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":3,"column":0},"end":{"line":5,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":6,"column":0},"end":{"line":8,"column":9}}})) != null ? stack1 : "")
    + "  "
    + ((stack1 = alias2(alias1(depth0, "result", {"start":{"line":9,"column":4},"end":{"line":9,"column":10}} ), depth0)) != null ? stack1 : "")
    + ")\n\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"functions"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":1,"column":0},"end":{"line":11,"column":9}}})) != null ? stack1 : "")
    + ";; x = m · 2^e with m in [√½, √2); log m = 2 · (s + s³/3 + s⁵/5 + …), s = (m − 1) / (m + 1).\n(func $log1 (param $x f32) (result f32)\n  (local $bits i64) (local $e i64) (local $s f64) (local $z f64)\n  (if (i32.eqz (i32.and (f32.gt (local.get $x) (f32.const 0)) (f32.lt (local.get $x) (f32.const inf)))) (then\n    ;; 0 → −inf; inf → inf; negative and NaN → NaN\n    (return (select (f32.const -inf) (f32.add (f32.sqrt (local.get $x)) (f32.const 0))\n      (f32.eq (local.get $x) (f32.const 0))))))\n  (local.set $bits (i64.sub (i64.reinterpret_f64 (f64.promote_f32 (local.get $x))) (i64.const 0x3fe6a09e667f3bcd)))\n  (local.set $e (i64.shr_s (local.get $bits) (i64.const 52)))\n  (local.set $s (f64.reinterpret_i64 (i64.add\n    (i64.and (local.get $bits) (i64.const 0xfffffffffffff)) (i64.const 0x3fe6a09e667f3bcd))))\n  (local.set $s (f64.div (f64.sub (local.get $s) (f64.const 1)) (f64.add (local.get $s) (f64.const 1))))\n  (local.set $z (f64.mul (local.get $s) (local.get $s)))\n  (f32.demote_f64 (f64.add\n    (f64.mul (f64.convert_i64_s (local.get $e)) (f64.const 0.6931471805599453))\n    (f64.mul (f64.mul (f64.const 2) (local.get $s))\n      (f64.add (f64.const 1) (f64.mul (local.get $z)\n        (f64.add (f64.const 0.3333333333333333) (f64.mul (local.get $z)\n          (f64.add (f64.const 0.2) (f64.mul (local.get $z)\n            (f64.add (f64.const 0.14285714285714285) (f64.mul (local.get $z)\n              (f64.add (f64.const 0.1111111111111111) (f64.mul (local.get $z) (f64.const 0.09090909090909091)))))))))))))))\n\n;; The sum of four lanes, in a fixed order.\n(func $sum_lanes (param $x v128) (result f32)\n  (local.set $x (f32x4.add (local.get $x)\n    (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $x) (local.get $x))))\n  (f32.add (f32x4.extract_lane 0 (local.get $x)) (f32x4.extract_lane 1 (local.get $x))))\n\n(func $max_lanes (param $x v128) (result f32)\n  (local.set $x (f32x4.pmax (local.get $x)\n    (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $x) (local.get $x))))\n  (f32.max (f32x4.extract_lane 0 (local.get $x)) (f32x4.extract_lane 1 (local.get $x))))\n";
},"useData":true}],
  ["wasm/matmul", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (local.set $a (i32.add (i32.load (local.get $args)) "
    + ((stack1 = alias2(alias1(depth0, "aOffset", {"start":{"line":6,"column":56},"end":{"line":6,"column":63}} ), depth0)) != null ? stack1 : "")
    + "))\n  (local.set $c (i32.add (i32.load offset=8 (local.get $args)) "
    + ((stack1 = alias2(alias1(depth0, "cOffset", {"start":{"line":7,"column":65},"end":{"line":7,"column":72}} ), depth0)) != null ? stack1 : "")
    + "))\n  (local.set $d (i32.add (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "dArgument", {"start":{"line":8,"column":44},"end":{"line":8,"column":53}} ), depth0)) != null ? stack1 : "")
    + " (local.get $args)) "
    + ((stack1 = alias2(alias1(depth0, "dOffset", {"start":{"line":8,"column":77},"end":{"line":8,"column":84}} ), depth0)) != null ? stack1 : "")
    + "))\n  (local.set $panel (i32.const 0))\n  (loop $panels\n    (call "
    + ((stack1 = alias2(alias1(depth0, "panel", {"start":{"line":11,"column":12},"end":{"line":11,"column":17}} ), depth0)) != null ? stack1 : "")
    + " (local.get $a)\n      (i32.add (local.get $packed) (i32.add (i32.mul (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panelBytes", {"start":{"line":12,"column":85},"end":{"line":12,"column":95}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "packedOffset", {"start":{"line":12,"column":113},"end":{"line":12,"column":125}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (local.get $c) (local.get $d) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "k", {"start":{"line":13,"column":49},"end":{"line":13,"column":50}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $count))\n    (local.set $c (i32.add (local.get $c) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "columnBytes", {"start":{"line":14,"column":55},"end":{"line":14,"column":66}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $d (i32.add (local.get $d) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "columnBytes", {"start":{"line":15,"column":55},"end":{"line":15,"column":66}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $panel (i32.add (local.get $panel) (i32.const 1)))\n    (br_if $panels (i32.lt_s (local.get $panel) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panels", {"start":{"line":17,"column":61},"end":{"line":17,"column":67}} ), depth0)) != null ? stack1 : "")
    + "))))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $a i32) (local $packed i32) (local $c i32) (local $d i32) (local $panel i32)\n  (local.set $packed (i32.load offset=4 (local.get $args)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"chunks"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":5,"column":0},"end":{"line":18,"column":9}}})) != null ? stack1 : "")
    + ")\n";
},"useData":true}],
  ["wasm/matrix", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    (local.set $r0 (v128.load (local.get $from)))\n    (local.set $from (i32.add (local.get $from) (local.get $laneStep)))\n    (local.set $r1 (v128.load (local.get $from)))\n    (local.set $from (i32.add (local.get $from) (local.get $laneStep)))\n    (local.set $r2 (v128.load (local.get $from)))\n    (local.set $from (i32.add (local.get $from) (local.get $laneStep)))\n    (local.set $r3 (v128.load (local.get $from)))\n    (local.set $from (i32.add (local.get $from) (local.get $laneStep)))\n    (local.set $p0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $r0) (local.get $r1)))\n    (local.set $p1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $r0) (local.get $r1)))\n    (local.set $p2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $r2) (local.get $r3)))\n    (local.set $p3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $r2) (local.get $r3)))\n    (v128.store offset="
    + ((stack1 = alias2(alias1(depth0, "k0", {"start":{"line":66,"column":25},"end":{"line":66,"column":27}} ), depth0)) != null ? stack1 : "")
    + " (local.get $packed)\n      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $p0) (local.get $p2)))\n    (v128.store offset="
    + ((stack1 = alias2(alias1(depth0, "k1", {"start":{"line":68,"column":25},"end":{"line":68,"column":27}} ), depth0)) != null ? stack1 : "")
    + " (local.get $packed)\n      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $p0) (local.get $p2)))\n    (v128.store offset="
    + ((stack1 = alias2(alias1(depth0, "k2", {"start":{"line":70,"column":25},"end":{"line":70,"column":27}} ), depth0)) != null ? stack1 : "")
    + " (local.get $packed)\n      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $p1) (local.get $p3)))\n    (v128.store offset="
    + ((stack1 = alias2(alias1(depth0, "k3", {"start":{"line":72,"column":25},"end":{"line":72,"column":27}} ), depth0)) != null ? stack1 : "")
    + " (local.get $packed)\n      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $p1) (local.get $p3)))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "(func $min (param $a i32) (param $b i32) (result i32)\n  (select (local.get $a) (local.get $b) (i32.lt_s (local.get $a) (local.get $b))))\n\n;; to[r, 0…bytes) = from[r, 0…bytes) for r < rows; steps in bytes.\n(func $copy_columns (param $to i32) (param $toStep i32) (param $from i32) (param $fromStep i32) (param $rows i32) (param $bytes i32)\n  (local $at i32) (local $whole i32)\n  (local.set $whole (i32.and (local.get $bytes) (i32.const -16)))\n  (block $done (loop $next\n    (br_if $done (i32.le_s (local.get $rows) (i32.const 0)))\n    (local.set $at (i32.const 0))\n    (block $rest (loop $vectors\n      (br_if $rest (i32.ge_u (local.get $at) (local.get $whole)))\n      (v128.store (i32.add (local.get $to) (local.get $at)) (v128.load (i32.add (local.get $from) (local.get $at))))\n      (local.set $at (i32.add (local.get $at) (i32.const 16)))\n      (br $vectors)))\n    (block $full (loop $lanes\n      (br_if $full (i32.ge_u (local.get $at) (local.get $bytes)))\n      (f32.store (i32.add (local.get $to) (local.get $at)) (f32.load (i32.add (local.get $from) (local.get $at))))\n      (local.set $at (i32.add (local.get $at) (i32.const 4)))\n      (br $lanes)))\n    (local.set $to (i32.add (local.get $to) (local.get $toStep)))\n    (local.set $from (i32.add (local.get $from) (local.get $fromStep)))\n    (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))\n    (br $next))))\n\n;; packed[k, l] = source[l · laneStep + k · kStep], 0 for l ≥ lanes: the panels that are not whole vectors.\n(func $pack_lanes (param $source i32) (param $laneStep i32) (param $kStep i32) (param $packed i32) (param $k i32) (param $lanes i32)\n  (local $lane i32) (local $from i32)\n  (block $done (loop $next\n    (br_if $done (i32.le_s (local.get $k) (i32.const 0)))\n    (local.set $lane (i32.const 0))\n    (local.set $from (local.get $source))\n    (loop $row\n      (if (i32.lt_s (local.get $lane) (local.get $lanes))\n        (then (f32.store (local.get $packed) (f32.load (local.get $from))))\n        (else (f32.store (local.get $packed) (f32.const 0))))\n      (local.set $from (i32.add (local.get $from) (local.get $laneStep)))\n      (local.set $packed (i32.add (local.get $packed) (i32.const 4)))\n      (local.set $lane (i32.add (local.get $lane) (i32.const 1)))\n      (br_if $row (i32.lt_s (local.get $lane) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panel", {"start":{"line":40,"column":59},"end":{"line":40,"column":64}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $source (i32.add (local.get $source) (local.get $kStep)))\n    (local.set $k (i32.sub (local.get $k) (i32.const 1)))\n    (br $next))))\n\n;; packed[k, l] = source[l · laneStep + k]: blocks of 4 × 4 turned in registers; k is a multiple of 4.\n(func $pack_turned (param $source i32) (param $laneStep i32) (param $packed i32) (param $k i32)\n  (local $from i32)\n  (local $r0 v128) (local $r1 v128) (local $r2 v128) (local $r3 v128)\n  (local $p0 v128) (local $p1 v128) (local $p2 v128) (local $p3 v128)\n  (block $done (loop $next\n    (br_if $done (i32.le_s (local.get $k) (i32.const 0)))\n    (local.set $from (local.get $source))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"blocks"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":53,"column":0},"end":{"line":74,"column":9}}})) != null ? stack1 : "")
    + "    (local.set $source (i32.add (local.get $source) (i32.const 16)))\n    (local.set $packed (i32.add (local.get $packed) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "blockBytes", {"start":{"line":76,"column":65},"end":{"line":76,"column":75}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $k (i32.sub (local.get $k) (i32.const 4)))\n    (br $next))))\n";
},"useData":true}],
  ["wasm/mean_square", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    (local.set $slope (f32.mul (f32.const "
    + ((stack1 = alias2(alias1(depth0, "slope", {"start":{"line":12,"column":44},"end":{"line":12,"column":49}} ), depth0)) != null ? stack1 : "")
    + ")\n      (f32.load (i32.add (i32.load offset=12 (local.get $args)) (i32.shl (local.get $row) (i32.const 2))))))\n    (local.set $slopes (f32x4.splat (local.get $slope)))\n    (local.set $y (i32.add (i32.load offset=16 (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "gradientBytes", {"start":{"line":15,"column":105},"end":{"line":15,"column":118}} ), depth0)) != null ? stack1 : "")
    + "))))\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "      (v128.store (i32.add (local.get $y) (local.get $at)) (f32x4.mul (local.get $slopes) (local.get $differences)))\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "      (f32.store (i32.add (local.get $y) (local.get $at)) (f32.mul (local.get $slope) (local.get $difference)))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $row i32) (local $end i32) (local $x i32) (local $target i32) (local $y i32) (local $at i32)\n  (local $difference f32) (local $sum f32) (local $slope f32) (local $differences v128) (local $sums v128) (local $slopes v128)\n  (local.set $row (local.get $first))\n  (local.set $end (i32.add (local.get $first) (local.get $count)))\n  (block $done (loop $rows\n    (br_if $done (i32.ge_s (local.get $row) (local.get $end)))\n    (local.set $x (i32.add (i32.load (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "strideBytes", {"start":{"line":9,"column":95},"end":{"line":9,"column":106}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $target (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "targetBytes", {"start":{"line":10,"column":109},"end":{"line":10,"column":120}} ), depth0)) != null ? stack1 : "")
    + "))))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":11,"column":0},"end":{"line":16,"column":7}}})) != null ? stack1 : "")
    + "    (local.set $sums (v128.const f32x4 0 0 0 0))\n    (local.set $at (i32.const 0))\n    (block $rest (loop $vectors\n      (br_if $rest (i32.ge_u (local.get $at) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "wholeBytes", {"start":{"line":20,"column":58},"end":{"line":20,"column":68}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (local.set $differences (f32x4.sub (v128.load (i32.add (local.get $x) (local.get $at)))\n        (v128.load (i32.add (local.get $target) (local.get $at)))))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":23,"column":0},"end":{"line":25,"column":7}}})) != null ? stack1 : "")
    + "      (local.set $sums (f32x4.add (local.get $sums) (f32x4.mul (local.get $differences) (local.get $differences))))\n      (local.set $at (i32.add (local.get $at) (i32.const 16)))\n      (br $vectors)))\n    (local.set $sum (f32.add\n      (f32.add (f32x4.extract_lane 0 (local.get $sums)) (f32x4.extract_lane 1 (local.get $sums)))\n      (f32.add (f32x4.extract_lane 2 (local.get $sums)) (f32x4.extract_lane 3 (local.get $sums)))))\n    (block $whole (loop $lanes\n      (br_if $whole (i32.ge_u (local.get $at) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":33,"column":59},"end":{"line":33,"column":64}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (local.set $difference (f32.sub (f32.load (i32.add (local.get $x) (local.get $at)))\n        (f32.load (i32.add (local.get $target) (local.get $at)))))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":36,"column":0},"end":{"line":38,"column":7}}})) != null ? stack1 : "")
    + "      (local.set $sum (f32.add (local.get $sum) (f32.mul (local.get $difference) (local.get $difference))))\n      (local.set $at (i32.add (local.get $at) (i32.const 4)))\n      (br $lanes)))\n    (f32.store (i32.add (i32.load offset=8 (local.get $args)) (i32.shl (local.get $row) (i32.const 2)))\n      (f32.mul (local.get $sum) (f32.const "
    + ((stack1 = alias2(alias1(depth0, "share", {"start":{"line":43,"column":45},"end":{"line":43,"column":50}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $row (i32.add (local.get $row) (i32.const 1)))\n    (br $rows))))\n";
},"useData":true}],
  ["wasm/module", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "(elem (i32.const 0) func "
    + ((stack1 = container.lambda(container.strict(depth0, "kernelNames", {"start":{"line":7,"column":27},"end":{"line":7,"column":38}} ), depth0)) != null ? stack1 : "")
    + ")\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "(module\n(import \"env\" \"memory\" (memory 1 "
    + ((stack1 = alias2(alias1(depth0, "maximumPages", {"start":{"line":2,"column":35},"end":{"line":2,"column":47}} ), depth0)) != null ? stack1 : "")
    + " shared))\n(import \"env\" \"now\" (func $now (result f64)))\n(type $kernel (func (param i32 i32 i32)))\n(table (export \"kernels\") "
    + ((stack1 = alias2(alias1(depth0, "kernelCount", {"start":{"line":5,"column":28},"end":{"line":5,"column":39}} ), depth0)) != null ? stack1 : "")
    + " funcref)\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"hasKernels"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":6,"column":0},"end":{"line":8,"column":7}}})) != null ? stack1 : "")
    + ";; Each thread has an instance of its own, so these are the calling thread's.\n(global $scratch (export \"scratch\") (mut i32) (i32.const 0))\n(global $times (export \"times\") (mut i32) (i32.const 0))\n\n;; Waits until every thread is here; 0 if one of them failed. The last one to come readies the launch's counter for\n;; its next run. The generation is read before the abort word, and written after it by a failing thread: no wait is\n;; missed. Spinning must outlast a wake-up, or threads put each other to sleep in turns.\n(func $barrier (param $threads i32) (param $record i32) (result i32)\n  (local $generation i32) (local $spins i32)\n  (local.set $generation (i32.atomic.load (i32.const "
    + ((stack1 = alias2(alias1(depth0, "generation", {"start":{"line":18,"column":55},"end":{"line":18,"column":65}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (if (i32.atomic.load (i32.const "
    + ((stack1 = alias2(alias1(depth0, "abort", {"start":{"line":19,"column":36},"end":{"line":19,"column":41}} ), depth0)) != null ? stack1 : "")
    + ")) (then (return (i32.const 0))))\n  (if (i32.eq (i32.add (i32.atomic.rmw.add (i32.const "
    + ((stack1 = alias2(alias1(depth0, "arrived", {"start":{"line":20,"column":56},"end":{"line":20,"column":63}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const 1)) (i32.const 1)) (local.get $threads))\n    (then\n      (i32.atomic.store (i32.const "
    + ((stack1 = alias2(alias1(depth0, "arrived", {"start":{"line":22,"column":37},"end":{"line":22,"column":44}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const 0))\n      (i32.atomic.store (local.get $record) (i32.const 0))\n      (drop (i32.atomic.rmw.add (i32.const "
    + ((stack1 = alias2(alias1(depth0, "generation", {"start":{"line":24,"column":45},"end":{"line":24,"column":55}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const 1)))\n      (if (i32.atomic.load (i32.const "
    + ((stack1 = alias2(alias1(depth0, "waiters", {"start":{"line":25,"column":40},"end":{"line":25,"column":47}} ), depth0)) != null ? stack1 : "")
    + ")) (then\n        (drop (memory.atomic.notify (i32.const "
    + ((stack1 = alias2(alias1(depth0, "generation", {"start":{"line":26,"column":49},"end":{"line":26,"column":59}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const -1))))))\n    (else\n      (local.set $spins (i32.load (i32.const "
    + ((stack1 = alias2(alias1(depth0, "spins", {"start":{"line":28,"column":47},"end":{"line":28,"column":52}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (block $released\n        (loop $spin\n          (br_if $released (i32.ne (i32.atomic.load (i32.const "
    + ((stack1 = alias2(alias1(depth0, "generation", {"start":{"line":31,"column":65},"end":{"line":31,"column":75}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $generation)))\n          (local.set $spins (i32.sub (local.get $spins) (i32.const 1)))\n          (br_if $spin (i32.gt_s (local.get $spins) (i32.const 0))))\n        (drop (i32.atomic.rmw.add (i32.const "
    + ((stack1 = alias2(alias1(depth0, "waiters", {"start":{"line":34,"column":47},"end":{"line":34,"column":54}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const 1)))\n        (loop $sleep\n          (drop (memory.atomic.wait32 (i32.const "
    + ((stack1 = alias2(alias1(depth0, "generation", {"start":{"line":36,"column":51},"end":{"line":36,"column":61}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $generation) (i64.const -1)))\n          (br_if $sleep (i32.eq (i32.atomic.load (i32.const "
    + ((stack1 = alias2(alias1(depth0, "generation", {"start":{"line":37,"column":62},"end":{"line":37,"column":72}} ), depth0)) != null ? stack1 : "")
    + ")) (local.get $generation))))\n        (drop (i32.atomic.rmw.sub (i32.const "
    + ((stack1 = alias2(alias1(depth0, "waiters", {"start":{"line":38,"column":47},"end":{"line":38,"column":54}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const 1))))))\n  (i32.eqz (i32.atomic.load (i32.const "
    + ((stack1 = alias2(alias1(depth0, "abort", {"start":{"line":39,"column":41},"end":{"line":39,"column":46}} ), depth0)) != null ? stack1 : "")
    + "))))\n\n;; Adds the milliseconds since $start, and one call, to an entry of the thread's table.\n(func $add_time (param $entry i32) (param $start f64)\n  (local.set $entry (i32.add (global.get $times) (local.get $entry)))\n  (f64.store (local.get $entry)\n    (f64.add (f64.load (local.get $entry)) (f64.sub (call $now) (local.get $start))))\n  (f64.store offset=8 (local.get $entry) (f64.add (f64.load offset=8 (local.get $entry)) (f64.const 1))))\n";
},"useData":true}],
  ["wasm/outer", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (call $copy_columns (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tailStep", {"start":{"line":13,"column":57},"end":{"line":13,"column":65}} ), depth0)) != null ? stack1 : "")
    + ") (i32.add (local.get $dw) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tailOffset", {"start":{"line":13,"column":107},"end":{"line":13,"column":117}} ), depth0)) != null ? stack1 : "")
    + "))\n    (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dwStep", {"start":{"line":14,"column":17},"end":{"line":14,"column":23}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $rows) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tailBytes", {"start":{"line":14,"column":58},"end":{"line":14,"column":67}} ), depth0)) != null ? stack1 : "")
    + "))\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (call $copy_columns (i32.add (local.get $dw) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tailOffset", {"start":{"line":34,"column":60},"end":{"line":34,"column":70}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dwStep", {"start":{"line":34,"column":88},"end":{"line":34,"column":94}} ), depth0)) != null ? stack1 : "")
    + ") (global.get $scratch)\n    (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tailStep", {"start":{"line":35,"column":17},"end":{"line":35,"column":25}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $rows) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tailBytes", {"start":{"line":35,"column":60},"end":{"line":35,"column":69}} ), depth0)) != null ? stack1 : "")
    + "))\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  (call "
    + ((stack1 = container.lambda(container.strict(depth0, "tailPanel", {"start":{"line":50,"column":10},"end":{"line":50,"column":19}} ), depth0)) != null ? stack1 : "")
    + " (local.get $a) (local.get $b) (global.get $scratch) (global.get $scratch) (local.get $k) (local.get $rows))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $a i32) (local $b i32) (local $dw i32) (local $pair i32) (local $lastPair i32)\n  (local $row i32) (local $k i32) (local $rows i32) (local $out i32)\n  (local.set $out (i32.mul (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "taskRows", {"start":{"line":5,"column":58},"end":{"line":5,"column":66}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $rows (call $min (i32.const "
    + ((stack1 = alias2(alias1(depth0, "taskRows", {"start":{"line":6,"column":43},"end":{"line":6,"column":51}} ), depth0)) != null ? stack1 : "")
    + ") (i32.sub (i32.const "
    + ((stack1 = alias2(alias1(depth0, "out", {"start":{"line":6,"column":77},"end":{"line":6,"column":80}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $out))))\n  (local.set $a (i32.add (i32.load (local.get $args)) (i32.mul (local.get $out) (i32.const 4))))\n  (local.set $b (i32.load offset=4 (local.get $args)))\n  (local.set $dw (i32.add (i32.load offset=8 (local.get $args)) (i32.mul (local.get $out) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dwStep", {"start":{"line":9,"column":103},"end":{"line":9,"column":109}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (if (i32.eqz (i32.load offset=16 (local.get $args))) (then\n    (memory.fill (local.get $dw) (i32.const 0) (i32.mul (local.get $rows) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dwStep", {"start":{"line":11,"column":87},"end":{"line":11,"column":93}} ), depth0)) != null ? stack1 : "")
    + ")))))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"hasTail"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":12,"column":0},"end":{"line":15,"column":7}}})) != null ? stack1 : "")
    + "  (local.set $pair (i32.load offset=12 (local.get $args)))\n  (local.set $lastPair (i32.add (local.get $pair) (i32.shl (i32.load (local.get $pair)) (i32.const 3))))\n  (block $done (loop $segments\n    (br_if $done (i32.ge_u (local.get $pair) (local.get $lastPair)))\n    (local.set $row (i32.load offset=4 (local.get $pair)))\n    (block $next (loop $chunks\n      (local.set $k (i32.sub (i32.load offset=8 (local.get $pair)) (local.get $row)))\n      (br_if $next (i32.le_s (local.get $k) (i32.const 0)))\n      (local.set $k (call $min (local.get $k) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "chunkRows", {"start":{"line":24,"column":59},"end":{"line":24,"column":68}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":25,"column":15},"end":{"line":25,"column":19}} ), depth0)) != null ? stack1 : "")
    + "_chunk\n        (i32.add (local.get $a) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "aStep", {"start":{"line":26,"column":71},"end":{"line":26,"column":76}} ), depth0)) != null ? stack1 : "")
    + ")))\n        (i32.add (local.get $b) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bStep", {"start":{"line":27,"column":71},"end":{"line":27,"column":76}} ), depth0)) != null ? stack1 : "")
    + ")))\n        (local.get $dw) (local.get $k) (local.get $rows))\n      (local.set $row (i32.add (local.get $row) (local.get $k)))\n      (br $chunks)))\n    (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n    (br $segments)))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"hasTail"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":33,"column":0},"end":{"line":36,"column":7}}})) != null ? stack1 : "")
    + ")\n\n;; One chunk of rows into every panel of dw; what is narrower than a panel gathers in scratch.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":40,"column":9},"end":{"line":40,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_chunk (param $a i32) (param $b i32) (param $dw i32) (param $k i32) (param $rows i32)\n  (local $last i32)\n  (local.set $last (i32.add (local.get $b) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tailOffset", {"start":{"line":42,"column":56},"end":{"line":42,"column":66}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (block $done (loop $panels\n    (br_if $done (i32.ge_u (local.get $b) (local.get $last)))\n    (call "
    + ((stack1 = alias2(alias1(depth0, "panel", {"start":{"line":45,"column":12},"end":{"line":45,"column":17}} ), depth0)) != null ? stack1 : "")
    + " (local.get $a) (local.get $b) (local.get $dw) (local.get $dw) (local.get $k) (local.get $rows))\n    (local.set $b (i32.add (local.get $b) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tailStep", {"start":{"line":46,"column":55},"end":{"line":46,"column":63}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $dw (i32.add (local.get $dw) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tailStep", {"start":{"line":47,"column":57},"end":{"line":47,"column":65}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br $panels)))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"hasTail"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":49,"column":0},"end":{"line":51,"column":7}}})) != null ? stack1 : "")
    + ")\n";
},"useData":true}],
  ["wasm/pack", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (call $pack_turned (local.get $source) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "laneStep", {"start":{"line":12,"column":54},"end":{"line":12,"column":62}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $packed) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "wholeK", {"start":{"line":12,"column":99},"end":{"line":12,"column":105}} ), depth0)) != null ? stack1 : "")
    + "))\n  (call $pack_lanes (i32.add (local.get $source) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "wholeSource", {"start":{"line":13,"column":62},"end":{"line":13,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "laneStep", {"start":{"line":13,"column":91},"end":{"line":13,"column":99}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kStep", {"start":{"line":13,"column":116},"end":{"line":13,"column":121}} ), depth0)) != null ? stack1 : "")
    + ")\n    (i32.add (local.get $packed) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "wholePacked", {"start":{"line":14,"column":46},"end":{"line":14,"column":57}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "restK", {"start":{"line":14,"column":75},"end":{"line":14,"column":80}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panel", {"start":{"line":14,"column":97},"end":{"line":14,"column":102}} ), depth0)) != null ? stack1 : "")
    + "))\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (call $copy_columns (local.get $packed) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panelBytes", {"start":{"line":16,"column":55},"end":{"line":16,"column":65}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $source) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kStep", {"start":{"line":16,"column":102},"end":{"line":16,"column":107}} ), depth0)) != null ? stack1 : "")
    + ")\n    (i32.const "
    + ((stack1 = alias2(alias1(depth0, "k", {"start":{"line":17,"column":17},"end":{"line":17,"column":18}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panelBytes", {"start":{"line":17,"column":35},"end":{"line":17,"column":45}} ), depth0)) != null ? stack1 : "")
    + "))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $source i32) (local $packed i32) (local $lanes i32)\n  (local.set $source (i32.add (i32.load (local.get $args)) (i32.mul (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panelStep", {"start":{"line":4,"column":99},"end":{"line":4,"column":108}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $packed (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "packedStep", {"start":{"line":5,"column":108},"end":{"line":5,"column":118}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $lanes (i32.sub (i32.const "
    + ((stack1 = alias2(alias1(depth0, "n", {"start":{"line":6,"column":42},"end":{"line":6,"column":43}} ), depth0)) != null ? stack1 : "")
    + ") (i32.mul (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panel", {"start":{"line":6,"column":87},"end":{"line":6,"column":92}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (if (i32.lt_s (local.get $lanes) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "panel", {"start":{"line":7,"column":48},"end":{"line":7,"column":53}} ), depth0)) != null ? stack1 : "")
    + ")) (then\n    (call $pack_lanes (local.get $source) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "laneStep", {"start":{"line":8,"column":55},"end":{"line":8,"column":63}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const "
    + ((stack1 = alias2(alias1(depth0, "kStep", {"start":{"line":8,"column":80},"end":{"line":8,"column":85}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $packed)\n      (i32.const "
    + ((stack1 = alias2(alias1(depth0, "k", {"start":{"line":9,"column":19},"end":{"line":9,"column":20}} ), depth0)) != null ? stack1 : "")
    + ") (local.get $lanes))\n    (return)))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"transposed"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.program(1, data, 0),"data":data,"loc":{"start":{"line":11,"column":0},"end":{"line":18,"column":7}}})) != null ? stack1 : "")
    + ")\n";
},"useData":true}],
  ["wasm/panel", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (if (i32.and (local.get $rows) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":13,"column":46},"end":{"line":13,"column":50}} ), depth0)) != null ? stack1 : "")
    + ")) (then\n    (call "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":14,"column":12},"end":{"line":14,"column":17}} ), depth0)) != null ? stack1 : "")
    + " (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $k))\n    (local.set $a (i32.add (local.get $a) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "aStep", {"start":{"line":15,"column":55},"end":{"line":15,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $c (i32.add (local.get $c) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "cStep", {"start":{"line":16,"column":55},"end":{"line":16,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $d (i32.add (local.get $d) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dStep", {"start":{"line":17,"column":55},"end":{"line":17,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")))))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":8},"end":{"line":2,"column":12}} ), depth0)) != null ? stack1 : "")
    + " (param $a i32) (param $b i32) (param $c i32) (param $d i32) (param $k i32) (param $rows i32)\n  (block $done\n    (loop $next\n      (br_if $done (i32.lt_s (local.get $rows) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":5,"column":60},"end":{"line":5,"column":64}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (call "
    + ((stack1 = alias2(alias1(depth0, "strip", {"start":{"line":6,"column":14},"end":{"line":6,"column":19}} ), depth0)) != null ? stack1 : "")
    + " (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $k))\n      (local.set $a (i32.add (local.get $a) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "aStep", {"start":{"line":7,"column":57},"end":{"line":7,"column":62}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (local.set $c (i32.add (local.get $c) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "cStep", {"start":{"line":8,"column":57},"end":{"line":8,"column":62}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (local.set $d (i32.add (local.get $d) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dStep", {"start":{"line":9,"column":57},"end":{"line":9,"column":62}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (local.set $rows (i32.sub (local.get $rows) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":10,"column":63},"end":{"line":10,"column":67}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (br $next)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"rests"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":12,"column":0},"end":{"line":18,"column":9}}})) != null ? stack1 : "")
    + ")\n";
},"useData":true}],
  ["wasm/rms_norm_dw", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $row i32) (local $end i32) (local $pair i32) (local $lastPair i32) (local $head i32) (local $x i32) (local $dy i32)\n  (call $zero_row (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "scratchBytes", {"start":{"line":4,"column":53},"end":{"line":4,"column":65}} ), depth0)) != null ? stack1 : "")
    + "))\n  (local.set $pair (i32.load offset=12 (local.get $args)))\n  (local.set $lastPair (i32.add (local.get $pair) (i32.shl (i32.load (local.get $pair)) (i32.const 3))))\n  (block $done (loop $segments\n    (br_if $done (i32.ge_u (local.get $pair) (local.get $lastPair)))\n    (local.set $row (i32.load offset=4 (local.get $pair)))\n    (local.set $end (i32.load offset=8 (local.get $pair)))\n    (block $next (loop $rows\n      (br_if $next (i32.ge_s (local.get $row) (local.get $end)))\n      (local.set $dy (i32.add (i32.load (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "dyBytes", {"start":{"line":13,"column":98},"end":{"line":13,"column":105}} ), depth0)) != null ? stack1 : "")
    + "))))\n      (local.set $x (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "xBytes", {"start":{"line":14,"column":106},"end":{"line":14,"column":112}} ), depth0)) != null ? stack1 : "")
    + "))))\n      (local.set $head (i32.const "
    + ((stack1 = alias2(alias1(depth0, "heads", {"start":{"line":15,"column":36},"end":{"line":15,"column":41}} ), depth0)) != null ? stack1 : "")
    + "))\n      (loop $heads\n        (call $row_add_product (global.get $scratch) (local.get $dy) (local.get $x) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":17,"column":97},"end":{"line":17,"column":102}} ), depth0)) != null ? stack1 : "")
    + ")\n          (f32.div (f32.const 1) (f32.sqrt (f32.add (f32.const "
    + ((stack1 = alias2(alias1(depth0, "eps", {"start":{"line":18,"column":65},"end":{"line":18,"column":68}} ), depth0)) != null ? stack1 : "")
    + ") (f32.mul (f32.const "
    + ((stack1 = alias2(alias1(depth0, "reciprocal", {"start":{"line":18,"column":94},"end":{"line":18,"column":104}} ), depth0)) != null ? stack1 : "")
    + ")\n            (call $row_dot (local.get $x) (local.get $x) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":19,"column":70},"end":{"line":19,"column":75}} ), depth0)) != null ? stack1 : "")
    + ")))))))\n        (local.set $dy (i32.add (local.get $dy) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":20,"column":61},"end":{"line":20,"column":66}} ), depth0)) != null ? stack1 : "")
    + ")))\n        (local.set $x (i32.add (local.get $x) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":21,"column":59},"end":{"line":21,"column":64}} ), depth0)) != null ? stack1 : "")
    + ")))\n        (br_if $heads (local.tee $head (i32.sub (local.get $head) (i32.const 1)))))\n      (local.set $row (i32.add (local.get $row) (i32.const 1)))\n      (br $rows)))\n    (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n    (br $segments)))\n  (call $copy_row (i32.load offset=8 (local.get $args)) (global.get $scratch) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":27,"column":91},"end":{"line":27,"column":96}} ), depth0)) != null ? stack1 : "")
    + ")))\n";
},"useData":true}],
  ["wasm/rope", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $row i32) (local $end i32) (local $head i32) (local $angle i32)\n  (local $x i32) (local $y i32) (local $cosine i32) (local $sine i32)\n  (local $a "
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":5,"column":14},"end":{"line":5,"column":18}} ), depth0)) != null ? stack1 : "")
    + ") (local $b "
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":5,"column":34},"end":{"line":5,"column":38}} ), depth0)) != null ? stack1 : "")
    + ") (local $c "
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":5,"column":54},"end":{"line":5,"column":58}} ), depth0)) != null ? stack1 : "")
    + ") (local $s "
    + ((stack1 = alias2(alias1(depth0, "type", {"start":{"line":5,"column":74},"end":{"line":5,"column":78}} ), depth0)) != null ? stack1 : "")
    + ")\n  (local.set $row (local.get $first))\n  (local.set $end (i32.add (local.get $first) (local.get $count)))\n  (block $done (loop $rows\n    (br_if $done (i32.ge_s (local.get $row) (local.get $end)))\n    (local.set $x (i32.add (i32.load (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "xBytes", {"start":{"line":10,"column":95},"end":{"line":10,"column":101}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $y (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":11,"column":104},"end":{"line":11,"column":110}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $angle (i32.mul (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tableBytes", {"start":{"line":12,"column":44},"end":{"line":12,"column":54}} ), depth0)) != null ? stack1 : "")
    + ")\n      (i32.load (i32.add (i32.load offset=8 (local.get $args)) (i32.shl (local.get $row) (i32.const 2))))))\n    (local.set $cosine (i32.add (i32.load offset=12 (local.get $args)) (local.get $angle)))\n    (local.set $sine (i32.add (i32.load offset=16 (local.get $args)) (local.get $angle)))\n    (local.set $head (i32.const "
    + ((stack1 = alias2(alias1(depth0, "heads", {"start":{"line":16,"column":34},"end":{"line":16,"column":39}} ), depth0)) != null ? stack1 : "")
    + "))\n    (loop $heads\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":18,"column":0},"end":{"line":20,"column":9}}})) != null ? stack1 : "")
    + "      (local.set $x (i32.add (local.get $x) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":21,"column":57},"end":{"line":21,"column":66}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (local.set $y (i32.add (local.get $y) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "headBytes", {"start":{"line":22,"column":57},"end":{"line":22,"column":66}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (br_if $heads (local.tee $head (i32.sub (local.get $head) (i32.const 1)))))\n    (local.set $row (i32.add (local.get $row) (i32.const 1)))\n    (br $rows))))\n";
},"useData":true}],
  ["wasm/route", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (local.set $slot (call "
    + ((stack1 = alias2(alias1(depth0, "function", {"start":{"line":6,"column":27},"end":{"line":6,"column":35}} ), depth0)) != null ? stack1 : "")
    + " (i32.load (local.get $args)) (i32.load offset=4 (local.get $args))\n    (i32.load offset=8 (local.get $args)) (i32.add (local.get $starts) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "startsBytes", {"start":{"line":7,"column":84},"end":{"line":7,"column":95}} ), depth0)) != null ? stack1 : "")
    + "))\n    (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "segments", {"start":{"line":8,"column":23},"end":{"line":8,"column":31}} ), depth0)) != null ? stack1 : "")
    + " (local.get $args)) (local.get $slot)))\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (i32.store offset="
    + ((stack1 = alias2(alias1(depth0, "offset", {"start":{"line":14,"column":22},"end":{"line":14,"column":28}} ), depth0)) != null ? stack1 : "")
    + " (local.get $lists) "
    + ((stack1 = alias2(alias1(depth0, "value", {"start":{"line":14,"column":52},"end":{"line":14,"column":57}} ), depth0)) != null ? stack1 : "")
    + ")\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; A pool whose tokens choose. A first walk marks what each of them takes and counts; with the counts added up, a second\n;; one hands out rows. Gives the first row behind the pool's.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":41,"column":9},"end":{"line":41,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_pool (param $p i32) (param $source i32) (param $slots i32) (param $starts i32) (param $segments i32)\n  (param $slot i32) (result i32)\n  (local $pair i32) (local $lastPair i32) (local $row i32) (local $end i32) (local $expert i32) (local $count i32)\n  (local $first i32)\n  (local.set $first (local.get $slot))\n  (memory.fill (local.get $starts) (i32.const 0) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":46,"column":62},"end":{"line":46,"column":71}} ), depth0)) != null ? stack1 : "")
    + "))\n  (local.set $lastPair (i32.add (local.get $segments) (i32.shl (i32.load (local.get $segments)) (i32.const 3))))\n  (local.set $pair (local.get $segments))\n  (block $marked (loop $ranges\n    (br_if $marked (i32.ge_u (local.get $pair) (local.get $lastPair)))\n    (local.set $row (i32.load offset=4 (local.get $pair)))\n    (local.set $end (i32.load offset=8 (local.get $pair)))\n    (block $next (loop $tokens\n      (br_if $next (i32.ge_s (local.get $row) (local.get $end)))\n      (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":55,"column":15},"end":{"line":55,"column":19}} ), depth0)) != null ? stack1 : "")
    + "_mark (i32.add (local.get $p) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "pBytes", {"start":{"line":55,"column":90},"end":{"line":55,"column":96}} ), depth0)) != null ? stack1 : "")
    + ")))\n        (i32.add (local.get $slots) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":56,"column":75},"end":{"line":56,"column":84}} ), depth0)) != null ? stack1 : "")
    + "))) (local.get $starts))\n      (local.set $row (i32.add (local.get $row) (i32.const 1)))\n      (br $tokens)))\n    (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n    (br $ranges)))\n  (loop $sums\n    (local.set $count (i32.load (i32.add (local.get $starts) (local.get $expert))))\n    (i32.store (i32.add (local.get $starts) (local.get $expert)) (local.get $slot))\n    (local.set $slot (i32.add (local.get $slot) (local.get $count)))\n    (br_if $sums (i32.lt_s (local.tee $expert (i32.add (local.get $expert) (i32.const 4))) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":65,"column":104},"end":{"line":65,"column":113}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $pair (local.get $segments))\n  (block $placed (loop $ranges\n    (br_if $placed (i32.ge_u (local.get $pair) (local.get $lastPair)))\n    (local.set $row (i32.load offset=4 (local.get $pair)))\n    (local.set $end (i32.load offset=8 (local.get $pair)))\n    (block $next (loop $tokens\n      (br_if $next (i32.ge_s (local.get $row) (local.get $end)))\n      (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":73,"column":15},"end":{"line":73,"column":19}} ), depth0)) != null ? stack1 : "")
    + "_place (local.get $row) (local.get $source)\n        (i32.add (local.get $slots) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":74,"column":75},"end":{"line":74,"column":84}} ), depth0)) != null ? stack1 : "")
    + "))) (local.get $starts))\n      (local.set $row (i32.add (local.get $row) (i32.const 1)))\n      (br $tokens)))\n    (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n    (br $ranges)))\n  ;; Each group's place has moved to its end, where the next one begins.\n  (memory.copy (i32.add (local.get $starts) (i32.const 4)) (local.get $starts) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "lastBytes", {"start":{"line":80,"column":92},"end":{"line":80,"column":101}} ), depth0)) != null ? stack1 : "")
    + "))\n  (i32.store (local.get $starts) (local.get $first))\n  (local.get $slot))\n\n;; Marks the "
    + ((stack1 = alias2(alias1(depth0, "top", {"start":{"line":84,"column":15},"end":{"line":84,"column":18}} ), depth0)) != null ? stack1 : "")
    + " highest weights of a token with 0, the others with −1; of equal ones the lower expert goes first.\n;; Weights are not negative, so their bits are in the same order.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":86,"column":9},"end":{"line":86,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_mark (param $p i32) (param $slots i32) (param $counts i32)\n  (local $turn i32) (local $at i32) (local $best i32)\n  (memory.fill (local.get $slots) (i32.const 255) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":88,"column":63},"end":{"line":88,"column":72}} ), depth0)) != null ? stack1 : "")
    + "))\n  (loop $turns\n    (local.set $best (i32.const -1))\n    (local.set $at (i32.const 0))\n    (loop $experts\n      (if (i32.load (i32.add (local.get $slots) (local.get $at))) (then\n        (if (i32.or (i32.lt_s (local.get $best) (i32.const 0))\n            (i32.gt_u (i32.load (i32.add (local.get $p) (local.get $at)))\n              (i32.load (i32.add (local.get $p) (local.get $best)))))\n          (then (local.set $best (local.get $at))))))\n      (br_if $experts (i32.lt_s (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":98,"column":101},"end":{"line":98,"column":110}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (i32.store (i32.add (local.get $slots) (local.get $best)) (i32.const 0))\n    (local.set $at (i32.add (local.get $counts) (local.get $best)))\n    (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))\n    (br_if $turns (i32.lt_s (local.tee $turn (i32.add (local.get $turn) (i32.const 1))) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "top", {"start":{"line":102,"column":101},"end":{"line":102,"column":104}} ), depth0)) != null ? stack1 : "")
    + ")))))\n\n;; Gives a token the next row of every expert that it has marked.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":105,"column":9},"end":{"line":105,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_place (param $row i32) (param $source i32) (param $slots i32) (param $starts i32)\n  (local $last i32) (local $slot i32)\n  (local.set $last (i32.add (local.get $slots) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":107,"column":60},"end":{"line":107,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (loop $experts\n    (if (i32.eqz (i32.load (local.get $slots))) (then\n      (local.set $slot (i32.load (local.get $starts)))\n      (i32.store (local.get $slots) (local.get $slot))\n      (i32.store (i32.add (local.get $source) (i32.shl (local.get $slot) (i32.const 2))) (local.get $row))\n      (i32.store (local.get $starts) (i32.add (local.get $slot) (i32.const 1)))))\n    (local.set $starts (i32.add (local.get $starts) (i32.const 4)))\n    (br_if $experts (i32.lt_u (local.tee $slots (i32.add (local.get $slots) (i32.const 4))) (local.get $last)))))\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; A pool whose experts choose: each takes as many tokens as make up for all of them, those with its highest weights;\n;; of equal ones the earlier rows. Gives the first row behind the pool's.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":119,"column":9},"end":{"line":119,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_pool (param $p i32) (param $source i32) (param $slots i32) (param $starts i32) (param $segments i32)\n  (param $slot i32) (result i32)\n  (local $pair i32) (local $lastPair i32) (local $tokens i32) (local $taken i32) (local $expert i32)\n  (local.set $pair (local.get $segments))\n  (local.set $lastPair (i32.add (local.get $segments) (i32.shl (i32.load (local.get $segments)) (i32.const 3))))\n  (block $counted (loop $ranges\n    (br_if $counted (i32.ge_u (local.get $pair) (local.get $lastPair)))\n    (local.set $tokens (i32.add (local.get $tokens)\n      (i32.sub (i32.load offset=8 (local.get $pair)) (i32.load offset=4 (local.get $pair)))))\n    (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n    (br $ranges)))\n  (local.set $taken (i32.div_u (i32.add (local.get $tokens) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "lessOne", {"start":{"line":130,"column":73},"end":{"line":130,"column":80}} ), depth0)) != null ? stack1 : "")
    + ")) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":130,"column":98},"end":{"line":130,"column":105}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (loop $experts\n    (i32.store (local.get $starts) (local.get $slot))\n    (if (local.get $taken) (then\n      (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":134,"column":15},"end":{"line":134,"column":19}} ), depth0)) != null ? stack1 : "")
    + "_choose (i32.add (local.get $p) (local.get $expert)) (local.get $source)\n        (i32.add (local.get $slots) (local.get $expert)) (local.get $segments) (local.get $slot) (local.get $taken))))\n    (local.set $slot (i32.add (local.get $slot) (local.get $taken)))\n    (local.set $starts (i32.add (local.get $starts) (i32.const 4)))\n    (br_if $experts (i32.lt_s (local.tee $expert (i32.add (local.get $expert) (i32.const 4))) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":138,"column":107},"end":{"line":138,"column":116}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.get $slot))\n\n;; One expert's tokens, in their order. Weights are not negative, so their bits are in the same order: a threshold is\n;; found bit by bit, the highest that $taken weights reach. Until they are replaced, the bits stand in the slots.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":143,"column":9},"end":{"line":143,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_choose (param $p i32) (param $source i32) (param $slots i32) (param $segments i32) (param $slot i32)\n  (param $taken i32)\n  (local $pair i32) (local $lastPair i32) (local $at i32) (local $end i32) (local $threshold i32) (local $bit i32)\n  (local $key i32) (local $row i32) (local $ties i32)\n  (local.set $pair (local.get $segments))\n  (local.set $lastPair (i32.add (local.get $segments) (i32.shl (i32.load (local.get $segments)) (i32.const 3))))\n  (block $copied (loop $ranges\n    (br_if $copied (i32.ge_u (local.get $pair) (local.get $lastPair)))\n    (local.set $row (i32.load offset=4 (local.get $pair)))\n    (local.set $end (i32.load offset=8 (local.get $pair)))\n    (block $next (loop $tokens\n      (br_if $next (i32.ge_s (local.get $row) (local.get $end)))\n      (i32.store (i32.add (local.get $slots) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":155,"column":84},"end":{"line":155,"column":93}} ), depth0)) != null ? stack1 : "")
    + ")))\n        (i32.load (i32.add (local.get $p) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "pBytes", {"start":{"line":156,"column":81},"end":{"line":156,"column":87}} ), depth0)) != null ? stack1 : "")
    + ")))))\n      (local.set $row (i32.add (local.get $row) (i32.const 1)))\n      (br $tokens)))\n    (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n    (br $ranges)))\n  (local.set $bit (i32.const 0x80000000))\n  (loop $bits\n    (if (i32.ge_s (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":163,"column":27},"end":{"line":163,"column":31}} ), depth0)) != null ? stack1 : "")
    + "_reach (local.get $slots) (local.get $segments)\n          (i32.or (local.get $threshold) (local.get $bit))) (local.get $taken))\n      (then (local.set $threshold (i32.or (local.get $threshold) (local.get $bit)))))\n    (br_if $bits (local.tee $bit (i32.shr_u (local.get $bit) (i32.const 1)))))\n  ;; All that are above the threshold, and of those on it as many as are left.\n  (local.set $ties (local.get $taken))\n  (if (i32.ne (local.get $threshold) (i32.const -1)) (then\n    (local.set $ties (i32.sub (local.get $taken) (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":170,"column":58},"end":{"line":170,"column":62}} ), depth0)) != null ? stack1 : "")
    + "_reach (local.get $slots) (local.get $segments)\n      (i32.add (local.get $threshold) (i32.const 1)))))))\n  (local.set $pair (local.get $segments))\n  (block $placed (loop $ranges\n    (br_if $placed (i32.ge_u (local.get $pair) (local.get $lastPair)))\n    (local.set $row (i32.load offset=4 (local.get $pair)))\n    (local.set $end (i32.load offset=8 (local.get $pair)))\n    (block $next (loop $tokens\n      (br_if $next (i32.ge_s (local.get $row) (local.get $end)))\n      (local.set $at (i32.add (local.get $slots) (i32.mul (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":179,"column":88},"end":{"line":179,"column":97}} ), depth0)) != null ? stack1 : "")
    + "))))\n      (local.set $key (i32.load (local.get $at)))\n      (i32.store (local.get $at) (i32.const -1))\n      (if (i32.eq (local.get $key) (local.get $threshold)) (then\n        (local.set $ties (i32.sub (local.get $ties) (i32.const 1)))))\n      (if (i32.or (i32.gt_u (local.get $key) (local.get $threshold))\n          (i32.and (i32.eq (local.get $key) (local.get $threshold)) (i32.ge_s (local.get $ties) (i32.const 0)))) (then\n        (i32.store (local.get $at) (local.get $slot))\n        (i32.store (i32.add (local.get $source) (i32.shl (local.get $slot) (i32.const 2))) (local.get $row))\n        (local.set $slot (i32.add (local.get $slot) (i32.const 1)))))\n      (local.set $row (i32.add (local.get $row) (i32.const 1)))\n      (br $tokens)))\n    (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n    (br $ranges))))\n\n;; How many of the tokens' weights reach a threshold.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":195,"column":9},"end":{"line":195,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_reach (param $slots i32) (param $pair i32) (param $threshold i32) (result i32)\n  (local $lastPair i32) (local $at i32) (local $end i32) (local $count i32)\n  (local.set $lastPair (i32.add (local.get $pair) (i32.shl (i32.load (local.get $pair)) (i32.const 3))))\n  (block $done (loop $ranges\n    (br_if $done (i32.ge_u (local.get $pair) (local.get $lastPair)))\n    (local.set $at (i32.add (local.get $slots) (i32.mul (i32.load offset=4 (local.get $pair)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":200,"column":107},"end":{"line":200,"column":116}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (local.set $end (i32.add (local.get $slots) (i32.mul (i32.load offset=8 (local.get $pair)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":201,"column":108},"end":{"line":201,"column":117}} ), depth0)) != null ? stack1 : "")
    + "))))\n    (block $next (loop $tokens\n      (br_if $next (i32.ge_u (local.get $at) (local.get $end)))\n      (local.set $count (i32.add (local.get $count) (i32.ge_u (i32.load (local.get $at)) (local.get $threshold))))\n      (local.set $at (i32.add (local.get $at) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "slotBytes", {"start":{"line":205,"column":59},"end":{"line":205,"column":68}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (br $tokens)))\n    (local.set $pair (i32.add (local.get $pair) (i32.const 8)))\n    (br $ranges)))\n  (local.get $count))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $slot i32) (local $starts i32) (local $lists i32)\n  (local.set $starts (i32.load offset=12 (local.get $args)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"pools"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":5,"column":0},"end":{"line":9,"column":9}}})) != null ? stack1 : "")
    + "  (i32.store offset="
    + ((stack1 = alias2(alias1(depth0, "endBytes", {"start":{"line":10,"column":22},"end":{"line":10,"column":30}} ), depth0)) != null ? stack1 : "")
    + " (local.get $starts) (local.get $slot))\n  (call $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":11,"column":11},"end":{"line":11,"column":15}} ), depth0)) != null ? stack1 : "")
    + "_tiles (local.get $starts) (i32.load offset=16 (local.get $args)) (i32.load offset=20 (local.get $args)))\n  (local.set $lists (i32.load offset=24 (local.get $args)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"words"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":13,"column":0},"end":{"line":15,"column":9}}})) != null ? stack1 : "")
    + ")\n\n;; Tiles of every group, in order: first row, rows, group; then 0 and their number.\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":19,"column":9},"end":{"line":19,"column":13}} ), depth0)) != null ? stack1 : "")
    + "_tiles (param $starts i32) (param $tile i32) (param $tileStarts i32)\n  (local $group i32) (local $row i32) (local $left i32) (local $tiles i32)\n  (loop $groups\n    (local.set $row (i32.load (local.get $starts)))\n    (block $next (loop $rows\n      (local.set $left (i32.sub (i32.load offset=4 (local.get $starts)) (local.get $row)))\n      (br_if $next (i32.le_s (local.get $left) (i32.const 0)))\n      (i32.store (local.get $tile) (local.get $row))\n      (i32.store offset=4 (local.get $tile) (call $min (local.get $left) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tileRows", {"start":{"line":27,"column":86},"end":{"line":27,"column":94}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (i32.store offset=8 (local.get $tile) (local.get $group))\n      (local.set $tile (i32.add (local.get $tile) (i32.const 12)))\n      (local.set $tiles (i32.add (local.get $tiles) (i32.const 1)))\n      (local.set $row (i32.add (local.get $row) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tileRows", {"start":{"line":31,"column":61},"end":{"line":31,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (br $rows)))\n    (local.set $starts (i32.add (local.get $starts) (i32.const 4)))\n    (br_if $groups (i32.lt_s (local.tee $group (i32.add (local.get $group) (i32.const 1))) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":34,"column":104},"end":{"line":34,"column":110}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (i32.store (local.get $tileStarts) (i32.const 0))\n  (i32.store offset=4 (local.get $tileStarts) (local.get $tiles)))\n\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"byToken"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.program(3, data, 0),"data":data,"loc":{"start":{"line":38,"column":0},"end":{"line":210,"column":7}}})) != null ? stack1 : "");
},"useData":true}],
  ["wasm/row_program", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (local.set "
    + ((stack1 = alias2(alias1(depth0, "pointer", {"start":{"line":11,"column":15},"end":{"line":11,"column":22}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "argument", {"start":{"line":11,"column":53},"end":{"line":11,"column":61}} ), depth0)) != null ? stack1 : "")
    + " (local.get $args))\n    (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "rowBytes", {"start":{"line":12,"column":45},"end":{"line":12,"column":53}} ), depth0)) != null ? stack1 : "")
    + "))))\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"pointers"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":19,"column":0},"end":{"line":21,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"zeros"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":22,"column":0},"end":{"line":24,"column":9}}})) != null ? stack1 : "")
    + "      (local.set $trips (i32.const "
    + ((stack1 = container.lambda(container.strict(depth0, "loops", {"start":{"line":25,"column":37},"end":{"line":25,"column":42}} ), depth0)) != null ? stack1 : "")
    + "))\n      (block $left (loop $columns\n        (br_if $left (i32.eqz (local.get $trips)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"body"),{"name":"each","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":28,"column":0},"end":{"line":30,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"steps"),{"name":"each","hash":{},"fn":container.program(6, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":31,"column":0},"end":{"line":33,"column":9}}})) != null ? stack1 : "")
    + "        (local.set $trips (i32.sub (local.get $trips) (i32.const 1)))\n        (br $columns)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"rest"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":36,"column":0},"end":{"line":38,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"finish"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":39,"column":0},"end":{"line":41,"column":9}}})) != null ? stack1 : "");
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      (local.set "
    + ((stack1 = alias2(alias1(depth0, "pointer", {"start":{"line":20,"column":19},"end":{"line":20,"column":26}} ), depth0)) != null ? stack1 : "")
    + " (local.get "
    + ((stack1 = alias2(alias1(depth0, "base", {"start":{"line":20,"column":42},"end":{"line":20,"column":46}} ), depth0)) != null ? stack1 : "")
    + "))\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "        "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"6":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "        (local.set "
    + ((stack1 = alias2(alias1(depth0, "pointer", {"start":{"line":32,"column":21},"end":{"line":32,"column":28}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (local.get "
    + ((stack1 = alias2(alias1(depth0, "pointer", {"start":{"line":32,"column":53},"end":{"line":32,"column":60}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":32,"column":77},"end":{"line":32,"column":82}} ), depth0)) != null ? stack1 : "")
    + ")))\n";
},"7":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      (local.set "
    + ((stack1 = alias2(alias1(depth0, "pointer", {"start":{"line":44,"column":19},"end":{"line":44,"column":26}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (local.get "
    + ((stack1 = alias2(alias1(depth0, "pointer", {"start":{"line":44,"column":51},"end":{"line":44,"column":58}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":44,"column":75},"end":{"line":44,"column":80}} ), depth0)) != null ? stack1 : "")
    + ")))\n";
},"8":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    (local.set "
    + ((stack1 = alias2(alias1(depth0, "pointer", {"start":{"line":48,"column":17},"end":{"line":48,"column":24}} ), depth0)) != null ? stack1 : "")
    + " (i32.add (local.get "
    + ((stack1 = alias2(alias1(depth0, "pointer", {"start":{"line":48,"column":49},"end":{"line":48,"column":56}} ), depth0)) != null ? stack1 : "")
    + ") (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":48,"column":73},"end":{"line":48,"column":78}} ), depth0)) != null ? stack1 : "")
    + ")))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $part i32) (local $trips i32)\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"locals"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":4,"column":0},"end":{"line":6,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"constants"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":7,"column":0},"end":{"line":9,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"pointers"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":10,"column":0},"end":{"line":13,"column":9}}})) != null ? stack1 : "")
    + "  (block $done (loop $rows\n    (br_if $done (i32.le_s (local.get $count) (i32.const 0)))\n    (local.set $part (i32.const "
    + ((stack1 = alias2(alias1(depth0, "segments", {"start":{"line":16,"column":34},"end":{"line":16,"column":42}} ), depth0)) != null ? stack1 : "")
    + "))\n    (loop $parts\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"phases"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":18,"column":0},"end":{"line":42,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"partSteps"),{"name":"each","hash":{},"fn":container.program(7, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":43,"column":0},"end":{"line":45,"column":9}}})) != null ? stack1 : "")
    + "      (br_if $parts (local.tee $part (i32.sub (local.get $part) (i32.const 1)))))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"rowSteps"),{"name":"each","hash":{},"fn":container.program(8, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":47,"column":0},"end":{"line":49,"column":9}}})) != null ? stack1 : "")
    + "    (local.set $count (i32.sub (local.get $count) (i32.const 1)))\n    (br $rows))))\n";
},"useData":true}],
  ["wasm/rows", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), alias2=container.strict, alias3=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; Functions on one row, `bytes` long. Only $copy_row, $zero_row and $add_row keep to exactly these bytes; the others\n;; may touch up to the next multiple of 16 behind the row, and let nothing that stands there into a result.\n\n(func $copy_row (param $to i32) (param $from i32) (param $bytes i32)\n  (local $end i32) (local $whole i32)\n  (local.set $end (i32.add (local.get $to) (local.get $bytes)))\n  (local.set $whole (i32.add (local.get $to) (i32.and (local.get $bytes) (i32.const -16))))\n  (block $rest (loop $vectors\n    (br_if $rest (i32.ge_u (local.get $to) (local.get $whole)))\n    (v128.store (local.get $to) (v128.load (local.get $from)))\n    (local.set $to (i32.add (local.get $to) (i32.const 16)))\n    (local.set $from (i32.add (local.get $from) (i32.const 16)))\n    (br $vectors)))\n  (block $done (loop $lanes\n    (br_if $done (i32.ge_u (local.get $to) (local.get $end)))\n    (f32.store (local.get $to) (f32.load (local.get $from)))\n    (local.set $to (i32.add (local.get $to) (i32.const 4)))\n    (local.set $from (i32.add (local.get $from) (i32.const 4)))\n    (br $lanes))))\n\n(func $zero_row (param $to i32) (param $bytes i32)\n  (local $end i32) (local $whole i32)\n  (local.set $end (i32.add (local.get $to) (local.get $bytes)))\n  (local.set $whole (i32.add (local.get $to) (i32.and (local.get $bytes) (i32.const -16))))\n  (block $rest (loop $vectors\n    (br_if $rest (i32.ge_u (local.get $to) (local.get $whole)))\n    (v128.store (local.get $to) (v128.const f32x4 0 0 0 0))\n    (local.set $to (i32.add (local.get $to) (i32.const 16)))\n    (br $vectors)))\n  (block $done (loop $lanes\n    (br_if $done (i32.ge_u (local.get $to) (local.get $end)))\n    (f32.store (local.get $to) (f32.const 0))\n    (local.set $to (i32.add (local.get $to) (i32.const 4)))\n    (br $lanes))))\n\n(func $add_row (param $to i32) (param $from i32) (param $bytes i32)\n  (local $end i32) (local $whole i32)\n  (local.set $end (i32.add (local.get $to) (local.get $bytes)))\n  (local.set $whole (i32.add (local.get $to) (i32.and (local.get $bytes) (i32.const -16))))\n  (block $rest (loop $vectors\n    (br_if $rest (i32.ge_u (local.get $to) (local.get $whole)))\n    (v128.store (local.get $to) (f32x4.add (v128.load (local.get $to)) (v128.load (local.get $from))))\n    (local.set $to (i32.add (local.get $to) (i32.const 16)))\n    (local.set $from (i32.add (local.get $from) (i32.const 16)))\n    (br $vectors)))\n  (block $done (loop $lanes\n    (br_if $done (i32.ge_u (local.get $to) (local.get $end)))\n    (f32.store (local.get $to) (f32.add (f32.load (local.get $to)) (f32.load (local.get $from))))\n    (local.set $to (i32.add (local.get $to) (i32.const 4)))\n    (local.set $from (i32.add (local.get $from) (i32.const 4)))\n    (br $lanes))))\n\n;; Ones in the lanes that stand before `end`, for a vector at `x`.\n(func $lanes_before (param $x i32) (param $end i32) (result v128)\n  (i32x4.lt_s (v128.const i32x4 0 4 8 12) (i32x4.splat (i32.sub (local.get $end) (local.get $x)))))\n\n;; The largest number of a row; a NaN may be passed over, since whoever adds exponentials meets it again.\n(func $row_max (param $x i32) (param $bytes i32) (result f32)\n  (local $end i32) (local $whole i32) (local $m0 v128) (local $m1 v128)\n  (local.set $m0 (v128.const f32x4 -3.4e38 -3.4e38 -3.4e38 -3.4e38))\n  (local.set $m1 (local.get $m0))\n  (local.set $end (i32.add (local.get $x) (local.get $bytes)))\n  (local.set $whole (i32.add (local.get $x) (i32.and (local.get $bytes) (i32.const -32))))\n  (block $rest (loop $vectors\n    (br_if $rest (i32.ge_u (local.get $x) (local.get $whole)))\n    (local.set $m0 (f32x4.pmax (local.get $m0) (v128.load (local.get $x))))\n    (local.set $m1 (f32x4.pmax (local.get $m1) (v128.load offset=16 (local.get $x))))\n    (local.set $x (i32.add (local.get $x) (i32.const 32)))\n    (br $vectors)))\n  (block $done (loop $tail\n    (br_if $done (i32.ge_u (local.get $x) (local.get $end)))\n    (local.set $m0 (f32x4.pmax (local.get $m0) (v128.bitselect (v128.load (local.get $x)) (local.get $m0)\n      (call $lanes_before (local.get $x) (local.get $end)))))\n    (local.set $x (i32.add (local.get $x) (i32.const 16)))\n    (br $tail)))\n  (call $max_lanes (f32x4.pmax (local.get $m0) (local.get $m1))))\n\n;; y = e^(x − shift) where no x is above shift; y may be x. Gives the sum.\n(func $row_exp (param $x i32) (param $y i32) (param $bytes i32) (param $shift f32) (result f32)\n  (local $end i32) (local $whole i32) (local $by v128) (local $s0 v128) (local $s1 v128) (local $x0 v128) (local $x1 v128)\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"locals"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":81,"column":0},"end":{"line":83,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"constants"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":84,"column":0},"end":{"line":86,"column":9}}})) != null ? stack1 : "")
    + "  (local.set $by (f32x4.splat (local.get $shift)))\n  (local.set $end (i32.add (local.get $x) (local.get $bytes)))\n  (local.set $whole (i32.add (local.get $x) (i32.and (local.get $bytes) (i32.const -32))))\n  (block $rest (loop $vectors\n    (br_if $rest (i32.ge_u (local.get $x) (local.get $whole)))\n    (local.set $x0 (f32x4.sub (v128.load (local.get $x)) (local.get $by)))\n    (local.set $x1 (f32x4.sub (v128.load offset=16 (local.get $x)) (local.get $by)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(lookupProperty(depth0,"two"),"lines"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":94,"column":0},"end":{"line":96,"column":9}}})) != null ? stack1 : "")
    + "    (v128.store (local.get $y) "
    + ((stack1 = alias3(alias2(lookupProperty(depth0,"two"), "first", {"start":{"line":97,"column":33},"end":{"line":97,"column":42}} ), depth0)) != null ? stack1 : "")
    + ")\n    (v128.store offset=16 (local.get $y) "
    + ((stack1 = alias3(alias2(lookupProperty(depth0,"two"), "last", {"start":{"line":98,"column":43},"end":{"line":98,"column":51}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.set $s0 (f32x4.add (local.get $s0) "
    + ((stack1 = alias3(alias2(lookupProperty(depth0,"two"), "first", {"start":{"line":99,"column":48},"end":{"line":99,"column":57}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $s1 (f32x4.add (local.get $s1) "
    + ((stack1 = alias3(alias2(lookupProperty(depth0,"two"), "last", {"start":{"line":100,"column":48},"end":{"line":100,"column":56}} ), depth0)) != null ? stack1 : "")
    + "))\n    (local.set $x (i32.add (local.get $x) (i32.const 32)))\n    (local.set $y (i32.add (local.get $y) (i32.const 32)))\n    (br $vectors)))\n  (block $done (loop $tail\n    (br_if $done (i32.ge_u (local.get $x) (local.get $end)))\n    (local.set $x0 (f32x4.sub (v128.load (local.get $x)) (local.get $by)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(lookupProperty(depth0,"one"),"lines"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":107,"column":0},"end":{"line":109,"column":9}}})) != null ? stack1 : "")
    + "    (v128.store (local.get $y) "
    + ((stack1 = alias3(alias2(lookupProperty(depth0,"one"), "first", {"start":{"line":110,"column":33},"end":{"line":110,"column":42}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.set $s0 (f32x4.add (local.get $s0) (v128.and "
    + ((stack1 = alias3(alias2(lookupProperty(depth0,"one"), "first", {"start":{"line":111,"column":58},"end":{"line":111,"column":67}} ), depth0)) != null ? stack1 : "")
    + " (call $lanes_before (local.get $x) (local.get $end)))))\n    (local.set $x (i32.add (local.get $x) (i32.const 16)))\n    (local.set $y (i32.add (local.get $y) (i32.const 16)))\n    (br $tail)))\n  (call $sum_lanes (f32x4.add (local.get $s0) (local.get $s1))))\n\n;; The sum of e^(x − shift).\n(func $row_exp_sum (param $x i32) (param $bytes i32) (param $shift f32) (result f32)\n  (local $end i32) (local $by v128) (local $s0 v128) (local $x0 v128)\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"locals"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":120,"column":0},"end":{"line":122,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"constants"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":123,"column":0},"end":{"line":125,"column":9}}})) != null ? stack1 : "")
    + "  (local.set $by (f32x4.splat (local.get $shift)))\n  (local.set $end (i32.add (local.get $x) (local.get $bytes)))\n  (block $done (loop $vectors\n    (br_if $done (i32.ge_u (local.get $x) (local.get $end)))\n    (local.set $x0 (f32x4.sub (v128.load (local.get $x)) (local.get $by)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(lookupProperty(depth0,"one"),"lines"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":131,"column":0},"end":{"line":133,"column":9}}})) != null ? stack1 : "")
    + "    (local.set $s0 (f32x4.add (local.get $s0) (v128.and "
    + ((stack1 = alias3(alias2(lookupProperty(depth0,"one"), "first", {"start":{"line":134,"column":58},"end":{"line":134,"column":67}} ), depth0)) != null ? stack1 : "")
    + " (call $lanes_before (local.get $x) (local.get $end)))))\n    (local.set $x (i32.add (local.get $x) (i32.const 16)))\n    (br $vectors)))\n  (call $sum_lanes (local.get $s0)))\n\n;; y = x · by, or 0 where that is denormal: arithmetic on denormal numbers is a hundred times slower.\n(func $row_scale (param $y i32) (param $x i32) (param $bytes i32) (param $by f32)\n  (local $end i32) (local $factor v128) (local $z v128)\n  (local.set $factor (f32x4.splat (local.get $by)))\n  (local.set $end (i32.add (local.get $y) (local.get $bytes)))\n  (block $done (loop $vectors\n    (br_if $done (i32.ge_u (local.get $y) (local.get $end)))\n    (local.set $z (f32x4.mul (v128.load (local.get $x)) (local.get $factor)))\n    (v128.store (local.get $y) "
    + ((stack1 = alias3(alias2(depth0, "flushed", {"start":{"line":147,"column":33},"end":{"line":147,"column":40}} ), depth0)) != null ? stack1 : "")
    + ")\n    (local.set $x (i32.add (local.get $x) (i32.const 16)))\n    (local.set $y (i32.add (local.get $y) (i32.const 16)))\n    (br $vectors))))\n\n;; Σ x · y\n(func $row_dot (param $x i32) (param $y i32) (param $bytes i32) (result f32)\n  (local $end i32) (local $sum v128)\n  (local.set $end (i32.add (local.get $x) (local.get $bytes)))\n  (block $done (loop $vectors\n    (br_if $done (i32.ge_u (local.get $x) (local.get $end)))\n    (local.set $sum (f32x4.add (local.get $sum) (v128.and\n      (f32x4.mul (v128.load (local.get $x)) (v128.load (local.get $y)))\n      (call $lanes_before (local.get $x) (local.get $end)))))\n    (local.set $x (i32.add (local.get $x) (i32.const 16)))\n    (local.set $y (i32.add (local.get $y) (i32.const 16)))\n    (br $vectors)))\n  (call $sum_lanes (local.get $sum)))\n\n;; to += x · y · by\n(func $row_add_product (param $to i32) (param $x i32) (param $y i32) (param $bytes i32) (param $by f32)\n  (local $end i32) (local $factor v128)\n  (local.set $factor (f32x4.splat (local.get $by)))\n  (local.set $end (i32.add (local.get $to) (local.get $bytes)))\n  (block $done (loop $vectors\n    (br_if $done (i32.ge_u (local.get $to) (local.get $end)))\n    (v128.store (local.get $to) (f32x4.add (v128.load (local.get $to))\n      (f32x4.mul (f32x4.mul (v128.load (local.get $x)) (local.get $factor)) (v128.load (local.get $y)))))\n    (local.set $to (i32.add (local.get $to) (i32.const 16)))\n    (local.set $x (i32.add (local.get $x) (i32.const 16)))\n    (local.set $y (i32.add (local.get $y) (i32.const 16)))\n    (br $vectors))))\n";
},"useData":true}],
  ["wasm/softmax", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $first i32) (param $count i32)\n  (local $end i32) (local $x i32) (local $y i32)\n  (local.set $x (i32.add (i32.load (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "xBytes", {"start":{"line":4,"column":95},"end":{"line":4,"column":101}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $y (i32.add (i32.load offset=4 (local.get $args)) (i32.mul (local.get $first) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":5,"column":104},"end":{"line":5,"column":110}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (local.set $end (i32.add (local.get $y) (i32.mul (local.get $count) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":6,"column":83},"end":{"line":6,"column":89}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (block $done (loop $rows\n    (br_if $done (i32.ge_u (local.get $y) (local.get $end)))\n    (call $row_scale (local.get $y) (local.get $y) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":9,"column":64},"end":{"line":9,"column":69}} ), depth0)) != null ? stack1 : "")
    + ")\n      (f32.div (f32.const 1)\n        (call $row_exp (local.get $x) (local.get $y) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":11,"column":66},"end":{"line":11,"column":71}} ), depth0)) != null ? stack1 : "")
    + ")\n          (call $row_max (local.get $x) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bytes", {"start":{"line":12,"column":53},"end":{"line":12,"column":58}} ), depth0)) != null ? stack1 : "")
    + ")))))\n    (local.set $x (i32.add (local.get $x) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "xBytes", {"start":{"line":13,"column":55},"end":{"line":13,"column":61}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (local.set $y (i32.add (local.get $y) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "yBytes", {"start":{"line":14,"column":55},"end":{"line":14,"column":61}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br $rows))))\n";
},"useData":true}],
  ["wasm/square_sum", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func $"
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":9},"end":{"line":2,"column":13}} ), depth0)) != null ? stack1 : "")
    + " (type $kernel) (param $args i32) (param $task i32) (param $tasks i32)\n  (local $g i32) (local $end i32) (local $whole i32) (local $first i32) (local $x v128) (local $s0 v128) (local $s1 v128) (local $sum f64)\n  (local.set $first (i32.mul (local.get $task) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "chunk", {"start":{"line":4,"column":60},"end":{"line":4,"column":65}} ), depth0)) != null ? stack1 : "")
    + ")))\n  (local.set $end (i32.shl (call $min (i32.const "
    + ((stack1 = alias2(alias1(depth0, "chunk", {"start":{"line":5,"column":51},"end":{"line":5,"column":56}} ), depth0)) != null ? stack1 : "")
    + ") (i32.sub (i32.load offset=8 (local.get $args)) (local.get $first))) (i32.const 2)))\n  (local.set $g (i32.add (i32.load (local.get $args)) (i32.shl (local.get $first) (i32.const 2))))\n  (local.set $whole (i32.add (local.get $g) (i32.and (local.get $end) (i32.const -16))))\n  (local.set $end (i32.add (local.get $g) (local.get $end)))\n  (block $rest (loop $vectors\n    (br_if $rest (i32.ge_u (local.get $g) (local.get $whole)))\n    (local.set $x (v128.load (local.get $g)))\n    (local.set $s0 (f64x2.add (local.get $s0) (f64x2.mul\n      (f64x2.promote_low_f32x4 (local.get $x)) (f64x2.promote_low_f32x4 (local.get $x)))))\n    (local.set $x (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $x) (local.get $x)))\n    (local.set $s1 (f64x2.add (local.get $s1) (f64x2.mul\n      (f64x2.promote_low_f32x4 (local.get $x)) (f64x2.promote_low_f32x4 (local.get $x)))))\n    (local.set $g (i32.add (local.get $g) (i32.const 16)))\n    (br $vectors)))\n  (local.set $s0 (f64x2.add (local.get $s0) (local.get $s1)))\n  (local.set $sum (f64.add (f64x2.extract_lane 0 (local.get $s0)) (f64x2.extract_lane 1 (local.get $s0))))\n  (block $done (loop $lanes\n    (br_if $done (i32.ge_u (local.get $g) (local.get $end)))\n    (local.set $sum (f64.add (local.get $sum) (f64.mul\n      (f64.promote_f32 (f32.load (local.get $g))) (f64.promote_f32 (f32.load (local.get $g))))))\n    (local.set $g (i32.add (local.get $g) (i32.const 4)))\n    (br $lanes)))\n  (f32.store (i32.add (i32.load offset=4 (local.get $args)) (i32.shl (local.get $task) (i32.const 2)))\n    (f32.demote_f64 (local.get $sum))))\n";
},"useData":true}],
  ["wasm/strip", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (local.set "
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":7,"column":15},"end":{"line":7,"column":18}} ), depth0)) != null ? stack1 : "")
    + " "
    + ((stack1 = alias2(alias1(depth0, "value", {"start":{"line":7,"column":23},"end":{"line":7,"column":28}} ), depth0)) != null ? stack1 : "")
    + ")\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      (local.set "
    + ((stack1 = alias2(alias1(depth0, "vector", {"start":{"line":14,"column":19},"end":{"line":14,"column":25}} ), depth0)) != null ? stack1 : "")
    + " (v128.load offset="
    + ((stack1 = alias2(alias1(depth0, "offset", {"start":{"line":14,"column":48},"end":{"line":14,"column":54}} ), depth0)) != null ? stack1 : "")
    + " (local.get $b)))\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "      (local.set $x (v128.load32_splat offset="
    + ((stack1 = container.lambda(container.strict(depth0, "offset", {"start":{"line":17,"column":48},"end":{"line":17,"column":54}} ), depth0)) != null ? stack1 : "")
    + " (local.get $a)))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"products"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":18,"column":0},"end":{"line":20,"column":9}}})) != null ? stack1 : "");
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      (local.set "
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":19,"column":19},"end":{"line":19,"column":22}} ), depth0)) != null ? stack1 : "")
    + " "
    + ((stack1 = alias2(alias1(depth0, "value", {"start":{"line":19,"column":27},"end":{"line":19,"column":32}} ), depth0)) != null ? stack1 : "")
    + ")\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  (v128.store offset="
    + ((stack1 = alias2(alias1(depth0, "offset", {"start":{"line":26,"column":23},"end":{"line":26,"column":29}} ), depth0)) != null ? stack1 : "")
    + " (local.get $c) (local.get "
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":26,"column":60},"end":{"line":26,"column":63}} ), depth0)) != null ? stack1 : "")
    + "))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n(func "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":8},"end":{"line":2,"column":12}} ), depth0)) != null ? stack1 : "")
    + " (param $a i32) (param $b i32) (param $c i32) (param $d i32) (param $k i32)\n  (local $end i32) (local $x v128)\n  "
    + ((stack1 = alias2(alias1(depth0, "locals", {"start":{"line":4,"column":4},"end":{"line":4,"column":10}} ), depth0)) != null ? stack1 : "")
    + "\n  "
    + ((stack1 = alias2(alias1(depth0, "sums", {"start":{"line":5,"column":4},"end":{"line":5,"column":8}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"starts"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":6,"column":0},"end":{"line":8,"column":9}}})) != null ? stack1 : "")
    + "  (local.set $end (i32.add (local.get $b) (i32.mul (local.get $k) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bStep", {"start":{"line":9,"column":79},"end":{"line":9,"column":84}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (block $done\n    (br_if $done (i32.eqz (local.get $k)))\n    (loop $next\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"columns"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":13,"column":0},"end":{"line":15,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"rows"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":16,"column":0},"end":{"line":21,"column":9}}})) != null ? stack1 : "")
    + "      (local.set $a (i32.add (local.get $a) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "aStep", {"start":{"line":22,"column":57},"end":{"line":22,"column":62}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (local.set $b (i32.add (local.get $b) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "bStep", {"start":{"line":23,"column":57},"end":{"line":23,"column":62}} ), depth0)) != null ? stack1 : "")
    + ")))\n      (br_if $next (i32.ne (local.get $b) (local.get $end)))))\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":25,"column":0},"end":{"line":27,"column":9}}})) != null ? stack1 : "")
    + ")\n";
},"useData":true}],
  ["wasm/walk", {"0":function(container,depth0,helpers,partials,data) {
    return "    (local.set $start (call $now))\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "    (call $add_time (i32.load offset=8 (local.get $call)) (local.get $start))\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "  (local.set $start (call $now))\n";
},"3":function(container,depth0,helpers,partials,data) {
    return "  (call $add_time (i32.load offset=8 (local.get $group)) (local.get $start))\n";
},"4":function(container,depth0,helpers,partials,data) {
    return "    (call $add_time (i32.const 0) (local.get $start))\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ";; Every stage of the tile's modality, one after the other, while the tile is in cache.\n(func $walk_tile"
    + ((stack1 = alias2(alias1(depth0, "suffix", {"start":{"line":2,"column":18},"end":{"line":2,"column":24}} ), depth0)) != null ? stack1 : "")
    + " (param $record i32) (param $tile i32)\n  (local $call i32) (local $last i32) (local $start f64)\n  (local.set $call (i32.add (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "stages", {"start":{"line":4,"column":47},"end":{"line":4,"column":53}} ), depth0)) != null ? stack1 : "")
    + " (local.get $record))\n    (i32.shl (i32.load offset=8 (local.get $tile)) (i32.const 3))))\n  (local.set $last (i32.load offset=4 (local.get $call)))\n  (local.set $call (i32.load (local.get $call)))\n  (local.set $last (i32.add (local.get $call) (i32.mul (local.get $last) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "callBytes", {"start":{"line":8,"column":86},"end":{"line":8,"column":95}} ), depth0)) != null ? stack1 : "")
    + "))))\n  (block $done (loop $next\n    (br_if $done (i32.ge_u (local.get $call) (local.get $last)))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"timed"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":11,"column":0},"end":{"line":13,"column":7}}})) != null ? stack1 : "")
    + "    (call_indirect (type $kernel)\n      (i32.load offset=4 (local.get $call)) (i32.load (local.get $tile)) (i32.load offset=4 (local.get $tile))\n      (i32.load (local.get $call)))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"timed"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":17,"column":0},"end":{"line":19,"column":7}}})) != null ? stack1 : "")
    + "    (local.set $call (i32.add (local.get $call) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "callBytes", {"start":{"line":20,"column":61},"end":{"line":20,"column":70}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br $next))))\n\n;; Task $index of the launch: groups of tasks follow one another.\n(func $walk_task"
    + ((stack1 = alias2(alias1(depth0, "suffix", {"start":{"line":24,"column":18},"end":{"line":24,"column":24}} ), depth0)) != null ? stack1 : "")
    + " (param $record i32) (param $index i32)\n  (local $group i32) (local $count i32) (local $start f64)\n  (local.set $group (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":26,"column":39},"end":{"line":26,"column":45}} ), depth0)) != null ? stack1 : "")
    + " (local.get $record)))\n  (block $found (loop $next\n    (local.set $count (i32.load offset=12 (local.get $group)))\n    (br_if $found (i32.lt_u (local.get $index) (local.get $count)))\n    (local.set $index (i32.sub (local.get $index) (local.get $count)))\n    (local.set $group (i32.add (local.get $group) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "groupBytes", {"start":{"line":31,"column":63},"end":{"line":31,"column":73}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br $next)))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"timed"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":33,"column":0},"end":{"line":35,"column":7}}})) != null ? stack1 : "")
    + "  (call_indirect (type $kernel)\n    (i32.load offset=4 (local.get $group)) (local.get $index) (local.get $count) (i32.load (local.get $group)))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"timed"),{"name":"if","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":38,"column":0},"end":{"line":40,"column":7}}})) != null ? stack1 : "")
    + ")\n\n;; Takes tiles, then tasks, from the launch's counter until none is left.\n(func $walk_launch"
    + ((stack1 = alias2(alias1(depth0, "suffix", {"start":{"line":44,"column":20},"end":{"line":44,"column":26}} ), depth0)) != null ? stack1 : "")
    + " (param $record i32)\n  (local $first i32) (local $tiles i32) (local $items i32) (local $item i32)\n  (local.set $first (i32.load (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "firstTile", {"start":{"line":46,"column":49},"end":{"line":46,"column":58}} ), depth0)) != null ? stack1 : "")
    + " (local.get $record))))\n  (local.set $tiles (i32.sub (i32.load (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "endTile", {"start":{"line":47,"column":58},"end":{"line":47,"column":65}} ), depth0)) != null ? stack1 : "")
    + " (local.get $record))) (local.get $first)))\n  (local.set $items (i32.add (local.get $tiles) (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "taskCount", {"start":{"line":48,"column":67},"end":{"line":48,"column":76}} ), depth0)) != null ? stack1 : "")
    + " (local.get $record))))\n  (block $done (loop $next\n    (local.set $item (i32.atomic.rmw.add (local.get $record) (i32.const 1)))\n    (br_if $done (i32.ge_s (local.get $item) (local.get $items)))\n    (if (i32.lt_s (local.get $item) (local.get $tiles))\n      (then (call $walk_tile"
    + ((stack1 = alias2(alias1(depth0, "suffix", {"start":{"line":53,"column":30},"end":{"line":53,"column":36}} ), depth0)) != null ? stack1 : "")
    + " (local.get $record)\n        (i32.add (i32.load offset="
    + ((stack1 = alias2(alias1(depth0, "tiles", {"start":{"line":54,"column":36},"end":{"line":54,"column":41}} ), depth0)) != null ? stack1 : "")
    + " (local.get $record))\n          (i32.mul (i32.add (local.get $first) (local.get $item)) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "tileBytes", {"start":{"line":55,"column":79},"end":{"line":55,"column":88}} ), depth0)) != null ? stack1 : "")
    + ")))))\n      (else (call $walk_task"
    + ((stack1 = alias2(alias1(depth0, "suffix", {"start":{"line":56,"column":30},"end":{"line":56,"column":36}} ), depth0)) != null ? stack1 : "")
    + " (local.get $record) (i32.sub (local.get $item) (local.get $tiles)))))\n    (br $next))))\n\n;; Runs the launches whose records stand in [$record, $end) on this thread; 0 if some thread failed.\n(func (export \"run"
    + ((stack1 = alias2(alias1(depth0, "suffix", {"start":{"line":60,"column":20},"end":{"line":60,"column":26}} ), depth0)) != null ? stack1 : "")
    + "\") (param $threads i32) (param $record i32) (param $end i32) (result i32)\n  (local $start f64) (local $going i32)\n  (block $done (loop $next\n    (br_if $done (i32.ge_u (local.get $record) (local.get $end)))\n    (call $walk_launch"
    + ((stack1 = alias2(alias1(depth0, "suffix", {"start":{"line":64,"column":24},"end":{"line":64,"column":30}} ), depth0)) != null ? stack1 : "")
    + " (local.get $record))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"timed"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":65,"column":0},"end":{"line":67,"column":7}}})) != null ? stack1 : "")
    + "    (local.set $going (call $barrier (local.get $threads) (local.get $record)))\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"timed"),{"name":"if","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":69,"column":0},"end":{"line":71,"column":7}}})) != null ? stack1 : "")
    + "    (if (i32.eqz (local.get $going)) (then (return (i32.const 0))))\n    (local.set $record (i32.add (local.get $record) (i32.const "
    + ((stack1 = alias2(alias1(depth0, "recordBytes", {"start":{"line":73,"column":65},"end":{"line":73,"column":76}} ), depth0)) != null ? stack1 : "")
    + ")))\n    (br $next)))\n  (i32.const 1))\n";
},"useData":true}],
  ["wgsl/_attention_centers", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "var<workgroup> "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":2,"column":17},"end":{"line":2,"column":21}} ), depth0)) != null ? stack1 : "")
    + ": array<vec4<f32>, "
    + ((stack1 = alias2(alias1(depth0, "size", {"start":{"line":2,"column":44},"end":{"line":2,"column":48}} ), depth0)) != null ? stack1 : "")
    + ">;\n\n// Of a column, one of eight from `first` on, the sum over every eighth row of keys.\nfn "
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":5,"column":5},"end":{"line":5,"column":8}} ), depth0)) != null ? stack1 : "")
    + "(at: u32, stride: u32, first: u32, "
    + ((stack1 = alias2(alias1(depth0, "parameters", {"start":{"line":5,"column":47},"end":{"line":5,"column":57}} ), depth0)) != null ? stack1 : "")
    + "thread: u32) -> vec4<f32> {\n  let column = first + thread % 8u;\n  var sum = vec4<f32>();\n  for (var key = thread / 8u; key < block; key += 8u) {\n    let row = key_rows[key];\n    if (row >= 0) { sum += "
    + ((stack1 = alias2(alias1(depth0, "value", {"start":{"line":10,"column":29},"end":{"line":10,"column":34}} ), depth0)) != null ? stack1 : "")
    + "; }\n  }\n  return sum;\n}\n\n// The mean over all rows of keys, from the sums of eight threads in order.\nfn "
    + ((stack1 = alias2(alias1(depth0, "mean", {"start":{"line":16,"column":5},"end":{"line":16,"column":9}} ), depth0)) != null ? stack1 : "")
    + "(column: u32) -> vec4<f32> {\n  var sum = vec4<f32>();\n  for (var i = 0u; i < 8u; i++) { sum += "
    + ((stack1 = alias2(alias1(depth0, "parts", {"start":{"line":18,"column":43},"end":{"line":18,"column":48}} ), depth0)) != null ? stack1 : "")
    + "[column + 8u * i]; }\n  var count = 0f;\n  for (var key = 0u; key < block; key++) { count += select(0f, 1f, key_rows[key] >= 0); }\n  return sum / max(count, 1f);\n}\n\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"centers"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":1,"column":0},"end":{"line":24,"column":9}}})) != null ? stack1 : "");
},"useData":true}],
  ["wgsl/_attention_rotary", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// Components c and c + half turn together, by an angle of the row's position; both tables have a row of `half` per\n// position. `tables` are where positions, cosines and sines begin.\nconst half = head_dim / 2u;\n\nfn angle_of(row: u32, tables: vec3<u32>) -> vec2<u32> {\n  return tables.yz + vec2(u32(host[tables.x + row]) * half);\n}\n\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"isVector"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.program(2, data, 0),"data":data,"loc":{"start":{"line":10,"column":0},"end":{"line":31,"column":7}}})) != null ? stack1 : "");
},"1":function(container,depth0,helpers,partials,data) {
    return "fn load_turned(at: u32, column: u32, row: u32, tables: vec3<u32>) -> vec4<f32> {\n  if (column >= vectors) { return vec4<f32>(); }\n  let angle = angle_of(row, tables) / 4u + vec2(column % (vectors / 2u));\n  let isLow = column < vectors / 2u;\n  let other = load4(at / 4u + select(column - vectors / 2u, column + vectors / 2u, isLow));\n  return load4(at / 4u + column) * load4(angle.x) + select(other, -other, isLow) * load4(angle.y);\n}\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "fn turned(at: u32, c: u32, angle: vec2<u32>) -> f32 {\n  if (c >= head_dim) { return 0f; }\n  let isLow = c < half;\n  let other = load(at + select(c - half, c + half, isLow));\n  return load(at + c) * load(angle.x + c % half) + select(other, -other, isLow) * load(angle.y + c % half);\n}\n\nfn load_turned(at: u32, column: u32, row: u32, tables: vec3<u32>) -> vec4<f32> {\n  let angle = angle_of(row, tables);\n  let c = 4u * column;\n  return vec4(turned(at, c, angle), turned(at, c + 1u, angle), turned(at, c + 2u, angle), turned(at, c + 3u, angle));\n}\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"rotary"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":1,"column":0},"end":{"line":32,"column":7}}})) != null ? stack1 : "");
},"useData":true}],
  ["wgsl/_attention_tiles", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "var<workgroup> "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + ": array<vec4<f32>, block * tile_stride>;\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  return select(vec4<f32>(), load4(at / 4u + column), column < vectors);\n";
},"2":function(container,depth0,helpers,partials,data) {
    return "  let c = 4u * column;\n  let x = vec4(load(at + c), load(at + c + 1u), load(at + c + 2u), load(at + c + 3u));\n  return select(vec4<f32>(), x, vec4(c, c + 1u, c + 2u, c + 3u) < vec4(head_dim));\n";
},"3":function(container,depth0,helpers,partials,data) {
    return "  if (column < vectors) { store4(at / 4u + column, x); }\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"four"),{"name":"each","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":55,"column":0},"end":{"line":57,"column":9}}})) != null ? stack1 : "");
},"5":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "  if (4u * column + "
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "u < head_dim) { store(at + 4u * column + "
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "u, x["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "]); }\n";
},"6":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "fn "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":64,"column":5},"end":{"line":64,"column":9}} ), depth0)) != null ? stack1 : "")
    + "(at: u32, stride: u32, first: u32, "
    + ((stack1 = alias2(alias1(depth0, "parameters", {"start":{"line":64,"column":48},"end":{"line":64,"column":58}} ), depth0)) != null ? stack1 : "")
    + "thread: u32) {\n  for (var item = thread; item < block * columns; item += threads) {\n    let row = "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":66,"column":16},"end":{"line":66,"column":20}} ), depth0)) != null ? stack1 : "")
    + "[item / columns];\n    let column = first + item % columns;\n    var x = vec4<f32>();\n    if (row >= 0) { x = "
    + ((stack1 = alias2(alias1(depth0, "value", {"start":{"line":69,"column":26},"end":{"line":69,"column":31}} ), depth0)) != null ? stack1 : "")
    + "; }\n    "
    + ((stack1 = alias2(alias1(depth0, "tile", {"start":{"line":70,"column":6},"end":{"line":70,"column":10}} ), depth0)) != null ? stack1 : "")
    + "[item / columns * tile_stride + item % columns] = x;\n  }\n}\n\n";
},"7":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "// Adds the products of the staged components of a thread's rows and keys: column i is row i, by key.\nfn "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":82,"column":5},"end":{"line":82,"column":9}} ), depth0)) != null ? stack1 : "")
    + "(sums: mat4x4<f32>, thread: u32) -> mat4x4<f32> {\n  var s = sums;\n  let row = thread / 8u * tile_stride;\n  let key = thread % 8u * tile_stride;\n  for (var c = 0u; c < columns; c++) {\n    let k0 = "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":87,"column":15},"end":{"line":87,"column":19}} ), depth0)) != null ? stack1 : "")
    + "[key + c];\n    let k1 = "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":88,"column":15},"end":{"line":88,"column":19}} ), depth0)) != null ? stack1 : "")
    + "[key + 8u * tile_stride + c];\n    let k2 = "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":89,"column":15},"end":{"line":89,"column":19}} ), depth0)) != null ? stack1 : "")
    + "[key + 16u * tile_stride + c];\n    let k3 = "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":90,"column":15},"end":{"line":90,"column":19}} ), depth0)) != null ? stack1 : "")
    + "[key + 24u * tile_stride + c];\n    let k = transpose(mat4x4(k0, k1, k2, k3));\n    s[0] = combine(s[0], "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":92,"column":27},"end":{"line":92,"column":31}} ), depth0)) != null ? stack1 : "")
    + "[row + c], k);\n    s[1] = combine(s[1], "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":93,"column":27},"end":{"line":93,"column":31}} ), depth0)) != null ? stack1 : "")
    + "[row + 8u * tile_stride + c], k);\n    s[2] = combine(s[2], "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":94,"column":27},"end":{"line":94,"column":31}} ), depth0)) != null ? stack1 : "")
    + "[row + 16u * tile_stride + c], k);\n    s[3] = combine(s[3], "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":95,"column":27},"end":{"line":95,"column":31}} ), depth0)) != null ? stack1 : "")
    + "[row + 24u * tile_stride + c], k);\n  }\n  return s;\n}\n\n";
},"8":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "// Of a thread's four rows, what the eight threads that share them have put into `"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "`.\nfn sum_"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "(thread: u32) -> vec4<f32> {\n  var sum = vec4<f32>();\n  for (var i = 0u; i < 8u; i++) { sum += "
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "[thread / 8u * 8u + i]; }\n  return sum;\n}\n\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// A workgroup takes blocks of "
    + ((stack1 = alias2(alias1(depth0, "block", {"start":{"line":1,"column":33},"end":{"line":1,"column":38}} ), depth0)) != null ? stack1 : "")
    + " queries and "
    + ((stack1 = alias2(alias1(depth0, "block", {"start":{"line":1,"column":55},"end":{"line":1,"column":60}} ), depth0)) != null ? stack1 : "")
    + " keys. Of a block's scores a thread has the rows t / 8 + 8i\n// and the keys t % 8 + 8j, i and j from 0 to 3.\nconst block = "
    + ((stack1 = alias2(alias1(depth0, "block", {"start":{"line":3,"column":16},"end":{"line":3,"column":21}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst threads = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":4,"column":18},"end":{"line":4,"column":25}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst head_dim = "
    + ((stack1 = alias2(alias1(depth0, "headDim", {"start":{"line":5,"column":19},"end":{"line":5,"column":26}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst scale = "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":6,"column":16},"end":{"line":6,"column":21}} ), depth0)) != null ? stack1 : "")
    + ";\n// A score that no other is below.\nconst lowest = -1e30f;\n\n// Vectors of four components: of a head, of the part of it that is in workgroup memory at a time, and from row to row\n// there: an odd number, so that eight rows lie in different banks.\nconst vectors = "
    + ((stack1 = alias2(alias1(depth0, "vectors", {"start":{"line":12,"column":18},"end":{"line":12,"column":25}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst columns = "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":13,"column":18},"end":{"line":13,"column":25}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst tile_stride = "
    + ((stack1 = alias2(alias1(depth0, "tileStride", {"start":{"line":14,"column":22},"end":{"line":14,"column":32}} ), depth0)) != null ? stack1 : "")
    + "u;\n// Threads that own a part of a block's sums: "
    + ((stack1 = alias2(alias1(depth0, "threadRows", {"start":{"line":15,"column":48},"end":{"line":15,"column":58}} ), depth0)) != null ? stack1 : "")
    + " rows or keys of one column.\nconst units = "
    + ((stack1 = alias2(alias1(depth0, "units", {"start":{"line":16,"column":16},"end":{"line":16,"column":21}} ), depth0)) != null ? stack1 : "")
    + "u;\n\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"tiles"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":18,"column":0},"end":{"line":20,"column":9}}})) != null ? stack1 : "")
    + "// Element weight_place(r, k) is for row r and the keys k, k + 8, k + 16, k + 24.\nvar<workgroup> weights: array<vec4<f32>, block * 8u>;\n// Element t is what thread t adds to the sums of its four rows.\nvar<workgroup> row_parts: array<vec4<f32>, threads>;\n// Of each position of the block: its row, -1 where there is none, and the keys it sees.\nvar<workgroup> query_rows: array<i32, block>;\nvar<workgroup> query_first: array<i32, block>;\nvar<workgroup> query_last: array<i32, block>;\nvar<workgroup> key_rows: array<i32, block>;\n// Of a range of positions: how far its begin is from the last there can be, and its end.\nvar<workgroup> range_begin: atomic<i32>;\nvar<workgroup> range_end: atomic<i32>;\nvar<workgroup> range: vec2<i32>;\n\n// Rows that are read at once begin in different banks.\nfn weight_place(row: u32, key: u32) -> u32 {\n  return 8u * row + (key ^ (row % 8u));\n}\n\n// Components 4 · column and on of the head that begins at `at`; 0 past its end, where anything may stand.\nfn load_head(at: u32, column: u32) -> vec4<f32> {\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isVector"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.program(2, data, 0),"data":data,"loc":{"start":{"line":42,"column":0},"end":{"line":48,"column":7}}})) != null ? stack1 : "")
    + "}\n\nfn store_head(at: u32, column: u32, x: vec4<f32>) {\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isVector"),{"name":"if","hash":{},"fn":container.program(3, data, 0),"inverse":container.program(4, data, 0),"data":data,"loc":{"start":{"line":52,"column":0},"end":{"line":58,"column":7}}})) != null ? stack1 : "")
    + "}\n\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention_rotary"),depth0,{"name":"_attention_rotary","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"stages"),{"name":"each","hash":{},"fn":container.program(6, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":63,"column":0},"end":{"line":74,"column":9}}})) != null ? stack1 : "")
    + "// sum + Σ a[i] · m[i], one component after another.\nfn combine(sum: vec4<f32>, a: vec4<f32>, m: mat4x4<f32>) -> vec4<f32> {\n  return sum + a.x * m[0] + a.y * m[1] + a.z * m[2] + a.w * m[3];\n}\n\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"products"),{"name":"each","hash":{},"fn":container.program(7, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":80,"column":0},"end":{"line":100,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"partArrays"),{"name":"each","hash":{},"fn":container.program(8, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":101,"column":0},"end":{"line":109,"column":9}}})) != null ? stack1 : "")
    + "// The rows of queries from `begin` on, and what they see.\nfn load_query_rows(begin: i32, end: i32, row_of: u32, first: u32, last: u32, thread: u32) {\n  if (thread < block) {\n    let at = begin + i32(thread);\n    var row = -1;\n    var begin_seen = 0;\n    var end_seen = 0;\n    if (at < end) { row = host[row_of + u32(at)]; }\n    if (row >= 0) {\n      begin_seen = host[first + u32(row)];\n      end_seen = host[last + u32(row)];\n    }\n    query_rows[thread] = row;\n    query_first[thread] = begin_seen;\n    query_last[thread] = end_seen;\n  }\n}\n\n// The rows of keys from `begin` on, within [begin_key, end_key).\nfn load_key_rows(begin: i32, begin_key: i32, end_key: i32, row_of: u32, thread: u32) {\n  if (thread < block) {\n    let at = begin + i32(thread);\n    var row = -1;\n    if (at >= begin_key && at < end_key) { row = host[row_of + u32(at)]; }\n    key_rows[thread] = row;\n  }\n}\n\n// Nobody clears workgroup memory for us: what is read was written before.\nfn start_range(thread: u32) {\n  if (thread == 0u) {\n    atomicStore(&range_begin, 0);\n    atomicStore(&range_end, 0);\n  }\n  workgroupBarrier();\n}\n\nfn widen_range(begin: i32, end: i32) {\n  atomicMax(&range_begin, 0x7fffffff - begin);\n  atomicMax(&range_end, end);\n}\n\n// From the first begin to the last end; nothing where there was none.\nfn whole_range(thread: u32) -> vec2<i32> {\n  workgroupBarrier();\n  let end = atomicLoad(&range_end);\n  if (thread == 0u) { range = select(vec2(0), vec2(0x7fffffff - atomicLoad(&range_begin), end), end > 0); }\n  return workgroupUniformLoad(&range);\n}\n\n// Widens the range to the keys that any query of the block sees; a thread asks about the position that it has loaded.\nfn widen_to_seen(thread: u32) {\n  if (thread < block && query_first[thread] < query_last[thread]) {\n    widen_range(query_first[thread], query_last[thread]);\n  }\n}\n\n// The positions of a thread's keys of a block; -1, which nobody sees, where there is no row.\nfn key_positions(begin: i32, thread: u32) -> vec4<i32> {\n  let key = thread % 8u;\n  let rows = vec4(key_rows[key], key_rows[key + 8u], key_rows[key + 16u], key_rows[key + 24u]);\n  return select(vec4(-1), vec4(begin + i32(key)) + vec4(0, 8, 16, 24), rows >= vec4(0));\n}\n\nfn query_rows_of(thread: u32) -> vec4<i32> {\n  let row = thread / 8u;\n  return vec4(query_rows[row], query_rows[row + 8u], query_rows[row + 16u], query_rows[row + 24u]);\n}\n\n// The first and the last key that a thread's queries see.\nfn first_of(thread: u32) -> vec4<i32> {\n  let row = thread / 8u;\n  return vec4(query_first[row], query_first[row + 8u], query_first[row + 16u], query_first[row + 24u]);\n}\n\nfn last_of(thread: u32) -> vec4<i32> {\n  let row = thread / 8u;\n  return vec4(query_last[row], query_last[row + 8u], query_last[row + 16u], query_last[row + 24u]);\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/_bindings", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"bindings"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":1,"column":0},"end":{"line":3,"column":9}}})) != null ? stack1 : "");
},"useData":true}],
  ["wgsl/_functions", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"functions"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":1,"column":0},"end":{"line":3,"column":9}}})) != null ? stack1 : "");
},"useData":true}],
  ["wgsl/_heads", {"0":function(container,depth0,helpers,partials,data) {
    return "  let at = place + 4u * quad;\n  return vec4(load(at), load(at + 1u), load(at + 2u), load(at + 3u));\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  var x = vec4<f32>();\n  for (var i = 0u; i < min(4u, head_dim - 4u * quad); i++) { x[i] = load(place + 4u * quad + i); }\n  return x;\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "\nconst half = "
    + ((stack1 = container.lambda(container.strict(depth0, "half", {"start":{"line":19,"column":15},"end":{"line":19,"column":19}} ), depth0)) != null ? stack1 : "")
    + "u;\n\n// The same, rotated by the angles of a position: component i with i + half.\nfn turned_quad(place: u32, quad: u32, cosines: u32, sines: u32) -> vec4<f32> {\n  var x = vec4<f32>();\n  for (var i = 0u; i < min(4u, head_dim - 4u * quad); i++) {\n    let pair = (4u * quad + i) % half;\n    let low = load(place + pair);\n    let high = load(place + pair + half);\n    let cosine = load(cosines + pair);\n    let sine = load(sines + pair);\n    x[i] = select(high * cosine + low * sine, low * cosine - high * sine, 4u * quad + i < half);\n  }\n  return x;\n}\n\n// A pair of components, turned back by their angle.\nfn store_turned_back(place: u32, low: f32, high: f32, cosine_at: u32, sine_at: u32) {\n  let cosine = load(cosine_at);\n  let sine = load(sine_at);\n  store(place, low * cosine + high * sine);\n  store(place + half, high * cosine - low * sine);\n}\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "const head_dim = "
    + ((stack1 = alias2(alias1(depth0, "headDim", {"start":{"line":1,"column":19},"end":{"line":1,"column":26}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst quads = "
    + ((stack1 = alias2(alias1(depth0, "quads", {"start":{"line":2,"column":16},"end":{"line":2,"column":21}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst scale = "
    + ((stack1 = alias2(alias1(depth0, "scale", {"start":{"line":3,"column":16},"end":{"line":3,"column":21}} ), depth0)) != null ? stack1 : "")
    + ";\nconst threads = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":4,"column":18},"end":{"line":4,"column":25}} ), depth0)) != null ? stack1 : "")
    + "u;\n\n// Four components of a row's head, from where the head begins; zeros past its end.\nfn head_quad(place: u32, quad: u32) -> vec4<f32> {\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isWhole"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.program(1, data, 0),"data":data,"loc":{"start":{"line":8,"column":0},"end":{"line":15,"column":7}}})) != null ? stack1 : "")
    + "}\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"rotary"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":17,"column":0},"end":{"line":42,"column":7}}})) != null ? stack1 : "")
    + "\n// The smallest first and the largest last key that any row of a workgroup sees.\nvar<workgroup> smallest: atomic<i32>;\nvar<workgroup> largest: atomic<i32>;\nvar<workgroup> seen_keys: vec2<i32>;\n\nfn seen_range(first: i32, last: i32, thread: u32) -> vec2<i32> {\n  if (thread == 0u) {\n    atomicStore(&smallest, 2147483647);\n    atomicStore(&largest, 0);\n  }\n  workgroupBarrier();\n  if (first < last) {\n    atomicMin(&smallest, first);\n    atomicMax(&largest, last);\n  }\n  workgroupBarrier();\n  if (thread == 0u) { seen_keys = vec2(atomicLoad(&smallest), atomicLoad(&largest)); }\n  return workgroupUniformLoad(&seen_keys);\n}\n";
},"useData":true}],
  ["wgsl/_sum", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"reductions"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":4,"column":0},"end":{"line":15,"column":9}}})) != null ? stack1 : "");
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "// "
    + ((stack1 = alias2(alias1(depth0, "what", {"start":{"line":5,"column":5},"end":{"line":5,"column":9}} ), depth0)) != null ? stack1 : "")
    + " over a workgroup: within subgroups, then over them in order.\nfn "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":6,"column":5},"end":{"line":6,"column":9}} ), depth0)) != null ? stack1 : "")
    + "(x: f32, thread: u32, subgroup_size: u32) -> f32 {\n  let part = "
    + ((stack1 = alias2(alias1(depth0, "subgroup", {"start":{"line":7,"column":15},"end":{"line":7,"column":23}} ), depth0)) != null ? stack1 : "")
    + "(x);\n  if (thread % subgroup_size == 0u) { partial_sums[thread / subgroup_size] = part; }\n  workgroupBarrier();\n  var result = partial_sums[0];\n  for (var i = 1u; i < ("
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":11,"column":26},"end":{"line":11,"column":33}} ), depth0)) != null ? stack1 : "")
    + "u + subgroup_size - 1u) / subgroup_size; i++) { result = "
    + ((stack1 = alias2(alias1(depth0, "next", {"start":{"line":11,"column":94},"end":{"line":11,"column":98}} ), depth0)) != null ? stack1 : "")
    + "; }\n  workgroupBarrier();\n  return result;\n}\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "var<workgroup> group_sums: array<f32, "
    + ((stack1 = container.lambda(container.strict(depth0, "sumGroups", {"start":{"line":17,"column":40},"end":{"line":17,"column":49}} ), depth0)) != null ? stack1 : "")
    + ">;\n\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"reductions"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":19,"column":0},"end":{"line":35,"column":9}}})) != null ? stack1 : "");
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "// "
    + ((stack1 = alias2(alias1(depth0, "what", {"start":{"line":20,"column":5},"end":{"line":20,"column":9}} ), depth0)) != null ? stack1 : "")
    + " over a workgroup: of "
    + ((stack1 = alias2(alias1(depth0, "size", {"start":{"line":20,"column":35},"end":{"line":20,"column":39}} ), depth0)) != null ? stack1 : "")
    + " threads each, then of these, always in the same order; few barriers.\nfn "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":21,"column":5},"end":{"line":21,"column":9}} ), depth0)) != null ? stack1 : "")
    + "(x: f32, thread: u32) -> f32 {\n  partial_sums[thread] = x;\n  workgroupBarrier();\n  if (thread < "
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":24,"column":17},"end":{"line":24,"column":23}} ), depth0)) != null ? stack1 : "")
    + "u) {\n    var part = partial_sums[thread * "
    + ((stack1 = alias2(alias1(depth0, "size", {"start":{"line":25,"column":39},"end":{"line":25,"column":43}} ), depth0)) != null ? stack1 : "")
    + "u];\n    for (var i = thread * "
    + ((stack1 = alias2(alias1(depth0, "size", {"start":{"line":26,"column":28},"end":{"line":26,"column":32}} ), depth0)) != null ? stack1 : "")
    + "u + 1u; i < (thread + 1u) * "
    + ((stack1 = alias2(alias1(depth0, "size", {"start":{"line":26,"column":64},"end":{"line":26,"column":68}} ), depth0)) != null ? stack1 : "")
    + "u; i++) { part = "
    + ((stack1 = alias2(alias1(depth0, "within", {"start":{"line":26,"column":89},"end":{"line":26,"column":95}} ), depth0)) != null ? stack1 : "")
    + "; }\n    group_sums[thread] = part;\n  }\n  workgroupBarrier();\n  var result = group_sums[0];\n  for (var i = 1u; i < "
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":31,"column":25},"end":{"line":31,"column":31}} ), depth0)) != null ? stack1 : "")
    + "u; i++) { result = "
    + ((stack1 = alias2(alias1(depth0, "across", {"start":{"line":31,"column":54},"end":{"line":31,"column":60}} ), depth0)) != null ? stack1 : "")
    + "; }\n  workgroupBarrier();\n  return result;\n}\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "var<workgroup> partial_sums: array<f32, "
    + ((stack1 = container.lambda(container.strict(depth0, "sumThreads", {"start":{"line":1,"column":42},"end":{"line":1,"column":52}} ), depth0)) != null ? stack1 : "")
    + ">;\n\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"subgroups"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.program(2, data, 0),"data":data,"loc":{"start":{"line":3,"column":0},"end":{"line":36,"column":7}}})) != null ? stack1 : "");
},"useData":true}],
  ["wgsl/_task", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "  let record = job.records + group.z * job.words;\n  if (host[record] == 0) { return; }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"record"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":3,"column":0},"end":{"line":5,"column":9}}})) != null ? stack1 : "");
},"useData":true}],
  ["wgsl/_tile", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "  let tile_index = host[job.first_tile] + i32(group.x);\n  if (tile_index >= host[job.end_tile]) { return; }\n  let tile = job.tiles + 3u * u32(tile_index);\n  let first = u32(host[tile]);\n  let count = u32(host[tile + 1u]);\n  let record = job.records + (group.z * job.modalities + u32(host[tile + 2u])) * job.words;\n  if (host[record] == 0) { return; }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"record"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":8,"column":0},"end":{"line":10,"column":9}}})) != null ? stack1 : "");
},"useData":true}],
  ["wgsl/adamw", {"0":function(container,depth0,helpers,partials,data) {
    return "  let shrink = min(1f, clip / (norm + 1e-6f));\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  let shrink = 1f;\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_sum"),depth0,{"name":"_sum","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":5,"column":27},"end":{"line":5,"column":37}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>"
    + ((stack1 = alias2(alias1(depth0, "subgroupInput", {"start":{"line":6,"column":139},"end":{"line":6,"column":152}} ), depth0)) != null ? stack1 : "")
    + ") {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let piece = group.x + group.y * groups.x;\n  if (piece * chunk >= elements) { return; }\n  // The norm: every workgroup adds the partial sums up in the same order.\n  var squares = 0f;\n  for (var i = thread; i < partial_count; i += "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":12,"column":49},"end":{"line":12,"column":59}} ), depth0)) != null ? stack1 : "")
    + "u) { squares += load(partials + i); }\n  let norm = sqrt("
    + ((stack1 = alias2(alias1(depth0, "total", {"start":{"line":13,"column":20},"end":{"line":13,"column":25}} ), depth0)) != null ? stack1 : "")
    + ");\n  // The eighth argument is a number where another call of this launch writes the norm.\n  if (piece == 0u && thread == 0u && (address_mask & 128u) != 0u) { store(norm_out, norm); }\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"isClipped"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.program(1, data, 0),"data":data,"loc":{"start":{"line":16,"column":0},"end":{"line":20,"column":7}}})) != null ? stack1 : "")
    + "  let rate = load(schedule + rate_at);\n  let correct1 = load(schedule + 1u);\n  let correct2 = load(schedule + 2u);\n  let end = min(elements, (piece + 1u) * chunk);\n  for (var i = piece * chunk + thread; i < end; i += "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":25,"column":55},"end":{"line":25,"column":65}} ), depth0)) != null ? stack1 : "")
    + "u) {\n    let gradient = load(g + i) * shrink;\n    let first = flushed(beta1 * load(m + i) + rest1 * gradient);\n    let second = flushed(beta2 * load(v + i) + rest2 * gradient * gradient);\n    let value = load(p + i);\n    let step = first * correct1 / (sqrt(second * correct2) + eps) + weight_decay * value;\n    store(p + i, value - rate * step);\n    store(m + i, first);\n    store(v + i, second);\n  }\n}\n\n// Moments that fade towards zero never become denormal, which some devices compute with and others drop.\nfn flushed(x: f32) -> f32 { return select(x, 0f, abs(x) < 1.1754944e-38f); }\n";
},"usePartial":true,"useData":true}],
  ["wgsl/array_add", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = container.lambda(container.strict(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n@compute @workgroup_size(256)\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  for (var i = 256u * group.x + thread; i < elements; i += 256u * groups.x) {\n    store(y + i, load(a + i) + load(b + i));\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/attention", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"isLater"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":30,"column":0},"end":{"line":32,"column":7}}})) != null ? stack1 : "")
    + "  row_parts[thread] = sum_values(v + kv_head, v_stride, "
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":33,"column":58},"end":{"line":33,"column":63}} ), depth0)) != null ? stack1 : "")
    + "u, thread);\n  workgroupBarrier();\n  if (thread < 8u) { value_center["
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":35,"column":36},"end":{"line":35,"column":41}} ), depth0)) != null ? stack1 : "")
    + "u + thread] = mean_value(thread); }\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  workgroupBarrier();\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  stage_queries(q_head, q_stride, 0u, "
    + ((stack1 = container.lambda(container.strict(depth0, "tables", {"start":{"line":38,"column":40},"end":{"line":38,"column":46}} ), depth0)) != null ? stack1 : "")
    + "thread);\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  var "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    stage_keys(k + kv_head, k_stride, 0u, "
    + ((stack1 = container.lambda(container.strict(depth0, "tables", {"start":{"line":55,"column":44},"end":{"line":55,"column":50}} ), depth0)) != null ? stack1 : "")
    + "thread);\n    workgroupBarrier();\n    scores = add_scores(scores, thread);\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    for (var part = 0u; part < vectors; part += columns) {\n      stage_queries(q_head, q_stride, part, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":60,"column":46},"end":{"line":60,"column":52}} ), depth0)) != null ? stack1 : "")
    + "thread);\n      stage_keys(k + kv_head, k_stride, part, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":61,"column":48},"end":{"line":61,"column":54}} ), depth0)) != null ? stack1 : "")
    + "thread);\n      workgroupBarrier();\n      scores = add_scores(scores, thread);\n      workgroupBarrier();\n    }\n";
},"6":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "    let sees"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = (positions >= vec4(row_first["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "])) & (positions < vec4(row_last["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "]));\n    let s"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = select(vec4(lowest), scores["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "], sees"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ");\n    most["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "] = max(max(most["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "], max(s"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ".x, s"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ".y)), max(s"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ".z, s"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ".w));\n";
},"7":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "    let p"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = select(vec4<f32>(), exp(s"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " - most["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "]), sees"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ");\n    weights[weight_place(thread / 8u + 8u * "
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "u, thread % 8u)] = p"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ";\n    total["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "] += (p"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ".x + p"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ".y) + (p"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ".z + p"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ".w);\n    if (thread % 8u == 0u) { row_factors[thread / 8u + 8u * "
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "u] = factor["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "]; }\n";
},"8":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), alias2=container.strict, alias3=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"isLater"),{"name":"if","hash":{},"fn":container.program(9, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":89,"column":0},"end":{"line":91,"column":7}}})) != null ? stack1 : "")
    + "    stage_values(v + kv_head, v_stride, "
    + ((stack1 = alias3(alias2(depth0, "first", {"start":{"line":92,"column":42},"end":{"line":92,"column":47}} ), depth0)) != null ? stack1 : "")
    + "u, thread);\n    workgroupBarrier();\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(10, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":94,"column":0},"end":{"line":96,"column":9}}})) != null ? stack1 : "")
    + "    for (var key = 0u; key < 8u; key++) {\n      let at = key * tile_stride + column;\n      let x = mat4x4("
    + ((stack1 = alias3(alias2(depth0, "tile", {"start":{"line":99,"column":23},"end":{"line":99,"column":27}} ), depth0)) != null ? stack1 : "")
    + "[at], "
    + ((stack1 = alias3(alias2(depth0, "tile", {"start":{"line":99,"column":37},"end":{"line":99,"column":41}} ), depth0)) != null ? stack1 : "")
    + "[at + 8u * tile_stride], "
    + ((stack1 = alias3(alias2(depth0, "tile", {"start":{"line":99,"column":70},"end":{"line":99,"column":74}} ), depth0)) != null ? stack1 : "")
    + "[at + 16u * tile_stride], "
    + ((stack1 = alias3(alias2(depth0, "tile", {"start":{"line":99,"column":104},"end":{"line":99,"column":108}} ), depth0)) != null ? stack1 : "")
    + "[at + 24u * tile_stride]);\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(11, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":100,"column":0},"end":{"line":102,"column":9}}})) != null ? stack1 : "")
    + "    }\n";
},"9":function(container,depth0,helpers,partials,data) {
    return "    workgroupBarrier();\n";
},"10":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":95,"column":6},"end":{"line":95,"column":10}} ), depth0)) != null ? stack1 : "")
    + " *= row_factors["
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":95,"column":30},"end":{"line":95,"column":33}} ), depth0)) != null ? stack1 : "")
    + "];\n";
},"11":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":101,"column":8},"end":{"line":101,"column":12}} ), depth0)) != null ? stack1 : "")
    + " = combine("
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":101,"column":27},"end":{"line":101,"column":31}} ), depth0)) != null ? stack1 : "")
    + ", weights[weight_place("
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":101,"column":58},"end":{"line":101,"column":61}} ), depth0)) != null ? stack1 : "")
    + ", key)], x);\n";
},"12":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "    row_factors[thread / 8u + 8u * "
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "u] = select(0f, 1f / total["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "], total["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "] > 0f);\n    if (rows["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "] >= 0) {\n      store(lse + u32(rows["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "]) * lse_stride + head, select(0f, largest["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "] + log(total["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "]), total["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "] > 0f));\n    }\n";
},"13":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  if (query_rows["
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":123,"column":19},"end":{"line":123,"column":22}} ), depth0)) != null ? stack1 : "")
    + "] >= 0) {\n    let by = row_factors["
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":124,"column":27},"end":{"line":124,"column":30}} ), depth0)) != null ? stack1 : "")
    + "];\n    let x = by * "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":125,"column":19},"end":{"line":125,"column":23}} ), depth0)) != null ? stack1 : "")
    + " + select(vec4<f32>(), value_center["
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":125,"column":63},"end":{"line":125,"column":68}} ), depth0)) != null ? stack1 : "")
    + "u + column], by > 0f);\n    store_head(out + u32(query_rows["
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":126,"column":38},"end":{"line":126,"column":41}} ), depth0)) != null ? stack1 : "")
    + "]) * out_stride + head * head_dim, "
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":126,"column":80},"end":{"line":126,"column":85}} ), depth0)) != null ? stack1 : "")
    + "u + column, x);\n  }\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention_tiles"),depth0,{"name":"_attention_tiles","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\nvar<workgroup> row_factors: array<f32, block>;\n\n// A value that is near all others, taken off before the sums and added behind them: where values are nearly alike,\n// their gradient needs every bit of how the results differ.\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention_centers"),depth0,{"name":"_attention_centers","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":12,"column":27},"end":{"line":12,"column":34}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let head = group.y;\n  if (head >= heads) { return; }\n  let q_head = q + head * head_dim;\n  let kv_head = head / (heads / kv_heads) * head_dim;\n  // Blocks that see many keys come first.\n  let blocks = (context + block - 1u) / block;\n  let base = group.x / blocks * context;\n  let begin = base + (blocks - 1u - group.x % blocks) * block;\n  start_range(thread);\n  load_query_rows(i32(begin), i32(base + context), row_of, first, last, thread);\n  widen_to_seen(thread);\n  let keys = whole_range(thread);\n  load_key_rows(keys.y - i32(block), keys.x, keys.y, row_of, thread);\n  workgroupBarrier();\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"rounds"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":29,"column":0},"end":{"line":36,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isWhole"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":37,"column":0},"end":{"line":39,"column":7}}})) != null ? stack1 : "")
    + "  let row_first = first_of(thread);\n  let row_last = last_of(thread);\n  // Of a thread's four rows: the largest score so far, and the thread's share of the sum of weights.\n  var largest = vec4(lowest);\n  var total = vec4<f32>();\n  // The weighted values that a thread sums up.\n  let unit = min(thread, units - 1u);\n  let unit_row = unit / columns;\n  let column = unit % columns;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":49,"column":0},"end":{"line":51,"column":9}}})) != null ? stack1 : "")
    + "  for (var end = keys.y; end > keys.x; end -= i32(block)) {\n    var scores = mat4x4<f32>();\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isWhole"),{"name":"if","hash":{},"fn":container.program(4, data, 0),"inverse":container.program(5, data, 0),"data":data,"loc":{"start":{"line":54,"column":0},"end":{"line":66,"column":7}}})) != null ? stack1 : "")
    + "    // The largest scores, of a thread's keys, then of all.\n    let positions = key_positions(end - i32(block), thread);\n    var most = largest;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"four"),{"name":"each","hash":{},"fn":container.program(6, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":70,"column":0},"end":{"line":74,"column":9}}})) != null ? stack1 : "")
    + "    row_parts[thread] = most;\n    workgroupBarrier();\n    for (var i = 0u; i < 8u; i++) { most = max(most, row_parts[thread / 8u * 8u + i]); }\n    // What was summed up to now was weighted by the largest score up to now.\n    let factor = exp(largest - most);\n    largest = most;\n    total *= factor;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"four"),{"name":"each","hash":{},"fn":container.program(7, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":82,"column":0},"end":{"line":87,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"walks"),{"name":"each","hash":{},"fn":container.program(8, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":88,"column":0},"end":{"line":104,"column":9}}})) != null ? stack1 : "")
    + "    load_key_rows(end - 2 * i32(block), keys.x, keys.y, row_of, thread);\n    workgroupBarrier();\n  }\n  row_parts[thread] = total;\n  workgroupBarrier();\n  total = sum_row_parts(thread);\n  if (thread % 8u == 0u) {\n    let rows = query_rows_of(thread);\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"four"),{"name":"each","hash":{},"fn":container.program(12, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":113,"column":0},"end":{"line":118,"column":9}}})) != null ? stack1 : "")
    + "  }\n  workgroupBarrier();\n  if (thread >= units) { return; }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(13, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":122,"column":0},"end":{"line":128,"column":9}}})) != null ? stack1 : "")
    + "}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/attention_grad", {"0":function(container,depth0,helpers,partials,data) {
    return "  return load4(i / 4u)[i % 4u];\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  return load(i);\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "\n// Turns the gradients of the queries or keys of a block back, in place.\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"turns"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":58,"column":0},"end":{"line":74,"column":9}}})) != null ? stack1 : "");
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "fn "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":59,"column":5},"end":{"line":59,"column":9}} ), depth0)) != null ? stack1 : "")
    + "(at: u32, stride: u32, tables: vec3<u32>, thread: u32) {\n  for (var item = thread; item < block * "
    + ((stack1 = alias2(alias1(depth0, "pairs", {"start":{"line":60,"column":43},"end":{"line":60,"column":48}} ), depth0)) != null ? stack1 : "")
    + "u; item += threads) {\n    let row = "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":61,"column":16},"end":{"line":61,"column":20}} ), depth0)) != null ? stack1 : "")
    + "[item / "
    + ((stack1 = alias2(alias1(depth0, "pairs", {"start":{"line":61,"column":32},"end":{"line":61,"column":37}} ), depth0)) != null ? stack1 : "")
    + "u];\n    if (row >= 0) {\n      let angle = angle_of(u32(row), tables)"
    + ((stack1 = alias2(alias1(depth0, "unit", {"start":{"line":63,"column":46},"end":{"line":63,"column":50}} ), depth0)) != null ? stack1 : "")
    + " + vec2(item % "
    + ((stack1 = alias2(alias1(depth0, "pairs", {"start":{"line":63,"column":69},"end":{"line":63,"column":74}} ), depth0)) != null ? stack1 : "")
    + "u);\n      let low = (at + u32(row) * stride)"
    + ((stack1 = alias2(alias1(depth0, "unit", {"start":{"line":64,"column":42},"end":{"line":64,"column":46}} ), depth0)) != null ? stack1 : "")
    + " + item % "
    + ((stack1 = alias2(alias1(depth0, "pairs", {"start":{"line":64,"column":60},"end":{"line":64,"column":65}} ), depth0)) != null ? stack1 : "")
    + "u;\n      let high = low + "
    + ((stack1 = alias2(alias1(depth0, "pairs", {"start":{"line":65,"column":25},"end":{"line":65,"column":30}} ), depth0)) != null ? stack1 : "")
    + "u;\n      let x = "
    + ((stack1 = alias2(alias1(depth0, "load", {"start":{"line":66,"column":16},"end":{"line":66,"column":20}} ), depth0)) != null ? stack1 : "")
    + "(low);\n      let y = "
    + ((stack1 = alias2(alias1(depth0, "load", {"start":{"line":67,"column":16},"end":{"line":67,"column":20}} ), depth0)) != null ? stack1 : "")
    + "(high);\n      "
    + ((stack1 = alias2(alias1(depth0, "store", {"start":{"line":68,"column":8},"end":{"line":68,"column":13}} ), depth0)) != null ? stack1 : "")
    + "(low, x * "
    + ((stack1 = alias2(alias1(depth0, "load", {"start":{"line":68,"column":27},"end":{"line":68,"column":31}} ), depth0)) != null ? stack1 : "")
    + "(angle.x) + y * "
    + ((stack1 = alias2(alias1(depth0, "load", {"start":{"line":68,"column":51},"end":{"line":68,"column":55}} ), depth0)) != null ? stack1 : "")
    + "(angle.y));\n      "
    + ((stack1 = alias2(alias1(depth0, "store", {"start":{"line":69,"column":8},"end":{"line":69,"column":13}} ), depth0)) != null ? stack1 : "")
    + "(high, y * "
    + ((stack1 = alias2(alias1(depth0, "load", {"start":{"line":69,"column":28},"end":{"line":69,"column":32}} ), depth0)) != null ? stack1 : "")
    + "(angle.x) - x * "
    + ((stack1 = alias2(alias1(depth0, "load", {"start":{"line":69,"column":52},"end":{"line":69,"column":56}} ), depth0)) != null ? stack1 : "")
    + "(angle.y));\n    }\n  }\n}\n\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  row_parts[thread] = vec4<f32>();\n  if (!is_for_keys) { row_parts[thread] = sum_keys(k_head, k_stride, "
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":128,"column":71},"end":{"line":128,"column":76}} ), depth0)) != null ? stack1 : "")
    + "u, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":128,"column":83},"end":{"line":128,"column":89}} ), depth0)) != null ? stack1 : "")
    + "thread); }\n  weights[thread] = sum_values(v_head, v_stride, "
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":129,"column":51},"end":{"line":129,"column":56}} ), depth0)) != null ? stack1 : "")
    + "u, thread);\n  workgroupBarrier();\n  if (thread < 8u) { key_center["
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":131,"column":34},"end":{"line":131,"column":39}} ), depth0)) != null ? stack1 : "")
    + "u + thread] = mean_key(thread); }\n  if (thread >= 8u && thread < 16u) { value_center["
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":132,"column":53},"end":{"line":132,"column":58}} ), depth0)) != null ? stack1 : "")
    + "u + thread - 8u] = mean_value(thread - 8u); }\n  workgroupBarrier();\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  var "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n";
},"6":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    if (has_new_queries) {\n      stage_queries(q_head, q_stride, 0u, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":175,"column":44},"end":{"line":175,"column":50}} ), depth0)) != null ? stack1 : "")
    + "thread);\n      stage_gradients(dout_head, dout_stride, 0u, thread);\n    }\n    if (has_new_keys) {\n      stage_keys(k_head, k_stride, 0u, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":179,"column":41},"end":{"line":179,"column":47}} ), depth0)) != null ? stack1 : "")
    + "thread);\n      stage_values(v_head, v_stride, 0u, thread);\n    }\n    workgroupBarrier();\n    scores = add_scores(scores, thread);\n    slopes = add_slopes(slopes, thread);\n";
},"7":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    for (var part = 0u; part < vectors; part += columns) {\n      stage_queries(q_head, q_stride, part, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":187,"column":46},"end":{"line":187,"column":52}} ), depth0)) != null ? stack1 : "")
    + "thread);\n      stage_keys(k_head, k_stride, part, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":188,"column":43},"end":{"line":188,"column":49}} ), depth0)) != null ? stack1 : "")
    + "thread);\n      workgroupBarrier();\n      scores = add_scores(scores, thread);\n      workgroupBarrier();\n    }\n    for (var part = 0u; part < vectors; part += columns) {\n      stage_gradients(dout_head, dout_stride, part, thread);\n      stage_values(v_head, v_stride, part, thread);\n      workgroupBarrier();\n      slopes = add_slopes(slopes, thread);\n      workgroupBarrier();\n    }\n";
},"8":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "    let sees"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = (positions >= vec4(row_first["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "])) & (positions < vec4(row_last["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "]));\n    let p"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = select(vec4<f32>(), exp(scores["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "] - row_lse["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "]), sees"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ");\n    let ds"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = p"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " * (slopes["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "] - delta["
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "]);\n    weights[weight_place(thread / 8u + 8u * "
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "u, thread % 8u)] = select(ds"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ", p"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ", is_for_keys);\n";
},"9":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"isLater"),{"name":"if","hash":{},"fn":container.program(10, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":210,"column":0},"end":{"line":212,"column":7}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"restages"),{"name":"if","hash":{},"fn":container.program(11, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":213,"column":0},"end":{"line":215,"column":7}}})) != null ? stack1 : "")
    + "      workgroupBarrier();\n      for (var row = 0u; row < block; row++) {\n        let weight = weights[weight_place(row, unit_key)];\n        let x = "
    + ((stack1 = container.lambda(container.strict(depth0, "tile", {"start":{"line":219,"column":18},"end":{"line":219,"column":22}} ), depth0)) != null ? stack1 : "")
    + "[row * tile_stride + column];\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(12, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":220,"column":0},"end":{"line":222,"column":9}}})) != null ? stack1 : "")
    + "      }\n";
},"10":function(container,depth0,helpers,partials,data) {
    return "      workgroupBarrier();\n";
},"11":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      stage_gradients(dout_head, dout_stride, "
    + ((stack1 = container.lambda(container.strict(depth0, "first", {"start":{"line":214,"column":48},"end":{"line":214,"column":53}} ), depth0)) != null ? stack1 : "")
    + "u, thread);\n";
},"12":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "        "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":221,"column":10},"end":{"line":221,"column":14}} ), depth0)) != null ? stack1 : "")
    + " += weight["
    + ((stack1 = alias2(alias1(depth0, "lane", {"start":{"line":221,"column":29},"end":{"line":221,"column":33}} ), depth0)) != null ? stack1 : "")
    + "] * x;\n";
},"13":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "      weights[weight_place(thread / 8u + 8u * "
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + "u, thread % 8u)] = ds"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + ";\n";
},"14":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"isLater"),{"name":"if","hash":{},"fn":container.program(10, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":230,"column":0},"end":{"line":232,"column":7}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"restages"),{"name":"if","hash":{},"fn":container.program(15, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":233,"column":0},"end":{"line":235,"column":7}}})) != null ? stack1 : "")
    + "      workgroupBarrier();\n      for (var row = 0u; row < block; row++) {\n        let weight = weights[weight_place(row, unit_key)];\n        let x = "
    + ((stack1 = container.lambda(container.strict(depth0, "tile", {"start":{"line":239,"column":18},"end":{"line":239,"column":22}} ), depth0)) != null ? stack1 : "")
    + "[row * tile_stride + column];\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(12, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":240,"column":0},"end":{"line":242,"column":9}}})) != null ? stack1 : "")
    + "      }\n";
},"15":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      stage_queries(q_head, q_stride, "
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":234,"column":40},"end":{"line":234,"column":45}} ), depth0)) != null ? stack1 : "")
    + "u, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":234,"column":52},"end":{"line":234,"column":58}} ), depth0)) != null ? stack1 : "")
    + "thread);\n";
},"16":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), alias2=container.strict, alias3=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"isLater"),{"name":"if","hash":{},"fn":container.program(10, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":249,"column":0},"end":{"line":251,"column":7}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"if").call(alias1,lookupProperty(depth0,"restages"),{"name":"if","hash":{},"fn":container.program(17, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":252,"column":0},"end":{"line":254,"column":7}}})) != null ? stack1 : "")
    + "      workgroupBarrier();\n      for (var key = 0u; key < 8u; key++) {\n        let at = key * tile_stride + column;\n        let x = mat4x4("
    + ((stack1 = alias3(alias2(depth0, "tile", {"start":{"line":258,"column":25},"end":{"line":258,"column":29}} ), depth0)) != null ? stack1 : "")
    + "[at], "
    + ((stack1 = alias3(alias2(depth0, "tile", {"start":{"line":258,"column":39},"end":{"line":258,"column":43}} ), depth0)) != null ? stack1 : "")
    + "[at + 8u * tile_stride], "
    + ((stack1 = alias3(alias2(depth0, "tile", {"start":{"line":258,"column":72},"end":{"line":258,"column":76}} ), depth0)) != null ? stack1 : "")
    + "[at + 16u * tile_stride], "
    + ((stack1 = alias3(alias2(depth0, "tile", {"start":{"line":258,"column":106},"end":{"line":258,"column":110}} ), depth0)) != null ? stack1 : "")
    + "[at + 24u * tile_stride]);\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(18, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":259,"column":0},"end":{"line":261,"column":9}}})) != null ? stack1 : "")
    + "      }\n";
},"17":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "      stage_keys(k_head, k_stride, "
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":253,"column":37},"end":{"line":253,"column":42}} ), depth0)) != null ? stack1 : "")
    + "u, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":253,"column":49},"end":{"line":253,"column":55}} ), depth0)) != null ? stack1 : "")
    + "thread);\n";
},"18":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "        "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":260,"column":10},"end":{"line":260,"column":14}} ), depth0)) != null ? stack1 : "")
    + " = combine("
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":260,"column":29},"end":{"line":260,"column":33}} ), depth0)) != null ? stack1 : "")
    + ", weights[weight_place("
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":260,"column":60},"end":{"line":260,"column":63}} ), depth0)) != null ? stack1 : "")
    + ", key)], x);\n";
},"19":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    if (thread < units && key_rows["
    + ((stack1 = alias2(alias1(depth0, "key", {"start":{"line":270,"column":37},"end":{"line":270,"column":40}} ), depth0)) != null ? stack1 : "")
    + "] >= 0) {\n      store_head("
    + ((stack1 = alias2(alias1(depth0, "to", {"start":{"line":271,"column":19},"end":{"line":271,"column":21}} ), depth0)) != null ? stack1 : "")
    + " + u32(key_rows["
    + ((stack1 = alias2(alias1(depth0, "key", {"start":{"line":271,"column":41},"end":{"line":271,"column":44}} ), depth0)) != null ? stack1 : "")
    + "]) * "
    + ((stack1 = alias2(alias1(depth0, "stride", {"start":{"line":271,"column":53},"end":{"line":271,"column":59}} ), depth0)) != null ? stack1 : "")
    + " + kv * head_dim, "
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":271,"column":81},"end":{"line":271,"column":86}} ), depth0)) != null ? stack1 : "")
    + "u + column, "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":271,"column":102},"end":{"line":271,"column":106}} ), depth0)) != null ? stack1 : "")
    + ");\n    }\n";
},"20":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    if (thread < units && query_rows["
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":276,"column":39},"end":{"line":276,"column":42}} ), depth0)) != null ? stack1 : "")
    + "] >= 0) {\n      store_head(dq + u32(query_rows["
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":277,"column":39},"end":{"line":277,"column":42}} ), depth0)) != null ? stack1 : "")
    + "]) * dq_stride + group.y * head_dim, "
    + ((stack1 = alias2(alias1(depth0, "first", {"start":{"line":277,"column":83},"end":{"line":277,"column":88}} ), depth0)) != null ? stack1 : "")
    + "u + column, scale * "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":277,"column":112},"end":{"line":277,"column":116}} ), depth0)) != null ? stack1 : "")
    + ");\n    }\n";
},"21":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  storageBarrier();\n  if (is_for_keys) {\n    turn_keys_back(dk + kv * head_dim, dk_stride, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":284,"column":52},"end":{"line":284,"column":58}} ), depth0)) != null ? stack1 : "")
    + "thread);\n  } else {\n    turn_queries_back(dq + group.y * head_dim, dq_stride, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":286,"column":60},"end":{"line":286,"column":66}} ), depth0)) != null ? stack1 : "")
    + "thread);\n  }\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention_tiles"),depth0,{"name":"_attention_tiles","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A key and a value that are near all others. The gradients of a row's scores add up to 0, so what all keys share never\n// reaches dq, and what all values share never reaches the gradients of the scores: taken off before, it cannot drown\n// the rest in rounding errors. Any vector does; the mean of a block is never an outlier.\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_attention_centers"),depth0,{"name":"_attention_centers","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "// Of a thread's four rows, from every eighth column: Σ gradient · (result − center), which a row's slopes are above or\n// below, and the mean of these, by weight, is 0.\nfn delta_parts(dout: u32, dout_stride: u32, out: u32, out_stride: u32, thread: u32) -> vec4<f32> {\n  let rows = query_rows_of(thread);\n  var delta = vec4<f32>();\n  for (var column = thread % 8u; column < vectors; column += 8u) {\n    for (var i = 0u; i < 4u; i++) {\n      if (rows[i] >= 0) {\n        let result = load_head(out + u32(rows[i]) * out_stride, column) - value_center[column];\n        delta[i] += dot(load_head(dout + u32(rows[i]) * dout_stride, column), result);\n      }\n    }\n  }\n  return delta;\n}\n\n// The same of query · center of the keys.\nfn center_parts(at: u32, stride: u32, "
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"centerScores"), "parameters", {"start":{"line":27,"column":40},"end":{"line":27,"column":63}} ), depth0)) != null ? stack1 : "")
    + "thread: u32) -> vec4<f32> {\n  let rows = query_rows_of(thread);\n  var sums = vec4<f32>();\n  for (var column = thread % 8u; column < vectors; column += 8u) {\n    for (var i = 0u; i < 4u; i++) {\n      let row = rows[i];\n      if (row >= 0) { sums[i] += dot("
    + ((stack1 = alias2(alias1(lookupProperty(depth0,"centerScores"), "value", {"start":{"line":33,"column":39},"end":{"line":33,"column":57}} ), depth0)) != null ? stack1 : "")
    + ", key_center[column]); }\n    }\n  }\n  return sums;\n}\n\nfn load_one(i: u32) -> f32 {\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isVector"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.program(1, data, 0),"data":data,"loc":{"start":{"line":40,"column":0},"end":{"line":44,"column":7}}})) != null ? stack1 : "")
    + "}\n\nfn lse_of(lse: u32, lse_stride: u32, thread: u32) -> vec4<f32> {\n  let rows = query_rows_of(thread);\n  var x = vec4<f32>();\n  for (var i = 0u; i < 4u; i++) {\n    if (rows[i] >= 0) { x[i] = load_one(lse + u32(rows[i]) * lse_stride); }\n  }\n  return x;\n}\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"rotary"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":55,"column":0},"end":{"line":75,"column":7}}})) != null ? stack1 : "")
    + "// Widens the range to the positions of queries that see any key in [begin, begin + block).\nfn widen_to_queries(begin: i32, base: i32, end: i32, row_of: u32, first: u32, last: u32, thread: u32) {\n  for (var at = base + i32(thread); at < end; at += i32(threads)) {\n    let row = host[row_of + u32(at)];\n    if (row >= 0) {\n      let begin_seen = host[first + u32(row)];\n      let end_seen = host[last + u32(row)];\n      if (begin_seen < end_seen && begin_seen < begin + i32(block) && end_seen > begin) { widen_range(at, at + 1); }\n    }\n  }\n}\n\n// A workgroup makes dq of a block of queries, walking over the keys that they see; or dk and dv of a block of keys, walking\n// over the heads that share them, and over the queries that see any of them. Both make the same scores on the way.\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":90,"column":27},"end":{"line":90,"column":34}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  // Those for keys come first: they take longer. So do blocks that see many, or are seen by many.\n  let is_for_keys = group.x < groups.x / 2u;\n  let index = group.x % (groups.x / 2u);\n  let blocks = (context + block - 1u) / block;\n  let base = index / blocks * context;\n  let begin = i32(base + select(blocks - 1u - index % blocks, index % blocks, is_for_keys) * block);\n  let context_end = i32(base + context);\n  let sharing = heads / kv_heads;\n  if (group.y >= select(heads, kv_heads, is_for_keys)) { return; }\n  let kv = select(group.y / sharing, group.y, is_for_keys);\n  let k_head = k + kv * head_dim;\n  let v_head = v + kv * head_dim;\n\n  // What there is to walk over, from where to where.\n  start_range(thread);\n  if (is_for_keys) {\n    load_key_rows(begin, begin, context_end, row_of, thread);\n    widen_to_queries(begin, i32(base), context_end, row_of, first, last, thread);\n  } else {\n    load_query_rows(begin, context_end, row_of, first, last, thread);\n    widen_to_seen(thread);\n  }\n  let walked = whole_range(thread);\n  let steps_per_head = u32(walked.y - walked.x + i32(block) - 1) / block;\n  let steps = select(1u, sharing, is_for_keys) * steps_per_head;\n  if (is_for_keys) {\n    load_query_rows(walked.x, context_end, row_of, first, last, thread);\n  } else {\n    load_key_rows(walked.y - i32(block), walked.x, walked.y, row_of, thread);\n  }\n  workgroupBarrier();\n\n  // dk has no use for a center of keys: theirs stays 0.\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"rounds"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":126,"column":0},"end":{"line":134,"column":9}}})) != null ? stack1 : "")
    + "  // Scores are of keys without their center, and so is what they are compared with.\n  weights[thread] = vec4<f32>();\n  if (!is_for_keys) { weights[thread] = center_parts(q + group.y * head_dim, q_stride, "
    + ((stack1 = alias2(alias1(depth0, "tables", {"start":{"line":137,"column":89},"end":{"line":137,"column":95}} ), depth0)) != null ? stack1 : "")
    + "thread); }\n  workgroupBarrier();\n  let lowered_by = scale * sum_weights(thread);\n\n  // A thread's four rows, and its four keys.\n  var row_first = vec4<i32>();\n  var row_last = vec4<i32>();\n  var row_lse = vec4<f32>();\n  var delta = vec4<f32>();\n  var positions = vec4<i32>();\n  // The sums that it owns: of dq or dk, and of dv.\n  let unit = min(thread, units - 1u);\n  let unit_row = unit / columns;\n  let unit_key = unit / columns % 8u;\n  let unit_lane = unit / columns / 8u * "
    + ((stack1 = alias2(alias1(depth0, "threadRows", {"start":{"line":151,"column":42},"end":{"line":151,"column":52}} ), depth0)) != null ? stack1 : "")
    + "u;\n  let column = unit % columns;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":153,"column":0},"end":{"line":155,"column":9}}})) != null ? stack1 : "")
    + "  for (var step = 0u; step < steps; step++) {\n    let head = select(group.y, kv * sharing + step / steps_per_head, is_for_keys);\n    let q_head = q + head * head_dim;\n    let dout_head = dout + head * head_dim;\n    let has_new_queries = is_for_keys || step == 0u;\n    let has_new_keys = !is_for_keys || step == 0u;\n    var scores = mat4x4<f32>();\n    var slopes = mat4x4<f32>();\n    if (has_new_queries) {\n      row_first = first_of(thread);\n      row_last = last_of(thread);\n      row_lse = lse_of(lse + head, lse_stride, thread) - lowered_by;\n      row_parts[thread] = delta_parts(dout_head, dout_stride, out + head * head_dim, out_stride, thread);\n    }\n    if (has_new_keys) {\n      positions = key_positions(select(walked.y - i32((step + 1u) * block), begin, is_for_keys), thread);\n    }\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"isWhole"),{"name":"if","hash":{},"fn":container.program(6, data, 0),"inverse":container.program(7, data, 0),"data":data,"loc":{"start":{"line":173,"column":0},"end":{"line":200,"column":7}}})) != null ? stack1 : "")
    + "    if (has_new_queries) { delta = sum_row_parts(thread); }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"four"),{"name":"each","hash":{},"fn":container.program(8, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":202,"column":0},"end":{"line":207,"column":9}}})) != null ? stack1 : "")
    + "    if (is_for_keys) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"valueWalks"),{"name":"each","hash":{},"fn":container.program(9, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":209,"column":0},"end":{"line":224,"column":9}}})) != null ? stack1 : "")
    + "      workgroupBarrier();\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"four"),{"name":"each","hash":{},"fn":container.program(13, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":226,"column":0},"end":{"line":228,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"keyWalks"),{"name":"each","hash":{},"fn":container.program(14, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":229,"column":0},"end":{"line":244,"column":9}}})) != null ? stack1 : "")
    + "      let next = walked.x + i32((step + 1u) % steps_per_head * block);\n      load_query_rows(next, context_end, row_of, first, last, thread);\n    } else {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"walks"),{"name":"each","hash":{},"fn":container.program(16, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":248,"column":0},"end":{"line":263,"column":9}}})) != null ? stack1 : "")
    + "      load_key_rows(walked.y - i32((step + 2u) * block), walked.x, walked.y, row_of, thread);\n    }\n    workgroupBarrier();\n  }\n  if (is_for_keys) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"keyStores"),{"name":"each","hash":{},"fn":container.program(19, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":269,"column":0},"end":{"line":273,"column":9}}})) != null ? stack1 : "")
    + "  } else {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(20, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":275,"column":0},"end":{"line":279,"column":9}}})) != null ? stack1 : "")
    + "  }\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"rotary"),{"name":"if","hash":{},"fn":container.program(21, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":281,"column":0},"end":{"line":288,"column":7}}})) != null ? stack1 : "")
    + "}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/attention_rows", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "  var query"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n  var sum"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    sum"
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + " *= shrink;\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_heads"),depth0,{"name":"_heads","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Keys and values staged at a time, and their scores for every query of the workgroup.\nconst keys = "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":7,"column":15},"end":{"line":7,"column":19}} ), depth0)) != null ? stack1 : "")
    + "u;\nvar<workgroup> key_tile: array<vec4<f32>, "
    + ((stack1 = alias2(alias1(depth0, "tileSize", {"start":{"line":8,"column":44},"end":{"line":8,"column":52}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> value_tile: array<vec4<f32>, "
    + ((stack1 = alias2(alias1(depth0, "tileSize", {"start":{"line":9,"column":46},"end":{"line":9,"column":54}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> scores: array<f32, "
    + ((stack1 = alias2(alias1(depth0, "scoreSize", {"start":{"line":10,"column":36},"end":{"line":10,"column":45}} ), depth0)) != null ? stack1 : "")
    + ">;\n\n// A thread per query of one head: it keeps its query and its result in registers.\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":13,"column":27},"end":{"line":13,"column":34}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let blocks = (context + threads - 1u) / threads;\n  let base = group.x / blocks * context;\n  let at = group.x % blocks * threads + thread;\n  let head = group.y;\n  if (head >= heads) { return; }\n  let kv_head = head / (heads / kv_heads);\n  var row = -1;\n  if (at < context) { row = host[row_of + base + at]; }\n  var first = 0;\n  var last = 0;\n  if (row >= 0) {\n    first = host[firsts + u32(row)] - i32(base);\n    last = host[lasts + u32(row)] - i32(base);\n  }\n  let seen = seen_range(first, last, thread);\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"quadNames"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":31,"column":0},"end":{"line":34,"column":9}}})) != null ? stack1 : "")
    + "  if (row >= 0) {\n    let place = q + u32(row) * q_stride + head * head_dim;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"queryLoads"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":37,"column":0},"end":{"line":39,"column":9}}})) != null ? stack1 : "")
    + "  }\n  var most = -3.0e38f;\n  var total = 0f;\n  for (var begin = seen.x; begin < seen.y; begin += i32(keys)) {\n    for (var i = thread; i < keys * quads; i += threads) {\n      let position = begin + i32(i / quads);\n      var key = vec4<f32>();\n      var value = vec4<f32>();\n      if (position < seen.y) {\n        let key_row = host[row_of + base + u32(position)];\n        if (key_row >= 0) {\n          let place = k + u32(key_row) * k_stride + kv_head * head_dim;\n          "
    + ((stack1 = alias2(alias1(depth0, "keyLoad", {"start":{"line":52,"column":12},"end":{"line":52,"column":19}} ), depth0)) != null ? stack1 : "")
    + "\n          value = head_quad(v + u32(key_row) * v_stride + kv_head * head_dim, i % quads);\n        }\n      }\n      key_tile[i] = key;\n      value_tile[i] = value;\n    }\n    workgroupBarrier();\n    let start = u32(clamp(first - begin, 0, i32(keys)));\n    let stop = u32(clamp(last - begin, 0, i32(keys)));\n    var tile_most = most;\n    for (var key = start; key < stop; key++) {\n      var score = 0f;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"scoreLines"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":65,"column":0},"end":{"line":67,"column":9}}})) != null ? stack1 : "")
    + "      scores[key * threads + thread] = score;\n      tile_most = max(tile_most, score);\n    }\n    let shrink = exp(most - tile_most);\n    most = tile_most;\n    total *= shrink;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"quadNames"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":74,"column":0},"end":{"line":76,"column":9}}})) != null ? stack1 : "")
    + "    for (var key = start; key < stop; key++) {\n      let p = exp(scores[key * threads + thread] - most);\n      total += p;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"mixLines"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":80,"column":0},"end":{"line":82,"column":9}}})) != null ? stack1 : "")
    + "    }\n    workgroupBarrier();\n  }\n  if (row < 0) { return; }\n  let place = out + u32(row) * out_stride + head * head_dim;\n  let share = select(0f, 1f / total, total > 0f);\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":89,"column":0},"end":{"line":91,"column":9}}})) != null ? stack1 : "")
    + "  store(lse + u32(row) * lse_stride + head, select(0f, most + log(total), total > 0f));\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/attention_rows_grad", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.lambda;

  return "  var own_a"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n  var own_b"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n  var sum_a"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n  var sum_b"
    + ((stack1 = alias1(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "        "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_heads"),depth0,{"name":"_heads","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Rows staged at a time: keys and values for queries, or queries and the gradients of their results for keys.\nconst staged = "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":7,"column":17},"end":{"line":7,"column":21}} ), depth0)) != null ? stack1 : "")
    + "u;\nvar<workgroup> tile_a: array<vec4<f32>, "
    + ((stack1 = alias2(alias1(depth0, "tileSize", {"start":{"line":8,"column":42},"end":{"line":8,"column":50}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> tile_b: array<vec4<f32>, "
    + ((stack1 = alias2(alias1(depth0, "tileSize", {"start":{"line":9,"column":42},"end":{"line":9,"column":50}} ), depth0)) != null ? stack1 : "")
    + ">;\n// Of staged queries: lse, Σ dout · out, first and last key.\nvar<workgroup> tile_lse: array<f32, "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":11,"column":38},"end":{"line":11,"column":42}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> tile_kept: array<f32, "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":12,"column":39},"end":{"line":12,"column":43}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> tile_first: array<i32, "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":13,"column":40},"end":{"line":13,"column":44}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> tile_last: array<i32, "
    + ((stack1 = alias2(alias1(depth0, "keys", {"start":{"line":14,"column":39},"end":{"line":14,"column":43}} ), depth0)) != null ? stack1 : "")
    + ">;\n\n// Some workgroups make dq, a thread per query, the others dk and dv, a thread per key; each sums in order.\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":17,"column":27},"end":{"line":17,"column":34}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let blocks = (context + threads - 1u) / threads;\n  let base = group.x / blocks * context;\n  let at = group.x % blocks * threads + thread;\n  var row = -1;\n  if (at < context) { row = host[row_of + base + at]; }\n  let group_heads = heads / kv_heads;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"quadNames"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":26,"column":0},"end":{"line":31,"column":9}}})) != null ? stack1 : "")
    + "\n  if (group.y < heads) {\n    let head = group.y;\n    let kv_head = head / group_heads;\n    var first = 0;\n    var last = 0;\n    var own_lse = 0f;\n    var kept = 0f;\n    if (row >= 0) {\n      first = host[firsts + u32(row)] - i32(base);\n      last = host[lasts + u32(row)] - i32(base);\n      own_lse = load(lse + u32(row) * lse_stride + head);\n      let place = q + u32(row) * q_stride + head * head_dim;\n      let dout_place = dout + u32(row) * dout_stride + head * head_dim;\n      let out_place = out + u32(row) * out_stride + head * head_dim;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"queryLoads"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":47,"column":0},"end":{"line":49,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"keptLines"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":50,"column":0},"end":{"line":52,"column":9}}})) != null ? stack1 : "")
    + "    }\n    let seen = seen_range(first, last, thread);\n    for (var begin = seen.x; begin < seen.y; begin += i32(staged)) {\n      for (var i = thread; i < staged * quads; i += threads) {\n        let position = begin + i32(i / quads);\n        var a = vec4<f32>();\n        var b = vec4<f32>();\n        if (position < seen.y) {\n          let key_row = host[row_of + base + u32(position)];\n          if (key_row >= 0) {\n            let place = k + u32(key_row) * k_stride + kv_head * head_dim;\n            "
    + ((stack1 = alias2(alias1(depth0, "keyLoad", {"start":{"line":64,"column":14},"end":{"line":64,"column":21}} ), depth0)) != null ? stack1 : "")
    + "\n            b = head_quad(v + u32(key_row) * v_stride + kv_head * head_dim, i % quads);\n          }\n        }\n        tile_a[i] = a;\n        tile_b[i] = b;\n      }\n      workgroupBarrier();\n      for (var j = u32(clamp(first - begin, 0, i32(staged))); j < u32(clamp(last - begin, 0, i32(staged))); j++) {\n        var score = 0f;\n        var slope = 0f;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"scoreLines"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":75,"column":0},"end":{"line":77,"column":9}}})) != null ? stack1 : "")
    + "        let ds = exp(score * scale - own_lse) * (slope - kept) * scale;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"querySums"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":79,"column":0},"end":{"line":81,"column":9}}})) != null ? stack1 : "")
    + "      }\n      workgroupBarrier();\n    }\n    if (row >= 0) {\n      let place = dq + u32(row) * dq_stride + head * head_dim;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"turnedStores"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":87,"column":0},"end":{"line":89,"column":9}}})) != null ? stack1 : "")
    + "    }\n    return;\n  }\n\n  let kv_head = group.y - heads;\n  if (kv_head >= kv_heads) { return; }\n  if (row >= 0) {\n    let place = k + u32(row) * k_stride + kv_head * head_dim;\n    let v_place = v + u32(row) * v_stride + kv_head * head_dim;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"keyLoads"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":99,"column":0},"end":{"line":101,"column":9}}})) != null ? stack1 : "")
    + "  }\n  let key_begin = i32(group.x % blocks * threads);\n  let key_end = key_begin + i32(threads);\n  for (var head = kv_head * group_heads; head < (kv_head + 1u) * group_heads; head++) {\n    for (var begin = 0u; begin < context; begin += staged) {\n      // Queries that see none of this workgroup's keys are passed over together.\n      var query_row = -1;\n      if (thread < staged && begin + thread < context) { query_row = host[row_of + base + begin + thread]; }\n      var first = 0;\n      var last = 0;\n      if (query_row >= 0) {\n        first = host[firsts + u32(query_row)] - i32(base);\n        last = host[lasts + u32(query_row)] - i32(base);\n      }\n      let seen = seen_range(first, last, thread);\n      if (seen.x >= key_end || seen.y <= key_begin) { continue; }\n      for (var i = thread; i < staged * quads; i += threads) {\n        var a = vec4<f32>();\n        var b = vec4<f32>();\n        if (begin + i / quads < context) {\n          let staged_row = host[row_of + base + begin + i / quads];\n          if (staged_row >= 0) {\n            let place = q + u32(staged_row) * q_stride + head * head_dim;\n            "
    + ((stack1 = alias2(alias1(depth0, "queryLoad", {"start":{"line":125,"column":14},"end":{"line":125,"column":23}} ), depth0)) != null ? stack1 : "")
    + "\n            b = head_quad(dout + u32(staged_row) * dout_stride + head * head_dim, i % quads);\n          }\n        }\n        tile_a[i] = a;\n        tile_b[i] = b;\n      }\n      if (thread < staged) {\n        tile_first[thread] = first;\n        tile_last[thread] = last;\n      }\n      if (query_row >= 0) {\n        tile_lse[thread] = load(lse + u32(query_row) * lse_stride + head);\n        let dout_place = dout + u32(query_row) * dout_stride + head * head_dim;\n        let out_place = out + u32(query_row) * out_stride + head * head_dim;\n        var kept = 0f;\n        for (var c = 0u; c < quads; c++) { kept += dot(head_quad(dout_place, c), head_quad(out_place, c)); }\n        tile_kept[thread] = kept;\n      }\n      workgroupBarrier();\n      for (var j = 0u; j < staged; j++) {\n        if (i32(at) < tile_first[j] || i32(at) >= tile_last[j]) { continue; }\n        var score = 0f;\n        var slope = 0f;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"scoreLines"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":149,"column":0},"end":{"line":151,"column":9}}})) != null ? stack1 : "")
    + "        let p = exp(score * scale - tile_lse[j]);\n        let ds = p * (slope - tile_kept[j]) * scale;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"keySums"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":154,"column":0},"end":{"line":156,"column":9}}})) != null ? stack1 : "")
    + "      }\n      workgroupBarrier();\n    }\n  }\n  if (row < 0) { return; }\n  let place = dk + u32(row) * dk_stride + kv_head * head_dim;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"turnedStores"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":163,"column":0},"end":{"line":165,"column":9}}})) != null ? stack1 : "")
    + "  let v_place = dv + u32(row) * dv_stride + kv_head * head_dim;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"valueStores"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":167,"column":0},"end":{"line":169,"column":9}}})) != null ? stack1 : "")
    + "}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/balance", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_sum"),depth0,{"name":"_sum","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":5,"column":27},"end":{"line":5,"column":37}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32"
    + ((stack1 = alias2(alias1(depth0, "subgroupInput", {"start":{"line":6,"column":95},"end":{"line":6,"column":108}} ), depth0)) != null ? stack1 : "")
    + ") {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  var loss = 0f;\n  for (var pool = 0u; pool < pools; pool++) {\n    let segments = u32(host[record + "
    + ((stack1 = alias2(alias1(depth0, "firstPool", {"start":{"line":10,"column":39},"end":{"line":10,"column":48}} ), depth0)) != null ? stack1 : "")
    + "u + pool]);\n    let ranges = u32(host[segments]);\n    let own = starts + pool * experts;\n    let rows = f32(host[own + experts] - host[own]);\n    var sum = 0f;\n    for (var e = 0u; e < experts; e++) {\n      var part = 0f;\n      for (var range = 0u; range < ranges; range++) {\n        let end = u32(host[segments + 2u * range + 2u]);\n        for (var row = u32(host[segments + 2u * range + 1u]) + thread; row < end; row += "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":19,"column":91},"end":{"line":19,"column":101}} ), depth0)) != null ? stack1 : "")
    + "u) {\n          part += load(p + row * p_stride + e);\n        }\n      }\n      sum += f32(host[own + e + 1u] - host[own + e]) / max(rows, 1f) * "
    + ((stack1 = alias2(alias1(depth0, "total", {"start":{"line":23,"column":73},"end":{"line":23,"column":78}} ), depth0)) != null ? stack1 : "")
    + ";\n    }\n    loss += scale * sum / max(rows, 1f);\n  }\n  if (thread == 0u) {\n    store(sums, loss);\n    for (var m = 1u; m <= modalities; m++) { store(sums + m, 0f); }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/combine_dp", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_sum"),depth0,{"name":"_sum","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A workgroup per row, one expert after the other.\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":6,"column":27},"end":{"line":6,"column":37}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32"
    + ((stack1 = alias2(alias1(depth0, "subgroupInput", {"start":{"line":7,"column":95},"end":{"line":7,"column":108}} ), depth0)) != null ? stack1 : "")
    + ") {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  if (group.y >= count) { return; }\n  let row = first + group.y;\n  for (var e = 0u; e < experts; e++) {\n    let slot = host[slots + row * experts + e];\n    var part = 0f;\n    if (slot >= 0) {\n      for (var i = thread; i < width; i += "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":15,"column":45},"end":{"line":15,"column":55}} ), depth0)) != null ? stack1 : "")
    + "u) {\n        part += load(dz + row * z_stride + i) * load(y + u32(slot) * y_stride + i);\n      }\n    }\n    let total = "
    + ((stack1 = alias2(alias1(depth0, "total", {"start":{"line":19,"column":18},"end":{"line":19,"column":23}} ), depth0)) != null ? stack1 : "")
    + ";\n    if (thread == 0u) { store(dp + row * p_stride + e, total); }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/cross_entropy", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    for (var i = thread; i < vocab; i += "
    + ((stack1 = container.lambda(container.strict(depth0, "sumThreads", {"start":{"line":17,"column":43},"end":{"line":17,"column":53}} ), depth0)) != null ? stack1 : "")
    + "u) { store(y + i, 0f); }\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  // The gradient may stand where the logits do: the loss has to be read before.\n  storageBarrier();\n  let weight = load(weights + row);\n  let slope = weight * (1f + 2f * z_loss * lse) / total;\n  for (var i = thread; i < vocab; i += "
    + ((stack1 = container.lambda(container.strict(depth0, "sumThreads", {"start":{"line":34,"column":41},"end":{"line":34,"column":51}} ), depth0)) != null ? stack1 : "")
    + "u) {\n    store(y + i, slope * exp(load(x + i) - largest) - select(0f, weight, i == u32(wanted)));\n  }\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_sum"),depth0,{"name":"_sum","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A workgroup per row.\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":6,"column":27},"end":{"line":6,"column":37}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32"
    + ((stack1 = alias2(alias1(depth0, "subgroupInput", {"start":{"line":7,"column":95},"end":{"line":7,"column":108}} ), depth0)) != null ? stack1 : "")
    + ") {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  if (group.y >= count) { return; }\n  let row = first + group.y;\n  let x = logits + row * stride;\n  let y = dlogits + row * gradient_stride;\n  let wanted = host[target_ids + row];\n  if (wanted < 0) {\n    if (thread == 0u) { store(loss + row, 0f); }\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":16,"column":0},"end":{"line":18,"column":7}}})) != null ? stack1 : "")
    + "    return;\n  }\n  var high = -3.4e38f;\n  for (var i = thread; i < vocab; i += "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":22,"column":41},"end":{"line":22,"column":51}} ), depth0)) != null ? stack1 : "")
    + "u) { high = max(high, load(x + i)); }\n  let largest = "
    + ((stack1 = alias2(alias1(depth0, "largest", {"start":{"line":23,"column":18},"end":{"line":23,"column":25}} ), depth0)) != null ? stack1 : "")
    + ";\n  var low = 0f;\n  for (var i = thread; i < vocab; i += "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":25,"column":41},"end":{"line":25,"column":51}} ), depth0)) != null ? stack1 : "")
    + "u) { low += exp(load(x + i) - largest); }\n  let total = "
    + ((stack1 = alias2(alias1(depth0, "total", {"start":{"line":26,"column":16},"end":{"line":26,"column":21}} ), depth0)) != null ? stack1 : "")
    + ";\n  let lse = largest + log(total);\n  if (thread == 0u) { store(loss + row, lse - load(x + u32(wanted)) + z_loss * lse * lse); }\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":29,"column":0},"end":{"line":37,"column":7}}})) != null ? stack1 : "")
    + "}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/elementwise", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = container.lambda(container.strict(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_functions"),depth0,{"name":"_functions","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// The elements of a tile, spread over the workgroups that share it.\n@compute @workgroup_size(256)\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  for (var i = 256u * group.y + thread; i < count * width; i += 256u * groups.y) {\n    let row = first + i / width;\n    let column = i % width;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":12,"column":0},"end":{"line":14,"column":9}}})) != null ? stack1 : "")
    + "  }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/embed_dw_by_token", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = container.lambda(container.strict(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A workgroup per token of the vocabulary; a thread takes every 64th column.\n@compute @workgroup_size(64)\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let token = group.x + group.y * groups.x;\n  if (token >= vocab) { return; }\n  let begin = u32(host[token_starts + token]);\n  let end = u32(host[token_starts + token + 1u]);\n  let ranges = u32(host[segments]);\n  for (var column = thread; column < width; column += 64u) {\n    var total = 0f;\n    for (var i = begin; i < end; i++) {\n      let row = u32(host[rows_by_token + i]);\n      for (var range = 0u; range < ranges; range++) {\n        let isCounted = row >= u32(host[segments + 2u * range + 1u]) && row < u32(host[segments + 2u * range + 2u]);\n        if (isCounted) { total += load(dy + row * dy_stride + column); }\n      }\n    }\n    store(table + token * width + column, total);\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/loss_sums", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_sum"),depth0,{"name":"_sum","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":5,"column":27},"end":{"line":5,"column":37}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32"
    + ((stack1 = alias2(alias1(depth0, "subgroupInput", {"start":{"line":6,"column":95},"end":{"line":6,"column":108}} ), depth0)) != null ? stack1 : "")
    + ") {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let ranges = u32(host[segments]);\n  // Sum 0 is weighted and of every row, sum 1 + m of the counted targets of modality m.\n  for (var m = -1; m < i32(modalities); m++) {\n    var part = 0f;\n    for (var range = 0u; range < ranges; range++) {\n      let end = u32(host[segments + 2u * range + 2u]);\n      for (var row = u32(host[segments + 2u * range + 1u]) + thread; row < end; row += "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":14,"column":89},"end":{"line":14,"column":99}} ), depth0)) != null ? stack1 : "")
    + "u) {\n        let weight = load(weights + row);\n        let isCounted = host[target_modality + row] == m && weight != 0f;\n        part += load(loss + row) * select(select(0f, 1f, isCounted), weight, m < 0);\n      }\n    }\n    let total = "
    + ((stack1 = alias2(alias1(depth0, "total", {"start":{"line":20,"column":18},"end":{"line":20,"column":23}} ), depth0)) != null ? stack1 : "")
    + ";\n    if (thread == 0u) { store(sums + u32(m + 1), total); }\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/mean_square", {"0":function(container,depth0,helpers,partials,data) {
    return "  let slope = 2f * load(weights + row) / f32(width);\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "    store(dx + row * gradient_stride + i, slope * difference);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_sum"),depth0,{"name":"_sum","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A workgroup per row.\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":6,"column":27},"end":{"line":6,"column":37}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32"
    + ((stack1 = alias2(alias1(depth0, "subgroupInput", {"start":{"line":7,"column":95},"end":{"line":7,"column":108}} ), depth0)) != null ? stack1 : "")
    + ") {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  if (group.y >= count) { return; }\n  let row = first + group.y;\n  let p = x + row * stride;\n  let q = wanted + row * target_stride;\n  var part = 0f;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":14,"column":0},"end":{"line":16,"column":7}}})) != null ? stack1 : "")
    + "  for (var i = thread; i < width; i += "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":17,"column":41},"end":{"line":17,"column":51}} ), depth0)) != null ? stack1 : "")
    + "u) {\n    let difference = load(p + i) - load(q + i);\n    part += difference * difference;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"gradient"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":20,"column":0},"end":{"line":22,"column":7}}})) != null ? stack1 : "")
    + "  }\n  let total = "
    + ((stack1 = alias2(alias1(depth0, "total", {"start":{"line":24,"column":16},"end":{"line":24,"column":21}} ), depth0)) != null ? stack1 : "")
    + ";\n  if (thread == 0u) { store(loss + row, total / f32(width)); }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/outer", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  var "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      {\n        let at = thread + "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "u;\n        let row = r0 + at / (rows / 4u);\n        let loaded = load4((a + row * a_stride + row0) / 4u + at % (rows / 4u));\n        a_tile[at] = select(vec4<f32>(), loaded, row < end);\n      }\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      {\n        let at = thread + "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "u;\n        let row = r0 + at / (columns / 4u);\n        let loaded = load4((b + row * b_stride + column0) / 4u + at % (columns / 4u));\n        b_tile[at] = select(vec4<f32>(), loaded, row < end);\n      }\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "        let "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":47,"column":14},"end":{"line":47,"column":18}} ), depth0)) != null ? stack1 : "")
    + " = a_tile[kk * (rows / 4u) + "
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":47,"column":51},"end":{"line":47,"column":54}} ), depth0)) != null ? stack1 : "")
    + "];\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "        let "
    + ((stack1 = alias2(alias1(depth0, "name", {"start":{"line":50,"column":14},"end":{"line":50,"column":18}} ), depth0)) != null ? stack1 : "")
    + " = b_tile[kk * (columns / 4u) + "
    + ((stack1 = alias2(alias1(depth0, "column", {"start":{"line":50,"column":54},"end":{"line":50,"column":60}} ), depth0)) != null ? stack1 : "")
    + "];\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "        "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"6":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "  if (row0 + "
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":60,"column":15},"end":{"line":60,"column":18}} ), depth0)) != null ? stack1 : "")
    + " < outer && column0 + "
    + ((stack1 = alias2(alias1(depth0, "column", {"start":{"line":60,"column":44},"end":{"line":60,"column":50}} ), depth0)) != null ? stack1 : "")
    + " < inner) {\n    let at = dw + (row0 + "
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":61,"column":28},"end":{"line":61,"column":31}} ), depth0)) != null ? stack1 : "")
    + ") * inner + column0 + "
    + ((stack1 = alias2(alias1(depth0, "column", {"start":{"line":61,"column":57},"end":{"line":61,"column":63}} ), depth0)) != null ? stack1 : "")
    + ";\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"aligned"),{"name":"if","hash":{},"fn":container.program(7, data, 0),"inverse":container.program(8, data, 0),"data":data,"loc":{"start":{"line":62,"column":0},"end":{"line":71,"column":7}}})) != null ? stack1 : "")
    + "  }\n";
},"7":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    if (accumulate != 0u) { "
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":63,"column":30},"end":{"line":63,"column":33}} ), depth0)) != null ? stack1 : "")
    + " += load4(at / 4u); }\n    store4(at / 4u, "
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":64,"column":22},"end":{"line":64,"column":25}} ), depth0)) != null ? stack1 : "")
    + ");\n";
},"8":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    for (var i = 0u; i < min(4u, inner - column0 - ("
    + ((stack1 = alias2(alias1(depth0, "column", {"start":{"line":66,"column":54},"end":{"line":66,"column":60}} ), depth0)) != null ? stack1 : "")
    + ")); i++) {\n      var total = "
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":67,"column":20},"end":{"line":67,"column":23}} ), depth0)) != null ? stack1 : "")
    + "[i];\n      if (accumulate != 0u) { total += load(at + i); }\n      store(at + i, total);\n    }\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A workgroup's part of dw, and the rows of a and b it stages at a time.\nconst rows = "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":5,"column":15},"end":{"line":5,"column":19}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst columns = "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":6,"column":18},"end":{"line":6,"column":25}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst depth = "
    + ((stack1 = alias2(alias1(depth0, "depth", {"start":{"line":7,"column":16},"end":{"line":7,"column":21}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst threads_across = "
    + ((stack1 = alias2(alias1(depth0, "threadsAcross", {"start":{"line":8,"column":25},"end":{"line":8,"column":38}} ), depth0)) != null ? stack1 : "")
    + "u;\n\nvar<workgroup> a_tile: array<vec4<f32>, "
    + ((stack1 = alias2(alias1(depth0, "aTileSize", {"start":{"line":10,"column":42},"end":{"line":10,"column":51}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> b_tile: array<vec4<f32>, "
    + ((stack1 = alias2(alias1(depth0, "bTileSize", {"start":{"line":11,"column":42},"end":{"line":11,"column":51}} ), depth0)) != null ? stack1 : "")
    + ">;\n\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":13,"column":27},"end":{"line":13,"column":34}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let column0 = group.x * columns;\n  let row0 = group.y * rows;\n  if (column0 >= inner || row0 >= outer) { return; }\n  let thread_row = thread / threads_across;\n  let thread_column = thread % threads_across;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":21,"column":0},"end":{"line":23,"column":9}}})) != null ? stack1 : "")
    + "  let ranges = u32(host[segments]);\n  for (var range = 0u; range < ranges; range++) {\n    let end = u32(host[segments + 2u * range + 2u]);\n    for (var r0 = u32(host[segments + 2u * range + 1u]); r0 < end; r0 += depth) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"aLoads"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":28,"column":0},"end":{"line":35,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"bLoads"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":36,"column":0},"end":{"line":43,"column":9}}})) != null ? stack1 : "")
    + "      workgroupBarrier();\n      for (var kk = 0u; kk < depth; kk++) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"aReads"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":46,"column":0},"end":{"line":48,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"bReads"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":49,"column":0},"end":{"line":51,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"products"),{"name":"each","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":52,"column":0},"end":{"line":54,"column":9}}})) != null ? stack1 : "")
    + "      }\n      workgroupBarrier();\n    }\n  }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(6, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":59,"column":0},"end":{"line":73,"column":9}}})) != null ? stack1 : "")
    + "}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/pack", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n@compute @workgroup_size(256)\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let size = (n + "
    + ((stack1 = alias2(alias1(depth0, "panel", {"start":{"line":7,"column":20},"end":{"line":7,"column":25}} ), depth0)) != null ? stack1 : "")
    + "u - 1u) / "
    + ((stack1 = alias2(alias1(depth0, "panel", {"start":{"line":7,"column":39},"end":{"line":7,"column":44}} ), depth0)) != null ? stack1 : "")
    + "u * k * "
    + ((stack1 = alias2(alias1(depth0, "panel4", {"start":{"line":7,"column":56},"end":{"line":7,"column":62}} ), depth0)) != null ? stack1 : "")
    + "u;\n  for (var i = 256u * group.x + thread; i < size; i += 256u * groups.x) {\n    let kk = i / "
    + ((stack1 = alias2(alias1(depth0, "panel4", {"start":{"line":9,"column":19},"end":{"line":9,"column":25}} ), depth0)) != null ? stack1 : "")
    + "u % k;\n    let column = i / ("
    + ((stack1 = alias2(alias1(depth0, "panel4", {"start":{"line":10,"column":24},"end":{"line":10,"column":30}} ), depth0)) != null ? stack1 : "")
    + "u * k) * "
    + ((stack1 = alias2(alias1(depth0, "panel", {"start":{"line":10,"column":43},"end":{"line":10,"column":48}} ), depth0)) != null ? stack1 : "")
    + "u + 4u * (i % "
    + ((stack1 = alias2(alias1(depth0, "panel4", {"start":{"line":10,"column":66},"end":{"line":10,"column":72}} ), depth0)) != null ? stack1 : "")
    + "u);\n    var x = vec4<f32>();\n    for (var lane = 0u; lane < 4u; lane++) {\n      if (column + lane < n) { x[lane] = load(w + (column + lane) * column_step + kk * k_step); }\n    }\n    store_weight4(packed / 4u + i, x);\n  }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/product", {"0":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "var<workgroup> row_parts: array<f32, "
    + ((stack1 = alias2(alias1(depth0, "rowPartSize", {"start":{"line":16,"column":39},"end":{"line":16,"column":50}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> row_scalars: array<f32, "
    + ((stack1 = alias2(alias1(depth0, "rowScalarSize", {"start":{"line":17,"column":41},"end":{"line":17,"column":54}} ), depth0)) != null ? stack1 : "")
    + ">;\n";
},"1":function(container,depth0,helpers,partials,data) {
    return "  let per_column = 1f / f32(width);\n  // Of the workgroups that share these rows, the first also stores what is computed on the way.\n  let keeps_rows = keeps != 0u && group.y == 0u;\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "  // Sums over the tile's rows, "
    + ((stack1 = alias2(alias1(depth0, "lanes", {"start":{"line":37,"column":34},"end":{"line":37,"column":39}} ), depth0)) != null ? stack1 : "")
    + " threads a row, then what is made of them.\n  for (var item = thread; item < rows * "
    + ((stack1 = alias2(alias1(depth0, "lanes", {"start":{"line":38,"column":42},"end":{"line":38,"column":47}} ), depth0)) != null ? stack1 : "")
    + "u; item += threads) {\n    let row_in_tile = item / "
    + ((stack1 = alias2(alias1(depth0, "lanes", {"start":{"line":39,"column":31},"end":{"line":39,"column":36}} ), depth0)) != null ? stack1 : "")
    + "u;\n    let row = first + row_in_tile;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"totals"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":41,"column":0},"end":{"line":43,"column":9}}})) != null ? stack1 : "")
    + "    for (var column = 4u * (item % "
    + ((stack1 = alias2(alias1(depth0, "lanes", {"start":{"line":44,"column":37},"end":{"line":44,"column":42}} ), depth0)) != null ? stack1 : "")
    + "u); column < width; column += 4u * "
    + ((stack1 = alias2(alias1(depth0, "lanes", {"start":{"line":44,"column":81},"end":{"line":44,"column":86}} ), depth0)) != null ? stack1 : "")
    + "u) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":45,"column":0},"end":{"line":47,"column":9}}})) != null ? stack1 : "")
    + "    }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"parts"),{"name":"each","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":49,"column":0},"end":{"line":51,"column":9}}})) != null ? stack1 : "")
    + "  }\n  workgroupBarrier();\n  for (var row_in_tile = thread; row_in_tile < rows; row_in_tile += threads) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"finish"),{"name":"each","hash":{},"fn":container.program(5, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":55,"column":0},"end":{"line":57,"column":9}}})) != null ? stack1 : "")
    + "  }\n  workgroupBarrier();\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    var "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"6":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  var "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + " = vec4<f32>();\n";
},"7":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "  // "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":65,"column":7},"end":{"line":65,"column":14}} ), depth0)) != null ? stack1 : "")
    + "\n  for (var begin = 0u; begin < "
    + ((stack1 = alias2(alias1(depth0, "k", {"start":{"line":66,"column":33},"end":{"line":66,"column":34}} ), depth0)) != null ? stack1 : "")
    + "; begin += depth) {\n    for (var at = thread; at < rows * depth / 4u; at += threads) {\n      let row_in_tile = at / (depth / 4u);\n      let row = first + row_in_tile;\n      let column = begin + 4u * (at % (depth / 4u));\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":71,"column":0},"end":{"line":73,"column":9}}})) != null ? stack1 : "")
    + "      // What stands past k is no number.\n      a_tile[at] = select(vec4<f32>(), "
    + ((stack1 = alias2(alias1(depth0, "value", {"start":{"line":75,"column":41},"end":{"line":75,"column":46}} ), depth0)) != null ? stack1 : "")
    + ", inside(column, "
    + ((stack1 = alias2(alias1(depth0, "k", {"start":{"line":75,"column":67},"end":{"line":75,"column":68}} ), depth0)) != null ? stack1 : "")
    + "));\n    }\n    for (var at = thread; at < depth * columns / 4u; at += threads) {\n      let column = column0 + 4u * (at % (columns / 4u));\n      let at_k = begin + at / (columns / 4u);\n      b_tile[at] = weight4(("
    + ((stack1 = alias2(alias1(depth0, "packed", {"start":{"line":80,"column":30},"end":{"line":80,"column":36}} ), depth0)) != null ? stack1 : "")
    + " + (column / panel * "
    + ((stack1 = alias2(alias1(depth0, "k", {"start":{"line":80,"column":61},"end":{"line":80,"column":62}} ), depth0)) != null ? stack1 : "")
    + " + at_k) * panel + column % panel) / 4u);\n    }\n    workgroupBarrier();\n    for (var kk = 0u; kk < depth / 4u; kk++) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"products"),{"name":"each","hash":{},"fn":container.program(4, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":84,"column":0},"end":{"line":86,"column":9}}})) != null ? stack1 : "")
    + "    }\n    workgroupBarrier();\n  }\n";
},"8":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "  if ("
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":92,"column":8},"end":{"line":92,"column":11}} ), depth0)) != null ? stack1 : "")
    + " < count && column0 + "
    + ((stack1 = alias2(alias1(depth0, "column", {"start":{"line":92,"column":37},"end":{"line":92,"column":43}} ), depth0)) != null ? stack1 : "")
    + " < n) {\n"
    + ((stack1 = lookupProperty(helpers,"if").call(depth0 != null ? depth0 : (container.nullContext || {}),lookupProperty(depth0,"residual"),{"name":"if","hash":{},"fn":container.program(9, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":93,"column":0},"end":{"line":95,"column":7}}})) != null ? stack1 : "")
    + "    store4((c + (first + "
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":96,"column":27},"end":{"line":96,"column":30}} ), depth0)) != null ? stack1 : "")
    + ") * c_stride + column0 + "
    + ((stack1 = alias2(alias1(depth0, "column", {"start":{"line":96,"column":59},"end":{"line":96,"column":65}} ), depth0)) != null ? stack1 : "")
    + ") / 4u, "
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":96,"column":77},"end":{"line":96,"column":80}} ), depth0)) != null ? stack1 : "")
    + ");\n  }\n";
},"9":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "    "
    + ((stack1 = alias2(alias1(depth0, "sum", {"start":{"line":94,"column":6},"end":{"line":94,"column":9}} ), depth0)) != null ? stack1 : "")
    + " += load4((d + (first + "
    + ((stack1 = alias2(alias1(depth0, "row", {"start":{"line":94,"column":37},"end":{"line":94,"column":40}} ), depth0)) != null ? stack1 : "")
    + ") * d_stride + column0 + "
    + ((stack1 = alias2(alias1(depth0, "column", {"start":{"line":94,"column":69},"end":{"line":94,"column":75}} ), depth0)) != null ? stack1 : "")
    + ") / 4u);\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_functions"),depth0,{"name":"_functions","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A workgroup's part of the product, the run of k it stages at a time, and the columns of a packed panel.\nconst rows = "
    + ((stack1 = alias2(alias1(depth0, "rows", {"start":{"line":6,"column":15},"end":{"line":6,"column":19}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst columns = "
    + ((stack1 = alias2(alias1(depth0, "columns", {"start":{"line":7,"column":18},"end":{"line":7,"column":25}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst depth = "
    + ((stack1 = alias2(alias1(depth0, "depth", {"start":{"line":8,"column":16},"end":{"line":8,"column":21}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst panel = "
    + ((stack1 = alias2(alias1(depth0, "panel", {"start":{"line":9,"column":16},"end":{"line":9,"column":21}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst threads = "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":10,"column":18},"end":{"line":10,"column":25}} ), depth0)) != null ? stack1 : "")
    + "u;\nconst threads_across = "
    + ((stack1 = alias2(alias1(depth0, "threadsAcross", {"start":{"line":11,"column":25},"end":{"line":11,"column":38}} ), depth0)) != null ? stack1 : "")
    + "u;\n\nvar<workgroup> a_tile: array<vec4<f32>, "
    + ((stack1 = alias2(alias1(depth0, "aTileSize", {"start":{"line":13,"column":42},"end":{"line":13,"column":51}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> b_tile: array<vec4<f32>, "
    + ((stack1 = alias2(alias1(depth0, "bTileSize", {"start":{"line":14,"column":42},"end":{"line":14,"column":51}} ), depth0)) != null ? stack1 : "")
    + ">;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"sumPhases"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":15,"column":0},"end":{"line":18,"column":7}}})) != null ? stack1 : "")
    + "\nfn inside(column: u32, width: u32) -> vec4<bool> {\n  return vec4(column, column + 1u, column + 2u, column + 3u) < vec4(width);\n}\n\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":24,"column":27},"end":{"line":24,"column":34}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let column0 = group.y * columns;\n  if (column0 >= n) { return; }\n  let thread_row = thread / threads_across;\n  let thread_column = thread % threads_across;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"hasProgram"),{"name":"if","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":31,"column":0},"end":{"line":35,"column":7}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"sumPhases"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":36,"column":0},"end":{"line":60,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"sums"),{"name":"each","hash":{},"fn":container.program(6, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":61,"column":0},"end":{"line":63,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"terms"),{"name":"each","hash":{},"fn":container.program(7, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":64,"column":0},"end":{"line":90,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"stores"),{"name":"each","hash":{},"fn":container.program(8, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":91,"column":0},"end":{"line":98,"column":9}}})) != null ? stack1 : "")
    + "}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/rms_norm_partials", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_sum"),depth0,{"name":"_sum","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A workgroup per run of rows and "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":5,"column":37},"end":{"line":5,"column":47}} ), depth0)) != null ? stack1 : "")
    + " columns, a thread each.\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":6,"column":27},"end":{"line":6,"column":37}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32"
    + ((stack1 = alias2(alias1(depth0, "subgroupInput", {"start":{"line":7,"column":95},"end":{"line":7,"column":108}} ), depth0)) != null ? stack1 : "")
    + ") {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  if (group.y * "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":9,"column":18},"end":{"line":9,"column":28}} ), depth0)) != null ? stack1 : "")
    + "u >= width) { return; }\n  let own = group.y * "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":10,"column":24},"end":{"line":10,"column":34}} ), depth0)) != null ? stack1 : "")
    + "u + thread;\n  var result = 0f;\n  let ranges = u32(host[segments]);\n  for (var range = 0u; range < ranges; range++) {\n    let begin = max(group.x * task_rows, u32(host[segments + 2u * range + 1u]));\n    let end = min((group.x + 1u) * task_rows, u32(host[segments + 2u * range + 2u]));\n    for (var row = begin; row < end; row++) {\n      for (var part = 0u; part < heads; part++) {\n        let x0 = x + row * x_stride + part * width;\n        let dy0 = dy + row * dy_stride + part * width;\n        var squares = 0f;\n        for (var column = thread; column < width; column += "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":21,"column":62},"end":{"line":21,"column":72}} ), depth0)) != null ? stack1 : "")
    + "u) {\n          let value = load(x0 + column);\n          squares += value * value;\n        }\n        let root = inverseSqrt("
    + ((stack1 = alias2(alias1(depth0, "total", {"start":{"line":25,"column":33},"end":{"line":25,"column":38}} ), depth0)) != null ? stack1 : "")
    + " / f32(width) + eps);\n        if (own < width) { result += load(dy0 + own) * load(x0 + own) * root; }\n      }\n    }\n  }\n  if (own < width) { store(partials + group.x * width + own, result); }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/roofline_arithmetic", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Four chains of multiply-adds, so that none waits for its own last step; the result is stored to be wanted.\n@compute @workgroup_size(256)\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {\n  let factor = load4(thread);\n  var a = factor;\n  var b = factor + 1f;\n  var c = factor + 2f;\n  var d = factor + 3f;\n  for (var i = 0u; i < "
    + ((stack1 = alias2(alias1(depth0, "steps", {"start":{"line":12,"column":25},"end":{"line":12,"column":30}} ), depth0)) != null ? stack1 : "")
    + "u; i++) {\n    a = fma(a, factor, b);\n    b = fma(b, factor, c);\n    c = fma(c, factor, d);\n    d = fma(d, factor, a);\n  }\n  store4(group.x * 256u + thread, a + b + c + d);\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/roofline_copy", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n@compute @workgroup_size(256)\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {\n  let i = group.x * 256u + thread;\n  store4("
    + ((stack1 = alias2(alias1(depth0, "half", {"start":{"line":7,"column":11},"end":{"line":7,"column":15}} ), depth0)) != null ? stack1 : "")
    + "u + i, load4(i));\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/route", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "var<workgroup> counts: array<u32, "
    + ((stack1 = container.lambda(container.strict(depth0, "threads", {"start":{"line":7,"column":36},"end":{"line":7,"column":43}} ), depth0)) != null ? stack1 : "")
    + ">;\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "var<workgroup> above: array<u32, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":9,"column":35},"end":{"line":9,"column":42}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> ties: array<u32, "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":10,"column":34},"end":{"line":10,"column":41}} ), depth0)) != null ? stack1 : "")
    + ">;\nvar<workgroup> reach: array<atomic<u32>, 32>;\n";
},"2":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "// Marks the "
    + ((stack1 = alias2(alias1(depth0, "top", {"start":{"line":35,"column":15},"end":{"line":35,"column":18}} ), depth0)) != null ? stack1 : "")
    + " highest weights of a token with 0, the others with -1; of equal ones the lower expert goes first.\n// Weights are not negative, so their bits are in the same order.\nfn mark(weights: u32, own: u32) {\n  for (var e = 0u; e < "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":38,"column":25},"end":{"line":38,"column":32}} ), depth0)) != null ? stack1 : "")
    + "u; e++) { host[own + e] = -1; }\n  for (var turn = 0u; turn < "
    + ((stack1 = alias2(alias1(depth0, "top", {"start":{"line":39,"column":31},"end":{"line":39,"column":34}} ), depth0)) != null ? stack1 : "")
    + "u; turn++) {\n    var best = "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":40,"column":17},"end":{"line":40,"column":24}} ), depth0)) != null ? stack1 : "")
    + "u;\n    var highest = 0u;\n    for (var e = 0u; e < "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":42,"column":27},"end":{"line":42,"column":34}} ), depth0)) != null ? stack1 : "")
    + "u; e++) {\n      if (host[own + e] == 0) { continue; }\n      let key = bitcast<u32>(load(weights + e));\n      if (best == "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":45,"column":20},"end":{"line":45,"column":27}} ), depth0)) != null ? stack1 : "")
    + "u || key > highest) {\n        best = e;\n        highest = key;\n      }\n    }\n    host[own + best] = 0;\n  }\n}\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "  "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"4":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  var next = 0u;\n  for (var pool = 0u; pool < "
    + ((stack1 = alias2(alias1(depth0, "pools", {"start":{"line":64,"column":31},"end":{"line":64,"column":36}} ), depth0)) != null ? stack1 : "")
    + "u; pool++) {\n    let segments = u32(host[record + "
    + ((stack1 = alias2(alias1(depth0, "firstPool", {"start":{"line":65,"column":39},"end":{"line":65,"column":48}} ), depth0)) != null ? stack1 : "")
    + "u + pool]);\n    let tokens = token_count(segments);\n    let stretch = (tokens + "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":67,"column":30},"end":{"line":67,"column":37}} ), depth0)) != null ? stack1 : "")
    + "u - 1u) / "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":67,"column":51},"end":{"line":67,"column":58}} ), depth0)) != null ? stack1 : "")
    + "u;\n    let begin = min(thread * stretch, tokens);\n    let end = min(begin + stretch, tokens);\n    for (var i = begin; i < end; i++) {\n      let row = token_row(segments, i);\n      mark(p + row * p_stride, slots + row * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":72,"column":47},"end":{"line":72,"column":54}} ), depth0)) != null ? stack1 : "")
    + "u);\n    }\n    for (var e = 0u; e < "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":74,"column":27},"end":{"line":74,"column":34}} ), depth0)) != null ? stack1 : "")
    + "u; e++) {\n      var mine = 0u;\n      for (var i = begin; i < end; i++) {\n        if (host[slots + token_row(segments, i) * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":77,"column":52},"end":{"line":77,"column":59}} ), depth0)) != null ? stack1 : "")
    + "u + e] == 0) { mine++; }\n      }\n      counts[thread] = mine;\n      if (thread == 0u) { starts[pool * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":80,"column":42},"end":{"line":80,"column":49}} ), depth0)) != null ? stack1 : "")
    + "u + e] = next; }\n      workgroupBarrier();\n      var slot = next;\n      for (var other = 0u; other < "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":83,"column":37},"end":{"line":83,"column":44}} ), depth0)) != null ? stack1 : "")
    + "u; other++) {\n        if (other < thread) { slot += counts[other]; }\n        next += counts[other];\n      }\n      workgroupBarrier();\n      for (var i = begin; i < end; i++) {\n        let row = token_row(segments, i);\n        let own = slots + row * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":90,"column":34},"end":{"line":90,"column":41}} ), depth0)) != null ? stack1 : "")
    + "u + e;\n        if (host[own] != 0) { continue; }\n        host[own] = i32(slot);\n        host[source + slot] = i32(row);\n        slot++;\n      }\n    }\n  }\n  if (thread == 0u) { starts["
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":98,"column":31},"end":{"line":98,"column":37}} ), depth0)) != null ? stack1 : "")
    + "] = next; }\n";
},"5":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda;

  return "  // How many tokens each expert takes is known before: as many as make up for all tokens.\n  if (thread == 0u) {\n    var next = 0u;\n    for (var pool = 0u; pool < "
    + ((stack1 = alias2(alias1(depth0, "pools", {"start":{"line":103,"column":33},"end":{"line":103,"column":38}} ), depth0)) != null ? stack1 : "")
    + "u; pool++) {\n      let tokens = token_count(u32(host[record + "
    + ((stack1 = alias2(alias1(depth0, "firstPool", {"start":{"line":104,"column":51},"end":{"line":104,"column":60}} ), depth0)) != null ? stack1 : "")
    + "u + pool]));\n      for (var e = 0u; e < "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":105,"column":29},"end":{"line":105,"column":36}} ), depth0)) != null ? stack1 : "")
    + "u; e++) {\n        starts[pool * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":106,"column":24},"end":{"line":106,"column":31}} ), depth0)) != null ? stack1 : "")
    + "u + e] = next;\n        next += (tokens + "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":107,"column":28},"end":{"line":107,"column":35}} ), depth0)) != null ? stack1 : "")
    + "u - 1u) / "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":107,"column":49},"end":{"line":107,"column":56}} ), depth0)) != null ? stack1 : "")
    + "u;\n      }\n    }\n    starts["
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":110,"column":13},"end":{"line":110,"column":19}} ), depth0)) != null ? stack1 : "")
    + "] = next;\n  }\n  let segments = u32(host[record + "
    + ((stack1 = alias2(alias1(depth0, "firstPool", {"start":{"line":112,"column":37},"end":{"line":112,"column":46}} ), depth0)) != null ? stack1 : "")
    + "u + group.x / "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":112,"column":64},"end":{"line":112,"column":71}} ), depth0)) != null ? stack1 : "")
    + "u]);\n  let expert = group.x % "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":113,"column":27},"end":{"line":113,"column":34}} ), depth0)) != null ? stack1 : "")
    + "u;\n  let tokens = token_count(segments);\n  let stretch = (tokens + "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":115,"column":28},"end":{"line":115,"column":35}} ), depth0)) != null ? stack1 : "")
    + "u - 1u) / "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":115,"column":49},"end":{"line":115,"column":56}} ), depth0)) != null ? stack1 : "")
    + "u;\n  let begin = min(thread * stretch, tokens);\n  let end = min(begin + stretch, tokens);\n  // Workgroup memory begins as whatever it was.\n  if (thread < 32u) { atomicStore(&reach[thread], 0u); }\n  workgroupBarrier();\n  let first = starts[group.x];\n  let taken = starts[group.x + 1u] - first;\n  // Weights are not negative, so their bits are in the same order: a threshold is found bit by bit, the highest that\n  // enough weights reach. Each bit has a counter of its own, which takes one barrier.\n  var threshold = 0u;\n  for (var bit = 0u; bit < 32u; bit++) {\n    let higher = threshold | (0x80000000u >> bit);\n    var mine = 0u;\n    for (var i = begin; i < end; i++) {\n      if (bitcast<u32>(load(p + token_row(segments, i) * p_stride + expert)) >= higher) { mine++; }\n    }\n    atomicAdd(&reach[bit], mine);\n    workgroupBarrier();\n    threshold = select(threshold, higher, atomicLoad(&reach[bit]) >= taken);\n  }\n  var higher_count = 0u;\n  var tie_count = 0u;\n  for (var i = begin; i < end; i++) {\n    let key = bitcast<u32>(load(p + token_row(segments, i) * p_stride + expert));\n    if (key > threshold) { higher_count++; }\n    if (key == threshold) { tie_count++; }\n  }\n  above[thread] = higher_count;\n  ties[thread] = tie_count;\n  workgroupBarrier();\n  // All that are above the threshold, and of those on it the first, as many as are left.\n  var all_above = 0u;\n  var above_before = 0u;\n  var ties_before = 0u;\n  for (var other = 0u; other < "
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":150,"column":33},"end":{"line":150,"column":40}} ), depth0)) != null ? stack1 : "")
    + "u; other++) {\n    all_above += above[other];\n    if (other < thread) {\n      above_before += above[other];\n      ties_before += ties[other];\n    }\n  }\n  let left = taken - all_above;\n  var slot = first + above_before + min(ties_before, left);\n  for (var i = begin; i < end; i++) {\n    let row = token_row(segments, i);\n    let key = bitcast<u32>(load(p + row * p_stride + expert));\n    let is_taken = key > threshold || (key == threshold && ties_before < left);\n    if (key == threshold) { ties_before++; }\n    host[slots + row * "
    + ((stack1 = alias2(alias1(depth0, "experts", {"start":{"line":164,"column":25},"end":{"line":164,"column":32}} ), depth0)) != null ? stack1 : "")
    + "u + expert] = select(-1, i32(slot), is_taken);\n    if (is_taken) {\n      host[source + slot] = i32(row);\n      slot++;\n    }\n  }\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// Where each group's rows begin, and an end.\nvar<workgroup> starts: array<u32, "
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":5,"column":36},"end":{"line":5,"column":42}} ), depth0)) != null ? stack1 : "")
    + " + 1>;\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"byToken"),{"name":"if","hash":{},"fn":container.program(0, data, 0),"inverse":container.program(1, data, 0),"data":data,"loc":{"start":{"line":6,"column":0},"end":{"line":12,"column":7}}})) != null ? stack1 : "")
    + "\nfn token_count(segments: u32) -> u32 {\n  var count = 0u;\n  for (var range = 0u; range < u32(host[segments]); range++) {\n    count += u32(host[segments + 2u * range + 2u] - host[segments + 2u * range + 1u]);\n  }\n  return count;\n}\n\n// Row of the token at place i of a pool.\nfn token_row(segments: u32, i: u32) -> u32 {\n  var place = i;\n  for (var range = 0u; range < u32(host[segments]); range++) {\n    let begin = u32(host[segments + 2u * range + 1u]);\n    let length = u32(host[segments + 2u * range + 2u]) - begin;\n    if (place < length) { return begin + place; }\n    place -= length;\n  }\n  return 0u;\n}\n\n"
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"byToken"),{"name":"if","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":34,"column":0},"end":{"line":53,"column":7}}})) != null ? stack1 : "")
    + "\n// Threads take stretches of a pool's tokens, in order, so that rows come in the tokens' order.\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "threads", {"start":{"line":56,"column":27},"end":{"line":56,"column":34}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {\n  let record = job.records + group.z * job.words;\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"record"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":59,"column":0},"end":{"line":61,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"if").call(alias3,lookupProperty(depth0,"byToken"),{"name":"if","hash":{},"fn":container.program(4, data, 0),"inverse":container.program(5, data, 0),"data":data,"loc":{"start":{"line":62,"column":0},"end":{"line":170,"column":7}}})) != null ? stack1 : "")
    + "  // One thread writes where groups begin, the space's tiles, and the row segments of its sums.\n  if (thread != 0u || group.x != 0u) { return; }\n  var tile = 0u;\n  for (var g = 0u; g < "
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":174,"column":25},"end":{"line":174,"column":31}} ), depth0)) != null ? stack1 : "")
    + "u; g++) {\n    host[group_starts + g] = i32(starts[g]);\n    for (var row = starts[g]; row < starts[g + 1u]; row += "
    + ((stack1 = alias2(alias1(depth0, "tileRows", {"start":{"line":176,"column":61},"end":{"line":176,"column":69}} ), depth0)) != null ? stack1 : "")
    + "u) {\n      host[tiles + 3u * tile] = i32(row);\n      host[tiles + 3u * tile + 1u] = i32(min("
    + ((stack1 = alias2(alias1(depth0, "tileRows", {"start":{"line":178,"column":47},"end":{"line":178,"column":55}} ), depth0)) != null ? stack1 : "")
    + "u, starts[g + 1u] - row));\n      host[tiles + 3u * tile + 2u] = i32(g);\n      tile++;\n    }\n  }\n  host[group_starts + "
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":183,"column":24},"end":{"line":183,"column":30}} ), depth0)) != null ? stack1 : "")
    + "u] = i32(starts["
    + ((stack1 = alias2(alias1(depth0, "groups", {"start":{"line":183,"column":50},"end":{"line":183,"column":56}} ), depth0)) != null ? stack1 : "")
    + "]);\n  host[tile_starts] = 0;\n  host[tile_starts + 1u] = i32(tile);\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"lists"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":186,"column":0},"end":{"line":188,"column":9}}})) != null ? stack1 : "")
    + "}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/row_program", {"0":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"1":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"totals"),{"name":"each","hash":{},"fn":container.program(2, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":19,"column":0},"end":{"line":21,"column":9}}})) != null ? stack1 : "")
    + "    for (var column = thread; column < width; column += "
    + ((stack1 = container.lambda(container.strict(depth0, "threads", {"start":{"line":22,"column":58},"end":{"line":22,"column":65}} ), depth0)) != null ? stack1 : "")
    + "u) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"lines"),{"name":"each","hash":{},"fn":container.program(3, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":23,"column":0},"end":{"line":25,"column":9}}})) != null ? stack1 : "")
    + "    }\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias1,lookupProperty(depth0,"finish"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":27,"column":0},"end":{"line":29,"column":9}}})) != null ? stack1 : "");
},"2":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "    var "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + " = 0f;\n";
},"3":function(container,depth0,helpers,partials,data) {
    var stack1;

  return "      "
    + ((stack1 = container.lambda(depth0, depth0)) != null ? stack1 : "")
    + "\n";
},"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, alias3=depth0 != null ? depth0 : (container.nullContext || {}), lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_functions"),depth0,{"name":"_functions","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_sum"),depth0,{"name":"_sum","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n// A workgroup per row; a thread takes every "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":7,"column":47},"end":{"line":7,"column":57}} ), depth0)) != null ? stack1 : "")
    + "th column.\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":8,"column":27},"end":{"line":8,"column":37}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32"
    + ((stack1 = alias2(alias1(depth0, "subgroupInput", {"start":{"line":9,"column":95},"end":{"line":9,"column":108}} ), depth0)) != null ? stack1 : "")
    + ") {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_tile"),depth0,{"name":"_tile","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  if (group.y >= count) { return; }\n  let row = first + group.y;\n  let per_column = 1f / f32(width);\n  for (var part = 0u; part < parts; part++) {\n"
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"places"),{"name":"each","hash":{},"fn":container.program(0, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":15,"column":0},"end":{"line":17,"column":9}}})) != null ? stack1 : "")
    + ((stack1 = lookupProperty(helpers,"each").call(alias3,lookupProperty(depth0,"phases"),{"name":"each","hash":{},"fn":container.program(1, data, 0),"inverse":container.noop,"data":data,"loc":{"start":{"line":18,"column":0},"end":{"line":30,"column":9}}})) != null ? stack1 : "")
    + "  }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/square_sum", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, alias1=container.strict, alias2=container.lambda, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = alias2(alias1(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_sum"),depth0,{"name":"_sum","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n@compute @workgroup_size("
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":5,"column":27},"end":{"line":5,"column":37}} ), depth0)) != null ? stack1 : "")
    + ")\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>"
    + ((stack1 = alias2(alias1(depth0, "subgroupInput", {"start":{"line":6,"column":139},"end":{"line":6,"column":152}} ), depth0)) != null ? stack1 : "")
    + ") {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let piece = group.x + group.y * groups.x;\n  if (piece * chunk >= elements) { return; }\n  let end = min(elements, (piece + 1u) * chunk);\n  var squares = 0f;\n  for (var i = piece * chunk + thread; i < end; i += "
    + ((stack1 = alias2(alias1(depth0, "sumThreads", {"start":{"line":12,"column":55},"end":{"line":12,"column":65}} ), depth0)) != null ? stack1 : "")
    + "u) {\n    let x = load(g + i);\n    squares += x * x;\n  }\n  let total = "
    + ((stack1 = alias2(alias1(depth0, "total", {"start":{"line":16,"column":16},"end":{"line":16,"column":21}} ), depth0)) != null ? stack1 : "")
    + ";\n  if (thread == 0u) { store(partials + piece, total); }\n}\n";
},"usePartial":true,"useData":true}],
  ["wgsl/sum_partials", {"compiler":[8,">= 4.3.0"],"main":function(container,depth0,helpers,partials,data) {
    var stack1, lookupProperty = container.lookupProperty || function(parent, propertyName) {
        if (Object.prototype.hasOwnProperty.call(parent, propertyName)) {
          return parent[propertyName];
        }
        return undefined
    };

  return "// "
    + ((stack1 = container.lambda(container.strict(depth0, "comment", {"start":{"line":1,"column":5},"end":{"line":1,"column":12}} ), depth0)) != null ? stack1 : "")
    + "\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_bindings"),depth0,{"name":"_bindings","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "\n@compute @workgroup_size(64)\nfn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {\n"
    + ((stack1 = container.invokePartial(lookupProperty(partials,"_task"),depth0,{"name":"_task","data":data,"helpers":helpers,"partials":partials,"decorators":container.decorators})) != null ? stack1 : "")
    + "  let element = 64u * group.x + thread;\n  if (element >= elements) { return; }\n  var total = 0f;\n  for (var i = 0u; i < pieces; i++) { total += load(partials + i * elements + element); }\n  store(y + element, total);\n}\n";
},"usePartial":true,"useData":true}],
]);
