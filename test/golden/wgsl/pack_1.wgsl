// panels of 64 columns: packed[panel, k, column] = w[column · column_step + k · k_step]
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> host: array<i32>;
@group(0) @binding(2) var<storage, read_write> weights0: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> floats0: array<f32>;
fn load(i: u32) -> f32 { return floats0[i]; }
fn store(i: u32, x: f32) { floats0[i] = x; }
fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }
fn store_weight4(i: u32, x: vec4<f32>) { weights0[i] = x; }

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {
  let record = job.records + group.z * job.words;
  if (host[record] == 0) { return; }
  let n = u32(host[record + 1u]);
  let k = u32(host[record + 2u]);
  let column_step = u32(host[record + 3u]);
  let k_step = u32(host[record + 4u]);
  let w = u32(host[record + 5u]);
  let packed = u32(host[record + 6u]);
  let size = (n + 64u - 1u) / 64u * k * 16u;
  for (var i = 256u * group.x + thread; i < size; i += 256u * groups.x) {
    let kk = i / 16u % k;
    let column = i / (16u * k) * 64u + 4u * (i % 16u);
    var x = vec4<f32>();
    for (var lane = 0u; lane < 4u; lane++) {
      if (column + lane < n) { x[lane] = load(w + (column + lane) * column_step + kk * k_step); }
    }
    store_weight4(packed / 4u + i, x);
  }
}
