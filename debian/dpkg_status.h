#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "debian/deb822.h"
#include "debian/dpkg_database.h"

namespace stamp::debian {

/// A package in /var/lib/dpkg/status.
struct StatusEntry {
  /// Its fields as a control file has them: without Status, Config-Version, Conffiles and triggers.
  Stanza control;
  std::string state;                   ///< "installed", "unpacked", "config-files", …
  std::vector<ShippedFile> conffiles;  ///< with their MD5; without those that it no longer ships

  std::string name() const { return control.require("Package"); }
  std::string version() const { return std::string(control.get("Version")); }
  std::string architecture() const { return std::string(control.get("Architecture")); }
  /// Whether its files are there: all but "not-installed", "config-files" and "half-installed".
  bool is_unpacked() const;
};

/// Reads a status file. Errors: invalid, with the line; a Status that is not three words; a package
/// without version or architecture, unless it is "not-installed".
std::vector<StatusEntry> parse_status(std::string_view text);

}  // namespace stamp::debian
