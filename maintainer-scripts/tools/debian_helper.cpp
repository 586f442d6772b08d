// dpkg-maintscript-helper(1), dpkg-realpath(1), dpkg-preconfigure(8).

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts {
namespace {

/// dpkg's shell programs end with 1.
int script_error(Process& process, std::string_view message) {
  process.err(fmt::format("{}: error: {}\n", process.name(), message));
  return 1;
}

int script_usage(Process& process, std::string_view message) {
  process.err(fmt::format("{0}: error: {1}\n\nUse '{0} --help' for program usage information.\n",
                          process.name(), message));
  return 1;
}

/// One of the helper's commands and how many words come before the version.
struct HelperCommand {
  std::string_view name;
  std::size_t operands;
};

constexpr HelperCommand kCommands[] = {
    {"rm_conffile", 1},
    {"mv_conffile", 2},
    {"symlink_to_dir", 2},
    {"dir_to_symlink", 2},
};

const HelperCommand* find_command(std::string_view name) {
  const auto found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                  [name](const HelperCommand& c) { return c.name == name; });
  return found == std::end(kCommands) ? nullptr : found;
}

class MaintscriptHelper {
 public:
  MaintscriptHelper(Process& process, const HelperCommand& command)
      : process_(process),
        tree_(process.machine.tree),
        command_(command),
        script_(process.variable("DPKG_MAINTSCRIPT_NAME")) {}

  int run() {
    const auto begin = process_.args.begin() + 2;
    const auto dashes = std::find(begin, process_.args.end(), "--");
    if (dashes == process_.args.end()) {
      return script_usage(process_, "missing arguments after --");
    }
    operands_.assign(begin, dashes);
    parameters_.assign(dashes + 1, process_.args.end());
    parameters_.resize(std::max<std::size_t>(parameters_.size(), 2));
    operands_.resize(std::max<std::size_t>(operands_.size(), command_.operands + 1));
    path_ = operands_.front();
    version_ = operands_[command_.operands];
    if (const std::string flaw = find_flaw(); !flaw.empty()) return script_error(process_, flaw);
    if (const std::string flaw = version_flaw(); !flaw.empty()) {
      return script_error(process_, flaw);
    }
    if (command_.name == "dir_to_symlink" && path_.ends_with('/')) path_.pop_back();
    if (script_ == "preinst") prepare();
    if (script_ == "postinst") finish();
    if (script_ == "postrm") throw Unknown("a postrm is not run on a first installation");
    return 0;
  }

 private:
  std::string find_flaw() const {
    if (parameters_.front().empty()) return "maintainer script parameters are missing";
    if (script_.empty()) return "environment variable DPKG_MAINTSCRIPT_NAME is required";
    if (process_.variable("DPKG_MAINTSCRIPT_PACKAGE").empty()) {
      return "environment variable DPKG_MAINTSCRIPT_PACKAGE is required";
    }
    return is_conffile_command() ? conffile_flaw() : link_flaw();
  }

  bool is_conffile_command() const { return command_.name.ends_with("_conffile"); }

  std::string conffile_flaw() const {
    const bool moves = command_.name == "mv_conffile";
    if (!path_.starts_with('/')) {
      return fmt::format("{} '{}' is not an absolute path", moves ? "old-conffile" : "conffile",
                         path_);
    }
    if (moves && !operands_[1].starts_with('/')) {
      return fmt::format("new-conffile '{}' is not an absolute path", operands_[1]);
    }
    return {};
  }

  std::string link_flaw() const {
    const bool from_link = command_.name == "symlink_to_dir";
    if (path_.empty()) {
      return fmt::format("{} parameter is missing", from_link ? "symlink" : "directory");
    }
    if (!path_.starts_with('/')) {
      return from_link ? "symlink pathname is not an absolute path"
                       : "directory parameter is not an absolute path";
    }
    if (from_link && path_.ends_with('/')) return "symlink pathname ends with a slash";
    if (!operands_[1].empty()) return {};
    return fmt::format("{} symlink target is missing", from_link ? "original" : "new");
  }

  /// What dpkg says of the version; "" when it is one, or there is none.
  std::string version_flaw() const {
    if (version_.empty()) return {};
    const auto said = std::make_shared<Buffer>();
    Process check = process_;
    check.args = {"dpkg", "--validate-version", "--", version_};
    check.files[1] = said;
    check.files[2] = said;
    if (dpkg(check) == 0) return {};
    std::string text = said->take();
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

  /// Whether what was installed before is not newer than the version.
  bool is_upgrade_from_older() const {
    const std::string& old = parameters_[1];
    if (old.empty()) return false;
    return version_.empty() || process_.machine.packages.compare_versions(old, version_) <= 0;
  }

  [[noreturn]] void refuse() const {
    throw Unknown(
        fmt::format("'{}' has something to do: only first installations are known", command_.name));
  }

  void prepare() const {
    const bool unpacks = parameters_[0] == "install" || parameters_[0] == "upgrade";
    if (!unpacks || !is_upgrade_from_older()) return;
    const Found found = tree_.find(path_, LastLink::keep);
    if (!found) return;
    if (command_.name == "symlink_to_dir" && !found.inode->is_symlink()) return;
    if (command_.name == "dir_to_symlink" && !found.inode->is_directory()) return;
    refuse();
  }

  void finish() const {
    if (parameters_[0] != "configure") return;
    if (is_conffile_command()) {
      if (!is_upgrade_from_older()) return;
      const bool left = tree_.exists(path_) || tree_.exists(path_ + ".dpkg-remove") ||
                        tree_.exists(path_ + ".dpkg-backup");
      if (left) refuse();
      return;
    }
    const Found backup = tree_.find(path_ + ".dpkg-backup", LastLink::keep);
    if (!backup) return;
    const bool from_link = command_.name == "symlink_to_dir";
    if (from_link ? backup.inode->is_symlink() : backup.inode->is_directory()) refuse();
  }

  Process& process_;
  Tree& tree_;
  const HelperCommand& command_;
  std::string script_;
  std::vector<std::string> operands_;
  std::vector<std::string> parameters_;
  std::string path_;
  std::string version_;
};

int check_support(Process& process) {
  const bool known = process.args.size() > 2 && find_command(process.args[2]) != nullptr;
  int status = known ? 0 : 1;
  for (const std::string_view name : {"DPKG_MAINTSCRIPT_NAME", "DPKG_MAINTSCRIPT_PACKAGE"}) {
    if (!process.variable(name).empty()) continue;
    dpkg_warning(process, fmt::format("environment variable {} missing", name));
    status = 1;
  }
  return status;
}

}  // namespace

int dpkg_maintscript_helper(Process& process) {
  if (process.args.size() < 2) return script_usage(process, "missing command");
  const std::string& name = process.args[1];
  if (name == "supports") return check_support(process);
  if (const HelperCommand* command = find_command(name)) {
    return MaintscriptHelper(process, *command).run();
  }
  return script_usage(process, fmt::format("command {} is unknown\nHint: upgrading dpkg to a "
                                           "newer version might help.",
                                           name));
}

int dpkg_realpath(Process& process) {
  constexpr LongOption kLong[] = {{"root", Argument::required, ""}, {"zero", Argument::none, "z"}};
  const Options options = parse_options(process, "z", kLong);
  const std::string* const root = options.value("root");
  if (root != nullptr && !root->empty() && *root != "/")
    throw Unknown("another root than / is not known");
  if (options.operands.empty() || options.operands.back().empty()) {
    return script_usage(process, "missing pathname");
  }
  const std::string path =
      canonical_path(process.machine.tree, process.absolute(options.operands.back()));
  if (path.empty()) return script_error(process, "too many levels of symbolic links");
  process.out(path);
  process.out(options.has("z") ? std::string_view("\0", 1) : std::string_view("\n"));
  return 0;
}

int dpkg_preconfigure(Process&) {
  return 0;
}

}  // namespace stamp::scripts
