// dp[r, e] = dz[r] · y[slots[r, e]]
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> host: array<i32>;
@group(0) @binding(3) var<storage, read_write> floats0: array<f32>;
fn load(i: u32) -> f32 { return floats0[i]; }
fn store(i: u32, x: f32) { floats0[i] = x; }
fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }
var<workgroup> partial_sums: array<f32, 64>;

var<workgroup> group_sums: array<f32, 8>;

// Sum over a workgroup: of 8 threads each, then of these, always in the same order; few barriers.
fn workgroup_sum(x: f32, thread: u32) -> f32 {
  partial_sums[thread] = x;
  workgroupBarrier();
  if (thread < 8u) {
    var part = partial_sums[thread * 8u];
    for (var i = thread * 8u + 1u; i < (thread + 1u) * 8u; i++) { part = part + partial_sums[i]; }
    group_sums[thread] = part;
  }
  workgroupBarrier();
  var result = group_sums[0];
  for (var i = 1u; i < 8u; i++) { result = result + group_sums[i]; }
  workgroupBarrier();
  return result;
}

// A workgroup per row, one expert after the other.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile_index = host[job.first_tile] + i32(group.x);
  if (tile_index >= host[job.end_tile]) { return; }
  let tile = job.tiles + 3u * u32(tile_index);
  let first = u32(host[tile]);
  let count = u32(host[tile + 1u]);
  let record = job.records + (group.z * job.modalities + u32(host[tile + 2u])) * job.words;
  if (host[record] == 0) { return; }
  let width = u32(host[record + 1u]);
  let experts = u32(host[record + 2u]);
  let y_stride = u32(host[record + 3u]);
  let z_stride = u32(host[record + 4u]);
  let p_stride = u32(host[record + 5u]);
  let slots = u32(host[record + 6u]);
  let y = u32(host[record + 7u]);
  let dz = u32(host[record + 8u]);
  let dp = u32(host[record + 9u]);
  if (group.y >= count) { return; }
  let row = first + group.y;
  for (var e = 0u; e < experts; e++) {
    let slot = host[slots + row * experts + e];
    var part = 0f;
    if (slot >= 0) {
      for (var i = thread; i < width; i += 64u) {
        part += load(dz + row * z_stride + i) * load(y + u32(slot) * y_stride + i);
      }
    }
    let total = workgroup_sum(part, thread);
    if (thread == 0u) { store(dp + row * p_stride + e, total); }
  }
}
