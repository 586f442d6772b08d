#include "maintainer-scripts/shell/word_reader.h"

#include <string>
#include <string_view>
#include <utility>

#include "maintainer-scripts/shell/word_reader_class.h"

namespace stamp::scripts::shell {

/// Takes a character that is read for itself; after a line's end a here-document may end.
void WordReader::take(int c) {
  lexer_.take();
  if (c == '\n' && document_ != nullptr) check_mark();
}

void WordReader::check_mark() {
  if (!document_->quoted) lexer_.peek();  // continuations before the mark are none of it
  if (document_->strips_tabs) {
    while (lexer_.raw() == '\t') lexer_.take();
  }
  const std::string_view rest = lexer_.rest();
  const std::string_view mark = document_->text;
  if (rest.substr(0, mark.size()) != mark) return;
  if (rest.size() > mark.size() && rest[mark.size()] != '\n') return;
  if (rest.empty()) return;  // the end of the text is seen by itself
  lexer_.skip(mark.size() + (rest.size() > mark.size() ? 1 : 0));
  ended_ = true;
}

std::vector<Part> WordReader::read_plain(Plain place) {
  const ScriptText::Level level(lexer_.script(), lexer_.offset());
  PartList parts;
  for (;;) {
    const int c = peek();
    if (c == Lexer::kEnd) {
      if (place == Plain::braces || place == Plain::replaced) lexer_.fail("missing '}'");
      break;
    }
    if (lexer_.script().is_bash() && place == Plain::word) {
      if (c == '(' && starts_array(parts)) {
        array(parts);
        continue;
      }
      if ((c == '<' || c == '>') && lexer_.rest().substr(1).starts_with('(')) {
        process_substitution(parts);
        continue;
      }
    }
    if (ends_plain(place, c)) break;
    parts.at(lexer_.position());
    if (c == '\\') {
      escape_plain(parts);
    } else if (c == '\'') {
      single_quotes(parts);
    } else if (c == '"') {
      const Position position = lexer_.position();
      lexer_.take();
      parts.add(position,
                DoubleQuoted{read_quoted(place == Plain::braces && !lexer_.script().is_bash()
                                             ? Quotes::string_in_braces
                                         : place == Plain::mark ? Quotes::mark
                                                                : Quotes::string)});
    } else if (c == '$' && place != Plain::mark) {
      dollar(parts, Inside::plain);
    } else if (c == '`' && place != Plain::mark) {
      backquotes(parts, Inside::plain);
    } else {
      plain_character(parts, place, c);
    }
  }
  return parts.take();
}

/// Whether `c` ends what is read; takes it where it belongs to that.
bool WordReader::ends_plain(Plain place, int c) {
  if (place == Plain::braces || place == Plain::replaced) {
    if (c != '}' && (c != '/' || place == Plain::braces)) return false;
    closed_by_ = c;
    lexer_.take();
    return true;
  }
  if (place == Plain::word || place == Plain::mark) return ends_word(c);
  // Within parentheses nothing ends it but the line.
  if (parentheses_ > 0) return c == '\n';
  if (place == Plain::expression && c == '|') return lexer_.rest().starts_with("||");
  if (c == '(') return place == Plain::pattern && !pattern_parenthesis_;
  return ends_word(c);
}

void WordReader::plain_character(PartList& parts, Plain place, int c) {
  if (place == Plain::expression || place == Plain::pattern) {
    if (c == '(' || c == ')') parentheses_ += c == '(' ? 1 : -1;
    pattern_parenthesis_ =
        std::string_view("?*+@!").find(static_cast<char>(c)) != std::string_view::npos;
  }
  // A backquote in an end mark counts as quoting it.
  if (c == '`') {
    parts.quoted(c);
  } else {
    parts.literal(c);
  }
  take(c);
}

void WordReader::escape_plain(PartList& parts) {
  lexer_.take();
  const int c = raw();
  parts.quoted(c == Lexer::kEnd ? '\\' : c);
  if (c != Lexer::kEnd) lexer_.take();
}

void WordReader::single_quotes(PartList& parts) {
  const Position position = lexer_.position();
  const std::size_t start = lexer_.offset();
  lexer_.take();
  Quoted quoted;
  for (;;) {
    const int c = raw();
    if (c == Lexer::kEnd) lexer_.script().fail(start, "unterminated quoted string");
    if (c == '\'') break;
    quoted.text += static_cast<char>(c);
    take(c);
  }
  lexer_.take();
  parts.add(position, std::move(quoted));
}

/// Whether `c` ends what is read; what it means besides is done here.
bool WordReader::close_quoted(PartList& parts, Quotes place, int c) {
  if (place == Quotes::braces && c == '"') {
    lexer_.take();
    parts.append(read_quoted(Quotes::string_in_braces));
    return false;
  }
  if (place == Quotes::arithmetic && c == ')' && parentheses_ == 0) {
    lexer_.take();
    if (lexer_.take_if(')')) return true;
    parts.quoted(c);
    return false;
  }
  if (place == Quotes::offset && parentheses_ == 0 && (c == ':' || c == '}')) {
    closed_by_ = c;
    lexer_.take();
    return true;
  }
  if ((place == Quotes::arithmetic || place == Quotes::offset) && (c == '(' || c == ')'))
    parentheses_ += c == '(' ? 1 : -1;
  const bool closes = (place == Quotes::braces && c == '}') ||
                      (c == '"' && (place == Quotes::string || place == Quotes::string_in_braces ||
                                    place == Quotes::mark));
  if (!closes) parts.quoted(c);
  take(c);
  return closes;
}

std::vector<Part> WordReader::read_quoted(Quotes place) {
  const std::size_t start = lexer_.offset();
  const ScriptText::Level level(lexer_.script(), start);
  PartList parts;
  for (;;) {
    const int c = peek();
    if (c == Lexer::kEnd) {
      if (place == Quotes::document) break;
      lexer_.script().fail(start, place == Quotes::arithmetic ? "missing '))'"
                                  : place == Quotes::braces || place == Quotes::offset
                                      ? "missing '}'"
                                      : "unterminated quoted string");
    }
    parts.at(lexer_.position());
    if (c == '\\') {
      escape_quoted(parts, place);
    } else if (c == '$' && place != Quotes::mark) {
      dollar(parts, Inside::quotes);
    } else if (c == '`' && place != Quotes::mark) {
      backquotes(parts, Inside::quotes);
    } else if (close_quoted(parts, place, c)) {
      break;
    }
  }
  return parts.take();
}

void WordReader::escape_quoted(PartList& parts, Quotes place) {
  lexer_.take();
  const int c = raw();
  const bool in_braces = place == Quotes::braces || place == Quotes::string_in_braces;
  const bool escapes = c == '\\' || c == '`' || c == '$' ||
                       (c == '"' && (document_ == nullptr || in_braces)) || (c == '}' && in_braces);
  if (!escapes) parts.quoted('\\');
  if (c == Lexer::kEnd) return;
  parts.quoted(c);
  lexer_.take();
}

void WordReader::dollar(PartList& parts, Inside inside) {
  const Position position = lexer_.position();
  lexer_.take();
  const int c = peek();
  if (lexer_.script().is_bash() && dollar_of_bash(parts, inside, position, c)) return;
  if (c == '(') {
    lexer_.take();
    substitution(parts, position);
  } else if (c == '{') {
    lexer_.take();
    parts.add(position, braced_parameter(inside));
  } else if (is_letter(c)) {
    parts.add(position, Parameter{.name = read_name(), .word = {}});
  } else if (is_special(c)) {
    lexer_.take();
    parts.add(position, Parameter{.name = std::string(1, static_cast<char>(c)), .word = {}});
  } else if (inside == Inside::quotes) {
    parts.quoted('$');
  } else {
    parts.literal('$');
  }
}

/// $( was taken.
void WordReader::substitution(PartList& parts, Position position) {
  if (!lexer_.take_if('(')) {
    const ScriptText::Level level(lexer_.script(), lexer_.offset());
    parts.add(position, CommandSubstitution{parse_parenthesized(lexer_)});
    return;
  }
  const int outer = std::exchange(parentheses_, 0);
  parts.add(position, Arithmetic{read_quoted(Quotes::arithmetic)});
  parentheses_ = outer;
}

void WordReader::backquotes(PartList& parts, Inside inside) {
  const Position position = lexer_.position();
  const std::size_t start = lexer_.offset();
  const ScriptText::Level level(lexer_.script(), start);
  lexer_.take();
  std::string text;
  std::vector<std::size_t> offsets;
  for (;;) {
    int c = lexer_.peek();
    if (c == Lexer::kEnd) lexer_.script().fail(start, "missing '`'");
    std::size_t offset = lexer_.offset();
    lexer_.take();
    if (c == '`') {
      offsets.push_back(offset);
      break;
    }
    if (c == '\\') {
      c = lexer_.raw();
      if (c == Lexer::kEnd) continue;
      if (c != '\\' && c != '`' && c != '$' && (inside == Inside::plain || c != '"')) {
        text += '\\';
        offsets.push_back(offset);
      }
      offset = lexer_.offset();
      lexer_.take();
    }
    text += static_cast<char>(c);
    offsets.push_back(offset);
  }
  Lexer inner(lexer_.script(), text, offsets);
  parts.add(position, CommandSubstitution{parse_all(inner)});
}

/// A name, or digits; "" when neither is next.
std::string WordReader::read_name() {
  std::string name;
  const bool digits = is_digit(peek());
  for (int c = peek(); is_digit(c) || (!digits && is_letter(c)); c = peek()) {
    name += static_cast<char>(c);
    lexer_.take();
  }
  return name;
}

/// ${ was taken. The order of the questions is dash's: ${#}, ${#x}, ${#-x} and ${##x} differ by it.
Parameter WordReader::braced_parameter(Inside inside) {
  Parameter parameter{.name = read_name(), .word = {}};
  if (parameter.name.empty()) {
    const int c = peek();
    if (c == '#') {
      lexer_.take();
      parameter = hash_parameter();
    } else if (c == '!' && lexer_.script().is_bash() && indirection(parameter)) {
      return parameter;
    } else if (c == '}' || !is_special(c)) {
      if (c != '}' && c != Lexer::kEnd) lexer_.take();
      parameter.operation = ParameterOperator::bad;
    } else {
      lexer_.take();
      parameter.name = std::string(1, static_cast<char>(c));
    }
  }
  if (parameter.operation == ParameterOperator::none && lexer_.script().is_bash() &&
      operator_of_bash(parameter, inside)) {
    return parameter;
  }
  if (parameter.operation == ParameterOperator::none && !read_operator(parameter)) {
    return parameter;
  }
  parameter.word.position = lexer_.position();
  const bool is_pattern = parameter.operation == ParameterOperator::shortest_prefix ||
                          parameter.operation == ParameterOperator::longest_prefix ||
                          parameter.operation == ParameterOperator::shortest_suffix ||
                          parameter.operation == ParameterOperator::longest_suffix;
  parameter.word.parts = is_pattern || inside == Inside::plain ? read_plain(Plain::braces)
                                                               : read_quoted(Quotes::braces);
  if (parameter.operation == ParameterOperator::length && !parameter.word.parts.empty()) {
    parameter.operation = ParameterOperator::bad;
  }
  return parameter;
}

/// ${# was taken: the length of a parameter, or $# itself.
Parameter WordReader::hash_parameter() {
  Parameter parameter{.name = read_name(), .operation = ParameterOperator::length, .word = {}};
  if (!parameter.name.empty()) return parameter;
  const int c = peek();
  const std::size_t mark = lexer_.mark();
  if (c != '}' && c != Lexer::kEnd) {
    lexer_.take();
    if (peek() == '}') {
      parameter.name = std::string(1, static_cast<char>(c));
      if (!is_special(c)) parameter.operation = ParameterOperator::bad;
      return parameter;
    }
    lexer_.rewind(mark);
  }
  return {.name = "#", .word = {}};
}

/// Reads what follows the name. Whether a word follows it, up to `}`.
bool WordReader::read_operator(Parameter& parameter) {
  parameter.colon = lexer_.take_if(':');
  const int c = peek();
  if (c == Lexer::kEnd) return true;  // reading the word tells that } is missing
  lexer_.take();
  switch (c) {
    case '}':
      parameter.operation = parameter.colon ? ParameterOperator::bad : ParameterOperator::none;
      return parameter.colon;
    case '-':
      parameter.operation = ParameterOperator::default_value;
      return true;
    case '=':
      parameter.operation = ParameterOperator::assign;
      return true;
    case '?':
      parameter.operation = ParameterOperator::error;
      return true;
    case '+':
      parameter.operation = ParameterOperator::alternative;
      return true;
    default:
      break;
  }
  if (parameter.colon || (c != '#' && c != '%')) {
    parameter.operation = ParameterOperator::bad;
  } else if (lexer_.take_if(static_cast<char>(c))) {
    parameter.operation =
        c == '#' ? ParameterOperator::longest_prefix : ParameterOperator::longest_suffix;
  } else {
    parameter.operation =
        c == '#' ? ParameterOperator::shortest_prefix : ParameterOperator::shortest_suffix;
  }
  return true;
}

std::string WordReader::read_raw_document() {
  std::string text;
  check_mark();
  for (int c = raw(); c != Lexer::kEnd; c = raw()) {
    text += static_cast<char>(c);
    take(c);
  }
  return text;
}

std::vector<Part> WordReader::read_document() {
  check_mark();
  return read_quoted(Quotes::document);
}

Word read_word(Lexer& lexer) {
  Word word;
  word.position = lexer.position();
  word.parts = WordReader(lexer).read_plain(Plain::word);
  return word;
}

Word read_pattern(Lexer& lexer, bool is_expression) {
  Word word;
  word.position = lexer.position();
  word.parts = WordReader(lexer).read_plain(is_expression ? Plain::expression : Plain::pattern);
  return word;
}

std::vector<Part> read_arithmetic(Lexer& lexer) {
  return WordReader(lexer).read_quoted(Quotes::arithmetic);
}

Delimiter read_mark(Lexer& lexer) {
  Delimiter delimiter;
  for (const Part& part : WordReader(lexer).read_plain(Plain::mark)) {
    if (const auto* literal = std::get_if<Literal>(&part.node)) {
      delimiter.text += literal->text;
      continue;
    }
    delimiter.quoted = true;
    if (const auto* quoted = std::get_if<Quoted>(&part.node)) delimiter.text += quoted->text;
    if (const auto* quoted = std::get_if<DoubleQuoted>(&part.node)) {
      for (const Part& inner : quoted->parts) delimiter.text += std::get<Quoted>(inner.node).text;
    }
  }
  return delimiter;
}

Word read_body(Lexer& lexer, const Delimiter& delimiter) {
  Word body;
  body.position = lexer.position();
  WordReader reader(lexer, &delimiter);
  if (delimiter.quoted) {
    body.parts.push_back({body.position, Quoted{reader.read_raw_document()}});
  } else {
    body.parts.push_back({body.position, DoubleQuoted{reader.read_document()}});
  }
  return body;
}

}  // namespace stamp::scripts::shell
