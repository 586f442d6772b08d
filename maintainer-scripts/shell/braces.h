#pragma once

#include <vector>

#include "maintainer-scripts/shell/ast.h"

namespace stamp::scripts::shell {

/// The words that bash's brace expansion makes of one: a{b,c} is ab and ac, {1..3} is 1, 2 and 3.
/// What is quoted is no brace and no comma. A word without braces that expand is itself.
std::vector<Word> expand_braces(const Word& word);

}  // namespace stamp::scripts::shell
