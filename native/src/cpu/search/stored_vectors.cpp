#include "cpu/search/stored_vectors.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <usearch/index_plugins.hpp>

namespace pinsage {
namespace {

template <class Number, class Convert>
void write(std::span<const float> vector, std::vector<std::byte>& to, Convert convert) {
  to.resize(vector.size() * sizeof(Number));
  for (size_t k = 0; k < vector.size(); ++k) {
    const Number number = convert(vector[k]);
    std::memcpy(to.data() + k * sizeof(Number), &number, sizeof(Number));
  }
}

}  // namespace

void encode(std::span<const float> vector, VectorIndex::Metric metric, VectorIndex::Store store,
            std::vector<std::byte>& to) {
  double squares = 0;
  for (const float value : vector) squares += double{value} * value;
  const double scale = metric == VectorIndex::Metric::dot || squares == 0 ? 1 : 1 / std::sqrt(squares);
  const auto scaled = [scale](float value) { return static_cast<float>(value * scale); };
  switch (store) {
    case VectorIndex::Store::f32:
      return write<float>(vector, to, scaled);
    case VectorIndex::Store::f16:
      return write<unum::usearch::f16_bits_t>(vector, to,
                                              [&](float value) { return unum::usearch::f16_bits_t(scaled(value)); });
    case VectorIndex::Store::i8:
      return write<int8_t>(vector, to,
                           [&](float value) { return static_cast<int8_t>(std::lround(scaled(value) * 127)); });
  }
}

void StoredVectors::reserve(size_t rows) {
  memory_.resize((rows * row_bytes_ + sizeof(CacheLine) - 1) / sizeof(CacheLine));
  rows_ = reinterpret_cast<const std::byte*>(memory_.data());
}

void StoredVectors::set(size_t row, const std::byte* vector) {
  std::memcpy(reinterpret_cast<std::byte*>(memory_.data()) + row * row_bytes_, vector, row_bytes_);
}

}  // namespace pinsage
