#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "maintainer-scripts/process.h"

namespace stamp::scripts::shell {

/// Where echo and printf write, and how they complain.
struct Printing {
  std::function<void(std::string_view text)> out;
  std::function<void(std::string_view message)> warn;
  std::function<void(std::string_view message)> fail;  ///< does not return
  Budget& budget;
};

/// The words of echo, without its name, as dash prints them: -n, and backslash escapes always.
void print_echo(std::span<const std::string> words, const Printing& to);
/// printf: the format, then its arguments. Returns the exit status.
int print_format(std::span<const std::string> words, const Printing& to);
/// A text with the escapes of `echo` and `%b` replaced. `stopped`: by \c.
struct Unescaped {
  std::string text;
  bool stopped = false;
};
Unescaped unescape(std::string_view text);

}  // namespace stamp::scripts::shell
