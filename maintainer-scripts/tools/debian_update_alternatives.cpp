// update-alternatives(1).

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/debian_alternative_links.h"
#include "maintainer-scripts/tools/debian_alternatives.h"
#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/debian_tools.h"

namespace stamp::scripts {
namespace {

constexpr int kFailed = 2;

/// The command line.
struct Command {
  std::string action;      ///< "install"
  AlternativeGroup group;  ///< of --install: what it adds; else the name alone
  Choice choice;           ///< of --install
  std::string path;        ///< of --set and --remove
  AlternativeOptions options;
};

/// Whether a name is in an action's list.
bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Takes the command line apart.
class CommandReader {
 public:
  explicit CommandReader(Process& process) : process_(process), words_(process.args) {}

  /// None after a message: the status is 2.
  std::optional<Command> read() {
    for (next_ = 1; next_ < words_.size() && !failed_;) read_option();
    if (!failed_ && command_.action.empty()) {
      bad_usage(
          "need --display, --query, --list, --get-selections, --config, --set, --set-selections, "
          "--install, --remove, --all, --remove-all or --auto");
    }
    if (failed_) return std::nullopt;
    return std::move(command_);
  }

 private:
  void error(const std::string& message) {
    if (!failed_) process_.err(fmt::format("update-alternatives: error: {}\n", message));
    failed_ = true;
  }
  void bad_usage(const std::string& message) {
    if (!failed_) {
      process_.err(
          fmt::format("update-alternatives: {}\n\nUse 'update-alternatives --help' for "
                      "program usage information.\n",
                      message));
    }
    failed_ = true;
  }

  void read_option() {
    const std::string word = words_[next_++];
    if (!word.starts_with("--")) {
      error(fmt::format("unknown argument '{}'", word));
      return;
    }
    const std::string name = word.substr(2);
    if (name == "install") {
      read_install();
    } else if (name == "slave") {
      read_slave();
    } else if (is_one_of(name, {"remove", "set"})) {
      if (set_action(name) && has_words(2, name, "<name> <path>")) {
        command_.group.name = words_[next_++];
        command_.path = words_[next_++];
        check_name(command_.group.name);
        check_path(command_.path);
      }
    } else if (is_one_of(name, {"display", "query", "auto", "list", "remove-all"})) {
      if (set_action(name) && has_words(1, name, "<name>")) {
        command_.group.name = words_[next_++];
        check_name(command_.group.name);
      }
    } else if (name == "get-selections") {
      set_action(name);
    } else {
      read_setting(name);
    }
  }

  void read_setting(const std::string& name) {
    AlternativeOptions& options = command_.options;
    if (name == "quiet") {
      options.verbosity = -1;
    } else if (name == "verbose") {
      options.verbosity = 1;
    } else if (name == "force") {
      options.force = true;
    } else if (is_one_of(name, {"altdir", "admindir", "log"})) {
      if (!has_words(1, name, name == "log" ? "a <file> argument" : "a <directory> argument"))
        return;
      const std::string value = words_[next_++];
      if (name == "altdir") options.link_folder = value;
      if (name == "admindir") options.admin_folder = value;
    } else if (name != "skip-auto") {
      throw Unknown(fmt::format("option '--{}' is not known", name));
    }
  }

  bool set_action(const std::string& name) {
    if (!command_.action.empty()) {
      bad_usage(fmt::format("two commands specified: --{} and --{}", command_.action, name));
      return false;
    }
    command_.action = name;
    return true;
  }

  bool has_words(std::size_t count, const std::string& name, std::string_view what) {
    if (words_.size() - next_ >= count) return true;
    bad_usage(fmt::format("--{} needs {}", name, what));
    return false;
  }

  void check_name(const std::string& name) {
    if (name.find_first_of("/ \t") == std::string::npos) return;
    error(fmt::format("alternative name ({}) must not contain '/' and spaces", name));
  }
  void check_path(const std::string& path) {
    if (path.starts_with('/')) return;
    error(fmt::format("alternative path is not absolute as it should be: {}", path));
  }

  void read_install() {
    if (!set_action("install") || !has_words(4, "install", "<link> <name> <path> <priority>"))
      return;
    command_.group.link = words_[next_];
    command_.group.name = words_[next_ + 1];
    command_.choice.path = words_[next_ + 2];
    const std::string& priority = words_[next_ + 3];
    next_ += 4;
    if (command_.group.link == command_.choice.path) {
      bad_usage(fmt::format("<link> '{}' is the same as <path>", command_.group.link));
    }
    const char* end = priority.data() + priority.size();
    const char* begin = priority.data() + (priority.starts_with('+') ? 1 : 0);
    const auto number = std::from_chars(begin, end, command_.choice.priority);
    if (number.ec == std::errc::result_out_of_range) {
      bad_usage(fmt::format("priority '{}' is out of range", priority));
    } else if (number.ec != std::errc{} || number.ptr != end) {
      bad_usage(fmt::format("priority '{}' must be an integer", priority));
    }
  }

  void read_slave() {
    if (command_.action != "install") {
      bad_usage("--slave only allowed with --install");
      return;
    }
    if (!has_words(3, "slave", "<link> <name> <path>")) return;
    const std::string& link = words_[next_];
    const std::string& name = words_[next_ + 1];
    const std::string& path = words_[next_ + 2];
    next_ += 3;
    AlternativeGroup& group = command_.group;
    if (link == path) bad_usage(fmt::format("<link> '{}' is the same as <path>", link));
    if (name == group.name) bad_usage(fmt::format("<name> '{}' is both primary and slave", name));
    if (link == group.link) bad_usage(fmt::format("<link> '{}' is both primary and slave", link));
    if (group.slave(name) != nullptr) bad_usage(fmt::format("duplicate slave <name> '{}'", name));
    for (const SlaveLink& other : group.slaves) {
      if (other.link == link) bad_usage(fmt::format("duplicate slave <link> '{}'", link));
    }
    group.slaves.push_back({name, link});
    command_.choice.set_slave(name, path);
  }

  Process& process_;
  const std::vector<std::string>& words_;
  std::size_t next_ = 1;
  bool failed_ = false;
  Command command_;
};

/// Who has which names and links: all groups that there are, without their choices.
class Registered {
 public:
  Registered(const Tree& tree, std::string_view folder) {
    const Found found = tree.find(folder);
    if (!found || !found.inode->is_directory()) return;
    for (const auto& [name, inode] : found.inode->children) {
      if (!name.ends_with(".dpkg-tmp") && inode->is_file()) add(name, tree.read(*inode));
    }
  }

  /// The group that has a link or name; "" when none has.
  std::string group_of_link(const std::string& link) const { return value(links_, link); }
  std::string group_of_name(const std::string& name) const { return value(names_, name); }
  /// The slave that has a link; "" when none has.
  std::string slave_of_link(const std::string& link) const { return value(slaves_, link); }

 private:
  using Map = std::map<std::string, std::string, std::less<>>;

  static std::string value(const Map& map, const std::string& key) {
    const auto found = map.find(key);
    return found == map.end() ? std::string() : found->second;
  }

  void add(const std::string& name, const std::string& text) {
    const std::vector<std::string> lines = lines_of(text);
    if (lines.size() < 2) return;
    links_.emplace(lines[1], name);
    names_.emplace(name, name);
    for (std::size_t i = 2; i + 1 < lines.size() && !lines[i].empty(); i += 2) {
      names_.emplace(lines[i], name);
      links_.emplace(lines[i + 1], name);
      slaves_.emplace(lines[i + 1], lines[i]);
    }
  }

  Map links_;
  Map names_;
  Map slaves_;
};

/// Why what --install wants cannot be; "" when it can.
std::string install_flaw(const Command& command, const Tree& tree) {
  const AlternativeGroup& group = command.group;
  const auto name_flaw = [](const std::string& name) {
    return name.find_first_of("/ \t") == std::string::npos
               ? std::string()
               : fmt::format("alternative name ({}) must not contain '/' and spaces", name);
  };
  const auto path_flaw = [](std::string_view what, const std::string& path) {
    return path.starts_with('/')
               ? std::string()
               : fmt::format("alternative {} is not absolute as it should be: {}", what, path);
  };
  if (auto flaw = name_flaw(group.name); !flaw.empty()) return flaw;
  if (auto flaw = path_flaw("link", group.link); !flaw.empty()) return flaw;
  if (auto flaw = path_flaw("path", command.choice.path); !flaw.empty()) return flaw;
  const Registered registered(tree, command.options.admin_folder);
  std::string owner = registered.group_of_name(group.name);
  if (!owner.empty() && owner != group.name) {
    return fmt::format("alternative {} can't be master: it is a slave of {}", group.name, owner);
  }
  owner = registered.group_of_link(group.link);
  if (!owner.empty() && owner != group.name) {
    return fmt::format("alternative link {} is already managed by {}", group.link, owner);
  }
  if (!tree.exists(command.choice.path)) {
    return fmt::format("alternative path {} doesn't exist", command.choice.path);
  }
  for (const SlaveLink& slave : group.slaves) {
    if (auto flaw = name_flaw(slave.name); !flaw.empty()) return flaw;
    if (auto flaw = path_flaw("link", slave.link); !flaw.empty()) return flaw;
    if (auto flaw = path_flaw("path", command.choice.slave(slave.name)); !flaw.empty()) return flaw;
    owner = registered.group_of_name(slave.name);
    if (!owner.empty() && owner != group.name) {
      return fmt::format("alternative {} can't be slave of {}: it is a {}", slave.name, group.name,
                         owner == slave.name ? "master alternative" : "slave of " + owner);
    }
    owner = registered.group_of_link(slave.link);
    if (!owner.empty() && owner != group.name) {
      return fmt::format("alternative link {} is already managed by {}", slave.link, owner);
    }
    const std::string other = registered.slave_of_link(slave.link);
    if (!other.empty() && other != slave.name) {
      return fmt::format("alternative link {} is already managed by {} (slave of {})", slave.link,
                         other, owner);
    }
  }
  return {};
}

class UpdateAlternatives {
 public:
  UpdateAlternatives(Process& process, Command command)
      : process_(process),
        tree_(process.machine.tree),
        links_(process, command.options),
        command_(std::move(command)) {}

  int run() {
    const std::string& action = command_.action;
    if (action == "get-selections") return get_selections();
    if (action == "install") {
      const std::string flaw = install_flaw(command_, tree_);
      if (!flaw.empty()) links_.fail(flaw);
    }
    if (!links_.has_failed()) load();
    if (links_.has_failed()) return kFailed;
    if (action == "remove" && !is_registered_) {
      links_.say_verbose(fmt::format("no alternatives for {}", group_.name));
      return 0;
    }
    if (action == "display") return display();
    if (action == "query") return query();
    if (action == "list") return list();
    const std::string inner = links_.folder_link(group_.name);
    if (links_.kind(inner) == AlternativeLinks::Kind::other) {
      links_.fail(fmt::format("cannot stat file '{}': Invalid argument", inner));
      return kFailed;
    }
    current_ = links_.target(inner);
    select_mode();
    update(wanted_choice());
    return links_.has_failed() ? kFailed : 0;
  }

 private:
  void load() {
    AlternativeFile file =
        read_alternatives(tree_, links_.options().admin_folder, command_.group.name);
    if (!file.flaw.empty()) {
      links_.fail(fmt::format("{}/{} corrupt: {}", links_.options().admin_folder,
                              command_.group.name, file.flaw));
      return;
    }
    is_registered_ = file.group.has_value();
    group_.name = command_.group.name;
    if (file.group) group_ = std::move(*file.group);
    is_modified_ = !file.gone.empty();
    for (const std::string& path : file.gone) {
      links_.warn(
          fmt::format("alternative {} (part of link group {}) doesn't exist; removing from "
                      "list of alternatives",
                      path, group_.name));
    }
    if (!is_registered_ && !is_one_of(command_.action, {"install", "remove"})) {
      links_.fail(fmt::format("no alternatives for {}", group_.name));
    }
  }

  void set_auto(bool is_auto) {
    if (group_.is_auto != is_auto || !is_registered_) is_modified_ = true;
    group_.is_auto = is_auto;
  }

  /// Finds out what somebody else did to the link.
  void select_mode() {
    const std::string& folder = links_.options().link_folder;
    if (current_.empty()) {
      links_.say_verbose(fmt::format("setting up automatic selection of {}", group_.name));
      set_auto(true);
      return;
    }
    if (group_.choice(current_) != nullptr) return;
    if (links_.is_missing(current_)) {
      links_.warn(fmt::format("{}/{} is dangling; it will be updated with best choice", folder,
                              group_.name));
      set_auto(true);
    } else if (group_.is_auto || !is_registered_) {
      links_.warn(
          fmt::format("{}/{} has been changed (manually or by a script); switching to "
                      "manual updates only",
                      folder, group_.name));
      set_auto(false);
    }
  }

  /// Does what the action says to the group; the choice that is to be in place then, "" when the
  /// action says nothing of it.
  std::string wanted_choice() {
    const std::string& action = command_.action;
    if (action == "set") {
      if (group_.choice(command_.path) == nullptr) {
        links_.fail(fmt::format("alternative {} for {} not registered; not setting", command_.path,
                                group_.name));
        return {};
      }
      set_auto(false);
      return command_.path;
    }
    if (action == "auto") {
      set_auto(true);
      if (!group_.choices.empty()) return group_.best(current_)->path;
      links_.say(fmt::format("there is no program which provides {}", group_.name));
      return {};
    }
    if (action == "remove") return remove();
    if (action == "remove-all") {
      group_.choices.clear();
      return {};
    }
    return install();
  }

  std::string remove() {
    if (group_.choice(command_.path) == nullptr) {
      links_.say_verbose(fmt::format("alternative {} for {} not registered; not removing",
                                     command_.path, group_.name));
    } else {
      std::erase_if(group_.choices, [&](const Choice& c) { return c.path == command_.path; });
      is_modified_ = true;
    }
    if (current_ != command_.path) return {};
    if (!group_.is_auto) {
      links_.say(fmt::format("removing manually selected alternative - switching {} to auto mode",
                             group_.name));
      set_auto(true);
    }
    const Choice* best = group_.best(current_);
    return best == nullptr ? std::string() : best->path;
  }

  std::string install() {
    if (is_registered_) {
      evolve();
    } else {
      group_ = command_.group;
    }
    group_.set_choice(command_.choice);
    is_modified_ = true;
    if (group_.is_auto) return group_.best(current_)->path;
    links_.say_verbose(fmt::format("automatic updates of {} are disabled; leaving it alone",
                                   links_.folder_link(group_.name)));
    links_.say_verbose(fmt::format(
        "to return to automatic updates use 'update-alternatives --auto {}'", group_.name));
    return {};
  }

  /// Takes over links that are now elsewhere, and new slaves.
  void evolve() {
    const AlternativeGroup& wanted = command_.group;
    if (links_.kind(group_.link) == AlternativeLinks::Kind::link && group_.link != wanted.link) {
      links_.say(
          fmt::format("renaming {} link from {} to {}", wanted.name, group_.link, wanted.link));
      links_.move(group_.link, wanted.link);
    }
    group_.link = wanted.link;
    for (const SlaveLink& slave : wanted.slaves) evolve_slave(slave);
  }

  void evolve_slave(const SlaveLink& wanted) {
    SlaveLink* old = group_.slave(wanted.name);
    if (old == nullptr) {
      group_.slaves.push_back({wanted.name, wanted.link, true});
      return;
    }
    const bool is_current = current_ == command_.choice.path;
    const std::string file = is_current ? command_.choice.slave(wanted.name)
                                        : links_.target(links_.folder_link(wanted.name));
    bool is_updated = false;
    if (old->link != wanted.link && links_.kind(old->link) == AlternativeLinks::Kind::link) {
      if (!file.empty() && !links_.is_missing(file)) {
        links_.say(fmt::format("renaming {} slave link from {} to {}", wanted.name, old->link,
                               wanted.link));
        links_.move(old->link, wanted.link);
      } else {
        links_.unlink(old->link);
      }
      is_updated = true;
    }
    old->link = wanted.link;
    old->is_updated = is_updated;
  }

  void update(const std::string& wanted) {
    if (links_.has_failed()) return;
    if (group_.choices.empty()) {
      links_.remove(group_);
      return;
    }
    if (!wanted.empty() && wanted != current_) {
      links_.say(fmt::format("using {} to provide {} ({}) in {} mode", wanted, group_.link,
                             group_.name, group_.mode()));
      links_.prepare(group_, *group_.choice(wanted));
    } else {
      repair();
    }
    if (is_modified_ && !links_.has_failed()) {
      const WrittenAlternatives written = write_alternatives(group_);
      for (const SlaveLink& slave : written.dropped) {
        links_.say_verbose(
            fmt::format("discarding obsolete slave link {} ({})", slave.name, slave.link));
      }
      links_.write_file(fmt::format("{}/{}", links_.options().admin_folder, group_.name),
                        written.text);
    }
    links_.commit();
  }

  void repair() {
    const AlternativeLinks::State state = links_.state(group_, current_);
    if (state == AlternativeLinks::State::right) return;
    const std::string shown = current_.empty() ? "(null)" : current_;
    if (state == AlternativeLinks::State::slaves_changed) {
      links_.say(
          fmt::format("updating alternative {} because link group {} has changed slave links",
                      shown, group_.name));
    } else {
      links_.warn(
          fmt::format("forcing reinstallation of alternative {} because link group {} is "
                      "broken",
                      shown, group_.name));
    }
    std::string current = current_;
    if (!current.empty() && group_.choice(current) == nullptr) {
      const std::string best = group_.best(current)->path;
      links_.warn(
          fmt::format("current alternative {} is unknown, switching to {} for link group {}",
                      current, best, group_.name));
      current = best;
      set_auto(true);
    }
    if (!current.empty()) links_.prepare(group_, *group_.choice(current));
  }

  std::string current_link() const { return links_.target(links_.folder_link(group_.name)); }

  int display() {
    const std::string current = current_link();
    const Choice* best = group_.best(current);
    std::string text = fmt::format("{} - {} mode\n", group_.name, group_.mode());
    text += best == nullptr ? "  link best version not available\n"
                            : fmt::format("  link best version is {}\n", best->path);
    text += current.empty() ? "  link currently absent\n"
                            : fmt::format("  link currently points to {}\n", current);
    text += fmt::format("  link {} is {}\n", group_.name, group_.link);
    for (const SlaveLink& slave : group_.slaves) {
      text += fmt::format("  slave {} is {}\n", slave.name, slave.link);
    }
    for (const Choice& choice : group_.choices) {
      text += fmt::format("{} - priority {}\n", choice.path, choice.priority);
      for (const SlaveLink& slave : group_.slaves) {
        const std::string file = choice.slave(slave.name);
        if (!file.empty()) text += fmt::format("  slave {}: {}\n", slave.name, file);
      }
    }
    process_.out(text);
    return 0;
  }

  int query() {
    const std::string current = current_link();
    const Choice* best = group_.best(current);
    std::string text = fmt::format("Name: {}\nLink: {}\n", group_.name, group_.link);
    if (!group_.slaves.empty()) text += "Slaves:\n";
    for (const SlaveLink& slave : group_.slaves) {
      text += fmt::format(" {} {}\n", slave.name, slave.link);
    }
    text += fmt::format("Status: {}\n", group_.mode());
    if (best != nullptr) text += fmt::format("Best: {}\n", best->path);
    text += fmt::format("Value: {}\n", current.empty() ? "none" : current);
    for (const Choice& choice : group_.choices) {
      text += fmt::format("\nAlternative: {}\nPriority: {}\n", choice.path, choice.priority);
      if (!group_.slaves.empty()) text += "Slaves:\n";
      for (const SlaveLink& slave : group_.slaves) {
        const std::string file = choice.slave(slave.name);
        if (!file.empty()) text += fmt::format(" {} {}\n", slave.name, file);
      }
    }
    process_.out(text);
    return 0;
  }

  int list() {
    for (const Choice& choice : group_.choices) process_.out(choice.path + "\n");
    return 0;
  }

  int get_selections() {
    const std::string& folder = links_.options().admin_folder;
    const Found found = tree_.find(folder);
    if (!found || !found.inode->is_directory()) return 0;
    for (const auto& [name, inode] : found.inode->children) {
      const AlternativeFile file = read_alternatives(tree_, folder, name);
      if (!file.group || name.ends_with(".dpkg-tmp")) continue;
      process_.out(fmt::format("{:<30} {:<8} {}\n", name, file.group->mode(),
                               links_.target(links_.folder_link(name))));
    }
    return 0;
  }

  Process& process_;
  Tree& tree_;
  AlternativeLinks links_;
  Command command_;
  AlternativeGroup group_;
  std::string current_;
  bool is_registered_ = false;
  bool is_modified_ = false;
};

}  // namespace

int update_alternatives(Process& process) {
  if (!process.variable("DPKG_ROOT").empty()) throw Unknown("DPKG_ROOT is not empty");
  std::optional<Command> command = CommandReader(process).read();
  return command ? UpdateAlternatives(process, std::move(*command)).run() : kFailed;
}

}  // namespace stamp::scripts
