#include "maintainer-scripts/tools/text_awk_lexer.h"

#include <algorithm>
#include <bitset>
#include <cstdlib>
#include <iterator>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/tools/text_awk.h"
#include "maintainer-scripts/tools/text_io.h"

namespace stamp::scripts::awk_program {
namespace {

constexpr std::string_view kKeywords[] = {"BEGIN",    "END",   "function", "if",     "else",
                                          "while",    "for",   "do",       "in",     "break",
                                          "continue", "next",  "nextfile", "return", "exit",
                                          "delete",   "print", "printf",   "getline"};
constexpr std::string_view kBuiltins[] = {
    "length",  "substr",  "index",    "split",  "sub",    "gsub",  "match",
    "sprintf", "tolower", "toupper",  "int",    "system", "close", "fflush",
    "sqrt",    "exp",     "log",      "sin",    "cos",    "atan2", "srand",
    "rand",    "systime", "strftime", "mktime", "gensub", "asort", "asorti"};

bool is_name_byte(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

/// An escape of a text or a pattern: its byte, and where it ends. None: the backslash stays.
struct Escape {
  char byte = 0;
  std::size_t end = 0;
};

std::optional<Escape> parse_escape(std::string_view text, std::size_t at) {
  static constexpr std::string_view kNames = "\"\\/abfnrtv";
  static constexpr std::string_view kBytes = "\"\\/\a\b\f\n\r\t\v";
  const std::size_t named = kNames.find(text[at]);
  if (named != std::string_view::npos) return Escape{kBytes[named], at + 1};
  if (is_octal(text[at])) {
    int value = 0;
    std::size_t end = at;
    for (; end < text.size() && end < at + 3 && is_octal(text[end]); ++end) {
      value = value * 8 + (text[end] - '0');
    }
    return Escape{static_cast<char>(value), end};
  }
  return std::nullopt;
}

using ByteSet = std::bitset<256>;

/// Reads a bracket expression, in which awk's escapes count, and writes it as libc takes it.
class Bracket {
 public:
  Bracket(std::string_view pattern, std::size_t at) : pattern_(pattern), at_(at) {}

  /// `at` is behind the opening bracket; the position behind the closing one is end().
  std::string rewrite() {
    const bool negated = take('^');
    bool first = true;
    for (; first || peek() != ']'; first = false) {
      if (at_ >= pattern_.size()) throw Unknown(fmt::format("pattern '{}': no ]", pattern_));
      if (peek() == '[' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] == ':') {
        const std::size_t close = pattern_.find(":]", at_ + 2);
        if (close != std::string_view::npos) {
          classes_ += pattern_.substr(at_, close + 2 - at_);
          at_ = close + 2;
          continue;
        }
      }
      element();
    }
    ++at_;
    return write(negated);
  }

  std::size_t end() const { return at_; }

 private:
  char peek() const { return at_ < pattern_.size() ? pattern_[at_] : '\0'; }

  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  unsigned char byte() {
    const char c = pattern_[at_++];
    if (c != '\\' || at_ >= pattern_.size()) return static_cast<unsigned char>(c);
    if (const auto escape = parse_escape(pattern_, at_)) {
      at_ = escape->end;
      return static_cast<unsigned char>(escape->byte);
    }
    return static_cast<unsigned char>(pattern_[at_++]);
  }

  void element() {
    const unsigned from = byte();
    unsigned to = from;
    if (peek() == '-' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
      ++at_;
      to = byte();
    }
    for (unsigned value = from; value <= to; ++value) set_.set(value);
  }

  std::string write(bool negated) const {
    std::string text;
    const auto has = [this](char c) { return set_[static_cast<unsigned char>(c)]; };
    if (has(']')) text += ']';
    for (unsigned value = 1; value < set_.size(); ++value) {
      const char c = static_cast<char>(value);
      if (set_[value] && std::string_view("]^[-").find(c) == std::string_view::npos) text += c;
    }
    text += classes_;
    if (has('^')) {
      if (text.empty() && !negated && !has('[') && !has('-')) return "\\^";
      if (text.empty() && !negated) text += has('-') ? '-' : '[';
      text += '^';
    }
    if (has('[')) text += '[';
    if (has('-')) text += '-';
    // only a NUL byte: nothing in a text that libc gets from a pattern
    if (text.empty()) return negated ? "." : "[^\x01-\xFF]";
    return fmt::format("[{}{}]", negated ? "^" : "", text);
  }

  std::string_view pattern_;
  std::size_t at_;
  ByteSet set_;
  std::string classes_;
};

}  // namespace

std::string libc_pattern(std::string_view pattern) {
  std::string result;
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '[') {
      Bracket bracket(pattern, i + 1);
      result += bracket.rewrite();
      i = bracket.end();
      continue;
    }
    ++i;
    if (c == '{' || c == '}') {
      // mawk 1.3.4 has no repetition counts
      result += '\\';
      result += c;
    } else if (c != '\\' || i == pattern.size()) {
      result += c;
      if (c == '\\') result += c;
    } else {
      char byte = pattern[i];
      std::size_t end = i + 1;
      if (const auto escape = parse_escape(pattern, i)) {
        byte = escape->byte;
        end = escape->end;
      }
      // libc knows letters behind a backslash that awk does not
      if (std::string_view("\\^.[$()|*+?{}").find(byte) != std::string_view::npos) result += '\\';
      result += byte;
      i = end;
    }
  }
  return result;
}

std::string unescape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i++];
      continue;
    }
    if (text[i + 1] == '\n') {
      i += 2;
    } else if (text[i + 1] == '/') {
      // left to a pattern that the text may become
      result += "\\/";
      i += 2;
    } else if (const auto escape = parse_escape(text, i + 1)) {
      result += escape->byte;
      i = escape->end;
    } else {
      result += text[i];
      result += text[i + 1];
      i += 2;
    }
  }
  return result;
}

char Lexer::peek(std::size_t ahead) const {
  return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
}

void Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    if (peek() == ' ' || peek() == '\t' || peek() == '\r') {
      ++at_;
    } else if (peek() == '\\' && peek(1) == '\n') {
      at_ += 2;
      ++line_;
    } else if (peek() == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      return;
    }
  }
}

bool Lexer::is_operand_before() const {
  using Kind = Token::Kind;
  switch (last_.kind) {
    case Kind::number:
    case Kind::text:
    case Kind::pattern:
    case Kind::name:
    case Kind::builtin:
      return true;
    case Kind::op:
      return last_.text == ")" || last_.text == "]" || last_.text == "$" || last_.text == "++" ||
             last_.text == "--";
    default:
      return false;
  }
}

Token Lexer::next() {
  skip_blanks();
  Token token;
  const char c = peek();
  if (at_ >= text_.size()) {
    token.kind = Token::Kind::end;
  } else if (c == '\n') {
    ++at_;
    ++line_;
    token.kind = Token::Kind::newline;
  } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
    token = number();
  } else if (c == '"') {
    token = text();
  } else if (is_name_byte(c)) {
    token = word();
  } else if (c == '/' && !is_operand_before()) {
    token = pattern();
  } else {
    token = op();
  }
  last_ = token;
  return token;
}

Token Lexer::number() {
  std::size_t end = at_;
  const auto digits = [&] {
    while (end < text_.size() && is_digit(text_[end])) ++end;
  };
  digits();
  if (end < text_.size() && text_[end] == '.') {
    ++end;
    digits();
  }
  if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
    if (exponent < text_.size() && is_digit(text_[exponent])) {
      end = exponent;
      digits();
    }
  }
  Token token{Token::Kind::number, std::string(text_.substr(at_, end - at_)), 0};
  token.number = std::strtod(token.text.c_str(), nullptr);
  at_ = end;
  return token;
}

Token Lexer::text() {
  std::size_t end = at_ + 1;
  while (end < text_.size() && text_[end] != '"') {
    if (text_[end] == '\n') break;
    if (text_[end] == '\\') ++end;
    ++end;
  }
  if (end >= text_.size() || text_[end] != '"') {
    throw Unknown(fmt::format("awk program, line {}: a text has no end", line_));
  }
  Token token{Token::Kind::text, unescape(text_.substr(at_ + 1, end - at_ - 1)), 0};
  at_ = end + 1;
  return token;
}

Token Lexer::pattern() {
  std::size_t end = at_ + 1;
  bool in_bracket = false;
  for (; end < text_.size() && text_[end] != '\n'; ++end) {
    const char c = text_[end];
    if (c == '\\') {
      ++end;
    } else if (c == '[' && !in_bracket) {
      in_bracket = true;
      if (end + 1 < text_.size() && text_[end + 1] == '^') ++end;
      if (end + 1 < text_.size() && text_[end + 1] == ']') ++end;
    } else if (c == '[' && text_.substr(end, 2) == "[:") {
      end = std::min(text_.find(":]", end), text_.size() - 2) + 1;
    } else if (c == ']') {
      in_bracket = false;
    } else if (c == '/' && !in_bracket) {
      break;
    }
  }
  if (end >= text_.size() || text_[end] != '/') {
    throw Unknown(fmt::format("awk program, line {}: a pattern has no end", line_));
  }
  Token token{Token::Kind::pattern, std::string(text_.substr(at_ + 1, end - at_ - 1)), 0};
  at_ = end + 1;
  return token;
}

Token Lexer::word() {
  std::size_t end = at_;
  while (end < text_.size() && is_name_byte(text_[end])) ++end;
  Token token{Token::Kind::name, std::string(text_.substr(at_, end - at_)), 0};
  at_ = end;
  const auto is_one_of = [&token](const auto& words) {
    return std::find(std::begin(words), std::end(words), token.text) != std::end(words);
  };
  if (is_one_of(kKeywords)) {
    token.kind = Token::Kind::keyword;
  } else if (is_one_of(kBuiltins)) {
    token.kind = Token::Kind::builtin;
  } else if (peek() == '(') {
    token.kind = Token::Kind::function_name;
  }
  return token;
}

Token Lexer::op() {
  static constexpr std::string_view kOperators[] = {
      "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "==", "<=", ">=",
      "!=", ">>", "!~", "{",  "}",  "(",  ")",  "[",  "]",  ";",  ",",  "+",  "-",
      "*",  "/",  "%",  "^",  "!",  ">",  "<",  "|",  "?",  ":",  "~",  "$",  "="};
  for (const std::string_view candidate : kOperators) {
    if (text_.substr(at_, candidate.size()) != candidate) continue;
    at_ += candidate.size();
    Token token{Token::Kind::op, std::string(candidate), 0};
    return token;
  }
  throw Unknown(fmt::format("awk program, line {}: '{}' is not known", line_, peek()));
}

}  // namespace stamp::scripts::awk_program
