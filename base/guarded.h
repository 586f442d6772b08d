#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

namespace stamp {

/// A value that several threads share; it can be reached only with its lock held.
template <typename T>
class Guarded {
 public:
  /// Access to the value for as long as this object lives.
  class Access {
   public:
    T* operator->() { return &value_; }
    T& operator*() { return value_; }
    /// Waits until `ready(value)` holds; the lock is given up meanwhile.
    template <typename Ready>
    void wait(Ready&& ready) {
      changed_.wait(lock_, [&] { return ready(value_); });
    }
    /// Waits like wait(), for at most `duration`; returns whether `ready` holds.
    template <typename Duration, typename Ready>
    bool wait_for(Duration duration, Ready&& ready) {
      return changed_.wait_for(lock_, duration, [&] { return ready(value_); });
    }

   private:
    friend class Guarded;
    Access(std::mutex& mutex, std::condition_variable& changed, T& value)
        : lock_(mutex), changed_(changed), value_(value) {}
    std::unique_lock<std::mutex> lock_;
    std::condition_variable& changed_;
    T& value_;
  };

  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  /// Locks. Keep the result as short as possible.
  Access lock() { return Access(mutex_, changed_, value_); }
  /// Wakes those who wait() for a change of the value.
  void notify_all() { changed_.notify_all(); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  T value_{};
};

}  // namespace stamp
