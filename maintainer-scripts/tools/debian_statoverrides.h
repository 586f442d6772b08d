#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts {

/// Owner and mode that a path has whatever the package that ships it says.
struct StatOverride {
  std::string path;   ///< "/usr/bin/crontab"
  std::string user;   ///< a name, or "#" and a number
  std::string group;  ///< the same
  std::uint32_t mode = 0;

  friend bool operator==(const StatOverride&, const StatOverride&) = default;
};

/// The overrides of an image, kept in its /var/lib/dpkg/statoverride.
class StatOverrides {
 public:
  /// Errors: corrupt.
  static StatOverrides read(const Tree& tree);
  /// Writes them, in dpkg's order.
  std::errc write(Tree& tree) const;

  /// The override of `path`; null when it has none.
  const StatOverride* of(std::string_view path) const;
  /// In dpkg's order.
  std::vector<StatOverride> all() const;
  /// Adds one, or replaces that of its path.
  void set(StatOverride wanted);
  void remove(std::string_view path);

 private:
  std::vector<StatOverride> list_;
};

/// "root root 4755 /usr/bin/x": a line of the file, without newline.
std::string statoverride_line(const StatOverride& one);
/// The number that an override's user ("redis", "#102"; `file` is "/etc/passwd") or group
/// ("/etc/group") stands for; none when there is no such name.
std::optional<std::uint64_t> statoverride_id(const Tree& tree, std::string_view file,
                                             std::string_view name);

}  // namespace stamp::scripts
