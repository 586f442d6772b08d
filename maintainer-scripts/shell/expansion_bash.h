#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "maintainer-scripts/shell/shell.h"

namespace stamp::scripts::shell {

/// What one of bash's own expansions makes of a parameter's value. Errors: Unknown.
std::string value_of_bash(Shell& shell, const Parameter& node, const std::string& value);

/// Numbers of parameters: [begin, end).
struct NumberRange {
  std::size_t begin = 1;
  std::size_t end = 1;
};
/// The parameters of ${@:offset:length}, of `count`. Errors: Unknown: where $0 is one of them.
NumberRange range_of_bash(Shell& shell, const Parameter& node, std::size_t count);

/// Whether IFS begins with a blank, as it does unless a script sets it.
bool has_plain_ifs(Shell& shell);

/// bash counts characters and dash bytes. Errors: Unknown: a pattern that would match single
/// characters of a text which has others than ASCII.
void check_characters(const Shell& shell, std::string_view pattern, std::string_view text);

}  // namespace stamp::scripts::shell
