#include "maintainer-scripts/accounts/accounts.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/accounts/system_ids.h"

namespace stamp::scripts::accounts {
namespace {

std::optional<User> to_user(const Records::Row* row) {
  if (row == nullptr) return std::nullopt;
  const std::optional<std::uint32_t> uid = parse_number((*row)[2]);
  const std::optional<std::uint32_t> gid = parse_number((*row)[3]);
  if (!uid || !gid) return std::nullopt;
  return User{(*row)[0], *uid, *gid, (*row)[4], (*row)[5], (*row)[6]};
}

std::vector<std::string> members_of(std::string_view list) {
  return list.empty() ? std::vector<std::string>() : split(list, ',');
}

std::optional<Group> to_group(const Records::Row* row) {
  if (row == nullptr) return std::nullopt;
  const std::optional<std::uint32_t> gid = parse_number((*row)[2]);
  if (!gid) return std::nullopt;
  return Group{(*row)[0], *gid, members_of((*row)[3])};
}

/// The settings of /etc/login.defs.
std::map<std::string, std::string, std::less<>> read_settings(const Tree& tree) {
  std::map<std::string, std::string, std::less<>> settings;
  const std::string text = read_text(tree, "/etc/login.defs").value_or("");
  for (const std::string& line : lines_of(text)) {
    const std::size_t name = line.find_first_not_of(" \t");
    if (name == std::string::npos || line[name] == '#') continue;
    const std::size_t end = line.find_first_of(" \t", name);
    if (end == std::string::npos) continue;
    const std::size_t value = line.find_first_not_of(" \t\"", end);
    const std::size_t last = line.find_last_not_of(" \t\"");
    if (value == std::string::npos) continue;
    settings[line.substr(name, end - name)] = line.substr(value, last - value + 1);
  }
  return settings;
}

/// One of the two kinds of numbers, for the search that is the same for both.
struct Space {
  std::string_view kind;
  const Records& records;
  std::optional<std::uint32_t> known;
  bool (SystemIds::*is_taken)(std::uint32_t, std::string_view) const;
};

bool is_free(const Space& space, const SystemIds& ids, std::uint32_t id, std::string_view name) {
  const Records::Row* holder = space.records.find_by(2, std::to_string(id));
  return (holder == nullptr || (*holder)[0] == name) && !(ids.*space.is_taken)(id, name);
}

template <typename Accept>
std::optional<std::uint32_t> first_of(const IdRange& range, Accept accept) {
  for (std::uint64_t step = 0; step + range.first <= range.last; ++step) {
    const std::uint32_t offset = static_cast<std::uint32_t>(step);
    const std::uint32_t id =
        range.from == IdRange::From::lowest ? range.first + offset : range.last - offset;
    if (accept(id)) return id;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> choose(const Space& space, const SystemIds& ids, std::string_view name,
                                    const IdRange& range, std::optional<std::uint32_t> preferred) {
  if (space.known) {
    const Records::Row* holder = space.records.find_by(2, std::to_string(*space.known));
    if (holder == nullptr || (*holder)[0] == name) return space.known;
    throw Error(ErrorKind::invalid,
                fmt::format("cannot give {} '{}' the number {}: {} '{}' has it", space.kind, name,
                            *space.known, space.kind, (*holder)[0]),
                {.hint = "fix both numbers in the recipe's accounts:"});
  }
  if (preferred && *preferred >= range.first && *preferred <= range.last &&
      is_free(space, ids, *preferred, name)) {
    return preferred;
  }
  return first_of(range, [&](std::uint32_t id) { return is_free(space, ids, id, name); });
}

void add_unique(std::string& list, std::string_view member) {
  std::vector<std::string> members = members_of(list);
  if (std::find(members.begin(), members.end(), member) != members.end()) return;
  members.emplace_back(member);
  list = join(members, ',');
}

void remove_from(std::string& list, std::string_view member) {
  std::vector<std::string> members = members_of(list);
  std::erase(members, member);
  list = join(members, ',');
}

}  // namespace

Accounts::Accounts(Machine& machine)
    : machine_(machine),
      passwd_(machine.tree, "/etc/passwd", 7),
      group_(machine.tree, "/etc/group", 4),
      shadow_(machine.tree, "/etc/shadow", 9),
      gshadow_(machine.tree, "/etc/gshadow", 4),
      subuid_(machine.tree, "/etc/subuid", 3),
      subgid_(machine.tree, "/etc/subgid", 3),
      settings_(read_settings(machine.tree)) {}

std::optional<User> Accounts::user(std::string_view name) const {
  return to_user(passwd_.find(name));
}

std::optional<User> Accounts::user(std::uint32_t uid) const {
  return to_user(passwd_.find_by(2, std::to_string(uid)));
}

std::optional<Group> Accounts::group(std::string_view name) const {
  return to_group(group_.find(name));
}

std::optional<Group> Accounts::group(std::uint32_t gid) const {
  return to_group(group_.find_by(2, std::to_string(gid)));
}

std::optional<Group> Accounts::group_by_key(std::string_view name_or_gid) const {
  if (std::optional<Group> named = group(name_or_gid)) return named;
  const std::optional<std::uint32_t> gid = parse_number(name_or_gid);
  return gid ? group(*gid) : std::nullopt;
}

std::optional<std::uint32_t> Accounts::free_uid(std::string_view name, const IdRange& range,
                                                std::optional<std::uint32_t> preferred) const {
  const Space space{"user", passwd_, machine_.ids.user(name), &SystemIds::is_user_taken};
  return choose(space, machine_.ids, name, range, preferred);
}

std::optional<std::uint32_t> Accounts::free_gid(std::string_view name, const IdRange& range,
                                                std::optional<std::uint32_t> preferred) const {
  const Space space{"group", group_, machine_.ids.group(name), &SystemIds::is_group_taken};
  return choose(space, machine_.ids, name, range, preferred);
}

std::optional<std::uint32_t> Accounts::free_pair(std::string_view name,
                                                 const IdRange& range) const {
  if (machine_.ids.user(name)) return free_uid(name, range);
  if (machine_.ids.group(name)) return free_uid(name, range, machine_.ids.group(name));
  const Space users{"user", passwd_, {}, &SystemIds::is_user_taken};
  const Space groups{"group", group_, {}, &SystemIds::is_group_taken};
  return first_of(range, [&](std::uint32_t id) {
    return is_free(users, machine_.ids, id, name) && is_free(groups, machine_.ids, id, name);
  });
}

void Accounts::add_user(const User& user, Aging aging) {
  machine_.ids.set_user(user.name, user.uid);
  passwd_.add({user.name, shadow_.exists() ? "x" : "!", std::to_string(user.uid),
               std::to_string(user.gid), user.gecos, user.home, user.shell});
  if (!shadow_.exists()) return;
  Records::Row row{user.name, "!", std::to_string(today()), "", "", "", "", "", ""};
  if (aging == Aging::yes) {
    row[3] = std::to_string(setting("PASS_MIN_DAYS", 0));
    row[4] = std::to_string(setting("PASS_MAX_DAYS", 99999));
    row[5] = std::to_string(setting("PASS_WARN_AGE", 7));
  }
  shadow_.add(std::move(row));
}

void Accounts::add_group(std::string_view name, std::uint32_t gid) {
  machine_.ids.set_group(name, gid);
  group_.add({std::string(name), "x", std::to_string(gid), ""});
  if (gshadow_.exists()) gshadow_.add({std::string(name), "!", "", ""});
}

void Accounts::remove_user(std::string_view name) {
  passwd_.remove(name);
  shadow_.remove(name);
  subuid_.remove(name);
  subgid_.remove(name);
  for (Records::Row& row : group_.rows()) {
    if (group_.is_record(row)) remove_from(row[3], name);
  }
  for (Records::Row& row : gshadow_.rows()) {
    if (!gshadow_.is_record(row)) continue;
    remove_from(row[2], name);
    remove_from(row[3], name);
  }
}

void Accounts::remove_group(std::string_view name) {
  group_.remove(name);
  gshadow_.remove(name);
}

void Accounts::add_member(std::string_view group, std::string_view user) {
  if (Records::Row* row = group_.find(group)) add_unique((*row)[3], user);
  if (Records::Row* row = gshadow_.find(group)) add_unique((*row)[3], user);
}

void Accounts::remove_member(std::string_view group, std::string_view user) {
  if (Records::Row* row = group_.find(group)) remove_from((*row)[3], user);
  if (Records::Row* row = gshadow_.find(group)) remove_from((*row)[3], user);
}

void Accounts::set_members(std::string_view group, const std::vector<std::string>& members) {
  if (Records::Row* row = group_.find(group)) (*row)[3] = join(members, ',');
  if (Records::Row* row = gshadow_.find(group)) (*row)[3] = join(members, ',');
}

void Accounts::add_subordinates(std::string_view user) {
  for (Records* file : {&subuid_, &subgid_}) {
    if (!file->exists() || file->find(user) != nullptr) continue;
    const std::string_view kind = file == &subuid_ ? "SUB_UID" : "SUB_GID";
    const std::int64_t count = setting(fmt::format("{}_COUNT", kind), 65536);
    std::int64_t first = setting(fmt::format("{}_MIN", kind), 100000);
    for (const Records::Row& row : file->rows()) {
      if (!file->is_record(row)) continue;
      const std::optional<std::uint32_t> start = parse_number(row[1]);
      const std::optional<std::uint32_t> length = parse_number(row[2]);
      if (start && length) first = std::max(first, std::int64_t{*start} + *length);
    }
    file->add({std::string(user), std::to_string(first), std::to_string(count)});
  }
}

void Accounts::set_user_password(std::string_view name, std::string password) {
  if (Records::Row* row = shadow_.find(name)) {
    (*row)[1] = std::move(password);
  } else if (Records::Row* plain = passwd_.find(name)) {
    (*plain)[1] = std::move(password);
  }
}

std::string Accounts::user_password(std::string_view name) const {
  if (const Records::Row* row = shadow_.find(name)) return (*row)[1];
  const Records::Row* plain = passwd_.find(name);
  return plain == nullptr ? std::string() : (*plain)[1];
}

void Accounts::set_group_password(std::string_view name, std::string password) {
  if (Records::Row* row = gshadow_.find(name)) {
    (*row)[1] = std::move(password);
  } else if (Records::Row* plain = group_.find(name)) {
    (*plain)[1] = std::move(password);
  }
}

void Accounts::save() {
  passwd_.save();
  group_.save();
  if (shadow_.exists()) shadow_.save(0400);
  if (gshadow_.exists()) gshadow_.save(0400);
  if (subuid_.exists()) subuid_.save();
  if (subgid_.exists()) subgid_.save();
}

std::int64_t Accounts::setting(std::string_view name, std::int64_t missing) const {
  const auto found = settings_.find(name);
  if (found == settings_.end()) return missing;
  const std::optional<std::uint32_t> number = parse_number(found->second);
  return number ? *number : missing;
}

}  // namespace stamp::scripts::accounts
