// gradient of attention, heads of 10: scores made again, block by block
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> host: array<i32>;
@group(0) @binding(3) var<storage, read_write> floats0: array<f32>;
fn load(i: u32) -> f32 { return floats0[i]; }
fn store(i: u32, x: f32) { floats0[i] = x; }
fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }

// A workgroup takes blocks of 32 queries and 32 keys. Of a block's scores a thread has the rows t / 8 + 8i
// and the keys t % 8 + 8j, i and j from 0 to 3.
const block = 32u;
const threads = 64u;
const head_dim = 10u;
const scale = 0.3162277638912201f;
// A score that no other is below.
const lowest = -1e30f;

// Vectors of four components: of a head, of the part of it that is in workgroup memory at a time, and from row to row
// there: an odd number, so that eight rows lie in different banks.
const vectors = 3u;
const columns = 3u;
const tile_stride = 3u;
// Threads that own a part of a block's sums: 2 rows or keys of one column.
const units = 48u;

var<workgroup> query_tile: array<vec4<f32>, block * tile_stride>;
var<workgroup> gradient_tile: array<vec4<f32>, block * tile_stride>;
var<workgroup> key_tile: array<vec4<f32>, block * tile_stride>;
var<workgroup> value_tile: array<vec4<f32>, block * tile_stride>;
// Element weight_place(r, k) is for row r and the keys k, k + 8, k + 16, k + 24.
var<workgroup> weights: array<vec4<f32>, block * 8u>;
// Element t is what thread t adds to the sums of its four rows.
var<workgroup> row_parts: array<vec4<f32>, threads>;
// Of each position of the block: its row, -1 where there is none, and the keys it sees.
var<workgroup> query_rows: array<i32, block>;
var<workgroup> query_first: array<i32, block>;
var<workgroup> query_last: array<i32, block>;
var<workgroup> key_rows: array<i32, block>;
// Of a range of positions: how far its begin is from the last there can be, and its end.
var<workgroup> range_begin: atomic<i32>;
var<workgroup> range_end: atomic<i32>;
var<workgroup> range: vec2<i32>;

// Rows that are read at once begin in different banks.
fn weight_place(row: u32, key: u32) -> u32 {
  return 8u * row + (key ^ (row % 8u));
}

// Components 4 · column and on of the head that begins at `at`; 0 past its end, where anything may stand.
fn load_head(at: u32, column: u32) -> vec4<f32> {
  let c = 4u * column;
  let x = vec4(load(at + c), load(at + c + 1u), load(at + c + 2u), load(at + c + 3u));
  return select(vec4<f32>(), x, vec4(c, c + 1u, c + 2u, c + 3u) < vec4(head_dim));
}

fn store_head(at: u32, column: u32, x: vec4<f32>) {
  if (4u * column + 0u < head_dim) { store(at + 4u * column + 0u, x[0]); }
  if (4u * column + 1u < head_dim) { store(at + 4u * column + 1u, x[1]); }
  if (4u * column + 2u < head_dim) { store(at + 4u * column + 2u, x[2]); }
  if (4u * column + 3u < head_dim) { store(at + 4u * column + 3u, x[3]); }
}

// Components c and c + half turn together, by an angle of the row's position; both tables have a row of `half` per
// position. `tables` are where positions, cosines and sines begin.
const half = head_dim / 2u;

fn angle_of(row: u32, tables: vec3<u32>) -> vec2<u32> {
  return tables.yz + vec2(u32(host[tables.x + row]) * half);
}

fn turned(at: u32, c: u32, angle: vec2<u32>) -> f32 {
  if (c >= head_dim) { return 0f; }
  let isLow = c < half;
  let other = load(at + select(c - half, c + half, isLow));
  return load(at + c) * load(angle.x + c % half) + select(other, -other, isLow) * load(angle.y + c % half);
}

fn load_turned(at: u32, column: u32, row: u32, tables: vec3<u32>) -> vec4<f32> {
  let angle = angle_of(row, tables);
  let c = 4u * column;
  return vec4(turned(at, c, angle), turned(at, c + 1u, angle), turned(at, c + 2u, angle), turned(at, c + 3u, angle));
}

fn stage_queries(at: u32, stride: u32, first: u32, tables: vec3<u32>, thread: u32) {
  for (var item = thread; item < block * columns; item += threads) {
    let row = query_rows[item / columns];
    let column = first + item % columns;
    var x = vec4<f32>();
    if (row >= 0) { x = scale * load_turned(at + u32(row) * stride, column, u32(row), tables); }
    query_tile[item / columns * tile_stride + item % columns] = x;
  }
}

fn stage_gradients(at: u32, stride: u32, first: u32, thread: u32) {
  for (var item = thread; item < block * columns; item += threads) {
    let row = query_rows[item / columns];
    let column = first + item % columns;
    var x = vec4<f32>();
    if (row >= 0) { x = load_head(at + u32(row) * stride, column); }
    gradient_tile[item / columns * tile_stride + item % columns] = x;
  }
}

fn stage_keys(at: u32, stride: u32, first: u32, tables: vec3<u32>, thread: u32) {
  for (var item = thread; item < block * columns; item += threads) {
    let row = key_rows[item / columns];
    let column = first + item % columns;
    var x = vec4<f32>();
    if (row >= 0) { x = load_turned(at + u32(row) * stride, column, u32(row), tables) - key_center[column]; }
    key_tile[item / columns * tile_stride + item % columns] = x;
  }
}

fn stage_values(at: u32, stride: u32, first: u32, thread: u32) {
  for (var item = thread; item < block * columns; item += threads) {
    let row = key_rows[item / columns];
    let column = first + item % columns;
    var x = vec4<f32>();
    if (row >= 0) { x = load_head(at + u32(row) * stride, column) - value_center[column]; }
    value_tile[item / columns * tile_stride + item % columns] = x;
  }
}

// sum + Σ a[i] · m[i], one component after another.
fn combine(sum: vec4<f32>, a: vec4<f32>, m: mat4x4<f32>) -> vec4<f32> {
  return sum + a.x * m[0] + a.y * m[1] + a.z * m[2] + a.w * m[3];
}

// Adds the products of the staged components of a thread's rows and keys: column i is row i, by key.
fn add_scores(sums: mat4x4<f32>, thread: u32) -> mat4x4<f32> {
  var s = sums;
  let row = thread / 8u * tile_stride;
  let key = thread % 8u * tile_stride;
  for (var c = 0u; c < columns; c++) {
    let k0 = key_tile[key + c];
    let k1 = key_tile[key + 8u * tile_stride + c];
    let k2 = key_tile[key + 16u * tile_stride + c];
    let k3 = key_tile[key + 24u * tile_stride + c];
    let k = transpose(mat4x4(k0, k1, k2, k3));
    s[0] = combine(s[0], query_tile[row + c], k);
    s[1] = combine(s[1], query_tile[row + 8u * tile_stride + c], k);
    s[2] = combine(s[2], query_tile[row + 16u * tile_stride + c], k);
    s[3] = combine(s[3], query_tile[row + 24u * tile_stride + c], k);
  }
  return s;
}

// Adds the products of the staged components of a thread's rows and keys: column i is row i, by key.
fn add_slopes(sums: mat4x4<f32>, thread: u32) -> mat4x4<f32> {
  var s = sums;
  let row = thread / 8u * tile_stride;
  let key = thread % 8u * tile_stride;
  for (var c = 0u; c < columns; c++) {
    let k0 = value_tile[key + c];
    let k1 = value_tile[key + 8u * tile_stride + c];
    let k2 = value_tile[key + 16u * tile_stride + c];
    let k3 = value_tile[key + 24u * tile_stride + c];
    let k = transpose(mat4x4(k0, k1, k2, k3));
    s[0] = combine(s[0], gradient_tile[row + c], k);
    s[1] = combine(s[1], gradient_tile[row + 8u * tile_stride + c], k);
    s[2] = combine(s[2], gradient_tile[row + 16u * tile_stride + c], k);
    s[3] = combine(s[3], gradient_tile[row + 24u * tile_stride + c], k);
  }
  return s;
}

// Of a thread's four rows, what the eight threads that share them have put into `row_parts`.
fn sum_row_parts(thread: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var i = 0u; i < 8u; i++) { sum += row_parts[thread / 8u * 8u + i]; }
  return sum;
}

// Of a thread's four rows, what the eight threads that share them have put into `weights`.
fn sum_weights(thread: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var i = 0u; i < 8u; i++) { sum += weights[thread / 8u * 8u + i]; }
  return sum;
}

// The rows of queries from `begin` on, and what they see.
fn load_query_rows(begin: i32, end: i32, row_of: u32, first: u32, last: u32, thread: u32) {
  if (thread < block) {
    let at = begin + i32(thread);
    var row = -1;
    var begin_seen = 0;
    var end_seen = 0;
    if (at < end) { row = host[row_of + u32(at)]; }
    if (row >= 0) {
      begin_seen = host[first + u32(row)];
      end_seen = host[last + u32(row)];
    }
    query_rows[thread] = row;
    query_first[thread] = begin_seen;
    query_last[thread] = end_seen;
  }
}

// The rows of keys from `begin` on, within [begin_key, end_key).
fn load_key_rows(begin: i32, begin_key: i32, end_key: i32, row_of: u32, thread: u32) {
  if (thread < block) {
    let at = begin + i32(thread);
    var row = -1;
    if (at >= begin_key && at < end_key) { row = host[row_of + u32(at)]; }
    key_rows[thread] = row;
  }
}

// Nobody clears workgroup memory for us: what is read was written before.
fn start_range(thread: u32) {
  if (thread == 0u) {
    atomicStore(&range_begin, 0);
    atomicStore(&range_end, 0);
  }
  workgroupBarrier();
}

fn widen_range(begin: i32, end: i32) {
  atomicMax(&range_begin, 0x7fffffff - begin);
  atomicMax(&range_end, end);
}

// From the first begin to the last end; nothing where there was none.
fn whole_range(thread: u32) -> vec2<i32> {
  workgroupBarrier();
  let end = atomicLoad(&range_end);
  if (thread == 0u) { range = select(vec2(0), vec2(0x7fffffff - atomicLoad(&range_begin), end), end > 0); }
  return workgroupUniformLoad(&range);
}

// Widens the range to the keys that any query of the block sees; a thread asks about the position that it has loaded.
fn widen_to_seen(thread: u32) {
  if (thread < block && query_first[thread] < query_last[thread]) {
    widen_range(query_first[thread], query_last[thread]);
  }
}

// The positions of a thread's keys of a block; -1, which nobody sees, where there is no row.
fn key_positions(begin: i32, thread: u32) -> vec4<i32> {
  let key = thread % 8u;
  let rows = vec4(key_rows[key], key_rows[key + 8u], key_rows[key + 16u], key_rows[key + 24u]);
  return select(vec4(-1), vec4(begin + i32(key)) + vec4(0, 8, 16, 24), rows >= vec4(0));
}

fn query_rows_of(thread: u32) -> vec4<i32> {
  let row = thread / 8u;
  return vec4(query_rows[row], query_rows[row + 8u], query_rows[row + 16u], query_rows[row + 24u]);
}

// The first and the last key that a thread's queries see.
fn first_of(thread: u32) -> vec4<i32> {
  let row = thread / 8u;
  return vec4(query_first[row], query_first[row + 8u], query_first[row + 16u], query_first[row + 24u]);
}

fn last_of(thread: u32) -> vec4<i32> {
  let row = thread / 8u;
  return vec4(query_last[row], query_last[row + 8u], query_last[row + 16u], query_last[row + 24u]);
}

// A key and a value that are near all others. The gradients of a row's scores add up to 0, so what all keys share never
// reaches dq, and what all values share never reaches the gradients of the scores: taken off before, it cannot drown
// the rest in rounding errors. Any vector does; the mean of a block is never an outlier.
var<workgroup> key_center: array<vec4<f32>, 8>;

// Of a column, one of eight from `first` on, the sum over every eighth row of keys.
fn sum_keys(at: u32, stride: u32, first: u32, tables: vec3<u32>, thread: u32) -> vec4<f32> {
  let column = first + thread % 8u;
  var sum = vec4<f32>();
  for (var key = thread / 8u; key < block; key += 8u) {
    let row = key_rows[key];
    if (row >= 0) { sum += load_turned(at + u32(row) * stride, column, u32(row), tables); }
  }
  return sum;
}

// The mean over all rows of keys, from the sums of eight threads in order.
fn mean_key(column: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var i = 0u; i < 8u; i++) { sum += row_parts[column + 8u * i]; }
  var count = 0f;
  for (var key = 0u; key < block; key++) { count += select(0f, 1f, key_rows[key] >= 0); }
  return sum / max(count, 1f);
}

var<workgroup> value_center: array<vec4<f32>, 8>;

// Of a column, one of eight from `first` on, the sum over every eighth row of keys.
fn sum_values(at: u32, stride: u32, first: u32, thread: u32) -> vec4<f32> {
  let column = first + thread % 8u;
  var sum = vec4<f32>();
  for (var key = thread / 8u; key < block; key += 8u) {
    let row = key_rows[key];
    if (row >= 0) { sum += load_head(at + u32(row) * stride, column); }
  }
  return sum;
}

// The mean over all rows of keys, from the sums of eight threads in order.
fn mean_value(column: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var i = 0u; i < 8u; i++) { sum += weights[column + 8u * i]; }
  var count = 0f;
  for (var key = 0u; key < block; key++) { count += select(0f, 1f, key_rows[key] >= 0); }
  return sum / max(count, 1f);
}

// Of a thread's four rows, from every eighth column: Σ gradient · (result − center), which a row's slopes are above or
// below, and the mean of these, by weight, is 0.
fn delta_parts(dout: u32, dout_stride: u32, out: u32, out_stride: u32, thread: u32) -> vec4<f32> {
  let rows = query_rows_of(thread);
  var delta = vec4<f32>();
  for (var column = thread % 8u; column < vectors; column += 8u) {
    for (var i = 0u; i < 4u; i++) {
      if (rows[i] >= 0) {
        let result = load_head(out + u32(rows[i]) * out_stride, column) - value_center[column];
        delta[i] += dot(load_head(dout + u32(rows[i]) * dout_stride, column), result);
      }
    }
  }
  return delta;
}

// The same of query · center of the keys.
fn center_parts(at: u32, stride: u32, tables: vec3<u32>, thread: u32) -> vec4<f32> {
  let rows = query_rows_of(thread);
  var sums = vec4<f32>();
  for (var column = thread % 8u; column < vectors; column += 8u) {
    for (var i = 0u; i < 4u; i++) {
      let row = rows[i];
      if (row >= 0) { sums[i] += dot(load_turned(at + u32(row) * stride, column, u32(row), tables), key_center[column]); }
    }
  }
  return sums;
}

fn load_one(i: u32) -> f32 {
  return load(i);
}

fn lse_of(lse: u32, lse_stride: u32, thread: u32) -> vec4<f32> {
  let rows = query_rows_of(thread);
  var x = vec4<f32>();
  for (var i = 0u; i < 4u; i++) {
    if (rows[i] >= 0) { x[i] = load_one(lse + u32(rows[i]) * lse_stride); }
  }
  return x;
}

// Turns the gradients of the queries or keys of a block back, in place.
fn turn_queries_back(at: u32, stride: u32, tables: vec3<u32>, thread: u32) {
  for (var item = thread; item < block * 5u; item += threads) {
    let row = query_rows[item / 5u];
    if (row >= 0) {
      let angle = angle_of(u32(row), tables) + vec2(item % 5u);
      let low = (at + u32(row) * stride) + item % 5u;
      let high = low + 5u;
      let x = load(low);
      let y = load(high);
      store(low, x * load(angle.x) + y * load(angle.y));
      store(high, y * load(angle.x) - x * load(angle.y));
    }
  }
}

fn turn_keys_back(at: u32, stride: u32, tables: vec3<u32>, thread: u32) {
  for (var item = thread; item < block * 5u; item += threads) {
    let row = key_rows[item / 5u];
    if (row >= 0) {
      let angle = angle_of(u32(row), tables) + vec2(item % 5u);
      let low = (at + u32(row) * stride) + item % 5u;
      let high = low + 5u;
      let x = load(low);
      let y = load(high);
      store(low, x * load(angle.x) + y * load(angle.y));
      store(high, y * load(angle.x) - x * load(angle.y));
    }
  }
}

// Widens the range to the positions of queries that see any key in [begin, begin + block).
fn widen_to_queries(begin: i32, base: i32, end: i32, row_of: u32, first: u32, last: u32, thread: u32) {
  for (var at = base + i32(thread); at < end; at += i32(threads)) {
    let row = host[row_of + u32(at)];
    if (row >= 0) {
      let begin_seen = host[first + u32(row)];
      let end_seen = host[last + u32(row)];
      if (begin_seen < end_seen && begin_seen < begin + i32(block) && end_seen > begin) { widen_range(at, at + 1); }
    }
  }
}

// A workgroup makes dq of a block of queries, walking over the keys that they see; or dk and dv of a block of keys, walking
// over the heads that share them, and over the queries that see any of them. Both make the same scores on the way.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {
  let record = job.records + group.z * job.words;
  if (host[record] == 0) { return; }
  let heads = u32(host[record + 1u]);
  let kv_heads = u32(host[record + 2u]);
  let context = u32(host[record + 3u]);
  let dout_stride = u32(host[record + 4u]);
  let q_stride = u32(host[record + 5u]);
  let k_stride = u32(host[record + 6u]);
  let v_stride = u32(host[record + 7u]);
  let out_stride = u32(host[record + 8u]);
  let lse_stride = u32(host[record + 9u]);
  let dq_stride = u32(host[record + 10u]);
  let dk_stride = u32(host[record + 11u]);
  let dv_stride = u32(host[record + 12u]);
  let dout = u32(host[record + 13u]);
  let q = u32(host[record + 14u]);
  let k = u32(host[record + 15u]);
  let v = u32(host[record + 16u]);
  let out = u32(host[record + 17u]);
  let lse = u32(host[record + 18u]);
  let row_of = u32(host[record + 19u]);
  let first = u32(host[record + 20u]);
  let last = u32(host[record + 21u]);
  let dq = u32(host[record + 22u]);
  let dk = u32(host[record + 23u]);
  let dv = u32(host[record + 24u]);
  let position = u32(host[record + 25u]);
  let cosine = u32(host[record + 26u]);
  let sine = u32(host[record + 27u]);
  // Those for keys come first: they take longer. So do blocks that see many, or are seen by many.
  let is_for_keys = group.x < groups.x / 2u;
  let index = group.x % (groups.x / 2u);
  let blocks = (context + block - 1u) / block;
  let base = index / blocks * context;
  let begin = i32(base + select(blocks - 1u - index % blocks, index % blocks, is_for_keys) * block);
  let context_end = i32(base + context);
  let sharing = heads / kv_heads;
  if (group.y >= select(heads, kv_heads, is_for_keys)) { return; }
  let kv = select(group.y / sharing, group.y, is_for_keys);
  let k_head = k + kv * head_dim;
  let v_head = v + kv * head_dim;

  // What there is to walk over, from where to where.
  start_range(thread);
  if (is_for_keys) {
    load_key_rows(begin, begin, context_end, row_of, thread);
    widen_to_queries(begin, i32(base), context_end, row_of, first, last, thread);
  } else {
    load_query_rows(begin, context_end, row_of, first, last, thread);
    widen_to_seen(thread);
  }
  let walked = whole_range(thread);
  let steps_per_head = u32(walked.y - walked.x + i32(block) - 1) / block;
  let steps = select(1u, sharing, is_for_keys) * steps_per_head;
  if (is_for_keys) {
    load_query_rows(walked.x, context_end, row_of, first, last, thread);
  } else {
    load_key_rows(walked.y - i32(block), walked.x, walked.y, row_of, thread);
  }
  workgroupBarrier();

  // dk has no use for a center of keys: theirs stays 0.
  row_parts[thread] = vec4<f32>();
  if (!is_for_keys) { row_parts[thread] = sum_keys(k_head, k_stride, 0u, vec3(position, cosine, sine), thread); }
  weights[thread] = sum_values(v_head, v_stride, 0u, thread);
  workgroupBarrier();
  if (thread < 8u) { key_center[0u + thread] = mean_key(thread); }
  if (thread >= 8u && thread < 16u) { value_center[0u + thread - 8u] = mean_value(thread - 8u); }
  workgroupBarrier();
  // Scores are of keys without their center, and so is what they are compared with.
  weights[thread] = vec4<f32>();
  if (!is_for_keys) { weights[thread] = center_parts(q + group.y * head_dim, q_stride, vec3(position, cosine, sine), thread); }
  workgroupBarrier();
  let lowered_by = scale * sum_weights(thread);

  // A thread's four rows, and its four keys.
  var row_first = vec4<i32>();
  var row_last = vec4<i32>();
  var row_lse = vec4<f32>();
  var delta = vec4<f32>();
  var positions = vec4<i32>();
  // The sums that it owns: of dq or dk, and of dv.
  let unit = min(thread, units - 1u);
  let unit_row = unit / columns;
  let unit_key = unit / columns % 8u;
  let unit_lane = unit / columns / 8u * 2u;
  let column = unit % columns;
  var sum0_0 = vec4<f32>();
  var sum0_1 = vec4<f32>();
  var value_sum0_0 = vec4<f32>();
  var value_sum0_1 = vec4<f32>();
  for (var step = 0u; step < steps; step++) {
    let head = select(group.y, kv * sharing + step / steps_per_head, is_for_keys);
    let q_head = q + head * head_dim;
    let dout_head = dout + head * head_dim;
    let has_new_queries = is_for_keys || step == 0u;
    let has_new_keys = !is_for_keys || step == 0u;
    var scores = mat4x4<f32>();
    var slopes = mat4x4<f32>();
    if (has_new_queries) {
      row_first = first_of(thread);
      row_last = last_of(thread);
      row_lse = lse_of(lse + head, lse_stride, thread) - lowered_by;
      row_parts[thread] = delta_parts(dout_head, dout_stride, out + head * head_dim, out_stride, thread);
    }
    if (has_new_keys) {
      positions = key_positions(select(walked.y - i32((step + 1u) * block), begin, is_for_keys), thread);
    }
    if (has_new_queries) {
      stage_queries(q_head, q_stride, 0u, vec3(position, cosine, sine), thread);
      stage_gradients(dout_head, dout_stride, 0u, thread);
    }
    if (has_new_keys) {
      stage_keys(k_head, k_stride, 0u, vec3(position, cosine, sine), thread);
      stage_values(v_head, v_stride, 0u, thread);
    }
    workgroupBarrier();
    scores = add_scores(scores, thread);
    slopes = add_slopes(slopes, thread);
    if (has_new_queries) { delta = sum_row_parts(thread); }
    let sees0 = (positions >= vec4(row_first[0])) & (positions < vec4(row_last[0]));
    let p0 = select(vec4<f32>(), exp(scores[0] - row_lse[0]), sees0);
    let ds0 = p0 * (slopes[0] - delta[0]);
    weights[weight_place(thread / 8u + 8u * 0u, thread % 8u)] = select(ds0, p0, is_for_keys);
    let sees1 = (positions >= vec4(row_first[1])) & (positions < vec4(row_last[1]));
    let p1 = select(vec4<f32>(), exp(scores[1] - row_lse[1]), sees1);
    let ds1 = p1 * (slopes[1] - delta[1]);
    weights[weight_place(thread / 8u + 8u * 1u, thread % 8u)] = select(ds1, p1, is_for_keys);
    let sees2 = (positions >= vec4(row_first[2])) & (positions < vec4(row_last[2]));
    let p2 = select(vec4<f32>(), exp(scores[2] - row_lse[2]), sees2);
    let ds2 = p2 * (slopes[2] - delta[2]);
    weights[weight_place(thread / 8u + 8u * 2u, thread % 8u)] = select(ds2, p2, is_for_keys);
    let sees3 = (positions >= vec4(row_first[3])) & (positions < vec4(row_last[3]));
    let p3 = select(vec4<f32>(), exp(scores[3] - row_lse[3]), sees3);
    let ds3 = p3 * (slopes[3] - delta[3]);
    weights[weight_place(thread / 8u + 8u * 3u, thread % 8u)] = select(ds3, p3, is_for_keys);
    if (is_for_keys) {
      workgroupBarrier();
      for (var row = 0u; row < block; row++) {
        let weight = weights[weight_place(row, unit_key)];
        let x = gradient_tile[row * tile_stride + column];
        value_sum0_0 += weight[unit_lane + 0u] * x;
        value_sum0_1 += weight[unit_lane + 1u] * x;
      }
      workgroupBarrier();
      weights[weight_place(thread / 8u + 8u * 0u, thread % 8u)] = ds0;
      weights[weight_place(thread / 8u + 8u * 1u, thread % 8u)] = ds1;
      weights[weight_place(thread / 8u + 8u * 2u, thread % 8u)] = ds2;
      weights[weight_place(thread / 8u + 8u * 3u, thread % 8u)] = ds3;
      workgroupBarrier();
      for (var row = 0u; row < block; row++) {
        let weight = weights[weight_place(row, unit_key)];
        let x = query_tile[row * tile_stride + column];
        sum0_0 += weight[unit_lane + 0u] * x;
        sum0_1 += weight[unit_lane + 1u] * x;
      }
      let next = walked.x + i32((step + 1u) % steps_per_head * block);
      load_query_rows(next, context_end, row_of, first, last, thread);
    } else {
      workgroupBarrier();
      for (var key = 0u; key < 8u; key++) {
        let at = key * tile_stride + column;
        let x = mat4x4(key_tile[at], key_tile[at + 8u * tile_stride], key_tile[at + 16u * tile_stride], key_tile[at + 24u * tile_stride]);
        sum0_0 = combine(sum0_0, weights[weight_place(unit_row + 0u, key)], x);
        sum0_1 = combine(sum0_1, weights[weight_place(unit_row + 16u, key)], x);
      }
      load_key_rows(walked.y - i32((step + 2u) * block), walked.x, walked.y, row_of, thread);
    }
    workgroupBarrier();
  }
  if (is_for_keys) {
    if (thread < units && key_rows[unit_key + 8u * (unit_lane + 0u)] >= 0) {
      store_head(dk + u32(key_rows[unit_key + 8u * (unit_lane + 0u)]) * dk_stride + kv * head_dim, 0u + column, sum0_0);
    }
    if (thread < units && key_rows[unit_key + 8u * (unit_lane + 1u)] >= 0) {
      store_head(dk + u32(key_rows[unit_key + 8u * (unit_lane + 1u)]) * dk_stride + kv * head_dim, 0u + column, sum0_1);
    }
    if (thread < units && key_rows[unit_key + 8u * (unit_lane + 0u)] >= 0) {
      store_head(dv + u32(key_rows[unit_key + 8u * (unit_lane + 0u)]) * dv_stride + kv * head_dim, 0u + column, value_sum0_0);
    }
    if (thread < units && key_rows[unit_key + 8u * (unit_lane + 1u)] >= 0) {
      store_head(dv + u32(key_rows[unit_key + 8u * (unit_lane + 1u)]) * dv_stride + kv * head_dim, 0u + column, value_sum0_1);
    }
  } else {
    if (thread < units && query_rows[unit_row + 0u] >= 0) {
      store_head(dq + u32(query_rows[unit_row + 0u]) * dq_stride + group.y * head_dim, 0u + column, scale * sum0_0);
    }
    if (thread < units && query_rows[unit_row + 16u] >= 0) {
      store_head(dq + u32(query_rows[unit_row + 16u]) * dq_stride + group.y * head_dim, 0u + column, scale * sum0_1);
    }
  }
  storageBarrier();
  if (is_for_keys) {
    turn_keys_back(dk + kv * head_dim, dk_stride, vec3(position, cosine, sine), thread);
  } else {
    turn_queries_back(dq + group.y * head_dim, dq_stride, vec3(position, cosine, sine), thread);
  }
}
