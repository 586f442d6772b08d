#include "maintainer-scripts/shell/command_runner.h"

#include <array>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/interpreter.h"
#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {
namespace shell {
namespace {

std::string joined(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", name);
}

FoundProgram::State state_of(const Tree& tree, std::string_view directory, std::string_view path) {
  const Found found =
      tree.find(path.starts_with('/') ? std::string(path) : joined(directory, path));
  if (!found) return FoundProgram::State::missing;
  const bool executable = found.inode->is_file() && (found.inode->mode & 0111U) != 0;
  return executable ? FoundProgram::State::found : FoundProgram::State::not_executable;
}

}  // namespace

FoundProgram find_program(const Tree& tree, std::string_view path, std::string_view directory,
                          std::string_view name) {
  if (name.empty()) return {};
  if (name.find('/') != std::string_view::npos) {
    return {.state = state_of(tree, directory, name), .path = std::string(name)};
  }
  FoundProgram result;
  while (true) {
    const std::string_view folder = path.substr(0, path.find(':'));
    std::string full = joined(folder, name);
    const FoundProgram::State state = state_of(tree, directory, full);
    if (state == FoundProgram::State::found) return {.state = state, .path = std::move(full)};
    if (state == FoundProgram::State::not_executable) result = {.state = state, .path = full};
    if (folder.size() == path.size()) return result;
    path.remove_prefix(folder.size() + 1);
  }
}

}  // namespace shell

namespace {

/// The words behind `#!`; empty where the file is no script.
std::vector<std::string> interpreter_of(std::string_view text) {
  std::vector<std::string> words;
  if (!text.starts_with("#!")) return words;
  std::string_view line = text.substr(2, text.find('\n') - 2);
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
    words.emplace_back(word);
    line.remove_prefix(word.size());
  }
}

std::string_view last_component(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// Runs a script of the tree; `path` is the name that it was found by.
int run_file(Process& process, const std::string& path, std::string_view text) {
  std::vector<std::string> interpreter = interpreter_of(text);
  const bool by_env = interpreter.size() == 2 && last_component(interpreter[0]) == "env";
  if (by_env) interpreter.erase(interpreter.begin());
  if (interpreter.empty()) {
    if (text.starts_with("\177ELF") || text.find('\0') != std::string_view::npos) {
      throw Unknown(fmt::format("'{}' is a program: what it does is not known", path));
    }
    throw Unknown(fmt::format("'{}' has no #! line", path));
  }
  const std::optional<Dialect> dialect = dialect_of(interpreter[0]);
  if (!dialect) {
    throw Unknown(fmt::format("'{}' is a script for {}", path, interpreter[0]));
  }
  process.args.front() = path;
  if (interpreter.size() > 1) {
    // "#!/bin/sh -e": as if the shell had been called with the option and the file
    process.args.insert(process.args.begin(), interpreter[1]);
    const std::string shell(last_component(interpreter[0]));
    process.args.insert(process.args.begin(), shell);
    return find_tool(shell)->tool(process);
  }
  const Machine::Position caller = process.machine.position;
  try {
    return run_script({.name = path, .text = std::string(text), .dialect = *dialect}, process);
  } catch (const Error& error) {
    throw error.within(
        fmt::format("running {}, called at {} line {}", path, caller.script, caller.line));
  }
}

}  // namespace

int CommandRunner::run(Process& process) {
  const Budget::Level level(process.machine.budget);
  const Tree& tree = process.machine.tree;
  const std::string name = process.args.front();
  const auto path = process.environment.find("PATH");
  const shell::FoundProgram program = shell::find_program(
      tree,
      path == process.environment.end() ? shell::kDefaultPath : std::string_view(path->second),
      process.directory, name);
  if (program.state == shell::FoundProgram::State::missing) {
    process.err(fmt::format("{}: {}: not found\n", process.caller, name));
    return 127;
  }
  if (program.state == shell::FoundProgram::State::not_executable) {
    process.err(fmt::format("{}: {}: Permission denied\n", process.caller, name));
    return 126;
  }
  if (const ToolRow* row = find_tool(last_component(name))) return row->tool(process);
  const Found file = tree.find(process.absolute(program.path));
  return run_file(process, program.path, tree.read(*file.inode));
}

}  // namespace stamp::scripts
