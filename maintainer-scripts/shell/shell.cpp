#include "maintainer-scripts/shell/shell.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/arithmetic.h"
#include "maintainer-scripts/shell/lexer.h"
#include "maintainer-scripts/shell/parsed_scripts.h"
#include "maintainer-scripts/shell/redirection.h"
#include "maintainer-scripts/tree/open_file.h"

namespace stamp::scripts::shell {

Shell::Shell(Machine& machine, ShellState state, std::shared_ptr<const Source> source)
    : machine_(machine), state_(std::move(state)), source_(std::move(source)) {}

int Shell::run(const List& body) {
  return finish([&] { execute(body, Checked::yes); });
}

int Shell::execute_text(const std::string& text, const std::string& name, Checked checked) {
  const Budget::Level level(budget());
  budget().take_steps(text.size() / kBytesOfOneStep);
  const auto program = parsed_scripts(machine_).parse(text, name, state_.dialect);
  std::shared_ptr<const Source> before = std::exchange(source_, program->source);
  const std::uint32_t line = line_;
  const auto back = [&] {
    source_ = std::move(before);
    line_ = line;
  };
  struct Restore {
    const decltype(back)& undo;
    ~Restore() { undo(); }
  } const restore{back};
  int status = 0;
  if (!program->body.items.empty()) status = execute(program->body, checked);
  return status;
}

namespace {

/// The command of bash's $(< file): nothing but one redirection that reads.
const Command* reading_command(const List& list) {
  if (list.items.size() != 1 || list.items.front().background) return nullptr;
  const Command& command = *list.items.front().command;
  const auto* simple = std::get_if<SimpleCommand>(&command.node);
  const bool reads = simple != nullptr && simple->words.empty() && simple->assignments.empty() &&
                     command.redirections.size() == 1 &&
                     command.redirections.front().kind == RedirectionKind::read &&
                     command.redirections.front().descriptor == 0;
  return reads ? &command : nullptr;
}

}  // namespace

/// Writes the file that the command reads from.
void Shell::copy_input(const Command& command) {
  const Redirected redirected(*this, command.redirections);
  if (redirected.status() != 0) throw Unknown("'$(<file)' of a file that cannot be read");
  state_.status = 0;
  const std::shared_ptr<OpenFile> file = state_.files.at(0);
  constexpr std::size_t kBlock = 65536;
  for (std::string block = file->read(kBlock); !block.empty(); block = file->read(kBlock)) {
    write(1, block);
  }
}

std::string Shell::substitute(const List& list) {
  if (list.items.empty()) return {};
  const auto pipe = std::make_shared<Buffer>();
  Descriptors files = state_.files;
  files[1] = pipe;
  substitution_status_ = in_subshell(std::move(files), [&](Shell& subshell) {
    subshell.loops_ = loops_;
    subshell.exit_status_ = exit_status_;
    // bash goes on after a failure there
    if (subshell.is_bash()) subshell.state_.options.on['e'] = false;
    if (const Command* reads = subshell.is_bash() ? reading_command(list) : nullptr) {
      return subshell.copy_input(*reads);
    }
    subshell.execute(list, Checked::yes);
  });
  if (is_bash()) state_.status = substitution_status_;
  std::string output = pipe->take();
  output.erase(std::remove(output.begin(), output.end(), '\0'), output.end());
  output.erase(output.find_last_not_of('\n') + 1);
  return output;
}

int Shell::run_program(std::vector<std::string> args) {
  budget().take_steps(state_.variables.bytes() / kCopiedBytesOfOneStep);
  Process child = process(std::move(args));
  child.caller = fmt::format("{}: {}", state_.name, line_);
  return machine_.runner.run(child);
}

Process Shell::process(std::vector<std::string> args) const {
  return {.machine = machine_,
          .args = std::move(args),
          .environment = state_.variables.environment(),
          .directory = state_.directory,
          .umask = state_.umask,
          .files = state_.files};
}

std::string Shell::absolute(std::string_view path) const {
  return Process{.machine = machine_, .directory = state_.directory}.absolute(path);
}

std::string Shell::read_script(const std::string& path) {
  Process reader{.machine = machine_,
                 .directory = state_.directory,
                 .umask = state_.umask,
                 .files = state_.files};
  FileText read = read_file(reader, path);
  if (read.error == std::errc()) return std::move(read.text);
  const bool missing = read.error == std::errc::no_such_file_or_directory ||
                       read.error == std::errc::not_a_directory;
  fail(fmt::format("cannot open {}: {}", path,
                   missing ? "No such file" : scripts::describe(read.error)),
       1);
}

void Shell::assign(std::string_view name, std::string value) {
  if (!is_name(name)) fail(fmt::format("{}: bad variable name", name));
  Variables& variables = state_.variables;
  if (variables.is_readonly(name)) fail(fmt::format("{}: is read only", name));
  if (name == "OPTIND") {
    const int next = number(value);
    state_.positional.next_option = next == 0 ? 1 : static_cast<std::size_t>(next);
    state_.positional.option_offset.reset();
  }
  budget().check_size(variables.bytes() + value.size());
  variables.set(name, std::move(value));
  if (state_.options.has('a')) variables.set_exported(name);
}

void Shell::unset(std::string_view name) {
  if (!is_name(name)) fail(fmt::format("{}: bad variable name", name));
  if (state_.variables.is_readonly(name)) fail(fmt::format("{}: is read only", name));
  state_.variables.unset(name);
}

void Shell::write(int descriptor, std::string_view text) {
  const auto file = state_.files.find(descriptor);
  if (file == state_.files.end()) {
    write_failed_ = true;
    return;
  }
  budget().take_output(text.size());
  file->second->write(text);
}

void Shell::warn(std::string_view text) {
  const bool failed = write_failed_;
  write(2, fmt::format("{}: {}: {}{}{}\n", state_.name, line_, command_,
                       command_.empty() ? "" : ": ", text));
  write_failed_ = failed;
}

void Shell::fail(std::string_view text, std::optional<int> status_of_bash) {
  if (is_bash() && !status_of_bash) {
    throw Unknown(fmt::format("what bash does is not known where dash says '{}'", text));
  }
  warn(text);
  throw Failure{.status = is_bash() ? *status_of_bash : 2};
}

void Shell::leave(std::string_view text, int status) {
  if (parent_trap_) throw Unknown("a subshell that is left by an error, with a trap around it");
  warn(text);
  throw Exit{.status = status, .reason = Exit::Reason::error};
}

int Shell::source_text(std::string text, const std::string& path,
                       std::vector<std::string> parameters, Checked checked) {
  Positional positional;
  const bool has_parameters = !parameters.empty();
  positional.values = std::move(parameters);
  if (has_parameters) std::swap(state_.positional, positional);
  struct Restore {
    Shell& shell;
    Positional* positional;
    ~Restore() {
      --shell.calls_;
      // those that the file sets for itself stay
      const bool stays = !shell.in_function() && shell.state_.positional.by_set;
      if (positional != nullptr && !stays) std::swap(shell.state_.positional, *positional);
    }
  } const restore{*this, has_parameters ? &positional : nullptr};
  ++calls_;
  const int status = execute_text(text, path, checked);
  if (skip_ == Skip::leave_function) skip(Skip::none, 0);
  return status;
}

int Shell::number(const std::string& text) {
  const Number read = read_number(text, 10);
  std::size_t end = read.length;
  while (end < text.size() && (text[end] == ' ' || (text[end] >= '\t' && text[end] <= '\r'))) ++end;
  if (read.length == 0 || end < text.size() || read.value < 0 ||
      read.value > std::numeric_limits<int>::max()) {
    fail(fmt::format("Illegal number: {}", text));
  }
  return static_cast<int>(read.value);
}

void Shell::keep_options() {
  if (!kept_options_) kept_options_ = state_.options;
}

void Shell::skip(Skip what, int count) {
  skip_ = what;
  skip_count_ = count;
}

Shell::Naming::Naming(Shell& shell, std::string name)
    : shell_(shell), before_(std::exchange(shell.command_, std::move(name))) {}

Shell::Naming::~Naming() {
  shell_.command_ = std::move(before_);
}

/// A subshell starts without the traps of its shell, but ignores what that ignores.
void Shell::enter_subshell() {
  std::erase_if(state_.traps, [](const auto& trap) { return !trap.second.empty(); });
}

int Shell::run_exit_trap(int status) {
  const auto found = state_.traps.find(0);
  if (found == state_.traps.end()) return status;
  if (is_bash() && left_redirected_) {
    throw located(Unknown("the EXIT trap where what is left has redirections"), {.line = line_},
                  {});
  }
  std::string action = std::move(found->second);
  state_.traps.erase(found);
  skip_ = Skip::none;
  state_.status = status;
  exit_status_ = status;
  try {
    execute_text(action, state_.name, Checked::yes);
  } catch (const Exit& exit) {
    const bool keeps = exit.reason == Exit::Reason::error;
    status = keeps ? status : exit.status;
  } catch (const Failure& failure) {
    status = failure.status;
  }
  return status;
}

}  // namespace stamp::scripts::shell
