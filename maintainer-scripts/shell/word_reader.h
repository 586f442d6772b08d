#pragma once
// Words: how characters become parts. Three readers for the three places where a word can begin;
// each takes from the lexer exactly what belongs to the word.

#include "maintainer-scripts/shell/ast.h"
#include "maintainer-scripts/shell/lexer.h"

namespace stamp::scripts::shell {

/// The word that begins at the next character, up to a blank or an operator. Tildes are not marked
/// yet. Errors: invalid.
Word read_word(Lexer& lexer);
/// The right side of == or, an expression, of =~ in bash's [[ … ]]. Errors: invalid.
Word read_pattern(Lexer& lexer, bool is_expression);
/// What stands between (( and )), which is taken. Errors: invalid.
std::vector<Part> read_arithmetic(Lexer& lexer);
/// The end mark of a here-document. Errors: invalid.
Delimiter read_mark(Lexer& lexer);
/// The body of a here-document, up to the line that is its end mark, which is taken, or to the end
/// of the text. Errors: invalid.
Word read_body(Lexer& lexer, const Delimiter& delimiter);

}  // namespace stamp::scripts::shell
