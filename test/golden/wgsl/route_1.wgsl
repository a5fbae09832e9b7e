// 4 experts in 1 pools: each takes its tokens
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read_write> host: array<i32>;
@group(0) @binding(3) var<storage, read_write> floats0: array<f32>;
fn load(i: u32) -> f32 { return floats0[i]; }
fn store(i: u32, x: f32) { floats0[i] = x; }
fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }

// Where each group's rows begin, and an end.
var<workgroup> starts: array<u32, 4 + 1>;
var<workgroup> above: array<u32, 256>;
var<workgroup> ties: array<u32, 256>;
var<workgroup> reach: array<atomic<u32>, 32>;

fn token_count(segments: u32) -> u32 {
  var count = 0u;
  for (var range = 0u; range < u32(host[segments]); range++) {
    count += u32(host[segments + 2u * range + 2u] - host[segments + 2u * range + 1u]);
  }
  return count;
}

// Row of the token at place i of a pool.
fn token_row(segments: u32, i: u32) -> u32 {
  var place = i;
  for (var range = 0u; range < u32(host[segments]); range++) {
    let begin = u32(host[segments + 2u * range + 1u]);
    let length = u32(host[segments + 2u * range + 2u]) - begin;
    if (place < length) { return begin + place; }
    place -= length;
  }
  return 0u;
}


// Threads take stretches of a pool's tokens, in order, so that rows come in the tokens' order.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let record = job.records + group.z * job.words;
  let p_stride = u32(host[record + 1u]);
  let p = u32(host[record + 2u]);
  let source = u32(host[record + 3u]);
  let slots = u32(host[record + 4u]);
  let group_starts = u32(host[record + 5u]);
  let tiles = u32(host[record + 6u]);
  let tile_starts = u32(host[record + 7u]);
  let lists = u32(host[record + 8u]);
  // How many tokens each expert takes is known before: as many as make up for all tokens.
  if (thread == 0u) {
    var next = 0u;
    for (var pool = 0u; pool < 1u; pool++) {
      let tokens = token_count(u32(host[record + 9u + pool]));
      for (var e = 0u; e < 4u; e++) {
        starts[pool * 4u + e] = next;
        next += (tokens + 4u - 1u) / 4u;
      }
    }
    starts[4] = next;
  }
  let segments = u32(host[record + 9u + group.x / 4u]);
  let expert = group.x % 4u;
  let tokens = token_count(segments);
  let stretch = (tokens + 256u - 1u) / 256u;
  let begin = min(thread * stretch, tokens);
  let end = min(begin + stretch, tokens);
  // Workgroup memory begins as whatever it was.
  if (thread < 32u) { atomicStore(&reach[thread], 0u); }
  workgroupBarrier();
  let first = starts[group.x];
  let taken = starts[group.x + 1u] - first;
  // Weights are not negative, so their bits are in the same order: a threshold is found bit by bit, the highest that
  // enough weights reach. Each bit has a counter of its own, which takes one barrier.
  var threshold = 0u;
  for (var bit = 0u; bit < 32u; bit++) {
    let higher = threshold | (0x80000000u >> bit);
    var mine = 0u;
    for (var i = begin; i < end; i++) {
      if (bitcast<u32>(load(p + token_row(segments, i) * p_stride + expert)) >= higher) { mine++; }
    }
    atomicAdd(&reach[bit], mine);
    workgroupBarrier();
    threshold = select(threshold, higher, atomicLoad(&reach[bit]) >= taken);
  }
  var higher_count = 0u;
  var tie_count = 0u;
  for (var i = begin; i < end; i++) {
    let key = bitcast<u32>(load(p + token_row(segments, i) * p_stride + expert));
    if (key > threshold) { higher_count++; }
    if (key == threshold) { tie_count++; }
  }
  above[thread] = higher_count;
  ties[thread] = tie_count;
  workgroupBarrier();
  // All that are above the threshold, and of those on it the first, as many as are left.
  var all_above = 0u;
  var above_before = 0u;
  var ties_before = 0u;
  for (var other = 0u; other < 256u; other++) {
    all_above += above[other];
    if (other < thread) {
      above_before += above[other];
      ties_before += ties[other];
    }
  }
  let left = taken - all_above;
  var slot = first + above_before + min(ties_before, left);
  for (var i = begin; i < end; i++) {
    let row = token_row(segments, i);
    let key = bitcast<u32>(load(p + row * p_stride + expert));
    let is_taken = key > threshold || (key == threshold && ties_before < left);
    if (key == threshold) { ties_before++; }
    host[slots + row * 4u + expert] = select(-1, i32(slot), is_taken);
    if (is_taken) {
      host[source + slot] = i32(row);
      slot++;
    }
  }
  // One thread writes where groups begin, the space's tiles, and the row segments of its sums.
  if (thread != 0u || group.x != 0u) { return; }
  var tile = 0u;
  for (var g = 0u; g < 4u; g++) {
    host[group_starts + g] = i32(starts[g]);
    for (var row = starts[g]; row < starts[g + 1u]; row += 64u) {
      host[tiles + 3u * tile] = i32(row);
      host[tiles + 3u * tile + 1u] = i32(min(64u, starts[g + 1u] - row));
      host[tiles + 3u * tile + 2u] = i32(g);
      tile++;
    }
  }
  host[group_starts + 4u] = i32(starts[4]);
  host[tile_starts] = 0;
  host[tile_starts + 1u] = i32(tile);
  host[lists + 0u] = 1;
  host[lists + 1u] = i32(starts[0]);
  host[lists + 2u] = i32(starts[1]);
  host[lists + 3u] = 1;
  host[lists + 4u] = i32(starts[1]);
  host[lists + 5u] = i32(starts[2]);
  host[lists + 6u] = 1;
  host[lists + 7u] = i32(starts[2]);
  host[lists + 8u] = i32(starts[3]);
  host[lists + 9u] = 1;
  host[lists + 10u] = i32(starts[3]);
  host[lists + 11u] = i32(starts[4]);
}
