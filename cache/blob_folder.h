#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/digest.h"
#include "base/fd.h"
#include "cache/cache.h"

namespace stamp::cache {

/// Which file a path named at some moment.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// The file that `path` names; nothing when there is none. Errors: io.
std::optional<FileIdentity> identity_of(const std::filesystem::path& path);

/// The files of a cache's folder: where they are and what state they are in.
class BlobFolder final {
 public:
  explicit BlobFolder(std::filesystem::path folder)
      : folder_(std::move(folder)), blobs_text_(blobs().string() + "/") {}

  /// Errors: denied (a link, another user's, writable by everybody); io (no folder).
  void check() const;
  /// Whether this process may write to it, or make it. Errors: io.
  bool is_writable() const;
  /// Makes the folders of a cache, durably.
  void make() const;

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path index() const { return folder_ / "index-v1.db"; }
  std::filesystem::path write_lock() const { return folder_ / "write.lock"; }
  std::filesystem::path temporary() const { return folder_ / "tmp"; }
  std::filesystem::path leases() const { return folder_ / "leases"; }
  std::filesystem::path blobs() const { return folder_ / "blobs" / "sha256"; }
  std::filesystem::path shard(const Digest& digest) const;
  std::filesystem::path blob(const Digest& digest) const;

  /// Whether the blob's file is there, a regular file of this size. Errors: io.
  bool has(const Blob& blob) const;
  /// Every file below blobs/, by path.
  std::vector<std::filesystem::path> list() const;
  /// The digest that a path of list() names; nothing for a file that is none of the cache's.
  std::optional<Digest> digest_of(const std::filesystem::path& path) const;

 private:
  std::filesystem::path folder_;
  std::string blobs_text_;  // of blobs(), with the slash behind it
};

}  // namespace stamp::cache
