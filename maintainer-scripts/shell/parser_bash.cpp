// The grammar that only bash has.

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/braces.h"
#include "maintainer-scripts/shell/parser_class.h"

namespace stamp::scripts::shell {
namespace {

/// Whether the word is NAME[…]=…
bool sets_element(const Word& word) {
  if (word.parts.empty()) return false;
  const auto* first = std::get_if<Literal>(&word.parts.front().node);
  if (first == nullptr) return false;
  const std::size_t bracket = first->text.find('[');
  if (bracket == std::string::npos || !is_name(first->text.substr(0, bracket))) return false;
  return std::any_of(word.parts.begin(), word.parts.end(), [](const Part& part) {
    const auto* literal = std::get_if<Literal>(&part.node);
    return literal != nullptr && (literal->text.find("]=") != std::string::npos ||
                                  literal->text.find("]+=") != std::string::npos);
  });
}

}  // namespace

/// Adds the word that was taken as one of the command's words: in bash as those that its braces
/// make of it.
void Parser::add_plain_word(SimpleCommand& command) {
  if (!is_bash()) {
    command.words.push_back(take_word());
    return;
  }
  if (command.words.empty() && sets_element(token_.word)) {
    Part part{.position = token_.word.position, .node = NotKnown{"an array"}};
    Assignment assignment{.position = token_.word.position, .name = "_", .value = {}};
    assignment.value.position = assignment.position;
    assignment.value.parts.push_back(std::move(part));
    command.assignments.push_back(std::move(assignment));
    return;
  }
  for (Word& word : expand_braces(token_.word)) {
    word.assignment = 0;
    mark_assignment(word);
    mark_tildes(word, WordUse::plain);
    command.words.push_back(std::move(word));
  }
}

/// The token that was taken begins a command that only bash has. False, and nothing more is taken,
/// where it does not.
bool Parser::command_of_bash(Command& command) {
  switch (token_.kind) {
    case TokenKind::left_paren: {
      lexer_.take();
      std::optional<Arithmetic> expression = lexer_.next_arithmetic();
      if (!expression) {
        lexer_.rewind(lexer_.mark() - 1);
        return false;
      }
      command.node = ArithmeticCommand{std::move(*expression)};
      return true;
    }
    case TokenKind::left_condition: {
      Condition all = condition_any();
      next(Look::word);
      const std::string* end = token_.kind == TokenKind::word ? plain_text(token_.word) : nullptr;
      if (end == nullptr || *end != "]]") unexpected("]]");
      command.node = Conditional{std::move(all)};
      return true;
    }
    case TokenKind::kw_function:
      function_of_bash(command);
      return true;
    case TokenKind::kw_select:
      for_command();
      command.node = NotKnownCommand{"'select'"};
      return true;
    case TokenKind::kw_coproc:
      this->command();
      command.node = NotKnownCommand{"'coproc'"};
      return true;
    case TokenKind::kw_time:
      pipeline();
      command.node = NotKnownCommand{"'time'"};
      return true;
    default:
      return false;
  }
}

/// for ((…; …; …)). False, and nothing is taken, where it is another one.
bool Parser::for_of_bash(Command& command) {
  next(Look::word);
  if (token_.kind != TokenKind::left_paren || lexer_.raw() != '(') {
    put_back();
    return false;
  }
  lexer_.take();
  if (!lexer_.next_arithmetic()) unexpected();
  if (next(Look::past_newlines).kind != TokenKind::semicolon) put_back();
  if (next(Look::past_newlines).kind == TokenKind::left_brace) {
    list(Empty::refused);
    expect(TokenKind::right_brace, "}", Look::reserved);
  } else {
    put_back();
    do_group();
  }
  command.node = NotKnownCommand{"'for ((…))'"};
  return true;
}

/// function name { list; } and function name () { list; }
void Parser::function_of_bash(Command& command) {
  next(Look::word);
  const std::string* text = token_.kind == TokenKind::word ? plain_text(token_.word) : nullptr;
  if (text == nullptr) unexpected();
  const std::string name = *text;
  next(Look::past_newlines);
  if (token_.kind == TokenKind::left_paren && lexer_.peek() == ')') {
    lexer_.take();
    next(Look::past_newlines);
  }
  if (token_.kind == TokenKind::word || token_.kind == TokenKind::redirection) unexpected("{");
  put_back();
  command.node =
      FunctionDefinition{.name = name, .body = this->command(), .source = lexer_.script().source()};
}

Condition Parser::condition_any() {
  const ScriptText::Level level(lexer_.script(), lexer_.offset());
  Condition all{.kind = Condition::Kind::any};
  do {
    all.operands.push_back(condition_all());
  } while (condition_operator().kind == TokenKind::or_if);
  put_back();
  if (all.operands.size() > 1) return all;
  Condition only = std::move(all.operands.front());
  return only;
}

Condition Parser::condition_all() {
  Condition all{.kind = Condition::Kind::all};
  do {
    all.operands.push_back(condition());
  } while (condition_operator().kind == TokenKind::and_if);
  put_back();
  if (all.operands.size() > 1) return all;
  Condition only = std::move(all.operands.front());
  return only;
}

/// The next token, newlines passed over.
Token Parser::condition_operator() {
  do {
    next(Look::word);
  } while (token_.kind == TokenKind::newline);
  return token_;
}

Condition Parser::condition() {
  const ScriptText::Level level(lexer_.script(), lexer_.offset());
  condition_operator();
  if (token_.kind == TokenKind::left_paren) {
    Condition inner = condition_any();
    if (condition_operator().kind != TokenKind::right_paren) unexpected(")");
    return inner;
  }
  const std::string* text = token_.kind == TokenKind::word ? plain_text(token_.word) : nullptr;
  if (text != nullptr && *text == "!") {
    Condition all{.kind = Condition::Kind::negation};
    all.operands.push_back(condition());
    return all;
  }
  put_back();
  return condition_test();
}

Condition Parser::condition_test() {
  if (next(Look::word).kind != TokenKind::word) unexpected();
  const std::string* text = plain_text(token_.word);
  constexpr std::string_view kUnary = "abcdefghknoprstuvwxzGLNORS";
  Condition test;
  if (text != nullptr && *text == "]]") unexpected();
  if (text != nullptr && text->size() == 2 && text->front() == '-' &&
      kUnary.find(text->back()) != std::string_view::npos) {
    test.operation = *text;
    if (next(Look::word).kind != TokenKind::word) unexpected();
    test.left = take_word();
    return test;
  }
  test.left = take_word();
  next(Look::word);
  if (token_.kind == TokenKind::redirection && (token_.redirection == RedirectionKind::read ||
                                                token_.redirection == RedirectionKind::write)) {
    test.operation = token_.redirection == RedirectionKind::read ? "<" : ">";
  } else if (text = token_.kind == TokenKind::word ? plain_text(token_.word) : nullptr;
             text != nullptr) {
    constexpr std::array<std::string_view, 13> kBinary{
        "=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};
    if (std::find(kBinary.begin(), kBinary.end(), *text) != kBinary.end()) test.operation = *text;
  }
  if (test.operation.empty()) {
    put_back();
    test.operation = "-n";
    return test;
  }
  test.kind = Condition::Kind::binary;
  if (test.operation == "=" || test.operation == "==" || test.operation == "!=" ||
      test.operation == "=~") {
    test.right = lexer_.next_pattern(test.operation == "=~");
    if (test.right.parts.empty()) {
      next(Look::word);
      unexpected();
    }
    mark_tildes(test.right, WordUse::plain);
    return test;
  }
  if (next(Look::word).kind != TokenKind::word) unexpected();
  test.right = take_word();
  return test;
}

}  // namespace stamp::scripts::shell
