#include "pinsage/cuda.hpp"

namespace pinsage::cuda {

const bool built = false;

Status status() {
  return {"This build has no CUDA kernels: install the CUDA toolkit (12 or 13) and build again.", {}, {}};
}

void importance_neighborhoods(const Graph&, std::span<const PinId>, const WalkOptions&, const ExcludedPairs&,
                              const Neighborhoods&, const Execution&) {
  throw Error("MISSING_DEPENDENCY", status().problem, "device");
}

void page_rank(const Graph&, std::span<const PinId>, const PageRankOptions&, std::span<float>, const Execution&) {
  throw Error("MISSING_DEPENDENCY", status().problem, "device");
}

void page_rank_band(const Graph&, std::span<const PinId>, const PageRankOptions&, const PageRankBand&,
                    const Execution&) {
  throw Error("MISSING_DEPENDENCY", status().problem, "device");
}

void page_rank_band(const Graph&, std::span<const PinId>, const PageRankOptions&, const MonteCarlo&,
                    const PageRankBand&, const Execution&) {
  throw Error("MISSING_DEPENDENCY", status().problem, "device");
}

}  // namespace pinsage::cuda
