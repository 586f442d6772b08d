// dpkg-statoverride(1).

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/shell/pattern.h"
#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/debian_statoverrides.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kHelp = "Use --help for help about overriding file stat information.";

constexpr LongOption kLong[] = {
    {"add"},
    {"remove"},
    {"list"},
    {"admindir", Argument::required},
    {"quiet"},
    {"update"},
    {"force"},
    {"force-all"},
    {"force-statoverride-add"},
    {"force-statoverride-remove"},
};

class StatOverrideTool {
 public:
  explicit StatOverrideTool(Process& process)
      : process_(process),
        tree_(process.machine.tree),
        options_(parse_options(process, "+", kLong)),
        overrides_(StatOverrides::read(process.machine.tree)) {
    if (const std::string* folder = options_.value("admindir"); folder && *folder != kDpkgFolder) {
      throw Unknown(fmt::format("'--admindir {}' is not dpkg's folder", *folder));
    }
  }

  int run() {
    if (options_.has("force")) {
      dpkg_warning(process_, "deprecated --force option; use --force-all instead");
    }
    constexpr std::string_view kActions[] = {"add", "remove", "list"};
    const std::string_view action = options_.last_of(kActions);
    if (action == "add") return add();
    if (action == "remove") return remove();
    return action == "list" ? list() : usage("need an action option");
  }

 private:
  int usage(std::string_view message) { return dpkg_bad_usage(process_, message, kHelp); }
  bool is_quiet() const { return options_.has("quiet"); }
  bool is_forced(std::string_view what) const {
    return options_.has("force") || options_.has("force-all") || options_.has(what);
  }
  void warn(std::string_view message) {
    if (!is_quiet()) dpkg_warning(process_, message);
  }

  /// The path without "/" and "/." at its end.
  std::string cleaned(const std::string& path) {
    std::string clean = path;
    while (clean.size() > 1 && (clean.ends_with('/') || clean.ends_with("/."))) {
      clean.resize(clean.size() - (clean.ends_with('/') ? 1 : 2));
    }
    if (clean != path) warn("stripping trailing /");
    if (clean.empty()) clean = "/";
    return clean;
  }

  int add() {
    const std::vector<std::string>& operands = options_.operands;
    if (operands.size() != 4) return usage("--add needs four arguments");
    if (operands[3].find('\n') != std::string::npos) return usage("path may not contain newlines");
    const std::string path = cleaned(operands[3]);
    if (overrides_.of(path) != nullptr) {
      if (!is_forced("force-statoverride-add")) {
        return dpkg_error(process_,
                          fmt::format("an override for '{}' already exists; aborting", path));
      }
      dpkg_warning(process_, fmt::format("an override for '{}' already exists, but --force "
                                         "specified so will be ignored",
                                         path));
    }
    const auto user = statoverride_id(tree_, "/etc/passwd", operands[0]);
    if (!user) return dpkg_error(process_, fmt::format("user '{}' does not exist", operands[0]));
    const auto group = statoverride_id(tree_, "/etc/group", operands[1]);
    if (!group) return dpkg_error(process_, fmt::format("group '{}' does not exist", operands[1]));
    const std::optional<std::uint32_t> mode = parse_mode(operands[2]);
    if (!mode) {
      return dpkg_error(process_, fmt::format("invalid statoverride mode {}", operands[2]));
    }
    overrides_.set({path.front() == '/' ? path : "/" + path, named(*user, "/etc/passwd"),
                    named(*group, "/etc/group"), *mode});
    if (options_.has("update")) {
      if (tree_.exists(path)) {
        tree_.set_owner(path, *user, *group);
        tree_.set_mode(path, *mode);
      } else {
        warn(fmt::format("--update given but {} does not exist", path));
      }
    }
    return save();
  }

  static std::optional<std::uint32_t> parse_mode(const std::string& text) {
    std::uint32_t mode = 0;
    const char* end = text.data() + text.size();
    const auto number = std::from_chars(text.data(), end, mode, 8);
    if (number.ec != std::errc{} || number.ptr != end || mode > 07777) return std::nullopt;
    return mode;
  }

  /// The first name that has this number, as dpkg writes it.
  std::string named(std::uint64_t id, std::string_view file) const {
    for (const AccountLine& account : account_lines(tree_, file)) {
      if (account.id == id) return account.name;
    }
    return fmt::format("#{}", id);
  }

  int remove() {
    if (options_.operands.size() != 1) return usage("--remove needs a single argument");
    const std::string path = cleaned(options_.operands.front());
    if (overrides_.of(path) == nullptr) {
      warn("no override present");
      return is_forced("force-statoverride-remove") ? 0 : 2;
    }
    if (options_.has("update")) warn("--update is useless for --remove");
    overrides_.remove(path);
    return save();
  }

  int save() {
    const std::errc failed = overrides_.write(tree_);
    if (failed == std::errc{}) return 0;
    return dpkg_error(process_, fmt::format("unable to create new file '{}/statoverride-new': {}",
                                            kDpkgFolder, error_text(failed)));
  }

  int list() {
    std::vector<shell::Pattern> patterns;
    for (const std::string& pattern : options_.operands) patterns.emplace_back(cleaned(pattern));
    if (patterns.empty()) patterns.emplace_back("*");
    int status = 1;
    for (const StatOverride& one : overrides_.all()) {
      const bool matches = std::any_of(
          patterns.begin(), patterns.end(),
          [&](const shell::Pattern& p) { return p.matches(one.path, process_.machine.budget); });
      if (!matches) continue;
      process_.out(statoverride_line(one) + "\n");
      status = 0;
    }
    return status;
  }

  Process& process_;
  Tree& tree_;
  Options options_;
  StatOverrides overrides_;
};

}  // namespace

int dpkg_statoverride(Process& process) {
  return StatOverrideTool(process).run();
}

}  // namespace stamp::scripts
