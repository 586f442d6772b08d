#pragma once
// What dpkg's programs have in common: their messages, files and order.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/process.h"

namespace stamp::scripts {

/// Where dpkg keeps its own files.
inline constexpr std::string_view kDpkgFolder = "/var/lib/dpkg";

/// The content of a regular file of the tree, links followed; none when there is no such file.
std::optional<std::string> file_text(const Tree& tree, std::string_view path);
/// Writes a file of dpkg's, with the folders above it (0755) where they are missing.
std::errc write_file(Tree& tree, const std::string& path, std::string content);
/// Makes a folder and those above it, 0755, where they are missing.
std::errc make_folders(Tree& tree, std::string_view path);
/// An absolute path with all links followed, whether it is there or not. Empty when links go in
/// circles.
std::string canonical_path(const Tree& tree, std::string_view path);
/// "No such file or directory".
std::string error_text(std::errc error);
/// The lines of a text, without their newlines.
std::vector<std::string> lines_of(std::string_view text);
/// The words of a text, between spaces and tabs.
std::vector<std::string> words_of(std::string_view text);

/// Prints "PROGRAM: error: MESSAGE" and returns 2: so dpkg's programs end. PROGRAM is the name
/// that the process was called by.
int dpkg_error(Process& process, std::string_view message);
/// The same for a wrong command line, with what to read.
int dpkg_bad_usage(Process& process, std::string_view message, std::string_view help);
/// Prints "PROGRAM: warning: MESSAGE".
void dpkg_warning(Process& process, std::string_view message);

/// Where a path stands in the lists that dpkg writes: by a hash of its name.
std::uint32_t dpkg_position(std::string_view path);

/// A line of /etc/passwd or /etc/group.
struct AccountLine {
  std::string name;
  std::uint64_t id = 0;
};
/// Users (`file` is "/etc/passwd") or groups ("/etc/group"), in the file's order.
std::vector<AccountLine> account_lines(const Tree& tree, std::string_view file);

}  // namespace stamp::scripts
