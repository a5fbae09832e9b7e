// dw[outer, inner] = Σ over rows of aᵀ · b, 64 × 64 a workgroup, 4 × 4 a thread, 16 deep
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> host: array<i32>;
@group(0) @binding(3) var<storage, read_write> floats0: array<f32>;
fn load(i: u32) -> f32 { return floats0[i]; }
fn store(i: u32, x: f32) { floats0[i] = x; }
fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }

// A workgroup's part of dw, and the rows of a and b it stages at a time.
const rows = 64u;
const columns = 64u;
const depth = 16u;
const threads_across = 16u;

var<workgroup> a_tile: array<vec4<f32>, 256>;
var<workgroup> b_tile: array<vec4<f32>, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let record = job.records + group.z * job.words;
  if (host[record] == 0) { return; }
  let outer = u32(host[record + 1u]);
  let inner = u32(host[record + 2u]);
  let a_stride = u32(host[record + 3u]);
  let b_stride = u32(host[record + 4u]);
  let a = u32(host[record + 5u]);
  let b = u32(host[record + 6u]);
  let dw = u32(host[record + 7u]);
  let segments = u32(host[record + 8u]);
  let accumulate = u32(host[record + 9u]);
  let column0 = group.x * columns;
  let row0 = group.y * rows;
  if (column0 >= inner || row0 >= outer) { return; }
  let thread_row = thread / threads_across;
  let thread_column = thread % threads_across;
  var sum00_0 = vec4<f32>();
  var sum01_0 = vec4<f32>();
  var sum02_0 = vec4<f32>();
  var sum03_0 = vec4<f32>();
  let ranges = u32(host[segments]);
  for (var range = 0u; range < ranges; range++) {
    let end = u32(host[segments + 2u * range + 2u]);
    for (var r0 = u32(host[segments + 2u * range + 1u]); r0 < end; r0 += depth) {
      {
        let at = thread + 0u;
        let row = r0 + at / (rows / 4u);
        let loaded = load4((a + row * a_stride + row0) / 4u + at % (rows / 4u));
        a_tile[at] = select(vec4<f32>(), loaded, row < end);
      }
      {
        let at = thread + 0u;
        let row = r0 + at / (columns / 4u);
        let loaded = load4((b + row * b_stride + column0) / 4u + at % (columns / 4u));
        b_tile[at] = select(vec4<f32>(), loaded, row < end);
      }
      workgroupBarrier();
      for (var kk = 0u; kk < depth; kk++) {
        let a0 = a_tile[kk * (rows / 4u) + thread_row + 0u];
        let b0 = b_tile[kk * (columns / 4u) + thread_column + 0u];
        sum00_0 += a0[0] * b0;
        sum01_0 += a0[1] * b0;
        sum02_0 += a0[2] * b0;
        sum03_0 += a0[3] * b0;
      }
      workgroupBarrier();
    }
  }
  if (row0 + 4u * thread_row + 0u < outer && column0 + 4u * thread_column + 0u < inner) {
    let at = dw + (row0 + 4u * thread_row + 0u) * inner + column0 + 4u * thread_column + 0u;
    for (var i = 0u; i < min(4u, inner - column0 - (4u * thread_column + 0u)); i++) {
      var total = sum00_0[i];
      if (accumulate != 0u) { total += load(at + i); }
      store(at + i, total);
    }
  }
  if (row0 + 4u * thread_row + 1u < outer && column0 + 4u * thread_column + 0u < inner) {
    let at = dw + (row0 + 4u * thread_row + 1u) * inner + column0 + 4u * thread_column + 0u;
    for (var i = 0u; i < min(4u, inner - column0 - (4u * thread_column + 0u)); i++) {
      var total = sum01_0[i];
      if (accumulate != 0u) { total += load(at + i); }
      store(at + i, total);
    }
  }
  if (row0 + 4u * thread_row + 2u < outer && column0 + 4u * thread_column + 0u < inner) {
    let at = dw + (row0 + 4u * thread_row + 2u) * inner + column0 + 4u * thread_column + 0u;
    for (var i = 0u; i < min(4u, inner - column0 - (4u * thread_column + 0u)); i++) {
      var total = sum02_0[i];
      if (accumulate != 0u) { total += load(at + i); }
      store(at + i, total);
    }
  }
  if (row0 + 4u * thread_row + 3u < outer && column0 + 4u * thread_column + 0u < inner) {
    let at = dw + (row0 + 4u * thread_row + 3u) * inner + column0 + 4u * thread_column + 0u;
    for (var i = 0u; i < min(4u, inner - column0 - (4u * thread_column + 0u)); i++) {
      var total = sum03_0[i];
      if (accumulate != 0u) { total += load(at + i); }
      store(at + i, total);
    }
  }
}
