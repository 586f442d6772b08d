#pragma once

#include <cstdint>
#include <string_view>

#include "base/stream.h"

namespace stamp::oci {

/// Writes the plain tar that archives of blobs are: files of mode 0644 and folders of mode 0755, of
/// owner 0, of time 0. Layers are another matter: they come from the folder `layer`.
/// Spec: POSIX.1-2017 pax, "ustar Interchange Format"; sizes from 8 GiB on as GNU tar has them.
class TarWriter final {
 public:
  /// `out` must outlive this.
  explicit TarWriter(Sink& out) : out_(out) {}
  /// `name` ends in a slash and has at most 100 bytes, like all names here.
  void folder(std::string_view name);
  /// A file with exactly `size` bytes. Errors: internal (`bytes` has another number of them).
  void file(std::string_view name, std::uint64_t size, Source& bytes);
  void file(std::string_view name, std::string_view text);
  /// Writes the end of the archive and finishes the sink.
  void finish();

 private:
  Sink& out_;
};

}  // namespace stamp::oci
