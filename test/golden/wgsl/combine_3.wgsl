// z[r] = Σ p[r, e] · y[slots[r, e]]
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> host: array<i32>;
@group(0) @binding(3) var<storage, read_write> floats0: array<f32>;
fn load(i: u32) -> f32 { return floats0[i]; }
fn store(i: u32, x: f32) { floats0[i] = x; }
fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }

// The elements of a tile, spread over the workgroups that share it.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {
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
  let d_stride = u32(host[record + 6u]);
  let slots = u32(host[record + 7u]);
  let y = u32(host[record + 8u]);
  let z = u32(host[record + 9u]);
  let p = u32(host[record + 10u]);
  let d = u32(host[record + 11u]);
  for (var i = 256u * group.y + thread; i < count * width; i += 256u * groups.y) {
    let row = first + i / width;
    let column = i % width;
    var sum = 0f;
    for (var e = 0u; e < experts; e++) {
      let slot = host[slots + row * experts + e];
      if (slot >= 0) { sum += load(p + row * p_stride + e) * load(y + u32(slot) * y_stride + column); }
    }
    store(z + row * z_stride + column, sum);
  }
}
