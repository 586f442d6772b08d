#pragma once

#include <cstdint>
#include <filesystem>

#include "base/fd.h"

namespace stamp {

/// A new file that is either published whole by commit() or was never there.
class TempFile final {
 public:
  /// Makes a file of mode 0600 in `folder`. Errors: io.
  explicit TempFile(const std::filesystem::path& folder);
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  /// Deletes the file unless it was committed.
  ~TempFile();

  const Fd& fd() const { return fd_; }
  const std::filesystem::path& path() const { return path_; }
  /// Gives the file the mode that an ordinary new file has: 0666 less the umask.
  void apply_umask();
  /// Syncs the file and closes it: it can still be published. Errors: io.
  void seal();
  /// Syncs the file, renames it to `target` (same file system) and syncs the folder. Errors: io.
  void commit(const std::filesystem::path& target);
  /// Like commit(), but leaves syncing the file and the folder to the caller: for many at a time.
  void publish(const std::filesystem::path& target);

 private:
  std::filesystem::path path_;
  Fd fd_;
  bool committed_ = false;
};

/// A new file without a name in `folder`, which is made if need be: gone when it is closed, however
/// this process ends. Errors: io.
Fd nameless_file(const std::filesystem::path& folder);

/// A new folder below the system's place for temporary files, removed with all it holds.
class TempDir final {
 public:
  /// Errors: io.
  TempDir();
  /// Makes it in `parent`.
  explicit TempDir(const std::filesystem::path& parent);
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace stamp
