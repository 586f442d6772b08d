// systemd-sysusers of systemd 252. Spec: sysusers.d(5).

#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/accounts.h"
#include "maintainer-scripts/accounts/system_ids.h"
#include "maintainer-scripts/tools/account_systemd.h"
#include "maintainer-scripts/tools/account_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::accounts {
namespace {

constexpr IdRange kSystem{100, 999, IdRange::From::highest};

/// A user or group that is asked for.
struct Item {
  std::string name;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::string group;  ///< the primary group by name, where that is another
  bool gid_must_exist = false;
  std::string gecos;
  std::string home;
  std::string shell;
};

struct Membership {
  std::string user;
  std::string group;
};

/// All that the files ask for, in their order.
struct Wishes {
  std::vector<Item> groups;
  std::vector<Item> users;
  std::vector<Membership> members;
};

const Item* find_item(const std::vector<Item>& items, std::string_view name) {
  for (const Item& item : items) {
    if (item.name == name) return &item;
  }
  return nullptr;
}

std::string optional_field(std::string_view& line) {
  std::string field = take_field(line);
  if (field == "-") field.clear();
  const Expanded expanded = expand_specifiers(field);
  if (expanded.is_of_running_system) throw Unknown("specifiers of a running system are not known");
  return expanded.text;
}

/// The numbers of a file's owner, for an id that is a path.
void take_owner(const Tree& tree, const std::string& path, Item& item) {
  const Found found = tree.find(path);
  if (!found) return;
  item.uid = static_cast<std::uint32_t>(found.inode->uid);
  item.gid = static_cast<std::uint32_t>(found.inode->gid);
}

/// "-", "25", "25:44", "25:group", "-:group", "/a/path".
void parse_user_id(const Tree& tree, const std::string& text, Item& item) {
  if (text.empty()) return;
  if (text.starts_with('/')) return take_owner(tree, text, item);
  const std::size_t colon = text.find(':');
  const std::string uid = text.substr(0, colon);
  item.uid = parse_number(uid);
  if (!item.uid && uid != "-") throw Unknown(fmt::format("id '{}' is not known", text));
  if (colon == std::string::npos) return;
  const std::string gid = text.substr(colon + 1);
  item.gid = parse_number(gid);
  if (item.gid) {
    item.gid_must_exist = true;
  } else {
    item.group = gid;
  }
}

void parse_line(const Tree& tree, std::string_view line, Wishes& wishes) {
  const std::string type = take_field(line);
  Item item;
  item.name = optional_field(line);
  const std::string number = optional_field(line);
  item.gecos = optional_field(line);
  item.home = optional_field(line);
  item.shell = optional_field(line);
  if (type == "u") {
    parse_user_id(tree, number, item);
    if (find_item(wishes.users, item.name) == nullptr) wishes.users.push_back(item);
  } else if (type == "g") {
    if (number.starts_with('/')) {
      take_owner(tree, number, item);
      item.uid.reset();
    } else if (!number.empty()) {
      item.gid = parse_number(number);
      if (!item.gid) throw Unknown(fmt::format("id '{}' is not known", number));
    }
    if (find_item(wishes.groups, item.name) == nullptr) wishes.groups.push_back(item);
  } else if (type == "m") {
    wishes.members.push_back({item.name, number});
  } else {
    throw Unknown(fmt::format("line type '{}' is not known", type));
  }
}

/// Memberships ask for their users and groups.
void add_implied(Wishes& wishes) {
  for (const Membership& member : wishes.members) {
    if (find_item(wishes.users, member.user) == nullptr) {
      wishes.users.push_back(
          {.name = member.user, .group = {}, .gecos = {}, .home = {}, .shell = {}});
    }
    if (find_item(wishes.groups, member.group) == nullptr &&
        find_item(wishes.users, member.group) == nullptr) {
      wishes.groups.push_back(
          {.name = member.group, .group = {}, .gecos = {}, .home = {}, .shell = {}});
    }
  }
}

/// Makes what is missing.
class Maker {
 public:
  explicit Maker(Process& process) : process_(process), accounts_(process.machine) {}

  /// The group's number; nothing when it cannot be.
  std::optional<std::uint32_t> make_group(const Item& item) {
    if (const auto existing = accounts_.group(std::string_view(item.name))) return existing->gid;
    if (item.gid && item.gid_must_exist) {
      if (accounts_.group(*item.gid)) return item.gid;
      fail(process_, 1,
           fmt::format("Failed to create {}: please create GID {}", item.name, *item.gid));
      return std::nullopt;
    }
    const std::optional<std::uint32_t> gid = choose_gid(item);
    if (!gid) return gid;
    process_.err(fmt::format("Creating group '{}' with GID {}.\n", item.name, *gid));
    accounts_.gshadow().make(0);
    accounts_.add_group(item.name, *gid);
    accounts_.set_group_password(item.name, "!*");
    return gid;
  }

  void make_user(const Item& item) {
    const std::optional<std::uint32_t> gid = primary_group(item);
    if (!gid) {
      ++faults_;
      return;
    }
    if (accounts_.user(std::string_view(item.name))) return;
    const std::optional<std::uint32_t> uid = choose_uid(item, *gid);
    if (!uid) {
      ++faults_;
      return;
    }
    process_.err(fmt::format("Creating user '{}' ({}) with UID {} and GID {}.\n", item.name,
                             item.gecos.empty() ? "n/a" : item.gecos, *uid, *gid));
    const bool is_root = *uid == 0;
    accounts_.shadow().make(0);
    accounts_.add_user({.name = item.name,
                        .uid = *uid,
                        .gid = *gid,
                        .gecos = item.gecos,
                        .home = !item.home.empty() ? item.home
                                : is_root          ? "/root"
                                                   : "/",
                        .shell = !item.shell.empty() ? item.shell
                                 : is_root           ? "/bin/sh"
                                                     : "/usr/sbin/nologin"},
                       Aging::no);
    accounts_.set_user_password(item.name, "!*");
  }

  void add_member(const Membership& member) { accounts_.add_member(member.group, member.user); }

  int finish() {
    accounts_.save();
    return faults_ == 0 ? 0 : 1;
  }

 private:
  bool is_free(const Item& item, std::uint32_t number) const {
    const auto user = accounts_.user(number);
    const auto group = accounts_.group(number);
    const SystemIds& ids = process_.machine.ids;
    return (!user || user->name == item.name) && (!group || group->name == item.name) &&
           !ids.is_user_taken(number, item.name) && !ids.is_group_taken(number, item.name);
  }

  std::optional<std::uint32_t> choose_gid(const Item& item) const {
    const auto known = process_.machine.ids.group(item.name);
    if (known) return accounts_.free_gid(item.name, kSystem);
    if (item.gid && !accounts_.group(*item.gid)) return item.gid;
    if (item.uid && is_free(item, *item.uid)) return item.uid;
    return accounts_.free_pair(item.name, kSystem);
  }

  std::optional<std::uint32_t> choose_uid(const Item& item, std::uint32_t gid) const {
    const auto known = process_.machine.ids.user(item.name);
    if (known) return accounts_.free_uid(item.name, kSystem);
    if (item.uid && !accounts_.user(*item.uid)) return item.uid;
    if (!item.uid && item.group.empty() && !item.gid_must_exist && !accounts_.user(gid) &&
        !process_.machine.ids.is_user_taken(gid, item.name)) {
      return gid;
    }
    return accounts_.free_pair(item.name, kSystem);
  }

  std::optional<std::uint32_t> primary_group(const Item& item) {
    if (item.group.empty()) return make_group(item);
    const auto group = accounts_.group(std::string_view(item.group));
    if (group) return group->gid;
    fail(process_, 1,
         fmt::format("Failed to create {}: please create group {}", item.name, item.group));
    return std::nullopt;
  }

  Process& process_;
  Accounts accounts_;
  int faults_ = 0;
};

}  // namespace

int systemd_sysusers(Process& process) {
  constexpr LongOption kOptions[] = {{"inline"}, {"replace", Argument::required}};
  const Options options = parse_options(process, "", kOptions);
  Tree& tree = process.machine.tree;
  Wishes wishes;
  ConfigFiles config;
  if (options.has("inline")) {
    for (const std::string& line : options.operands) config.files.push_back({"", line});
  } else if (options.operands == std::vector<std::string>{"-"}) {
    config.files.push_back({"-", process.read_input()});
  } else {
    config = read_config(tree, "sysusers.d", options.operands);
  }
  for (const ConfigText& file : config.files) {
    for (const std::string& line : lines_of(file.text)) {
      const std::size_t start = line.find_first_not_of(" \t");
      if (start != std::string::npos && line[start] != '#') parse_line(tree, line, wishes);
    }
  }
  add_implied(wishes);
  Maker maker(process);
  for (const Item& group : wishes.groups) maker.make_group(group);
  for (const Item& user : wishes.users) maker.make_user(user);
  for (const Membership& member : wishes.members) maker.add_member(member);
  const int status = maker.finish();
  for (const std::string& name : config.missing) {
    fail(process, 1, fmt::format("Failed to open '{}': No such file or directory", name));
  }
  return config.missing.empty() ? status : 1;
}

}  // namespace stamp::scripts::accounts
