#pragma once

#include <filesystem>
#include <optional>

#include "base/fd.h"

namespace stamp::cache {

/// A lock between processes on a file that is made if it is not there, held while this lives.
class FileLock final {
 public:
  enum class Mode { shared, exclusive };

  /// Waits for the lock. Errors: io; denied; interrupted.
  FileLock(const std::filesystem::path& file, Mode mode);
  /// Takes the lock if nobody else has it. Errors: io; denied.
  static std::optional<FileLock> try_lock(const std::filesystem::path& file, Mode mode);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace stamp::cache
