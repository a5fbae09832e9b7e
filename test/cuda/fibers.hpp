// fibers.hpp: the threads of a block, each with a stack of its own on one host thread.
// In: what every thread runs. Out: starting, waiting and waking; who is ready goes on in order, and when nobody is, the
// block is done, or something asynchronous happens (`when_idle`), or the threads wait for each other for ever.
// The switch is ours where the processor is x86-64 (a few nanoseconds), and ucontext's elsewhere.
#pragma once

#include "faults.hpp"

#include <sys/mman.h>
#if !defined(__x86_64__) && !defined(EMULATOR_UCONTEXT)
#define EMULATOR_UCONTEXT 1
#endif
#if EMULATOR_UCONTEXT
#include <ucontext.h>
#endif

namespace emulator {

// Address space: what a thread does not touch takes no memory. Its lowest page is left unmapped, for stacks that overflow.
constexpr size_t stack_bytes = 256 * 1024, guard_bytes = 4096;

struct Fiber {
#if EMULATOR_UCONTEXT
  ucontext_t context;
#else
  void* stack_pointer;
#endif
  bool is_done;
  const char* waits_for;   // where it waits, for the report of a deadlock
  void* where;
};

static Fiber fibers[most_threads];
static Fiber host;
static unsigned char* stacks = nullptr;

// Threads that can go on, in order.
static unsigned ready[most_threads];
static unsigned ready_first, ready_count, done_count;

static void (*thread_body)();
static bool when_idle();                       // makes something asynchronous happen; false where nothing is under way
[[noreturn]] static void report_deadlock();    // execution.hpp

#if EMULATOR_UCONTEXT
static inline void switch_fiber(Fiber& from, Fiber& to) { swapcontext(&from.context, &to.context); }
#else
// Saves what a call must keep, and goes on where `to` was saved.
__attribute__((naked, noinline, noipa)) static void switch_stack(void** from, void* to) {
  asm("pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
      "movq %rsp, (%rdi)\n movq %rsi, %rsp\n"
      "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n ret\n");
}
static inline void switch_fiber(Fiber& from, Fiber& to) { switch_stack(&from.stack_pointer, to.stack_pointer); }
#endif

[[noreturn]] static void leave_launch() {
  Fiber abandoned;
  switch_fiber(abandoned, host);
  abort();
}

static inline void wake(unsigned thread) {
  ready[(ready_first + ready_count++) % most_threads] = thread;
}

static inline unsigned next_ready() {
  while (ready_count == 0)
    if (!when_idle()) report_deadlock();
  const unsigned thread = ready[ready_first];
  ready_first = (ready_first + 1) % most_threads;
  ready_count--;
  return thread;
}

// Lets others run until somebody wakes this thread.
__attribute__((noinline)) static void wait_for(const char* what, void* where) {
  const unsigned self = threadIdx.x;
  fibers[self].waits_for = what;
  fibers[self].where = where;
  const unsigned next = next_ready();
  if (next != self) {
    threadIdx.x = next;
    switch_fiber(fibers[self], fibers[next]);
    threadIdx.x = self;
  }
  fibers[self].waits_for = nullptr;
}

[[noreturn]] static void run_thread() {
  thread_body();
  const unsigned self = threadIdx.x;
  fibers[self].is_done = true;
  if (++done_count == blockDim.x) leave_launch();
  const unsigned next = next_ready();
  threadIdx.x = next;
  switch_fiber(fibers[self], fibers[next]);
  abort();
}

static void prepare_fiber(unsigned thread) {
  unsigned char* bottom = stacks + thread * stack_bytes;
  Fiber& fiber = fibers[thread];
  fiber.is_done = false;
  fiber.waits_for = nullptr;
#if EMULATOR_UCONTEXT
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = bottom;
  fiber.context.uc_stack.ss_size = stack_bytes;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, reinterpret_cast<void (*)()>(&run_thread), 0);
#else
  // As if `run_thread` had been called from nowhere: six saved registers, its address, a return address of zero.
  void** top = reinterpret_cast<void**>(bottom + stack_bytes - 72);
  for (int i = -7; i <= 0; i++) top[i] = nullptr;
  top[-1] = reinterpret_cast<void*>(&run_thread);
  fiber.stack_pointer = top - 7;
#endif
}

static unsigned guarded = 0;
static bool is_guarding = false;

// Not where many libraries of kernels are open in one process, each with stacks of its own.
static bool has_room_for_guards() {
  FILE* maps = fopen("/proc/self/maps", "r");
  if (maps == nullptr) return true;
  unsigned count = 0;
  for (int c = fgetc(maps); c != EOF; c = fgetc(maps)) count += c == '\n';
  fclose(maps);
  return count < 30000;
}

// Runs one block until all its threads are done, or one fails.
static void run_threads(void (*body)(), unsigned first_offset) {
  if (stacks == nullptr) {
    void* memory = mmap(nullptr, most_threads * stack_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) abort();
    stacks = static_cast<unsigned char*>(memory);
    is_guarding = has_room_for_guards();
  }
  // As many as are needed: each is a mapping of its own, and a process may have no more than 65,530 of them.
  for (; is_guarding && guarded < blockDim.x; guarded++)
    mprotect(stacks + guarded * stack_bytes, guard_bytes, PROT_NONE);
  thread_body = body;
  ready_first = ready_count = done_count = 0;
  for (unsigned i = 0; i < blockDim.x; i++) {
    prepare_fiber(i);
    wake((i + first_offset) % blockDim.x);
  }
  const unsigned first = next_ready();
  threadIdx.x = first;
  switch_fiber(host, fibers[first]);
}

}  // namespace emulator
