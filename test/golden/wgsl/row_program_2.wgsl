// row by row, with sums over each
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

// A workgroup per row; a thread takes every 64th column.
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
  let parts = u32(host[record + 2u]);
  let stride0 = u32(host[record + 3u]);
  let stride1 = u32(host[record + 4u]);
  let stride2 = u32(host[record + 5u]);
  let stride3 = u32(host[record + 6u]);
  let x0 = u32(host[record + 7u]);
  let x1 = u32(host[record + 8u]);
  let x2 = u32(host[record + 9u]);
  let x3 = u32(host[record + 10u]);
  if (group.y >= count) { return; }
  let row = first + group.y;
  let per_column = 1f / f32(width);
  for (var part = 0u; part < parts; part++) {
    let p0 = x0 + row * stride0 + part * width;
    let p1 = x1 + row * stride1 + part * width;
    let p3 = x3 + row * stride3 + part * width;
    var total0 = 0f;
    var total1 = 0f;
    for (var column = thread; column < width; column += 64u) {
      let t0 = load(p0 + column);
      let t1 = load(p1 + column);
      let t2 = load(x2 + column);
      total0 += (t0 * t0);
      total1 += ((t1 * t2) * t0);
    }
    let s0 = workgroup_sum(total0, thread);
    let r0 = inverseSqrt(((s0 * per_column) + 0.000009999999747378752f));
    let s1 = workgroup_sum(total1, thread);
    let r1 = (((s1 * per_column) * r0) * (r0 * r0));
    for (var column = thread; column < width; column += 64u) {
      let t0 = load(p1 + column);
      let t1 = load(x2 + column);
      let t2 = load(p0 + column);
      let t3 = (((t0 * t1) * r0) - (t2 * r1));
      store(p3 + column, t3);
    }
  }
}
