// y = a + b
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> host: array<i32>;
@group(0) @binding(3) var<storage, read_write> floats0: array<f32>;
fn load(i: u32) -> f32 { return floats0[i]; }
fn store(i: u32, x: f32) { floats0[i] = x; }
fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {
  let record = job.records + group.z * job.words;
  if (host[record] == 0) { return; }
  let elements = u32(host[record + 1u]);
  let a = u32(host[record + 2u]);
  let b = u32(host[record + 3u]);
  let y = u32(host[record + 4u]);
  for (var i = 256u * group.x + thread; i < elements; i += 256u * groups.x) {
    store(y + i, load(a + i) + load(b + i));
  }
}
