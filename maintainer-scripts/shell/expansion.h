#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/shell/ast.h"
#include "maintainer-scripts/shell/shell.h"

namespace stamp::scripts::shell {

/// Whether a word is a field, or an assignment's value, where tildes after `:` count.
enum class WordUse { field, assignment };

/// Expands a word to any number of fields: all expansions, field splitting, pathname expansion,
/// quotes removed. Leaves the shell where an expansion fails.
void expand_fields(Shell& shell, const Word& word, std::vector<std::string>& fields);
/// Expands a word to one text: without splitting and pathname expansion.
std::string expand_text(Shell& shell, const Word& word, WordUse use = WordUse::field);
/// The expression in $((…)) or ((…)).
std::string expand_arithmetic(Shell& shell, const Arithmetic& expression);
/// Expands a word to an extended regular expression: what was quoted stands for itself.
std::string expand_expression(Shell& shell, const Word& word);
/// Expands a word to a pattern: what was quoted has a backslash before it.
std::string expand_pattern(Shell& shell, const Word& word);

}  // namespace stamp::scripts::shell
