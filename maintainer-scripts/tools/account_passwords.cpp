// gpasswd, passwd, chsh, chfn, chage, pwconv and grpconv with their opposites, pwck and grpck of
// passwd 4.13.

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/accounts.h"
#include "maintainer-scripts/tools/account_days.h"
#include "maintainer-scripts/tools/account_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::accounts {
namespace {

constexpr LongOption kGpasswdOptions[] = {
    {"add", Argument::required, "a"},         {"delete", Argument::required, "d"},
    {"members", Argument::required, "M"},     {"administrators", Argument::required, "A"},
    {"remove-password", Argument::none, "r"}, {"restrict", Argument::none, "R"},
};

constexpr LongOption kPasswdOptions[] = {
    {"delete", Argument::none, "d"}, {"expire", Argument::none, "e"},
    {"lock", Argument::none, "l"},   {"quiet", Argument::none, "q"},
    {"status", Argument::none, "S"}, {"unlock", Argument::none, "u"},
};

constexpr LongOption kChfnOptions[] = {
    {"full-name", Argument::required, "f"},  {"room", Argument::required, "r"},
    {"work-phone", Argument::required, "w"}, {"home-phone", Argument::required, "h"},
    {"other", Argument::required, "o"},
};

constexpr LongOption kChageOptions[] = {
    {"lastday", Argument::required, "d"},  {"expiredate", Argument::required, "E"},
    {"inactive", Argument::required, "I"}, {"mindays", Argument::required, "m"},
    {"maxdays", Argument::required, "M"},  {"warndays", Argument::required, "W"},
};

constexpr LongOption kCheckOptions[] = {
    {"quiet", Argument::none, "q"},
    {"read-only", Argument::none, "r"},
    {"sort", Argument::none, "s"},
};

/// The one user that a tool is for.
const std::string& only_name(const Options& options) {
  if (options.operands.size() != 1) cannot_ask("whose account is meant");
  return options.operands[0];
}

int no_such_user(Process& process, std::string_view name) {
  return fail(process, 1, fmt::format("user '{}' does not exist", name));
}

/// The letter that `passwd -S` shows for a password.
std::string_view state_of(std::string_view password) {
  if (password.empty()) return "NP";
  return password[0] == '!' || password[0] == '*' ? "L" : "P";
}

int show_status(Process& process, Accounts& accounts, const std::string& name) {
  const Records::Row* row = accounts.shadow().find(name);
  if (row == nullptr) {
    process.out(fmt::format("{} {}\n", name, state_of(accounts.user_password(name))));
    return 0;
  }
  const std::chrono::sys_days day{std::chrono::days(parse_number((*row)[2]).value_or(0))};
  const std::chrono::year_month_day date{day};
  const auto days = [&](std::size_t field) {
    return (*row)[field].empty() ? std::string("-1") : (*row)[field];
  };
  process.out(fmt::format("{} {} {:02}/{:02}/{:04} {} {} {} {}\n", name, state_of((*row)[1]),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                          static_cast<int>(date.year()), days(3), days(4), days(5), days(6)));
  return 0;
}

/// Puts passwords of `plain` into `shadow`, whose rows `to_row` makes.
template <typename ToRow>
void convert(Records& plain, Records& shadow, ToRow to_row) {
  std::erase_if(shadow.rows(), [&](const Records::Row& row) {
    return shadow.is_record(row) && plain.find(row[0]) == nullptr;
  });
  for (Records::Row& row : plain.rows()) {
    if (!plain.is_record(row)) continue;
    if (Records::Row* known = shadow.find(row[0])) {
      if (row[1] != "x") (*known)[1] = row[1];
    } else {
      shadow.add(to_row(row));
    }
    row[1] = "x";
  }
}

void sort_by_number(Records& records) {
  std::stable_sort(records.rows().begin(), records.rows().end(),
                   [](const Records::Row& a, const Records::Row& b) {
                     const auto key = [](const Records::Row& row) {
                       return row.size() > 2 ? parse_number(row[2]).value_or(~0U) : ~0U;
                     };
                     return key(a) < key(b);
                   });
}

/// Puts rows in the order of the names of `order`; others come last.
void sort_like(Records& records, const Records& order) {
  const auto position = [&](const Records::Row& row) {
    const Records::Row* found = order.find(row[0]);
    return found == nullptr ? order.rows().size()
                            : static_cast<std::size_t>(found - order.rows().data());
  };
  std::stable_sort(
      records.rows().begin(), records.rows().end(),
      [&](const Records::Row& a, const Records::Row& b) { return position(a) < position(b); });
}

/// Says what is wrong and counts it.
class Faults {
 public:
  explicit Faults(Process& process) : process_(process) {}
  void say(const std::string& text) {
    process_.out(text + "\n");
    ++count_;
  }
  int status() const { return count_ == 0 ? 0 : 2; }

 private:
  Process& process_;
  int count_ = 0;
};

void check_user(Faults& faults, const Process& process, const Accounts& accounts,
                const Options& options, const User& user) {
  const Tree& tree = process.machine.tree;
  if (!accounts.group(user.gid)) {
    faults.say(fmt::format("user '{}': no group {}", user.name, user.gid));
  }
  if (!options.has("q") && user.home != "/nonexistent" && !tree.exists(user.home)) {
    faults.say(fmt::format("user '{}': directory '{}' does not exist", user.name, user.home));
  }
  if (!user.shell.empty() && !tree.exists(user.shell)) {
    faults.say(fmt::format("user '{}': program '{}' does not exist", user.name, user.shell));
  }
}

/// What pwck and grpck say of a file's form: lines of another shape, names twice.
void check_form(Faults& faults, const Records& records, std::string_view kind) {
  std::set<std::string> seen;
  for (const Records::Row& row : records.rows()) {
    if (!records.is_record(row)) {
      faults.say(fmt::format("invalid {} file entry", kind));
    } else if (!seen.insert(row[0]).second) {
      faults.say(fmt::format("duplicate {} entry", kind));
    }
  }
}

/// Each name of `from` must be in `in`.
void check_match(Faults& faults, const Records& from, const Records& in, std::string_view path) {
  for (const Records::Row& row : from.rows()) {
    if (from.is_record(row) && in.find(row[0]) == nullptr) {
      faults.say(fmt::format("no matching entry of '{}' in {}", row[0], path));
    }
  }
}

}  // namespace

std::string days_field(std::string_view text) {
  if (text.empty() || text == "-1") return {};
  if (parse_number(text)) return std::string(text);
  const std::vector<std::string> parts = split(text, '-');
  if (parts.size() == 3) {
    const auto year = parse_number(parts[0]);
    const auto month = parse_number(parts[1]);
    const auto day = parse_number(parts[2]);
    if (year && month && day) {
      const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                             std::chrono::month(*month), std::chrono::day(*day)};
      if (date.ok()) {
        return std::to_string(std::chrono::sys_days(date).time_since_epoch().count());
      }
    }
  }
  throw Unknown(fmt::format("date '{}' is not known", text));
}

int gpasswd(Process& process) {
  const Options options = parse_options(process, "a:d:M:A:rR", kGpasswdOptions);
  const std::string& name = only_name(options);
  Accounts accounts(process.machine);
  const std::optional<Group> group = accounts.group(std::string_view(name));
  if (!group) return fail(process, 3, fmt::format("group '{}' does not exist in /etc/group", name));
  if (options.has("A")) throw Unknown("option '-A' is not known");
  if (options.given.empty()) cannot_ask("the group's password");
  if (const std::string* user = options.value("a")) {
    if (!accounts.user(std::string_view(*user))) {
      return fail(process, 3, fmt::format("user '{}' does not exist", *user));
    }
    process.out(fmt::format("Adding user {} to group {}\n", *user, name));
    accounts.add_member(name, *user);
  }
  if (const std::string* user = options.value("d")) {
    const auto& members = group->members;
    process.out(fmt::format("Removing user {} from group {}\n", *user, name));
    if (std::find(members.begin(), members.end(), *user) == members.end()) {
      return fail(process, 3, fmt::format("user '{}' is not a member of '{}'", *user, name));
    }
    accounts.remove_member(name, *user);
  }
  if (const std::string* list = options.value("M")) {
    accounts.set_members(name, list->empty() ? std::vector<std::string>() : split(*list, ','));
  }
  if (options.has("r")) accounts.set_group_password(name, "");
  if (options.has("R")) accounts.set_group_password(name, "!");
  accounts.save();
  return 0;
}

int passwd(Process& process) {
  const Options options = parse_options(process, "delqSu", kPasswdOptions);
  const std::string& name = only_name(options);
  Accounts accounts(process.machine);
  if (!accounts.user(std::string_view(name))) return no_such_user(process, name);
  if (options.has("S")) return show_status(process, accounts, name);
  if (!options.has("d") && !options.has("e") && !options.has("l") && !options.has("u")) {
    cannot_ask("the user's password");
  }
  std::string password = accounts.user_password(name);
  if (options.has("d")) password.clear();
  if (options.has("l") && !password.starts_with('!')) password = "!" + password;
  if (options.has("u") && password.starts_with('!')) {
    if (password.size() == 1) {
      return fail(process, 3, "unlocking the password would result in a passwordless account.");
    }
    password.erase(0, 1);
  }
  accounts.set_user_password(name, password);
  if (Records::Row* row = accounts.shadow().find(name); row != nullptr && options.has("e")) {
    (*row)[2] = "0";
  }
  accounts.save();
  if (!options.has("q")) process.out("passwd: password changed.\n");
  return 0;
}

int chsh(Process& process) {
  constexpr LongOption kOptions[] = {{"shell", Argument::required, "s"}};
  const Options options = parse_options(process, "s:", kOptions);
  const std::string& name = only_name(options);
  Accounts accounts(process.machine);
  Records::Row* row = accounts.passwd().find(name);
  if (row == nullptr) return no_such_user(process, name);
  const std::string* shell = options.value("s");
  if (shell == nullptr) cannot_ask("the user's shell");
  (*row)[6] = *shell;
  accounts.save();
  return 0;
}

int chfn(Process& process) {
  const Options options = parse_options(process, "f:r:w:h:o:u", kChfnOptions);
  const std::string& name = only_name(options);
  Accounts accounts(process.machine);
  Records::Row* row = accounts.passwd().find(name);
  if (row == nullptr) return no_such_user(process, name);
  if (options.given.empty()) cannot_ask("the user's full name");
  std::vector<std::string> parts = split((*row)[4], ',');
  parts.resize(std::max<std::size_t>(parts.size(), 4));
  constexpr std::string_view kFields[] = {"f", "r", "w", "h", "o"};
  for (std::size_t i = 0; i < std::size(kFields); ++i) {
    const std::string* value = options.value(kFields[i]);
    if (value == nullptr) continue;
    if (parts.size() <= i) parts.resize(i + 1);
    parts[i] = *value;
  }
  (*row)[4] = join(parts, ',');
  accounts.save();
  return 0;
}

int chage(Process& process) {
  const Options options = parse_options(process, "d:E:I:m:M:W:", kChageOptions);
  const std::string& name = only_name(options);
  Accounts accounts(process.machine);
  if (!accounts.user(std::string_view(name))) return no_such_user(process, name);
  Records::Row* row = accounts.shadow().find(name);
  if (row == nullptr) return fail(process, 15, "can't find the shadow password file");
  if (options.given.empty()) cannot_ask("when the password grows old");
  constexpr std::pair<std::string_view, std::size_t> kFields[] = {{"d", 2}, {"m", 3}, {"M", 4},
                                                                  {"W", 5}, {"I", 6}, {"E", 7}};
  for (const auto& [option, field] : kFields) {
    if (const std::string* value = options.value(option)) (*row)[field] = days_field(*value);
  }
  accounts.save();
  return 0;
}

int pwconv(Process& process) {
  parse_options(process, "");
  Accounts accounts(process.machine);
  convert(accounts.passwd(), accounts.shadow(), [&](const Records::Row& row) {
    const auto setting = [&](std::string_view name) {
      const std::int64_t value = accounts.setting(name, -1);
      return value < 0 ? std::string() : std::to_string(value);
    };
    return Records::Row{row[0],
                        row[1],
                        std::to_string(accounts.today()),
                        setting("PASS_MIN_DAYS"),
                        setting("PASS_MAX_DAYS"),
                        setting("PASS_WARN_AGE"),
                        "",
                        "",
                        ""};
  });
  accounts.shadow().save(0400);
  accounts.save();
  return 0;
}

int pwunconv(Process& process) {
  parse_options(process, "");
  Accounts accounts(process.machine);
  for (Records::Row& row : accounts.passwd().rows()) {
    const Records::Row* hidden = accounts.shadow().find(row[0]);
    if (accounts.passwd().is_record(row) && hidden != nullptr) row[1] = (*hidden)[1];
  }
  accounts.passwd().save();
  process.machine.tree.unlink("/etc/shadow");
  return 0;
}

int grpconv(Process& process) {
  parse_options(process, "");
  Accounts accounts(process.machine);
  convert(accounts.groups(), accounts.gshadow(), [](const Records::Row& row) {
    return Records::Row{row[0], row[1], "", row[3]};
  });
  accounts.gshadow().save(0400);
  accounts.save();
  return 0;
}

int grpunconv(Process& process) {
  parse_options(process, "");
  Accounts accounts(process.machine);
  for (Records::Row& row : accounts.groups().rows()) {
    const Records::Row* hidden = accounts.gshadow().find(row[0]);
    if (accounts.groups().is_record(row) && hidden != nullptr) row[1] = (*hidden)[1];
  }
  accounts.groups().save();
  process.machine.tree.unlink("/etc/gshadow");
  return 0;
}

int pwck(Process& process) {
  const Options options = parse_options(process, "qrs", kCheckOptions);
  if (!options.operands.empty()) throw Unknown("files of another place are not known");
  Accounts accounts(process.machine);
  if (options.has("s")) {
    sort_by_number(accounts.passwd());
    sort_like(accounts.shadow(), accounts.passwd());
    accounts.save();
    return 0;
  }
  Faults faults(process);
  check_form(faults, accounts.passwd(), "password");
  for (const Records::Row& row : accounts.passwd().rows()) {
    const std::optional<User> user = accounts.user(std::string_view(row[0]));
    if (user) check_user(faults, process, accounts, options, *user);
  }
  if (accounts.shadow().exists()) {
    check_form(faults, accounts.shadow(), "shadow password");
    check_match(faults, accounts.passwd(), accounts.shadow(), "/etc/shadow");
    check_match(faults, accounts.shadow(), accounts.passwd(), "/etc/passwd");
  }
  // Mending is what -r forbids, and what it would ask about.
  if (faults.status() != 0 && !options.has("r")) cannot_ask("what to do about the faults");
  return faults.status();
}

int grpck(Process& process) {
  const Options options = parse_options(process, "qrs", kCheckOptions);
  if (!options.operands.empty()) throw Unknown("files of another place are not known");
  Accounts accounts(process.machine);
  if (options.has("s")) {
    sort_by_number(accounts.groups());
    sort_like(accounts.gshadow(), accounts.groups());
    accounts.save();
    return 0;
  }
  Faults faults(process);
  check_form(faults, accounts.groups(), "group");
  for (const Records::Row& row : accounts.groups().rows()) {
    const std::optional<Group> group = accounts.group(std::string_view(row[0]));
    if (!group) continue;
    for (const std::string& member : group->members) {
      if (!accounts.user(std::string_view(member))) {
        faults.say(fmt::format("group {}: no user {}", group->name, member));
      }
    }
  }
  if (accounts.gshadow().exists()) {
    check_form(faults, accounts.gshadow(), "shadow group");
    check_match(faults, accounts.groups(), accounts.gshadow(), "/etc/gshadow");
    check_match(faults, accounts.gshadow(), accounts.groups(), "/etc/group");
  }
  if (faults.status() != 0 && !options.has("r")) cannot_ask("what to do about the faults");
  return faults.status();
}

}  // namespace stamp::scripts::accounts
