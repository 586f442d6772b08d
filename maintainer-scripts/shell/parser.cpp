// The grammar, as a parser by recursive descent. It asks for tokens as dash's does: a word becomes
// a reserved word only where the grammar looks for one, and here-documents are read at the line's
// end.

#include "maintainer-scripts/shell/parser.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/braces.h"
#include "maintainer-scripts/shell/parser_class.h"
#include "maintainer-scripts/shell/tilde.h"

namespace stamp::scripts::shell {
namespace {

/// Whether a token ends a list that is within something.
bool ends_list(TokenKind kind) {
  switch (kind) {
    case TokenKind::end:
    case TokenKind::right_paren:
    case TokenKind::end_case:
    case TokenKind::run_next:
    case TokenKind::test_next:
    case TokenKind::kw_do:
    case TokenKind::kw_done:
    case TokenKind::kw_elif:
    case TokenKind::kw_else:
    case TokenKind::kw_esac:
    case TokenKind::kw_fi:
    case TokenKind::kw_then:
    case TokenKind::right_brace:
      return true;
    default:
      return false;
  }
}

/// Utilities that a function cannot be named after.
constexpr std::array<std::string_view, 15> kSpecialBuiltins = {
    ".",      "break", "continue", "eval",  "exec", "exit",  "export", "readonly",
    "return", "set",   "shift",    "times", "trap", "unset", ":"};

}  // namespace

const Token& Parser::next(Look look) {
  if (!is_put_back_) token_ = lexer_.next();
  is_put_back_ = false;
  while (token_.kind == TokenKind::newline || token_.kind == TokenKind::end) {
    read_documents();
    if (token_.kind == TokenKind::end || look != Look::past_newlines) break;
    token_ = lexer_.next();
  }
  if (look != Look::word && token_.kind == TokenKind::word) {
    token_.kind = reserved_word(token_.word, is_bash());
  }
  return token_;
}

void Parser::unexpected(std::string_view expected) {
  lexer_.script().fail(
      token_.offset, expected.empty()
                         ? fmt::format("unexpected {}", describe(token_))
                         : fmt::format("unexpected {}, expected '{}'", describe(token_), expected));
}

void Parser::expect(TokenKind kind, std::string_view text, Look look) {
  if (next(look).kind != kind) unexpected(text);
}

void Parser::read_documents() {
  for (const Pending& pending : std::exchange(pending_, {})) {
    Word body = lexer_.read_document(pending.delimiter);
    mark_tildes(body, WordUse::plain);
    pending.command->redirections[pending.redirection].target = std::move(body);
  }
}

List Parser::parse_script() {
  List all = list(Empty::allowed);
  if (next(Look::reserved).kind != TokenKind::end) unexpected();
  return all;
}

List Parser::parse_substitution() {
  List all = list(Empty::allowed);
  expect(TokenKind::right_paren, ")", Look::reserved);
  // What its last line left open has no lines: the text after `)` is not its own.
  for (const Pending& pending : pending_) {
    pending.command->redirections[pending.redirection].target.parts = {
        {.position = {}, .node = Quoted{}}};
  }
  return all;
}

List Parser::list(Empty empty) {
  List all;
  for (;;) {
    next(Look::past_newlines);
    put_back();
    const bool may_end = empty == Empty::allowed || !all.items.empty();
    if (may_end && ends_list(token_.kind)) return all;
    List::Item item{.command = and_or()};
    const TokenKind after = next(Look::word).kind;
    item.background = after == TokenKind::background;
    all.items.push_back(std::move(item));
    if (after != TokenKind::semicolon && after != TokenKind::background) put_back();
    if (after != TokenKind::semicolon && after != TokenKind::background &&
        after != TokenKind::newline) {
      return all;
    }
  }
}

CommandPointer Parser::and_or() {
  CommandPointer first = pipeline();
  AndOr all{.first = first, .rest = {}};
  for (;;) {
    const TokenKind kind = next(Look::word).kind;
    if (kind != TokenKind::and_if && kind != TokenKind::or_if) break;
    const auto operation =
        kind == TokenKind::and_if ? AndOr::Operator::and_if : AndOr::Operator::or_if;
    next(Look::past_newlines);
    put_back();
    all.rest.push_back({.operation = operation, .command = pipeline()});
  }
  put_back();
  if (all.rest.empty()) return first;
  auto command = std::make_shared<Command>();
  command->position = first->position;
  command->node = std::move(all);
  return command;
}

namespace {

/// `|&`: the last of its redirections.
void add_both_to_pipe(Command& command) {
  Redirection both{.position = command.position,
                   .descriptor = 2,
                   .kind = RedirectionKind::duplicate_output,
                   .target = {}};
  both.target.position = command.position;
  both.target.parts.push_back({.position = command.position, .node = Quoted{"1"}});
  command.redirections.push_back(std::move(both));
}

}  // namespace

CommandPointer Parser::pipeline() {
  Pipeline all;
  next(Look::reserved);
  const Position position = lexer_.script().locate(token_.offset);
  all.negated = token_.kind == TokenKind::bang;
  if (all.negated) {
    next(Look::reserved);
  }
  put_back();
  std::shared_ptr<Command> last = command();
  all.commands.push_back(last);
  while (next(Look::word).kind == TokenKind::pipe || token_.kind == TokenKind::pipe_both) {
    if (token_.kind == TokenKind::pipe_both) add_both_to_pipe(*last);
    next(Look::past_newlines);
    put_back();
    last = command();
    all.commands.push_back(last);
  }
  put_back();
  if (!all.negated && all.commands.size() == 1) return all.commands.front();
  auto command = std::make_shared<Command>();
  command->position = position;
  command->node = std::move(all);
  return command;
}

std::shared_ptr<Command> Parser::command() {
  const Token& token = next(Look::reserved);
  if (token.kind == TokenKind::word || token.kind == TokenKind::redirection) {
    put_back();
    return simple_command();
  }
  const ScriptText::Level level(lexer_.script(), token.offset);
  auto command = std::make_shared<Command>();
  command->position = lexer_.script().locate(token.offset);
  switch (token.kind) {
    case TokenKind::kw_if:
      command->node = if_command();
      break;
    case TokenKind::kw_while:
      command->node = loop_command(Loop::Kind::loop_while);
      break;
    case TokenKind::kw_until:
      command->node = loop_command(Loop::Kind::loop_until);
      break;
    case TokenKind::kw_for:
      if (is_bash() && for_of_bash(*command)) break;
      command->node = for_command();
      break;
    case TokenKind::kw_case:
      command->node = case_command();
      break;
    case TokenKind::left_paren:
      if (is_bash() && lexer_.raw() == '(' && command_of_bash(*command)) break;
      command->node = Subshell{list(Empty::refused)};
      expect(TokenKind::right_paren, ")", Look::reserved);
      break;
    case TokenKind::left_brace:
      command->node = BraceGroup{list(Empty::refused)};
      expect(TokenKind::right_brace, "}", Look::reserved);
      break;
    default:
      if (!command_of_bash(*command)) unexpected();
      break;
  }
  while (next(Look::reserved).kind == TokenKind::redirection) add_redirection(command);
  put_back();
  return command;
}

/// The redirection token was taken; its target follows.
void Parser::add_redirection(const std::shared_ptr<Command>& command) {
  Redirection redirection{.position = lexer_.script().locate(token_.offset),
                          .descriptor = token_.descriptor,
                          .kind = token_.redirection,
                          .target = {}};
  const bool names_descriptor = token_.names_descriptor;
  if (redirection.kind == RedirectionKind::here_document) {
    pending_.push_back(
        {command, command->redirections.size(), lexer_.read_delimiter(token_.strips_tabs)});
  } else {
    if (next(Look::word).kind != TokenKind::word) unexpected();
    redirection.target = take_word();
  }
  if (names_descriptor) redirection.kind = RedirectionKind::not_known;
  command->redirections.push_back(std::move(redirection));
}

Word Parser::take_word(WordUse use) {
  Word word = std::exchange(token_.word, {});
  mark_tildes(word, use);
  return word;
}

/// Sets how much of the word is the NAME= of an assignment, or bash's NAME+=.
void Parser::mark_assignment(Word& word) {
  if (word.parts.empty()) return;
  const auto* const literal = std::get_if<Literal>(&word.parts.front().node);
  const std::size_t equals = literal == nullptr ? std::string::npos : literal->text.find('=');
  if (equals == std::string::npos) return;
  std::string_view name = std::string_view(literal->text).substr(0, equals);
  if (is_bash() && name.ends_with('+')) name.remove_suffix(1);
  if (is_name(name)) word.assignment = equals + 1;
}

/// Adds the word that was taken, as an assignment where it may be one.
void Parser::add_word(SimpleCommand& command) {
  Word& word = token_.word;
  mark_assignment(word);
  if (word.assignment == 0 || !command.words.empty()) return add_plain_word(command);
  auto& text = std::get<Literal>(word.parts.front().node).text;
  Assignment assignment{
      .position = word.position, .name = text.substr(0, word.assignment - 1), .value = {}};
  assignment.appends = assignment.name.ends_with('+');
  if (assignment.appends) assignment.name.pop_back();
  const auto skipped = static_cast<std::uint32_t>(word.assignment);
  text.erase(0, skipped);
  word.parts.front().position.column += skipped;
  word.position.column += skipped;
  if (text.empty()) word.parts.erase(word.parts.begin());
  word.assignment = 0;
  assignment.value = take_word(WordUse::assignment);
  command.assignments.push_back(std::move(assignment));
}

std::shared_ptr<Command> Parser::simple_command() {
  auto command = std::make_shared<Command>();
  SimpleCommand simple;
  next(Look::word);
  put_back();
  const std::size_t start = token_.offset;
  command->position = lexer_.script().locate(start);
  for (;;) {
    const TokenKind kind = next(Look::word).kind;
    if (kind == TokenKind::word) {
      add_word(simple);
    } else if (kind == TokenKind::redirection) {
      add_redirection(command);
    } else if (kind == TokenKind::left_paren && simple.words.size() == 1 &&
               simple.assignments.empty() && command->redirections.empty()) {
      command->node = std::move(simple);
      function_definition(*command, start);
      return command;
    } else {
      put_back();
      break;
    }
  }
  command->node = std::move(simple);
  return command;
}

/// The command's only word is the name, and `(` was taken.
void Parser::function_definition(Command& command, std::size_t name_offset) {
  const Word name = std::get<SimpleCommand>(command.node).words.front();
  expect(TokenKind::right_paren, ")", Look::word);
  const std::string* text = plain_text(name);
  const bool is_good = is_bash() ? text != nullptr
                                 : text != nullptr && is_name(*text) &&
                                       std::find(kSpecialBuiltins.begin(), kSpecialBuiltins.end(),
                                                 *text) == kSpecialBuiltins.end();
  if (!is_good) {
    lexer_.script().fail(name_offset, "a function cannot have this name");
  }
  const ScriptText::Level level(lexer_.script(), token_.offset);
  next(Look::past_newlines);
  put_back();
  if (is_bash() && (token_.kind == TokenKind::word || token_.kind == TokenKind::redirection)) {
    unexpected();
  }
  command.node = FunctionDefinition{
      .name = *text, .body = this->command(), .source = lexer_.script().source()};
}

List Parser::do_group() {
  expect(TokenKind::kw_do, "do", Look::past_newlines);
  List body = list(Empty::refused);
  expect(TokenKind::kw_done, "done", Look::reserved);
  return body;
}

If Parser::if_command() {
  If all;
  do {
    If::Branch branch;
    branch.condition = list(Empty::refused);
    expect(TokenKind::kw_then, "then", Look::reserved);
    branch.body = list(Empty::refused);
    all.branches.push_back(std::move(branch));
  } while (next(Look::reserved).kind == TokenKind::kw_elif);
  if (token_.kind == TokenKind::kw_else) {
    all.otherwise = list(Empty::refused);
    next(Look::reserved);
  }
  if (token_.kind != TokenKind::kw_fi) unexpected("fi");
  return all;
}

Loop Parser::loop_command(Loop::Kind kind) {
  Loop loop;
  loop.kind = kind;
  loop.condition = list(Empty::refused);
  loop.body = do_group();
  return loop;
}

For Parser::for_command() {
  For loop;
  next(Look::word);
  const std::string* name = token_.kind == TokenKind::word ? plain_text(token_.word) : nullptr;
  if (name == nullptr || !is_name(*name)) {
    lexer_.script().fail(token_.offset, "expected the name of a variable after 'for'");
  }
  loop.name = *name;
  next(Look::past_newlines);
  loop.has_words = token_.kind == TokenKind::kw_in;
  if (loop.has_words) {
    for_words(loop);
  } else if (token_.kind != TokenKind::semicolon) {
    put_back();
  }
  loop.body = do_group();
  return loop;
}

void Parser::for_words(For& loop) {
  while (next(Look::word).kind == TokenKind::word) {
    if (!is_bash()) {
      loop.words.push_back(take_word());
      continue;
    }
    for (Word& word : expand_braces(token_.word)) {
      mark_tildes(word, WordUse::plain);
      loop.words.push_back(std::move(word));
    }
  }
  if (token_.kind != TokenKind::semicolon && token_.kind != TokenKind::newline) unexpected();
}

Case Parser::case_command() {
  Case all;
  if (next(Look::word).kind != TokenKind::word) unexpected();
  all.subject = take_word();
  expect(TokenKind::kw_in, "in", Look::past_newlines);
  while (next(Look::past_newlines).kind != TokenKind::kw_esac) {
    all.items.push_back(case_item());
    next(Look::past_newlines);
    if (token_.kind == TokenKind::kw_esac) break;
    if (token_.kind == TokenKind::run_next) {
      all.items.back().ending = Case::Ending::run_next;
    } else if (token_.kind == TokenKind::test_next) {
      all.items.back().ending = Case::Ending::test_next;
    } else if (token_.kind != TokenKind::end_case) {
      unexpected(";;");
    }
  }
  return all;
}

/// Its first token was taken.
Case::Item Parser::case_item() {
  Case::Item item;
  if (token_.kind == TokenKind::left_paren) next(Look::word);
  for (;;) {
    // A reserved word is a pattern like any other.
    if (token_.kind < TokenKind::word) unexpected();
    item.patterns.push_back(take_word());
    if (next(Look::word).kind != TokenKind::pipe) break;
    next(Look::word);
  }
  if (token_.kind != TokenKind::right_paren) unexpected(")");
  item.body = list(Empty::allowed);
  return item;
}

std::shared_ptr<const List> parse_parenthesized(Lexer& lexer) {
  return std::make_shared<const List>(Parser(lexer).parse_substitution());
}

std::shared_ptr<const List> parse_all(Lexer& lexer) {
  return std::make_shared<const List>(Parser(lexer).parse_script());
}

Program parse_shell(std::string_view text, std::string_view name, Dialect dialect) {
  Program program;
  program.source =
      std::make_shared<const Source>(Source{.name = std::string(name), .text = std::string(text)});
  ScriptText script(program.source, dialect);
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) script.fail(nul, "a NUL byte: this is no text");
  Lexer lexer(script);
  program.body = Parser(lexer).parse_script();
  return program;
}

}  // namespace stamp::scripts::shell
