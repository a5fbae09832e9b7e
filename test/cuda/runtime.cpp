// runtime.cpp: the emulator itself, compiled once for all kernels.
#define EMULATE_SM90A 1
#include "module.hpp"
