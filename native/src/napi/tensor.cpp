#include <cfloat>
#include <string>
#include <vector>

#include "napi/modules.hpp"
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

std::span<const float> floats(const Napi::Value& value, const char* name, size_t length) {
  return array<const float>(value, name, length);
}

/// Throws unless the length is a whole number of rows; returns that number.
size_t rows_of(size_t length, size_t width, const char* name) {
  if (width == 0 ? length != 0 : length % width != 0) invalid_argument(name, "is no whole number of rows");
  return width == 0 ? 0 : length / width;
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

void mat_mul(const Info& info) {
  const tensor::Product product = {
      .m = dimension(info[3], "m"),
      .n = dimension(info[4], "n"),
      .k = dimension(info[5], "k"),
      .transpose_a = boolean(info[6], "transposeA"),
      .transpose_b = boolean(info[7], "transposeB"),
      .precision = boolean(info[10], "bf16") ? tensor::Precision::bf16 : tensor::Precision::float32,
      .accumulate = boolean(info[11], "accumulate")};
  const size_t a_batches = dimension(info[8], "aBatches"), b_batches = dimension(info[9], "bBatches");
  const size_t batches = std::max(a_batches, b_batches);
  if (a_batches == 0 || b_batches == 0) return;
  const size_t a_size = product.m * product.k, b_size = product.k * product.n, c_size = product.m * product.n;
  const auto a = array<const float>(info[0], "a"), b = array<const float>(info[1], "b");
  const auto c = array<float>(info[2], "c");
  // Divisions rather than products: three dimensions can overflow.
  const auto holds = [](size_t length, size_t size, size_t count) {
    return size == 0 ? length == 0 : length % size == 0 && length / size == count;
  };
  if (!holds(a.size(), a_size, a_batches)) invalid_argument("a", "has another number of elements than its shape");
  if (!holds(b.size(), b_size, b_batches)) invalid_argument("b", "has another number of elements than its shape");
  if (!holds(c.size(), c_size, batches)) invalid_argument("c", "has another number of elements than its shape");
  for (size_t i = 0; i < batches; ++i) {
    tensor::gemm(product, a.data() + i % a_batches * a_size, b.data() + i % b_batches * b_size, c.data() + i * c_size,
                 {});
  }
}

void add_bias(const Info& info) {
  const auto y = array<float>(info[0], "y");
  const size_t width = dimension(info[1], "width");
  rows_of(y.size(), width, "y");
  const auto bias = optional_array<const float>(info[2], "bias");
  if (!bias.empty() && bias.size() != width) invalid_argument("bias", "is not as wide as y");
  tensor::add_bias(y, width, bias, boolean(info[3], "relu"), {});
}

void relu_gradient(const Info& info) {
  const auto dy = array<const float>(info[0], "dy");
  const size_t width = dimension(info[2], "width");
  rows_of(dy.size(), width, "dy");
  const auto db = info[4].IsUndefined() ? std::span<float>() : array<float>(info[4], "db", width);
  tensor::relu_gradient(dy, floats(info[1], "y", dy.size()), width, array<float>(info[3], "dz", dy.size()), db, {});
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

void unary(const Info& info) {
  const auto operation = static_cast<tensor::Unary>(integer(info[0], "operation", 0, tensor::unary_operations - 1));
  const auto x = array<const float>(info[1], "x");
  tensor::unary(operation, x, array<float>(info[2], "y", x.size()), {});
}

void binary(const Info& info) {
  const auto operation = static_cast<tensor::Binary>(integer(info[0], "operation", 0, tensor::binary_operations - 1));
  const auto x = array<const float>(info[1], "x");
  const auto broadcast = static_cast<tensor::Broadcast>(integer(info[3], "broadcast", 0, 3));
  const size_t width = dimension(info[4], "width");
  const size_t rows = rows_of(x.size(), width, "x");
  const size_t lengths[] = {x.size(), 1, width, rows};
  const auto other = floats(info[2], "other", lengths[static_cast<size_t>(broadcast)]);
  tensor::binary(operation, x, other, broadcast, width, boolean(info[5], "swapped"),
                 array<float>(info[6], "y", x.size()), {});
}

/// addAll(terms[], y)
void add_all(const Info& info) {
  if (!info[0].IsArray()) invalid_argument("terms", "must be an array of typed arrays");
  const auto arrays = info[0].As<Napi::Array>();
  const auto y = array<float>(info[1], "y");
  std::vector<std::span<const float>> terms(arrays.Length());
  for (uint32_t i = 0; i < terms.size(); ++i) terms[i] = floats(arrays.Get(i), "term", y.size());
  tensor::add_all(terms, y, {});
}

void sum_rows(const Info& info) {
  const auto y = array<float>(info[3], "y");
  const size_t columns = dimension(info[1], "columns");
  const auto x = array<const float>(info[0], "x");
  if (columns != 0 ? rows_of(x.size(), columns, "x") != y.size() : !x.empty())
    invalid_argument("y", "is not as long as x has rows");
  tensor::sum_rows(x, columns, static_cast<float>(number(info[2], "scale", -INFINITY, INFINITY)), y, {});
}

void sum_columns(const Info& info) {
  const size_t columns = dimension(info[1], "columns");
  const auto x = array<const float>(info[0], "x");
  rows_of(x.size(), columns, "x");
  const auto y = array<float>(info[3], "y", columns);
  tensor::sum_columns(x, columns, static_cast<float>(number(info[2], "scale", -INFINITY, INFINITY)), y, {});
}

/// reduceRows(operation, x, columns, y)
void reduce_rows(const Info& info) {
  const auto reduction = static_cast<tensor::Reduction>(integer(info[0], "operation", 0, tensor::reductions - 1));
  const auto y = array<float>(info[3], "y");
  const size_t columns = dimension(info[2], "columns");
  const auto x = array<const float>(info[1], "x");
  if (columns != 0 ? rows_of(x.size(), columns, "x") != y.size() : !x.empty())
    invalid_argument("y", "is not as long as x has rows");
  tensor::reduce_rows(reduction, x, columns, y, {});
}

/// topK(x, columns, k, values, indices)
void top_k(const Info& info) {
  const auto x = array<const float>(info[0], "x");
  const size_t columns = dimension(info[1], "columns"), k = integer(info[2], "k", 0, columns);
  const size_t count = rows_of(x.size(), columns, "x") * k;
  tensor::top_k(x, columns, k, array<float>(info[3], "values", count), array<int32_t>(info[4], "indices", count), {});
}

void sum_of_squares(const Info& info, Napi::Value& result) {
  result = Napi::Number::New(info.Env(), tensor::sum_of_squares(array<const float>(info[0], "x"), {}));
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
void copy_box(const Info& info) {
  const auto from = array<const float>(info[0], "from");
  const auto to = array<float>(info[3], "to");
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
  tensor::copy_box(from.data() + from_offset, to.data() + to_offset, std::move(axes), {});
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

template <auto function>
void each_row(const Info& info) {
  const auto x = array<const float>(info[0], "x");
  const size_t width = dimension(info[1], "width");
  rows_of(x.size(), width, "x");
  function(x, width, array<float>(info[2], "y", x.size()), {});
}

/// y = matrix · x.
void sparse_product(const tensor::SparseMatrix& matrix, const Napi::Value& x, size_t width, const Napi::Value& y) {
  tensor::multiply(matrix, floats(x, "x", matrix.columns * width), width, array<float>(y, "y", matrix.rows() * width),
                   {});
}

/// The rows of a table of this width that an array is.
size_t table_rows(const Napi::Value& value, size_t width, const char* name) {
  return rows_of(array<const float>(value, name).size(), width, name);
}

/// gatherRows(x, width, rows, y)
void gather_rows(const Info& info) {
  const size_t width = dimension(info[1], "width");
  const auto rows = array<const int32_t>(info[2], "rows");
  sparse_product(tensor::selection(rows, table_rows(info[0], width, "x")), info[0], width, info[3]);
}

/// scatterRows(dy, width, rows, dx): dx is cleared, then dy's rows are added in order; rows out of range are left out.
void scatter_rows(const Info& info) {
  const size_t width = dimension(info[1], "width");
  const auto rows = array<const int32_t>(info[2], "rows");
  sparse_product(transpose(tensor::lenient_selection(rows, table_rows(info[3], width, "dx"))), info[0], width, info[3]);
}

tensor::SparseMatrix pool_shares(const Info& info, size_t columns) {
  const auto neighbors = array<const int32_t>(info[2], "neighbors");
  const size_t slots = dimension(info[4], "neighborsPerNode");
  rows_of(neighbors.size(), slots, "neighbors");
  return tensor::shares(neighbors, floats(info[3], "weights", neighbors.size()), slots, columns);
}

/// importancePool(h, width, neighbors, weights, neighborsPerNode, y)
void importance_pool(const Info& info) {
  const size_t width = dimension(info[1], "width");
  sparse_product(pool_shares(info, table_rows(info[0], width, "h")), info[0], width, info[5]);
}

/// importancePoolGradient(dy, width, neighbors, weights, neighborsPerNode, dh)
void importance_pool_gradient(const Info& info) {
  const size_t width = dimension(info[1], "width");
  sparse_product(transpose(pool_shares(info, table_rows(info[5], width, "dh"))), info[0], width, info[5]);
}

/// importancePoolBeforeRelu(dy, width, neighbors, weights, neighborsPerNode, t, dz, db)
void importance_pool_before_relu(const Info& info) {
  const size_t width = dimension(info[1], "width");
  const auto matrix = transpose(pool_shares(info, table_rows(info[5], width, "t")));
  const auto t = array<const float>(info[5], "t");
  tensor::multiply_before_relu(matrix, floats(info[0], "dy", matrix.columns * width), width, t,
                               array<float>(info[6], "dz", t.size()), array<float>(info[7], "db", width), {});
}

tensor::MaxPool max_pool_of(const Info& info) {
  const tensor::MaxPool pool = {.h = array<const float>(info[0], "h"),
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
size_t pooled_size(const tensor::MaxPool& pool) {
  return pool.neighbors_per_node == 0 ? 0 : pool.neighbors.size() / pool.neighbors_per_node * pool.width;
}

/// maxPool(h, width, neighbors, weights, neighborsPerNode, y)
void max_pool(const Info& info) {
  const auto pool = max_pool_of(info);
  tensor::max_pool(pool, array<float>(info[5], "y", pooled_size(pool)), {});
}

/// maxPoolGradient(h, width, neighbors, weights, neighborsPerNode, dy, dh)
void max_pool_gradient(const Info& info) {
  const auto pool = max_pool_of(info);
  tensor::max_pool_gradient(pool, floats(info[5], "dy", pooled_size(pool)), array<float>(info[6], "dh", pool.h.size()),
                            {});
}

/// l2NormalizeGradient(x, dy, width, dx)
void l2_normalize_gradient(const Info& info) {
  const auto x = array<const float>(info[0], "x");
  const size_t width = dimension(info[2], "width");
  rows_of(x.size(), width, "x");
  tensor::l2_normalize_gradient(x, floats(info[1], "dy", x.size()), width, array<float>(info[3], "dx", x.size()), {});
}

tensor::SparseMatrix bag_matrix(const Info& info, size_t columns) {
  const auto rows = array<const int32_t>(info[3], "bag.rows");
  return tensor::bags(array<const int32_t>(info[2], "bag.offsets"), rows, floats(info[4], "bag.weights", rows.size()),
                      columns);
}

/// embeddingBag(table, width, offsets, rows, weights, y)
void embedding_bag(const Info& info) {
  const size_t width = dimension(info[1], "width");
  sparse_product(bag_matrix(info, table_rows(info[0], width, "table")), info[0], width, info[5]);
}

/// embeddingBagGradient(dy, width, offsets, rows, weights, dtable)
void embedding_bag_gradient(const Info& info) {
  const size_t width = dimension(info[1], "width");
  sparse_product(transpose(bag_matrix(info, table_rows(info[5], width, "dtable"))), info[0], width, info[5]);
}

tensor::Scores scores_of(const Info& info) {
  const size_t rows = dimension(info[1], "rows"), columns = dimension(info[2], "columns");
  return {.values = floats(info[0], "scores", rows * columns), .rows = rows, .columns = columns};
}

tensor::ScoreMask mask_of(const Napi::Value& value, const tensor::Scores& scores) {
  const auto pairs = optional_array<const int32_t>(value, "masked");
  rows_of(pairs.size(), 2, "masked");
  return tensor::ScoreMask(pairs, scores.rows, scores.columns);
}

float any_float(const Napi::Value& value, const char* name) {
  if (!value.IsNumber()) invalid_argument(name, "must be a number");
  return value.As<Napi::Number>().FloatValue();
}

/// softmaxCrossEntropy(logits, rows, columns, labels, masked)
void softmax_cross_entropy(const Info& info, Napi::Value& result) {
  const auto scores = scores_of(info);
  const auto labels = array<const int32_t>(info[3], "labels", scores.rows);
  result = Napi::Number::New(info.Env(), tensor::softmax_cross_entropy(scores, labels, mask_of(info[4], scores), {}));
}

/// softmaxCrossEntropyGradient(logits, rows, columns, labels, masked, dy, dlogits)
void softmax_cross_entropy_gradient(const Info& info) {
  const auto scores = scores_of(info);
  const auto labels = array<const int32_t>(info[3], "labels", scores.rows);
  tensor::softmax_cross_entropy_gradient(scores, labels, mask_of(info[4], scores), any_float(info[5], "dy"),
                                         array<float>(info[6], "dlogits", scores.values.size()), {});
}

/// hingeLoss(scores, rows, columns, positive, margin, masked)
void hinge_loss(const Info& info, Napi::Value& result) {
  const auto scores = scores_of(info);
  const auto positive = floats(info[3], "positive", scores.rows);
  result = Napi::Number::New(
      info.Env(), tensor::hinge_loss(scores, positive, any_float(info[4], "margin"), mask_of(info[5], scores), {}));
}

/// hingeLossGradient(scores, rows, columns, positive, margin, masked, dy, dscores)
void hinge_loss_gradient(const Info& info) {
  const auto scores = scores_of(info);
  const auto positive = floats(info[3], "positive", scores.rows);
  tensor::hinge_loss_gradient(scores, positive, any_float(info[4], "margin"), mask_of(info[5], scores),
                              any_float(info[6], "dy"), array<float>(info[7], "dscores", scores.values.size()), {});
}

/// adam(values[], gradients[], firsts[], seconds[], learningRate, beta1, beta2, epsilon, weightDecay, iteration,
/// rowWidths[])
void adam(const Info& info) {
  for (size_t i = 0; i < 4; ++i) {
    if (!info[i].IsArray()) invalid_argument("variables", "must be arrays of typed arrays");
  }
  const auto values = info[0].As<Napi::Array>(), gradients = info[1].As<Napi::Array>();
  const auto firsts = info[2].As<Napi::Array>(), seconds = info[3].As<Napi::Array>();
  if (!info[10].IsArray()) invalid_argument("rowWidths", "must be an array of numbers");
  const auto row_widths = info[10].As<Napi::Array>();
  std::vector<tensor::AdamVariable> variables(values.Length());
  for (uint32_t i = 0; i < variables.size(); ++i) {
    const auto value = array<float>(values.Get(i), "value");
    variables[i] = {.value = value,
                    .gradient = array<const float>(gradients.Get(i), "gradient", value.size()),
                    .first = array<float>(firsts.Get(i), "first", value.size()),
                    .second = array<float>(seconds.Get(i), "second", value.size()),
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
               {});
}

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

void init_tensor(Napi::Env env, Napi::Object exports) {
  auto tensor = Napi::Object::New(env);
  const auto add = [&](const char* name, Napi::Value (*function)(const Info&)) {
    tensor.Set(name, Napi::Function::New(env, function, name));
  };
  add("allocate", call<allocate>);
  add("release", call<release>);
  add("matMul", call<mat_mul>);
  add("addBias", call<add_bias>);
  add("reluGradient", call<relu_gradient>);
  add("piecewiseLinear", call<piecewise_linear>);
  add("unary", call<unary>);
  add("binary", call<binary>);
  add("addAll", call<add_all>);
  add("sumRows", call<sum_rows>);
  add("sumColumns", call<sum_columns>);
  add("reduceRows", call<reduce_rows>);
  add("topK", call<top_k>);
  add("sumOfSquares", call<sum_of_squares>);
  add("copyBox", call<copy_box>);
  add("randomUniform", call<random<tensor::random_uniform>>);
  add("randomNormal", call<random<tensor::random_normal>>);
  add("softmax", call<each_row<tensor::softmax>>);
  add("l2Normalize", call<each_row<tensor::l2_normalize>>);
  add("l2NormalizeGradient", call<l2_normalize_gradient>);
  add("gatherRows", call<gather_rows>);
  add("scatterRows", call<scatter_rows>);
  add("importancePool", call<importance_pool>);
  add("importancePoolGradient", call<importance_pool_gradient>);
  add("importancePoolBeforeRelu", call<importance_pool_before_relu>);
  add("maxPool", call<max_pool>);
  add("maxPoolGradient", call<max_pool_gradient>);
  add("embeddingBag", call<embedding_bag>);
  add("embeddingBagGradient", call<embedding_bag_gradient>);
  add("softmaxCrossEntropy", call<softmax_cross_entropy>);
  add("softmaxCrossEntropyGradient", call<softmax_cross_entropy_gradient>);
  add("hingeLoss", call<hinge_loss>);
  add("hingeLossGradient", call<hinge_loss_gradient>);
  add("adam", call<adam>);
  exports.Set("tensor", tensor);
}

}  // namespace pinsage::binding
