#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>

#include "base/digest.h"
#include "base/temp_file.h"
#include "cache/blob_folder.h"
#include "cache/file_lock.h"

namespace stamp::cache {

/// A process's presence in a cache: the list of blobs that it uses, which nobody may remove while
/// this lives, and its own folder for files that are being written. Both go away with it; what a
/// killed process left is removed by the next one. The protocol: docs/formats/cache.md "Locks".
class Session final {
 public:
  /// Makes the lease. The cache's folders are there. Errors: io.
  explicit Session(const BlobFolder& folder);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// Keeps others from removing blobs between a look at the index and the lease for what was found.
  FileLock hold_removals() const;
  /// Lists blobs as used. Errors: io.
  void lease(std::span<const Digest> digests);
  /// The folder for files that are being written.
  const std::filesystem::path& temporary();

 private:
  static std::filesystem::path gate(const BlobFolder& folder) { return folder.leases() / "lock"; }
  static void remove_leftovers(const BlobFolder& folder);

  const BlobFolder& folder_;
  std::optional<TempFile> lease_;
  std::set<Digest> leased_;
  std::filesystem::path temporary_;
};

}  // namespace stamp::cache
