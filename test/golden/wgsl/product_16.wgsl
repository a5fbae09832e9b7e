// c = d + x · packed, x computed while it is loaded; 64 × 64 a workgroup, 4 × 4 a thread, 16 deep
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> host: array<i32>;
@group(0) @binding(2) var<storage, read_write> weights0: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> floats0: array<vec4<f32>>;
fn load4(i: u32) -> vec4<f32> { return floats0[i]; }
fn store4(i: u32, x: vec4<f32>) { floats0[i] = x; }
fn weight4(i: u32) -> vec4<f32> { return weights0[i]; }
fn bounded_tanh(x: vec4<f32>) -> vec4<f32> {
  let square = x * x;
  let series = x * (1f + square * (-0.33333334f + square * (0.13333334f + square * (-0.053968254f + square * 0.021869488f))));
  let small = exp(-2f * min(abs(x), vec4<f32>(44f)));
  return select(sign(x) * (1f - small) / (1f + small), series, abs(x) < vec4<f32>(0.25f));
}

// A workgroup's part of the product, the run of k it stages at a time, and the columns of a packed panel.
const rows = 64u;
const columns = 64u;
const depth = 16u;
const panel = 64u;
const threads = 256u;
const threads_across = 16u;

var<workgroup> a_tile: array<vec4<f32>, 256>;
var<workgroup> b_tile: array<vec4<f32>, 256>;

fn inside(column: u32, width: u32) -> vec4<bool> {
  return vec4(column, column + 1u, column + 2u, column + 3u) < vec4(width);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile_index = host[job.first_tile] + i32(group.x);
  if (tile_index >= host[job.end_tile]) { return; }
  let tile = job.tiles + 3u * u32(tile_index);
  let first = u32(host[tile]);
  let count = u32(host[tile + 1u]);
  let record = job.records + (group.z * job.modalities + u32(host[tile + 2u])) * job.words;
  if (host[record] == 0) { return; }
  let n = u32(host[record + 1u]);
  let c_stride = u32(host[record + 2u]);
  let d_stride = u32(host[record + 3u]);
  let k0 = u32(host[record + 4u]);
  let a0_stride = u32(host[record + 5u]);
  let width = u32(host[record + 6u]);
  let keeps = u32(host[record + 7u]);
  let stride0 = u32(host[record + 8u]);
  let stride1 = u32(host[record + 9u]);
  let stride2 = u32(host[record + 10u]);
  let c = u32(host[record + 11u]);
  let d = u32(host[record + 12u]);
  let a0 = u32(host[record + 13u]);
  let packed0 = u32(host[record + 14u]);
  let x0 = u32(host[record + 15u]);
  let x1 = u32(host[record + 16u]);
  let x2 = u32(host[record + 17u]);
  let column0 = group.y * columns;
  if (column0 >= n) { return; }
  let thread_row = thread / threads_across;
  let thread_column = thread % threads_across;
  let per_column = 1f / f32(width);
  // Of the workgroups that share these rows, the first also stores what is computed on the way.
  let keeps_rows = keeps != 0u && group.y == 0u;
  var sum0_0 = vec4<f32>();
  var sum1_0 = vec4<f32>();
  var sum2_0 = vec4<f32>();
  var sum3_0 = vec4<f32>();
  // Rows are computed.
  for (var begin = 0u; begin < k0; begin += depth) {
    for (var at = thread; at < rows * depth / 4u; at += threads) {
      let row_in_tile = at / (depth / 4u);
      let row = first + row_in_tile;
      let column = begin + 4u * (at % (depth / 4u));
      let t0 = load4((x0 + row * stride0 + column) / 4u);
      let t1 = bounded_tanh((vec4(0.7978845834732056f) * (t0 * (vec4(1f) + (vec4(0.044714998453855515f) * (t0 * t0))))));
      let t2 = load4((x1 + row * stride1 + column) / 4u);
      let t3 = ((vec4(0.5f) * t2) * ((vec4(1f) + t1) + ((t0 * (vec4(1f) - (t1 * t1))) * (vec4(0.7978845834732056f) * (vec4(1f) + (vec4(0.13414500653743744f) * (t0 * t0)))))));
      if (keeps_rows && row_in_tile < count && column < k0) { store4((x2 + row * stride2 + column) / 4u, t3); }
      // What stands past k is no number.
      a_tile[at] = select(vec4<f32>(), t3, inside(column, k0));
    }
    for (var at = thread; at < depth * columns / 4u; at += threads) {
      let column = column0 + 4u * (at % (columns / 4u));
      let at_k = begin + at / (columns / 4u);
      b_tile[at] = weight4((packed0 + (column / panel * k0 + at_k) * panel + column % panel) / 4u);
    }
    workgroupBarrier();
    for (var kk = 0u; kk < depth / 4u; kk++) {
      let x_0 = a_tile[(thread_row + 0u) * (depth / 4u) + kk];
      let x_1 = a_tile[(thread_row + 16u) * (depth / 4u) + kk];
      let x_2 = a_tile[(thread_row + 32u) * (depth / 4u) + kk];
      let x_3 = a_tile[(thread_row + 48u) * (depth / 4u) + kk];
      let w0_0 = b_tile[(4u * kk + 0u) * (columns / 4u) + thread_column + 0u];
      sum0_0 += x_0[0] * w0_0;
      sum1_0 += x_1[0] * w0_0;
      sum2_0 += x_2[0] * w0_0;
      sum3_0 += x_3[0] * w0_0;
      let w1_0 = b_tile[(4u * kk + 1u) * (columns / 4u) + thread_column + 0u];
      sum0_0 += x_0[1] * w1_0;
      sum1_0 += x_1[1] * w1_0;
      sum2_0 += x_2[1] * w1_0;
      sum3_0 += x_3[1] * w1_0;
      let w2_0 = b_tile[(4u * kk + 2u) * (columns / 4u) + thread_column + 0u];
      sum0_0 += x_0[2] * w2_0;
      sum1_0 += x_1[2] * w2_0;
      sum2_0 += x_2[2] * w2_0;
      sum3_0 += x_3[2] * w2_0;
      let w3_0 = b_tile[(4u * kk + 3u) * (columns / 4u) + thread_column + 0u];
      sum0_0 += x_0[3] * w3_0;
      sum1_0 += x_1[3] * w3_0;
      sum2_0 += x_2[3] * w3_0;
      sum3_0 += x_3[3] * w3_0;
    }
    workgroupBarrier();
  }
  if (thread_row + 0u < count && column0 + 4u * thread_column + 0u < n) {
    sum0_0 += load4((d + (first + thread_row + 0u) * d_stride + column0 + 4u * thread_column + 0u) / 4u);
    store4((c + (first + thread_row + 0u) * c_stride + column0 + 4u * thread_column + 0u) / 4u, sum0_0);
  }
  if (thread_row + 16u < count && column0 + 4u * thread_column + 0u < n) {
    sum1_0 += load4((d + (first + thread_row + 16u) * d_stride + column0 + 4u * thread_column + 0u) / 4u);
    store4((c + (first + thread_row + 16u) * c_stride + column0 + 4u * thread_column + 0u) / 4u, sum1_0);
  }
  if (thread_row + 32u < count && column0 + 4u * thread_column + 0u < n) {
    sum2_0 += load4((d + (first + thread_row + 32u) * d_stride + column0 + 4u * thread_column + 0u) / 4u);
    store4((c + (first + thread_row + 32u) * c_stride + column0 + 4u * thread_column + 0u) / 4u, sum2_0);
  }
  if (thread_row + 48u < count && column0 + 4u * thread_column + 0u < n) {
    sum3_0 += load4((d + (first + thread_row + 48u) * d_stride + column0 + 4u * thread_column + 0u) / 4u);
    store4((c + (first + thread_row + 48u) * c_stride + column0 + 4u * thread_column + 0u) / 4u, sum3_0);
  }
}
