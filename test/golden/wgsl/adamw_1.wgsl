// AdamW on a piece of the arenas, gradients clipped
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> host: array<i32>;
@group(0) @binding(3) var<storage, read_write> floats0: array<f32>;
fn load(i: u32) -> f32 { return floats0[i]; }
fn store(i: u32, x: f32) { floats0[i] = x; }
fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }
var<workgroup> partial_sums: array<f32, 256>;

var<workgroup> group_sums: array<f32, 16>;

// Sum over a workgroup: of 16 threads each, then of these, always in the same order; few barriers.
fn workgroup_sum(x: f32, thread: u32) -> f32 {
  partial_sums[thread] = x;
  workgroupBarrier();
  if (thread < 16u) {
    var part = partial_sums[thread * 16u];
    for (var i = thread * 16u + 1u; i < (thread + 1u) * 16u; i++) { part = part + partial_sums[i]; }
    group_sums[thread] = part;
  }
  workgroupBarrier();
  var result = group_sums[0];
  for (var i = 1u; i < 16u; i++) { result = result + group_sums[i]; }
  workgroupBarrier();
  return result;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {
  let record = job.records + group.z * job.words;
  if (host[record] == 0) { return; }
  let chunk = u32(host[record + 1u]);
  let rate_at = u32(host[record + 2u]);
  let beta1 = bitcast<f32>(host[record + 3u]);
  let rest1 = bitcast<f32>(host[record + 4u]);
  let beta2 = bitcast<f32>(host[record + 5u]);
  let rest2 = bitcast<f32>(host[record + 6u]);
  let eps = bitcast<f32>(host[record + 7u]);
  let weight_decay = bitcast<f32>(host[record + 8u]);
  let clip = bitcast<f32>(host[record + 9u]);
  let p = u32(host[record + 10u]);
  let g = u32(host[record + 11u]);
  let m = u32(host[record + 12u]);
  let v = u32(host[record + 13u]);
  let partials = u32(host[record + 14u]);
  let partial_count = u32(host[record + 15u]);
  let schedule = u32(host[record + 16u]);
  let norm_out = u32(host[record + 17u]);
  let elements = u32(host[record + 18u]);
  let address_mask = u32(host[record + 19u]);
  let piece = group.x + group.y * groups.x;
  if (piece * chunk >= elements) { return; }
  // The norm: every workgroup adds the partial sums up in the same order.
  var squares = 0f;
  for (var i = thread; i < partial_count; i += 256u) { squares += load(partials + i); }
  let norm = sqrt(workgroup_sum(squares, thread));
  // The eighth argument is a number where another call of this launch writes the norm.
  if (piece == 0u && thread == 0u && (address_mask & 128u) != 0u) { store(norm_out, norm); }
  let shrink = min(1f, clip / (norm + 1e-6f));
  let rate = load(schedule + rate_at);
  let correct1 = load(schedule + 1u);
  let correct2 = load(schedule + 2u);
  let end = min(elements, (piece + 1u) * chunk);
  for (var i = piece * chunk + thread; i < end; i += 256u) {
    let gradient = load(g + i) * shrink;
    let first = flushed(beta1 * load(m + i) + rest1 * gradient);
    let second = flushed(beta2 * load(v + i) + rest2 * gradient * gradient);
    let value = load(p + i);
    let step = first * correct1 / (sqrt(second * correct2) + eps) + weight_decay * value;
    store(p + i, value - rate * step);
    store(m + i, first);
    store(v + i, second);
  }
}

// Moments that fade towards zero never become denormal, which some devices compute with and others drop.
fn flushed(x: f32) -> f32 { return select(x, 0f, abs(x) < 1.1754944e-38f); }
