#pragma once

#include <cstdio>
#include <exception>
#include <string>

#include "pinsage/error.hpp"

/// A test program in three macros: TEST("what holds") { CHECK(a == b); }, and one TEST_MAIN() a file. The program
/// prints `tests: n passed, m failed` and exits with 1 when one failed.
namespace pinsage::test {

struct Case {
  const char* name;
  void (*body)();
  Case* next;
};

inline Case* first_case = nullptr;
inline Case** last_case = &first_case;
inline int failed_checks = 0;

struct Registration {
  Registration(const char* name, void (*body)()) : entry{name, body, nullptr} {
    *last_case = &entry;
    last_case = &entry.next;
  }
  Case entry;
};

inline void check(bool holds, const char* expression, const char* file, int line) {
  if (holds) return;
  ++failed_checks;
  std::printf("%s:%d: does not hold: %s\n", file, line, expression);
}

inline int run_all() {
  int passed = 0, failed = 0;
  for (const Case* test = first_case; test != nullptr; test = test->next) {
    failed_checks = 0;
    try {
      test->body();
    } catch (const std::exception& error) {
      ++failed_checks;
      std::printf("threw: %s\n", error.what());
    }
    ++(failed_checks == 0 ? passed : failed);
    if (failed_checks > 0) std::printf("FAILED: %s\n", test->name);
  }
  std::printf("tests: %d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

/// The code of the pinsage::Error that the call throws; empty when it throws none.
template <class Call>
std::string error_code(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return {};
}

}  // namespace pinsage::test

#define PINSAGE_TEST_JOIN2(a, b) a##b
#define PINSAGE_TEST_JOIN(a, b) PINSAGE_TEST_JOIN2(a, b)
#define TEST(name)                                                                     \
  static void PINSAGE_TEST_JOIN(test_, __LINE__)();                                    \
  static const pinsage::test::Registration PINSAGE_TEST_JOIN(registration_, __LINE__)( \
      name, PINSAGE_TEST_JOIN(test_, __LINE__));                                       \
  static void PINSAGE_TEST_JOIN(test_, __LINE__)()
#define CHECK(...) pinsage::test::check((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define TEST_MAIN()                  \
  int main() {                       \
    return pinsage::test::run_all(); \
  }
