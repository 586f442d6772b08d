#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/stream.h"
#include "layer/entry.h"

namespace stamp::layer {

/// How an archive is read.
struct ArchiveOptions {
  /// Names the archive in messages ("https://example.org/x.tar.gz").
  std::string what = "archive";
  /// Folder for a nameless temporary file: a zip's directory is at its end, so its bytes are kept
  /// there while it is read. Tar archives need none.
  std::filesystem::path scratch;
};

/// Reads an archive that a user names: tar, alone or in gzip, xz, zstd or bzip2, or zip.
///
/// Strict, as TarReader is, and further refused: a path twice (a directory may be repeated as it
/// was), something below what is not a directory, hard links to anything but an earlier file,
/// symlinks that climb out of the archive's root (absolute ones point into the image and are kept),
/// devices and fifos, ".wh." names, encrypted members. Entries of a zip have time 0, since its
/// times are in an unknown zone.
class ArchiveReader final {
 public:
  /// `from` must outlive this. Errors: corrupt (neither tar nor zip).
  ArchiveReader(Source& from, const ArchiveOptions& options);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  /// The next entry, nothing at the end. What is left of the content before is passed over.
  /// Errors: corrupt ("cannot read <what>: …").
  std::optional<Entry> next();
  /// The content of the entry, until next() is called. Errors of read(): corrupt.
  Source& content();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stamp::layer
