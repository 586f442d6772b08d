#include "maintainer-scripts/shell/parameters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/arithmetic.h"
#include "maintainer-scripts/shell/lexer.h"

namespace stamp::scripts::shell {
namespace {

/// The number of every process: there is only one.
constexpr std::string_view kProcessNumber = "1000";

/// Letters in the order in which dash lists them in `$-`.
constexpr std::string_view kOptionLetters = "ubaCEVvxsnmiIfe";

std::string option_letters(const Shell& shell) {
  std::string letters;
  // In bash `h` and `B` are on unless they are put off, which is not known.
  const bool is_bash = shell.is_bash();
  for (const char letter : is_bash ? std::string_view("abefhkmnptuvxBCEHPTcs") : kOptionLetters) {
    if (is_bash && (letter == 'h' || letter == 'B')) letters += letter;
    if (shell.state().options.has(letter)) letters += letter;
  }
  return letters;
}

/// Field `index` of a line of /etc/passwd.
std::string_view passwd_field(std::string_view line, std::size_t index) {
  for (; index > 0; --index) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    line.remove_prefix(colon + 1);
  }
  return line.substr(0, line.find(':'));
}

/// Variables whose values bash makes up.
constexpr std::array<std::string_view, 20> kMadeByBash{
    "BASHPID",       "BASH_ALIASES", "BASH_ARGC",   "BASH_ARGV",     "BASH_COMMAND",
    "BASH_LINENO",   "BASH_REMATCH", "BASH_SOURCE", "BASH_SUBSHELL", "DIRSTACK",
    "EPOCHREALTIME", "EPOCHSECONDS", "FUNCNAME",    "GROUPS",        "HISTCMD",
    "LINENO",        "PIPESTATUS",   "RANDOM",      "SECONDS",       "SRANDOM"};
/// Variables that bash sets when it begins.
constexpr std::array<std::string_view, 14> kSetByBash{
    "BASH",     "BASHOPTS", "BASH_ARGV0", "BASH_VERSINFO", "BASH_VERSION", "COLUMNS",   "HOSTNAME",
    "HOSTTYPE", "LINES",    "MACHTYPE",   "OSTYPE",        "SHELL",        "SHELLOPTS", "SHLVL"};

void check_known(const Shell& shell, std::string_view name) {
  const bool made =
      name == "_" || std::find(kMadeByBash.begin(), kMadeByBash.end(), name) != kMadeByBash.end();
  const bool set = std::find(kSetByBash.begin(), kSetByBash.end(), name) != kSetByBash.end() &&
                   shell.state().variables.find(name) == nullptr;
  if (made || set) throw Unknown(fmt::format("the value of '${}' in bash", name));
}

/// As bash does: what the variable holds is an expression.
std::int64_t number_of_bash(Shell& shell, std::string_view name) {
  const std::optional<std::string> text = parameter_value(shell, name);
  if (!text && shell.state().options.has('u')) {
    shell.leave(fmt::format("{}: unbound variable", name), 1);
  }
  return !text || text->empty() ? 0 : evaluate(shell, *text);
}

std::int64_t number_of(Shell& shell, std::string_view name) {
  if (shell.is_bash()) return number_of_bash(shell, name);
  const std::string text(shell.variables().value(name));
  const Number number = read_number(text, 0);
  std::size_t end = number.length;
  while (end < text.size() && (text[end] == ' ' || (text[end] >= '\t' && text[end] <= '\r'))) ++end;
  if (end < text.size() || number.out_of_range) {
    shell.fail(fmt::format("Illegal number: {}", text));
  }
  return number.value;
}

}  // namespace

std::optional<std::string> parameter_value(const Shell& shell, std::string_view name) {
  const ShellState& state = shell.state();
  const char first = name[0];
  if (first >= '0' && first <= '9') {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
    if (number == 0) return state.name;
    const std::string* value = state.positional.at(number);
    return value == nullptr ? std::optional<std::string>() : *value;
  }
  if (name.size() == 1) {
    switch (first) {
      case '#':
        return std::to_string(state.positional.count());
      case '?':
        return std::to_string(state.status);
      case '-':
        return option_letters(shell);
      case '$':
        return std::string(kProcessNumber);
      case '!':
        return std::nullopt;
      default:
        break;
    }
  }
  if (state.dialect == Dialect::bash) check_known(shell, name);
  const std::string* value = state.variables.find(name);
  return value == nullptr ? std::optional<std::string>() : *value;
}

bool is_set(const Shell& shell, std::string_view name) {
  if (!is_name(name)) throw Unknown(fmt::format("whether '{}' is set", name));
  return parameter_value(shell, name).has_value();
}

std::string joined_parameters(const Shell& shell) {
  const Positional& positional = shell.state().positional;
  const std::string* separators = shell.state().variables.find("IFS");
  const std::string between = separators == nullptr ? " " : separators->substr(0, 1);
  std::string joined;
  for (std::size_t i = 1; i <= positional.count(); ++i) {
    if (i > 1) joined += between;
    joined += *positional.at(i);
  }
  return joined;
}

std::optional<std::string> home_of(const Shell& shell, std::string_view user) {
  if (user.empty()) {
    const std::string* home = shell.state().variables.find("HOME");
    if (home == nullptr && shell.is_bash()) return home_of(shell, "root");
    return home == nullptr ? std::optional<std::string>() : *home;
  }
  const Tree& tree = shell.machine().tree;
  const Found passwd = tree.find("/etc/passwd");
  if (!passwd || !passwd.inode->is_file()) return std::nullopt;
  std::string_view text = tree.read(*passwd.inode);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (passwd_field(line, 0) == user) return std::string(passwd_field(line, 5));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

std::int64_t evaluate(Shell& shell, std::string_view expression) {
  const ArithmeticContext context{
      .value = [&shell](std::string_view name) { return number_of(shell, name); },
      .assign = [&shell](std::string_view name,
                         std::int64_t value) { shell.assign(name, std::to_string(value)); },
      .fail =
          [&shell, expression](std::string_view message) {
            shell.fail(fmt::format("arithmetic expression: {}: \"{}\"", message, expression));
          },
      .budget = shell.budget(),
      .dialect = shell.state().dialect};
  return evaluate_arithmetic(expression, context);
}

}  // namespace stamp::scripts::shell
