#pragma once

#include "maintainer-scripts/shell/ast.h"

namespace stamp::scripts::shell {

/// How a word is used, which decides where a tilde counts in it.
enum class WordUse { plain, assignment };
/// Makes Tilde parts of the tildes that count, also in the operands of its parameters.
void mark_tildes(Word& word, WordUse use);

}  // namespace stamp::scripts::shell
