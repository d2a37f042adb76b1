#pragma once

#include <string>

#include "cpu/graph/simd.hpp"

namespace pinsage::test {

/// Runs the body once on every instruction set that this machine has, and without any.
template <class Body>
void on_each_target(Body&& body) {
  for (const std::string& target : simd::targets()) {
    simd::use_target(target);
    body();
  }
  simd::use_target("");
}

}  // namespace pinsage::test
