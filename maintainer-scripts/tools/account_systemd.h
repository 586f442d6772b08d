#pragma once
// What systemd-sysusers and systemd-tmpfiles have in common: where their files lie and how lines
// are split.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts::accounts {

/// A configuration file that was found.
struct ConfigText {
  std::string path;
  std::string text;
};

/// The files named `names` (a name is looked for in the folders `FOLDER/KIND` of systemd, an
/// absolute path is read as it is); all of those folders when no name is given, by name, where the
/// first folder that has a name wins.
struct ConfigFiles {
  std::vector<ConfigText> files;
  std::vector<std::string> missing;  ///< names that are in none of the folders
};
ConfigFiles read_config(const Tree& tree, std::string_view kind,
                        const std::vector<std::string>& names);

/// Takes the first field off `line`, with quotes and backslashes undone; "" at the end.
std::string take_field(std::string_view& line);

/// `text` with %-specifiers replaced; nothing where one stands for what an image does not have
/// (%m, %b). Errors: Unknown. Spec: tmpfiles.d(5), "SPECIFIERS".
struct Expanded {
  std::string text;
  bool is_of_running_system = false;
};
Expanded expand_specifiers(std::string_view text);

}  // namespace stamp::scripts::accounts
