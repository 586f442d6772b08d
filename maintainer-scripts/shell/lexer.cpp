#include "maintainer-scripts/shell/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "base/diagnostic.h"
#include "base/error.h"
#include "maintainer-scripts/shell/parser.h"
#include "maintainer-scripts/shell/word_reader.h"

namespace stamp::scripts::shell {
namespace {

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

struct ReservedWord {
  std::string_view text;
  TokenKind kind;
};

constexpr std::array<ReservedWord, 5> kWordsOfBash = {{
    {"[[", TokenKind::left_condition},
    {"coproc", TokenKind::kw_coproc},
    {"function", TokenKind::kw_function},
    {"select", TokenKind::kw_select},
    {"time", TokenKind::kw_time},
}};

constexpr std::array<ReservedWord, 16> kReservedWords = {{
    {"!", TokenKind::bang},
    {"case", TokenKind::kw_case},
    {"do", TokenKind::kw_do},
    {"done", TokenKind::kw_done},
    {"elif", TokenKind::kw_elif},
    {"else", TokenKind::kw_else},
    {"esac", TokenKind::kw_esac},
    {"fi", TokenKind::kw_fi},
    {"for", TokenKind::kw_for},
    {"if", TokenKind::kw_if},
    {"in", TokenKind::kw_in},
    {"then", TokenKind::kw_then},
    {"until", TokenKind::kw_until},
    {"while", TokenKind::kw_while},
    {"{", TokenKind::left_brace},
    {"}", TokenKind::right_brace},
}};

std::string_view redirection_text(const Token& token) {
  switch (token.redirection) {
    case RedirectionKind::read:
      return "<";
    case RedirectionKind::write:
      return ">";
    case RedirectionKind::write_over:
      return ">|";
    case RedirectionKind::append:
      return ">>";
    case RedirectionKind::read_write:
      return "<>";
    case RedirectionKind::duplicate_input:
      return "<&";
    case RedirectionKind::duplicate_output:
      return ">&";
    case RedirectionKind::write_both:
      return "&>";
    case RedirectionKind::append_both:
      return "&>>";
    case RedirectionKind::here_string:
      return "<<<";
    case RedirectionKind::here_document:
    case RedirectionKind::not_known:
      break;
  }
  return token.strips_tabs ? "<<-" : "<<";
}

}  // namespace

std::string Source::line(std::uint32_t number) const {
  std::size_t start = 0;
  for (std::uint32_t line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n', start);
    if (end == std::string::npos) return {};
    start = end + 1;
  }
  return text.substr(start, text.find('\n', start) - start);
}

ScriptText::ScriptText(std::shared_ptr<const Source> source, Dialect dialect)
    : source_(std::move(source)), dialect_(dialect), line_starts_{0} {
  const std::string& text = source_->text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

Position ScriptText::locate(std::size_t offset) {
  const std::string& text = source_->text;
  if (offset < offset_ && offset >= line_starts_[line_]) {
    // a step back costs what it is long: lines may be long
    for (; offset_ > offset; --offset_) {
      if (offset_ >= text.size() || starts_character(text[offset_])) --column_;
    }
  } else if (offset < offset_) {
    const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    line_ = static_cast<std::size_t>(after - line_starts_.begin()) - 1;
    offset_ = line_starts_[line_];
    column_ = 1;
  }
  while (line_ + 1 < line_starts_.size() && line_starts_[line_ + 1] <= offset) {
    offset_ = line_starts_[++line_];
    column_ = 1;
  }
  for (; offset_ < offset; ++offset_) {
    if (offset_ + 1 >= text.size() || starts_character(text[offset_ + 1])) ++column_;
  }
  return {.line = static_cast<std::uint32_t>(line_ + 1), .column = column_};
}

void ScriptText::fail(std::size_t offset, std::string_view message) {
  const Position position = locate(offset);
  // The line and the caret as every message about a text shows them; the place is in the headline.
  const std::string shown = render(Diagnostic{.file = {},
                                              .line = position.line,
                                              .column = position.column,
                                              .message = {},
                                              .source_line = source_->line(position.line)});
  const std::size_t below = shown.find('\n');
  throw Error(
      ErrorKind::invalid,
      fmt::format("cannot read script '{}': line {}, column {}: {}{}", printable(source_->name),
                  position.line, position.column, printable(message, 200),
                  below == std::string::npos ? std::string() : shown.substr(below)));
}

ScriptText::Level::Level(ScriptText& text, std::size_t offset) : text_(text) {
  if (text_.depth_ >= kMaximumNesting) {
    text_.fail(offset, fmt::format("nested more than {} levels deep", kMaximumNesting));
  }
  ++text_.depth_;
}

Lexer::Lexer(ScriptText& script) : script_(script), text_(script.source()->text) {}

Lexer::Lexer(ScriptText& script, std::string_view text, const std::vector<std::size_t>& offsets)
    : script_(script), text_(text), offsets_(&offsets) {}

int Lexer::peek() {
  while (at_ + 1 < text_.size() && text_[at_] == '\\' && text_[at_ + 1] == '\n') at_ += 2;
  return raw();
}

bool Lexer::take_if(char expected) {
  if (peek() != static_cast<unsigned char>(expected)) return false;
  take();
  return true;
}

void Lexer::skip_blanks() {
  for (;;) {
    const int c = peek();
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == ' ' || c == '\t') {
      take();
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blanks();
  const int c = raw();
  Token token = operator_token(c);
  if (token.kind != TokenKind::word) return token;
  const bool substitutes =
      script_.is_bash() && (rest().starts_with("<(") || rest().starts_with(">("));
  if ((c == '<' || c == '>') && !substitutes) return redirection_token(token.offset, -1);
  token.word = read_word(*this);
  const int after = raw();
  if (after != '<' && after != '>') return token;
  const std::string* text = plain_text(token.word);
  if (text == nullptr) return token;
  // Digits before < or > are the descriptor: dash takes one.
  const bool digits = text->find_first_not_of("0123456789") == std::string::npos;
  if (digits && text->size() <= (script_.is_bash() ? 3U : 1U)) {
    return redirection_token(token.offset, std::stoi(*text));
  }
  const bool is_variable = script_.is_bash() && text->size() > 2 && text->front() == '{' &&
                           text->back() == '}' && is_name(text->substr(1, text->size() - 2));
  if (!is_variable) return token;
  token = redirection_token(token.offset, -1);
  token.names_descriptor = true;
  return token;
}

/// & was taken; what follows makes it &> or &>>.
Token Lexer::both_token(Token token) {
  take();
  token.kind = TokenKind::redirection;
  token.descriptor = 1;
  token.redirection = take_if('>') ? RedirectionKind::append_both : RedirectionKind::write_both;
  return token;
}

Word Lexer::next_pattern(bool is_expression) {
  skip_blanks();
  return read_pattern(*this, is_expression);
}

std::optional<Arithmetic> Lexer::next_arithmetic() {
  int depth = 0;
  const std::string_view text = rest();
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'') {
      ++i;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && depth-- == 0) {
      if (i + 1 == text.size() || text[i + 1] != ')') return std::nullopt;
      return Arithmetic{read_arithmetic(*this)};
    }
  }
  return std::nullopt;
}

Token Lexer::operator_token(int c) {
  Token token;
  token.offset = offset();
  const auto one_or_two = [&](TokenKind one, TokenKind two) {
    take();
    token.kind = take_if(static_cast<char>(c)) ? two : one;
  };
  switch (c) {
    case kEnd:
      return token;
    case '\n':
      take();
      token.kind = TokenKind::newline;
      return token;
    case '&':
      one_or_two(TokenKind::background, TokenKind::and_if);
      if (script_.is_bash() && token.kind == TokenKind::background && raw() == '>') {
        return both_token(token);
      }
      return token;
    case '|':
      one_or_two(TokenKind::pipe, TokenKind::or_if);
      if (script_.is_bash() && token.kind == TokenKind::pipe && take_if('&')) {
        token.kind = TokenKind::pipe_both;
      }
      return token;
    case ';':
      one_or_two(TokenKind::semicolon, TokenKind::end_case);
      if (script_.is_bash() && take_if('&')) {
        token.kind = token.kind == TokenKind::end_case ? TokenKind::test_next : TokenKind::run_next;
      }
      return token;
    case '(':
      take();
      token.kind = TokenKind::left_paren;
      return token;
    case ')':
      take();
      token.kind = TokenKind::right_paren;
      return token;
    default:
      token.kind = TokenKind::word;
      return token;
  }
}

Token Lexer::redirection_token(std::size_t offset, int descriptor) {
  Token token;
  token.kind = TokenKind::redirection;
  token.offset = offset;
  const bool writes = raw() == '>';
  take();
  token.descriptor = descriptor >= 0 ? descriptor : (writes ? 1 : 0);
  if (writes) {
    token.redirection = take_if('>')   ? RedirectionKind::append
                        : take_if('|') ? RedirectionKind::write_over
                        : take_if('&') ? RedirectionKind::duplicate_output
                                       : RedirectionKind::write;
    return token;
  }
  if (take_if('<')) {
    if (script_.is_bash() && take_if('<')) {
      token.redirection = RedirectionKind::here_string;
      return token;
    }
    token.redirection = RedirectionKind::here_document;
    token.strips_tabs = take_if('-');
    return token;
  }
  token.redirection = take_if('&')   ? RedirectionKind::duplicate_input
                      : take_if('>') ? RedirectionKind::read_write
                                     : RedirectionKind::read;
  return token;
}

Delimiter Lexer::read_delimiter(bool strips_tabs) {
  skip_blanks();
  const std::size_t start = offset();
  const int c = raw();
  if (c == kEnd ||
      std::string_view("\n&|;()<>").find(static_cast<char>(c)) != std::string_view::npos) {
    script_.fail(start, "expected the end mark of a here-document");
  }
  Delimiter delimiter = read_mark(*this);
  delimiter.strips_tabs = strips_tabs;
  return delimiter;
}

Word Lexer::read_document(const Delimiter& delimiter) {
  return read_body(*this, delimiter);
}

TokenKind reserved_word(const Word& word, bool is_bash) {
  const std::string* text = plain_text(word);
  if (text == nullptr) return TokenKind::word;
  for (const ReservedWord& row : kReservedWords) {
    if (row.text == *text) return row.kind;
  }
  for (const ReservedWord& row : kWordsOfBash) {
    if (is_bash && row.text == *text) return row.kind;
  }
  return TokenKind::word;
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::end:
      return "end of text";
    case TokenKind::newline:
      return "end of line";
    case TokenKind::semicolon:
      return "';'";
    case TokenKind::background:
      return "'&'";
    case TokenKind::and_if:
      return "'&&'";
    case TokenKind::or_if:
      return "'||'";
    case TokenKind::pipe:
      return "'|'";
    case TokenKind::left_paren:
      return "'('";
    case TokenKind::right_paren:
      return "')'";
    case TokenKind::end_case:
      return "';;'";
    case TokenKind::run_next:
      return "';&'";
    case TokenKind::test_next:
      return "';;&'";
    case TokenKind::pipe_both:
      return "'|&'";
    case TokenKind::redirection:
      return fmt::format("'{}'", redirection_text(token));
    default:
      break;
  }
  const std::string* text = plain_text(token.word);
  return text == nullptr ? std::string("word") : fmt::format("'{}'", *text);
}

const std::string* plain_text(const Word& word) {
  if (word.parts.size() != 1) return nullptr;
  const auto* const literal = std::get_if<Literal>(&word.parts.front().node);
  return literal == nullptr ? nullptr : &literal->text;
}

bool is_name(std::string_view text) {
  const auto in_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && !(text.front() >= '0' && text.front() <= '9') &&
         std::all_of(text.begin(), text.end(), in_name);
}

}  // namespace stamp::scripts::shell
