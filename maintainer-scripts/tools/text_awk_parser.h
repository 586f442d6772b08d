#pragma once

#include <set>
#include <string>
#include <string_view>

#include "maintainer-scripts/tools/text_awk.h"
#include "maintainer-scripts/tools/text_awk_lexer.h"

namespace stamp::scripts::awk_program {

/// Reads expressions; the statements' parser is built on it.
class ExpressionParser {
 public:
  ExpressionParser(Budget& budget, std::string_view text, Program& program);

 protected:
  /// What may not be taken as an operator where the expression stands.
  enum class Where { anywhere, in_print, in_for };

  NodePtr expression(Where where = Where::anywhere);
  /// Expressions with commas between them, up to `close` (not taken) or, without, to what ends a
  /// statement.
  std::vector<NodePtr> list(Where where, std::string_view close);
  NodePtr concatenation(Where where);
  NodePtr variable(const std::string& name);

  [[noreturn]] void bad(std::string_view what) const;
  const Token& token() const { return token_; }
  void advance();
  bool is(std::string_view text) const;
  bool take(std::string_view text);
  void expect(std::string_view text);
  void skip_newlines();
  bool is_end_of_statement() const;

  Program& program_;
  std::map<std::string, int, std::less<>> parameters_;
  std::map<std::string, int, std::less<>> functions_;

 private:
  NodePtr ternary(Where where);
  NodePtr logical_or(Where where);
  NodePtr logical_and(Where where);
  NodePtr membership(Where where);
  NodePtr match(Where where);
  NodePtr comparison(Where where);
  NodePtr additive(Where where);
  NodePtr multiplicative(Where where);
  NodePtr unary(Where where);
  NodePtr power(Where where);
  NodePtr postfix(Where where);
  NodePtr primary(Where where);
  NodePtr grouping();
  NodePtr name();
  NodePtr call();
  NodePtr builtin();
  NodePtr simple_getline();
  NodePtr getline_target();
  bool begins_operand() const;
  NodePtr lvalue(NodePtr node) const;

  Budget& budget_;
  Lexer lexer_;
  Token token_;
};

/// Makes a node with kids.
template <class... Kids>
NodePtr make_node(Node::Kind kind, Kids... kids) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  (node->kids.push_back(std::move(kids)), ...);
  return node;
}

/// As make_node(), with an operation.
template <class... Kids>
NodePtr make_operation(Node::Kind kind, char operation, Kids... kids) {
  NodePtr node = make_node(kind, std::move(kids)...);
  node->operation = operation;
  return node;
}

}  // namespace stamp::scripts::awk_program
