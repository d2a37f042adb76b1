#pragma once

#include <cstdint>
#include <span>

#include "pinsage/execution.hpp"

/// Random numbers as a function of (seed, stream, position) alone: the same bits on every machine, at any number of
/// threads.
namespace pinsage::tensor {

/// Uniform in [low, high), in steps of 2⁻²⁴ (high − low).
void random_uniform(uint64_t seed, uint32_t stream, float low, float high, std::span<float> y,
                    const Execution& execution);

/// Normal (Box and Muller, 1958); at most 5.8 deviations from the mean.
void random_normal(uint64_t seed, uint32_t stream, float mean, float deviation, std::span<float> y,
                   const Execution& execution);

}  // namespace pinsage::tensor
