#pragma once

#include <cstdint>
#include <span>

#include "pinsage/execution.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/search.hpp"

/// Factors of pins and boards whose inner products say who is where (Hu, Koren and Volinsky, ICDM 2008): the minimum of
///
///     Σ_{b,p} c_bp (e_bp - x_b · y_p)² + λ (Σ_b |x_b|² + Σ_p |y_p|²),  e = 1 and c = 1 + confidence on edges, else 0
///     and 1,
///
/// by alternating least squares. A side's rows are solved by a few steps of conjugate gradients from where they were
/// (Takács, Pilászy and Tikk, RecSys 2011), many rows at once, so that the part that all rows share is a matrix
/// product. The result depends on the options alone, never on the number of threads.
namespace pinsage {

struct AlsOptions {
  uint32_t factors = 256;
  uint32_t iterations = 15;  ///< each solves the boards, then the pins
  uint32_t steps = 3;        ///< of conjugate gradients, each time a row is solved
  float confidence = 40;
  float regularization = 10;  ///< λ
  uint64_t seed = 0;          ///< of the first factors

  void check() const;
};

/// pins [pins, factors]: y. Those without edges are 0.
void implicit_als(const Graph& graph, const AlsOptions& options, std::span<float> pins, const Execution& execution);

/// out [queries, factors]: x of boards that hold these pins, given y; `steps` from 0.
void als_fold_in(std::span<const float> pins, const CandidateLists& queries, const AlsOptions& options,
                 std::span<float> out, const Execution& execution);

}  // namespace pinsage
