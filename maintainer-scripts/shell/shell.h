#pragma once
// The evaluator of parsed scripts. A subshell is a copy of its state; the tree is shared.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/process.h"
#include "maintainer-scripts/shell/ast.h"
#include "maintainer-scripts/shell/dialect.h"
#include "maintainer-scripts/shell/variables.h"

namespace stamp::scripts::shell {

/// Thrown to leave a shell or subshell.
struct Exit {
  enum class Reason {
    asked,     ///< `exit`
    failed,    ///< `set -e`
    error,     ///< an error of bash's expansions
    replaced,  ///< `exec`: no trap runs
  };
  int status = 0;
  Reason reason = Reason::asked;
};
/// Thrown by an error that has been reported. It leaves the shell, unless a builtin that is not
/// special catches it: that one ends with the status.
struct Failure {
  int status = 2;
};

/// The options of `set`, by letter.
struct ShellOptions {
  std::map<char, bool> on;
  bool has(char letter) const {
    const auto found = on.find(letter);
    return found != on.end() && found->second;
  }
};

/// The letter that `set -o pipefail` has here: it has none.
inline constexpr char kPipefail = '|';

/// Bytes of text that are expanded or read in one step of the budget, and bytes that are copied.
inline constexpr std::size_t kBytesOfOneStep = 16;
inline constexpr std::size_t kCopiedBytesOfOneStep = 64;

/// $1, $2, …, and where getopts stands among them.
struct Positional {
  std::vector<std::string> values;
  std::size_t shifted = 0;      ///< how many of `values` are gone
  std::size_t next_option = 1;  ///< OPTIND as getopts has it
  std::optional<std::size_t> option_offset;
  bool by_set = false;  ///< `set` gave them

  std::size_t count() const { return values.size() - shifted; }
  /// $number, from 1; null past the last.
  const std::string* at(std::size_t number) const {
    return number <= count() && number > 0 ? &values[shifted + number - 1] : nullptr;
  }
};

/// A function with what is needed to say where it is.
struct Function {
  std::string name;
  CommandPointer body;
  std::shared_ptr<const Source> source;
};

/// What a subshell gets a copy of.
struct ShellState {
  std::string name;  ///< $0
  Dialect dialect = Dialect::dash;
  Descriptors files;
  std::string directory = "/";
  std::uint32_t umask = 022;
  Variables variables;
  std::map<std::string, Function, std::less<>> functions;
  Positional positional;
  ShellOptions options;
  std::map<int, std::string> traps;  ///< actions by signal; 0 is EXIT
  int status = 0;                    ///< $?
};

/// Whether a command that fails ends a shell with `set -e`.
enum class Checked { no, yes };

class Shell {
 public:
  Shell(Machine& machine, ShellState state, std::shared_ptr<const Source> source);
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  /// Runs a whole script and its EXIT trap. Returns the exit status.
  int run(const List& body);
  /// Runs a list in this shell.
  int execute(const List& list, Checked checked);
  /// Runs a text in this shell: eval, trap's actions, `.`.
  int execute_text(const std::string& text, const std::string& name, Checked checked);
  /// Runs the words of `args` as a program.
  int run_program(std::vector<std::string> args);
  /// Output of `list`, run in a subshell, without the newlines at its end.
  std::string substitute(const List& list);

  Machine& machine() const { return machine_; }
  Budget& budget() const { return machine_.budget; }
  ShellState& state() { return state_; }
  const ShellState& state() const { return state_; }
  Variables& variables() { return state_.variables; }
  bool is_bash() const { return state_.dialect == Dialect::bash; }
  /// The status of what could not be done: dash's, or bash's.
  int failed() const { return is_bash() ? 1 : 2; }
  const std::shared_ptr<const Source>& source() const { return source_; }

  /// A process with these words and this shell's files, environment and folder.
  Process process(std::vector<std::string> args) const;
  /// `path` as an absolute one.
  std::string absolute(std::string_view path) const;
  /// The text of a script that `.` reads. Leaves the shell when it cannot be read.
  std::string read_script(const std::string& path);
  /// Sets a variable. Leaves the shell when it is readonly or no name.
  void assign(std::string_view name, std::string value);
  void unset(std::string_view name);
  /// Writes to a descriptor.
  void write(int descriptor, std::string_view text);
  /// "sh: 3: cd: text" on standard error.
  void warn(std::string_view text);
  /// warn(), and leaves the shell or the builtin with the status, dash's 2 or the one of bash.
  /// Without that one bash is not known to do the same. Errors: Unknown.
  [[noreturn]] void fail(std::string_view text, std::optional<int> status_of_bash = {});
  /// warn(), and leaves the shell, whatever runs in it.
  [[noreturn]] void leave(std::string_view text, int status);
  /// The number that `text` is. Leaves the builtin when it is none.
  int number(const std::string& text);

  /// `local -`: the options come back when the function ends.
  void keep_options();
  /// What break, continue and return ask for: commands are passed over until it is done.
  enum class Skip { none, leave_loop, next_round, leave_function };
  void skip(Skip what, int count);
  Skip skipping() const { return skip_; }
  int loops() const { return loops_; }
  /// The shell is being left through a command with redirections. Whether bash undoes these before
  /// it runs an EXIT trap depends on how it was left.
  void note_redirected_exit() { left_redirected_ = true; }
  /// Whether a function or a sourced file runs, which `return` can leave.
  bool can_return() const { return calls_ > 0; }
  bool in_function() const { return functions_ > 0; }
  /// Runs a text in this shell as `.` does, with its own parameters where it is given some.
  int source_text(std::string text, const std::string& path, std::vector<std::string> parameters,
                  Checked checked);
  /// What `exit` without a number ends with.
  int exit_status() const { return exit_status_.value_or(state_.status); }
  /// Names the builtin in messages while it lives.
  class Naming {
   public:
    Naming(Shell& shell, std::string name);
    ~Naming();
    Naming(const Naming&) = delete;
    Naming& operator=(const Naming&) = delete;

   private:
    Shell& shell_;
    std::string before_;
  };

 private:
  friend class SimpleRun;
  using Words = std::vector<std::string>;

  int execute(const Command& command, Checked checked);
  int execute_node(const Command& command, Checked checked, Words& words);
  int execute_compound(const Command& command, Checked checked);
  int execute_and_or(const AndOr& node, Checked checked);
  int execute_pipeline(const Pipeline& node, Checked checked);
  int execute_if(const If& node, Checked checked);
  int execute_loop(const Loop& node, Checked checked);
  int execute_for(const For& node, Checked checked);
  int execute_case(const Case& node, Checked checked);
  bool matches_item(const Case::Item& item, const std::string& subject);
  int execute_simple(const Command& command, Checked checked, Words& words);
  int execute_function(const Function& function, Words args, Checked checked);
  /// Runs `body` in a copy of this shell.
  template <typename Body>
  int in_subshell(Descriptors files, Body&& body) {
    const Budget::Level level(budget());
    budget().take_steps(state_.variables.bytes() / kCopiedBytesOfOneStep +
                        state_.positional.values.size());
    ShellState copy = state_;
    copy.files = std::move(files);
    Shell subshell(machine_, std::move(copy), source_);
    subshell.line_ = line_;
    subshell.loops_ = is_bash() ? 0 : loops_;  // dash's `break` in it ends it
    subshell.calls_ = calls_;
    subshell.functions_ = functions_;
    if (!is_bash()) subshell.exit_status_ = exit_status_;
    subshell.parent_trap_ = parent_trap_ || state_.traps.contains(0);
    subshell.enter_subshell();
    return subshell.finish([&] { body(subshell); });
  }
  /// Runs `body` until the shell is left, then the EXIT trap. Returns the exit status.
  template <typename Body>
  int finish(Body&& body) {
    try {
      body();
    } catch (const Exit& exit) {
      state_.status = exit.status;
      if (exit.reason == Exit::Reason::replaced) return exit.status;
    } catch (const Failure& failure) {
      state_.status = failure.status;
    }
    // a status is one byte
    return static_cast<int>(static_cast<unsigned>(run_exit_trap(state_.status)) & 0xffU);
  }
  void enter_subshell();
  void copy_input(const Command& command);
  int run_exit_trap(int status);
  bool leaves_loop();
  Error located(const Error& error, Position place, const Words& words) const;

  Machine& machine_;
  ShellState state_;
  std::shared_ptr<const Source> source_;  // shared with the functions that it defines
  std::uint32_t line_ = 1;
  std::string command_;  ///< the builtin that runs
  Skip skip_ = Skip::none;
  int skip_count_ = 0;
  int loops_ = 0;
  int calls_ = 0;      ///< functions and sourced files that run
  int functions_ = 0;  ///< functions that run
  int substitution_status_ = 0;
  std::optional<ShellOptions> kept_options_;  ///< of the function that runs
  bool write_failed_ = false;
  bool parent_trap_ = false;        ///< this is a subshell, and a shell around it has an EXIT trap
  bool left_redirected_ = false;    ///< an exit went through a command with redirections
  std::optional<int> exit_status_;  ///< while the EXIT trap runs
};

}  // namespace stamp::scripts::shell
