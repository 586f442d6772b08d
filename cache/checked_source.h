#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/stream.h"
#include "cache/blob_folder.h"
#include "cache/cache.h"

namespace stamp::cache {

/// A corrupt error about a blob of the cache, with what to do.
Error damaged_blob(const std::filesystem::path& path, std::string_view cause);

/// A file of the cache as it was when it was opened.
struct BlobFile {
  Fd fd;
  FileIdentity file;
  std::uint64_t size = 0;
};

/// Opens a blob's file; nothing when there is none, or no regular one. Errors: io.
std::optional<BlobFile> open_blob_file(const std::filesystem::path& path);

/// Reads a blob and gives its last byte only when all have the digest; else `on_damage` is told.
class CheckedSource final : public Source {
 public:
  CheckedSource(BlobFile file, const Blob& blob, std::filesystem::path path,
                std::function<void(FileIdentity)> on_damage);
  /// Errors: corrupt.
  std::size_t read(std::span<std::byte> out) override;

 private:
  FileIdentity file_;
  FileSource source_;
  Blob blob_;
  std::filesystem::path path_;
  std::function<void(FileIdentity)> on_damage_;
  Hasher hasher_;
  std::uint64_t seen_ = 0;
  bool ended_ = false;
};

}  // namespace stamp::cache
