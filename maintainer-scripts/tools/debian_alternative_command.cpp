#include "maintainer-scripts/tools/debian_alternative_command.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <map>

#include <fmt/core.h>

#include "maintainer-scripts/tools/debian_common.h"

namespace stamp::scripts {
namespace {

/// Whether a name is in an action's list.
bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Takes the command line apart.
class CommandReader {
 public:
  explicit CommandReader(Process& process) : process_(process), words_(process.args) {}

  /// None after a message: the status is 2.
  std::optional<AlternativeCommand> read() {
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
  AlternativeCommand command_;
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

}  // namespace

std::optional<AlternativeCommand> read_alternative_command(Process& process) {
  return CommandReader(process).read();
}

std::string alternative_flaw(const AlternativeCommand& command, const Tree& tree) {
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

}  // namespace stamp::scripts
