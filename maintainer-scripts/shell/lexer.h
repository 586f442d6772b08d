#pragma once
// A script's characters and tokens. Words are read with their parts; what stands in $(…) is read
// by the parser, which asks for tokens and says what may follow.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/shell/ast.h"
#include "maintainer-scripts/shell/dialect.h"

namespace stamp::scripts::shell {

/// What all lexers of one script share: its text, where offsets are in it, how deep it nests.
class ScriptText {
 public:
  ScriptText(std::shared_ptr<const Source> source, Dialect dialect);

  const std::shared_ptr<const Source>& source() const { return source_; }
  bool is_bash() const { return dialect_ == Dialect::bash; }
  /// Where a byte of the text is. Cheap when asked in ascending order.
  Position locate(std::size_t offset);
  /// Errors: invalid, always.
  [[noreturn]] void fail(std::size_t offset, std::string_view message);

  /// A level of nesting while it lives. Errors: invalid, past kMaximumNesting.
  class Level {
   public:
    Level(ScriptText& text, std::size_t offset);
    ~Level() { --text_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    ScriptText& text_;
  };

 private:
  std::shared_ptr<const Source> source_;
  Dialect dialect_;
  std::vector<std::size_t> line_starts_;
  std::size_t line_ = 0;    ///< of the last answer, from 0
  std::size_t offset_ = 0;  ///< of the last answer
  std::uint32_t column_ = 1;
  std::uint32_t depth_ = 0;
};

enum class TokenKind {
  end,
  newline,
  semicolon,    ///< ;
  background,   ///< &
  and_if,       ///< &&
  or_if,        ///< ||
  pipe,         ///< |
  left_paren,   ///< (
  right_paren,  ///< )
  end_case,     ///< ;;
  run_next,     ///< ;& of bash
  test_next,    ///< ;;& of bash
  pipe_both,    ///< |& of bash
  redirection,  ///< < and the like, with the digit before it
  word,
  // Reserved words: what a word becomes where the grammar looks for them.
  bang,
  kw_case,
  kw_do,
  kw_done,
  kw_elif,
  kw_else,
  kw_esac,
  kw_fi,
  kw_for,
  kw_if,
  kw_in,
  kw_then,
  kw_until,
  kw_while,
  left_brace,
  right_brace,
  // Those of bash.
  kw_coproc,
  kw_function,
  kw_select,
  kw_time,
  left_condition,  ///< [[
};

/// A token.
struct Token {
  TokenKind kind = TokenKind::end;
  std::size_t offset = 0;  ///< in the whole script
  Word word;               ///< of a word, also of a reserved one
  /// Of a redirection, without its target.
  RedirectionKind redirection = RedirectionKind::read;
  int descriptor = 0;
  bool strips_tabs = false;       ///< <<-
  bool names_descriptor = false;  ///< {name}> of bash
};

/// The word that ends a here-document, and how it was written.
struct Delimiter {
  std::string text;
  bool quoted = false;
  bool strips_tabs = false;
};

/// Characters and tokens of a text, which is the whole script or what stands in `…`.
class Lexer {
 public:
  /// The whole script.
  explicit Lexer(ScriptText& script);
  /// `text` was unescaped from the script; its byte i comes from `offsets[i]` there, and the last
  /// of `offsets` is where it ends. All must outlive this.
  Lexer(ScriptText& script, std::string_view text, const std::vector<std::size_t>& offsets);

  /// The next token; a word is never a reserved one yet.
  Token next();
  /// The operand of [[ … ]] that comes next, a pattern or an expression with parentheses in it.
  Word next_pattern(bool is_expression);
  /// What stands between (( and )), which is taken; the first two bytes were. None, and nothing is
  /// taken, where it cannot be an arithmetic expression: bash then reads nested subshells.
  std::optional<Arithmetic> next_arithmetic();
  /// The word after << or <<-, in which $ and ` mean themselves. Errors: invalid, when none
  /// follows.
  Delimiter read_delimiter(bool strips_tabs);
  /// The body of a here-document, from the line that begins here.
  Word read_document(const Delimiter& delimiter);

  ScriptText& script() const { return script_; }
  /// The place of the next character in the whole script.
  std::size_t offset() const { return original(at_); }
  Position position() { return script_.locate(offset()); }

  static constexpr int kEnd = -1;
  /// The next character without taking it, as it stands.
  int raw() const { return at_ < text_.size() ? static_cast<unsigned char>(text_[at_]) : kEnd; }
  /// The same after line continuations, which it takes.
  int peek();
  /// Takes the character that raw() or peek() told.
  void take() { ++at_; }
  /// Takes `expected` if it is the next character after continuations.
  bool take_if(char expected);
  /// A place to go back to.
  std::size_t mark() const { return at_; }
  void rewind(std::size_t mark) { at_ = mark; }
  /// What is not read yet.
  std::string_view rest() const { return text_.substr(at_); }
  void skip(std::size_t bytes) { at_ += bytes; }
  [[noreturn]] void fail(std::string_view message) const { script_.fail(offset(), message); }

 private:
  std::size_t original(std::size_t at) const { return offsets_ != nullptr ? (*offsets_)[at] : at; }
  void skip_blanks();
  Token operator_token(int c);
  Token redirection_token(std::size_t offset, int descriptor);
  Token both_token(Token token);

  ScriptText& script_;
  std::string_view text_;
  const std::vector<std::size_t>* offsets_ = nullptr;
  std::size_t at_ = 0;
};

/// Reads a list up to the `)` that ends it, which is taken. Part of the parser.
std::shared_ptr<const List> parse_parenthesized(Lexer& lexer);
/// Reads a list up to the end of the text. Part of the parser.
std::shared_ptr<const List> parse_all(Lexer& lexer);

/// A token as messages name it: "'fi'", "end of line".
std::string describe(const Token& token);
/// The reserved word that `word` is, else TokenKind::word.
TokenKind reserved_word(const Word& word, bool is_bash);
/// The word's text if it is written without quotes, escapes and expansions; else null.
const std::string* plain_text(const Word& word);
/// Whether this is a name: letters, digits and _, no digit first.
bool is_name(std::string_view text);

}  // namespace stamp::scripts::shell
