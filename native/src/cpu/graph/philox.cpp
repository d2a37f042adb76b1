#include "pinsage/philox.hpp"

#include <algorithm>

namespace pinsage {

void random_words(uint64_t seed, const Words& counter, std::span<uint32_t> out) {
  Words current = counter;
  for (size_t i = 0; i < out.size(); i += 4, ++current[2]) {
    const Words words = philox4x32(seed, current);
    std::copy_n(words.begin(), std::min<size_t>(4, out.size() - i), out.begin() + i);
  }
}

}  // namespace pinsage
