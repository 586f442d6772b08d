#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stamp::scripts::shell {

/// Whose backslashes they are, in bash.
enum class EscapesOf {
  echo,    ///< echo -e: \0ddd, \c ends all
  format,  ///< printf's format: \ddd
  words,   ///< %b: \0ddd and \ddd, \c ends all
  quotes,  ///< $'…': \ddd, \' and \", \cx
};

/// A text with its escapes replaced.
struct UnescapedText {
  std::string text;
  bool stopped = false;    ///< by \c
  bool not_known = false;  ///< has an escape that is not known
};

/// Replaces bash's escapes. Bytes, and UTF-8 for \u and \U.
UnescapedText unescape_of_bash(std::string_view text, EscapesOf whose);

}  // namespace stamp::scripts::shell
