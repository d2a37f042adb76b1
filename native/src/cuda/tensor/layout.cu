#include "pinsage/tensor/layout.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "cuda/runtime.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {
namespace {

constexpr size_t most_axes = 8;

/// The axes of a box, as a kernel takes them.
struct Box {
  size_t axes = 0;
  std::array<Axis, most_axes> axis{};
};

/// Axes that lie inside each other on both sides are one.
Box merged(std::vector<Axis> axes) {
  // Neighbours in where they go are neighbours in memory: the last axis moves fastest.
  std::sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) { return a.to > b.to; });
  Box box;
  for (const Axis& axis : axes) {
    if (axis.size == 1) continue;
    if (box.axes > 0) {
      Axis& outer = box.axis[box.axes - 1];
      if (outer.from == axis.from * axis.size && outer.to == axis.to * axis.size) {
        outer = {outer.size * axis.size, axis.from, axis.to};
        continue;
      }
    }
    if (box.axes == most_axes) {
      throw Error("UNSUPPORTED", "A copy on the GPU has at most " + std::to_string(most_axes) + " axes.");
    }
    box.axis[box.axes++] = axis;
  }
  return box;
}

}  // namespace

void copy_box(DeviceSpan<const float> from, DeviceSpan<float> to, std::vector<Axis> axes, Queue& queue) {
  size_t count = 1;
  for (const Axis& axis : axes) count *= axis.size;
  queue.place().for_each(count,
                         [box = merged(std::move(axes)), x = from.data(), y = to.data()] PINSAGE_KERNEL(size_t item) {
                           size_t source = 0, target = 0;
                           for (size_t a = box.axes; a-- > 0;) {
                             const Axis& axis = box.axis[a];
                             const size_t i = item % axis.size;
                             item /= axis.size;
                             source += i * axis.from;
                             target += i * axis.to;
                           }
                           y[target] = x[source];
                         });
}

}  // namespace pinsage::tensor
