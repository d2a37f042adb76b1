#pragma once

#include <napi.h>

#include <memory>

#include "napi/arguments.hpp"
#include "pinsage/graph.hpp"

namespace pinsage::binding {

/// A graph as JavaScript holds it; null once it is closed.
using GraphHandle = std::shared_ptr<const Graph>;

inline GraphHandle graph(const Napi::Value& value) {
  if (!value.IsExternal()) invalid_argument("graph", "is not a graph's handle");
  const GraphHandle& graph = *value.As<Napi::External<GraphHandle>>().Data();
  if (graph == nullptr) throw Error("CLOSED", "The graph is closed.");
  return graph;
}

}  // namespace pinsage::binding
