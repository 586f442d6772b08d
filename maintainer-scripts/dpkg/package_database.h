#pragma once
// The packages of the image as dpkg sees them while it configures.

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/entry_path.h"

namespace stamp::scripts {

/// Where a package is on its way. Order as in dpkg(1), "Package states".
enum class PackageState {
  not_installed,
  half_installed,
  unpacked,
  half_configured,
  triggers_awaited,
  triggers_pending,
  installed,
};

/// A conffile of a package.
struct Conffile {
  std::string path;  ///< "/etc/bash.bashrc"
  std::string md5;
};

/// A package of the image.
struct Package {
  std::string name;
  std::string version;
  std::string architecture;  ///< "amd64", "all"
  bool multi_arch_same = false;
  bool essential = false;
  /// Fields of its control file, by name ("Depends", "Provides", "Section"): as dpkg-query shows
  /// them.
  std::map<std::string, std::string, std::less<>> fields;
  /// preinst, postinst, prerm, postrm, config, templates, triggers, conffiles, shlibs, …
  std::map<std::string, std::string, std::less<>> members;
  std::vector<std::string> files;  ///< in its list's order, as dpkg names them: "/.", "/bin/ls"
  std::vector<Conffile> conffiles;
  PackageState state = PackageState::not_installed;
  std::string unconfigured_reason;  ///< why it stays unpacked, where the recipe accepts that
  bool new_here = true;             ///< false: of a layer below, and installed already

  /// "libc6:amd64" of one that is Multi-Arch: same, else "bash".
  std::string info_name() const;
};

/// All of them.
class PackageDatabase {
 public:
  /// `architecture` is the image's own; `compare_versions` is dpkg's order of versions: < 0, 0, >
  /// 0. Errors of it: invalid.
  PackageDatabase(std::string architecture,
                  std::function<int(std::string_view, std::string_view)> compare_versions);

  void add(Package package);
  std::vector<Package>& all() { return packages_; }
  const std::vector<Package>& all() const { return packages_; }
  /// By "name" (of the image's own architecture or all, else any) or "name:arch"; null when there
  /// is none.
  Package* find(std::string_view name);
  const Package* find(std::string_view name) const;
  int compare_versions(std::string_view a, std::string_view b) const { return compare_(a, b); }
  const std::string& architecture() const { return architecture_; }

 private:
  std::string architecture_;
  std::function<int(std::string_view, std::string_view)> compare_;
  std::vector<Package> packages_;
  std::multimap<std::string, std::size_t, std::less<>> by_name_;
};

}  // namespace stamp::scripts
