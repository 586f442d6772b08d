#include <algorithm>
#include <string_view>

#include <fmt/core.h>

#include "base/error.h"
#include "builder/plan/plan.h"

namespace stamp::build {
namespace {

using Numbers = std::map<std::string, std::uint32_t, std::less<>>;

/// Adds numbers to a table. Errors: invalid: another name has one of them.
void add_numbers(Numbers& table, const Numbers& more, std::string_view what,
                 const workspace::Recipe& recipe) {
  for (const auto& [name, number] : more) {
    const std::uint32_t id = number;
    const auto other = std::find_if(table.begin(), table.end(),
                                    [id](const auto& each) { return each.second == id; });
    if (other != table.end() && other->first != name) {
      throw Error(
          ErrorKind::invalid,
          fmt::format("cannot give the {} '{}' the id {}: '{}' of '{}' has it", what, name, number,
                      other->first, recipe.name),
          {.input = recipe.file, .hint = fmt::format("give one of them another id in 'accounts'")});
    }
    table.emplace(name, number);
  }
}

Numbers numbers_of(const std::vector<workspace::LockedId>& ids) {
  Numbers numbers;
  for (const workspace::LockedId& id : ids) numbers.emplace(id.name, id.number);
  return numbers;
}

/// The lock's numbers of names that are not in `table`.
Numbers not_in(const Numbers& table, Numbers numbers) {
  std::erase_if(numbers, [&](const auto& each) { return table.count(each.first) != 0; });
  return numbers;
}

}  // namespace

SystemIdTable given_ids(const SystemIdTable& base, const workspace::Recipe& recipe,
                        const workspace::Lock& lock) {
  SystemIdTable ids = base;
  Numbers users;
  Numbers groups;
  for (const workspace::User& user : recipe.accounts.users) users.emplace(user.name, user.uid);
  for (const workspace::Group& group : recipe.accounts.groups) {
    groups.emplace(group.name, group.gid);
  }
  add_numbers(ids.users, not_in(ids.users, users), "user", recipe);
  add_numbers(ids.groups, not_in(ids.groups, groups), "group", recipe);
  add_numbers(ids.users, not_in(ids.users, numbers_of(lock.users)), "user", recipe);
  add_numbers(ids.groups, not_in(ids.groups, numbers_of(lock.groups)), "group", recipe);
  return ids;
}

}  // namespace stamp::build
