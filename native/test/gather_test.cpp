#include "pinsage/gather.hpp"

#include <bit>
#include <cmath>

#include "check.hpp"
#include "cpu/graph/simd.hpp"

using namespace pinsage;

TEST("dense rows of any width, on every instruction set") {
  constexpr uint32_t known = 50;
  for (const std::string& target : simd::targets()) {
    simd::use_target(target);
    for (const uint32_t width : {1u, 3u, 16u, 17u, 48u, 1024u}) {
      std::vector<float> values(known * width);
      for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i + 1);
      std::vector<PinId> pins;
      for (PinId i = 0; i < 3000; ++i) pins.push_back(i * 7 % 53);  // 50, 51 and 52 are new pins
      const FeatureSource source = DenseSource{std::span<const float>(values), width, {}};
      const GatheredFeature gathered = gather_feature(source, pins, known, {.threads = 2});
      const auto& feature = std::get<DenseFeature>(gathered);
      size_t wrong = 0;
      for (size_t i = 0; i < pins.size(); ++i) {
        for (uint32_t k = 0; k < width; ++k) {
          const float expected = pins[i] < known ? values[pins[i] * width + k] : 0;
          wrong += feature.values[i * width + k] != expected;
        }
      }
      CHECK(feature.values.size() == pins.size() * width);
      CHECK(wrong == 0);
      std::vector<float> again(pins.size() * width, -1);
      gather_rows(std::get<DenseSource>(source), pins, known, again, {.threads = 2});
      CHECK(std::equal(again.begin(), again.end(), feature.values.data()));
    }
  }
  simd::use_target("");
}

/// A half's value from its definition: sign, exponent, fraction.
static float half_value(uint16_t half) {
  const float sign = half >> 15 ? -1.0f : 1.0f, fraction = static_cast<float>(half & 0x3ff) / 1024;
  const int exponent = (half >> 10) & 0x1f;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  return sign * (exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15));
}

TEST("every half, on every instruction set") {
  std::vector<uint16_t> values(65536);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint16_t>(i);
  for (const uint32_t width : {1024u, 32u, 4u, 1u}) {
    std::vector<PinId> pins(values.size() / width);
    for (PinId i = 0; i < pins.size(); ++i) pins[i] = i;
    std::vector<uint32_t> first;  // the bits that the first target gave
    for (const std::string& target : simd::targets()) {
      simd::use_target(target);
      const auto feature = std::get<DenseFeature>(
          gather_feature(DenseSource{std::span<const uint16_t>(values), width, {}}, pins, nothing, {}));
      std::vector<uint32_t> bits;
      size_t wrong = 0;
      for (size_t i = 0; i < values.size(); ++i) {
        const float expected = half_value(values[i]), actual = feature.values[i];
        wrong +=
            std::isnan(expected) ? !std::isnan(actual) : actual != expected || std::signbit(actual) != values[i] >> 15;
        bits.push_back(std::bit_cast<uint32_t>(actual));
      }
      CHECK(wrong == 0);
      if (first.empty()) first = bits;
      CHECK(bits == first);
    }
  }
  simd::use_target("");
}

TEST("8-bit integers with one scale and with a scale a row, on every instruction set") {
  constexpr uint32_t known = 300;
  std::vector<PinId> pins;
  for (PinId i = 0; i < 3000; ++i) pins.push_back(i * 7 % 303);
  for (const std::string& target : simd::targets()) {
    simd::use_target(target);
    for (const uint32_t width : {1u, 17u, 64u, 1024u}) {
      std::vector<int8_t> values(known * width);
      for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int8_t>(i * 37);
      for (const uint32_t scale_count : {1u, known}) {
        std::vector<float> scales(scale_count);
        for (size_t i = 0; i < scales.size(); ++i) scales[i] = 0.1f + static_cast<float>(i);
        const auto feature = std::get<DenseFeature>(
            gather_feature(DenseSource{std::span<const int8_t>(values), width, scales}, pins, known, {.threads = 2}));
        size_t wrong = 0;
        for (size_t i = 0; i < pins.size(); ++i) {
          for (uint32_t k = 0; k < width; ++k) {
            const float scale = scales[scale_count == 1 ? 0 : pins[i] % known];
            const float expected = pins[i] < known ? values[pins[i] * width + k] * scale : 0;
            wrong += feature.values[i * width + k] != expected;
          }
        }
        CHECK(wrong == 0);
      }
    }
  }
  simd::use_target("");
}

TEST("rows and scales that are not there are refused") {
  const std::vector<float> values(30);
  const std::vector<PinId> pins = {0, 10};
  CHECK(test::error_code([&] {
          gather_feature(DenseSource{std::span<const float>(values), 3, {}}, pins, 20, {});
        }) == "INVALID_ARGUMENT");
  CHECK(test::error_code([&] {
          gather_feature(DenseSource{std::span<const float>(values), 3, {}}, pins, 10, {});
        }).empty());
  const std::vector<int8_t> integers(30);
  for (const size_t scale_count : {0, 2, 11}) {
    const std::vector<float> scales(scale_count);
    const DenseSource source{std::span<const int8_t>(integers), 3, scales};
    CHECK(test::error_code([&] { gather_feature(source, pins, 10, {}); }) == "INVALID_ARGUMENT");
  }
}

TEST_MAIN()
