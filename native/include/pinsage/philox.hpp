#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "pinsage/shared.hpp"

namespace pinsage {

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random words that are a
/// function of (seed, counter) alone, so that any thread can draw any number of any walk.
namespace philox {

inline constexpr int rounds = 10;
inline constexpr uint32_t multiplier_0 = 0xD2511F53, multiplier_1 = 0xCD9E8D57;
inline constexpr uint32_t weyl_0 = 0x9E3779B9, weyl_1 = 0xBB67AE85;

}  // namespace philox

using Words = std::array<uint32_t, 4>;

PINSAGE_SHARED inline Words philox4x32(uint64_t seed, Words counter) {
  uint32_t key_0 = static_cast<uint32_t>(seed), key_1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < philox::rounds; ++round) {
    const uint64_t product_0 = uint64_t{philox::multiplier_0} * counter[0];
    const uint64_t product_1 = uint64_t{philox::multiplier_1} * counter[2];
    counter = {static_cast<uint32_t>(product_1 >> 32) ^ counter[1] ^ key_0, static_cast<uint32_t>(product_1),
               static_cast<uint32_t>(product_0 >> 32) ^ counter[3] ^ key_1, static_cast<uint32_t>(product_0)};
    key_0 += philox::weyl_0;
    key_1 += philox::weyl_1;
  }
  return counter;
}

/// Fills `out` with the words of the counters (a, b, c, stream), (a, b, c + 1, stream), …, four of each.
void random_words(uint64_t seed, const Words& counter, std::span<uint32_t> out);

}  // namespace pinsage
