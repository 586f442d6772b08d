// What the crash tests kill: fills a cache, or checks one.
//
//   cache_driver fill FOLDER    stores blobs and results in several transactions
//   cache_driver check FOLDER   fails unless verify() finds nothing and all results are right

#include <cstdio>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "base/clock.h"
#include "base/error.h"
#include "cache/cache.h"

namespace stamp::cache {
namespace {

constexpr int kResults = 4;

std::string text_of(int number, std::string_view name) {
  std::string text = fmt::format("{} {} ", number, name);
  return text + std::string(static_cast<std::size_t>(number) * 30'000, 'x');
}

void fill(Cache& cache) {
  for (int i = 0; i < kResults; ++i) {
    const Blob one = cache.put(text_of(i, "one"));
    const Blob two = cache.put(text_of(i, "two"));
    cache.record(Digest::of(std::to_string(i)),
                 {.outputs = {{"one", one}, {"two", two}}, .note = std::to_string(i)});
    if (i % 2 == 1) cache.flush();
  }
}

/// The number of results that are there. What is there must be right.
int check(Cache& cache) {
  const Verification verification = cache.verify();
  for (const Problem& problem : verification.problems) {
    throw Error(ErrorKind::corrupt, fmt::format("{} {}", problem.path, problem.what));
  }
  int found = 0;
  for (int i = 0; i < kResults; ++i) {
    const auto result = cache.find(Digest::of(std::to_string(i)));
    if (!result) continue;
    ++found;
    if (result->note != std::to_string(i) || result->outputs.size() != 2 ||
        cache.read(result->outputs[0].blob) != text_of(i, "one") ||
        cache.read(result->outputs[1].blob) != text_of(i, "two")) {
      throw Error(ErrorKind::corrupt, fmt::format("result {} is wrong", i));
    }
  }
  for (const std::string& notice : cache.notices()) {
    throw Error(ErrorKind::corrupt, notice);
  }
  return found;
}

int run(std::string_view command, const char* folder) {
  const SystemClock clock;
  try {
    Cache cache(folder, clock);
    if (command == "fill") {
      fill(cache);
    } else {
      fmt::print("{}\n", check(cache));
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}", render(error));
    return 1;
  }
}

}  // namespace
}  // namespace stamp::cache

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return stamp::cache::run(argv[1], argv[2]);
}
