#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/shell/shell.h"

namespace stamp::scripts::shell {

/// The words of a builtin, the first its name.
using Arguments = std::vector<std::string>;

/// A command of the shell itself.
struct Builtin {
  enum class Kind {
    regular,
    special,      ///< its errors leave the shell, assignments before it stay
    declaration,  ///< special, and its NAME=value words are not split
  };
  std::string_view name;
  int (*run)(Shell& shell, Arguments& arguments, Checked checked) = nullptr;
  Kind kind = Kind::regular;
};

/// The builtin of that name; null when there is none.
const Builtin* find_builtin(std::string_view name, Dialect dialect);

// One group for each file; builtins.cpp puts them together.
std::span<const Builtin> control_builtins();   ///< break, eval, exec, exit, trap, …
std::span<const Builtin> variable_builtins();  ///< export, local, read, set, shift, unset, …
std::span<const Builtin> other_builtins();     ///< cd, command, echo, printf, test, umask, …
/// Those that bash has alone or does otherwise: they come before the others in bash.
std::span<const Builtin> bash_builtins();

/// The options of a builtin, as dash reads them.
class BuiltinOptions {
 public:
  /// `known`: letters, a colon after one with an argument.
  BuiltinOptions(Shell& shell, const Arguments& arguments, std::string_view known)
      : shell_(shell), arguments_(arguments), known_(known) {}
  /// The next option; '\0' after the last. Leaves the builtin when it is not known; what bash does
  /// then is Unknown, since it may have the option.
  char next();
  const std::string& argument() const { return argument_; }
  /// Where the operands begin.
  std::size_t operands() const { return index_; }

 private:
  Shell& shell_;
  const Arguments& arguments_;
  std::string_view known_;
  std::size_t index_ = 1;
  std::size_t offset_ = 0;  ///< in the word before `index_`; 0: at the start of a word
  std::string argument_;
};

/// `text` in single quotes, so that a shell reads it back.
std::string single_quoted(std::string_view text);

}  // namespace stamp::scripts::shell
