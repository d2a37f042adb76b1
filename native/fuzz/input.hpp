#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace pinsage::fuzz {

/// Takes typed values off the front of a fuzz target's bytes; zeros once they have run out.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  template <class T>
  T take() {
    T value{};
    const size_t bytes = std::min(sizeof(T), size_);
    if (bytes > 0) std::memcpy(&value, data_, bytes);
    data_ += bytes;
    size_ -= bytes;
    return value;
  }

  template <class T>
  std::vector<T> take_some(size_t at_most) {
    std::vector<T> values(take<uint8_t>() % (at_most + 1));
    for (T& value : values) value = take<T>();
    return values;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

}  // namespace pinsage::fuzz
