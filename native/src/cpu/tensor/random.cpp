#include "pinsage/tensor/random.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "cpu/tensor/simd.hpp"
#include "pinsage/philox.hpp"

namespace pinsage::tensor {
namespace {

/// Numbers are made in blocks; position i of the result is position i % block of block i / block, whatever the length.
constexpr size_t block = 1024;

using Block = std::array<uint32_t, block>;

/// Fills y block by block: `make(words, numbers)` turns `block` random words into as many numbers.
template <class Make>
void fill(uint64_t seed, uint32_t stream, std::span<float> y, const Execution& execution, Make make) {
  // Keeps these words apart from those of graph walks under the same seed.
  constexpr uint32_t purpose = 0x1e17;
  parallel_for(execution, (y.size() + block - 1) / block, 16, [&](size_t begin, size_t end, int) {
    Block words;
    std::array<float, block> numbers;
    for (size_t i = begin; i < end; ++i) {
      const uint64_t counter = i * (block / 4);
      random_words(seed, {stream, static_cast<uint32_t>(counter >> 32), static_cast<uint32_t>(counter), purpose},
                   words);
      make(words, numbers.data());
      const size_t count = std::min(block, y.size() - i * block);
      std::copy_n(numbers.begin(), count, y.begin() + static_cast<std::ptrdiff_t>(i * block));
    }
  });
}

PINSAGE_SIMD void to_uniform(const Block& words, float low, float range, float* y) {
  for (size_t i = 0; i < block; ++i) y[i] = low + range * (static_cast<float>(words[i] >> 8) * 0x1p-24f);
}

/// ln x for a normal number x > 0, by the polynomial of Cephes (S. Moshier).
[[gnu::always_inline]] inline float logarithm(float x) {
  // x = m 2^e with m from √½ to √2.
  const auto bits = std::bit_cast<int32_t>(x);
  const int32_t exponent = (bits - 0x3f3504f3) >> 23;
  const auto e = static_cast<float>(exponent);
  const float r = std::bit_cast<float>(bits - (exponent << 23)) - 1.0f;
  float p = 7.0376836292e-2f;
  p = p * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  const float square = r * r;
  return ((p * r * square - 2.12194440e-4f * e) - 0.5f * square + r) + 0.693359375f * e;
}

/// A point in the plane, normal in each direction: a radius from the first word, and an angle from the second, whose
/// sine and cosine are those of the angle to the nearest axis (by the polynomials of Cephes) turned by quarters.
[[gnu::always_inline]] inline void to_point(uint32_t first, uint32_t second, float deviation, float mean, float& x,
                                            float& y) {
  const float radius = std::sqrt(-2.0f * logarithm(static_cast<float>((first >> 8) + 1) * 0x1p-24f));
  const uint32_t quarters = (second + (1u << 29)) >> 30;
  const float angle = static_cast<float>(static_cast<int32_t>(second - (quarters << 30))) * 1.4629180792671596e-9f;
  const float square = angle * angle;
  const float sine =
      ((-1.9515295891e-4f * square + 8.3321608736e-3f) * square - 1.6666654611e-1f) * square * angle + angle;
  const float cosine =
      ((2.443315711809948e-5f * square - 1.388731625493765e-3f) * square + 4.166664568298827e-2f) * (square * square) -
      0.5f * square + 1.0f;
  const bool odd = (quarters & 1) != 0;
  const float a = odd ? sine : cosine, b = odd ? cosine : sine;
  x = mean + deviation * (radius * (quarters == 1 || quarters == 2 ? -a : a));
  y = mean + deviation * (radius * (quarters >= 2 ? -b : b));
}

PINSAGE_SIMD void to_normal(const Block& words, float mean, float deviation, float* y) {
  constexpr size_t half = block / 2;
  for (size_t i = 0; i < half; ++i) to_point(words[i], words[i + half], deviation, mean, y[i], y[i + half]);
}

}  // namespace

void random_uniform(uint64_t seed, uint32_t stream, float low, float high, std::span<float> y,
                    const Execution& execution) {
  fill(seed, stream, y, execution,
       [=](const Block& words, float* numbers) { to_uniform(words, low, high - low, numbers); });
}

void random_normal(uint64_t seed, uint32_t stream, float mean, float deviation, std::span<float> y,
                   const Execution& execution) {
  fill(seed, stream, y, execution,
       [=](const Block& words, float* numbers) { to_normal(words, mean, deviation, numbers); });
}

}  // namespace pinsage::tensor
