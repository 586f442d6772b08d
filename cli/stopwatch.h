#pragma once

#include <chrono>

namespace stamp::cli {

/// How long a command has run, for its JSON.
class Stopwatch final {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace stamp::cli
