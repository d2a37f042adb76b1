#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace pinsage::tensor {

/// e^x in float32 without a branch, so that loops over it vectorise; within 2 units in the last place, and the same
/// bits on every machine. x = n ln 2 + r, |r| ≤ ln 2 / 2; e^r by the polynomial of Cephes (S. Moshier); 2^n by two
/// exact factors, so that results down to the smallest denormal come out.
[[gnu::always_inline]] inline float exponential(float x) {
  const float clamped = x < -104.0f ? -104.0f : (x > 89.0f ? 89.0f : x);
  // Adding and taking away 1.5 · 2^23 rounds to the nearest integer.
  const float magic = 12582912.0f;
  const float n = (clamped * 1.44269504088896341f + magic) - magic;
  const float r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float value = p * (r * r) + r + 1.0f;
  // NaN fails the comparison and goes on as NaN by the last line; its conversion to an integer must not happen.
  const int32_t exponent = n == n ? static_cast<int32_t>(n) : 0;
  const int32_t half = exponent >> 1;
  const float low = std::bit_cast<float>((half + 127) << 23);
  const float high = std::bit_cast<float>((exponent - half + 127) << 23);
  const float result = value * low * high;
  return x != x ? x : (x > 88.72284f ? std::numeric_limits<float>::infinity() : result);
}

}  // namespace pinsage::tensor
