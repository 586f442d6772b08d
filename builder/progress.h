#pragma once

#include <cstdint>
#include <string_view>

namespace stamp::build {

/// What a command tells the person who waits for it. Every function may be called from any thread.
/// Nothing here reaches an output byte.
class Progress {
 public:
  Progress() = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  virtual ~Progress() = default;

  /// A phase of work begins ("unpacking packages"): so many steps, which move so many bytes (0: not
  /// known).
  virtual void begin(std::string_view phase, std::uint64_t steps, std::uint64_t bytes) = 0;
  /// A step of the phase begins ("ffmpeg").
  virtual void started(std::string_view step) = 0;
  /// The phase moved so many bytes more.
  virtual void moved(std::uint64_t bytes) = 0;
  /// A step of the phase is done.
  virtual void finished(std::string_view step) = 0;
  /// The phase is over.
  virtual void end() = 0;
  /// A line for the person to read: shown above the progress, also when progress is not shown.
  virtual void note(std::string_view line) = 0;
  /// Like note(), for what deserves attention: "warning: …".
  virtual void warn(std::string_view line) = 0;
};

/// A phase that ends when it goes out of scope.
class Phase final {
 public:
  Phase(Progress& progress, std::string_view name, std::uint64_t steps, std::uint64_t bytes)
      : progress_(progress) {
    progress_.begin(name, steps, bytes);
  }
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;
  ~Phase() { progress_.end(); }

 private:
  Progress& progress_;
};

}  // namespace stamp::build
