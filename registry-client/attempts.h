#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/error.h"
#include "registry-client/limiter.h"
#include "registry-client/retry_options.h"
#include "registry-client/transport.h"

namespace stamp::registry {

/// A failure after which another attempt may succeed.
struct Setback {
  Error error;
  int status = 0;                                        ///< 0: there was no answer
  std::optional<std::chrono::milliseconds> retry_after;  ///< what the server asked for
};

/// The setback that an answer is. `now` is today's time, for a Retry-After that is a date.
Setback setback_of(Error error, const Response& head, std::int64_t now);

/// Counts the attempts at one thing and waits between them.
class Attempts final {
 public:
  /// All must outlive this. `budget` counts down the retries that all may make together.
  Attempts(const RetryOptions& options, Limiter& limiter, std::atomic<int>& budget)
      : options_(options), limiter_(limiter), budget_(budget) {}

  /// Waits for the next attempt: as long as the server asked for, else longer each time, and only a
  /// moment where a connection ended that had moved something. Too many requests make all requests
  /// to the host wait. Errors: the setback's, when there were too many
  /// attempts or the server asks for too long.
  void failed(const Setback& setback);
  /// Something was moved since the last attempt: it does not count.
  void progressed() {
    failures_ = 0;
    has_moved_ = true;
  }

 private:
  std::chrono::milliseconds waiting_time(const Setback& setback) const;
  std::chrono::milliseconds own_time(const Setback& setback) const;

  const RetryOptions& options_;
  Limiter& limiter_;
  std::atomic<int>& budget_;
  int failures_ = 0;
  bool has_moved_ = false;  ///< since the last failure
};

}  // namespace stamp::registry
