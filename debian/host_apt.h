#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::debian {

/// A file of apt's configuration of sources.
struct AptSourcesFile {
  std::string name;  ///< its suffix tells the format: ".sources", or ".list"
  std::string text;
};

/// The mirrors that apt's sources name for a Debian archive, in their order, each once, without a
/// slash at the end.
///
/// `archive` is an archive's address as recipes have it: for ".../archive/debian[/TIMESTAMP]" and
/// ".../debian" the mirrors of the main archive, for ".../debian-security" those of the security
/// archive, and so on by the last word of the address. What does not parse, is disabled or is not
/// http(s) or file is passed over: these are settings of another program.
std::vector<std::string> host_apt_mirrors(std::string_view archive,
                                          std::span<const AptSourcesFile> files);

}  // namespace stamp::debian
