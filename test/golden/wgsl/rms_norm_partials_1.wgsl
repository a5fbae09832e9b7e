// Σ dy · x / √(mean x² + eps) over the rows of a piece
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

// A workgroup per run of rows and 64 columns, a thread each.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let record = job.records + group.z * job.words;
  if (host[record] == 0) { return; }
  let width = u32(host[record + 1u]);
  let heads = u32(host[record + 2u]);
  let eps = bitcast<f32>(host[record + 3u]);
  let dy_stride = u32(host[record + 4u]);
  let x_stride = u32(host[record + 5u]);
  let task_rows = u32(host[record + 6u]);
  let dy = u32(host[record + 7u]);
  let x = u32(host[record + 8u]);
  let partials = u32(host[record + 9u]);
  let segments = u32(host[record + 10u]);
  if (group.y * 64u >= width) { return; }
  let own = group.y * 64u + thread;
  var result = 0f;
  let ranges = u32(host[segments]);
  for (var range = 0u; range < ranges; range++) {
    let begin = max(group.x * task_rows, u32(host[segments + 2u * range + 1u]));
    let end = min((group.x + 1u) * task_rows, u32(host[segments + 2u * range + 2u]));
    for (var row = begin; row < end; row++) {
      for (var part = 0u; part < heads; part++) {
        let x0 = x + row * x_stride + part * width;
        let dy0 = dy + row * dy_stride + part * width;
        var squares = 0f;
        for (var column = thread; column < width; column += 64u) {
          let value = load(x0 + column);
          squares += value * value;
        }
        let root = inverseSqrt(workgroup_sum(squares, thread) / f32(width) + eps);
        if (own < width) { result += load(dy0 + own) * load(x0 + own) * root; }
      }
    }
  }
  if (own < width) { store(partials + group.x * width + own, result); }
}
