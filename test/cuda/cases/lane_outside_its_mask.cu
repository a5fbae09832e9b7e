// caught: lane 16 is not in the mask 0x0000ffff that it gives
// launch: 0 bytes of shared memory
KERNEL(lane_outside_its_mask, 128)(ARGUMENTS) { __syncwarp(0xffffu); }
