#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "cache/blob_folder.h"
#include "cache/cache.h"

namespace stamp::cache {

/// What a file below blobs/ turned out to be.
struct Examined {
  std::filesystem::path path;
  std::optional<FileIdentity> file;  ///< nothing: it went away meanwhile
  std::optional<Digest> name;        ///< the digest that its path names; nothing: no blob's path
  std::optional<Blob> bytes;         ///< what it holds; nothing: not a regular file

  /// Whether its bytes are what its name says.
  bool is_whole() const { return name && bytes && bytes->digest == *name; }
};

/// Hashes every file below blobs/, several at a time; by path. Errors: io; interrupted.
std::vector<Examined> examine_all(const BlobFolder& folder);

/// The blobs whose bytes are what their names say.
std::vector<Blob> whole_blobs(const BlobFolder& folder);

}  // namespace stamp::cache
