#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace stamp {

/// Runs tasks on a fixed number of threads. The first error of a task stops those not yet started
/// and comes out of wait().
class Pool final {
 public:
  /// `threads` is at least 1. Errors: unavailable (no threads to be had).
  explicit Pool(std::size_t threads);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  /// Drops tasks that have not started and waits for those that run.
  ~Pool();

  /// Queues a task; tasks start in the order in which they were added. Tasks may add tasks.
  void add(std::function<void()> task);
  /// Waits until no task is left; throws the first error that a task threw. The pool can be used
  /// again.
  void wait();
  /// Whether a task has failed, so that long tasks can stop early.
  bool failed() const;

  /// The number of CPUs that this process may use, at least 1.
  static std::size_t cpus();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stamp
