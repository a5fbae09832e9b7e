// faults.hpp: how a launch fails: one message with the kernel, the block, the thread and the line.
// A failure leaves the thread's stack where it is and goes back to the launcher: threads hold nothing that needs care.
#pragma once

#include "emulator.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <execinfo.h>

uint3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {

Launch launch;

// 0: blocks, threads and copies in order; 1: in reverse; else the seed of a shuffle.
static unsigned chosen_order = 0;

static std::string failure;
[[noreturn]] static void leave_launch();   // fibers.hpp

// "rope.cu:57" of a place in the code: the innermost line that is a kernel's and not the emulator's, or nothing.
static std::string line_of(void* address) {
  Dl_info module;
  if (address == nullptr || dladdr(address, &module) == 0 || module.dli_fname == nullptr) return "";
  const auto offset = static_cast<char*>(address) - static_cast<char*>(module.dli_fbase) - 1;
  char command[1024];
  snprintf(command, sizeof command, "addr2line -s -i -e '%s' 0x%lx 2>/dev/null", module.dli_fname, static_cast<long>(offset));
  FILE* lines = popen(command, "r");
  if (lines == nullptr) return "";
  std::string found;
  char line[512];
  while (fgets(line, sizeof line, lines) != nullptr)
    if (found.empty() && strstr(line, ".cu:") != nullptr) found.assign(line, strcspn(line, " \n"));
  pclose(lines);
  return found;
}

// The line of the innermost call that is a kernel's.
static std::string current_line() {
  void* calls[24];
  const int count = backtrace(calls, 24);
  for (int i = 1; i < count; i++) {
    const std::string line = line_of(calls[i]);
    if (!line.empty()) return line;
  }
  return "";
}

static std::string format(const char* text, va_list values) {
  char out[2048];
  vsnprintf(out, sizeof out, text, values);
  return out;
}

static std::string format(const char* text, ...) {
  va_list values;
  va_start(values, text);
  const std::string out = format(text, values);
  va_end(values);
  return out;
}

// Of the whole block: no thread in particular is to blame.
static void blame_block(const std::string& what) {
  failure = format("%s, block (%u, %u, %u): ", launch.kernel, blockIdx.x, blockIdx.y, blockIdx.z) + what;
}

// Of the thread that runs.
[[noreturn]] void fail(const char* text, ...) {
  va_list values;
  va_start(values, text);
  const std::string what = format(text, values);
  va_end(values);
  const std::string line = current_line();
  failure = format("%s, block (%u, %u, %u), thread %u", launch.kernel, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x) +
            (line.empty() ? "" : ", " + line) + ": " + what;
  leave_launch();
}

}  // namespace emulator
