#include "pinsage/search.hpp"

#include <limits>
#include <memory>
#include <vector>

#include "napi/lists.hpp"
#include "napi/modules.hpp"
#include "napi/task.hpp"

namespace pinsage::binding {
namespace {

/// What is scored: two matrices, or scores as they are.
struct Scored {
  Matrix queries;
  Matrix vectors;
  bool given;  ///< `queries` holds the scores themselves
  size_t candidates;
};

Matrix matrix(const Napi::Value& value, const char* name, size_t columns) {
  const auto values = array<float>(value, name);
  if (values.size() % columns != 0) invalid_argument(name, "is not a whole number of rows");
  return {values.data(), values.size() / columns, columns};
}

/// Arguments 0 to 2: queries, vectors, width; or scores, undefined, number of candidates.
Scored scored(const Napi::CallbackInfo& info) {
  const bool given = info[1].IsUndefined();
  const size_t columns = integer(info[2], "width", 1, std::numeric_limits<uint32_t>::max());
  Scored result{matrix(info[0], given ? "scores" : "queries", columns), {nullptr, 0, columns}, given, columns};
  if (!given) {
    result.vectors = matrix(info[1], "vectors", columns);
    result.candidates = result.vectors.rows;
    if (result.candidates >= 0xffffffffu) invalid_argument("vectors", "are too many");
  }
  return result;
}

/// Arguments 3 to 5: offsets and ids of what is excluded, and what is allowed.
struct OwnedFilter {
  OwnedLists exclude;
  std::span<const uint8_t> allowed;

  OwnedFilter(const Napi::CallbackInfo& info, const Scored& scored)
      : exclude(lists(info[3], info[4], "exclude", scored.queries.rows, scored.candidates)),
        allowed(info[5].IsUndefined() ? std::span<uint8_t>() : array<uint8_t>(info[5], "allowed", scored.candidates)) {}

  CandidateFilter view() const { return {exclude.view(), allowed}; }
};

/// search(queries, vectors, width, excludeOffsets, excludeIds, allowed, top, ids, scores, counts, threads, control)
Napi::Value search(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto input = scored(info);
    const auto filter = std::make_shared<OwnedFilter>(info, input);
    const size_t top = integer(info[6], "top", 1, 0xffffffffu);
    const Hits out{array<uint32_t>(info[7], "ids", input.queries.rows * top),
                   array<float>(info[8], "scores", input.queries.rows * top),
                   array<uint32_t>(info[9], "counts", input.queries.rows), top};
    const auto execution = binding::execution(info[10], info[11]);
    return Task<bool>::start(
        info, priority(execution),
        [=] {
          if (input.given) {
            search_scores(input.queries, filter->view(), out, execution);
          } else {
            search_vectors(input.queries, input.vectors, filter->view(), out, execution);
          }
          return true;
        },
        [](Napi::Env env, bool&) { return env.Undefined(); });
  });
}

/// rank(queries, vectors, width, excludeOffsets, excludeIds, allowed, targetOffsets, targetIds, ranks, threads,
/// control)
Napi::Value rank(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto input = scored(info);
    const auto filter = std::make_shared<OwnedFilter>(info, input);
    if (info[6].IsUndefined()) invalid_argument("targets", "are missing");
    const auto targets =
        std::make_shared<OwnedLists>(lists(info[6], info[7], "targets", input.queries.rows, input.candidates));
    const auto ranks = array<uint32_t>(info[8], "ranks", targets->ids.size());
    const auto execution = binding::execution(info[9], info[10]);
    return Task<bool>::start(
        info, priority(execution),
        [=] {
          if (input.given) {
            rank_scores(input.queries, targets->view(), filter->view(), ranks, execution);
          } else {
            rank_vectors(input.queries, input.vectors, targets->view(), filter->view(), ranks, execution);
          }
          return true;
        },
        [](Napi::Env env, bool&) { return env.Undefined(); });
  });
}

}  // namespace

void init_search(Napi::Env env, Napi::Object exports) {
  exports.Set("search", Napi::Function::New(env, search));
  exports.Set("rank", Napi::Function::New(env, rank));
}

}  // namespace pinsage::binding
