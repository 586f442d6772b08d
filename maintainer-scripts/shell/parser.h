#pragma once

#include <string_view>

#include "maintainer-scripts/shell/ast.h"
#include "maintainer-scripts/shell/dialect.h"

namespace stamp::scripts::shell {

/// Reads a script as dash 0.5.12 or bash 5.2 does; what of bash is not known becomes NotKnown or
/// NotKnownCommand, so that it matters only where it is reached. Aliases are never expanded. Time
/// is linear in the text, and commands, quotes and substitutions nest at most kMaximumNesting deep.
///
/// Errors: invalid: "cannot read script 'name': line 3, column 5: …", the line and a caret below
/// it. Spec: POSIX.1-2017 Shell Command Language, 2.2 to 2.10.
Program parse_shell(std::string_view text, std::string_view name, Dialect dialect = Dialect::dash);

/// Levels of nesting in a script.
inline constexpr std::uint32_t kMaximumNesting = 200;

}  // namespace stamp::scripts::shell
