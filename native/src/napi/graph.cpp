#include "pinsage/graph.hpp"

#include <memory>

#include "napi/array_buffer.hpp"
#include "napi/dense_source.hpp"
#include "napi/graph_handle.hpp"
#include "napi/lists.hpp"
#include "napi/modules.hpp"
#include "napi/task.hpp"
#include "pinsage/batch.hpp"
#include "pinsage/board_bags.hpp"
#include "pinsage/built_graph.hpp"
#include "pinsage/csr.hpp"
#include "pinsage/cuda.hpp"
#include "pinsage/gather.hpp"
#include "pinsage/neighborhoods.hpp"
#include "pinsage/pagerank.hpp"
#include "pinsage/philox.hpp"
#include "pinsage/pool_neighbors.hpp"
#include "pinsage/recommend.hpp"
#include "pinsage/typed_neighborhoods.hpp"
#include "pinsage/walks.hpp"

// Every asynchronous call ends with (threads, control), and every call on a graph begins with (handle, its arrays):
// passing the arrays keeps their memory for as long as the call runs.
namespace pinsage::binding {

namespace {

/// A graph, and the owners of the memory that it lies in.
struct OwningGraph {
  Owners owners;
  Graph graph;

  OwningGraph(Owners owners, const CsrView& pins, const CsrView& boards, std::span<const BoardType> types,
              const Execution& execution, HopTablesUse use)
      : owners(std::move(owners)), graph(pins, boards, execution, use, Origin::outside, types) {}
};

uint32_t integer32(const Napi::Object& object, const char* name, uint32_t low, uint32_t high) {
  return static_cast<uint32_t>(integer(object.Get(name), name, low, high));
}

WalkOptions walk_options(const Napi::Object& object) {
  WalkOptions options;
  options.walks = integer32(object, "walks", 1, nothing);
  options.hops = integer32(object, "hops", 1, WalkOptions::max_hops);
  options.stop = number(object.Get("stop"), "stop", 0, 1);
  options.restart = boolean(object.Get("restart"), "mode");
  options.seed = word64(object.Get("seed"), "seed");
  options.stream = integer32(object, "stream", 0, nothing);
  options.folds = integer32(object, "folds", 0, nothing);
  options.fold = integer32(object, "fold", 0, nothing);
  options.before = optional_array<const int64_t>(object.Get("before"), "before");
  options.check();
  return options;
}

PageRankOptions page_rank_options(const Napi::Object& object) {
  PageRankOptions options;
  options.alpha = number(object.Get("alpha"), "alpha", 0, 1);
  options.tolerance = number(object.Get("tolerance"), "tolerance", 0, 1);
  options.max_iterations = integer32(object, "maxIterations", 1, nothing);
  options.check();
  return options;
}

ExcludedPairs excluded_pairs(const Napi::Value& queries, const Napi::Value& items) {
  const auto query_ids = optional_array<const PinId>(queries, "exclude.queries");
  const auto item_ids = optional_array<const PinId>(items, "exclude.items");
  if (query_ids.size() != item_ids.size()) invalid_argument("exclude.items", "must be as long as exclude.queries");
  return {query_ids, item_ids};
}

CsrView csr_view(const Napi::Object& arrays, const char* offsets, const char* ids, const char* weights) {
  return {array<const uint64_t>(arrays.Get(offsets), offsets),
          array<const uint32_t>(arrays.Get(ids), ids),
          optional_array<const float>(arrays.Get(weights), weights),
          {}};
}

std::vector<FeatureSource> feature_sources(const Napi::Value& value) {
  std::vector<FeatureSource> sources;
  const auto list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const auto source = list.Get(i).As<Napi::Object>();
    if (source.Has("values")) {
      sources.push_back(dense_source(source));
    } else {
      const auto rows = array<const uint32_t>(source.Get("rows"), "rows");
      sources.push_back(BagSource{array<const uint64_t>(source.Get("offsets"), "offsets"), rows,
                                  array<const float>(source.Get("weights"), "weights", rows.size())});
    }
  }
  return sources;
}

Napi::Value to_javascript(Napi::Env env, std::vector<GatheredFeature>&& features) {
  auto list = Napi::Array::New(env, features.size());
  for (uint32_t i = 0; i < features.size(); ++i) {
    auto object = Napi::Object::New(env);
    if (auto* dense = std::get_if<DenseFeature>(&features[i])) {
      object.Set("values", to_array_buffer(env, std::move(dense->values)));
    } else {
      auto& bag = std::get<BagFeature>(features[i]);
      object.Set("offsets", to_array_buffer(env, std::move(bag.offsets)));
      object.Set("rows", to_array_buffer(env, std::move(bag.rows)));
      object.Set("weights", to_array_buffer(env, std::move(bag.weights)));
    }
    list.Set(i, object);
  }
  return list;
}

Napi::Value handle(Napi::Env env, GraphHandle graph) {
  return Napi::External<GraphHandle>::New(env, new GraphHandle(std::move(graph)),
                                          [](Napi::Env, GraphHandle* handle) { delete handle; });
}

/// 0: automatic, 1: now, 2: never.
HopTablesUse hop_tables_use(const Napi::Value& value) {
  return static_cast<HopTablesUse>(integer(value, "hopTables", 0, 2));
}

/// (pins, boards, weights?, times?): the first arguments of a call.
EdgeList edge_list(const Napi::CallbackInfo& info) {
  EdgeList edges;
  edges.pins = array<const PinId>(info[0], "edges.pins");
  edges.boards = array<const BoardId>(info[1], "edges.boards", edges.pins.size());
  edges.weighted = !info[2].IsUndefined();
  edges.timed = !info[3].IsUndefined();
  if (edges.weighted) edges.weights = array<const float>(info[2], "edges.weights", edges.pins.size());
  if (edges.timed) edges.times = array<const int64_t>(info[3], "edges.times", edges.pins.size());
  return edges;
}

Duplicates duplicates_of(const Napi::Value& sum) {
  return boolean(sum, "duplicates") ? Duplicates::sum : Duplicates::merge;
}

// buildRows(pins, boards, weights?, times?, number of pins, of boards, sum, threads, control)
Napi::Value build_rows(const Napi::CallbackInfo& info) {
  const EdgeList edges = edge_list(info);
  const auto pins = static_cast<uint32_t>(integer(info[4], "pins", 0, nothing - 1));
  const auto boards = static_cast<uint32_t>(integer(info[5], "boards", 0, nothing - 1));
  const Duplicates duplicates = duplicates_of(info[6]);
  const Execution how = execution(info[7], info[8]);
  return Task<CsrArrays>::start(
      info, priority(how), [=] { return build_pin_rows(edges, pins, boards, duplicates, how); },
      [](Napi::Env env, CsrArrays& csr) -> Napi::Value {
        auto result = Napi::Object::New(env);
        result.Set("offsets", to_array_buffer(env, std::move(csr.pin_offsets)));
        result.Set("ids", to_array_buffer(env, std::move(csr.pin_boards)));
        if (csr.weighted) result.Set("weights", to_array_buffer(env, std::move(csr.pin_weights)));
        if (csr.timed) result.Set("times", to_array_buffer(env, std::move(csr.times)));
        return result;
      });
}

// buildGraph(pins, boards, weights?, times?, number of pins, of boards, their types?, sum, hop tables, threads,
// control)
Napi::Value build(const Napi::CallbackInfo& info) {
  const EdgeList edges = edge_list(info);
  const auto pins = static_cast<uint32_t>(integer(info[4], "pins", 0, nothing - 1));
  const auto boards = static_cast<uint32_t>(integer(info[5], "boards", 0, nothing - 1));
  const auto types = optional_array<const BoardType>(info[6], "boardTypes");
  const Duplicates duplicates = duplicates_of(info[7]);
  const HopTablesUse use = hop_tables_use(info[8]);
  const Execution how = execution(info[9], info[10]);
  return Task<std::shared_ptr<BuiltGraph>>::start(
      info, priority(how),
      [=] { return std::make_shared<BuiltGraph>(build_csr(edges, pins, boards, duplicates, how), how, use, types); },
      [](Napi::Env env, std::shared_ptr<BuiltGraph>& built) -> Napi::Value {
        auto result = Napi::Object::New(env);
        const auto set = [&](const char* name, auto& array) {
          result.Set(name, share(env, built, array.data(), array.span().size_bytes()));
        };
        CsrArrays& csr = built->csr;
        set("pinOffsets", csr.pin_offsets);
        set("pinBoards", csr.pin_boards);
        set("boardOffsets", csr.board_offsets);
        set("boardPins", csr.board_pins);
        if (csr.weighted) set("pinWeights", csr.pin_weights);
        if (csr.weighted) set("boardWeights", csr.board_weights);
        if (csr.timed) set("times", csr.times);
        result.Set("handle", handle(env, GraphHandle(built, &built->graph)));
        return result;
      });
}

// openGraph(arrays, hop tables, threads, control)
Napi::Value open(const Napi::CallbackInfo& info) {
  const auto arrays = info[0].As<Napi::Object>();
  CsrView pins = csr_view(arrays, "pinOffsets", "pinBoards", "pinWeights");
  pins.times = optional_array<const int64_t>(arrays.Get("times"), "times");
  const CsrView boards = csr_view(arrays, "boardOffsets", "boardPins", "boardWeights");
  const auto types = optional_array<const BoardType>(arrays.Get("boardTypes"), "boardTypes");
  const HopTablesUse use = hop_tables_use(info[1]);
  const Execution how = execution(info[2], info[3]);
  return Task<GraphHandle>::start(
      info, priority(how),
      [=, owners = ArgumentOwners::get()] {
        const auto owning = std::make_shared<const OwningGraph>(owners, pins, boards, types, how, use);
        return GraphHandle(owning, &owning->graph);
      },
      [](Napi::Env env, GraphHandle& opened) { return handle(env, std::move(opened)); });
}

// closeGraph(graph)
Napi::Value close(const Napi::CallbackInfo& info) {
  graph(info[0]);
  info[0].As<Napi::External<GraphHandle>>().Data()->reset();
  return info.Env().Undefined();
}

/// A copy: what is small need not trust that JavaScript leaves it alone while the call runs.
template <class T>
std::vector<T> copied(const Napi::Value& value, const char* name) {
  const auto span = optional_array<const T>(value, name);
  return {span.begin(), span.end()};
}

/// How a call samples neighbourhoods.
struct Sampling {
  WalkOptions walks;
  uint32_t neighbors;
  std::vector<uint32_t> quotas;  ///< of each type of board; empty: types do not count
  bool on_gpu;                   ///< where there are no new pins

  explicit Sampling(const Napi::Object& object)
      : walks(walk_options(object)),
        neighbors(integer32(object, "neighbors", 1, 65536)),
        quotas(copied<uint32_t>(object.Get("quotas"), "quotas")),
        on_gpu(boolean(object.Get("cuda"), "device")) {}

  /// How often it goes through the seeds.
  uint32_t passes() const { return std::max(1u, walked_types(quotas)); }

  void run(const Graph& graph, std::span<const PinId> seeds, const ExcludedPairs& excluded, const NewPins& new_pins,
           const Neighborhoods& out, const Execution& how) const {
    const auto sample = [&](const Graph& graph, const NewPins& new_pins, const Neighborhoods& out) {
      if (on_gpu && new_pins.count() == 0) {
        cuda::importance_neighborhoods(graph, seeds, walks, excluded, out, how);
      } else {
        importance_neighborhoods(graph, seeds, walks, excluded, new_pins, out, how);
      }
    };
    if (quotas.empty()) {
      sample(graph, new_pins, out);
    } else {
      typed_neighborhoods(graph, seeds, quotas, new_pins, out, how, sample);
    }
  }
};

// neighborhoods(graph, arrays, seeds, options, queries?, items?, ids, weights, counts, threads, control)
Napi::Value neighborhoods(const Napi::CallbackInfo& info) {
  const GraphHandle graph = binding::graph(info[0]);
  const auto seeds = array<const PinId>(info[2], "seeds");
  const Sampling sampling(info[3].As<Napi::Object>());
  Neighborhoods out;
  out.neighbors = sampling.neighbors;
  auto excluded = std::make_shared<const ExcludedPairs>(excluded_pairs(info[4], info[5]));
  out.ids = array<PinId>(info[6], "ids", seeds.size() * out.neighbors);
  out.weights = array<float>(info[7], "weights", seeds.size() * out.neighbors);
  out.counts = array<uint32_t>(info[8], "counts", seeds.size());
  const Execution how = execution(info[9], info[10]);
  const auto work = [=] {
    how.expect(static_cast<int64_t>(seeds.size()) * sampling.passes());
    sampling.run(*graph, seeds, *excluded, {}, out, how);
  };
  // So few visits are counted before a thread of the pool would have woken up. A graph's first call with times or types
  // is no such call: it brings the times in the order of the boards, or makes the types' graphs.
  const bool few = seeds.size() * sampling.walks.walks * sampling.walks.hops <= 2048;
  if (few && !sampling.on_gpu && sampling.quotas.empty() && sampling.walks.before.empty()) {
    work();
    return info.Env().Undefined();
  }
  return start_filling(info, how, work);
}

// walk(graph, arrays, seeds, options, out, threads, control)
Napi::Value walk(const Napi::CallbackInfo& info) {
  const GraphHandle graph = binding::graph(info[0]);
  const auto seeds = array<const PinId>(info[2], "seeds");
  const WalkOptions options = walk_options(info[3].As<Napi::Object>());
  const auto out = array<PinId>(info[4], "out", seeds.size() * options.walks * options.hops);
  const Execution how = execution(info[5], info[6]);
  return start_filling(info, how, [=] { pinsage::walk(*graph, seeds, options, out, how); });
}

// pageRank(graph, arrays, queries, options, threads, control)
Napi::Value rank(const Napi::CallbackInfo& info) {
  const GraphHandle graph = binding::graph(info[0]);
  const auto queries = array<const PinId>(info[2], "queries");
  const auto object = info[3].As<Napi::Object>();
  const PageRankOptions options = page_rank_options(object);
  const bool on_gpu = boolean(object.Get("cuda"), "device");
  const Execution how = execution(info[4], info[5]);
  return Task<Array<float>>::start(
      info, priority(how),
      [=] {
        Array<float> scores(queries.size() * graph->pins());
        if (on_gpu) {
          cuda::page_rank(*graph, queries, options, scores.span(), how);
        } else {
          page_rank(*graph, queries, options, scores.span(), how);
        }
        return scores;
      },
      [](Napi::Env env, Array<float>& scores) { return to_array_buffer(env, std::move(scores)); });
}

// pageRankOfLists(graph, arrays, offsets, ids, options, threads, control)
Napi::Value rank_lists(const Napi::CallbackInfo& info) {
  const GraphHandle graph = binding::graph(info[0]);
  const auto queries = query_lists(info[2], info[3], graph->pins());
  const PageRankOptions options = page_rank_options(info[4].As<Napi::Object>());
  const Execution how = execution(info[5], info[6]);
  return Task<Array<float>>::start(
      info, priority(how),
      [=] {
        Array<float> scores((queries->offsets.size() - 1) * graph->pins());
        page_rank(*graph, queries->view(), options, scores.span(), how);
        return scores;
      },
      [](Napi::Env env, Array<float>& scores) { return to_array_buffer(env, std::move(scores)); });
}

// pageRankBand(graph, arrays, queries, options, from, to, ids, scores, counts, threads, control)
Napi::Value rank_band(const Napi::CallbackInfo& info) {
  const GraphHandle graph = binding::graph(info[0]);
  const auto queries = array<const PinId>(info[2], "queries");
  const auto object = info[3].As<Napi::Object>();
  const PageRankOptions options = page_rank_options(object);
  const bool fast = boolean(object.Get("fast"), "method");
  const MonteCarlo monte_carlo{integer32(object, "walks", 1, 1 << 24), word64(object.Get("seed"), "seed")};
  PageRankBand out;
  out.from = static_cast<uint32_t>(integer(info[4], "from", 0, nothing - 1));
  out.to = static_cast<uint32_t>(integer(info[5], "to", uint64_t{out.from} + 1, nothing));
  const size_t width = out.to - out.from;
  out.ids = array<PinId>(info[6], "ids", queries.size() * width);
  out.scores = array<float>(info[7], "scores", queries.size() * width);
  out.counts = array<uint32_t>(info[8], "counts", queries.size());
  const Execution how = execution(info[9], info[10]);
  const bool on_gpu = boolean(object.Get("cuda"), "device");
  return start_filling(info, how, [=] {
    if (on_gpu && fast) {
      cuda::page_rank_band(*graph, queries, options, monte_carlo, out, how);
    } else if (on_gpu) {
      cuda::page_rank_band(*graph, queries, options, out, how);
    } else if (fast) {
      page_rank_band(*graph, queries, options, monte_carlo, out, how);
    } else {
      page_rank_band(*graph, queries, options, out, how);
    }
  });
}

RecommendOptions recommend_options(const Napi::Object& object) {
  RecommendOptions options;
  options.steps = integer32(object, "steps", 1, RecommendOptions::max_steps);
  options.hops = integer32(object, "hops", 1, WalkOptions::max_hops);
  options.restart = number(object.Get("restart"), "restart", 0, 1);
  options.top = integer32(object, "top", 1, nothing);
  options.multi_hit = boolean(object.Get("multiHit"), "multiHit");
  options.seed = word64(object.Get("seed"), "seed");
  if (object.Has("earlyStop")) {
    const auto stop = object.Get("earlyStop").As<Napi::Object>();
    options.early_stop = {integer32(stop, "pins", 1, nothing), integer32(stop, "visits", 1, nothing)};
  }
  return options;
}

// recommend(graph, arrays, pins, weights?, options, boosts?, exclude?, threads, control)
Napi::Value recommend(const Napi::CallbackInfo& info) {
  const GraphHandle graph = binding::graph(info[0]);
  const auto pins = copied<PinId>(info[2], "pins");
  const auto weights = copied<float>(info[3], "weights");
  RecommendOptions options = recommend_options(info[4].As<Napi::Object>());
  options.boosts = optional_array<const float>(info[5], "boosts");
  const auto exclude = copied<PinId>(info[6], "exclude");
  const Execution how = execution(info[7], info[8]);
  return Task<Recommendations>::start(
      info, priority(how),
      [=]() mutable {
        options.exclude = exclude;
        return pinsage::recommend(*graph, {pins, weights}, options, how);
      },
      [](Napi::Env env, Recommendations& found) -> Napi::Value {
        auto result = Napi::Object::New(env);
        result.Set("ids", to_array_buffer(env, std::move(found.ids)));
        result.Set("scores", to_array_buffer(env, std::move(found.scores)));
        result.Set("counts", to_array_buffer(env, std::move(found.counts)));
        result.Set("steps", Napi::Number::New(env, static_cast<double>(found.steps)));
        return result;
      });
}

// batch(graph, arrays, roots, options, queries?, items?, new pins' offsets?, boards?, sources, threads, control)
Napi::Value batch(const Napi::CallbackInfo& info) {
  const GraphHandle graph = binding::graph(info[0]);
  const auto roots = array<const PinId>(info[2], "roots");
  const auto object = info[3].As<Napi::Object>();
  const Sampling sampling(object);
  BatchOptions options;
  options.walks = sampling.walks;
  options.neighbors = sampling.neighbors;
  options.layers = integer32(object, "layers", 1, 16);
  options.passes = sampling.passes();
  auto excluded = std::make_shared<const ExcludedPairs>(excluded_pairs(info[4], info[5]));
  const auto new_offsets = copied<uint32_t>(info[6], "newPins.offsets");
  const auto new_boards = copied<BoardId>(info[7], "newPins.boards");
  auto sources = std::make_shared<const std::vector<FeatureSource>>(feature_sources(info[8]));
  const Execution how = execution(info[9], info[10]);
  return Task<Batch>::start(
      info, priority(how),
      [=] {
        const NewPins new_pins{new_offsets, new_boards};
        const auto sample = [&](std::span<const PinId> seeds, const Neighborhoods& out) {
          sampling.run(*graph, seeds, *excluded, new_pins, out, how);
        };
        return make_batch(*graph, roots, options, *excluded, new_pins, *sources, how, sample);
      },
      [](Napi::Env env, Batch& batch) -> Napi::Value {
        auto result = Napi::Object::New(env);
        result.Set("pins", to_array_buffer(env, std::move(batch.pins)));
        result.Set("rootRows", to_array_buffer(env, std::move(batch.root_rows)));
        result.Set("neighbors", to_array_buffer(env, std::move(batch.neighbors)));
        result.Set("weights", to_array_buffer(env, std::move(batch.weights)));
        result.Set("features", to_javascript(env, std::move(batch.features)));
        auto sizes = Napi::Array::New(env, batch.sizes.size());
        for (uint32_t i = 0; i < batch.sizes.size(); ++i) sizes.Set(i, batch.sizes[i]);
        result.Set("sizes", sizes);
        return result;
      });
}

// boardBags(graph, arrays, pins, weights, folds, fold, before?, new pins' offsets?, boards?, sources, threads, control)
Napi::Value board_bags(const Napi::CallbackInfo& info) {
  const GraphHandle graph = binding::graph(info[0]);
  const auto pins = copied<PinId>(info[2], "pins");
  BoardBagOptions options;
  options.weights = array<const float>(info[3], "weights", graph->boards());
  options.folds = static_cast<uint32_t>(integer(info[4], "heldOut.folds", 0, nothing));
  options.fold = static_cast<uint32_t>(integer(info[5], "heldOut.fold", 0, nothing));
  const auto before = optional_array<const int64_t>(info[6], "before");
  if (!before.empty()) options.before = before.front();
  const auto new_offsets = copied<uint32_t>(info[7], "newPins.offsets");
  const auto new_boards = copied<BoardId>(info[8], "newPins.boards");
  auto sources = std::make_shared<const std::vector<FeatureSource>>(feature_sources(info[9]));
  const Execution how = execution(info[10], info[11]);
  return Task<BoardBags>::start(
      info, priority(how),
      [=] {
        return make_board_bags(*graph, pins, options, {new_offsets, new_boards}, *sources, how);
      },
      [](Napi::Env env, BoardBags& bags) -> Napi::Value {
        auto result = Napi::Object::New(env);
        result.Set("boards", to_array_buffer(env, std::move(bags.boards)));
        result.Set("offsets", to_array_buffer(env, std::move(bags.offsets)));
        result.Set("rows", to_array_buffer(env, std::move(bags.rows)));
        result.Set("weights", to_array_buffer(env, std::move(bags.weights)));
        result.Set("features", to_javascript(env, std::move(bags.features)));
        return result;
      });
}

// gather(sources, pins, threads, control)
Napi::Value gather(const Napi::CallbackInfo& info) {
  auto sources = std::make_shared<const std::vector<FeatureSource>>(feature_sources(info[0]));
  const auto pins = array<const PinId>(info[1], "pins");
  const Execution how = execution(info[2], info[3]);
  return Task<std::vector<GatheredFeature>>::start(
      info, priority(how),
      [=] {
        std::vector<GatheredFeature> gathered;
        how.expect(static_cast<int64_t>(sources->size() * pins.size()));
        for (const FeatureSource& source : *sources) {
          gathered.push_back(gather_feature(source, pins, nothing, how));
          how.advance(static_cast<int64_t>(pins.size()));
        }
        return gathered;
      },
      [](Napi::Env env, std::vector<GatheredFeature>& gathered) { return to_javascript(env, std::move(gathered)); });
}

// gatherInto(sources, pins, their values, threads, control)
Napi::Value gather_into(const Napi::CallbackInfo& info) {
  const auto sources = feature_sources(info[0]);
  const auto pins = array<const PinId>(info[1], "pins");
  const auto values = info[2].As<Napi::Array>();
  const Execution how = execution(info[3], info[4]);
  std::vector<std::pair<DenseSource, std::span<float>>> parts;
  for (uint32_t i = 0; i < sources.size(); ++i) {
    const auto* dense = std::get_if<DenseSource>(&sources[i]);
    if (dense == nullptr) invalid_argument("out", "can only be given for dense features");
    parts.emplace_back(*dense, array<float>(values.Get(i), "out", pins.size() * dense->width));
  }
  return start_filling(info, how, [=] {
    how.expect(static_cast<int64_t>(parts.size() * pins.size()));
    for (const auto& [source, out] : parts) {
      gather_rows(source, pins, nothing, out, how);
      how.advance(static_cast<int64_t>(pins.size()));
    }
  });
}

// poolNeighbors(rows, width, ids, weights, neighbors, aggregator, stream, out, threads, control)
Napi::Value pool_neighbors(const Napi::CallbackInfo& info) {
  const size_t width = integer(info[1], "width", 1, 1 << 24);
  const size_t neighbors = integer(info[4], "neighbors", 1, 1 << 24);
  const auto rows = array<const float>(info[0], "rows");
  const auto out = array<float>(info[7], "out");
  if (rows.size() % width != 0 || out.size() % width != 0) invalid_argument("rows", "are no whole rows");
  if (rows.size() / width > UINT32_MAX) invalid_argument("rows", "are too many");
  const size_t entries = out.size() / width * neighbors;
  const PooledPins pins{array<const PinId>(info[2], "ids", entries), array<const float>(info[3], "weights", entries),
                        neighbors};
  const auto aggregator = static_cast<Aggregator>(integer(info[5], "aggregator", 0, 2));
  const RowAccess access = boolean(info[6], "stream") ? RowAccess::stream : RowAccess::look_up;
  const Execution how = execution(info[8], info[9]);
  return start_filling(info, how, [=] { pinsage::pool_neighbors(rows, width, pins, aggregator, access, out, how); });
}

// randomWords(seed, a, b, c, stream, out)
Napi::Value words(const Napi::CallbackInfo& info) {
  Words counter;
  for (size_t i = 0; i < 4; ++i) counter[i] = static_cast<uint32_t>(integer(info[1 + i], "counter", 0, nothing));
  random_words(word64(info[0], "seed"), counter, array<uint32_t>(info[5], "out"));
  return info.Env().Undefined();
}

}  // namespace

void init_graph(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, auto function) { export_guarded(env, exports, name, function); };
  add("buildGraph", build);
  add("buildRows", build_rows);
  add("openGraph", open);
  add("closeGraph", close);
  add("neighborhoods", neighborhoods);
  add("walk", walk);
  add("pageRank", rank);
  add("pageRankOfLists", rank_lists);
  add("pageRankBand", rank_band);
  add("recommend", recommend);
  add("batch", batch);
  add("boardBags", board_bags);
  add("gather", gather);
  add("gatherInto", gather_into);
  add("poolNeighbors", pool_neighbors);
  add("randomWords", words);
}

}  // namespace pinsage::binding
