#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "napi/array_buffer.hpp"
#include "napi/graph_handle.hpp"
#include "napi/lists.hpp"
#include "napi/modules.hpp"
#include "napi/task.hpp"
#include "pinsage/gram.hpp"
#include "pinsage/implicit_als.hpp"
#include "pinsage/two_hop.hpp"

// Linear methods. Every call ends with (threads, control), and every call on a graph begins with (handle, its arrays).
namespace pinsage::binding {
namespace {

Napi::Value start_array(const Napi::CallbackInfo& info, const Execution& how, std::function<Array<float>()> work) {
  return Task<Array<float>>::start(info, priority(how), std::move(work), [](Napi::Env env, Array<float>& result) {
    return to_array_buffer(env, std::move(result));
  });
}

// twoHopScores(graph, arrays, offsets, ids, starts, boards, ends, scores, threads, control)
Napi::Value two_hop(const Napi::CallbackInfo& info) {
  const GraphHandle graph = binding::graph(info[0]);
  const auto queries = query_lists(info[2], info[3], graph->pins());
  const TwoHopWeights weights{array<const float>(info[4], "weights.starts", graph->pins()),
                              array<const float>(info[5], "weights.boards", graph->boards()),
                              array<const float>(info[6], "weights.ends", graph->pins())};
  const auto scores = array<float>(info[7], "scores", (queries->offsets.size() - 1) * graph->pins());
  const Execution how = execution(info[8], info[9]);
  return start_filling(info, how, [=] { two_hop_scores(*graph, queries->view(), weights, scores, how); });
}

AlsOptions als_options(const Napi::Object& object) {
  const auto count = [&](const char* name, uint64_t high) {
    return static_cast<uint32_t>(integer(object.Get(name), name, 1, high));
  };
  AlsOptions options;
  options.factors = count("factors", 4096);
  options.iterations = count("iterations", 1'000'000);
  options.steps = count("steps", 1'000'000);
  options.confidence = static_cast<float>(number(object.Get("confidence"), "confidence", 0, 1e9));
  options.regularization = static_cast<float>(number(object.Get("regularization"), "regularization", 0, 1e9));
  options.seed = word64(object.Get("seed"), "seed");
  options.check();
  return options;
}

// implicitAls(graph, arrays, options, threads, control)
Napi::Value als(const Napi::CallbackInfo& info) {
  const GraphHandle graph = binding::graph(info[0]);
  const AlsOptions options = als_options(info[2].As<Napi::Object>());
  const Execution how = execution(info[3], info[4]);
  return start_array(info, how, [=] {
    Array<float> pins(graph->pins() * size_t{options.factors});
    implicit_als(*graph, options, pins.span(), how);
    return pins;
  });
}

// alsFoldIn(pins, offsets, ids, options, out, threads, control)
Napi::Value fold_in(const Napi::CallbackInfo& info) {
  const AlsOptions options = als_options(info[3].As<Napi::Object>());
  const auto pins = array<const float>(info[0], "pins");
  if (pins.size() % options.factors != 0) invalid_argument("pins", "is not a whole number of rows");
  const auto queries = query_lists(info[1], info[2], pins.size() / options.factors);
  const auto out = array<float>(info[4], "out", (queries->offsets.size() - 1) * options.factors);
  const Execution how = execution(info[5], info[6]);
  return start_filling(info, how, [=] { als_fold_in(pins, queries->view(), options, out, how); });
}

/// A sparse matrix, copied: kernels rely on it, and JavaScript may write to its arrays while they run.
struct OwnedRows {
  std::vector<int32_t> offsets, columns;
  std::vector<float> values;
  size_t width;

  SparseRows view() const { return {offsets, columns, values, width}; }
};

std::shared_ptr<OwnedRows> sparse_rows(const Napi::CallbackInfo& info) {
  const auto offsets = array<int32_t>(info[0], "matrix.offsets");
  const auto columns = array<int32_t>(info[1], "matrix.rows");
  const auto values = array<float>(info[2], "matrix.weights", columns.size());
  auto rows = std::make_shared<OwnedRows>();
  rows->offsets.assign(offsets.begin(), offsets.end());
  rows->columns.assign(columns.begin(), columns.end());
  rows->values.assign(values.begin(), values.end());
  rows->width = integer(info[3], "columns", 1, 1 << 20);
  const bool whole = !rows->offsets.empty() && rows->offsets.front() == 0 &&
                     static_cast<size_t>(rows->offsets.back()) == rows->columns.size();
  if (!whole || !std::is_sorted(rows->offsets.begin(), rows->offsets.end())) {
    invalid_argument("matrix.offsets", "must go from 0 to the number of entries without falling");
  }
  for (const int32_t column : rows->columns) {
    if (column < 0 || static_cast<size_t>(column) >= rows->width) {
      invalid_argument("matrix.rows",
                       "holds " + std::to_string(column) + "; there are " + std::to_string(rows->width) + " columns");
    }
  }
  return rows;
}

// gramFactor(offsets, rows, weights, columns, ridge, threads, control)
Napi::Value factor(const Napi::CallbackInfo& info) {
  const auto rows = sparse_rows(info);
  const auto ridge = static_cast<float>(number(info[4], "ridge", 0, 1e30));
  const Execution how = execution(info[5], info[6]);
  return start_array(info, how, [=] { return gram_factor(rows->view(), ridge, how); });
}

/// Arguments 0 and 1: a factor's tiles and its columns.
std::pair<std::span<const float>, size_t> gram_factor_of(const Napi::CallbackInfo& info) {
  const size_t width = integer(info[1], "columns", 1, 1 << 20);
  return {array<const float>(info[0], "tiles", Tiles::numbers(width)), width};
}

// gramSolve(tiles, columns, right-hand sides, threads, control)
Napi::Value solve(const Napi::CallbackInfo& info) {
  const auto [tiles, width] = gram_factor_of(info);
  const auto rows = array<float>(info[2], "rows");
  if (rows.size() % width != 0) invalid_argument("rows", "is not a whole number of rows");
  const Execution how = execution(info[3], info[4]);
  return start_filling(info, how, [=, tiles = tiles, width = width] { gram_solve(tiles, width, rows, how); });
}

// gramInverseDiagonal(tiles, columns, out, threads, control)
Napi::Value inverse_diagonal(const Napi::CallbackInfo& info) {
  const auto [tiles, width] = gram_factor_of(info);
  const auto out = array<float>(info[2], "out", width);
  const Execution how = execution(info[3], info[4]);
  return start_filling(info, how, [=, tiles = tiles, width = width] { gram_inverse_diagonal(tiles, width, out, how); });
}

}  // namespace

void init_linear(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, auto function) { export_guarded(env, exports, name, function); };
  add("twoHopScores", two_hop);
  add("implicitAls", als);
  add("alsFoldIn", fold_in);
  add("gramFactor", factor);
  add("gramSolve", solve);
  add("gramInverseDiagonal", inverse_diagonal);
}

}  // namespace pinsage::binding
