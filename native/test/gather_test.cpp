#include "pinsage/gather.hpp"

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
      const FeatureSource source = DenseSource{values, width};
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
    }
  }
  simd::use_target("");
}

TEST("rows that are not there are refused") {
  const std::vector<float> values(30);
  const std::vector<PinId> pins = {0, 10};
  CHECK(test::error_code([&] { gather_feature(DenseSource{values, 3}, pins, 20, {}); }) == "INVALID_ARGUMENT");
  CHECK(test::error_code([&] { gather_feature(DenseSource{values, 3}, pins, 10, {}); }).empty());
}

TEST_MAIN()
