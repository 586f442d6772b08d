#pragma once
// What stat, ls and find print of a file. Private to them.

#include <cstdint>
#include <string>
#include <string_view>

#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {

/// "drwxr-xr-x"
std::string type_and_mode(const Inode& inode);
/// Number of links: of a folder, two and its folders.
std::uint64_t link_count(const Inode& inode);
/// What a folder is said to have: one block, as a new one of ext4.
std::uint64_t shown_size(const Inode& inode);
/// 'd' for find's %y: f d l p b c.
char type_letter(const Inode& inode);
/// How a time is shown: "Jan  1 00:16", "Jan  1  1970", "1970-01-01 00:16:40.000000000 +0000".
enum class TimeForm { clock, year, full };
/// In UTC: a build has no time zone.
std::string shown_time(std::int64_t time, TimeForm form);

/// A conversion of a format: "%-5U".
struct Conversion {
  bool left = false;
  bool zeros = false;
  std::size_t width = 0;
  char letter = 0;
};
/// Takes a conversion from the front of `text`, which starts behind its '%'. Errors: Unknown:
/// flags and precisions beyond these.
Conversion take_conversion(std::string_view& text);
std::string padded(const Conversion& conversion, std::string text);
/// Takes an escape (\n, \t, \0, \\ and other octal ones) from the front of `text`, which starts
/// behind its backslash. Errors: Unknown.
char take_escape(std::string_view& text);

}  // namespace stamp::scripts
