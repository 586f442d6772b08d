#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "maintainer-scripts/shell/shell.h"

namespace stamp::scripts::shell {

/// The value of a variable, of a positional parameter or of one of # ? - $ ! 0; none when it is
/// unset. Not of @ and *. Errors: Unknown: one that bash sets by itself.
std::optional<std::string> parameter_value(const Shell& shell, std::string_view name);
/// Whether a variable has a value: `test -v` of bash. Errors: Unknown: it is no plain name.
bool is_set(const Shell& shell, std::string_view name);
/// "$*" with blanks between.
std::string joined_parameters(const Shell& shell);
/// What `~user` stands for, by HOME or the tree's /etc/passwd; none when that is not known.
std::optional<std::string> home_of(const Shell& shell, std::string_view user);
/// The value of an arithmetic expression. Leaves the shell where it is wrong.
std::int64_t evaluate(Shell& shell, std::string_view expression);

}  // namespace stamp::scripts::shell
