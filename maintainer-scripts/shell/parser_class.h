#pragma once
// The parser, for the two files that implement it: what both shells have, and what only bash has.

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "maintainer-scripts/shell/ast.h"
#include "maintainer-scripts/shell/lexer.h"
#include "maintainer-scripts/shell/tilde.h"

namespace stamp::scripts::shell {

/// What the grammar looks for at a place: newlines are skipped, words may be reserved.
enum class Look { word, reserved, past_newlines };

/// Whether a list may have no command at all.
enum class Empty { refused, allowed };

/// Reads one text.
class Parser {
 public:
  explicit Parser(Lexer& lexer) : lexer_(lexer) {}

  /// Up to the end of the text.
  List parse_script();
  /// Up to the `)` that is taken.
  List parse_substitution();

 private:
  /// A here-document whose body comes after the line.
  struct Pending {
    std::shared_ptr<Command> command;
    std::size_t redirection;
    Delimiter delimiter;
  };

  const Token& next(Look look);
  void put_back() { is_put_back_ = true; }
  void expect(TokenKind kind, std::string_view text, Look look);
  [[noreturn]] void unexpected(std::string_view expected = {});
  void read_documents();

  List list(Empty empty);
  CommandPointer and_or();
  CommandPointer pipeline();
  std::shared_ptr<Command> command();
  std::shared_ptr<Command> simple_command();
  void function_definition(Command& command, std::size_t name_offset);
  If if_command();
  Loop loop_command(Loop::Kind kind);
  For for_command();
  void for_words(For& loop);
  Case case_command();
  Case::Item case_item();
  List do_group();
  void add_redirection(const std::shared_ptr<Command>& command);
  void add_word(SimpleCommand& command);
  void add_plain_word(SimpleCommand& command);
  Word take_word(WordUse use = WordUse::plain);
  bool is_bash() const { return lexer_.script().is_bash(); }
  // What only bash has:
  bool command_of_bash(Command& command);
  bool for_of_bash(Command& command);
  void function_of_bash(Command& command);
  Condition condition_any();
  Condition condition_all();
  Condition condition();
  Condition condition_test();
  Token condition_operator();
  void mark_assignment(Word& word);

  Lexer& lexer_;
  Token token_;
  bool is_put_back_ = false;
  std::vector<Pending> pending_;
};

}  // namespace stamp::scripts::shell
