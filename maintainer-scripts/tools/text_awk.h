#pragma once
// awk: the form of a program. text_awk_lexer and text_awk_parser read it, text_awk_run runs it. The
// language is POSIX's as mawk 1.3.4 understands it, which is Debian 12's awk.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tools/regex.h"

namespace stamp::scripts::awk_program {

/// An expression or a statement; `kids` in the order of the text.
struct Node {
  enum class Kind {
    // expressions
    number,
    text,
    pattern,   ///< /…/; `index` is its place in Program::patterns
    variable,  ///< `index` of a global; below zero: of a parameter, -1 the first
    field,
    element,  ///< an array (as variable), then subscripts
    assign,   ///< operation: what is done before it, '=' for none
    conditional,
    logical_or,
    logical_and,
    negate,
    membership,  ///< array, then subscripts
    match,       ///< operation '~' or '!'
    compare,     ///< operation '<' 'l' (<=) '=' '!' '>' 'g' (>=)
    concatenate,
    arithmetic,  ///< operation + - * / % ^
    unary,       ///< operation + -
    increment,   ///< operation + - before, 'p' 'm' after
    group,       ///< in parentheses; several only where a list may stand
    call,        ///< of a function of the program: `index`
    builtin,     ///< `text` is its name
    getline,     ///< operation ' ', '<' or '|'; kids: source (of < and |), then the target if any
    // statements
    block,
    expression,
    if_else,
    while_loop,
    do_loop,
    for_loop,
    for_in,  ///< variable, array, body
    next,
    next_file,
    exit,
    return_value,
    break_loop,
    continue_loop,
    delete_element,
    print,   ///< operation ' ', '>', 'a' (>>), '|'; last kid: where to
    printf,  ///< as print
    nothing,
  };

  Kind kind = Kind::nothing;
  char operation = ' ';
  int index = 0;
  double number = 0;
  std::string text;
  std::vector<std::unique_ptr<Node>> kids;
};

using NodePtr = std::unique_ptr<Node>;

/// A pattern with its action.
struct Rule {
  enum class When { begin, end, always, pattern, range };
  When when = When::always;
  NodePtr first;
  NodePtr last;
  NodePtr action;  ///< null: print the record
};

struct Function {
  std::string name;
  std::size_t parameters = 0;
  NodePtr body;
};

struct Program {
  std::vector<Rule> rules;
  std::vector<Function> functions;
  std::map<std::string, int, std::less<>> globals;  ///< name → index
  std::vector<Regex> patterns;
};

/// Reads a program. Errors: Unknown: a syntax error, or a function of another awk.
Program parse(Budget& budget, std::string_view text);

/// A pattern as awk writes it, for libc. Errors: Unknown: a NUL byte.
std::string libc_pattern(std::string_view pattern);

/// A text between quotes, without its escapes.
std::string unescape(std::string_view text);

}  // namespace stamp::scripts::awk_program
