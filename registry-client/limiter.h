#pragma once

#include <chrono>
#include <cstddef>

#include "base/guarded.h"
#include "registry-client/retry_options.h"

namespace stamp::registry {

/// What all requests to one host share: how many run at a time, and until when none may be sent
/// because the server said that there were too many. Safe from many threads.
class Limiter final {
 public:
  /// `options` must be complete (with_defaults()) and outlive this.
  Limiter(std::size_t concurrency, const RetryOptions& options)
      : options_(options), state_(State{.free = concurrency > 0 ? concurrency : 1}) {}

  /// The right to send one request, for as long as it lives.
  class Slot final {
   public:
    explicit Slot(Limiter& limiter) : limiter_(limiter) { limiter_.acquire(); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() { limiter_.release(); }

   private:
    Limiter& limiter_;
  };

  /// Waits for a slot, and until nobody is to hold back. Errors: interrupted.
  Slot slot() { return Slot(*this); }

  /// No request starts before `time` from now has passed.
  void hold_back(std::chrono::milliseconds time);

 private:
  struct State {
    std::size_t free = 1;
    std::chrono::steady_clock::time_point not_before;
  };
  void acquire();
  void release();

  const RetryOptions& options_;
  Guarded<State> state_;
};

}  // namespace stamp::registry
