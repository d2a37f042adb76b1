#include "cuda/runtime.hpp"
#include "pinsage/cuda/memory.hpp"

namespace pinsage::cuda {

Queue::Queue() {
  need_device();
  place_ = std::make_unique<Place>();
}

Queue::~Queue() = default;

void* Queue::allocate(size_t bytes) {
  return place_->stream().allocate(bytes);
}

void Queue::free(void* memory) noexcept {
  place_->stream().free(memory);
}

void Queue::upload(const void* from, void* to, size_t bytes) {
  if (bytes != 0) place_->stream().upload(from, to, bytes);
}

void Queue::download(const void* from, void* to, size_t bytes) {
  if (bytes != 0) place_->stream().download(from, to, bytes);
  wait();
}

void Queue::wait() {
  place_->stream().wait();
}

}  // namespace pinsage::cuda
