#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "debian/deb822.h"

namespace stamp::debian {

/// A file of a package's control archive: "md5sums", "postinst", …
struct ControlMember {
  std::string name;  ///< a plain name
  std::string text;
  std::uint32_t mode = 0644;  ///< permission bits

  friend bool operator==(const ControlMember&, const ControlMember&) = default;
};

/// The control archive of a package.
struct ControlArchive {
  Stanza control;                      ///< the file "control"
  std::vector<ControlMember> members;  ///< all others, in byte order of name

  /// The member of that name; null when there is none.
  const ControlMember* find(std::string_view name) const;
};

}  // namespace stamp::debian
