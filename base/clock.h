#pragma once

#include <cstdint>

namespace stamp {

/// Today's time, for what may depend on it: refreshing locks, retrying, progress. Never an output
/// byte.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  /// Seconds since 1970, UTC.
  virtual std::int64_t now() const = 0;
};

/// The system's clock.
class SystemClock final : public Clock {
 public:
  std::int64_t now() const override;
};

}  // namespace stamp
