#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "pinsage/execution.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/neighborhoods.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

/// Fills the neighbourhoods of a call's seeds by walks over one graph, which may also leave from the new pins.
using SampleGraph = std::function<void(const Graph& graph, const NewPins& new_pins, const Neighborhoods& out)>;

/// Types of boards that walks go over: those with a quota.
uint32_t walked_types(std::span<const uint32_t> quotas);

/// Neighbourhoods over several types of boards. Each type t has a list of its own: the quotas[t] pins that walks over
/// boards of t alone visit most, with shares alpha_t of the visits. The lists stand side by side, in the order of the
/// types, and a pin that is in several counts once, where it comes first:
///
///     weight(v) = sum over t of alpha_t(v) quotas[t] / sum of quotas over the types that have neighbours at all
///
/// out.neighbors is the sum of the quotas. The types' lists are filled by `sample`.
void typed_neighborhoods(const Graph& graph, std::span<const PinId> seeds, std::span<const uint32_t> quotas,
                         const NewPins& new_pins, const Neighborhoods& out, const Execution& execution,
                         const SampleGraph& sample);

}  // namespace pinsage
