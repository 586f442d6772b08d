// useradd, usermod, userdel, groupadd, groupmod and groupdel of passwd 4.13.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/accounts.h"
#include "maintainer-scripts/accounts/system_ids.h"
#include "maintainer-scripts/accounts/tree_copy.h"
#include "maintainer-scripts/tools/account_days.h"
#include "maintainer-scripts/tools/account_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::accounts {
namespace {

// Exit statuses of useradd(8), usermod(8) and groupadd(8).
constexpr int kBadArgument = 3;
constexpr int kNumberInUse = 4;
constexpr int kNoSuch = 6;
constexpr int kNameInUse = 9;

constexpr LongOption kUserAddOptions[] = {
    {"badname"},
    {"base-dir", Argument::required, "b"},
    {"comment", Argument::required, "c"},
    {"home-dir", Argument::required, "d"},
    {"expiredate", Argument::required, "e"},
    {"inactive", Argument::required, "f"},
    {"gid", Argument::required, "g"},
    {"groups", Argument::required, "G"},
    {"skel", Argument::required, "k"},
    {"key", Argument::required, "K"},
    {"no-log-init", Argument::none, "l"},
    {"create-home", Argument::none, "m"},
    {"no-create-home", Argument::none, "M"},
    {"no-user-group", Argument::none, "N"},
    {"non-unique", Argument::none, "o"},
    {"password", Argument::required, "p"},
    {"system", Argument::none, "r"},
    {"shell", Argument::required, "s"},
    {"uid", Argument::required, "u"},
    {"user-group", Argument::none, "U"},
};

constexpr LongOption kUserModOptions[] = {
    {"append", Argument::none, "a"},         {"badname"},
    {"comment", Argument::required, "c"},    {"home", Argument::required, "d"},
    {"expiredate", Argument::required, "e"}, {"inactive", Argument::required, "f"},
    {"gid", Argument::required, "g"},        {"groups", Argument::required, "G"},
    {"login", Argument::required, "l"},      {"lock", Argument::none, "L"},
    {"move-home", Argument::none, "m"},      {"non-unique", Argument::none, "o"},
    {"password", Argument::required, "p"},   {"remove", Argument::none, "r"},
    {"shell", Argument::required, "s"},      {"uid", Argument::required, "u"},
    {"unlock", Argument::none, "U"},
};

constexpr LongOption kUserDelOptions[] = {{"force", Argument::none, "f"},
                                          {"remove", Argument::none, "r"}};

constexpr LongOption kGroupAddOptions[] = {
    {"force", Argument::none, "f"},        {"gid", Argument::required, "g"},
    {"key", Argument::required, "K"},      {"non-unique", Argument::none, "o"},
    {"password", Argument::required, "p"}, {"system", Argument::none, "r"},
};

constexpr LongOption kGroupModOptions[] = {
    {"append", Argument::none, "a"},       {"gid", Argument::required, "g"},
    {"new-name", Argument::required, "n"}, {"non-unique", Argument::none, "o"},
    {"password", Argument::required, "p"}, {"users", Argument::required, "U"},
};

constexpr LongOption kGroupDelOptions[] = {{"force", Argument::none, "f"}};

/// Settings that `-K` may give.
using Keys = std::map<std::string, std::int64_t, std::less<>>;

Keys keys_of(const Options& options) {
  Keys keys;
  for (const Option& option : options.given) {
    if (option.name != "K") continue;
    const std::size_t equals = option.value->find('=');
    const std::string name = option.value->substr(0, equals);
    const std::optional<std::uint32_t> value =
        equals == std::string::npos ? std::nullopt : parse_number(option.value->substr(equals + 1));
    constexpr std::string_view kKnown[] = {"UID_MIN",     "UID_MAX",     "GID_MIN",
                                           "GID_MAX",     "SYS_UID_MIN", "SYS_UID_MAX",
                                           "SYS_GID_MIN", "SYS_GID_MAX"};
    if (!value || std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown)) {
      throw Unknown(fmt::format("key '{}' is not known", *option.value));
    }
    keys[name] = *value;
  }
  return keys;
}

/// The numbers of login.defs(5): a person's from the lowest, a system user's from the highest.
IdRange range_of(const Accounts& accounts, const Options& options, std::string_view kind) {
  const Keys keys = keys_of(options);
  const auto setting = [&](const std::string& name, std::int64_t missing) {
    const auto key = keys.find(name);
    return key != keys.end() ? key->second : accounts.setting(name, missing);
  };
  const std::string min = fmt::format("{}_MIN", kind);
  const std::string max = fmt::format("{}_MAX", kind);
  const std::int64_t first_of_people = setting(min, 1000);
  if (!options.has("r")) {
    return {static_cast<std::uint32_t>(first_of_people),
            static_cast<std::uint32_t>(setting(max, 60000)), IdRange::From::lowest};
  }
  return {static_cast<std::uint32_t>(setting("SYS_" + min, 101)),
          static_cast<std::uint32_t>(setting("SYS_" + max, first_of_people - 1)),
          IdRange::From::highest};
}

std::string text_option(const Options& options, std::string_view name, std::string_view missing) {
  const std::string* value = options.value(name);
  return value == nullptr ? std::string(missing) : *value;
}

/// A setting of /etc/default/useradd.
std::string default_of(const Tree& tree, std::string_view name, std::string_view missing) {
  const std::string text = read_text(tree, "/etc/default/useradd").value_or("");
  std::string value(missing);
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(fmt::format("{}=", name))) value = line.substr(name.size() + 1);
  }
  return value;
}

/// The groups of a list of names and numbers; the first that is not there is `missing`.
struct GroupList {
  std::vector<std::string> names;
  std::optional<std::string> missing;
};

GroupList groups_of(const Accounts& accounts, std::string_view list) {
  GroupList groups;
  if (list.empty()) return groups;
  for (const std::string& key : split(list, ',')) {
    const std::optional<Group> group = accounts.group_by_key(key);
    if (!group && !groups.missing) groups.missing = key;
    if (group) groups.names.push_back(group->name);
  }
  return groups;
}

/// Whether a name is one that the tools take: with Debian's patch nearly all.
bool is_good_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 &&
         std::string_view("-+~").find(name[0]) == std::string_view::npos &&
         name.find_first_of(":,/ \t\n") == std::string_view::npos;
}

void set_shadow_field(Accounts& accounts, std::string_view user, std::size_t field,
                      std::string value) {
  if (Records::Row* row = accounts.shadow().find(user)) (*row)[field] = std::move(value);
}

void create_home(Process& process, const Accounts& accounts, const Options& options,
                 const User& user) {
  Tree& tree = process.machine.tree;
  if (tree.exists(user.home)) {
    fail(process, 0, fmt::format("warning: the home directory {} already exists.", user.home));
    return;
  }
  make_parents(tree, user.home);
  // HOME_MODE and UMASK are octal texts; Debian's login.defs says 022.
  const std::uint32_t mode = accounts.setting("HOME_MODE", 0) == 700 ? 0700 : 0755;
  tree.make_directory(user.home, mode);
  tree.set_mode(user.home, mode);
  tree.set_owner(user.home, user.uid, user.gid);
  const Found skeleton = tree.find(text_option(options, "k", "/etc/skel"));
  if (skeleton && skeleton.inode->is_directory()) {
    copy_children(tree, *skeleton.inode, user.home, Owner{user.uid, user.gid});
  }
}

/// Changes the group of what belongs to `old_gid` in a home folder.
void change_group_below(Inode& folder, Tree& tree, const std::string& path, std::uint32_t old_gid,
                        std::uint32_t gid) {
  if (folder.gid == old_gid) tree.set_owner(path, std::nullopt, gid, LastLink::keep);
  for (const auto& [name, child] : folder.children) {
    change_group_below(*child, tree, fmt::format("{}/{}", path, name), old_gid, gid);
  }
}

/// The group that a new user starts in; nothing when it was refused with `status`.
struct Primary {
  std::optional<std::uint32_t> gid;
  bool is_new = false;
  int status = 0;
};

Primary primary_of(Process& process, const Accounts& accounts, const Options& options,
                   std::uint32_t uid) {
  const std::string& name = options.operands[0];
  if (const std::string* key = options.value("g")) {
    const std::optional<Group> group = accounts.group_by_key(*key);
    if (group) return {group->gid};
    return {{}, false, fail(process, kNoSuch, fmt::format("group '{}' does not exist", *key))};
  }
  if (options.has("N")) {
    const std::string key = default_of(process.machine.tree, "GROUP", "100");
    const std::optional<Group> group = accounts.group_by_key(key);
    if (group) return {group->gid};
    return {{}, false, fail(process, kNoSuch, fmt::format("group '{}' does not exist", key))};
  }
  if (accounts.group(std::string_view(name))) {
    return {
        {},
        false,
        fail(process, kNameInUse,
             fmt::format("group {} exists - if you want to add this user to that group, use -g.",
                         name))};
  }
  const auto gid = accounts.free_gid(name, range_of(accounts, options, "GID"), uid);
  if (gid) return {gid, true};
  return {{}, false, fail(process, kNumberInUse, "can't create group")};
}

/// The status that refuses a new user; 0 when it may be made.
int refuse_user(Process& process, const Accounts& accounts, const Options& options) {
  const std::string& name = options.operands[0];
  if (!is_good_name(name)) {
    return fail(process, kBadArgument,
                fmt::format("invalid user name '{}': use --badname to ignore", name));
  }
  if (accounts.user(std::string_view(name))) {
    return fail(process, kNameInUse, fmt::format("user '{}' already exists", name));
  }
  if (const std::string* uid = options.value("u")) {
    const std::optional<std::uint32_t> number = parse_number(*uid);
    if (!number) return fail(process, kBadArgument, fmt::format("invalid user ID '{}'", *uid));
    if (!options.has("o") && accounts.user(*number)) {
      return fail(process, kNumberInUse, fmt::format("UID {} is not unique", *number));
    }
  }
  const GroupList groups = groups_of(accounts, text_option(options, "G", ""));
  if (groups.missing) {
    return fail(process, kNoSuch, fmt::format("group '{}' does not exist", *groups.missing));
  }
  return 0;
}

/// The user that the options describe.
User described_user(const Process& process, const Options& options, std::uint32_t uid,
                    std::uint32_t gid) {
  const Tree& tree = process.machine.tree;
  const std::string base = text_option(options, "b", default_of(tree, "HOME", "/home"));
  const std::string& name = options.operands[0];
  return {.name = name,
          .uid = uid,
          .gid = gid,
          .gecos = text_option(options, "c", ""),
          .home = text_option(options, "d", fmt::format("{}/{}", base, name)),
          .shell = text_option(options, "s", default_of(tree, "SHELL", "/bin/sh"))};
}

void set_expiry(Accounts& accounts, const Options& options, std::string_view name) {
  if (const std::string* date = options.value("e")) {
    set_shadow_field(accounts, name, 7, days_field(*date));
  }
  if (const std::string* days = options.value("f")) {
    set_shadow_field(accounts, name, 6, days_field(*days));
  }
}

/// What usermod changes in the record of a user; the status that refuses it.
int change_record(Process& process, Accounts& accounts, const Options& options,
                  const std::string& name) {
  Records::Row& row = *accounts.passwd().find(name);
  if (const std::string* uid = options.value("u"); uid != nullptr && *uid != row[2]) {
    throw Unknown("another number for a user that has one is not known");
  }
  if (const std::string* key = options.value("g")) {
    const std::optional<Group> group = accounts.group_by_key(*key);
    if (!group) return fail(process, kNoSuch, fmt::format("group '{}' does not exist", *key));
    const std::uint32_t old_gid = parse_number(row[3]).value_or(0);
    row[3] = std::to_string(group->gid);
    Tree& tree = process.machine.tree;
    const std::string home = text_option(options, "d", row[5]);
    if (const Found found = tree.find(home); found && found.inode->is_directory()) {
      change_group_below(*found.inode, tree, found.path.absolute(), old_gid, group->gid);
    }
  }
  if (const std::string* gecos = options.value("c")) row[4] = *gecos;
  if (const std::string* home = options.value("d")) row[5] = *home;
  if (const std::string* shell = options.value("s")) row[6] = *shell;
  return 0;
}

void change_password(Accounts& accounts, const Options& options, const std::string& name) {
  std::string password = accounts.user_password(name);
  if (const std::string* given = options.value("p")) password = *given;
  if (options.has("L") && !password.starts_with('!')) password = "!" + password;
  if (options.has("U") && password.starts_with('!') && password.size() > 1) password.erase(0, 1);
  if (password != accounts.user_password(name)) accounts.set_user_password(name, password);
}

int change_groups(Process& process, Accounts& accounts, const Options& options,
                  const std::string& name) {
  const std::string* list = options.value("G");
  if (list == nullptr) return 0;
  const GroupList groups = groups_of(accounts, *list);
  if (groups.missing) {
    return fail(process, kNoSuch, fmt::format("group '{}' does not exist", *groups.missing));
  }
  if (!options.has("a")) {
    const std::vector<Records::Row> rows = accounts.groups().rows();
    for (const Records::Row& row : rows) {
      const bool keeps =
          std::find(groups.names.begin(), groups.names.end(), row[0]) != groups.names.end();
      if (accounts.groups().is_record(row) && keeps == options.has("r")) {
        accounts.remove_member(row[0], name);
      }
    }
  }
  if (options.has("r")) return 0;
  for (const std::string& group : groups.names) accounts.add_member(group, name);
  return 0;
}

}  // namespace

int useradd(Process& process) {
  const Options options =
      parse_options(process, "b:c:d:e:f:g:G:k:K:lmMNop:rs:u:U", kUserAddOptions);
  if (options.operands.size() != 1) return fail(process, 2, "one user name is needed");
  Accounts accounts(process.machine);
  if (const int status = refuse_user(process, accounts, options); status != 0) return status;
  const std::string& name = options.operands[0];
  const std::string* wanted = options.value("u");
  const std::optional<std::uint32_t> uid =
      wanted != nullptr ? parse_number(*wanted)
                        : accounts.free_uid(name, range_of(accounts, options, "UID"));
  if (!uid) return fail(process, kNumberInUse, "can't get unique UID (no more available UIDs)");
  const Primary primary = primary_of(process, accounts, options, *uid);
  if (!primary.gid) return primary.status;
  if (primary.is_new) accounts.add_group(name, *primary.gid);
  const User user = described_user(process, options, *uid, *primary.gid);
  accounts.add_user(user, options.has("r") ? Aging::no : Aging::yes);
  if (const std::string* password = options.value("p")) {
    accounts.set_user_password(name, *password);
  }
  set_expiry(accounts, options, name);
  for (const std::string& group : groups_of(accounts, text_option(options, "G", "")).names) {
    accounts.add_member(group, name);
  }
  if (!options.has("r")) accounts.add_subordinates(name);
  accounts.save();
  if (options.has("m") && !options.has("M")) create_home(process, accounts, options, user);
  return 0;
}

int usermod(Process& process) {
  const Options options = parse_options(process, "ac:d:e:f:g:G:l:Lmop:rs:u:U", kUserModOptions);
  if (options.operands.size() != 1) return fail(process, 2, "one user name is needed");
  if (options.given.empty()) {
    process.out("usermod: no changes\n");
    return 0;
  }
  const std::string& name = options.operands[0];
  Accounts accounts(process.machine);
  if (!accounts.user(std::string_view(name))) {
    return fail(process, kNoSuch, fmt::format("user '{}' does not exist", name));
  }
  if (options.has("l") && *options.value("l") != name) {
    throw Unknown("another name for a user is not known");
  }
  if (options.has("m")) throw Unknown("option '-m' is not known: it moves the user's files");
  if (const int status = change_record(process, accounts, options, name); status != 0) {
    return status;
  }
  change_password(accounts, options, name);
  set_expiry(accounts, options, name);
  const int status = change_groups(process, accounts, options, name);
  if (status == 0) accounts.save();
  return status;
}

int userdel(Process& process) {
  const Options options = parse_options(process, "fr", kUserDelOptions);
  if (options.operands.size() != 1) return fail(process, 2, "one user name is needed");
  const std::string& name = options.operands[0];
  Accounts accounts(process.machine);
  const std::optional<User> user = accounts.user(std::string_view(name));
  if (!user) return fail(process, kNoSuch, fmt::format("user '{}' does not exist", name));
  accounts.remove_user(name);
  const std::optional<Group> own = accounts.group(std::string_view(name));
  if (own && own->gid == user->gid && own->members.empty()) accounts.remove_group(name);
  accounts.save();
  if (options.has("r")) {
    process.machine.tree.remove_all(fmt::format("/var/mail/{}", name));
    process.machine.tree.remove_all(user->home);
  }
  return 0;
}

int groupadd(Process& process) {
  const Options options = parse_options(process, "fg:K:op:r", kGroupAddOptions);
  if (options.operands.size() != 1) return fail(process, 2, "one group name is needed");
  const std::string& name = options.operands[0];
  Accounts accounts(process.machine);
  if (!is_good_name(name)) {
    return fail(process, kBadArgument, fmt::format("'{}' is not a valid group name", name));
  }
  if (accounts.group(std::string_view(name))) {
    if (options.has("f")) return 0;
    return fail(process, kNameInUse, fmt::format("group '{}' already exists", name));
  }
  std::optional<std::uint32_t> gid;
  if (const std::string* wanted = options.value("g")) {
    gid = parse_number(*wanted);
    if (!gid) return fail(process, kBadArgument, fmt::format("invalid group ID '{}'", *wanted));
    if (accounts.group(*gid) && !options.has("o")) {
      if (!options.has("f")) {
        return fail(process, kNumberInUse, fmt::format("GID '{}' already exists", *gid));
      }
      gid.reset();
    }
  }
  if (!gid) gid = accounts.free_gid(name, range_of(accounts, options, "GID"));
  if (!gid) return fail(process, kNumberInUse, "can't get unique GID (no more available GIDs)");
  accounts.add_group(name, *gid);
  if (const std::string* password = options.value("p")) {
    accounts.set_group_password(name, *password);
  }
  accounts.save();
  return 0;
}

int groupmod(Process& process) {
  const Options options = parse_options(process, "ag:n:op:U:", kGroupModOptions);
  if (options.operands.size() != 1) return fail(process, 2, "one group name is needed");
  const std::string& name = options.operands[0];
  Accounts accounts(process.machine);
  const std::optional<Group> group = accounts.group(std::string_view(name));
  if (!group) return fail(process, kNoSuch, fmt::format("group '{}' does not exist", name));
  if (options.has("n") || options.has("U"))
    throw Unknown("another name or other users for a group are not known");
  if (const std::string* gid = options.value("g"); gid != nullptr) {
    if (parse_number(*gid) != group->gid) {
      throw Unknown("another number for a group that has one is not known");
    }
  }
  if (const std::string* password = options.value("p")) {
    accounts.set_group_password(name, *password);
  }
  accounts.save();
  return 0;
}

int groupdel(Process& process) {
  const Options options = parse_options(process, "f", kGroupDelOptions);
  if (options.operands.size() != 1) return fail(process, 2, "one group name is needed");
  const std::string& name = options.operands[0];
  Accounts accounts(process.machine);
  const std::optional<Group> group = accounts.group(std::string_view(name));
  if (!group) return fail(process, kNoSuch, fmt::format("group '{}' does not exist", name));
  const Records::Row* user = accounts.passwd().find_by(3, std::to_string(group->gid));
  if (user != nullptr && !options.has("f")) {
    return fail(process, 8,
                fmt::format("cannot remove the primary group of user '{}'", (*user)[0]));
  }
  accounts.remove_group(name);
  accounts.save();
  return 0;
}

}  // namespace stamp::scripts::accounts
