#include <cfloat>
#include <string>
#include <vector>

#include "napi/modules.hpp"
#ifdef PINSAGE_HAVE_CUDA
#include "napi/dense_source.hpp"
#include "napi/device_floats.hpp"
#include "pinsage/cuda/gather.hpp"
#include "pinsage/cuda/tensor.hpp"
#endif
#include "pinsage/tensor/adam.hpp"
#include "pinsage/tensor/elementwise.hpp"
#include "pinsage/tensor/gemm.hpp"
#include "pinsage/tensor/layout.hpp"
#include "pinsage/tensor/linear.hpp"
#include "pinsage/tensor/losses.hpp"
#include "pinsage/tensor/max_pool.hpp"
#include "pinsage/tensor/memory.hpp"
#include "pinsage/tensor/normalize.hpp"
#include "pinsage/tensor/piecewise.hpp"
#include "pinsage/tensor/random.hpp"
#include "pinsage/tensor/reduce.hpp"
#include "pinsage/tensor/softmax.hpp"
#include "pinsage/tensor/sparse.hpp"
#include "pinsage/tensor/top_k.hpp"

/// The tensor kernels as synchronous calls on typed arrays, see lib/tensor.ts. Results are written into arrays of the
/// caller.
namespace pinsage::binding {
namespace {

using Info = Napi::CallbackInfo;

/// No dimension is longer: products of two still fit in 64 bits.
constexpr uint64_t longest = uint64_t{1} << 31;

size_t dimension(const Napi::Value& value, const char* name) {
  return integer(value, name, 0, longest);
}

/// Where a kernel's dense numbers lie, and what runs it: typed arrays, and the processor.
struct Host {
  using Input = std::span<const float>;
  using Output = std::span<float>;
  using MaxPool = tensor::MaxPool;
  using Scores = tensor::Scores;
  using AdamVariable = tensor::AdamVariable;

  static Execution runner(const Info&) { return {}; }
  template <class... Length>
  static Input input(const Napi::Value& value, const char* name, Length... length) {
    return array<const float>(value, name, length...);
  }
  template <class... Length>
  static Output output(const Napi::Value& value, const char* name, Length... length) {
    return array<float>(value, name, length...);
  }
  /// Where an operand begins.
  template <class T>
  static T* from(std::span<T> numbers, size_t offset) {
    return numbers.data() + offset;
  }
};

#ifdef PINSAGE_HAVE_CUDA
/// DeviceFloats, and the GPU. What is sparse are typed arrays here too.
struct Gpu {
  using Input = cuda::DeviceSpan<const float>;
  using Output = cuda::DeviceSpan<float>;
  using MaxPool = tensor::DeviceMaxPool;
  using Scores = tensor::DeviceScores;
  using AdamVariable = tensor::DeviceAdamVariable;

  static cuda::Queue& runner(const Info& info) { return DeviceFloats::queue(info.Env()); }
  template <class... Length>
  static Input input(const Napi::Value& value, const char* name, Length... length) {
    return DeviceFloats::span(value, name, length...);
  }
  template <class... Length>
  static Output output(const Napi::Value& value, const char* name, Length... length) {
    return DeviceFloats::span(value, name, length...);
  }
  template <class T>
  static cuda::DeviceSpan<T> from(cuda::DeviceSpan<T> numbers, size_t offset) {
    return numbers.subspan(offset, numbers.size() - offset);
  }
};
#endif

/// Throws unless the length is a whole number of rows; returns that number.
size_t rows_of(size_t length, size_t width, const char* name) {
  if (width == 0 ? length != 0 : length % width != 0) invalid_argument(name, "is no whole number of rows");
  return width == 0 ? 0 : length / width;
}

float any_float(const Napi::Value& value, const char* name) {
  if (!value.IsNumber()) invalid_argument(name, "must be a number");
  return value.As<Napi::Number>().FloatValue();
}

void allocate(const Info& info, Napi::Value& result) {
  const size_t bytes = integer(info[0], "bytes", 1, uint64_t{1} << 40);
  void* memory = tensor::allocate(bytes);
  result = Napi::ArrayBuffer::New(info.Env(), memory, bytes, [](Napi::Env, void* data) { tensor::deallocate(data); });
}

void release(const Info& info) {
  if (!info[0].IsArrayBuffer()) invalid_argument("buffer", "must be an ArrayBuffer");
  info[0].As<Napi::ArrayBuffer>().Detach();
}

template <class On>
void mat_mul(const Info& info) {
  const tensor::Product product = {
      .m = dimension(info[3], "m"),
      .n = dimension(info[4], "n"),
      .k = dimension(info[5], "k"),
      .transpose_a = boolean(info[6], "transposeA"),
      .transpose_b = boolean(info[7], "transposeB"),
      .precision = static_cast<tensor::Precision>(integer(info[10], "precision", 0, tensor::precisions - 1)),
      .accumulate = boolean(info[11], "accumulate")};
  const size_t a_batches = dimension(info[8], "aBatches"), b_batches = dimension(info[9], "bBatches");
  const size_t batches = std::max(a_batches, b_batches);
  if (a_batches == 0 || b_batches == 0) return;
  const size_t a_size = product.m * product.k, b_size = product.k * product.n, c_size = product.m * product.n;
  const auto a = On::input(info[0], "a"), b = On::input(info[1], "b");
  const auto c = On::output(info[2], "c");
  // Divisions rather than products: three dimensions can overflow.
  const auto holds = [](size_t length, size_t size, size_t count) {
    return size == 0 ? length == 0 : length % size == 0 && length / size == count;
  };
  if (!holds(a.size(), a_size, a_batches)) invalid_argument("a", "has another number of elements than its shape");
  if (!holds(b.size(), b_size, b_batches)) invalid_argument("b", "has another number of elements than its shape");
  if (!holds(c.size(), c_size, batches)) invalid_argument("c", "has another number of elements than its shape");
  for (size_t i = 0; i < batches; ++i) {
    tensor::gemm(product, On::from(a, i % a_batches * a_size), On::from(b, i % b_batches * b_size),
                 On::from(c, i * c_size), On::runner(info));
  }
}

template <class On>
void add_bias(const Info& info) {
  const auto y = On::output(info[0], "y");
  const size_t width = dimension(info[1], "width");
  rows_of(y.size(), width, "y");
  const auto bias = info[2].IsUndefined() ? typename On::Input() : On::input(info[2], "bias");
  if (!bias.empty() && bias.size() != width) invalid_argument("bias", "is not as wide as y");
  tensor::add_bias(y, width, bias, boolean(info[3], "relu"), On::runner(info));
}

template <class On>
void relu_gradient(const Info& info) {
  const auto dy = On::input(info[0], "dy");
  const size_t width = dimension(info[2], "width");
  rows_of(dy.size(), width, "dy");
  const auto db = info[4].IsUndefined() ? typename On::Output() : On::output(info[4], "db", width);
  tensor::relu_gradient(dy, On::input(info[1], "y", dy.size()), width, On::output(info[3], "dz", dy.size()), db,
                        On::runner(info));
}

/// piecewiseLinear(numbers, edges, mean, deviation, y, stride, offset)
void piecewise_linear(const Info& info) {
  const auto numbers = array<const float>(info[0], "numbers");
  const tensor::Piecewise piecewise{.edges = array<const double>(info[1], "edges"),
                                    .mean = number(info[2], "mean", -DBL_MAX, DBL_MAX),
                                    .deviation = number(info[3], "deviation", DBL_MIN, DBL_MAX)};
  const size_t stride = dimension(info[5], "stride"), offset = dimension(info[6], "offset");
  if (offset + piecewise.columns() > stride) invalid_argument("offset", "leaves no room for the columns");
  tensor::piecewise_linear(numbers, piecewise, array<float>(info[4], "y", numbers.size() * stride), stride, offset, {});
}

template <class On>
void unary(const Info& info) {
  const auto operation = static_cast<tensor::Unary>(integer(info[0], "operation", 0, tensor::unary_operations - 1));
  const auto x = On::input(info[1], "x");
  tensor::unary(operation, x, On::output(info[2], "y", x.size()), On::runner(info));
}

template <class On>
void binary(const Info& info) {
  const auto operation = static_cast<tensor::Binary>(integer(info[0], "operation", 0, tensor::binary_operations - 1));
  const auto x = On::input(info[1], "x");
  const auto broadcast = static_cast<tensor::Broadcast>(integer(info[3], "broadcast", 0, 3));
  const size_t width = dimension(info[4], "width");
  const size_t rows = rows_of(x.size(), width, "x");
  const size_t lengths[] = {x.size(), 1, width, rows};
  const auto other = On::input(info[2], "other", lengths[static_cast<size_t>(broadcast)]);
  tensor::binary(operation, x, other, broadcast, width, boolean(info[5], "swapped"), On::output(info[6], "y", x.size()),
                 On::runner(info));
}

template <class On>
void sum_rows(const Info& info) {
  const auto y = On::output(info[3], "y");
  const size_t columns = dimension(info[1], "columns");
  const auto x = On::input(info[0], "x");
  if (columns != 0 ? rows_of(x.size(), columns, "x") != y.size() : !x.empty())
    invalid_argument("y", "is not as long as x has rows");
  tensor::sum_rows(x, columns, static_cast<float>(number(info[2], "scale", -INFINITY, INFINITY)), y, On::runner(info));
}

template <class On>
void sum_columns(const Info& info) {
  const size_t columns = dimension(info[1], "columns");
  const auto x = On::input(info[0], "x");
  rows_of(x.size(), columns, "x");
  const auto y = On::output(info[3], "y", columns);
  tensor::sum_columns(x, columns, static_cast<float>(number(info[2], "scale", -INFINITY, INFINITY)), y,
                      On::runner(info));
}

/// reduceRows(operation, x, columns, y)
template <class On>
void reduce_rows(const Info& info) {
  const auto reduction = static_cast<tensor::Reduction>(integer(info[0], "operation", 0, tensor::reductions - 1));
  const auto y = On::output(info[3], "y");
  const size_t columns = dimension(info[2], "columns");
  const auto x = On::input(info[1], "x");
  if (columns != 0 ? rows_of(x.size(), columns, "x") != y.size() : !x.empty())
    invalid_argument("y", "is not as long as x has rows");
  tensor::reduce_rows(reduction, x, columns, y, On::runner(info));
}

/// topK(x, columns, k, values, indices)
void top_k(const Info& info) {
  const auto x = array<const float>(info[0], "x");
  const size_t columns = dimension(info[1], "columns"), k = integer(info[2], "k", 0, columns);
  const size_t count = rows_of(x.size(), columns, "x") * k;
  tensor::top_k(x, columns, k, array<float>(info[3], "values", count), array<int32_t>(info[4], "indices", count), {});
}

/// A list of arrays, all as long as asked, where asked.
template <class On, class... Length>
std::vector<typename On::Input> inputs(const Napi::Value& value, const char* name, Length... length) {
  if (!value.IsArray()) invalid_argument(name, "must be an array of arrays of numbers");
  const auto arrays = value.As<Napi::Array>();
  std::vector<typename On::Input> inputs(arrays.Length());
  for (uint32_t i = 0; i < inputs.size(); ++i) inputs[i] = On::input(arrays.Get(i), name, length...);
  return inputs;
}

/// addAll(terms[], y)
template <class On>
void add_all(const Info& info) {
  const auto y = On::output(info[1], "y");
  const auto terms = inputs<On>(info[0], "terms", y.size());
  tensor::add_all(std::span(terms), y, On::runner(info));
}

/// sumOfSquares(arrays[])
template <class On>
void sum_of_squares(const Info& info, Napi::Value& result) {
  const auto arrays = inputs<On>(info[0], "arrays");
  result = Napi::Number::New(info.Env(), tensor::sum_of_squares(std::span(arrays), On::runner(info)));
}

/// fill(y, value)
template <class On>
void fill(const Info& info) {
  tensor::fill(On::output(info[0], "y"), any_float(info[1], "value"), On::runner(info));
}

/// Throws unless the box's last element lies inside an array of `length` elements.
void check_inside(const char* name, size_t length, size_t offset, const std::vector<tensor::Axis>& axes,
                  size_t tensor::Axis::*stride) {
  if (offset >= length) invalid_argument(name, "ends inside the box");
  size_t left = length - 1 - offset;
  for (const tensor::Axis& axis : axes) {
    // A division rather than a product, which could overflow.
    if (axis.size > 1 && axis.*stride > left / (axis.size - 1)) invalid_argument(name, "ends inside the box");
    left -= (axis.size - 1) * (axis.*stride);
  }
}

/// copyBox(from, fromOffset, fromStrides, to, toOffset, toStrides, sizes)
template <class On>
void copy_box(const Info& info) {
  const auto from = On::input(info[0], "from");
  const auto to = On::output(info[3], "to");
  for (const size_t i : {2, 5, 6}) {
    if (!info[i].IsArray()) invalid_argument("sizes", "must be, as the strides, an array of numbers");
  }
  const auto from_strides = info[2].As<Napi::Array>(), to_strides = info[5].As<Napi::Array>();
  const auto sizes = info[6].As<Napi::Array>();
  std::vector<tensor::Axis> axes(sizes.Length());
  bool empty = false;
  for (uint32_t i = 0; i < axes.size(); ++i) {
    axes[i] = {dimension(sizes.Get(i), "size"), dimension(from_strides.Get(i), "fromStride"),
               dimension(to_strides.Get(i), "toStride")};
    empty |= axes[i].size == 0;
  }
  const size_t from_offset = integer(info[1], "fromOffset", 0, from.size()),
               to_offset = integer(info[4], "toOffset", 0, to.size());
  if (empty) return;
  check_inside("from", from.size(), from_offset, axes, &tensor::Axis::from);
  check_inside("to", to.size(), to_offset, axes, &tensor::Axis::to);
  tensor::copy_box(On::from(from, from_offset), On::from(to, to_offset), std::move(axes), On::runner(info));
}

/// randomUniform(seed, stream, low, high, y), randomNormal(seed, stream, mean, deviation, y)
template <auto function>
void random(const Info& info) {
  const auto parameter = [&](size_t i, const char* name) {
    return static_cast<float>(number(info[i], name, -FLT_MAX, FLT_MAX));
  };
  function(word64(info[0], "seed"), static_cast<uint32_t>(integer(info[1], "stream", 0, UINT32_MAX)),
           parameter(2, "low or mean"), parameter(3, "high or deviation"), array<float>(info[4], "y"), {});
}

/// softmax(x, columns, y)
template <class On>
void softmax(const Info& info) {
  const auto x = On::input(info[0], "x");
  const size_t columns = dimension(info[1], "columns");
  rows_of(x.size(), columns, "x");
  tensor::softmax(x, columns, On::output(info[2], "y", x.size()), On::runner(info));
}

/// l2Normalize(x, width, y)
template <class On>
void l2_normalize(const Info& info) {
  const auto x = On::input(info[0], "x");
  const size_t width = dimension(info[1], "width");
  rows_of(x.size(), width, "x");
  tensor::l2_normalize(x, width, On::output(info[2], "y", x.size()), On::runner(info));
}

/// y = matrix · x.
template <class On>
void sparse_product(const Info& info, const tensor::SparseMatrix& matrix, const Napi::Value& x, size_t width,
                    const Napi::Value& y) {
  tensor::multiply(matrix, On::input(x, "x", matrix.columns * width), width, On::output(y, "y", matrix.rows() * width),
                   On::runner(info));
}

/// The rows of a table of this width that an array is.
template <class On>
size_t table_rows(const Napi::Value& value, size_t width, const char* name) {
  return rows_of(On::input(value, name).size(), width, name);
}

/// gatherRows(x, width, rows, y)
template <class On>
void gather_rows(const Info& info) {
  const size_t width = dimension(info[1], "width");
  const auto rows = array<const int32_t>(info[2], "rows");
  sparse_product<On>(info, tensor::selection(rows, table_rows<On>(info[0], width, "x")), info[0], width, info[3]);
}

/// scatterRows(dy, width, rows, dx): dx is cleared, then dy's rows are added in order; rows out of range are left out.
template <class On>
void scatter_rows(const Info& info) {
  const size_t width = dimension(info[1], "width");
  const auto rows = array<const int32_t>(info[2], "rows");
  sparse_product<On>(info, transpose(tensor::lenient_selection(rows, table_rows<On>(info[3], width, "dx"))), info[0],
                     width, info[3]);
}

tensor::SparseMatrix pool_shares(const Info& info, size_t columns) {
  const auto neighbors = array<const int32_t>(info[2], "neighbors");
  const size_t slots = dimension(info[4], "neighborsPerNode");
  rows_of(neighbors.size(), slots, "neighbors");
  return tensor::shares(neighbors, array<const float>(info[3], "weights", neighbors.size()), slots, columns);
}

/// importancePool(h, width, neighbors, weights, neighborsPerNode, y)
template <class On>
void importance_pool(const Info& info) {
  const size_t width = dimension(info[1], "width");
  sparse_product<On>(info, pool_shares(info, table_rows<On>(info[0], width, "h")), info[0], width, info[5]);
}

/// importancePoolGradient(dy, width, neighbors, weights, neighborsPerNode, dh)
template <class On>
void importance_pool_gradient(const Info& info) {
  const size_t width = dimension(info[1], "width");
  sparse_product<On>(info, transpose(pool_shares(info, table_rows<On>(info[5], width, "dh"))), info[0], width, info[5]);
}

/// importancePoolBeforeRelu(dy, width, neighbors, weights, neighborsPerNode, t, dz, db)
template <class On>
void importance_pool_before_relu(const Info& info) {
  const size_t width = dimension(info[1], "width");
  const auto matrix = transpose(pool_shares(info, table_rows<On>(info[5], width, "t")));
  const auto t = On::input(info[5], "t");
  tensor::multiply_before_relu(matrix, On::input(info[0], "dy", matrix.columns * width), width, t,
                               On::output(info[6], "dz", t.size()), On::output(info[7], "db", width), On::runner(info));
}

template <class On>
typename On::MaxPool max_pool_of(const Info& info) {
  const typename On::MaxPool pool = {.h = On::input(info[0], "h"),
                                     .width = dimension(info[1], "width"),
                                     .neighbors = array<const int32_t>(info[2], "neighbors"),
                                     .weights = array<const float>(info[3], "weights"),
                                     .neighbors_per_node = dimension(info[4], "neighborsPerNode")};
  rows_of(pool.h.size(), pool.width, "h");
  rows_of(pool.neighbors.size(), pool.neighbors_per_node, "neighbors");
  if (pool.weights.size() != pool.neighbors.size()) invalid_argument("weights", "has another length than neighbors");
  return pool;
}

/// The elements of the pooled rows.
template <class MaxPool>
size_t pooled_size(const MaxPool& pool) {
  return pool.neighbors_per_node == 0 ? 0 : pool.neighbors.size() / pool.neighbors_per_node * pool.width;
}

/// maxPool(h, width, neighbors, weights, neighborsPerNode, y)
template <class On>
void max_pool(const Info& info) {
  const auto pool = max_pool_of<On>(info);
  tensor::max_pool(pool, On::output(info[5], "y", pooled_size(pool)), On::runner(info));
}

/// maxPoolGradient(h, width, neighbors, weights, neighborsPerNode, dy, dh)
template <class On>
void max_pool_gradient(const Info& info) {
  const auto pool = max_pool_of<On>(info);
  tensor::max_pool_gradient(pool, On::input(info[5], "dy", pooled_size(pool)), On::output(info[6], "dh", pool.h.size()),
                            On::runner(info));
}

/// l2NormalizeGradient(x, dy, width, dx)
template <class On>
void l2_normalize_gradient(const Info& info) {
  const auto x = On::input(info[0], "x");
  const size_t width = dimension(info[2], "width");
  rows_of(x.size(), width, "x");
  tensor::l2_normalize_gradient(x, On::input(info[1], "dy", x.size()), width, On::output(info[3], "dx", x.size()),
                                On::runner(info));
}

tensor::SparseMatrix bag_matrix(const Info& info, size_t columns) {
  const auto rows = array<const int32_t>(info[3], "bag.rows");
  return tensor::bags(array<const int32_t>(info[2], "bag.offsets"), rows,
                      array<const float>(info[4], "bag.weights", rows.size()), columns);
}

/// embeddingBag(table, width, offsets, rows, weights, y)
template <class On>
void embedding_bag(const Info& info) {
  const size_t width = dimension(info[1], "width");
  sparse_product<On>(info, bag_matrix(info, table_rows<On>(info[0], width, "table")), info[0], width, info[5]);
}

/// embeddingBagGradient(dy, width, offsets, rows, weights, dtable)
template <class On>
void embedding_bag_gradient(const Info& info) {
  const size_t width = dimension(info[1], "width");
  sparse_product<On>(info, transpose(bag_matrix(info, table_rows<On>(info[5], width, "dtable"))), info[0], width,
                     info[5]);
}

template <class On>
typename On::Scores scores_of(const Info& info) {
  const size_t rows = dimension(info[1], "rows"), columns = dimension(info[2], "columns");
  return {.values = On::input(info[0], "scores", rows * columns), .rows = rows, .columns = columns};
}

template <class Scores>
tensor::ScoreMask mask_of(const Napi::Value& value, const Scores& scores) {
  const auto pairs = optional_array<const int32_t>(value, "masked");
  rows_of(pairs.size(), 2, "masked");
  return tensor::ScoreMask(pairs, scores.rows, scores.columns);
}

/// softmaxCrossEntropy(logits, rows, columns, labels, masked, loss)
template <class On>
void softmax_cross_entropy(const Info& info) {
  const auto scores = scores_of<On>(info);
  const auto labels = array<const int32_t>(info[3], "labels", scores.rows);
  tensor::softmax_cross_entropy(scores, labels, mask_of(info[4], scores), On::output(info[5], "loss", 1),
                                On::runner(info));
}

/// softmaxCrossEntropyGradient(logits, rows, columns, labels, masked, dy, dlogits)
template <class On>
void softmax_cross_entropy_gradient(const Info& info) {
  const auto scores = scores_of<On>(info);
  const auto labels = array<const int32_t>(info[3], "labels", scores.rows);
  tensor::softmax_cross_entropy_gradient(scores, labels, mask_of(info[4], scores), On::input(info[5], "dy", 1),
                                         On::output(info[6], "dlogits", scores.values.size()), On::runner(info));
}

/// hingeLoss(scores, rows, columns, positive, margin, masked, loss)
template <class On>
void hinge_loss(const Info& info) {
  const auto scores = scores_of<On>(info);
  tensor::hinge_loss(scores, On::input(info[3], "positive", scores.rows), any_float(info[4], "margin"),
                     mask_of(info[5], scores), On::output(info[6], "loss", 1), On::runner(info));
}

/// hingeLossGradient(scores, rows, columns, positive, margin, masked, dy, dscores)
template <class On>
void hinge_loss_gradient(const Info& info) {
  const auto scores = scores_of<On>(info);
  tensor::hinge_loss_gradient(scores, On::input(info[3], "positive", scores.rows), any_float(info[4], "margin"),
                              mask_of(info[5], scores), On::input(info[6], "dy", 1),
                              On::output(info[7], "dscores", scores.values.size()), On::runner(info));
}

/// adam(values[], gradients[], firsts[], seconds[], learningRate, beta1, beta2, epsilon, weightDecay, iteration,
/// rowWidths[])
template <class On>
void adam(const Info& info) {
  for (size_t i = 0; i < 4; ++i) {
    if (!info[i].IsArray()) invalid_argument("variables", "must be arrays of typed arrays");
  }
  const auto values = info[0].As<Napi::Array>(), gradients = info[1].As<Napi::Array>();
  const auto firsts = info[2].As<Napi::Array>(), seconds = info[3].As<Napi::Array>();
  if (!info[10].IsArray()) invalid_argument("rowWidths", "must be an array of numbers");
  const auto row_widths = info[10].As<Napi::Array>();
  std::vector<typename On::AdamVariable> variables(values.Length());
  for (uint32_t i = 0; i < variables.size(); ++i) {
    const auto value = On::output(values.Get(i), "value");
    variables[i] = {.value = value,
                    .gradient = On::input(gradients.Get(i), "gradient", value.size()),
                    .first = On::output(firsts.Get(i), "first", value.size()),
                    .second = On::output(seconds.Get(i), "second", value.size()),
                    .row_width = dimension(row_widths.Get(i), "rowWidth")};
    if (variables[i].row_width != 0) rows_of(value.size(), variables[i].row_width, "value");
  }
  tensor::adam(variables,
               {.learning_rate = number(info[4], "learningRate", 0, INFINITY),
                .beta1 = number(info[5], "beta1", 0, 1),
                .beta2 = number(info[6], "beta2", 0, 1),
                .epsilon = number(info[7], "epsilon", 0, INFINITY),
                .weight_decay = number(info[8], "weightDecay", 0, INFINITY),
                .iteration = number(info[9], "iteration", 1, INFINITY)},
               On::runner(info));
}

#ifdef PINSAGE_HAVE_CUDA
/// featureTable(source): its handle.
void feature_table(const Info& info, Napi::Value& result) {
  if (!info[0].IsObject()) invalid_argument("source", "must be a dense source");
  result = Napi::External<cuda::FeatureTable>::New(info.Env(),
                                                   new cuda::FeatureTable(dense_source(info[0].As<Napi::Object>())),
                                                   [](Napi::Env, cuda::FeatureTable* table) { delete table; });
}

/// gatherFeature(table, pins, known, y)
void gather_feature(const Info& info) {
  if (!info[0].IsExternal()) invalid_argument("table", "is not a feature table's handle");
  info[0].As<Napi::External<cuda::FeatureTable>>().Data()->gather_rows(
      array<const PinId>(info[1], "pins"), static_cast<uint32_t>(integer(info[2], "known", 0, UINT32_MAX)),
      DeviceFloats::span(info[3], "y"), DeviceFloats::queue(info.Env()));
}
#endif

/// A binding that returns nothing, and one that returns a value.
template <auto function>
Napi::Value call(const Info& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Value result = info.Env().Undefined();
    if constexpr (std::is_invocable_v<decltype(function), const Info&, Napi::Value&>) {
      function(info, result);
    } else {
      function(info);
    }
    return result;
  });
}

}  // namespace

namespace {

using Functions = std::pair<const char*, Napi::Value (*)(const Info&)>;

void set(Napi::Env env, Napi::Object to, std::initializer_list<Functions> functions) {
  for (const auto& [name, function] : functions) to.Set(name, Napi::Function::New(env, function, name));
}

/// What every device has.
template <class On>
void set_kernels(Napi::Env env, Napi::Object to) {
  set(env, to,
      {{"matMul", call<mat_mul<On>>},
       {"addBias", call<add_bias<On>>},
       {"reluGradient", call<relu_gradient<On>>},
       {"fill", call<fill<On>>},
       {"unary", call<unary<On>>},
       {"binary", call<binary<On>>},
       {"addAll", call<add_all<On>>},
       {"sumRows", call<sum_rows<On>>},
       {"sumColumns", call<sum_columns<On>>},
       {"reduceRows", call<reduce_rows<On>>},
       {"sumOfSquares", call<sum_of_squares<On>>},
       {"copyBox", call<copy_box<On>>},
       {"softmax", call<softmax<On>>},
       {"l2Normalize", call<l2_normalize<On>>},
       {"l2NormalizeGradient", call<l2_normalize_gradient<On>>},
       {"gatherRows", call<gather_rows<On>>},
       {"scatterRows", call<scatter_rows<On>>},
       {"importancePool", call<importance_pool<On>>},
       {"importancePoolGradient", call<importance_pool_gradient<On>>},
       {"importancePoolBeforeRelu", call<importance_pool_before_relu<On>>},
       {"maxPool", call<max_pool<On>>},
       {"maxPoolGradient", call<max_pool_gradient<On>>},
       {"embeddingBag", call<embedding_bag<On>>},
       {"embeddingBagGradient", call<embedding_bag_gradient<On>>},
       {"softmaxCrossEntropy", call<softmax_cross_entropy<On>>},
       {"softmaxCrossEntropyGradient", call<softmax_cross_entropy_gradient<On>>},
       {"hingeLoss", call<hinge_loss<On>>},
       {"hingeLossGradient", call<hinge_loss_gradient<On>>},
       {"adam", call<adam<On>>}});
}

}  // namespace

void init_tensor(Napi::Env env, Napi::Object exports) {
  auto tensor = Napi::Object::New(env);
  set_kernels<Host>(env, tensor);
  set(env, tensor,
      {{"allocate", call<allocate>},
       {"release", call<release>},
       {"piecewiseLinear", call<piecewise_linear>},
       {"topK", call<top_k>},
       {"randomUniform", call<random<tensor::random_uniform>>},
       {"randomNormal", call<random<tensor::random_normal>>}});
  exports.Set("tensor", tensor);
#ifdef PINSAGE_HAVE_CUDA
  auto cuda_tensor = Napi::Object::New(env);
  set_kernels<Gpu>(env, cuda_tensor);
  set(env, cuda_tensor, {{"featureTable", call<feature_table>}, {"gatherFeature", call<gather_feature>}});
  DeviceFloats::init(env, cuda_tensor);
  exports.Set("cudaTensor", cuda_tensor);
#endif
}

}  // namespace pinsage::binding
