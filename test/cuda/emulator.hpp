// emulator.hpp: the CUDA execution model on a CPU, for generated kernels compiled unchanged by a host's C++ compiler.
// In: -DEMULATOR (and -DEMULATE_SM90A for Hopper's path), and this file before a kernel's text. Out: every name that a
// kernel uses and that is the machine's on a GPU. Blocks run one after another, the threads of a block as fibers on one
// host thread, each until it waits; so a run is repeatable, and what goes wrong is reported with thread and line.
//
// What kernels see:
//   launch.hpp      built-in variables, memory, failing
//   memory.hpp      checked pointers to global and shared memory, vectors, bf16, atomics
//   language.hpp    what CUDA C++ adds to C++: qualifiers, intrinsic functions, how a kernel begins
//   operations.hpp  barriers, shuffles, copies, matrix products
// What runs them, compiled once for all kernels (runtime.cpp):
//   faults.hpp      the message of a failure
//   fibers.hpp      threads: stacks, and switching between them
//   clocks.hpp      what a thread knows of the others' accesses: barriers join clocks
//   shadow.hpp      of every piece of memory who wrote and read it last: races, reads of what nobody wrote
//   execution.hpp   waiting: barriers, what the lanes of a warp do together
//   tensor.hpp      cp.async, ldmatrix, mma.sync
//   hopper.hpp      mbarrier, TMA
//   warpgroup.hpp   wgmma
//   module.hpp      what a compiled program exports
#pragma once

#if EMULATE_SM90A
#define HOPPER 1
#else
#define HOPPER 0
#endif

#include "operations.hpp"
