// attention, heads of 16: softmax of scores, times values, block by block
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
const head_dim = 16u;
const scale = 0.25f;
// A score that no other is below.
const lowest = -1e30f;

// Vectors of four components: of a head, of the part of it that is in workgroup memory at a time, and from row to row
// there: an odd number, so that eight rows lie in different banks.
const vectors = 4u;
const columns = 4u;
const tile_stride = 5u;
// Threads that own a part of a block's sums: 2 rows or keys of one column.
const units = 64u;

var<workgroup> query_tile: array<vec4<f32>, block * tile_stride>;
var<workgroup> key_tile: array<vec4<f32>, block * tile_stride>;
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

fn stage_keys(at: u32, stride: u32, first: u32, tables: vec3<u32>, thread: u32) {
  for (var item = thread; item < block * columns; item += threads) {
    let row = key_rows[item / columns];
    let column = first + item % columns;
    var x = vec4<f32>();
    if (row >= 0) { x = load_turned(at + u32(row) * stride, column, u32(row), tables); }
    key_tile[item / columns * tile_stride + item % columns] = x;
  }
}

fn stage_values(at: u32, stride: u32, first: u32, thread: u32) {
  for (var item = thread; item < block * columns; item += threads) {
    let row = key_rows[item / columns];
    let column = first + item % columns;
    var x = vec4<f32>();
    if (row >= 0) { x = load_head(at + u32(row) * stride, column) - value_center[column]; }
    key_tile[item / columns * tile_stride + item % columns] = x;
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

// Of a thread's four rows, what the eight threads that share them have put into `row_parts`.
fn sum_row_parts(thread: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var i = 0u; i < 8u; i++) { sum += row_parts[thread / 8u * 8u + i]; }
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

var<workgroup> row_factors: array<f32, block>;

// A value that is near all others, taken off before the sums and added behind them: where values are nearly alike,
// their gradient needs every bit of how the results differ.
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
  for (var i = 0u; i < 8u; i++) { sum += row_parts[column + 8u * i]; }
  var count = 0f;
  for (var key = 0u; key < block; key++) { count += select(0f, 1f, key_rows[key] >= 0); }
  return sum / max(count, 1f);
}


@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let record = job.records + group.z * job.words;
  if (host[record] == 0) { return; }
  let heads = u32(host[record + 1u]);
  let kv_heads = u32(host[record + 2u]);
  let q_stride = u32(host[record + 3u]);
  let k_stride = u32(host[record + 4u]);
  let v_stride = u32(host[record + 5u]);
  let out_stride = u32(host[record + 6u]);
  let lse_stride = u32(host[record + 7u]);
  let q = u32(host[record + 8u]);
  let k = u32(host[record + 9u]);
  let v = u32(host[record + 10u]);
  let out = u32(host[record + 11u]);
  let lse = u32(host[record + 12u]);
  let row_of = u32(host[record + 13u]);
  let first = u32(host[record + 14u]);
  let last = u32(host[record + 15u]);
  let context = u32(host[record + 16u]);
  let position = u32(host[record + 17u]);
  let cosine = u32(host[record + 18u]);
  let sine = u32(host[record + 19u]);
  let head = group.y;
  if (head >= heads) { return; }
  let q_head = q + head * head_dim;
  let kv_head = head / (heads / kv_heads) * head_dim;
  // Blocks that see many keys come first.
  let blocks = (context + block - 1u) / block;
  let base = group.x / blocks * context;
  let begin = base + (blocks - 1u - group.x % blocks) * block;
  start_range(thread);
  load_query_rows(i32(begin), i32(base + context), row_of, first, last, thread);
  widen_to_seen(thread);
  let keys = whole_range(thread);
  load_key_rows(keys.y - i32(block), keys.x, keys.y, row_of, thread);
  workgroupBarrier();
  row_parts[thread] = sum_values(v + kv_head, v_stride, 0u, thread);
  workgroupBarrier();
  if (thread < 8u) { value_center[0u + thread] = mean_value(thread); }
  stage_queries(q_head, q_stride, 0u, vec3(position, cosine, sine), thread);
  let row_first = first_of(thread);
  let row_last = last_of(thread);
  // Of a thread's four rows: the largest score so far, and the thread's share of the sum of weights.
  var largest = vec4(lowest);
  var total = vec4<f32>();
  // The weighted values that a thread sums up.
  let unit = min(thread, units - 1u);
  let unit_row = unit / columns;
  let column = unit % columns;
  var sum0_0 = vec4<f32>();
  var sum0_1 = vec4<f32>();
  for (var end = keys.y; end > keys.x; end -= i32(block)) {
    var scores = mat4x4<f32>();
    stage_keys(k + kv_head, k_stride, 0u, vec3(position, cosine, sine), thread);
    workgroupBarrier();
    scores = add_scores(scores, thread);
    // The largest scores, of a thread's keys, then of all.
    let positions = key_positions(end - i32(block), thread);
    var most = largest;
    let sees0 = (positions >= vec4(row_first[0])) & (positions < vec4(row_last[0]));
    let s0 = select(vec4(lowest), scores[0], sees0);
    most[0] = max(max(most[0], max(s0.x, s0.y)), max(s0.z, s0.w));
    let sees1 = (positions >= vec4(row_first[1])) & (positions < vec4(row_last[1]));
    let s1 = select(vec4(lowest), scores[1], sees1);
    most[1] = max(max(most[1], max(s1.x, s1.y)), max(s1.z, s1.w));
    let sees2 = (positions >= vec4(row_first[2])) & (positions < vec4(row_last[2]));
    let s2 = select(vec4(lowest), scores[2], sees2);
    most[2] = max(max(most[2], max(s2.x, s2.y)), max(s2.z, s2.w));
    let sees3 = (positions >= vec4(row_first[3])) & (positions < vec4(row_last[3]));
    let s3 = select(vec4(lowest), scores[3], sees3);
    most[3] = max(max(most[3], max(s3.x, s3.y)), max(s3.z, s3.w));
    row_parts[thread] = most;
    workgroupBarrier();
    for (var i = 0u; i < 8u; i++) { most = max(most, row_parts[thread / 8u * 8u + i]); }
    // What was summed up to now was weighted by the largest score up to now.
    let factor = exp(largest - most);
    largest = most;
    total *= factor;
    let p0 = select(vec4<f32>(), exp(s0 - most[0]), sees0);
    weights[weight_place(thread / 8u + 8u * 0u, thread % 8u)] = p0;
    total[0] += (p0.x + p0.y) + (p0.z + p0.w);
    if (thread % 8u == 0u) { row_factors[thread / 8u + 8u * 0u] = factor[0]; }
    let p1 = select(vec4<f32>(), exp(s1 - most[1]), sees1);
    weights[weight_place(thread / 8u + 8u * 1u, thread % 8u)] = p1;
    total[1] += (p1.x + p1.y) + (p1.z + p1.w);
    if (thread % 8u == 0u) { row_factors[thread / 8u + 8u * 1u] = factor[1]; }
    let p2 = select(vec4<f32>(), exp(s2 - most[2]), sees2);
    weights[weight_place(thread / 8u + 8u * 2u, thread % 8u)] = p2;
    total[2] += (p2.x + p2.y) + (p2.z + p2.w);
    if (thread % 8u == 0u) { row_factors[thread / 8u + 8u * 2u] = factor[2]; }
    let p3 = select(vec4<f32>(), exp(s3 - most[3]), sees3);
    weights[weight_place(thread / 8u + 8u * 3u, thread % 8u)] = p3;
    total[3] += (p3.x + p3.y) + (p3.z + p3.w);
    if (thread % 8u == 0u) { row_factors[thread / 8u + 8u * 3u] = factor[3]; }
    stage_values(v + kv_head, v_stride, 0u, thread);
    workgroupBarrier();
    sum0_0 *= row_factors[unit_row + 0u];
    sum0_1 *= row_factors[unit_row + 16u];
    for (var key = 0u; key < 8u; key++) {
      let at = key * tile_stride + column;
      let x = mat4x4(key_tile[at], key_tile[at + 8u * tile_stride], key_tile[at + 16u * tile_stride], key_tile[at + 24u * tile_stride]);
      sum0_0 = combine(sum0_0, weights[weight_place(unit_row + 0u, key)], x);
      sum0_1 = combine(sum0_1, weights[weight_place(unit_row + 16u, key)], x);
    }
    load_key_rows(end - 2 * i32(block), keys.x, keys.y, row_of, thread);
    workgroupBarrier();
  }
  row_parts[thread] = total;
  workgroupBarrier();
  total = sum_row_parts(thread);
  if (thread % 8u == 0u) {
    let rows = query_rows_of(thread);
    row_factors[thread / 8u + 8u * 0u] = select(0f, 1f / total[0], total[0] > 0f);
    if (rows[0] >= 0) {
      store(lse + u32(rows[0]) * lse_stride + head, select(0f, largest[0] + log(total[0]), total[0] > 0f));
    }
    row_factors[thread / 8u + 8u * 1u] = select(0f, 1f / total[1], total[1] > 0f);
    if (rows[1] >= 0) {
      store(lse + u32(rows[1]) * lse_stride + head, select(0f, largest[1] + log(total[1]), total[1] > 0f));
    }
    row_factors[thread / 8u + 8u * 2u] = select(0f, 1f / total[2], total[2] > 0f);
    if (rows[2] >= 0) {
      store(lse + u32(rows[2]) * lse_stride + head, select(0f, largest[2] + log(total[2]), total[2] > 0f));
    }
    row_factors[thread / 8u + 8u * 3u] = select(0f, 1f / total[3], total[3] > 0f);
    if (rows[3] >= 0) {
      store(lse + u32(rows[3]) * lse_stride + head, select(0f, largest[3] + log(total[3]), total[3] > 0f));
    }
  }
  workgroupBarrier();
  if (thread >= units) { return; }
  if (query_rows[unit_row + 0u] >= 0) {
    let by = row_factors[unit_row + 0u];
    let x = by * sum0_0 + select(vec4<f32>(), value_center[0u + column], by > 0f);
    store_head(out + u32(query_rows[unit_row + 0u]) * out_stride + head * head_dim, 0u + column, x);
  }
  if (query_rows[unit_row + 16u] >= 0) {
    let by = row_factors[unit_row + 16u];
    let x = by * sum0_1 + select(vec4<f32>(), value_center[0u + column], by > 0f);
    store_head(out + u32(query_rows[unit_row + 16u]) * out_stride + head * head_dim, 0u + column, x);
  }
}
