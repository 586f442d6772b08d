// systemd-tmpfiles --create of systemd 252, for what an image keeps. Spec: tmpfiles.d(5).

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/accounts.h"
#include "maintainer-scripts/accounts/tree_copy.h"
#include "maintainer-scripts/tools/account_systemd.h"
#include "maintainer-scripts/tools/account_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::accounts {
namespace {

constexpr int kBadConfig = 65;    // EX_DATAERR
constexpr int kMissingFile = 73;  // EX_CANTCREAT

/// Folders of a running system: an image has nothing there.
constexpr std::string_view kNotKept[] = {"run", "tmp", "dev", "proc", "sys"};

/// A mode, owner or group of a line, with its ':' (only for what is made) and '~' (within what the
/// file has already).
template <typename Value>
struct Setting {
  std::optional<Value> value;
  bool only_new = false;
  bool masked = false;
};

/// A line.
struct Item {
  char type = 0;
  bool force = false;       ///< +
  bool only_boot = false;   ///< !
  bool may_fail = false;    ///< -
  bool replaces = false;    ///< =
  bool credential = false;  ///< ^
  std::string path;
  Setting<std::uint32_t> mode;
  Setting<std::uint32_t> user;
  Setting<std::uint32_t> group;
  std::string argument;
};

template <typename Value>
std::string_view take_marks(std::string_view field, Setting<Value>& setting) {
  while (field.starts_with(':') || field.starts_with('~')) {
    (field.front() == ':' ? setting.only_new : setting.masked) = true;
    field.remove_prefix(1);
  }
  return field;
}

bool is_kept(const EntryPath& path) {
  const std::string_view text = path.str();
  const std::string_view first = text.substr(0, text.find('/'));
  return std::find(std::begin(kNotKept), std::end(kNotKept), first) == std::end(kNotKept);
}

bool is_pattern(std::string_view path) {
  return path.find_first_of("*?[") != std::string_view::npos;
}

/// Whether a name matches a pattern of *, ? and sets; a leading dot must be given.
bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    return matches(pattern.substr(1), name) || (!name.empty() && matches(pattern, name.substr(1)));
  }
  if (pattern[0] == '[') throw Unknown("sets in patterns are not known");
  if (name.empty() || (pattern[0] != '?' && pattern[0] != name[0])) return false;
  return matches(pattern.substr(1), name.substr(1));
}

/// Adds the paths of what in a folder has a name that matches.
void add_matching(const Tree& tree, const std::string& folder, const std::string& pattern,
                  std::vector<std::string>& paths) {
  const Found found = tree.find(folder.empty() ? "/" : folder);
  if (!found || !found.inode->is_directory()) return;
  for (const auto& [name, child] : found.inode->children) {
    if ((name[0] != '.' || pattern[0] == '.') && matches(pattern, name)) {
      paths.push_back(fmt::format("{}/{}", folder, name));
    }
  }
}

/// The paths of the tree that match, links in folders followed.
std::vector<std::string> expand(const Tree& tree, const std::string& pattern) {
  std::vector<std::string> paths = {""};
  for (const std::string& part : split(std::string_view(pattern).substr(1), '/')) {
    std::vector<std::string> longer;
    for (const std::string& path : paths) {
      if (is_pattern(part)) {
        add_matching(tree, path, part, longer);
      } else {
        longer.push_back(fmt::format("{}/{}", path, part));
      }
    }
    paths = std::move(longer);
  }
  std::erase_if(paths, [&](const std::string& path) { return !tree.find(path, LastLink::keep); });
  return paths;
}

/// Backslashes undone, as in the content of a new file.
std::string unescaped(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
  std::string_view line = quoted += '"';
  return take_field(line);
}

/// Does what lines say.
class Maker {
 public:
  explicit Maker(Process& process)
      : process_(process), tree_(process.machine.tree), accounts_(process.machine) {}

  /// Reads a line; nothing when it is none for an image.
  std::optional<Item> parse(std::string_view line);
  void make(const Item& item);
  int status() const { return status_; }

 private:
  void set_permissions(const std::string& path, const Item& item, std::uint32_t default_mode,
                       bool is_new);
  void set_below(const std::string& path, const Inode& inode, const Item& item);
  void make_folder(const Item& item);
  void make_file(const Item& item);
  void make_link(const Item& item);
  void adjust(const Item& item);

  Process& process_;
  Tree& tree_;
  Accounts accounts_;
  int status_ = 0;
};

enum class Kind { user, group };

std::optional<std::uint32_t> number_of(const Accounts& accounts, std::string_view name, Kind kind) {
  if (const std::optional<std::uint32_t> number = parse_number(name)) return number;
  if (kind == Kind::user) {
    const std::optional<User> user = accounts.user(name);
    return user ? std::optional(user->uid) : std::nullopt;
  }
  const std::optional<Group> group = accounts.group(name);
  return group ? std::optional(group->gid) : std::nullopt;
}

/// A line's type with its marks.
void read_type(const std::string& type, Item& item) {
  item.type = type[0];
  for (const char mark : type.substr(1)) {
    if (mark == '+')
      item.force = true;
    else if (mark == '!')
      item.only_boot = true;
    else if (mark == '-')
      item.may_fail = true;
    else if (mark == '=')
      item.replaces = true;
    else if (mark == '^')
      item.credential = true;
    else
      throw Unknown(fmt::format("line type '{}' is not known", type));
  }
}

std::optional<Item> Maker::parse(std::string_view line) {
  Item item;
  const std::string type = take_field(line);
  if (type.empty() || type[0] == '#') return std::nullopt;
  read_type(type, item);
  const Expanded path = expand_specifiers(take_field(line));
  item.path = path.text;
  const std::string mode = take_field(line);
  const std::string user = take_field(line);
  const std::string group = take_field(line);
  take_field(line);  // how old what lies there may grow
  if (path.is_of_running_system || item.credential) return std::nullopt;
  while (item.path.size() > 1 && item.path.ends_with('/')) item.path.pop_back();
  if (!item.path.starts_with('/'))
    throw Unknown(fmt::format("path '{}' is not absolute", item.path));
  const std::size_t start = line.find_first_not_of(" \t");
  if (start != std::string_view::npos && line.substr(start) != "-") {
    const Expanded argument = expand_specifiers(line.substr(start));
    if (argument.is_of_running_system) return std::nullopt;
    item.argument = argument.text;
  }
  if (!is_kept(tree_.find(item.path, LastLink::keep).path)) return std::nullopt;
  if (const std::string_view text = take_marks(mode, item.mode); !text.empty() && text != "-") {
    item.mode.value = static_cast<std::uint32_t>(std::stoul(std::string(text), nullptr, 8));
  }
  const auto resolve = [&](std::string_view field, Setting<std::uint32_t>& setting, Kind kind) {
    const std::string_view name = take_marks(field, setting);
    if (name.empty() || name == "-") return true;
    setting.value = number_of(accounts_, name, kind);
    if (!setting.value) {
      fail(process_, 0,
           fmt::format("Failed to resolve {} '{}': No such process",
                       kind == Kind::user ? "user" : "group", name));
    }
    return setting.value.has_value();
  };
  if (!resolve(user, item.user, Kind::user) || !resolve(group, item.group, Kind::group)) {
    status_ = kBadConfig;
    return std::nullopt;
  }
  return item;
}

void Maker::set_permissions(const std::string& path, const Item& item, std::uint32_t default_mode,
                            bool is_new) {
  const Found found = tree_.find(path, LastLink::keep);
  if (!found) return;
  const auto applies = [&](const Setting<std::uint32_t>& setting) {
    return setting.value && (is_new || !setting.only_new);
  };
  if (applies(item.user) || applies(item.group)) {
    const auto id = [&](const Setting<std::uint32_t>& setting) {
      return applies(setting) ? std::optional<std::uint64_t>(*setting.value) : std::nullopt;
    };
    tree_.set_owner(path, id(item.user), id(item.group), LastLink::keep);
  }
  if (found.inode->is_symlink()) return;
  if (applies(item.mode)) {
    std::uint32_t mode = *item.mode.value;
    if (item.mode.masked) {
      for (const std::uint32_t bits : {0111U, 0222U, 0444U}) {
        if ((found.inode->mode & bits) == 0) mode &= ~bits;
      }
      if (!found.inode->is_directory()) mode &= 0777U;
    }
    tree_.set_mode(path, mode);
  } else if (is_new) {
    tree_.set_mode(path, default_mode);
  }
}

void Maker::make_folder(const Item& item) {
  make_parents(tree_, item.path);
  const Found found = tree_.find(item.path, LastLink::keep);
  if (found && !found.inode->is_directory()) {
    if (found.inode->is_symlink() && tree_.find(item.path).inode != nullptr) return;
    if (!item.replaces) {
      fail(process_, 0, fmt::format("\"{}\" already exists and is not a directory.", item.path));
      return;
    }
    tree_.remove_all(item.path);
  }
  const bool is_new = tree_.make_directory(item.path, 0755) == std::errc();
  set_permissions(item.path, item, 0755, is_new);
}

void Maker::make_file(const Item& item) {
  make_parents(tree_, item.path);
  const Found found = tree_.find(item.path, LastLink::keep);
  const bool is_new = !found;
  if (found && !found.inode->is_file()) {
    fail(process_, 0, fmt::format("\"{}\" already exists and is not a regular file.", item.path));
    return;
  }
  if (is_new || item.force || item.type == 'F') {
    tree_.write(item.path, unescaped(item.argument), 0644);
  }
  set_permissions(item.path, item, 0644, is_new);
}

void Maker::make_link(const Item& item) {
  const std::string target =
      item.argument.empty() ? "/usr/share/factory" + item.path : item.argument;
  make_parents(tree_, item.path);
  const Found found = tree_.find(item.path, LastLink::keep);
  if (found && found.inode->is_symlink() && found.inode->link_target == target) return;
  if (found && !item.force) return;
  if (found) tree_.remove_all(item.path);
  tree_.make_symlink(target, item.path);
  set_permissions(item.path, item, 0777, true);
}

void Maker::set_below(const std::string& path, const Inode& inode, const Item& item) {
  set_permissions(path, item, inode.mode, false);
  for (const auto& [name, child] : inode.children) {
    set_below(fmt::format("{}/{}", path, name), *child, item);
  }
}

void Maker::adjust(const Item& item) {
  for (const std::string& path : expand(tree_, item.path)) {
    const Found found = tree_.find(path, LastLink::keep);
    if (!is_kept(found.path)) continue;
    if (item.type == 'Z') {
      set_below(path, *found.inode, item);
    } else if (item.type == 'w') {
      const std::string text = unescaped(item.argument);
      if (item.force) {
        tree_.append(path, text);
      } else {
        tree_.write(path, text);
      }
    } else if (item.type != 'e' || found.inode->is_directory()) {
      set_permissions(path, item, found.inode->mode, false);
    }
  }
}

void Maker::make(const Item& item) {
  switch (item.type) {
    case 'd':
    case 'D':
    case 'v':
    case 'q':
    case 'Q':
      return make_folder(item);
    case 'f':
    case 'F':
      return make_file(item);
    case 'L':
      return make_link(item);
    case 'C': {
      const bool is_new = !tree_.find(item.path, LastLink::keep);
      make_parents(tree_, item.path);
      const Found source = tree_.find(
          item.argument.empty() ? "/usr/share/factory" + item.path : item.argument, LastLink::keep);
      if (is_new && source) copy_into(tree_, *source.inode, item.path, std::nullopt);
      const Found made = tree_.find(item.path, LastLink::keep);
      if (made) set_permissions(item.path, item, made.inode->mode, is_new);
      return;
    }
    case 'e':
    case 'm':
    case 'w':
    case 'z':
    case 'Z':
      return adjust(item);
    case 'x':  // what cleaning spares
    case 'X':
    case 'r':  // what --remove takes away
    case 'R':
    case 'h':  // attributes of the file system, access lists: an image's entries have none
    case 'H':
    case 'a':
    case 'A':
      return;
    default:
      throw Unknown(fmt::format("line type '{}' is not known", item.type));
  }
}

}  // namespace

int systemd_tmpfiles(Process& process) {
  constexpr LongOption kOptions[] = {
      {"create"},
      {"boot"},
      {"prefix", Argument::required},
      {"exclude-prefix", Argument::required},
      {"replace", Argument::required},
  };
  const Options options = parse_options(process, "", kOptions);
  if (!options.has("create")) {
    return fail(process, 1, "You need to specify at least one of --clean, --create or --remove.");
  }
  Maker maker(process);
  const ConfigFiles config = read_config(process.machine.tree, "tmpfiles.d", options.operands);
  std::vector<Item> items;
  for (const ConfigText& file : config.files) {
    for (const std::string& line : lines_of(file.text)) {
      std::optional<Item> item = maker.parse(line);
      if (!item || (item->only_boot && !options.has("boot"))) continue;
      const auto lies_below = [&](const Option& option) {
        return EntryPath::parse(item->path).is_within(EntryPath::parse(*option.value));
      };
      bool wanted = !options.has("prefix");
      for (const Option& option : options.given) {
        if (option.name == "prefix" && lies_below(option)) wanted = true;
      }
      for (const Option& option : options.given) {
        if (option.name == "exclude-prefix" && lies_below(option)) wanted = false;
      }
      if (wanted) items.push_back(std::move(*item));
    }
  }
  // Folders before what lies in them, and names before patterns.
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::pair(is_pattern(a.path), std::string_view(a.path)) <
           std::pair(is_pattern(b.path), std::string_view(b.path));
  });
  for (const Item& item : items) maker.make(item);
  for (const std::string& name : config.missing) {
    fail(process, 0, fmt::format("Failed to open '{}': No such file or directory", name));
  }
  return config.missing.empty() ? maker.status() : kMissingFile;
}

}  // namespace stamp::scripts::accounts
