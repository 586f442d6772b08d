// uname, hostname, id, whoami, logname, tty, printenv, locale, and programs that look at processes
// or make random values: what a script is told about the system that it runs on. All answers are
// fixed: an image is made for every machine.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kHostName = "localhost";
// Scripts ask whether the kernel is older than what their program needs; Debian 12's own is not.
constexpr std::string_view kKernelRelease = "6.1.0";

std::string_view machine_name(std::string_view architecture) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"amd64", "x86_64"},    {"arm64", "aarch64"},   {"armhf", "armv7l"}, {"armel", "armv5tel"},
      {"i386", "i686"},       {"mips64el", "mips64"}, {"mipsel", "mips"},  {"ppc64el", "ppc64le"},
      {"riscv64", "riscv64"}, {"s390x", "s390x"}};
  for (const auto& [debian, kernel] : kNames) {
    if (debian == architecture) return kernel;
  }
  throw Unknown(fmt::format("uname's name of architecture '{}'", architecture));
}

/// Fields of a line of /etc/passwd or /etc/group.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (at <= line.size()) {
    const std::size_t end = std::min(line.find(':', at), line.size());
    fields.emplace_back(line.substr(at, end - at));
    at = end + 1;
  }
  return fields;
}

/// Rows of one of the two files that have at least `least` fields; none when it is missing.
std::vector<std::vector<std::string>> rows_of(Process& process, std::string_view path,
                                              std::size_t least) {
  std::vector<std::vector<std::string>> rows;
  const FileText text = read_file(process, path);
  for (const std::string_view line : lines_of(text.text)) {
    std::vector<std::string> fields = fields_of(line);
    if (fields.size() >= least) rows.push_back(std::move(fields));
  }
  return rows;
}

struct User {
  std::string name;  ///< "" when the number has none
  std::string uid;
  std::string gid;
};

std::optional<User> find_user(Process& process, std::string_view text, std::size_t column) {
  for (const auto& row : rows_of(process, "/etc/passwd", 4)) {
    if (row[column] == text) return User{row[0], row[2], row[3]};
  }
  return std::nullopt;
}

std::string group_name(Process& process, std::string_view gid) {
  for (const auto& row : rows_of(process, "/etc/group", 3)) {
    if (row[2] == gid) return row[0];
  }
  return {};
}

/// Group numbers of a user: its own first, then as /etc/group has them.
std::vector<std::string> groups_of(Process& process, const User& user) {
  std::vector<std::string> groups = {user.gid};
  for (const auto& row : rows_of(process, "/etc/group", 4)) {
    std::size_t at = 0;
    while (at < row[3].size()) {
      const std::size_t end = std::min(row[3].find(',', at), row[3].size());
      if (row[3].substr(at, end - at) == user.name &&
          std::find(groups.begin(), groups.end(), row[2]) == groups.end()) {
        groups.push_back(row[2]);
      }
      at = end + 1;
    }
  }
  return groups;
}

std::string with_name(std::string_view number, std::string_view name) {
  return name.empty() ? std::string(number) : fmt::format("{}({})", number, name);
}

/// "uid=0(root) gid=0(root) groups=0(root)".
std::string describe_user(Process& process, const User& user) {
  std::string groups;
  for (const std::string& gid : groups_of(process, user)) {
    groups +=
        fmt::format("{}{}", groups.empty() ? "" : ",", with_name(gid, group_name(process, gid)));
  }
  return fmt::format("uid={} gid={} groups={}\n", with_name(user.uid, user.name),
                     with_name(user.gid, group_name(process, user.gid)), groups);
}

/// A number or its name, as -n wants; a number without a name is shown all the same, with status 1.
int print_id(Process& process, std::string_view number, const std::string& name,
             std::string_view kind, const Options& options) {
  if (!options.has("n")) {
    process.out(fmt::format("{}\n", number));
    return 0;
  }
  const int status =
      name.empty() ? fail(process, fmt::format("cannot find name for {} ID {}", kind, number)) : 0;
  process.out(fmt::format("{}\n", name.empty() ? std::string(number) : name));
  return status;
}

int print_groups(Process& process, const User& user, const Options& options) {
  std::string line;
  for (const std::string& gid : groups_of(process, user)) {
    const std::string name = options.has("n") ? group_name(process, gid) : std::string();
    if (!line.empty()) line += ' ';
    line += name.empty() ? gid : name;
  }
  process.out(line + '\n');
  return 0;
}

/// The locale of a category: the first of the variables that is set.
std::string_view locale_of(const Process& process, std::string_view category) {
  for (const std::string_view name :
       {std::string_view("LC_ALL"), category, std::string_view("LANG")}) {
    if (!process.variable(name).empty()) return process.variable(name);
  }
  return "C";
}

/// What the locales that are always there say: the size of paper and the character set.
int locale_keywords(Process& process, const std::vector<std::string>& keywords) {
  if (keywords.empty()) throw Unknown("such a question to locale");
  for (const std::string& keyword : keywords) {
    const bool is_charmap = keyword == "charmap";
    if (!is_charmap && keyword != "height" && keyword != "width") {
      throw Unknown(fmt::format("keyword '{}' of locale", keyword));
    }
    const std::string_view name = locale_of(process, is_charmap ? "LC_CTYPE" : "LC_PAPER");
    const bool is_utf8 = name == "C.UTF-8" || name == "C.utf8";
    if (!is_utf8 && name != "C" && name != "POSIX") {
      throw Unknown(fmt::format("what locale '{}' says of '{}'", name, keyword));
    }
    if (is_charmap) {
      process.out(is_utf8 ? "UTF-8\n" : "ANSI_X3.4-1968\n");
    } else {
      process.out(keyword == "height" ? "297\n" : "210\n");  // A4
    }
  }
  return 0;
}

}  // namespace

int uname(Process& process) {
  static constexpr LongOption kLong[] = {{"all", Argument::none, "a"},
                                         {"kernel-name", Argument::none, "s"},
                                         {"nodename", Argument::none, "n"},
                                         {"kernel-release", Argument::none, "r"},
                                         {"kernel-version", Argument::none, "v"},
                                         {"machine", Argument::none, "m"},
                                         {"processor", Argument::none, "p"},
                                         {"hardware-platform", Argument::none, "i"},
                                         {"operating-system", Argument::none, "o"}};
  const Options options = parse_options(process, "asnrvmpio", kLong);
  if (!options.operands.empty()) {
    return fail(process, fmt::format("extra operand '{}'", options.operands.front()));
  }
  const bool all = options.has("a");
  std::string line;
  const auto add = [&](std::string_view option, std::string_view text, bool with_all = true) {
    if (!options.has(option) && !(all && with_all)) return;
    if (!line.empty()) line += ' ';
    line += text;
  };
  if (options.given.empty()) line = "Linux";
  add("s", "Linux");
  add("n", kHostName);
  add("r", kKernelRelease);
  add("v", "#1");
  if (all || options.has("m")) add("m", machine_name(process.machine.architecture));
  add("p", "unknown", false);
  add("i", "unknown", false);
  add("o", "GNU/Linux");
  process.out(line + '\n');
  return 0;
}

int hostname(Process& process) {
  static constexpr LongOption kLong[] = {{"fqdn", Argument::none, "f"},
                                         {"long", Argument::none, "f"},
                                         {"short", Argument::none, "s"},
                                         {"domain", Argument::none, "d"}};
  const Options options = parse_options(process, "fsd", kLong);
  if (!options.operands.empty()) throw Unknown("setting the host's name");
  process.out(options.has("d") ? "\n" : fmt::format("{}\n", kHostName));
  return 0;
}

int id(Process& process) {
  static constexpr LongOption kLong[] = {{"user", Argument::none, "u"},
                                         {"group", Argument::none, "g"},
                                         {"groups", Argument::none, "G"},
                                         {"name", Argument::none, "n"},
                                         {"real", Argument::none, "r"}};
  const Options options = parse_options(process, "ugGnr", kLong);
  if (options.operands.size() > 1) throw Unknown("id of several users");
  User user{.uid = "0", .gid = "0"};
  if (options.operands.empty()) {
    if (const auto root = find_user(process, "0", 2)) user.name = root->name;
  } else {
    const std::string& name = options.operands.front();
    auto found = find_user(process, name, 0);
    if (!found && parse_number(name)) found = find_user(process, name, 2);
    if (!found) return fail(process, fmt::format("'{}': no such user", name));
    user = *found;
  }
  if (options.has("u")) return print_id(process, user.uid, user.name, "user", options);
  if (options.has("g")) {
    return print_id(process, user.gid, group_name(process, user.gid), "group", options);
  }
  if (options.has("G")) return print_groups(process, user, options);
  if (options.has("n") || options.has("r")) {
    return fail(process, "cannot print only names or real IDs in default format");
  }
  process.out(describe_user(process, user));
  return 0;
}

int whoami(Process& process) {
  static_cast<void>(parse_options(process, ""));
  const auto root = find_user(process, "0", 2);
  if (!root) return fail(process, "cannot find name for user ID 0");
  process.out(root->name + '\n');
  return 0;
}

int logname(Process& process) {
  return fail(process, "no login name");
}

int stty(Process& process) {
  process.err("stty: 'standard input': Inappropriate ioctl for device\n");
  return 1;
}

int tty(Process& process) {
  static constexpr LongOption kLong[] = {{"silent", Argument::none, "s"},
                                         {"quiet", Argument::none, "s"}};
  const Options options = parse_options(process, "s", kLong);
  if (!options.has("s")) process.out("not a tty\n");
  return 1;
}

int printenv(Process& process) {
  static constexpr LongOption kLong[] = {{"null", Argument::none, "0"}};
  const Options options = parse_options(process, "+0", kLong);
  const char end = options.has("0") ? '\0' : '\n';
  Output output(process);
  int status = 0;
  for (const std::string& name : options.operands) {
    const auto found = process.environment.find(name);
    if (found == process.environment.end()) {
      status = 1;
      continue;
    }
    output.add(found->second);
    output.add(end);
  }
  if (options.operands.empty()) {
    for (const auto& [name, value] : process.environment) {
      output.add(fmt::format("{}={}", name, value));
      output.add(end);
    }
  }
  output.flush();
  return status;
}

int locale(Process& process) {
  static constexpr LongOption kLong[] = {{"all-locales", Argument::none, "a"}};
  const Options options = parse_options(process, "a", kLong);
  if (!options.has("a")) return locale_keywords(process, options.operands);
  if (!options.operands.empty()) throw Unknown("such a question to locale");
  std::set<std::string> names = {"C", "POSIX"};
  const Found folder = process.machine.tree.find("/usr/lib/locale");
  if (folder && folder.inode->is_directory()) {
    for (const auto& [name, child] : folder.inode->children) {
      if (name == "locale-archive") throw Unknown("the names in locale-archive");
      if (child->is_directory()) names.insert(name);
    }
  }
  for (const std::string& name : names) process.out(name + '\n');
  return 0;
}

int no_process(Process& process) {
  if (process.name() == "ss") return 0;
  if (process.name() != "killall") return 1;
  bool quiet = false;
  for (std::size_t i = 1; i < process.args.size(); ++i) {
    const std::string& word = process.args[i];
    if (word == "-q" || word == "--quiet") quiet = true;
    if (word == "-s" || word == "-u") {
      ++i;
    } else if (!word.starts_with('-') && !quiet) {
      process.err(fmt::format("{}: no process found\n", word));
    }
  }
  return 1;
}

int no_secret(Process& process) {
  throw Unknown(fmt::format("{} makes a secret or a random value, which an image must not hold",
                            process.name()));
}

}  // namespace stamp::scripts
