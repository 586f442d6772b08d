// Simple commands: which one it is, its words, redirections and assignments, in dash's order.

#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/builtins.h"
#include "maintainer-scripts/shell/expansion.h"
#include "maintainer-scripts/shell/redirection.h"
#include "maintainer-scripts/shell/shell.h"

namespace stamp::scripts::shell {

/// One run of a simple command.
class SimpleRun {
 public:
  SimpleRun(Shell& shell, const Command& command, Checked checked, Arguments& words)
      : shell_(shell),
        redirections_(command.redirections),
        node_(std::get<SimpleCommand>(command.node)),
        checked_(checked),
        words_(words) {}

  int run() {
    shell_.substitution_status_ = 0;
    expand_words();
    check_assignments();
    const Scope scope(*this);
    Redirected redirected(shell_, redirections_);
    if (redirected.status() != 0) {
      if (is_special()) throw Failure{.status = redirected.status()};
      return redirected.status();
    }
    assign();
    if (is_exec() && words_.size() == 1) redirected.keep();
    return run_words();
  }

 private:
  /// Gives back what was assigned before the command, and its `local`s where it is a function.
  class Scope {
   public:
    explicit Scope(SimpleRun& run)
        : variables_(run.shell_.variables()),
          opened_(run.has_own_variables() &&
                  (run.function_.has_value() || !run.node_.assignments.empty())) {
      if (opened_) variables_.open_scope();
    }
    ~Scope() {
      if (opened_) variables_.close_scope();
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Variables& variables_;
    bool opened_;
  };

  bool is_special() const { return is_special_; }
  bool is_exec() const { return builtin_ != nullptr && builtin_->name == "exec"; }
  /// Whether assignments hold for the command only.
  bool has_own_variables() const { return !words_.empty() && !is_special_; }

  /// Expands words until there are more than `count`. Whether there are.
  bool expand_beyond(std::size_t count) {
    while (words_.size() <= count && next_word_ < node_.words.size()) {
      expand_fields(shell_, node_.words[next_word_++], words_);
    }
    return words_.size() > count;
  }

  void expand_words() {
    if (!expand_beyond(0)) return;
    bool functions_count = true;
    for (bool first = true;; first = false) {
      find(functions_count);
      if (builtin_ == nullptr) break;
      // in bash none is special: their errors end nothing, assignments before them do not stay
      if (first) {
        is_special_ = !shell_.is_bash() && builtin_->kind != Builtin::Kind::regular;
      }
      if (builtin_->name != "command" || !take_command_prefix()) break;
      functions_count = false;
    }
    const bool declares = builtin_ != nullptr && builtin_->kind == Builtin::Kind::declaration;
    while (next_word_ < node_.words.size()) {
      const Word& word = node_.words[next_word_++];
      if (declares && word.assignment > 0) {
        words_.push_back(expand_text(shell_, word, WordUse::assignment));
      } else {
        expand_fields(shell_, word, words_);
      }
    }
  }

  void find(bool functions_count) {
    builtin_ = nullptr;
    function_.reset();
    const auto& functions = shell_.state().functions;
    const auto function = functions_count ? functions.find(words_[0]) : functions.end();
    if (function != functions.end()) {
      function_ = function->second;
    } else {
      builtin_ = find_builtin(words_[0], shell_.state().dialect);
    }
  }

  /// Takes `command`, `-p` and `--` away before a command that is to be run. False where it only
  /// asks what a command is, or has no command behind it.
  bool take_command_prefix() {
    std::size_t at = 1;
    for (; expand_beyond(at); ++at) {
      const std::string& word = words_[at];
      if (word.size() < 2 || word[0] != '-') break;
      if (word == "--") {
        ++at;
        break;
      }
      if (word.find_first_not_of('p', 1) != std::string::npos) return false;
    }
    if (!expand_beyond(at)) return false;
    words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }

  void assign() {
    Variables& variables = shell_.variables();
    for (const Assignment& assignment : node_.assignments) {
      std::string value = expand_text(shell_, assignment.value, WordUse::assignment);
      if (assignment.appends) value.insert(0, shell_.variables().value(assignment.name));
      if (has_own_variables()) variables.keep(assignment.name);
      shell_.assign(assignment.name, std::move(value));
      if (has_own_variables() || (is_exec() && words_.size() > 1)) {
        variables.set_exported(assignment.name);
      }
    }
  }

  /// In bash assignments hold for the builtin, and so would what it declares.
  void check_assignments() const {
    if (!shell_.is_bash() || node_.assignments.empty() || builtin_ == nullptr) return;
    const bool declares =
        builtin_->kind == Builtin::Kind::declaration || builtin_->name == "exec" ||
        (shell_.in_function() &&
         (builtin_->name == "eval" || builtin_->name == "." || builtin_->name == "source"));
    if (declares) throw Unknown(fmt::format("an assignment before '{}'", words_[0]));
  }

  int run_words() {
    if (words_.empty()) return shell_.substitution_status_;
    if (function_) return shell_.execute_function(*function_, words_, checked_);
    if (builtin_ != nullptr) return run_builtin();
    return shell_.run_program(words_);
  }

  int run_builtin() {
    const Shell::Naming naming(shell_, words_[0]);
    shell_.write_failed_ = false;
    int status = 0;
    try {
      status = builtin_->run(shell_, words_, checked_);
    } catch (const Failure& failure) {
      if (is_special_) throw;
      return failure.status;
    }
    if (shell_.write_failed_) {
      shell_.warn("I/O error");
      shell_.write_failed_ = false;
      status = 1;
    }
    return status;
  }

  Shell& shell_;
  const std::vector<Redirection>& redirections_;
  const SimpleCommand& node_;
  Checked checked_;
  Arguments& words_;
  std::size_t next_word_ = 0;
  std::optional<Function> function_;  ///< a copy: the command may define it anew
  const Builtin* builtin_ = nullptr;
  bool is_special_ = false;
};

int Shell::execute_simple(const Command& command, Checked checked, Words& words) {
  machine_.position.script = source_->name;
  machine_.position.line = command.position.line;
  return SimpleRun(*this, command, checked, words).run();
}

int Shell::execute_function(const Function& function, Words args, Checked checked) {
  Positional positional;
  args.erase(args.begin());
  positional.values = std::move(args);
  std::swap(state_.positional, positional);
  std::shared_ptr<const Source> source = std::exchange(source_, function.source);
  const std::uint32_t line = line_;
  const int loops = std::exchange(loops_, 0);
  ++calls_;
  ++functions_;
  std::optional<ShellOptions> options = std::exchange(kept_options_, std::nullopt);
  struct Restore {
    Shell& shell;
    Positional& positional;
    std::shared_ptr<const Source>& source;
    std::optional<ShellOptions>& options;
    std::uint32_t line;
    int loops;
    ~Restore() {
      if (shell.kept_options_) shell.state_.options = std::move(*shell.kept_options_);
      shell.kept_options_ = std::move(options);
      std::swap(shell.state_.positional, positional);
      shell.source_ = std::move(source);
      shell.line_ = line;
      shell.loops_ = loops;
      --shell.calls_;
      --shell.functions_;
    }
  };
  constexpr std::size_t kShownCalls = 10;
  int status = 0;
  try {
    const Restore restore{*this, positional, source, options, line, loops};
    const Budget::Level level(budget());
    status = execute(*function.body, checked);
    if (skip_ == Skip::leave_function) skip_ = Skip::none;
  } catch (const Error& error) {
    if (error.details().during.size() >= kShownCalls) throw;
    throw error.within(
        fmt::format("in function {}, called at {} line {}", function.name, source_->name, line));
  }
  return status;
}

}  // namespace stamp::scripts::shell
