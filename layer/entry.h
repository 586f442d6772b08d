#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/entry_path.h"

namespace stamp::layer {

/// What an entry of an archive or a layer is.
enum class EntryType {
  file,
  directory,
  symlink,
  hardlink,
  character_device,
  block_device,
  fifo,
};

/// Largest user or group id that is accepted: 2^32-1 means "leave as it is" to chown(), and engines
/// disagree above 2^31.
inline constexpr std::uint64_t kMaxOwner = 0x7fffffff;
/// Largest time that is accepted: what eleven octal digits hold (the year 2242).
inline constexpr std::int64_t kMaxTime = (std::int64_t{1} << 33U) - 1;
/// Largest content that is accepted: 8 TiB.
inline constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 43U;
/// Longest target of a link that is accepted, in bytes.
inline constexpr std::size_t kMaxLinkTarget = 4096;

/// One member of an archive or layer, without its content.
struct Entry {
  EntryPath path;
  EntryType type = EntryType::file;
  std::uint32_t mode = 0644;  ///< permission bits and the three special ones, nothing else
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime = 0;  ///< seconds since 1970, UTC
  std::uint64_t size = 0;  ///< bytes of content; 0 unless it is a file
  /// Of a symlink its text as it is; of a hard link the path in the archive without leading slash.
  std::string link_target;
  /// Extended attributes by name ("security.capability").
  std::map<std::string, std::string> xattrs;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;

  friend bool operator==(const Entry&, const Entry&) = default;
};

/// "file", "directory", "symlink", "hard link", "character device", "block device", "fifo".
std::string_view describe(EntryType type);

/// Checks what every entry of a layer must satisfy: a root that is a directory, numbers in the
/// ranges above, a target exactly for links, no content but a file's, text in UTF-8 without NUL,
/// no extended attribute that steers an overlay.
/// Errors: invalid ("'a/b': …").
void validate(const Entry& entry);

}  // namespace stamp::layer
