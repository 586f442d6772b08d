// dpkg-divert(1).

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/shell/pattern.h"
#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/debian_diversions.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kHelp = "Use --help for help about diverting files.";

constexpr LongOption kLong[] = {
    {"add"},
    {"remove"},
    {"list"},
    {"listpackage"},
    {"truename"},
    {"divert", Argument::required},
    {"package", Argument::required},
    {"admindir", Argument::required},
    {"local"},
    {"quiet"},
    {"rename"},
    {"no-rename"},
    {"test"},
};

std::string describe(const std::optional<std::string>& package, const std::string& from,
                     const std::string& to) {
  const std::string target = to.empty() ? "" : " to " + to;
  if (!package || package->empty()) return fmt::format("local diversion of {}{}", from, target);
  return fmt::format("diversion of {}{} by {}", from, target, *package);
}

std::string describe(const Diversion& diversion) {
  return describe(diversion.package, diversion.from, diversion.to);
}

class Divert {
 public:
  explicit Divert(Process& process)
      : process_(process),
        tree_(process.machine.tree),
        options_(parse_options(process, "+", kLong)),
        diversions_(Diversions::read(process.machine.tree)) {
    read_package();
    if (const std::string* to = options_.value("divert")) to_ = *to;
    if (const std::string* folder = options_.value("admindir"); folder && *folder != kDpkgFolder) {
      throw Unknown(fmt::format("'--admindir {}' is not dpkg's folder", *folder));
    }
  }

  int run() {
    constexpr std::string_view kActions[] = {"add", "remove", "list", "listpackage", "truename"};
    const std::string_view action = options_.last_of(kActions);
    if (action == "list") return list();
    if (!to_.empty() && to_.front() != '/') {
      return usage(fmt::format("filename \"{}\" is not absolute", to_));
    }
    const std::vector<std::string>& operands = options_.operands;
    if (operands.size() != 1) {
      return usage(fmt::format("--{} needs a single argument", action.empty() ? "add" : action));
    }
    path_ = operands.front();
    if (!path_.starts_with('/'))
      return usage(fmt::format("filename \"{}\" is not absolute", path_));
    if (path_.find('\n') != std::string::npos) return usage("file may not contain newlines");
    if (action == "truename") return show_true_name();
    if (action == "listpackage") return show_package();
    return action == "remove" ? remove() : add();
  }

 private:
  int usage(std::string_view message) { return dpkg_bad_usage(process_, message, kHelp); }

  /// The last of --package and --local, else the package whose script this is.
  void read_package() {
    any_package_ = false;
    constexpr std::string_view kOwners[] = {"package", "local"};
    const std::string_view last = options_.last_of(kOwners);
    if (last == "package") {
      package_ = *options_.value("package");
    } else if (last.empty()) {
      const std::string_view of_script = process_.variable("DPKG_MAINTSCRIPT_PACKAGE");
      any_package_ = of_script.empty();
      if (!of_script.empty()) package_ = std::string(of_script);
    }
  }

  void say(const std::string& line) {
    if (!options_.has("quiet")) process_.out(line + "\n");
  }

  /// What was asked for, in words.
  std::string asked() const {
    if (!any_package_) return describe(package_, path_, to_);
    return fmt::format("any diversion of {}{}", path_, to_.empty() ? "" : " to " + to_);
  }

  /// Whether the file moves; warns where the command line does not say.
  bool is_rename_wanted() {
    constexpr std::string_view kRename[] = {"rename", "no-rename"};
    const std::string_view last = options_.last_of(kRename);
    if (last.empty()) {
      dpkg_warning(process_,
                   "please specify --no-rename explicitly, the default "
                   "will change to --rename in 1.20.x");
    }
    return last == "rename";
  }

  int add() {
    any_package_ = false;
    const bool rename = is_rename_wanted();
    const Found file = tree_.find(path_, LastLink::keep);
    if (file && file.inode->is_directory()) return usage("cannot divert directories");
    if (to_.empty()) to_ = path_ + ".distrib";
    if (to_ == path_) return usage(fmt::format("cannot divert file '{}' to itself", path_));
    const Diversion wanted{path_, to_, package_.value_or("")};
    if (const Diversion* other = clash()) {
      if (*other == wanted) {
        say(fmt::format("Leaving '{}'", describe(*other)));
        return 0;
      }
      return dpkg_error(process_, fmt::format("'{}' clashes with '{}'", asked(), describe(*other)));
    }
    say(fmt::format("Adding '{}'", describe(wanted)));
    Move move = rename ? check_move(path_, to_) : Move::no;
    if (move == Move::refused) return 2;
    if (move == Move::yes && is_own_file()) {
      say(fmt::format("Ignoring request to rename file '{}' owned by diverting package '{}'", path_,
                      *package_));
      move = Move::no;
    }
    if (move == Move::yes && is_essential_file()) {
      dpkg_warning(process_, fmt::format("diverting file '{}' from an Essential package with "
                                         "rename is dangerous, use --no-rename",
                                         path_));
    }
    if (options_.has("test")) return 0;
    diversions_.add(wanted);
    if (const int failed = save(); failed != 0) return failed;
    return move == Move::yes ? move_file(path_, to_) : 0;
  }

  /// A diversion that has something to do with the path or its new name.
  const Diversion* clash() const {
    for (const std::string& path : {path_, to_}) {
      if (const Diversion* of = diversions_.of(path)) return of;
      if (const Diversion* to = diversions_.to(path)) return to;
    }
    return nullptr;
  }

  int remove() {
    const bool rename = is_rename_wanted();
    const Diversion* found = diversions_.of(path_);
    if (found == nullptr) {
      say(fmt::format("No diversion '{}', none removed.", asked()));
      return 0;
    }
    const Diversion old = *found;
    if (!to_.empty() && to_ != old.to) return mismatch("divert-to", old);
    if (!any_package_ && package_.value_or("") != old.package) return mismatch("package", old);
    if (is_shared()) {
      say(fmt::format("Ignoring request to remove shared diversion '{}'.", describe(old)));
      return 0;
    }
    say(fmt::format("Removing '{}'", describe(old)));
    diversions_.remove(path_);
    const Move move = rename ? check_move(old.to, old.from) : Move::no;
    if (move == Move::refused) return 2;
    if (options_.has("test")) return 0;
    if (move == Move::yes) {
      if (const int failed = move_file(old.to, old.from); failed != 0) return failed;
    }
    return save();
  }

  int mismatch(std::string_view what, const Diversion& found) {
    return dpkg_error(process_, fmt::format("mismatch on {}\n  when removing '{}'\n  found '{}'",
                                            what, asked(), describe(found)));
  }

  enum class Move { no, yes, refused };

  /// Whether there is something to move, and whether it can be; says why not.
  Move check_move(const std::string& from, const std::string& to) {
    const Found source = tree_.find(from, LastLink::keep);
    if (!source) return Move::no;
    const Found target = tree_.find(to, LastLink::keep);
    if (target && target.inode != source.inode) {
      dpkg_error(process_, fmt::format("rename involves overwriting '{}' with\n"
                                       "  different file '{}', not allowed",
                                       to, from));
      return Move::refused;
    }
    const std::size_t slash = to.rfind('/');
    const Found folder = tree_.find(slash == 0 ? "/" : to.substr(0, slash));
    if (target || folder) return Move::yes;
    dpkg_error(process_, fmt::format("error checking '{}': {}", to, error_text(folder.error)));
    return Move::refused;
  }

  int move_file(const std::string& from, const std::string& to) {
    const bool same = static_cast<bool>(tree_.find(to, LastLink::keep));
    const std::errc failed = same ? tree_.unlink(from) : tree_.rename(from, to);
    if (failed == std::errc{}) return 0;
    return dpkg_error(process_,
                      fmt::format("cannot rename '{}' to '{}': {}", from, to, error_text(failed)));
  }

  int save() {
    const std::errc failed = diversions_.write(tree_);
    if (failed == std::errc{}) return 0;
    return dpkg_error(process_, fmt::format("unable to create new file '{}/diversions-new': {}",
                                            kDpkgFolder, error_text(failed)));
  }

  /// Packages whose list of files dpkg has already and which ship the path.
  template <typename Condition>
  bool is_shipped_by(Condition&& condition) const {
    const std::vector<Package>& all = process_.machine.packages.all();
    return std::any_of(all.begin(), all.end(), [&](const Package& package) {
      return package.state > PackageState::half_installed && condition(package) &&
             std::find(package.files.begin(), package.files.end(), path_) != package.files.end();
    });
  }
  bool is_own_file() const {
    return package_ && is_shipped_by([&](const Package& p) { return p.name == *package_; });
  }
  bool is_essential_file() const {
    return is_shipped_by([](const Package& p) { return p.essential; });
  }
  /// Whether the same package of another architecture has the file as well.
  bool is_shared() const {
    const std::string_view own = process_.variable("DPKG_MAINTSCRIPT_ARCH");
    return package_ && !own.empty() && is_shipped_by([&](const Package& p) {
             return p.name == *package_ && p.architecture != own;
           });
  }

  int list() {
    std::vector<shell::Pattern> patterns(options_.operands.begin(), options_.operands.end());
    if (patterns.empty()) patterns.emplace_back("*");
    Budget& budget = process_.machine.budget;
    for (const Diversion& d : diversions_.all()) {
      const std::string package = d.package.empty() ? ":" : d.package;
      const bool matches =
          std::any_of(patterns.begin(), patterns.end(), [&](const shell::Pattern& p) {
            return p.matches(package, budget) || p.matches(d.to, budget) ||
                   p.matches(d.from, budget);
          });
      if (matches) process_.out(describe(d) + "\n");
    }
    return 0;
  }

  int show_true_name() {
    const Diversion* diversion = diversions_.of(path_);
    process_.out((diversion == nullptr ? path_ : diversion->to) + "\n");
    return 0;
  }

  int show_package() {
    const Diversion* diversion = diversions_.of(path_);
    if (diversion == nullptr) diversion = diversions_.to(path_);
    if (diversion == nullptr) return 0;
    process_.out((diversion->package.empty() ? "LOCAL" : diversion->package) + "\n");
    return 0;
  }

  Process& process_;
  Tree& tree_;
  Options options_;
  Diversions diversions_;
  bool any_package_ = false;
  std::optional<std::string> package_;
  std::string to_;
  std::string path_;
};

}  // namespace

int dpkg_divert(Process& process) {
  return Divert(process).run();
}

}  // namespace stamp::scripts
