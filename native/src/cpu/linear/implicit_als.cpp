#include "pinsage/implicit_als.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/linear/vectors.hpp"
#include "pinsage/array.hpp"
#include "pinsage/tensor/gemm.hpp"
#include "pinsage/tensor/random.hpp"

namespace pinsage {

void AlsOptions::check() const {
  if (factors == 0) invalid_argument("factors", "must be at least 1");
  if (iterations == 0) invalid_argument("iterations", "must be at least 1");
  if (steps == 0) invalid_argument("steps", "must be at least 1");
  if (!(confidence > 0)) invalid_argument("confidence", "must be above 0");
  if (!(regularization > 0)) invalid_argument("regularization", "must be above 0");
}

namespace {

/// Rows that one thread solves side by side.
constexpr size_t rows_per_solve = 128;

/// Parts of a sum over all rows: a fixed number, so that its rounding does not depend on that of the threads.
constexpr size_t sum_parts = 16;

/// The matrix products run on the thread that asks for them: each takes a block of rows of its own.
constexpr Execution alone{1};

/// Yᵀ Y, for y of [rows, width].
Array<float> inner_products(std::span<const float> y, size_t width, const Execution& execution) {
  const size_t rows = y.size() / width, size = width * width, part = (rows + sum_parts - 1) / sum_parts;
  Array<float> sums(sum_parts * size);
  parallel_for(execution, sum_parts, 1, [&](size_t i, size_t, int) {
    const size_t begin = std::min(i * part, rows), end = std::min(begin + part, rows);
    float* const sum = sums.data() + i * size;
    if (begin == end) {
      std::fill_n(sum, size, 0.0f);
    } else {
      const float* const first = y.data() + begin * width;
      tensor::gemm({width, width, end - begin, true}, first, first, sum, alone);
    }
  });
  Array<float> total(size);
  std::copy_n(sums.data(), size, total.data());
  for (size_t i = 1; i < sum_parts; ++i) add_scaled(1, sums.data() + i * size, size, total.data());
  return total;
}

/// One side's rows x, given the other side's factors y: of each row
///
///     (Yᵀ Y + λ I + confidence Σ_i y_i y_iᵀ) x = (1 + confidence) Σ_i y_i,  i over the row's neighbours.
class Side {
 public:
  Side(std::span<const float> y, const AlsOptions& options, const Execution& execution)
      : y_(y.data()), options_(options), width_(options.factors), shared_(inner_products(y, width_, execution)) {}

  /// x [rows, factors] are improved in place. for_each(row, use) calls use(i) for each neighbour of a row.
  template <class ForEach>
  void solve(std::span<float> x, ForEach&& for_each, const Execution& execution) const {
    parallel_for(execution, x.size() / width_, rows_per_solve, [&](size_t begin, size_t end, int) {
      const auto neighbors = [&](size_t row, auto&& use) { for_each(begin + row, use); };
      solve_block(x.data() + begin * width_, end - begin, neighbors);
    });
  }

 private:
  /// Conjugate gradients (Hestenes and Stiefel 1952) for each row by itself, in step.
  void solve_block(float* x, size_t rows, auto&& neighbors) const {
    Array<float> residual(rows * width_), direction(rows * width_), image(rows * width_);
    std::vector<float> squares(rows);
    apply(x, rows, neighbors, image.data());
    for (size_t row = 0; row < rows; ++row) {
      float* const r = residual.data() + row * width_;
      std::fill_n(r, width_, 0.0f);
      bool empty = true;
      neighbors(row, [&](size_t i) {
        add_scaled(1 + options_.confidence, y_ + i * width_, width_, r);
        empty = false;
      });
      if (empty) {
        std::fill_n(x + row * width_, width_, 0.0f);
      } else {
        add_scaled(-1, image.data() + row * width_, width_, r);
      }
      squares[row] = dot(r, r, width_);
    }
    std::copy(residual.begin(), residual.end(), direction.begin());
    for (uint32_t step = 0; step < options_.steps; ++step) {
      apply(direction.data(), rows, neighbors, image.data());
      for (size_t row = 0; row < rows; ++row) {
        float* const r = residual.data() + row * width_;
        float* const d = direction.data() + row * width_;
        const float* const a = image.data() + row * width_;
        const float curvature = dot(d, a, width_);
        if (!(curvature > 0)) continue;
        const float length = squares[row] / curvature;
        add_scaled(length, d, width_, x + row * width_);
        add_scaled(-length, a, width_, r);
        const float after = dot(r, r, width_), ratio = after / squares[row];
        squares[row] = after;
        for (size_t i = 0; i < width_; ++i) d[i] = r[i] + ratio * d[i];
      }
    }
  }

  /// out = the left-hand sides of x.
  void apply(const float* x, size_t rows, auto&& neighbors, float* out) const {
    tensor::gemm({rows, width_, width_}, x, shared_.data(), out, alone);
    for (size_t row = 0; row < rows; ++row) {
      const float* const from = x + row * width_;
      float* const to = out + row * width_;
      add_scaled(options_.regularization, from, width_, to);
      neighbors(row, [&](size_t i) {
        const float* const y = y_ + i * width_;
        add_scaled(options_.confidence * dot(y, from, width_), y, width_, to);
      });
    }
  }

  const float* y_;
  const AlsOptions& options_;
  const size_t width_;
  const Array<float> shared_;
};

auto edges_of(const Rows& rows) {
  return [&rows](size_t node, auto&& use) {
    const auto id = static_cast<uint32_t>(node);
    for (uint64_t edge = rows.offset(id), end = edge + rows.degree(id); edge < end; ++edge) use(rows.id(edge));
  };
}

/// Small numbers, and 0 for pins without edges: those take no part.
void start(const Graph& graph, const AlsOptions& options, std::span<float> pins, const Execution& execution) {
  tensor::random_normal(options.seed, 0, 0, 0.1f / std::sqrt(static_cast<float>(options.factors)), pins, execution);
  for (PinId pin = 0; pin < graph.pins(); ++pin) {
    if (graph.pin_rows().degree(pin) == 0)
      std::fill_n(pins.data() + pin * size_t{options.factors}, options.factors, 0.0f);
  }
}

}  // namespace

void implicit_als(const Graph& graph, const AlsOptions& options, std::span<float> pins, const Execution& execution) {
  options.check();
  execution.expect(options.iterations);
  start(graph, options, pins, execution);
  Array<float> boards(graph.boards() * size_t{options.factors});
  std::fill(boards.begin(), boards.end(), 0.0f);
  for (uint32_t iteration = 0; iteration < options.iterations; ++iteration) {
    Side(pins, options, execution).solve(boards.span(), edges_of(graph.board_rows()), execution);
    Side(boards.span(), options, execution).solve(pins, edges_of(graph.pin_rows()), execution);
    execution.advance(1);
  }
}

void als_fold_in(std::span<const float> pins, const CandidateLists& queries, const AlsOptions& options,
                 std::span<float> out, const Execution& execution) {
  options.check();
  std::fill(out.begin(), out.end(), 0.0f);
  const auto members = [&](size_t query, auto&& use) {
    for (const uint32_t pin : queries.of(query)) use(pin);
  };
  Side(pins, options, execution).solve(out, members, execution);
}

}  // namespace pinsage
