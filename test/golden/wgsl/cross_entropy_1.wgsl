// loss of a row of logits and its gradient
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> host: array<i32>;
@group(0) @binding(3) var<storage, read_write> floats0: array<f32>;
fn load(i: u32) -> f32 { return floats0[i]; }
fn store(i: u32, x: f32) { floats0[i] = x; }
fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }
var<workgroup> partial_sums: array<f32, 128>;

var<workgroup> group_sums: array<f32, 16>;

// Maximum over a workgroup: of 8 threads each, then of these, always in the same order; few barriers.
fn workgroup_max(x: f32, thread: u32) -> f32 {
  partial_sums[thread] = x;
  workgroupBarrier();
  if (thread < 16u) {
    var part = partial_sums[thread * 8u];
    for (var i = thread * 8u + 1u; i < (thread + 1u) * 8u; i++) { part = max(part, partial_sums[i]); }
    group_sums[thread] = part;
  }
  workgroupBarrier();
  var result = group_sums[0];
  for (var i = 1u; i < 16u; i++) { result = max(result, group_sums[i]); }
  workgroupBarrier();
  return result;
}
// Sum over a workgroup: of 8 threads each, then of these, always in the same order; few barriers.
fn workgroup_sum(x: f32, thread: u32) -> f32 {
  partial_sums[thread] = x;
  workgroupBarrier();
  if (thread < 16u) {
    var part = partial_sums[thread * 8u];
    for (var i = thread * 8u + 1u; i < (thread + 1u) * 8u; i++) { part = part + partial_sums[i]; }
    group_sums[thread] = part;
  }
  workgroupBarrier();
  var result = group_sums[0];
  for (var i = 1u; i < 16u; i++) { result = result + group_sums[i]; }
  workgroupBarrier();
  return result;
}

// A workgroup per row.
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile_index = host[job.first_tile] + i32(group.x);
  if (tile_index >= host[job.end_tile]) { return; }
  let tile = job.tiles + 3u * u32(tile_index);
  let first = u32(host[tile]);
  let count = u32(host[tile + 1u]);
  let record = job.records + (group.z * job.modalities + u32(host[tile + 2u])) * job.words;
  if (host[record] == 0) { return; }
  let vocab = u32(host[record + 1u]);
  let stride = u32(host[record + 2u]);
  let gradient_stride = u32(host[record + 3u]);
  let z_loss = bitcast<f32>(host[record + 4u]);
  let logits = u32(host[record + 5u]);
  let target_ids = u32(host[record + 6u]);
  let loss = u32(host[record + 7u]);
  let weights = u32(host[record + 8u]);
  let dlogits = u32(host[record + 9u]);
  if (group.y >= count) { return; }
  let row = first + group.y;
  let x = logits + row * stride;
  let y = dlogits + row * gradient_stride;
  let wanted = host[target_ids + row];
  if (wanted < 0) {
    if (thread == 0u) { store(loss + row, 0f); }
    for (var i = thread; i < vocab; i += 128u) { store(y + i, 0f); }
    return;
  }
  var high = -3.4e38f;
  for (var i = thread; i < vocab; i += 128u) { high = max(high, load(x + i)); }
  let largest = workgroup_max(high, thread);
  var low = 0f;
  for (var i = thread; i < vocab; i += 128u) { low += exp(load(x + i) - largest); }
  let total = workgroup_sum(low, thread);
  let lse = largest + log(total);
  if (thread == 0u) { store(loss + row, lse - load(x + u32(wanted)) + z_loss * lse * lse); }
  // The gradient may stand where the logits do: the loss has to be read before.
  storageBarrier();
  let weight = load(weights + row);
  let slope = weight * (1f + 2f * z_loss * lse) / total;
  for (var i = thread; i < vocab; i += 128u) {
    store(y + i, slope * exp(load(x + i) - largest) - select(0f, weight, i == u32(wanted)));
  }
}
