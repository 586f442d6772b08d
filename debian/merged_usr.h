#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/entry_path.h"

namespace stamp::debian {

/// The folders of the root that are links into /usr where /usr is merged.
class MergedUsr {
 public:
  /// Nothing is merged.
  MergedUsr() = default;
  /// Those of a base: names of one component each ("bin", "lib64").
  explicit MergedUsr(std::vector<std::string> folders);
  /// Those that an architecture's libc needs: amd64: bin lib lib64 sbin; arm64: bin lib sbin; …
  static MergedUsr for_architecture(std::string_view architecture);

  /// Those together with the folders that only multilib packages use (amd64: lib32 libx32): what
  /// entries are mapped by. Their links are made where something is shipped there.
  MergedUsr with_multilib() const;
  /// The folders of multilib packages that the architecture may have, in byte order.
  const std::vector<std::string>& multilib() const { return multilib_; }
  /// The names, in byte order. Each is a link to "usr/NAME".
  const std::vector<std::string>& folders() const { return folders_; }
  /// Whether `path` is one of the links themselves.
  bool is_link(const EntryPath& path) const;
  /// Where an entry of that path goes: "bin/ls" → "usr/bin/ls", "bin" → "usr/bin", others as they
  /// are. Use it for the targets of hard links too, not for those of symbolic links.
  EntryPath map(const EntryPath& path) const;

 private:
  std::vector<std::string> folders_;
  std::vector<std::string> multilib_;
};

}  // namespace stamp::debian
