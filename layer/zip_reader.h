#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/fd.h"
#include "layer/entry.h"

namespace stamp::layer {

/// Reads a zip archive by its directory at the end, with libarchive.
class ZipReader final {
 public:
  /// `file` is open for reading; `what` names the archive in messages.
  ZipReader(const Fd& file, std::string what);
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  /// The next entry, nothing at the end. Errors: corrupt.
  std::optional<Entry> next();
  /// The content of the entry; its checksum has been checked when the end is reached.
  Source& content();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stamp::layer
