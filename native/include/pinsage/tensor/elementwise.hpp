#pragma once

#include <cstddef>
#include <span>

#include "pinsage/execution.hpp"

/// Arithmetic on each element, float32. NaN goes in, NaN comes out, as in JavaScript.
namespace pinsage::tensor {

enum class Unary { abs, exp, neg, reciprocal, relu, rsqrt, sigmoid, softplus, sqrt, square, step, tanh };
inline constexpr size_t unary_operations = 12;

/// y_i = f(x_i), both [n]; y may be x.
void unary(Unary operation, std::span<const float> x, std::span<float> y, const Execution& execution);

enum class Binary { add, sub, multiply, divide, maximum, minimum, squared_difference };
inline constexpr size_t binary_operations = 7;

/// How the second operand lies under the first, which is seen as rows of `width`.
enum class Broadcast {
  none,    ///< the same shape
  scalar,  ///< one element for all
  row,     ///< [width]: one element for each column
  column,  ///< [n / width]: one element for each row
};

/// y_i = f(x_i, other_…), or f(other_…, x_i) when `swapped`; x and y [n]; y may be x.
void binary(Binary operation, std::span<const float> x, std::span<const float> other, Broadcast broadcast, size_t width,
            bool swapped, std::span<float> y, const Execution& execution);

/// y_i = value.
void fill(std::span<float> y, float value, const Execution& execution);

/// y_i = Σ_k terms_k,i, in the order of the terms; all of y's length.
void add_all(std::span<const std::span<const float>> terms, std::span<float> y, const Execution& execution);

}  // namespace pinsage::tensor
