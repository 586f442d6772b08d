// adduser and addgroup of adduser 3.134, which in Debian are Perl around
// passwd's tools. Messages are its own, where somebody may read them.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/accounts.h"
#include "maintainer-scripts/accounts/tree_copy.h"
#include "maintainer-scripts/tools/account_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::accounts {
namespace {

constexpr LongOption kAddOptions[] = {
    {"add-extra-groups"},
    {"add_extra_groups", Argument::none, "add-extra-groups"},
    {"allow-all-names"},
    {"allow-badname", Argument::none, "allow-bad-names"},
    {"allow-bad-names"},
    {"comment", Argument::required},
    {"disabled-login"},
    {"disabled-password"},
    {"firstgid", Argument::required},
    {"firstuid", Argument::required},
    {"force-badname", Argument::none, "allow-bad-names"},
    {"gecos", Argument::required, "comment"},
    {"gid", Argument::required},
    {"group"},
    {"home", Argument::required},
    {"ingroup", Argument::required},
    {"lastgid", Argument::required},
    {"lastuid", Argument::required},
    {"no-create-home"},
    {"quiet", Argument::none, "q"},
    {"shell", Argument::required},
    {"system"},
    {"uid", Argument::required},
    {"verbose"},
};

using Settings = std::map<std::string, std::string, std::less<>>;

/// adduser.conf: what is set there, over the program's own values.
Settings read_settings(const Tree& tree) {
  Settings settings = {
      {"DHOME", "/home"},         {"DIR_MODE", "0700"},        {"DSHELL", "/bin/bash"},
      {"FIRST_GID", "1000"},      {"FIRST_SYSTEM_GID", "100"}, {"FIRST_SYSTEM_UID", "100"},
      {"FIRST_UID", "1000"},      {"LAST_GID", "59999"},       {"LAST_SYSTEM_GID", "999"},
      {"LAST_SYSTEM_UID", "999"}, {"LAST_UID", "59999"},       {"SKEL", "/etc/skel"},
      {"SYS_DIR_MODE", "0755"},   {"USERGROUPS", "yes"},
  };
  const std::string text = read_text(tree, "/etc/adduser.conf").value_or("");
  for (const std::string& line : lines_of(text)) {
    const std::size_t equals = line.find('=');
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string::npos || line[start] == '#' || equals == std::string::npos) continue;
    const std::size_t end = line.find_first_of(" \t=", start);
    const std::string name = line.substr(start, end - start);
    std::string value = line.substr(equals + 1);
    value.erase(0, value.find_first_not_of(" \t"));
    if (value.size() > 1 && value.front() == value.back() &&
        (value.front() == '"' || value.front() == '\'')) {
      value = value.substr(1, value.size() - 2);
    }
    const auto known = settings.find(name);
    if (known == settings.end()) {
      throw Unknown(fmt::format("setting '{}' of /etc/adduser.conf is not known", name));
    }
    known->second = value;
  }
  return settings;
}

std::uint32_t number(std::string_view option, std::string_view text) {
  const std::optional<std::uint32_t> value = parse_number(text);
  if (!value) throw Unknown(fmt::format("'{}' of {} is not a number", text, option));
  return *value;
}

std::optional<std::uint32_t> number_option(const Options& options, std::string_view name) {
  const std::string* text = options.value(name);
  if (text == nullptr) return std::nullopt;
  return number(fmt::format("option '--{}'", name), *text);
}

/// One call of adduser or addgroup.
struct Adding {
  Process& process;
  Options options;
  Settings settings;
  Accounts accounts;
  bool verbose = true;
  bool system = false;

  std::uint32_t setting(std::string_view name) const {
    return number("/etc/adduser.conf", settings.find(name)->second);
  }
  IdRange range(std::string_view kind) const {
    const std::string_view middle = system ? "SYSTEM_" : "";
    const std::string lower = kind == "UID" ? "uid" : "gid";
    return {number_option(options, "first" + lower)
                .value_or(setting(fmt::format("FIRST_{}{}", middle, kind))),
            number_option(options, "last" + lower)
                .value_or(setting(fmt::format("LAST_{}{}", middle, kind)))};
  }
  void say(std::string_view text) const {
    if (verbose) process.out(text);
  }
  int refuse(std::string_view text) const { return fail(process, 1, text); }
};

/// Why a name may not be used; nothing when it may. The order and the texts are adduser's.
std::optional<std::string> fault_of_name(const Adding& adding, std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (std::all_of(name.begin(), name.end(), is_digit)) {
    return "To avoid ambiguity with numerical UIDs, usernames which\n"
           "            consist of only digits are not allowed.";
  }
  if (name.size() > 32) {
    return "Usernames must be no more than 32 bytes in length;\n            note that if you are "
           "using Unicode characters, the character\n            limit will be less than 32.";
  }
  if (name.find_first_of(":,/ \t\n\r\f\v") != std::string_view::npos ||
      std::string_view("-+~").find(name[0]) != std::string_view::npos) {
    return "To avoid problems, the username must not start with a\n            dash, plus sign, "
           "or tilde, and it must not contain any of the\n            following: colon, comma, "
           "slash, or any whitespace characters\n            including spaces, tabs, and newlines.";
  }
  constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kUsual = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  const std::string_view body = name.ends_with('$') ? name.substr(0, name.size() - 1) : name;
  const bool first_is_usual =
      kLower.find(name[0]) != std::string_view::npos || (adding.system && name[0] == '_');
  if (first_is_usual && body.find_first_not_of(kUsual) == std::string_view::npos) return {};
  if (adding.options.has("allow-all-names") || adding.options.has("allow-bad-names")) return {};
  const std::string_view regex = adding.system ? "SYS_NAME_REGEX" : "NAME_REGEX";
  return fmt::format(
      "Please enter a username matching the regular expression\n            configured via the {} "
      "configuration variable.  Use the\n            `--allow-bad-names' option to relax this "
      "check or reconfigure\n            {} in configuration.",
      regex, regex);
}

int add_group(Adding& adding, const std::string& name) {
  const std::optional<Group> existing = adding.accounts.group(name);
  const std::optional<std::uint32_t> wanted = number_option(adding.options, "gid");
  if (existing && adding.system) {
    if (existing->gid >= adding.setting("FIRST_SYSTEM_GID") &&
        existing->gid <= adding.setting("LAST_SYSTEM_GID")) {
      if (adding.verbose) {
        fail(adding.process, 0,
             fmt::format("The group `{}' already exists as a system group. Exiting.", name));
      }
      return 0;
    }
    return adding.refuse(fmt::format("The group `{}' already exists{}. Exiting.", name,
                                     !wanted || existing->gid == *wanted
                                         ? " and is not a system group"
                                         : ", but has a different GID"));
  }
  if (existing) return adding.refuse(fmt::format("The group `{}' already exists.", name));
  if (wanted && adding.accounts.group(*wanted)) {
    return adding.refuse(fmt::format("The GID `{}' is already in use.", *wanted));
  }
  const IdRange range = adding.range("GID");
  const std::optional<std::uint32_t> gid = wanted ? wanted : adding.accounts.free_gid(name, range);
  if (!gid) {
    fail(adding.process, 1,
         fmt::format("No GID is available in the range {}-{} (FIRST_{}GID - LAST_{}GID).",
                     range.first, range.last, adding.system ? "SYS_" : "",
                     adding.system ? "SYS_" : ""));
    return adding.refuse(fmt::format("The group `{}' was not created.", name));
  }
  adding.say(fmt::format("Adding group `{}' (GID {}) ...\n", name, *gid));
  adding.accounts.add_group(name, *gid);
  adding.accounts.save();
  adding.say("Done.\n");
  return 0;
}

int add_to_group(Adding& adding, const std::string& user, const std::string& group) {
  if (!adding.accounts.user(user)) {
    return adding.refuse(fmt::format("The user `{}' does not exist.", user));
  }
  const std::optional<Group> found = adding.accounts.group(group);
  if (!found) return adding.refuse(fmt::format("The group `{}' does not exist.", group));
  if (std::find(found->members.begin(), found->members.end(), user) != found->members.end()) {
    if (adding.verbose) {
      fail(adding.process, 0,
           fmt::format("The user `{}' is already a member of `{}'.", user, group));
    }
    return 0;
  }
  adding.say(fmt::format("Adding user `{}' to group `{}' ...\n", user, group));
  adding.accounts.add_member(group, user);
  adding.accounts.save();
  adding.say("Done.\n");
  return 0;
}

bool is_nonexistent(std::string_view home) {
  const std::size_t start = home.find_first_not_of('/');
  if (start == 0 || start == std::string_view::npos) return false;
  return home.substr(start) == "nonexistent" || home.substr(start).starts_with("nonexistent/");
}

void make_home(Adding& adding, const User& user) {
  Tree& tree = adding.process.machine.tree;
  if (is_nonexistent(user.home)) return adding.say(fmt::format("Not creating `{}'.\n", user.home));
  if (adding.options.has("no-create-home")) {
    return adding.say(fmt::format("Not creating home directory `{}'.\n", user.home));
  }
  if (const Found home = tree.find(user.home)) {
    if (adding.verbose) {
      fail(adding.process, 0,
           fmt::format("The home directory `{}' already exists.  Not touching this directory.",
                       user.home));
    }
    if (home.inode->uid != user.uid || home.inode->gid != user.gid) {
      fail(adding.process, 0,
           fmt::format("Warning: The home directory `{}' does not belong to the user you are "
                       "currently creating.",
                       user.home));
    }
    return;
  }
  adding.say(fmt::format("Creating home directory `{}' ...\n", user.home));
  std::string path = user.home;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  make_parents(tree, path);
  tree.make_directory(path, 0755);
  tree.set_owner(path, user.uid, user.gid);
  const std::string& mode = adding.settings[adding.system ? "SYS_DIR_MODE" : "DIR_MODE"];
  tree.set_mode(path, static_cast<std::uint32_t>(std::stoul(mode, nullptr, 8)));
  if (!adding.system && !adding.settings["SKEL"].empty()) {
    adding.say(fmt::format("Copying files from `{}' ...\n", adding.settings["SKEL"]));
    if (const Found skeleton = tree.find(adding.settings["SKEL"])) {
      copy_children(tree, *skeleton.inode, path, Owner{user.uid, user.gid});
    }
  }
}

/// The full name field as chfn writes it.
std::string gecos_of(const Options& options) {
  const std::string* comment = options.value("comment");
  if (comment == nullptr) return {};
  std::vector<std::string> parts = split(*comment, ',');
  parts.resize(std::max<std::size_t>(parts.size(), 4));
  return join(parts, ',');
}

/// The primary group of a new user; nothing when it was refused.
std::optional<Group> primary_group(Adding& adding, const std::string& name, std::uint32_t uid) {
  const std::string* ingroup = adding.options.value("ingroup");
  const std::optional<std::uint32_t> gid = number_option(adding.options, "gid");
  if (ingroup != nullptr) return adding.accounts.group(*ingroup);
  if (gid) return adding.accounts.group(*gid);
  const bool makes_group =
      adding.system ? adding.options.has("group") : adding.settings["USERGROUPS"] == "yes";
  if (!makes_group) {
    return adding.system ? adding.accounts.group_by_key("nogroup")
                         : adding.accounts.group(std::string_view("users"));
  }
  // A group of that name that is there already is used; adduser 3.134 then gives the home folder
  // the number that a new one would have had, which is nobody's.
  if (std::optional<Group> existing = adding.accounts.group(std::string_view(name))) {
    return existing;
  }
  const std::optional<std::uint32_t> same =
      adding.system && !number_option(adding.options, "uid") ? std::nullopt : std::optional(uid);
  const std::optional<std::uint32_t> free =
      same ? same : adding.accounts.free_gid(name, adding.range("GID"));
  if (!free) return std::nullopt;
  adding.say(fmt::format("Adding new group `{}' (GID {}) ...\n", name, *free));
  adding.accounts.add_group(name, *free);
  return adding.accounts.group(std::string_view(name));
}

/// The message when the user must not be made now; nothing when it may.
std::optional<std::string> obstacle(Adding& adding, const std::string& name) {
  const std::optional<std::uint32_t> uid = number_option(adding.options, "uid");
  const std::string* ingroup = adding.options.value("ingroup");
  const std::optional<std::uint32_t> gid = number_option(adding.options, "gid");
  if (adding.accounts.user(std::string_view(name))) {
    return fmt::format("The user `{}' already exists.", name);
  }
  if (uid && adding.accounts.user(*uid)) {
    return fmt::format("The UID {} is already in use.", *uid);
  }
  if (ingroup != nullptr && !adding.accounts.group(std::string_view(*ingroup))) {
    return fmt::format("The group `{}' does not exist.", *ingroup);
  }
  if (gid && !adding.accounts.group(*gid)) {
    return fmt::format("The GID {} does not exist.", *gid);
  }
  const bool makes_group =
      !gid && ingroup == nullptr &&
      (adding.system ? adding.options.has("group") : adding.settings["USERGROUPS"] == "yes");
  if (makes_group && !adding.system && adding.accounts.group(std::string_view(name))) {
    return fmt::format("The group `{}' already exists.", name);
  }
  if (makes_group && uid && !adding.accounts.group(std::string_view(name)) &&
      adding.accounts.group(*uid)) {
    return fmt::format("The GID {} is already in use.", *uid);
  }
  return std::nullopt;
}

/// The status when a system user of that name is there already.
std::optional<int> existing_system_user(Adding& adding, const std::string& name) {
  const std::optional<User> user = adding.accounts.user(std::string_view(name));
  if (!adding.system || !user) return std::nullopt;
  const std::optional<std::uint32_t> wanted = number_option(adding.options, "uid");
  const bool is_system = user->uid >= adding.setting("FIRST_SYSTEM_UID") &&
                         user->uid <= adding.setting("LAST_SYSTEM_UID");
  if (wanted && user->uid != *wanted) {
    return adding.refuse(
        fmt::format("The user `{}' already exists{}", name,
                    is_system ? " with a different UID. Exiting." : ", and is not a system user."));
  }
  if (!is_system) {
    return adding.refuse(
        fmt::format("The user `{}' already exists, but is not a system user. Exiting.", name));
  }
  adding.say(fmt::format("The system user `{}' already exists. Exiting.\n", name));
  return 0;
}

/// The number of the new user; nothing when none is free.
std::optional<std::uint32_t> choose_uid(const Adding& adding, const std::string& name) {
  if (const auto wanted = number_option(adding.options, "uid")) return wanted;
  const bool pairs = !adding.system && adding.options.value("ingroup") == nullptr;
  return pairs ? adding.accounts.free_pair(name, adding.range("UID"))
               : adding.accounts.free_uid(name, adding.range("UID"));
}

std::string shell_of(Adding& adding) {
  if (const std::string* shell = adding.options.value("shell")) return *shell;
  if (adding.system || adding.options.has("disabled-login")) return "/usr/sbin/nologin";
  return adding.settings["DSHELL"];
}

int add_user(Adding& adding, const std::string& name) {
  if (const std::optional<int> done = existing_system_user(adding, name)) return *done;
  if (const std::optional<std::string> fault = obstacle(adding, name)) {
    return adding.refuse(*fault);
  }
  if (!adding.system && !adding.options.has("disabled-password") &&
      !adding.options.has("disabled-login")) {
    cannot_ask("the new user's password");
  }
  if (!adding.system && !adding.options.has("comment")) cannot_ask("the new user's full name");
  const std::optional<std::uint32_t> uid = choose_uid(adding, name);
  if (!uid) return adding.refuse(fmt::format("The user `{}' was not created.", name));
  adding.say(adding.system ? fmt::format("Adding system user `{}' (UID {}) ...\n", name, *uid)
                           : fmt::format("Adding user `{}' ...\n", name));
  const std::optional<Group> group = primary_group(adding, name, *uid);
  if (!group) return adding.refuse(fmt::format("The user `{}' was not created.", name));
  const std::string* home = adding.options.value("home");
  const User user{.name = name,
                  .uid = *uid,
                  .gid = group->gid,
                  .gecos = gecos_of(adding.options),
                  .home = home != nullptr ? *home
                          : adding.system ? "/nonexistent"
                                          : fmt::format("{}/{}", adding.settings["DHOME"], name),
                  .shell = shell_of(adding)};
  adding.say(
      fmt::format("Adding new user `{}' (UID {}) with group `{}' ...\n", name, *uid, group->name));
  adding.accounts.add_user(user, adding.system ? Aging::no : Aging::yes);
  if (!adding.system) {
    adding.accounts.add_subordinates(name);
    adding.accounts.add_member("users", name);
  }
  adding.accounts.save();
  make_home(adding, user);
  return 0;
}

/// The fault of an option combination that adduser refuses.
std::optional<std::string> conflict_of(const Adding& adding, bool adds_group) {
  const Options& options = adding.options;
  const int groups =
      int{options.has("group")} + int{options.has("ingroup")} + int{options.has("gid")};
  if (!adds_group && groups > 1) {
    return "The --group, --ingroup, and --gid options are mutually exclusive.";
  }
  const std::string* home = options.value("home");
  if (home != nullptr && !home->starts_with('/')) return "The home dir must be an absolute path.";
  return std::nullopt;
}

}  // namespace

int fail(Process& process, int status, std::string_view text) {
  process.err(fmt::format("{}: {}\n", process.name(), text));
  return status;
}

void cannot_ask(std::string_view what) {
  throw Unknown(fmt::format("nobody can be asked for {}", what));
}

int adduser(Process& process) {
  Adding adding{process, parse_options(process, "q", kAddOptions),
                read_settings(process.machine.tree), Accounts(process.machine)};
  adding.verbose = !adding.options.has("q");
  adding.system = adding.options.has("system");
  const bool by_name = process.name() == "addgroup";
  const std::vector<std::string>& names = adding.options.operands;
  if (names.empty() || names[0].empty() || names.size() > 2) {
    return adding.refuse("Only one or two names allowed.");
  }
  if (names.size() == 2) {
    if (by_name) return adding.refuse("addgroup with two arguments is an unspecified operation.");
    if (adding.system || adding.options.has("group")) {
      return adding.refuse("Specify only one name in this mode.");
    }
    return add_to_group(adding, names[0], names[1]);
  }
  const bool adds_group = by_name || (adding.options.has("group") && !adding.system);
  if (const auto fault = conflict_of(adding, adds_group)) return adding.refuse(*fault);
  if (const auto fault = fault_of_name(adding, names[0])) return adding.refuse(*fault);
  return adds_group ? add_group(adding, names[0]) : add_user(adding, names[0]);
}

}  // namespace stamp::scripts::accounts
