// dtable[token] = Σ dy over the rows that hold the token
struct Job { records: u32, words: u32, modalities: u32, tiles: u32, first_tile: u32, end_tile: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> host: array<i32>;
@group(0) @binding(3) var<storage, read_write> floats0: array<f32>;
fn load(i: u32) -> f32 { return floats0[i]; }
fn store(i: u32, x: f32) { floats0[i] = x; }
fn load4(i: u32) -> vec4<f32> { return vec4(load(4u * i), load(4u * i + 1u), load(4u * i + 2u), load(4u * i + 3u)); }

// A workgroup per token of the vocabulary; a thread takes every 64th column.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(num_workgroups) groups: vec3<u32>) {
  let record = job.records + group.z * job.words;
  if (host[record] == 0) { return; }
  let vocab = u32(host[record + 1u]);
  let width = u32(host[record + 2u]);
  let dy_stride = u32(host[record + 3u]);
  let dy = u32(host[record + 4u]);
  let rows_by_token = u32(host[record + 5u]);
  let token_starts = u32(host[record + 6u]);
  let table = u32(host[record + 7u]);
  let segments = u32(host[record + 8u]);
  let token = group.x + group.y * groups.x;
  if (token >= vocab) { return; }
  let begin = u32(host[token_starts + token]);
  let end = u32(host[token_starts + token + 1u]);
  let ranges = u32(host[segments]);
  for (var column = thread; column < width; column += 64u) {
    var total = 0f;
    for (var i = begin; i < end; i++) {
      let row = u32(host[rows_by_token + i]);
      for (var range = 0u; range < ranges; range++) {
        let isCounted = row >= u32(host[segments + 2u * range + 1u]) && row < u32(host[segments + 2u * range + 2u]);
        if (isCounted) { total += load(dy + row * dy_stride + column); }
      }
    }
    store(table + token * width + column, total);
  }
}
