#pragma once
// What ucf and ucfr have in common: settings, copies, and registries that are kept in eight ages.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/process.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts {

/// A setting: the command line's, else the environment's.
std::string ucf_setting(const Process& process, const Options& options, std::string_view option,
                        std::string_view variable);
/// /etc/ucf.conf is a shell script; as shipped it sets nothing. Errors: Unknown: it does.
void check_ucf_configuration(const Tree& tree);

/// Files of a program that stops at the first failure, as `set -e` does.
class UcfFiles {
 public:
  explicit UcfFiles(Process& process) : process_(process), tree_(process.machine.tree) {}

  bool has_failed() const { return failed_; }
  /// cp -pf: content, mode, owner and time.
  void copy(const std::string& from, const std::string& to);
  /// cp -f: content; mode only of a new file.
  void copy_content(const std::string& from, const std::string& to);
  /// The shell's `>` and mv: a new file.
  void replace(const std::string& path, const std::string& text);
  void make_folder(const std::string& path);
  /// Moves PATH.6 to PATH.7 and so on, and copies PATH to PATH.0.
  enum class Attributes { keep, leave };
  void rotate(const std::string& path, Attributes attributes);

 private:
  std::optional<std::string> content(const std::string& path);
  void put(const std::string& path, const std::string& text, std::uint32_t mode);
  void check(std::errc error, std::string_view program, const std::string& path);

  Process& process_;
  Tree& tree_;
  bool failed_ = false;
};

/// The lines of a registry that do not end in a path, and the first word of the first that does.
struct UcfRegistry {
  std::string others;
  std::string owner;
  std::size_t count = 0;
};
UcfRegistry read_ucf_registry(const Tree& tree, const std::string& file, const std::string& path);

}  // namespace stamp::scripts
