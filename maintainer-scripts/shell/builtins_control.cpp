// Builtins that steer the shell itself.

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/arithmetic.h"
#include "maintainer-scripts/shell/builtins.h"
#include "maintainer-scripts/shell/command_runner.h"

namespace stamp::scripts::shell {
namespace {

int run_true(Shell&, Arguments&, Checked) {
  return 0;
}

int run_false(Shell&, Arguments&, Checked) {
  return 1;
}

int run_break(Shell& shell, Arguments& arguments, Checked) {
  if (shell.is_bash() && shell.loops() == 0) {
    shell.warn("only meaningful in a loop");
    return 0;
  }
  int count = arguments.size() > 1 ? shell.number(arguments[1]) : 1;
  if (count <= 0) shell.fail(fmt::format("Illegal number: {}", arguments[1]));
  count = std::min(count, shell.loops());
  if (count > 0) {
    shell.skip(arguments[0] == "break" ? Shell::Skip::leave_loop : Shell::Skip::next_round, count);
  }
  return 0;
}

/// The status that a word is: in bash one byte of any number.
int status_of(Shell& shell, const std::string& word) {
  if (!shell.is_bash()) return shell.number(word);
  const Number read = read_number(word, 10);
  if (read.length == 0 || read.length < word.size() || read.out_of_range) {
    throw Unknown(fmt::format("the status '{}' is no number", word));
  }
  return static_cast<int>(read.value & 0xff);
}

int run_return(Shell& shell, Arguments& arguments, Checked) {
  if (shell.is_bash() && !shell.can_return()) {
    shell.warn("can only `return' from a function or sourced script");
    return 2;
  }
  const int status = arguments.size() > 1 ? status_of(shell, arguments[1]) : shell.state().status;
  shell.skip(Shell::Skip::leave_function, 1);
  return status;
}

int run_exit(Shell& shell, Arguments& arguments, Checked) {
  throw Exit{.status = arguments.size() > 1 ? status_of(shell, arguments[1]) : shell.exit_status()};
}

int run_eval(Shell& shell, Arguments& arguments, Checked checked) {
  std::string text;
  const std::size_t first = shell.is_bash() && arguments.size() > 1 && arguments[1] == "--" ? 2 : 1;
  for (std::size_t i = first; i < arguments.size(); ++i) {
    if (i > first) text += ' ';
    text += arguments[i];
    shell.budget().check_size(text.size());
  }
  if (text.empty()) return 0;
  const Shell::Naming naming(shell, {});
  return shell.execute_text(text, fmt::format("{} (eval)", shell.source()->name), checked);
}

int run_exec(Shell& shell, Arguments& arguments, Checked) {
  if (arguments.size() == 1) return 0;
  if (shell.is_bash() && arguments[1].starts_with('-')) {
    throw Unknown(fmt::format("'exec {}' is not known", arguments[1]));
  }
  const Shell::Naming naming(shell, {});
  const FoundProgram program = find_program(shell.machine().tree, shell.variables().value("PATH"),
                                            shell.state().directory, arguments[1]);
  const int status = shell.run_program({arguments.begin() + 1, arguments.end()});
  // Where there is no program to take its place, the shell ends, with its EXIT trap.
  const bool is_replaced = program.state == FoundProgram::State::found ||
                           (shell.is_bash() && arguments[1].find('/') != std::string::npos);
  throw Exit{.status = status,
             .reason = is_replaced ? Exit::Reason::replaced : Exit::Reason::asked};
}

/// The file that `.` reads; leaves the shell where there is none.
std::string sourced_path(Shell& shell, const std::string& name) {
  const Tree& tree = shell.machine().tree;
  if (name.find('/') != std::string::npos) return name;
  std::string_view path = shell.variables().value("PATH");
  while (true) {
    const std::string_view folder = path.substr(0, path.find(':'));
    std::string full = folder.empty() ? name : fmt::format("{}/{}", folder, name);
    const Found found = tree.find(shell.absolute(full));
    if (found && found.inode->is_file()) return full;
    if (folder.size() == path.size()) break;
    path.remove_prefix(folder.size() + 1);
  }
  if (shell.is_bash()) return name;  // it looks in the folder where it is, last
  shell.fail(fmt::format("{}: not found", name));
}

int run_dot(Shell& shell, Arguments& arguments, Checked checked) {
  BuiltinOptions options(shell, arguments, "");
  options.next();
  if (options.operands() >= arguments.size()) {
    if (shell.is_bash()) shell.fail("filename argument required");
    return 0;
  }
  const std::string path = sourced_path(shell, arguments[options.operands()]);
  const std::string text = shell.read_script(path);
  const Shell::Naming naming(shell, path);
  if (shell.is_bash()) {
    std::vector<std::string> parameters(
        arguments.begin() + static_cast<std::ptrdiff_t>(options.operands()) + 1, arguments.end());
    return shell.source_text(text, path, std::move(parameters), checked);
  }
  // a sourced file is run as a script of its own: `set -e` counts even in a condition
  const int status = shell.execute_text(text, path, Checked::yes);
  if (shell.skipping() == Shell::Skip::leave_function) shell.skip(Shell::Skip::none, 0);
  return status;
}

constexpr std::array<std::string_view, 32> kSignals{
    "EXIT", "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
    "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
    "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS"};
constexpr int kMostSignals = 65;

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The number of a signal, given by number or name; -1 when it is none.
int signal_of(std::string_view text) {
  if (is_number(text)) {
    const Number number = read_number(text, 10);
    return number.value < kMostSignals && !number.out_of_range ? static_cast<int>(number.value)
                                                               : -1;
  }
  const auto same = [&](std::string_view name) {
    return std::equal(name.begin(), name.end(), text.begin(), text.end(), [](char a, char b) {
      return a == (b >= 'a' && b <= 'z' ? static_cast<char>(b - 'a' + 'A') : b);
    });
  };
  const auto found = std::find_if(kSignals.begin(), kSignals.end(), same);
  return found == kSignals.end() ? -1 : static_cast<int>(found - kSignals.begin());
}

int run_trap(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, "");
  options.next();
  std::size_t at = options.operands();
  auto& traps = shell.state().traps;
  if (shell.is_bash()) {
    if (at >= arguments.size() && !traps.empty()) throw Unknown("the list of traps of bash");
    for (std::string& word : std::span(arguments).subspan(at)) {
      if (word == "ERR" || word == "DEBUG" || word == "RETURN") {
        throw Unknown(fmt::format("a trap for {} is not known", word));
      }
      if (word.starts_with("SIG") && &word != &arguments[at]) word.erase(0, 3);
    }
  }
  if (at >= arguments.size()) {
    for (const auto& [signal, action] : traps) {
      const auto index = static_cast<std::size_t>(signal);
      shell.write(1, fmt::format("trap -- {} {}\n", single_quoted(action),
                                 index < kSignals.size() ? std::string(kSignals[index])
                                                         : std::to_string(signal)));
    }
    return 0;
  }
  std::string action = "-";
  const bool resets =
      at + 1 == arguments.size() || (is_number(arguments[at]) && signal_of(arguments[at]) >= 0);
  if (!resets) action = arguments[at++];
  for (; at < arguments.size(); ++at) {
    const int signal = signal_of(arguments[at]);
    if (signal < 0) {
      shell.write(2, fmt::format("trap: {}: bad trap\n", arguments[at]));
      return 1;
    }
    if (action == "-") {
      traps.erase(signal);
    } else {
      traps.insert_or_assign(signal, action);
    }
  }
  return 0;
}

int run_wait(Shell&, Arguments& arguments, Checked) {
  if (arguments.size() > 1) throw Unknown("there are no processes to wait for");
  return 0;
}

int run_times(Shell&, Arguments&, Checked) {
  throw Unknown("how long something takes is not known");
}

constexpr std::array<Builtin, 13> kBuiltins{{
    {"break", run_break, Builtin::Kind::special},
    {"continue", run_break, Builtin::Kind::special},
    {"return", run_return, Builtin::Kind::special},
    {"exit", run_exit, Builtin::Kind::special},
    {":", run_true, Builtin::Kind::special},
    {"true", run_true},
    {"false", run_false},
    {"eval", run_eval, Builtin::Kind::special},
    {"exec", run_exec, Builtin::Kind::special},
    {".", run_dot, Builtin::Kind::special},
    {"trap", run_trap, Builtin::Kind::special},
    {"wait", run_wait},
    {"times", run_times, Builtin::Kind::special},
}};

}  // namespace

std::span<const Builtin> control_builtins() {
  return kBuiltins;
}

}  // namespace stamp::scripts::shell
