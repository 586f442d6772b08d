// getent of libc-bin 2.36, groups of coreutils 9.1, update-passwd of
// base-passwd 3.6.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/accounts.h"
#include "maintainer-scripts/accounts/system_ids.h"
#include "maintainer-scripts/tools/account_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::accounts {
namespace {

constexpr int kNotFound = 2;

/// A database that is a file of records.
struct Database {
  std::string_view name;
  std::string_view path;
  std::size_t fields;
  bool has_number;  ///< whether the third field is a key too
};

constexpr Database kDatabases[] = {
    {"passwd", "/etc/passwd", 7, true},
    {"group", "/etc/group", 4, true},
    {"shadow", "/etc/shadow", 9, false},
    {"gshadow", "/etc/gshadow", 4, false},
};

int get_records(Process& process, const Database& database, const std::vector<std::string>& keys) {
  const Records records(process.machine.tree, std::string(database.path), database.fields);
  if (keys.empty()) {
    for (const Records::Row& row : records.rows()) {
      if (records.is_record(row)) process.out(join(row, ':') + "\n");
    }
    return 0;
  }
  int status = 0;
  for (const std::string& key : keys) {
    const bool is_number = database.has_number && parse_number(key).has_value();
    const Records::Row* row = is_number ? records.find_by(2, key) : records.find(key);
    if (row == nullptr) {
      status = kNotFound;
    } else {
      process.out(join(*row, ':') + "\n");
    }
  }
  return status;
}

/// The words of a line without its comment.
std::vector<std::string> words_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string> words;
  for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;
       at = line.find_first_not_of(" \t")) {
    line.remove_prefix(at);
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

/// Whether a line of /etc/services or /etc/protocols answers to a key: a name, an alias, or the
/// number; for a service also with its protocol, "22/tcp".
bool answers(const std::vector<std::string>& words, std::string_view key) {
  const std::size_t slash = key.find('/');
  const std::string_view number = std::string_view(words[1]).substr(0, words[1].find('/'));
  if (slash != std::string_view::npos) {
    if (!words[1].ends_with(key.substr(slash))) return false;
    key = key.substr(0, slash);
  }
  if (number == key) return true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 1 && words[i] == key) return true;
  }
  return false;
}

int get_lines(Process& process, std::string_view path, const std::vector<std::string>& keys) {
  const std::string text = read_text(process.machine.tree, path).value_or("");
  std::vector<std::vector<std::string>> lines;
  for (const std::string& line : lines_of(text)) {
    std::vector<std::string> words = words_of(line);
    if (words.size() >= 2) lines.push_back(std::move(words));
  }
  const auto show = [&](const std::vector<std::string>& words) {
    process.out(fmt::format("{:<21} {}", words[0], words[1]));
    for (std::size_t i = 2; i < words.size(); ++i) process.out(" " + words[i]);
    process.out("\n");
  };
  if (keys.empty()) std::for_each(lines.begin(), lines.end(), show);
  int status = 0;
  for (const std::string& key : keys) {
    const auto line = std::find_if(lines.begin(), lines.end(),
                                   [&](const auto& words) { return answers(words, key); });
    if (line == lines.end()) {
      status = kNotFound;
    } else {
      show(*line);
    }
  }
  return status;
}

/// The groups that a user is in, the primary one first, then by file order.
std::vector<Group> groups_of(Accounts& accounts, const User& user) {
  std::vector<Group> groups;
  if (const std::optional<Group> primary = accounts.group(user.gid)) {
    groups.push_back(*primary);
  } else {
    groups.push_back({std::to_string(user.gid), user.gid, {}});
  }
  for (const Records::Row& row : accounts.groups().rows()) {
    const std::optional<Group> group = accounts.group(std::string_view(row[0]));
    if (!group || group->gid == user.gid) continue;
    if (std::find(group->members.begin(), group->members.end(), user.name) !=
        group->members.end()) {
      groups.push_back(*group);
    }
  }
  return groups;
}

/// The user of the first operand; root, who runs scripts, when there is none.
std::optional<User> user_of(const Accounts& accounts, const Options& options) {
  if (options.operands.empty()) {
    const std::optional<User> root = accounts.user(std::uint32_t{0});
    return root ? root : User{.name = "root", .gecos = {}, .home = "/root", .shell = "/bin/sh"};
  }
  const std::string& key = options.operands[0];
  if (std::optional<User> named = accounts.user(std::string_view(key))) return named;
  const std::optional<std::uint32_t> uid = parse_number(key);
  return uid ? accounts.user(*uid) : std::nullopt;
}

std::vector<std::string> names_of(const std::vector<Group>& groups) {
  std::vector<std::string> names;
  names.reserve(groups.size());
  for (const Group& group : groups) names.push_back(group.name);
  return names;
}

/// Adds the records of a master file that are not there. Errors: Unknown, when one differs.
bool complete(Records& records, const Records& master, Records& hidden) {
  bool changed = false;
  for (const Records::Row& row : master.rows()) {
    if (!master.is_record(row)) continue;
    if (const Records::Row* known = records.find(row[0])) {
      if ((*known)[2] != row[2] || (row.size() > 4 && (*known)[3] != row[3])) {
        throw Unknown(
            fmt::format("account '{}' has another number than base-passwd gives it", row[0]));
      }
      continue;
    }
    changed = true;
    Records::Row added = row;
    if (hidden.exists()) added[1] = "x";
    records.add(std::move(added));
    if (!hidden.exists()) continue;
    Records::Row secret(row.size() > 4 ? 9 : 4);
    secret[0] = row[0];
    secret[1] = "*";
    hidden.add(std::move(secret));
  }
  return changed;
}

}  // namespace

int getent(Process& process) {
  constexpr LongOption kOptions[] = {{"service", Argument::required, "s"},
                                     {"no-idn", Argument::none, "i"}};
  const Options options = parse_options(process, "+s:i", kOptions);
  if (const std::string* service = options.value("s"); service != nullptr && *service != "files") {
    throw Unknown(fmt::format("service '{}' is not known", *service));
  }
  if (options.operands.empty()) {
    process.err("Usage: getent [OPTION...] database [key ...]\n");
    return 1;
  }
  const std::string& name = options.operands[0];
  const std::vector<std::string> keys(options.operands.begin() + 1, options.operands.end());
  for (const Database& database : kDatabases) {
    if (database.name == name) return get_records(process, database, keys);
  }
  if (name == "services") return get_lines(process, "/etc/services", keys);
  if (name == "protocols") return get_lines(process, "/etc/protocols", keys);
  throw Unknown(fmt::format("database '{}' is not known", name));
}

int groups(Process& process) {
  const Options options = parse_options(process, "");
  Accounts accounts(process.machine);
  const std::optional<User> user = user_of(accounts, options);
  if (!user) {
    process.err(fmt::format("groups: '{}': no such user\n", options.operands[0]));
    return 1;
  }
  const std::string list = join(names_of(groups_of(accounts, *user)), ' ');
  process.out(options.operands.empty() ? list + "\n"
                                       : fmt::format("{} : {}\n", options.operands[0], list));
  return 0;
}

int update_passwd(Process& process) {
  constexpr LongOption kOptions[] = {{"dry-run", Argument::none, "n"},
                                     {"verbose", Argument::none, "v"},
                                     {"sanity-check", Argument::none, "s"}};
  const Options options = parse_options(process, "nvs", kOptions);
  Tree& tree = process.machine.tree;
  const Records users(tree, "/usr/share/base-passwd/passwd.master", 7);
  const Records groups(tree, "/usr/share/base-passwd/group.master", 4);
  Accounts accounts(process.machine);
  const bool added_users = complete(accounts.passwd(), users, accounts.shadow());
  const bool added_groups = complete(accounts.groups(), groups, accounts.gshadow());
  const bool changed = added_users || added_groups;
  if (options.has("n")) return changed ? 1 : 0;
  if (!options.has("s")) accounts.save();
  return 0;
}

}  // namespace stamp::scripts::accounts
