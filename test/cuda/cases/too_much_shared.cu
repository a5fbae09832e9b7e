// caught: it wants 1048576 bytes of shared memory, and was launched with
// launch: 0 bytes of shared memory
KERNEL(too_much_shared, 128)(ARGUMENTS) { SHARED(1 << 20); }
