#include "registry-client/attempts.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "registry-client/retry.h"

namespace stamp::registry {
namespace {

using std::chrono::milliseconds;

Error with_note(const Error& error, const std::string& note) {
  return Error(error.kind(), error.headline() + note, error.details());
}

}  // namespace

Setback setback_of(Error error, const Response& head, std::int64_t now) {
  const std::string* after = head.header("retry-after");
  return {.error = std::move(error),
          .status = head.status,
          .retry_after = after != nullptr ? parse_retry_after(*after, now) : std::nullopt};
}

milliseconds Attempts::waiting_time(const Setback& setback) const {
  if (setback.retry_after) {
    if (*setback.retry_after > options_.longest_retry_after) {
      throw with_note(
          setback.error,
          fmt::format(
              "; the server asks to wait {} s, more than {} s",
              std::chrono::duration_cast<std::chrono::seconds>(*setback.retry_after).count(),
              options_.longest_retry_after.count()));
    }
    return with_jitter(*setback.retry_after, Jitter::only_longer);
  }
  return with_jitter(std::min(own_time(setback), options_.longest_wait), Jitter::both_ways);
}

milliseconds Attempts::own_time(const Setback& setback) const {
  constexpr int kMomentOf = 10;
  const bool connection_ended = setback.status == 0;
  if (has_moved_ && connection_ended) return options_.first_wait / kMomentOf;
  milliseconds wait = options_.first_wait;
  for (int i = 1; i < failures_ && wait < options_.longest_wait; ++i) wait *= 2;
  return wait;
}

void Attempts::failed(const Setback& setback) {
  ++failures_;
  if (failures_ >= options_.attempts) {
    throw failures_ == 1 ? setback.error
                         : with_note(setback.error, fmt::format(" ({} attempts)", failures_));
  }
  if (budget_.fetch_sub(1) <= 0) {
    throw with_note(setback.error,
                    fmt::format(" (after {} retries in all)", options_.retries_in_all));
  }
  const milliseconds wait = waiting_time(setback);
  has_moved_ = false;
  if (setback.status == 429 || setback.status == 503) {
    limiter_.hold_back(wait);
  } else {
    options_.wait(wait);
  }
}

}  // namespace stamp::registry
