#pragma once

#include <cstdint>

namespace pinsage {

using PinId = uint32_t;
using BoardId = uint32_t;
/// A small number that says which kind of set a board is, such as a playlist or an album.
using BoardType = uint8_t;

/// The id that no pin and no board has.
inline constexpr uint32_t nothing = 0xffffffff;

}  // namespace pinsage
