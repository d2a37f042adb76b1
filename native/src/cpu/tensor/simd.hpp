#pragma once

/// Marks an inner loop that the compiler shall vectorise once for each generation of x86-64; the loader picks at
/// start-up, so one binary is fast everywhere. Elsewhere (Arm has one width) the baseline is already the best. As
/// contraction is off and lanes are written out in the source, every version gives the same bits.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define PINSAGE_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PINSAGE_SIMD
#endif
