#pragma once

#include <cstdint>

namespace pinsage {

using PinId = uint32_t;
using BoardId = uint32_t;

/// The id that no pin and no board has.
inline constexpr uint32_t nothing = 0xffffffff;

}  // namespace pinsage
