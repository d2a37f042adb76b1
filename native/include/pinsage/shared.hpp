#pragma once

/// Marks arithmetic that the CPU's kernels and the GPU's have in common, to the bit.
#ifdef __CUDACC__
#define PINSAGE_SHARED __host__ __device__
#else
#define PINSAGE_SHARED
#endif
