#pragma once

#include <stdexcept>
#include <string>

namespace pinsage {

/// What a caller did wrong, or what the machine could not give. `code` is stable; it becomes `PinSageError.code` in
/// JavaScript.
class Error : public std::runtime_error {
 public:
  Error(const char* code, const std::string& message, std::string argument = {})
      : std::runtime_error(message), code_(code), argument_(std::move(argument)) {}

  const char* code() const noexcept { return code_; }
  /// The argument's name, empty when the error is not about one.
  const std::string& argument() const noexcept { return argument_; }

 private:
  const char* code_;
  std::string argument_;
};

[[noreturn]] inline void invalid_argument(const std::string& argument, const std::string& message) {
  throw Error("INVALID_ARGUMENT", argument + ": " + message, argument);
}

}  // namespace pinsage
