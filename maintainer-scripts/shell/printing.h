#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "maintainer-scripts/process.h"
#include "maintainer-scripts/shell/dialect.h"

namespace stamp::scripts::shell {

/// Where echo and printf write, and how they complain.
struct Printing {
  std::function<void(std::string_view text)> out;
  std::function<void(std::string_view message)> warn;
  std::function<void(std::string_view message)> fail;  ///< does not return
  Budget& budget;
  Dialect dialect = Dialect::dash;
};

/// The words of echo, without its name, as dash prints them: -n, and backslash escapes always.
void print_echo(std::span<const std::string> words, const Printing& to);
/// The same as bash prints them: -n, -e and -E, and backslash escapes with -e only.
void print_echo_of_bash(std::span<const std::string> words, const Printing& to);
/// printf: the format, then its arguments. Returns the exit status.
int print_format(std::span<const std::string> words, const Printing& to);
/// A text with the escapes of `echo` and `%b` replaced. `stopped`: by \c.
struct Unescaped {
  std::string text;
  bool stopped = false;
};
Unescaped unescape(std::string_view text);

}  // namespace stamp::scripts::shell
