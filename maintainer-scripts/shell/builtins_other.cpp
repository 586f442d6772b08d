// Builtins that could be programs too.

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "maintainer-scripts/shell/builtins.h"
#include "maintainer-scripts/shell/command_runner.h"
#include "maintainer-scripts/shell/parameters.h"
#include "maintainer-scripts/shell/printing.h"
#include "maintainer-scripts/shell/test_expression.h"

namespace stamp::scripts::shell {
namespace {

Printing printing(Shell& shell) {
  return {.out = [&shell](std::string_view text) { shell.write(1, text); },
          .warn = [&shell](std::string_view message) { shell.warn(message); },
          .fail = [&shell](std::string_view message) { shell.fail(message); },
          .budget = shell.budget(),
          .dialect = shell.state().dialect};
}

int run_echo(Shell& shell, Arguments& arguments, Checked) {
  print_echo(std::span(arguments).subspan(1), printing(shell));
  return 0;
}

int run_printf(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, "");
  options.next();
  const auto words = std::span<const std::string>(arguments).subspan(options.operands());
  if (words.empty()) shell.fail("usage: printf format [arg ...]");
  return print_format(words, printing(shell));
}

int run_test(Shell& shell, Arguments& arguments, Checked) {
  auto words = std::span<const std::string>(arguments).subspan(1);
  if (arguments[0] == "[") {
    if (words.empty() || words.back() != "]") shell.fail("missing ]", 2);
    words = words.first(words.size() - 1);
  }
  const TestContext context{
      .tree = shell.machine().tree,
      .absolute = [&shell](std::string_view path) { return shell.absolute(path); },
      .fail = [&shell](std::string_view message) { shell.fail(message, 2); },
      .dialect = shell.state().dialect,
      .is_set = [&shell](const std::string& name) { return is_set(shell, name); }};
  return evaluate_test(words, context);
}

enum class Links { as_written, resolved };

/// -L and -P, of which the last counts.
Links link_option(BuiltinOptions& options) {
  Links links = Links::as_written;
  for (char letter = options.next(); letter != '\0'; letter = options.next()) {
    links = letter == 'P' ? Links::resolved : Links::as_written;
  }
  return links;
}

/// `path` without `.` and with `..` taken as the folder that is written before it.
std::string logical(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view component = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      out.erase(std::min(out.rfind('/'), out.size()));
      continue;
    }
    out += '/';
    out += component;
  }
  return out.empty() ? "/" : out;
}

/// Changes the folder. Whether it is there.
bool change_folder(Shell& shell, std::string_view path, Links links) {
  std::string target = shell.absolute(path);
  if (links == Links::as_written) target = logical(target);
  const Found found = shell.machine().tree.find(target);
  if (!found || !found.inode->is_directory()) return false;
  shell.assign("OLDPWD", shell.state().directory);
  shell.variables().set_exported("OLDPWD");
  shell.state().directory = links == Links::as_written ? target : found.path.absolute();
  shell.assign("PWD", shell.state().directory);
  shell.variables().set_exported("PWD");
  return true;
}

/// Tries the folders of CDPATH. Whether one had it; prints where it was found.
bool change_by_cdpath(Shell& shell, const std::string& name, Links links) {
  const std::string cdpath(shell.variables().value("CDPATH"));
  std::string_view rest = cdpath;
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    const std::string path = folder.empty() ? name : fmt::format("{}/{}", folder, name);
    if (!change_folder(shell, path, links)) continue;
    if (!folder.empty()) shell.write(1, shell.state().directory + "\n");
    return true;
  }
  return false;
}

int run_cd(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, "LP");
  const Links links = link_option(options);
  std::string name;
  bool prints = false;
  if (options.operands() >= arguments.size()) {
    name = shell.variables().value("HOME");
  } else if (arguments[options.operands()] == "-") {
    name = shell.variables().value("OLDPWD");
    prints = true;
  } else {
    name = arguments[options.operands()];
  }
  if (shell.is_bash() && (name.empty() || options.operands() + 1 < arguments.size())) {
    throw Unknown("'cd' without a folder, or with more than one");
  }
  if (name.empty()) name = ".";
  const bool plain = name[0] == '/' || name == "." || name == ".." || name.starts_with("./") ||
                     name.starts_with("../");
  const bool changed =
      (!plain && change_by_cdpath(shell, name, links)) || change_folder(shell, name, links);
  if (!changed) shell.fail(fmt::format("can't cd to {}", name), 1);
  if (prints) shell.write(1, shell.state().directory + "\n");
  return 0;
}

int run_pwd(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, "LP");
  std::string directory = shell.state().directory;
  if (link_option(options) == Links::resolved) {
    const Found found = shell.machine().tree.find(directory);
    if (found) directory = found.path.absolute();
  }
  shell.write(1, directory + "\n");
  return 0;
}

constexpr std::array<std::string_view, 16> kKeywords{"!",    "{",    "}",     "case", "do",  "done",
                                                     "elif", "else", "esac",  "fi",   "for", "if",
                                                     "in",   "then", "until", "while"};

enum class Verbosity { brief, verbose };

/// What `type` and `command -v` say of a name.
int describe_command(Shell& shell, const std::string& name, std::string_view path,
                     Verbosity verbosity) {
  const auto say = [&](const std::string& brief, const std::string& verbose) {
    shell.write(1, verbosity == Verbosity::brief ? brief + "\n" : name + verbose + "\n");
    return 0;
  };
  if (shell.is_bash()) {
    constexpr std::array<std::string_view, 6> kOfBash{"[[",       "]]",     "coproc",
                                                      "function", "select", "time"};
    if (std::find(kOfBash.begin(), kOfBash.end(), name) != kOfBash.end())
      return say(name, " is a shell keyword");
    if (verbosity == Verbosity::verbose && shell.state().functions.count(name) != 0) {
      throw Unknown("what 'type' says of a function");
    }
  }
  if (std::find(kKeywords.begin(), kKeywords.end(), name) != kKeywords.end()) {
    return say(name, " is a shell keyword");
  }
  if (shell.state().functions.count(name) != 0) return say(name, " is a shell function");
  if (const Builtin* builtin = find_builtin(name, shell.state().dialect)) {
    const bool regular = shell.is_bash() || builtin->kind == Builtin::Kind::regular;
    return say(name, regular ? " is a shell builtin" : " is a special shell builtin");
  }
  const FoundProgram program =
      find_program(shell.machine().tree, path, shell.state().directory, name);
  if (program.state == FoundProgram::State::found) {
    return say(program.path, fmt::format(" is {}", program.path));
  }
  if (verbosity == Verbosity::verbose) {
    shell.write(shell.is_bash() ? 2 : 1, name + ": not found\n");
  }
  return shell.is_bash() ? 1 : 127;
}

int run_type(Shell& shell, Arguments& arguments, Checked) {
  int status = 0;
  const std::string path(shell.variables().value("PATH"));
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    status |= describe_command(shell, arguments[i], path, Verbosity::verbose);
  }
  return status;
}

/// What remains of `command` when it runs nothing: -v and -V.
int run_command(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, "pvV");
  std::string path(shell.variables().value("PATH"));
  bool asks = false;
  Verbosity verbosity = Verbosity::brief;
  for (char letter = options.next(); letter != '\0'; letter = options.next()) {
    if (letter == 'p') {
      path = kDefaultPath;
    } else {
      asks = true;
      if (letter == 'V') verbosity = Verbosity::verbose;
    }
  }
  if (!asks || options.operands() >= arguments.size()) return 0;
  if (!shell.is_bash()) {
    return describe_command(shell, arguments[options.operands()], path, verbosity);
  }
  int status = 1;
  for (std::size_t i = options.operands(); i < arguments.size(); ++i) {
    if (describe_command(shell, arguments[i], path, verbosity) == 0) status = 0;
  }
  return status;
}

std::string symbolic(std::uint32_t mask) {
  std::string out;
  for (int who = 0; who < 3; ++who) {
    if (who > 0) out += ',';
    out += "ugo"[who];
    out += '=';
    for (int what = 0; what < 3; ++what) {
      const unsigned bit = 8U - static_cast<unsigned>(3 * who + what);
      if ((mask >> bit & 1U) == 0) out += "rwx"[what];
    }
  }
  return out;
}

std::uint32_t octal_mask(Shell& shell, const std::string& text) {
  std::uint32_t mask = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') shell.fail(fmt::format("Illegal number: {}", text));
    mask = ((mask << 3U) + static_cast<std::uint32_t>(c - '0')) & 0xffffU;
  }
  return mask & 0777U;
}

/// Permissions that the letters of "u=rwx" stand for, once for each of user, group, other.
std::uint32_t permission_bits(char letter, std::uint32_t allowed) {
  switch (letter) {
    case 'r':
      return 4;
    case 'w':
      return 2;
    case 'x':
      return 1;
    case 'u':
      return allowed >> 6U & 7U;
    case 'g':
      return allowed >> 3U & 7U;
    case 'o':
      return allowed & 7U;
    case 'X':
      return (allowed & 0111U) != 0 ? 1U : 0U;
    default:
      return 0;
  }
}

std::uint32_t symbolic_mask(Shell& shell, const std::string& text, std::uint32_t mask) {
  const std::uint32_t allowed = ~mask & 0777U;
  std::uint32_t result = allowed;
  std::uint32_t places = 0;
  std::size_t at = 0;
  const auto is_one_of = [&](std::string_view letters) {
    return at < text.size() && letters.find(text[at]) != std::string_view::npos;
  };
  while (at < text.size()) {
    for (; is_one_of("augo"); ++at) {
      constexpr std::string_view kWho = "augo";
      constexpr std::array<std::uint32_t, 4> kPlaces{0111, 0100, 0010, 0001};
      places |= kPlaces[kWho.find(text[at])];
    }
    if (places == 0) places = 0111;
    if (!is_one_of("=+-")) break;
    const char operation = text[at++];
    std::uint32_t bits = 0;
    for (; is_one_of("rwxugoXs"); ++at) bits |= permission_bits(text[at], allowed);
    bits *= places;
    if (operation == '-') {
      result &= ~bits;
    } else if (operation == '=') {
      result = bits | (result & ~(places * 7U));
    } else {
      result |= bits;
    }
    if (is_one_of(",")) {
      places = 0;
      ++at;
    } else if (!is_one_of("=+-")) {
      break;
    }
  }
  if (at < text.size()) shell.fail(fmt::format("Illegal mode: {}", text));
  return ~result & 0777U;
}

int run_umask(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, "S");
  bool prints_symbols = false;
  while (options.next() != '\0') prints_symbols = true;
  std::uint32_t& mask = shell.state().umask;
  if (options.operands() >= arguments.size()) {
    shell.write(1, prints_symbols ? symbolic(mask) + "\n" : fmt::format("{:04o}\n", mask));
    return 0;
  }
  const std::string& text = arguments[options.operands()];
  const bool is_octal = !text.empty() && text[0] >= '0' && text[0] <= '9';
  mask = is_octal ? octal_mask(shell, text) : symbolic_mask(shell, text, mask);
  return 0;
}

/// There is no table of places to forget; naming a command says whether it is there.
int run_hash(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, "r");
  while (options.next() != '\0') {
  }
  int status = 0;
  for (std::size_t i = options.operands(); i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (shell.state().functions.count(name) != 0 ||
        find_builtin(name, shell.state().dialect) != nullptr) {
      continue;
    }
    const FoundProgram program = find_program(shell.machine().tree, shell.variables().value("PATH"),
                                              shell.state().directory, name);
    if (program.state == FoundProgram::State::found) continue;
    shell.warn(fmt::format("{}: not found", name));
    status = 1;
  }
  return status;
}

int run_unalias(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, "a");
  while (options.next() != '\0') {
  }
  for (std::size_t i = options.operands(); i < arguments.size(); ++i) {
    shell.write(2, fmt::format("unalias: {} not found\n", arguments[i]));
  }
  return options.operands() < arguments.size() ? 1 : 0;
}

int run_unknown(Shell&, Arguments& arguments, Checked) {
  throw Unknown(fmt::format("the builtin '{}' is not known", arguments[0]));
}

constexpr std::array<Builtin, 18> kBuiltins{{
    {"[", run_test},
    {"alias", run_unknown, Builtin::Kind::declaration},
    {"bg", run_unknown},
    {"cd", run_cd},
    {"chdir", run_cd},
    {"command", run_command},
    {"echo", run_echo},
    {"fg", run_unknown},
    {"hash", run_hash},
    {"jobs", run_unknown},
    {"kill", run_unknown},
    {"printf", run_printf},
    {"pwd", run_pwd},
    {"test", run_test},
    {"type", run_type},
    {"ulimit", run_unknown},
    {"umask", run_umask},
    {"unalias", run_unalias},
}};

}  // namespace

std::span<const Builtin> other_builtins() {
  return kBuiltins;
}

}  // namespace stamp::scripts::shell
