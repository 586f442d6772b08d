// deluser and delgroup of adduser 3.134.

#include <algorithm>
#include <optional>
#include <string>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/accounts.h"
#include "maintainer-scripts/tools/account_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::accounts {
namespace {

constexpr LongOption kDeleteOptions[] = {
    {"group"}, {"only-if-empty"}, {"quiet", Argument::none, "q"}, {"system"}, {"verbose"},
};

int delete_from_group(Process& process, Accounts& accounts, const Options& options) {
  const std::string& user = options.operands[0];
  const std::string& name = options.operands[1];
  const std::optional<User> found = accounts.user(user);
  if (!found) return fail(process, 2, fmt::format("The user `{}' does not exist.", user));
  const std::optional<Group> group = accounts.group(name);
  if (!group) return fail(process, 3, fmt::format("The group `{}' does not exist.", name));
  if (group->gid == found->gid) {
    return fail(process, 7, "You may not remove the user from their primary group.");
  }
  if (std::find(group->members.begin(), group->members.end(), user) == group->members.end()) {
    return fail(process, 6,
                fmt::format("The user `{}' is not a member of group `{}'.", user, name));
  }
  accounts.remove_member(name, user);
  accounts.save();
  return 0;
}

int delete_group(Process& process, Accounts& accounts, const Options& options) {
  const std::string& name = options.operands[0];
  const std::optional<Group> group = accounts.group(name);
  if (!group) {
    fail(process, 0, fmt::format("The group `{}' does not exist.", name));
    return options.has("system") ? 0 : 3;
  }
  if (options.has("system") && (group->gid < 100 || group->gid > 999)) {
    return fail(process, 3, fmt::format("The group `{}' is not a system group. Exiting.", name));
  }
  if (options.has("only-if-empty") && !group->members.empty()) {
    return fail(process, 5, fmt::format("The group `{}' is not empty!", name));
  }
  accounts.remove_group(name);
  accounts.save();
  return 0;
}

int delete_user(Process& process, Accounts& accounts, const Options& options) {
  const std::string& name = options.operands[0];
  const std::optional<User> user = accounts.user(name);
  if (!user) {
    if (!options.has("system")) {
      return fail(process, 2, fmt::format("The user `{}' does not exist.", name));
    }
    return fail(
        process, 0,
        fmt::format("The user `{}' does not exist, but --system was given. Exiting.", name));
  }
  if (options.has("system") && (user->uid < 100 || user->uid > 999)) {
    return fail(process, 1, fmt::format("The user `{}' is not a system user. Exiting.", name));
  }
  if (user->uid == 0) throw Unknown("it would remove the account of root");
  accounts.remove_user(name);
  const std::optional<Group> own = accounts.group(name);
  if (own && own->gid == user->gid && own->members.empty()) accounts.remove_group(name);
  accounts.save();
  return 0;
}

}  // namespace

int deluser(Process& process) {
  const Options options = parse_options(process, "q", kDeleteOptions);
  Accounts accounts(process.machine);
  if (options.operands.empty()) cannot_ask("the name to remove");
  if (options.operands.size() > 2) return fail(process, 1, "Only one or two names allowed.");
  if (options.operands.size() == 2) return delete_from_group(process, accounts, options);
  const bool is_group = process.name() == "delgroup" || options.has("group");
  return is_group ? delete_group(process, accounts, options)
                  : delete_user(process, accounts, options);
}

}  // namespace stamp::scripts::accounts
