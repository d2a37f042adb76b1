#include "cpu/graph/column_kernels.hpp"

#include "cpu/graph/column_kernels_plain.hpp"
#include "cpu/graph/simd_plain.hpp"

#ifdef PINSAGE_HAVE_HIGHWAY

// Arrays of vectors need a size that is known when compiling.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/graph/column_kernels.cpp"
#include <hwy/foreach_target.h>
// Highway wants to be first among what is compiled per target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pinsage::simd::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

using plain::advance, plain::apply, plain::descend, plain::sum_rows;

#else

namespace hn = hwy::HWY_NAMESPACE;
using F = hn::ScalableTag<float>;
using D = hn::ScalableTag<double>;
using Narrow = hn::Rebind<float, D>;  // as many floats as a vector of doubles has lanes
using VF = hn::Vec<F>;
using VD = hn::Vec<D>;

// The columns of a node: as vectors of floats, and as vectors of doubles.
constexpr size_t float_lanes = hn::MaxLanes(F()), float_vectors = columns / float_lanes;
constexpr size_t lanes = hn::MaxLanes(D()), vectors = columns / lanes;

HWY_INLINE VD load(const Columns& from, size_t k) {
  return hn::PromoteTo(D(), hn::LoadU(Narrow(), from.data() + k * lanes));
}
HWY_INLINE VD load(const Sums& from, size_t k) {
  return hn::LoadU(D(), from.data() + k * lanes);
}
HWY_INLINE void store(VD value, Columns& to, size_t k) {
  hn::StoreU(hn::DemoteTo(Narrow(), value), Narrow(), to.data() + k * lanes);
}
HWY_INLINE void store(VD value, Sums& to, size_t k) {
  hn::StoreU(value, D(), to.data() + k * lanes);
}

/// Reads the lines of the graph that come up: an id far ahead, and what an id less far ahead stands for.
class Ahead {
 public:
  Ahead(const Rows& rows, const Columns* x) : ids_(rows.csr().ids.data()), rows_(rows), x_(x) {}

  HWY_INLINE void prefetch_ids(uint64_t edge) const { __builtin_prefetch(ids_ + edge + ids_ahead, 0, 0); }
  HWY_INLINE void prefetch_line(uint64_t edge) const {
    if (edge + lines_ahead < rows_.edges()) prefetch(x_ + rows_.id(edge + lines_ahead));
  }

 private:
  static constexpr uint64_t lines_ahead = 192, ids_ahead = 1024;

  const uint32_t* ids_;
  const Rows& rows_;
  const Columns* x_;
};

/// Adds the lines of a row, eight at a time in f32.
HWY_INLINE void add_lines(const Rows& rows, uint64_t edge, uint64_t end, const Columns* x, const Ahead& ahead,
                          VD sums[vectors]) {
  while (edge < end) {
    const uint64_t stop = std::min(edge + lines_in_f32, end);
    VF part[float_vectors];
    for (VF& vector : part) vector = hn::Zero(F());
    ahead.prefetch_ids(edge);
    for (; edge < stop; ++edge) {
      ahead.prefetch_line(edge);
      const float* line = x[rows.id(edge)].data();
      for (size_t k = 0; k < float_vectors; ++k) {
        part[k] = hn::Add(part[k], hn::LoadU(F(), line + k * float_lanes));
      }
    }
    for (size_t k = 0; k < float_vectors; ++k) {
      sums[2 * k] = hn::Add(sums[2 * k], hn::PromoteTo(D(), hn::LowerHalf(Narrow(), part[k])));
      sums[2 * k + 1] = hn::Add(sums[2 * k + 1], hn::PromoteTo(D(), hn::UpperHalf(Narrow(), part[k])));
    }
  }
}

/// Adds weight · line over a row, in f64.
HWY_INLINE void add_weighted_lines(const Rows& rows, uint64_t edge, uint64_t end, const Columns* x, const Ahead& ahead,
                                   VD sums[vectors]) {
  const float* weights = rows.csr().weights.data();
  for (; edge < end; ++edge) {
    ahead.prefetch_line(edge);
    const Columns& line = x[rows.id(edge)];
    const VD weight = hn::Set(D(), weights[edge]);
    for (size_t k = 0; k < vectors; ++k) sums[k] = hn::Add(sums[k], hn::Mul(weight, load(line, k)));
  }
}

void sum_rows(const Rows& rows, const double* scales, double factor, size_t begin, size_t end, const Columns* x,
              Columns* out) {
  const Ahead ahead(rows, x);
  for (size_t node = begin; node < end; ++node, ++out) {
    const uint64_t edge = rows.offset(static_cast<uint32_t>(node));
    const uint64_t row_end = edge + rows.degree(static_cast<uint32_t>(node));
    VD sums[vectors];
    for (VD& sum : sums) sum = hn::Zero(D());
    if (rows.weighted()) {
      add_weighted_lines(rows, edge, row_end, x, ahead, sums);
    } else {
      add_lines(rows, edge, row_end, x, ahead, sums);
    }
    const VD scale = hn::Set(D(), scales == nullptr ? factor : factor * scales[node]);
    for (size_t k = 0; k < vectors; ++k) store(hn::Mul(sums[k], scale), *out, k);
  }
}

void apply(const Columns* x, Columns* means, double follow, const double* measure, size_t count, Sums& products) {
  VD sums[vectors];
  for (size_t k = 0; k < vectors; ++k) sums[k] = load(products, k);
  const VD follows = hn::Set(D(), follow);
  for (size_t i = 0; i < count; ++i) {
    const VD weight = hn::Set(D(), measure[i]);
    for (size_t k = 0; k < vectors; ++k) {
      const VD value = load(x[i], k);
      const VD image = hn::Sub(value, hn::Mul(follows, load(means[i], k)));
      store(image, means[i], k);
      sums[k] = hn::Add(sums[k], hn::Mul(hn::Mul(weight, value), image));
    }
  }
  for (size_t k = 0; k < vectors; ++k) store(sums[k], products, k);
}

void descend(Columns* residual, const Columns* image, const Sums& step, const double* measure, size_t count,
             Sums& squares, Sums& sizes) {
  VD steps[vectors], square[vectors], size[vectors];
  for (size_t k = 0; k < vectors; ++k) {
    steps[k] = load(step, k);
    square[k] = load(squares, k);
    size[k] = load(sizes, k);
  }
  for (size_t i = 0; i < count; ++i) {
    const VD weight = hn::Set(D(), measure[i]);
    for (size_t k = 0; k < vectors; ++k) {
      const VD left = hn::Sub(load(residual[i], k), hn::Mul(steps[k], load(image[i], k)));
      store(left, residual[i], k);
      const VD weighted = hn::Mul(weight, hn::Abs(left));
      square[k] = hn::Add(square[k], hn::Mul(weighted, hn::Abs(left)));
      size[k] = hn::Add(size[k], weighted);
    }
  }
  for (size_t k = 0; k < vectors; ++k) {
    store(square[k], squares, k);
    store(size[k], sizes, k);
  }
}

void advance(Columns* solution, Columns* direction, const Columns* residual, const Sums& step, const Sums& ratio,
             size_t count) {
  VD steps[vectors], ratios[vectors];
  for (size_t k = 0; k < vectors; ++k) {
    steps[k] = load(step, k);
    ratios[k] = load(ratio, k);
  }
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < vectors; ++k) {
      const VD old = load(direction[i], k);
      store(hn::Add(load(solution[i], k), hn::Mul(steps[k], old)), solution[i], k);
      store(hn::Add(load(residual[i], k), hn::Mul(ratios[k], old)), direction[i], k);
    }
  }
}

#endif

}  // namespace pinsage::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pinsage::simd {

HWY_EXPORT(sum_rows);
HWY_EXPORT(apply);
HWY_EXPORT(descend);
HWY_EXPORT(advance);

void sum_rows(const Rows& rows, const double* scales, double factor, size_t begin, size_t end, const Columns* x,
              Columns* out) {
  if (use_plain) return plain::sum_rows(rows, scales, factor, begin, end, x, out);
  HWY_DYNAMIC_DISPATCH(sum_rows)(rows, scales, factor, begin, end, x, out);
}

void apply(const Columns* x, Columns* means, double follow, const double* measure, size_t count, Sums& products) {
  if (use_plain) return plain::apply(x, means, follow, measure, count, products);
  HWY_DYNAMIC_DISPATCH(apply)(x, means, follow, measure, count, products);
}

void descend(Columns* residual, const Columns* image, const Sums& step, const double* measure, size_t count,
             Sums& squares, Sums& sizes) {
  if (use_plain) return plain::descend(residual, image, step, measure, count, squares, sizes);
  HWY_DYNAMIC_DISPATCH(descend)(residual, image, step, measure, count, squares, sizes);
}

void advance(Columns* solution, Columns* direction, const Columns* residual, const Sums& step, const Sums& ratio,
             size_t count) {
  if (use_plain) return plain::advance(solution, direction, residual, step, ratio, count);
  HWY_DYNAMIC_DISPATCH(advance)(solution, direction, residual, step, ratio, count);
}

}  // namespace pinsage::simd
#endif

#else  // without Highway

namespace pinsage::simd {

void sum_rows(const Rows& rows, const double* scales, double factor, size_t begin, size_t end, const Columns* x,
              Columns* out) {
  plain::sum_rows(rows, scales, factor, begin, end, x, out);
}
void apply(const Columns* x, Columns* means, double follow, const double* measure, size_t count, Sums& products) {
  plain::apply(x, means, follow, measure, count, products);
}
void descend(Columns* residual, const Columns* image, const Sums& step, const double* measure, size_t count,
             Sums& squares, Sums& sizes) {
  plain::descend(residual, image, step, measure, count, squares, sizes);
}
void advance(Columns* solution, Columns* direction, const Columns* residual, const Sums& step, const Sums& ratio,
             size_t count) {
  plain::advance(solution, direction, residual, step, ratio, count);
}

}  // namespace pinsage::simd

#endif
