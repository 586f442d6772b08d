// What bash has in words and dash has not.

#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/escapes.h"
#include "maintainer-scripts/shell/word_reader_class.h"

namespace stamp::scripts::shell {

/// $'…', $"…" and $[…]; `$` was taken. False where it is none of them.
bool WordReader::dollar_of_bash(PartList& parts, Inside inside, Position position, int c) {
  if (c == '[') {
    lexer_.take();
    parts.add(position, NotKnown{"'$[…]'"});
    return true;
  }
  if (inside == Inside::quotes) return false;
  if (c == '"') {
    // There are no translations.
    lexer_.take();
    parts.add(position, DoubleQuoted{read_quoted(Quotes::string)});
    return true;
  }
  if (c != '\'') return false;
  const std::size_t start = lexer_.offset();
  lexer_.take();
  std::string text;
  for (;;) {
    const int next = raw();
    if (next == Lexer::kEnd) lexer_.script().fail(start, "unterminated quoted string");
    lexer_.take();
    if (next == '\'') break;
    text += static_cast<char>(next);
    if (next == '\\' && raw() != Lexer::kEnd) {
      text += static_cast<char>(raw());
      lexer_.take();
    }
  }
  UnescapedText unescaped = unescape_of_bash(text, EscapesOf::quotes);
  if (unescaped.not_known) {
    parts.add(position, NotKnown{"an escape in $'…'"});
  } else {
    parts.add(position, Quoted{std::move(unescaped.text)});
  }
  return true;
}

/// ${!name}; `!` is next. False, and nothing is taken, where it is ${!} or what is done with it.
bool WordReader::indirection(Parameter& parameter) {
  const std::size_t mark = lexer_.mark();
  lexer_.take();
  std::string name = is_letter(peek()) || is_digit(peek()) ? read_name() : std::string();
  if (name.empty()) {
    lexer_.rewind(mark);
    return false;
  }
  parameter.name = std::move(name);
  parameter.operation = ParameterOperator::indirect;
  if (lexer_.take_if('}')) return true;
  parameter.operation = ParameterOperator::bad;
  parameter.word.parts = read_plain(Plain::braces);
  return true;
}

/// The operators that only bash has. False, and nothing is taken, where it is another one.
bool WordReader::operator_of_bash(Parameter& parameter, Inside inside) {
  const std::size_t mark = lexer_.mark();
  const int c = peek();
  if (c == ':') {
    lexer_.take();
    const int after = peek();
    if (after != Lexer::kEnd &&
        std::string_view("-=?+}").find(static_cast<char>(after)) == std::string_view::npos) {
      substring(parameter);
      return true;
    }
  } else if (c == '/') {
    lexer_.take();
    replacement(parameter, inside);
    return true;
  } else if (c == '^' || c == ',') {
    lexer_.take();
    if (lexer_.take_if(static_cast<char>(c)) && lexer_.take_if('}')) {
      parameter.operation =
          c == '^' ? ParameterOperator::upper_case : ParameterOperator::lower_case;
      return true;
    }
  }
  lexer_.rewind(mark);
  return false;
}

void WordReader::substring(Parameter& parameter) {
  parameter.operation = ParameterOperator::substring;
  parameter.word.position = lexer_.position();
  const int outer = std::exchange(parentheses_, 0);
  parameter.word.parts = read_quoted(Quotes::offset);
  if (closed_by_ == ':') {
    parameter.has_second = true;
    parameter.second.position = lexer_.position();
    parameter.second.parts = read_quoted(Quotes::offset);
    if (closed_by_ == ':') {
      read_plain(Plain::braces);
      parameter.operation = ParameterOperator::bad;
    }
  }
  parentheses_ = outer;
}

void WordReader::replacement(Parameter& parameter, Inside inside) {
  parameter.operation = ParameterOperator::replace_first;
  if (lexer_.take_if('/')) {
    parameter.operation = ParameterOperator::replace_all;
  } else if (lexer_.take_if('#')) {
    parameter.operation = ParameterOperator::replace_prefix;
  } else if (lexer_.take_if('%')) {
    parameter.operation = ParameterOperator::replace_suffix;
  }
  parameter.word.position = lexer_.position();
  parameter.word.parts = read_plain(Plain::replaced);
  if (closed_by_ != '/') return;
  parameter.second.position = lexer_.position();
  parameter.second.parts =
      inside == Inside::plain ? read_plain(Plain::braces) : read_quoted(Quotes::braces);
  // A slash as the pattern, and quotes within quotes: what bash makes of them depends on its mood.
  bool is_odd =
      parameter.word.parts.empty() && (parameter.operation == ParameterOperator::replace_first ||
                                       parameter.operation == ParameterOperator::replace_all);
  for (const Part& part : parameter.second.parts) {
    const auto* quoted = std::get_if<Quoted>(&part.node);
    is_odd = is_odd || (inside == Inside::quotes && quoted != nullptr &&
                        quoted->text.find('\'') != std::string::npos);
  }
  if (is_odd) parameter.operation = ParameterOperator::bad;
}

/// Whether the word so far is NAME= or NAME+=, so that a ( begins an array.
bool WordReader::starts_array(const PartList& parts) const {
  if (parts.parts().size() != 1) return false;
  const auto* literal = std::get_if<Literal>(&parts.parts().front().node);
  if (literal == nullptr || !literal->text.ends_with('=')) return false;
  std::string_view name = literal->text;
  name.remove_suffix(1);
  if (name.ends_with('+')) name.remove_suffix(1);
  return is_name(name);
}

/// (a b c) of NAME=(a b c).
void WordReader::array(PartList& parts) {
  const Position position = lexer_.position();
  const std::size_t start = lexer_.offset();
  const ScriptText::Level level(lexer_.script(), start);
  lexer_.take();
  for (;;) {
    const Token token = lexer_.next();
    if (token.kind == TokenKind::end) lexer_.script().fail(start, "missing ')'");
    if (token.kind == TokenKind::right_paren) break;
    if (token.kind != TokenKind::word && token.kind != TokenKind::newline) {
      lexer_.script().fail(token.offset, fmt::format("unexpected {}", describe(token)));
    }
  }
  parts.add(position, NotKnown{"an array"});
}

/// <(list) and >(list).
void WordReader::process_substitution(PartList& parts) {
  const Position position = lexer_.position();
  lexer_.take();
  lexer_.take();
  const ScriptText::Level level(lexer_.script(), lexer_.offset());
  parse_parenthesized(lexer_);
  parts.add(position, NotKnown{"a process substitution"});
}

}  // namespace stamp::scripts::shell
