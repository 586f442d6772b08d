#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"

namespace stamp {

/// A program of stamp's own that runs beside this one, with pipes to its standard input and output
/// and nothing else of ours: every other descriptor is closed, the environment is the one given.
class Child final {
 public:
  /// What becomes of its standard error.
  enum class Errors { shown, dropped };

  struct Command {
    std::filesystem::path program;
    std::vector<std::string> arguments;    ///< without argv[0]
    std::vector<std::string> environment;  ///< "NAME=value"
    Errors errors = Errors::shown;
    std::optional<std::chrono::milliseconds> time_limit;  ///< from its start; none when empty
  };

  /// Starts it. Errors: unavailable (it cannot be run).
  explicit Child(const Command& command);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  /// Kills it if it still runs, and reaps it.
  ~Child();

  /// Sends `input`, closes its standard input and returns all that it prints, at most `limit`
  /// bytes. Errors: corrupt (more than that); unavailable (the time limit passed); interrupted.
  std::string communicate(std::string_view input, std::uint64_t limit);
  /// Waits for the end: the exit status, or 128 + the signal that ended it. Errors: unavailable
  /// (the time limit passed).
  int wait();

 private:
  /// Time left in milliseconds; -1 without a limit. Errors: unavailable.
  int time_left() const;

  pid_t pid_ = -1;
  Fd to_child_;
  Fd from_child_;
  std::string name_;
  std::optional<std::chrono::milliseconds> time_limit_;
  std::optional<std::chrono::steady_clock::time_point> end_;
};

}  // namespace stamp
