#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "napi/arguments.hpp"
#include "pinsage/search.hpp"

namespace pinsage::binding {

/// A list of candidates per query, copied: kernels rely on it, and JavaScript may write to its arrays while they run.
struct OwnedLists {
  std::vector<uint32_t> offsets;
  std::vector<uint32_t> ids;

  CandidateLists view() const { return {offsets, ids}; }
};

inline OwnedLists lists(const Napi::Value& offsets_value, const Napi::Value& ids_value, const char* name,
                        size_t queries, size_t candidates) {
  OwnedLists lists;
  if (offsets_value.IsUndefined()) return lists;
  const auto offsets = array<uint32_t>(offsets_value, name, queries + 1);
  const auto ids = array<uint32_t>(ids_value, name);
  lists.offsets.assign(offsets.begin(), offsets.end());
  lists.ids.assign(ids.begin(), ids.end());
  for (size_t query = 0; query < queries; ++query) {
    if (lists.offsets[query] > lists.offsets[query + 1]) invalid_argument(name, "has offsets that fall");
  }
  if (lists.offsets.front() != 0 || lists.offsets.back() != lists.ids.size()) {
    invalid_argument(name, "has offsets that do not go from 0 to the number of ids");
  }
  for (const uint32_t id : lists.ids) {
    if (id >= candidates) {
      invalid_argument(name,
                       "holds id " + std::to_string(id) + "; there are " + std::to_string(candidates) + " candidates");
    }
  }
  return lists;
}

/// Lists of pins whose number the offsets tell.
inline std::shared_ptr<const OwnedLists> query_lists(const Napi::Value& offsets, const Napi::Value& ids, size_t pins) {
  const size_t length = array<uint32_t>(offsets, "queries.offsets").size();
  if (length == 0) invalid_argument("queries.offsets", "must hold at least the 0 that it begins with");
  return std::make_shared<const OwnedLists>(lists(offsets, ids, "queries", length - 1, pins));
}

}  // namespace pinsage::binding
