#pragma once

#include <string>
#include <vector>

#include "pinsage/neighborhoods.hpp"
#include "pinsage/pagerank.hpp"

/// The kernels that run on an NVIDIA GPU too, with the CPU's results. All calls may be made where there is no GPU, and
/// in builds without CUDA: they throw MISSING_DEPENDENCY then, and say why.
namespace pinsage::cuda {

struct Device {
  std::string name;
  std::string compute_capability;  ///< as "9.0"
  uint64_t memory;                 ///< bytes
};

/// A library that is opened when a call needs it.
struct LibraryStatus {
  std::string name;
  std::string version;  ///< empty where the library does not say
  std::string path;
  std::string problem;  ///< why it is not there; empty where it is
};

/// What there is.
struct Status {
  std::string problem;  ///< why there is no device; empty where there is one
  std::vector<Device> devices;
  std::vector<LibraryStatus> libraries;  ///< cuBLAS, for the tensor kernels, and NCCL
};

Status status();

/// Whether this build has CUDA kernels.
extern const bool built;

/// As pinsage::importance_neighborhoods, on the first device. The graph goes there with the first call and stays; what
/// does not fit is read from the host's memory.
void importance_neighborhoods(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& options,
                              const ExcludedPairs& excluded, const Neighborhoods& out, const Execution& execution);

/// As pinsage::page_rank, on the first device, by power iteration: equal within the tolerance.
void page_rank(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
               std::span<float> scores, const Execution& execution);

/// As pinsage::page_rank_band, on the first device: by walks with the same results, else within the tolerance.
void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const PageRankBand& out, const Execution& execution);
void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const MonteCarlo& monte_carlo, const PageRankBand& out, const Execution& execution);

}  // namespace pinsage::cuda
