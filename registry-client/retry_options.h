#pragma once

#include <chrono>
#include <functional>

namespace stamp::registry {

/// How requests are tried again and how the time passes meanwhile.
struct RetryOptions {
  int attempts = 5;                           ///< of a request, with no byte of progress between
  std::chrono::milliseconds first_wait{500};  ///< before the second attempt; doubles, with jitter
  std::chrono::milliseconds longest_wait{30'000};
  std::chrono::seconds longest_retry_after{120};  ///< a server that asks for more has failed
  int retries_in_all = 1000;                      ///< of all requests of a client
  /// How to wait; the default sleeps and notices interruption.
  std::function<void(std::chrono::milliseconds)> wait;
  /// The time that passes while waiting; the default is the steady clock.
  std::function<std::chrono::steady_clock::time_point()> now;
};

/// The options with defaults in the place of empty functions.
RetryOptions with_defaults(RetryOptions options);

}  // namespace stamp::registry
