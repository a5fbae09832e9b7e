// Σ weight · loss, then Σ loss by the target's modality
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
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let record = job.records + group.z * job.words;
  if (host[record] == 0) { return; }
  let modalities = u32(host[record + 1u]);
  let loss = u32(host[record + 2u]);
  let weights = u32(host[record + 3u]);
  let target_modality = u32(host[record + 4u]);
  let sums = u32(host[record + 5u]);
  let segments = u32(host[record + 6u]);
  let ranges = u32(host[segments]);
  // Sum 0 is weighted and of every row, sum 1 + m of the counted targets of modality m.
  for (var m = -1; m < i32(modalities); m++) {
    var part = 0f;
    for (var range = 0u; range < ranges; range++) {
      let end = u32(host[segments + 2u * range + 2u]);
      for (var row = u32(host[segments + 2u * range + 1u]) + thread; row < end; row += 256u) {
        let weight = load(weights + row);
        let isCounted = host[target_modality + row] == m && weight != 0f;
        part += load(loss + row) * select(select(0f, 1f, isCounted), weight, m < 0);
      }
    }
    let total = workgroup_sum(part, thread);
    if (thread == 0u) { store(sums + u32(m + 1), total); }
  }
}
