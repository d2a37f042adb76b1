#include "pinsage/tensor/layout.hpp"

#include <algorithm>
#include <cstring>

namespace pinsage::tensor {
namespace {

constexpr size_t grain = 65536;

/// The same box with as few axes as will do, in the order in which it is written.
std::vector<Axis> simplified(std::vector<Axis> axes) {
  std::erase_if(axes, [](const Axis& axis) { return axis.size == 1; });
  std::ranges::stable_sort(axes, [](const Axis& a, const Axis& b) { return a.to > b.to; });
  std::vector<Axis> result;
  for (const Axis& axis : axes) {
    const size_t size = axis.size;
    if (!result.empty() && result.back().to == size * axis.to && result.back().from == size * axis.from) {
      result.back() = {result.back().size * size, axis.from, axis.to};
    } else {
      result.push_back(axis);
    }
  }
  return result;
}

Axis take(std::vector<Axis>& axes, std::vector<Axis>::iterator which) {
  if (which == axes.end()) return {1, 0, 0};
  const Axis axis = *which;
  axes.erase(which);
  return axis;
}

/// Lines [begin, end) of a plane of lines.
void copy_plane(const float* from, float* to, const Axis& across, const Axis& line, size_t begin, size_t end) {
  if (line.from == 1 && line.to == 1) {
    for (size_t i = begin; i < end; ++i) {
      std::memcpy(to + i * across.to, from + i * across.from, line.size * sizeof(float));
    }
    return;
  }
  // Tiles: what is read and what is written both stay in the first-level cache, as one of the two lies across.
  constexpr size_t tile = 32;
  for (size_t first = 0; first < line.size; first += tile) {
    const size_t last = std::min(first + tile, line.size);
    for (size_t i = begin; i < end; ++i) {
      for (size_t j = first; j < last; ++j) {
        to[i * across.to + j * line.to] = from[i * across.from + j * line.from];
      }
    }
  }
}

}  // namespace

void copy_box(const float* from, float* to, std::vector<Axis> axes, const Execution& execution) {
  if (std::ranges::any_of(axes, [](const Axis& axis) { return axis.size == 0; })) return;
  axes = simplified(std::move(axes));
  if (axes.size() <= 1 && (axes.empty() || (axes[0].from == 1 && axes[0].to == 1))) {
    parallel_for(execution, axes.empty() ? 1 : axes[0].size, grain, [&](size_t begin, size_t end, int) {
      std::memcpy(to + begin, from + begin, (end - begin) * sizeof(float));
    });
    return;
  }
  const Axis line = take(axes, axes.end() - 1);
  const Axis across = take(axes, std::ranges::min_element(axes, {}, &Axis::from));
  size_t planes = 1;
  for (const Axis& axis : axes) planes *= axis.size;
  parallel_for(execution, planes * across.size, std::max<size_t>(32, grain / line.size),
               [&](size_t begin, size_t end, int) {
                 while (begin < end) {
                   const size_t plane = begin / across.size, first = begin % across.size;
                   const size_t last = std::min(across.size, first + (end - begin));
                   size_t from_offset = 0, to_offset = 0, rest = plane;
                   for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
                     from_offset += rest % axis->size * axis->from;
                     to_offset += rest % axis->size * axis->to;
                     rest /= axis->size;
                   }
                   copy_plane(from + from_offset, to + to_offset, across, line, first, last);
                   begin += last - first;
                 }
               });
}

}  // namespace pinsage::tensor
