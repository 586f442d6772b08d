// The shell and those of its builtins that are programs too: what env, xargs and find call.

#include <array>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/arithmetic.h"
#include "maintainer-scripts/shell/interpreter.h"
#include "maintainer-scripts/shell/printing.h"
#include "maintainer-scripts/shell/shell.h"
#include "maintainer-scripts/shell/test_expression.h"
#include "maintainer-scripts/tools/tool.h"
#include "maintainer-scripts/tree/open_file.h"

namespace stamp::scripts {
namespace {

int run_true(Process&) {
  return 0;
}

int run_false(Process&) {
  return 1;
}

/// coreutils' echo: unlike the builtin, it leaves backslashes as they are.
int run_echo(Process& process) {
  bool newline = true;
  bool escapes = false;
  std::size_t first = 1;
  for (; first < process.args.size(); ++first) {
    const std::string& word = process.args[first];
    if (word.size() < 2 || word[0] != '-' ||
        word.find_first_not_of("neE", 1) != std::string::npos) {
      break;
    }
    for (const char letter : word.substr(1)) {
      if (letter == 'n') {
        newline = false;
      } else {
        escapes = letter == 'e';
      }
    }
  }
  if (escapes) throw Unknown("option '-e' is not known");
  std::string out;
  for (std::size_t i = first; i < process.args.size(); ++i) {
    if (i > first) out += ' ';
    out += process.args[i];
  }
  if (newline) out += '\n';
  process.out(out);
  return 0;
}

/// Runs what complains by leaving with a status.
template <typename Body>
int ended(Body&& body) {
  try {
    return body();
  } catch (const shell::Failure& failure) {
    return failure.status;
  }
}

std::function<void(std::string_view)> failing(Process& process, int status) {
  return [&process, status](std::string_view message) {
    process.err(fmt::format("{}: {}\n", process.name(), message));
    throw shell::Failure{.status = status};
  };
}

int run_printf(Process& process) {
  if (process.args.size() < 2)
    return ended([&] { return failing(process, 1)("missing operand"), 1; });
  const shell::Printing printing{
      .out = [&](std::string_view text) { process.out(text); },
      .warn =
          [&](std::string_view message) {
            process.err(fmt::format("{}: {}\n", process.name(), message));
          },
      .fail = failing(process, 1),
      .budget = process.machine.budget};
  return ended([&] {
    return shell::print_format(std::span<const std::string>(process.args).subspan(1), printing);
  });
}

int run_test(Process& process) {
  auto words = std::span<const std::string>(process.args).subspan(1);
  const shell::TestContext context{
      .tree = process.machine.tree,
      .absolute = [&](std::string_view path) { return process.absolute(path); },
      .fail = failing(process, 2)};
  return ended([&] {
    if (process.name() == "[") {
      if (words.empty() || words.back() != "]") context.fail("missing ']'");
      words = words.first(words.size() - 1);
    }
    return shell::evaluate_test(words, context);
  });
}

int run_pwd(Process& process) {
  if (process.args.size() > 1 && process.args[1] != "-P") {
    throw Unknown(fmt::format("option '{}' is not known", process.args[1]));
  }
  const Found found = process.machine.tree.find(process.directory);
  process.out((found ? found.path.absolute() : process.directory) + "\n");
  return 0;
}

/// env [-i] [-u NAME] [NAME=VALUE]… [COMMAND…]
int run_env(Process& process) {
  Process child = process;
  std::size_t at = 1;
  for (; at < process.args.size(); ++at) {
    const std::string& word = process.args[at];
    if (word == "-i" || word == "-" || word == "--ignore-environment") {
      child.environment.clear();
    } else if ((word == "-u" || word == "--unset") && at + 1 < process.args.size()) {
      child.environment.erase(process.args[++at]);
    } else if (word.starts_with("--unset=")) {
      child.environment.erase(word.substr(8));
    } else if (word == "--") {
      ++at;
      break;
    } else if (word.starts_with('-')) {
      throw Unknown(fmt::format("option '{}' is not known", word));
    } else {
      break;
    }
  }
  for (; at < process.args.size(); ++at) {
    const std::string& word = process.args[at];
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) break;
    child.environment.insert_or_assign(word.substr(0, equals), word.substr(equals + 1));
  }
  if (at == process.args.size()) {
    for (const auto& [name, value] : child.environment) {
      process.out(fmt::format("{}={}\n", name, value));
    }
    return 0;
  }
  child.args.assign(process.args.begin() + static_cast<std::ptrdiff_t>(at), process.args.end());
  child.caller = "env";
  return process.machine.runner.run(child);
}

/// What `sh` was called with.
struct ShellCall {
  std::string options;  ///< letters of `set`
  bool has_text = false;
  std::size_t operands = 1;
};

ShellCall read_call(const Process& process, Dialect dialect) {
  ShellCall call;
  for (; call.operands < process.args.size(); ++call.operands) {
    const std::string& word = process.args[call.operands];
    if (word == "--" || word == "-") {
      ++call.operands;
      break;
    }
    if (word.size() < 2 || word[0] != '-') break;
    const bool is_bash = dialect == Dialect::bash;
    if (is_bash && (word == "--norc" || word == "--noprofile")) continue;
    for (const char letter : word.substr(1)) {
      if (letter == 'c') {
        call.has_text = true;
        if (is_bash) call.options += letter;
      } else if (is_bash && letter == 'o' && call.operands + 1 < process.args.size() &&
                 process.args[call.operands + 1] == "pipefail" && word.ends_with('o')) {
        call.options += shell::kPipefail;
        ++call.operands;
      } else if (std::string_view("efnuxvaCb").find(letter) != std::string_view::npos) {
        call.options += letter;
      } else if (letter != 's') {
        throw Unknown(fmt::format("option '{}' is not known", word));
      }
    }
  }
  return call;
}

/// sh [-c TEXT | FILE] [ARGUMENT…]; without either the script is on standard input.
int run_shell(Process& process) {
  const Dialect dialect = dialect_of(process.name()).value_or(Dialect::dash);
  const ShellCall call = read_call(process, dialect);
  const std::string called = process.args.front();
  Process child = process;
  const auto rest = process.args.begin() + static_cast<std::ptrdiff_t>(call.operands);
  const bool has_operand = call.operands < process.args.size();
  if (call.has_text) {
    if (!has_operand) {
      process.err(fmt::format("{}: 0: -c requires an argument\n", called));
      return 2;
    }
    child.args.assign(rest + 1, process.args.end());
    if (child.args.empty()) child.args.push_back(called);
    return run_script({.name = fmt::format("{} -c", called), .text = *rest, .dialect = dialect},
                      child, call.options);
  }
  if (!has_operand) {
    child.args = {called};
    std::string text = process.read_input();
    child.files[0] = std::make_shared<Buffer>();
    return run_script({.name = fmt::format("{} (standard input)", called),
                       .text = std::move(text),
                       .dialect = dialect},
                      child, call.options);
  }
  child.args.assign(rest, process.args.end());
  FileText file = read_file(process, *rest);
  if (file.error != std::errc()) {
    process.err(fmt::format("{}: 0: cannot open {}: {}\n", called, *rest,
                            file.error == std::errc::no_such_file_or_directory
                                ? "No such file"
                                : describe(file.error)));
    return 2;
  }
  return run_script({.name = *rest, .text = std::move(file.text), .dialect = dialect}, child,
                    call.options);
}

/// Time does not pass.
int run_sleep(Process&) {
  return 0;
}

constexpr std::array<ToolRow, 12> kRows{{
    {"[", run_test},
    {"bash", run_shell},
    {"dash", run_shell},
    {"echo", run_echo},
    {"env", run_env},
    {"false", run_false},
    {"printf", run_printf},
    {"pwd", run_pwd},
    {"sh", run_shell},
    {"sleep", run_sleep},
    {"test", run_test},
    {"true", run_true},
}};

}  // namespace

std::span<const ToolRow> shell_tools() {
  return kRows;
}

}  // namespace stamp::scripts
