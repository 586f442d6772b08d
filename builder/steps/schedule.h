#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "builder/progress.h"

namespace stamp::build {

/// A piece of work of a build.
struct Task {
  std::string name;                ///< for people: "ffmpeg 7:5.1.6-0+deb12u1"
  std::uint64_t weight = 1;        ///< about how long it takes, in bytes that it moves
  std::vector<std::size_t> needs;  ///< tasks that must be done before, as positions in the list
  std::function<void()> run;
};

/// Runs all tasks on `threads` threads, each after what it needs; of those that could start, the
/// one at the head of the longest way to the end goes first. The first error stops what has not
/// started. Errors: that of the task; interrupted; internal when tasks need each other in a
/// circle.
void run_tasks(const std::vector<Task>& tasks, std::size_t threads, Progress& progress);

}  // namespace stamp::build
