// Runs a fuzz target on a fixed number of inputs, the same at each run: random bytes, and earlier inputs with a few
// bytes changed. With clang, -fsanitize=fuzzer takes this file's place.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int count, char** arguments) {
  const int inputs = count > 1 ? std::atoi(arguments[1]) : 20'000;
  std::mt19937 random(1);
  std::vector<std::vector<uint8_t>> kept;
  for (int i = 0; i < inputs; ++i) {
    std::vector<uint8_t> input;
    if (kept.empty() || random() % 4 == 0) {
      input.resize(random() % 400);
      const uint32_t mask = random() % 2 ? 0xff : 0x03;  // small numbers are valid more often
      for (uint8_t& byte : input) byte = static_cast<uint8_t>(random() & mask);
    } else {
      input = kept[random() % kept.size()];
      for (uint32_t change = random() % 4; change-- > 0 && !input.empty();)
        input[random() % input.size()] = static_cast<uint8_t>(random());
    }
    LLVMFuzzerTestOneInput(input.data(), input.size());
    if (kept.size() < 256) {
      kept.push_back(std::move(input));
    } else {
      kept[random() % kept.size()] = std::move(input);
    }
  }
  std::printf("fuzz: %d inputs\n", inputs);
}
