#pragma once

#include <string>
#include <string_view>

namespace stamp::scripts::awk_program {

struct Token {
  enum class Kind {
    end,
    newline,
    number,
    text,
    pattern,
    name,
    function_name,
    keyword,
    builtin,
    op
  };
  Kind kind = Kind::end;
  std::string text;  ///< of a pattern without its slashes, of a text without its escapes
  double number = 0;
};

/// Cuts an awk program into tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  /// The next token. A slash begins a pattern where an operand may stand, which the token before
  /// decides. Errors: Unknown.
  Token next();
  /// The line of the token that next() gave last, from 1.
  int line() const { return line_; }

 private:
  void skip_blanks();
  char peek(std::size_t ahead = 0) const;
  Token number();
  Token text();
  Token pattern();
  Token word();
  Token op();
  bool is_operand_before() const;

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  Token last_{Token::Kind::newline, {}, 0};
};

}  // namespace stamp::scripts::awk_program
