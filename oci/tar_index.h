#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/stream.h"

namespace stamp::oci {

/// Where the files of a tar lie, so that they can be read in any order: for archives of images,
/// whose files are blobs and documents. Layers are another matter: see the folder `layer`.
///
/// Formats: ustar, GNU (long names), pax. Refused: sparse files, a name twice, a wrong checksum, a
/// missing end. Links within the archive are followed, everything else but files is passed over.
/// Spec: POSIX.1-2017 pax; GNU tar manual "Basic Tar Format".
class TarIndex final {
 public:
  /// Reads all headers. `path` names the archive in messages. Errors: io; corrupt (no tar).
  TarIndex(Fd file, std::string path);

  const std::string& path() const { return path_; }
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// The size of a file. Errors: corrupt (it is not there), like all below.
  std::uint64_t size(std::string_view name) const;
  /// The bytes of a file, from `offset` on; refers to this. Several may be read at the same time.
  std::unique_ptr<Source> open(std::string_view name, std::uint64_t offset = 0) const;
  /// The text of a file. Errors also: corrupt (more than `limit` bytes).
  std::string read(std::string_view name, std::uint64_t limit) const;

 private:
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  class Reading;

  const Place* find(std::string_view name) const;
  const Place& at(std::string_view name) const;

  Fd file_;
  std::string path_;
  std::map<std::string, Place, std::less<>> files_;
  std::map<std::string, std::string, std::less<>> links_;  ///< name → the other name
};

}  // namespace stamp::oci
