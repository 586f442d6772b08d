#include "maintainer-scripts/shell/interpreter.h"

#include <utility>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/shell/command_runner.h"
#include "maintainer-scripts/shell/lexer.h"
#include "maintainer-scripts/shell/parsed_scripts.h"
#include "maintainer-scripts/shell/shell.h"

namespace stamp::scripts {
namespace {

using shell::Shell;
using shell::ShellState;

ShellState state_for(const Process& process, Dialect dialect) {
  ShellState state;
  state.dialect = dialect;
  state.name = process.args.empty() ? "sh" : process.args.front();
  if (process.args.size() > 1) {
    state.positional.values.assign(process.args.begin() + 1, process.args.end());
  }
  state.files = process.files;
  state.directory = process.directory;
  state.umask = process.umask;
  shell::Variables& variables = state.variables;
  for (const auto& [name, value] : process.environment) {
    if (!shell::is_name(name)) continue;
    variables.set(name, value);
    variables.set_exported(name);
  }
  if (variables.find("PATH") == nullptr) variables.set("PATH", std::string(shell::kDefaultPath));
  // never taken from the environment
  variables.set("IFS", " \t\n");
  variables.set("OPTIND", "1");
  variables.set("PPID", "1");
  variables.set("PWD", process.directory);
  variables.set_exported("PWD");
  if (dialect == Dialect::bash) {
    if (!process.variable("BASH_ENV").empty()) throw Unknown("bash with BASH_ENV");
    variables.set("OPTERR", "1");
    variables.set("UID", "0");
    variables.set("EUID", "0");
    for (const char* name : {"UID", "EUID", "PPID"}) variables.set_readonly(name);
    if (variables.find("PS4") == nullptr) variables.set("PS4", "+ ");
    return state;
  }
  for (const auto& [name, value] : {std::pair("PS1", "# "), {"PS2", "> "}, {"PS4", "+ "}}) {
    if (variables.find(name) == nullptr) variables.set(name, value);
  }
  return state;
}

}  // namespace

int run_script(const Script& script, Process& process) {
  return run_script(script, process, {});
}

int run_script(const Script& script, Process& process, std::string_view options) {
  const Budget::Level level(process.machine.budget);
  const auto program =
      shell::parsed_scripts(process.machine).parse(script.text, script.name, script.dialect);
  ShellState state = state_for(process, script.dialect);
  for (const char letter : options) state.options.on[letter] = true;
  const Machine::Position before = process.machine.position;
  Shell runner(process.machine, std::move(state), program->source);
  const int status = runner.run(program->body);
  process.machine.position = before;
  return status;
}

}  // namespace stamp::scripts
