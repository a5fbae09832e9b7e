// driver.cpp: a stand-in for NVIDIA's driver library, so that src/runtime/cuda*.ts runs where there is no GPU.
// In: the driver functions that the runtime calls, with their names and parameters (with -DCHECKED_BY_CUDA_H the
// compiler compares them with cuda.h). A module's "machine code" is the path of a kernel compiled for the emulator.
// Out: what a driver would do: streams that run behind the caller's back on a thread of their own, graphs, events,
// errors that stick. It is stricter than a driver: asynchronous copies want pinned memory, a graph takes only kernels
// that ran before, and a call without a current context fails.
// Settings: STANDIN_CUDA="devices=0 capability=75 …" when it starts, or standin_set(name, value) at any time.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <dlfcn.h>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#ifdef CHECKED_BY_CUDA_H
#include <cuda.h>
#define RESULT(code) static_cast<CUresult>(code)
#else
typedef int CUresult, CUdevice, CUdevice_attribute, CUfunction_attribute, CUstreamCaptureMode;
typedef int CUtensorMapDataType, CUtensorMapInterleave, CUtensorMapSwizzle, CUtensorMapL2promotion;
typedef int CUtensorMapFloatOOBfill;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st* CUcontext;
typedef struct CUstream_st* CUstream;
typedef struct CUevent_st* CUevent;
typedef struct CUmod_st* CUmodule;
typedef struct CUfunc_st* CUfunction;
typedef struct CUgraph_st* CUgraph;
typedef struct CUgraphExec_st* CUgraphExec;
typedef struct CUtensorMap_st { unsigned long long opaque[16]; } CUtensorMap;
typedef unsigned int cuuint32_t;
typedef unsigned long long cuuint64_t;
#define CUDAAPI
#define RESULT(code) (code)
#endif

namespace {

enum { success = 0, invalid_value = 1, out_of_memory = 2, not_initialized = 3, no_device = 100, invalid_device = 101,
       invalid_image = 200, invalid_context = 201, not_found = 500, not_ready = 600, launch_failed = 719,
       not_supported = 801, capture_unsupported = 900, captured_event = 907 };

const std::map<int, std::pair<const char*, const char*>> error_texts = {
  {1, {"CUDA_ERROR_INVALID_VALUE", "invalid argument"}},
  {801, {"CUDA_ERROR_NOT_SUPPORTED", "operation not supported"}},
  {2, {"CUDA_ERROR_OUT_OF_MEMORY", "out of memory"}},
  {3, {"CUDA_ERROR_NOT_INITIALIZED", "initialization error"}},
  {34, {"CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"}},
  {100, {"CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"}},
  {101, {"CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"}},
  {200, {"CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"}},
  {201, {"CUDA_ERROR_INVALID_CONTEXT", "invalid device context"}},
  {214, {"CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"}},
  {222, {"CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."}},
  {500, {"CUDA_ERROR_NOT_FOUND", "named symbol not found"}},
  {600, {"CUDA_ERROR_NOT_READY", "device not ready"}},
  {700, {"CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"}},
  {701, {"CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"}},
  {719, {"CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"}},
  {803, {"CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"}},
  {900, {"CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"}},
  {907, {"CUDA_ERROR_CAPTURED_EVENT", "operation not permitted on an event last recorded in a capturing stream"}},
};

// Numbers that tests set. `fail_NAME=code`: that function fails; `fault_KERNEL=code`: that kernel does.
std::map<std::string, long long> settings = {
  {"init", 0}, {"devices", 1}, {"capability", 90}, {"version", 13000}, {"multiprocessors", 4}, {"resident", 2},
  {"memory", 8ll << 30}, {"free", -1}, {"shared", 232448}, {"slow_ms", 0},
};
std::mutex settings_lock;

long long setting(const std::string& name, long long otherwise = 0) {
  std::lock_guard<std::mutex> hold(settings_lock);
  const auto found = settings.find(name);
  return found == settings.end() ? otherwise : found->second;
}

void read_settings() {
  const char* text = getenv("STANDIN_CUDA");
  if (text == nullptr) return;
  std::string all = text;
  for (size_t at = 0; at < all.size();) {
    const size_t end = std::min(all.find(' ', at), all.size());
    const std::string one = all.substr(at, end - at);
    const size_t equals = one.find('=');
    std::lock_guard<std::mutex> hold(settings_lock);
    if (equals != std::string::npos) settings[one.substr(0, equals)] = atoll(one.c_str() + equals + 1);
    at = end + 1;
  }
}

// What went wrong on the device: every later call gets it.
std::atomic<int> sticky{0};
std::atomic<bool> started{false};
thread_local void* current_context = nullptr;
char context_place;

std::mutex memory_lock;
std::map<unsigned long long, size_t> device_memory, pinned_memory;
std::atomic<int> live{0};   // streams, events, graphs, modules are not counted apart

bool is_within(const std::map<unsigned long long, size_t>& all, unsigned long long address, size_t bytes) {
  std::lock_guard<std::mutex> hold(memory_lock);
  auto next = all.upper_bound(address);
  if (next == all.begin()) return false;
  --next;
  return address + bytes <= next->first + next->second;
}

size_t device_bytes_from(unsigned long long address) {
  std::lock_guard<std::mutex> hold(memory_lock);
  const auto found = device_memory.find(address);
  return found == device_memory.end() ? 0 : found->second;
}

using Launch = int (*)(const char*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned char*, unsigned long long,
                       const int*, const unsigned*, const void*, char*, int);

using MakeMap = int (*)(void*, unsigned char*, unsigned long long, unsigned long long, unsigned long long, unsigned, unsigned,
                        char*, int);
MakeMap make_map = nullptr;   // the emulator's: maps are for its kernels to read

struct Module { void* library; Launch launch; };
struct Function { Module* module; std::string name; int most_shared = 48 << 10; bool has_run = false; };
struct Event { std::atomic<int> pending{0}; std::atomic<bool> is_captured{false}; std::chrono::steady_clock::time_point at; };
using Work = std::function<void()>;
struct Step { Work prepare, run; };   // `prepare` when it is given to a stream, `run` when its turn comes
struct Graph { std::vector<Step> steps; };

struct Stream {
  std::mutex lock;
  std::condition_variable changed;
  std::deque<Work> queue;
  bool is_busy = false, is_closed = false, is_capturing = false, is_invalid = false;
  Graph captured;

  void run_all() {
    std::unique_lock<std::mutex> hold(lock);
    for (;;) {
      changed.wait(hold, [this] { return is_closed || !queue.empty(); });
      if (queue.empty()) { is_busy = false; changed.notify_all(); return; }
      Work work = std::move(queue.front());
      queue.pop_front();
      is_busy = true;
      hold.unlock();
      work();
      hold.lock();
      is_busy = false;
      changed.notify_all();
    }
  }
  void give(const Step& step) {
    if (is_capturing) { captured.steps.push_back(step); return; }
    if (step.prepare) step.prepare();
    std::lock_guard<std::mutex> hold(lock);
    queue.push_back(step.run);
    changed.notify_all();
  }
  bool is_done() {
    std::lock_guard<std::mutex> hold(lock);
    return queue.empty() && !is_busy;
  }
  void wait() {
    std::unique_lock<std::mutex> hold(lock);
    changed.wait(hold, [this] { return queue.empty() && !is_busy; });
  }
};

Stream* of(CUstream stream) { return reinterpret_cast<Stream*>(stream); }
Event* of(CUevent event) { return reinterpret_cast<Event*>(event); }

// A function's own failure, if a test wants one; else what stuck; else whether a context is current.
int state_for(const char* function, bool wants_context = true) {
  const long long failing = setting(std::string("fail_") + function);
  if (failing != 0) return static_cast<int>(failing);
  if (!started) return not_initialized;
  if (sticky != 0) return sticky;
  return wants_context && current_context == nullptr ? invalid_context : success;
}

#define BEGIN(...) \
  if (const int state = state_for(__func__ __VA_OPT__(, ) __VA_ARGS__); state != success) return RESULT(state)
#define REFUSE_CAPTURE(stream) \
  if (of(stream)->is_capturing) { of(stream)->is_invalid = true; return RESULT(capture_unsupported); }

std::mutex kernels_lock;   // the emulator runs one launch at a time

struct LaunchOf {
  Function* function;
  unsigned blocks[3], threads, shared, job[8];
  unsigned long long arena, records, maps;

  void operator()() const {
    if (sticky != 0) return;
    const long long slow = setting("slow_ms");
    if (slow > 0) std::this_thread::sleep_for(std::chrono::milliseconds(slow));
    const long long fault = setting("fault_" + function->name);
    if (fault != 0) { sticky = static_cast<int>(fault); return; }
    char error[8192] = "";
    std::lock_guard<std::mutex> hold(kernels_lock);
    const int failed = function->module->launch(
        function->name.c_str(), blocks[0], blocks[1], blocks[2], threads, shared, reinterpret_cast<unsigned char*>(arena),
        device_bytes_from(arena), reinterpret_cast<const int*>(records), job, reinterpret_cast<const void*>(maps), error,
        sizeof error);
    if (failed == 0) return;
    fprintf(stderr, "stand-in for CUDA: %s\n", error);
    sticky = launch_failed;
  }
};

Step recording(Event* event) {
  return {[event] { event->pending++; event->is_captured = false; },
          [event] { event->at = std::chrono::steady_clock::now(); event->pending--; }};
}

int give_address(unsigned long long* place, size_t bytes, std::map<unsigned long long, size_t>& all) {
  void* memory = aligned_alloc(1024, (bytes + 1023) / 1024 * 1024);
  if (memory == nullptr || bytes == 0) return out_of_memory;
  // A driver's memory holds anything.
  memset(memory, 0xa5, bytes);
  *place = reinterpret_cast<unsigned long long>(memory);
  std::lock_guard<std::mutex> hold(memory_lock);
  all[*place] = bytes;
  return success;
}

int take_address(unsigned long long address, std::map<unsigned long long, size_t>& all) {
  std::lock_guard<std::mutex> hold(memory_lock);
  if (all.erase(address) == 0) return invalid_value;
  free(reinterpret_cast<void*>(address));
  return success;
}

size_t held_bytes() {
  std::lock_guard<std::mutex> hold(memory_lock);
  size_t sum = 0;
  for (const auto& [address, bytes] : device_memory) sum += bytes;
  return sum;
}

}  // namespace

extern "C" {

void standin_set(const char* name, long long value) {
  {
    std::lock_guard<std::mutex> hold(settings_lock);
    settings[name] = value;
  }
  if (strcmp(name, "reset") == 0) sticky = 0;
}

// Streams, events, graphs and allocations that nobody has given back.
int standin_live() {
  std::lock_guard<std::mutex> hold(memory_lock);
  return live + static_cast<int>(device_memory.size() + pinned_memory.size());
}

CUresult CUDAAPI cuInit(unsigned) {
  read_settings();
  const long long code = setting("init");
  if (code != 0) return RESULT(code);
  started = true;
  return RESULT(setting("devices") == 0 ? no_device : success);
}

CUresult CUDAAPI cuDriverGetVersion(int* version) {
  *version = static_cast<int>(setting("version"));
  return RESULT(success);
}

CUresult CUDAAPI cuGetErrorName(CUresult error, const char** text) {
  const auto found = error_texts.find(static_cast<int>(error));
  *text = found == error_texts.end() ? nullptr : found->second.first;
  return RESULT(*text == nullptr ? invalid_value : success);
}

CUresult CUDAAPI cuGetErrorString(CUresult error, const char** text) {
  const auto found = error_texts.find(static_cast<int>(error));
  *text = found == error_texts.end() ? nullptr : found->second.second;
  return RESULT(*text == nullptr ? invalid_value : success);
}

CUresult CUDAAPI cuDeviceGetCount(int* count) {
  BEGIN(false);
  *count = static_cast<int>(setting("devices"));
  return RESULT(success);
}

CUresult CUDAAPI cuDeviceGet(CUdevice* device, int ordinal) {
  BEGIN(false);
  if (ordinal < 0 || ordinal >= setting("devices")) return RESULT(invalid_device);
  *device = ordinal;
  return RESULT(success);
}

CUresult CUDAAPI cuDeviceGetName(char* name, int length, CUdevice device) {
  BEGIN(false);
  snprintf(name, length, "Stand-in GPU %d", device);
  return RESULT(success);
}

CUresult CUDAAPI cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  BEGIN(false);
  const int capability = static_cast<int>(setting("capability"));
  switch (static_cast<int>(attribute)) {
    case 16: *value = static_cast<int>(setting("multiprocessors")); break;
    case 75: *value = capability / 10; break;
    case 76: *value = capability % 10; break;
    case 97: *value = static_cast<int>(setting("shared")); break;
    default: return RESULT(invalid_value);
  }
  return RESULT(success);
}

CUresult CUDAAPI cuDeviceTotalMem_v2(size_t* bytes, CUdevice) {
  BEGIN(false);
  *bytes = setting("memory");
  return RESULT(success);
}

CUresult CUDAAPI cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) {
  BEGIN(false);
  *context = reinterpret_cast<CUcontext>(&context_place);
  return RESULT(success);
}

CUresult CUDAAPI cuDevicePrimaryCtxRelease_v2(CUdevice) { return RESULT(success); }

CUresult CUDAAPI cuCtxSetCurrent(CUcontext context) {
  BEGIN(false);
  current_context = context;
  return RESULT(success);
}

CUresult CUDAAPI cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes) {
  BEGIN();
  *total_bytes = setting("memory");
  const long long free_setting = setting("free", -1);
  const size_t held = held_bytes();
  *free_bytes = free_setting >= 0 ? free_setting : *total_bytes > held ? *total_bytes - held : 0;
  return RESULT(success);
}

CUresult CUDAAPI cuMemAlloc_v2(CUdeviceptr* place, size_t bytes) {
  BEGIN();
  if (held_bytes() + bytes > static_cast<size_t>(setting("memory"))) return RESULT(out_of_memory);
  return RESULT(give_address(place, bytes, device_memory));
}

CUresult CUDAAPI cuMemFree_v2(CUdeviceptr address) { return RESULT(take_address(address, device_memory)); }

CUresult CUDAAPI cuMemHostAlloc(void** place, size_t bytes, unsigned) {
  BEGIN();
  unsigned long long address = 0;
  const int code = give_address(&address, bytes, pinned_memory);
  *place = reinterpret_cast<void*>(address);
  return RESULT(code);
}

CUresult CUDAAPI cuMemFreeHost(void* address) {
  return RESULT(take_address(reinterpret_cast<unsigned long long>(address), pinned_memory));
}

CUresult CUDAAPI cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  BEGIN();
  REFUSE_CAPTURE(stream);
  if (!is_within(device_memory, to, bytes)) return RESULT(invalid_value);
  if (!is_within(pinned_memory, reinterpret_cast<unsigned long long>(from), bytes)) return RESULT(invalid_value);
  of(stream)->give({nullptr, [=] { memcpy(reinterpret_cast<void*>(to), from, bytes); }});
  return RESULT(success);
}

CUresult CUDAAPI cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  BEGIN();
  REFUSE_CAPTURE(stream);
  if (!is_within(device_memory, from, bytes)) return RESULT(invalid_value);
  if (!is_within(pinned_memory, reinterpret_cast<unsigned long long>(to), bytes)) return RESULT(invalid_value);
  of(stream)->give({nullptr, [=] { memcpy(to, reinterpret_cast<const void*>(from), bytes); }});
  return RESULT(success);
}

CUresult CUDAAPI cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream) {
  BEGIN();
  if (!is_within(device_memory, to, bytes)) return RESULT(invalid_value);
  of(stream)->give({nullptr, [=] { memset(reinterpret_cast<void*>(to), value, bytes); }});
  return RESULT(success);
}

CUresult CUDAAPI cuStreamCreate(CUstream* place, unsigned) {
  BEGIN();
  Stream* stream = new Stream();
  std::thread([stream] { stream->run_all(); }).detach();
  *place = reinterpret_cast<CUstream>(stream);
  live++;
  return RESULT(success);
}

// The thread goes when it has done everything; the few bytes of the stream stay.
CUresult CUDAAPI cuStreamDestroy_v2(CUstream stream) {
  {
    std::lock_guard<std::mutex> hold(of(stream)->lock);
    of(stream)->is_closed = true;
    of(stream)->changed.notify_all();
  }
  live--;
  return RESULT(success);
}

CUresult CUDAAPI cuStreamQuery(CUstream stream) {
  BEGIN();
  REFUSE_CAPTURE(stream);
  return RESULT(of(stream)->is_done() ? sticky.load() : not_ready);
}

CUresult CUDAAPI cuStreamSynchronize(CUstream stream) {
  BEGIN();
  REFUSE_CAPTURE(stream);
  of(stream)->wait();
  return RESULT(sticky.load());
}

CUresult CUDAAPI cuEventCreate(CUevent* place, unsigned) {
  BEGIN();
  *place = reinterpret_cast<CUevent>(new Event());
  live++;
  return RESULT(success);
}

CUresult CUDAAPI cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned flags) {
  BEGIN();
  if (of(stream)->is_capturing && flags != 1) {
    of(event)->is_captured = true;
    return RESULT(success);
  }
  of(stream)->give(recording(of(event)));
  return RESULT(success);
}

CUresult CUDAAPI cuEventRecord(CUevent event, CUstream stream) { return cuEventRecordWithFlags(event, stream, 0); }

CUresult CUDAAPI cuEventQuery(CUevent event) {
  BEGIN();
  if (of(event)->is_captured) return RESULT(captured_event);
  return RESULT(of(event)->pending > 0 ? not_ready : sticky.load());
}

CUresult CUDAAPI cuEventSynchronize(CUevent event) {
  BEGIN();
  if (of(event)->is_captured) return RESULT(captured_event);
  while (of(event)->pending > 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
  return RESULT(sticky.load());
}

#undef cuEventElapsedTime
CUresult CUDAAPI cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to) {
  BEGIN();
  if (of(from)->pending > 0 || of(to)->pending > 0) return RESULT(not_ready);
  *milliseconds = std::chrono::duration<float, std::milli>(of(to)->at - of(from)->at).count();
  return RESULT(success);
}

CUresult CUDAAPI cuEventDestroy_v2(CUevent) {
  live--;
  return RESULT(success);
}

CUresult CUDAAPI cuModuleLoadData(CUmodule* place, const void* image) {
  BEGIN();
  void* library = dlopen(static_cast<const char*>(image), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return RESULT(invalid_image);
  if (make_map == nullptr) make_map = reinterpret_cast<MakeMap>(dlsym(library, "motley_tensor_map"));
  *place = reinterpret_cast<CUmodule>(new Module{library, reinterpret_cast<Launch>(dlsym(library, "motley_launch"))});
  return RESULT(success);
}

CUresult CUDAAPI cuModuleUnload(CUmodule) { return RESULT(success); }

CUresult CUDAAPI cuModuleGetFunction(CUfunction* place, CUmodule module, const char* name) {
  BEGIN();
  Module* from = reinterpret_cast<Module*>(module);
  if (from->launch == nullptr) return RESULT(not_found);
  *place = reinterpret_cast<CUfunction>(new Function{from, name});
  return RESULT(success);
}

CUresult CUDAAPI cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
  BEGIN();
  if (static_cast<int>(attribute) != 8 || value > setting("shared")) return RESULT(invalid_value);
  reinterpret_cast<Function*>(function)->most_shared = value;
  return RESULT(success);
}

CUresult CUDAAPI cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction, int, size_t) {
  BEGIN();
  *blocks = static_cast<int>(setting("resident"));
  return RESULT(success);
}

CUresult CUDAAPI cuLaunchKernel(CUfunction function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned threads_y,
                                unsigned threads_z, unsigned shared, CUstream stream, void** parameters, void** extra) {
  BEGIN();
  Function* kernel = reinterpret_cast<Function*>(function);
  const bool is_empty = x == 0 || y == 0 || z == 0 || threads == 0;
  const bool is_large = y > 65535 || z > 65535 || threads > 1024 || threads_y != 1 || threads_z != 1;
  if (is_empty || is_large || parameters == nullptr || extra != nullptr) return RESULT(invalid_value);
  if (static_cast<int>(shared) > kernel->most_shared) return RESULT(invalid_value);
  if (of(stream)->is_capturing && !kernel->has_run) return RESULT(capture_unsupported);
  kernel->has_run = true;
  LaunchOf launch = {kernel, {x, y, z}, threads, shared, {}, 0, 0, 0};
  memcpy(&launch.arena, parameters[0], 8);
  memcpy(&launch.records, parameters[1], 8);
  memcpy(launch.job, parameters[2], sizeof launch.job);
  memcpy(&launch.maps, parameters[3], 8);
  of(stream)->give({nullptr, launch});
  return RESULT(success);
}

CUresult CUDAAPI cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode) {
  BEGIN();
  of(stream)->captured.steps.clear();
  of(stream)->is_capturing = true;
  of(stream)->is_invalid = false;
  return RESULT(success);
}

CUresult CUDAAPI cuStreamEndCapture(CUstream stream, CUgraph* place) {
  BEGIN();
  of(stream)->is_capturing = false;
  if (of(stream)->is_invalid) return RESULT(901);
  *place = reinterpret_cast<CUgraph>(new Graph(of(stream)->captured));
  live++;
  return RESULT(success);
}

CUresult CUDAAPI cuGraphInstantiateWithFlags(CUgraphExec* place, CUgraph graph, unsigned long long) {
  BEGIN();
  *place = reinterpret_cast<CUgraphExec>(new Graph(*reinterpret_cast<Graph*>(graph)));
  live++;
  return RESULT(success);
}

CUresult CUDAAPI cuGraphLaunch(CUgraphExec graph, CUstream stream) {
  BEGIN();
  for (const Step& step : reinterpret_cast<Graph*>(graph)->steps) of(stream)->give(step);
  return RESULT(success);
}

CUresult CUDAAPI cuGraphDestroy(CUgraph graph) {
  delete reinterpret_cast<Graph*>(graph);
  live--;
  return RESULT(success);
}

CUresult CUDAAPI cuGraphExecDestroy(CUgraphExec graph) {
  delete reinterpret_cast<Graph*>(graph);
  live--;
  return RESULT(success);
}

// Matrices of bf16 with the swizzle of 128 bytes are all we ask for.
CUresult CUDAAPI cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* start,
                                        const cuuint64_t* sizes, const cuuint64_t* strides, const cuuint32_t* box,
                                        const cuuint32_t* steps, CUtensorMapInterleave interleave,
                                        CUtensorMapSwizzle swizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill fill) {
  BEGIN();
  // GPUs before Hopper have no engine that reads them.
  if (setting("capability") < 90) return RESULT(not_supported);
  const bool is_ours = static_cast<int>(type) == 9 && rank == 2 && static_cast<int>(interleave) == 0 &&
                       static_cast<int>(swizzle) == 3 && static_cast<int>(fill) == 0;
  const bool is_aligned = reinterpret_cast<uintptr_t>(map) % 64 == 0 && reinterpret_cast<uintptr_t>(start) % 16 == 0;
  const bool is_box = box[0] >= 1 && box[0] <= 64 && box[1] >= 1 && box[1] <= 256 && steps[0] == 1 && steps[1] == 1;
  if (!is_ours || !is_aligned || !is_box || strides[0] % 16 != 0 || sizes[0] == 0 || sizes[1] == 0)
    return RESULT(invalid_value);
  memset(static_cast<void*>(map), 0, sizeof *map);
  if (make_map == nullptr) return RESULT(success);
  char error[256];
  auto at = static_cast<unsigned char*>(start);
  if (make_map(map, at, sizes[1], sizes[0], strides[0], box[1], box[0], error, sizeof error) == 0) return RESULT(success);
  fprintf(stderr, "stand-in for CUDA: %s\n", error);
  return RESULT(invalid_value);
}

}  // extern "C"
