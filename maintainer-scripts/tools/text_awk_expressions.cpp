#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/tools/text_awk_parser.h"

namespace stamp::scripts::awk_program {

using Kind = Node::Kind;

ExpressionParser::ExpressionParser(Budget& budget, std::string_view text, Program& program)
    : program_(program), budget_(budget), lexer_(text) {
  advance();
}

void ExpressionParser::bad(std::string_view what) const {
  throw Unknown(fmt::format("awk program, line {}: {} at '{}'", lexer_.line(), what, token_.text));
}

void ExpressionParser::advance() {
  token_ = lexer_.next();
}

bool ExpressionParser::is(std::string_view text) const {
  return (token_.kind == Token::Kind::op || token_.kind == Token::Kind::keyword) &&
         token_.text == text;
}

bool ExpressionParser::take(std::string_view text) {
  if (!is(text)) return false;
  advance();
  return true;
}

void ExpressionParser::expect(std::string_view text) {
  if (!take(text)) bad(fmt::format("no '{}'", text));
}

void ExpressionParser::skip_newlines() {
  while (token_.kind == Token::Kind::newline) advance();
}

bool ExpressionParser::is_end_of_statement() const {
  return token_.kind == Token::Kind::newline || token_.kind == Token::Kind::end || is(";") ||
         is("}");
}

std::vector<NodePtr> ExpressionParser::list(Where where, std::string_view close) {
  std::vector<NodePtr> nodes;
  const auto ends = [&] {
    if (!close.empty()) return is(close);
    return is_end_of_statement() || is(">") || is(">>") || is("|");
  };
  if (ends()) return nodes;
  nodes.push_back(expression(where));
  while (take(",")) {
    skip_newlines();
    nodes.push_back(expression(where));
  }
  return nodes;
}

NodePtr ExpressionParser::lvalue(NodePtr node) const {
  if (node->kind != Kind::variable && node->kind != Kind::field && node->kind != Kind::element) {
    bad("no variable");
  }
  return node;
}

NodePtr ExpressionParser::expression(Where where) {
  const Budget::Level level(budget_);
  NodePtr left = ternary(where);
  static constexpr std::string_view kAssignments[] = {"=", "+=", "-=", "*=", "/=", "%=", "^="};
  for (const std::string_view text : kAssignments) {
    if (!is(text)) continue;
    left = lvalue(std::move(left));
    advance();
    skip_newlines();
    return make_operation(Kind::assign, text.front(), std::move(left), expression(where));
  }
  return left;
}

NodePtr ExpressionParser::ternary(Where where) {
  NodePtr condition = logical_or(where);
  if (!take("?")) return condition;
  skip_newlines();
  NodePtr yes = expression(where);
  skip_newlines();
  expect(":");
  skip_newlines();
  return make_node(Kind::conditional, std::move(condition), std::move(yes), expression(where));
}

NodePtr ExpressionParser::logical_or(Where where) {
  NodePtr left = logical_and(where);
  while (take("||")) {
    skip_newlines();
    left = make_node(Kind::logical_or, std::move(left), logical_and(where));
  }
  return left;
}

NodePtr ExpressionParser::logical_and(Where where) {
  NodePtr left = membership(where);
  while (take("&&")) {
    skip_newlines();
    left = make_node(Kind::logical_and, std::move(left), membership(where));
  }
  return left;
}

NodePtr ExpressionParser::membership(Where where) {
  NodePtr left = match(where);
  while (where != Where::in_for && is("in")) {
    advance();
    if (token_.kind != Token::Kind::name) bad("no array");
    NodePtr node = make_node(Kind::membership, variable(token_.text));
    advance();
    if (left->kind == Kind::group) {
      for (NodePtr& kid : left->kids) node->kids.push_back(std::move(kid));
    } else {
      node->kids.push_back(std::move(left));
    }
    left = std::move(node);
  }
  if (left->kind == Kind::group && left->kids.size() > 1 && where != Where::in_print) {
    bad("a list");
  }
  return left;
}

NodePtr ExpressionParser::match(Where where) {
  NodePtr left = comparison(where);
  while (is("~") || is("!~")) {
    const char operation = token_.text.front();
    advance();
    left = make_operation(Kind::match, operation, std::move(left), comparison(where));
  }
  return left;
}

NodePtr ExpressionParser::comparison(Where where) {
  NodePtr left = concatenation(where);
  while (is("|") && where != Where::in_print) {
    advance();
    if (!is("getline")) bad("no getline");
    advance();
    left = make_operation(Kind::getline, '|', std::move(left));
    if (NodePtr target = getline_target()) left->kids.push_back(std::move(target));
  }
  static constexpr std::pair<std::string_view, char> kOperators[] = {
      {"<=", 'l'}, {">=", 'g'}, {"==", '='}, {"!=", '!'}, {"<", '<'}, {">", '>'}};
  for (const auto& [text, operation] : kOperators) {
    if (!is(text) || (text == ">" && where == Where::in_print)) continue;
    advance();
    return make_operation(Kind::compare, operation, std::move(left), concatenation(where));
  }
  return left;
}

bool ExpressionParser::begins_operand() const {
  using T = Token::Kind;
  switch (token_.kind) {
    case T::number:
    case T::text:
    case T::pattern:
    case T::name:
    case T::function_name:
    case T::builtin:
      return true;
    case T::op:
      return is("$") || is("!") || is("(") || is("-") || is("+") || is("++") || is("--");
    default:
      return false;
  }
}

NodePtr ExpressionParser::concatenation(Where where) {
  NodePtr left = additive(where);
  while (begins_operand()) {
    left = make_node(Kind::concatenate, std::move(left), additive(where));
  }
  return left;
}

NodePtr ExpressionParser::additive(Where where) {
  NodePtr left = multiplicative(where);
  while (is("+") || is("-")) {
    const char operation = token_.text.front();
    advance();
    left = make_operation(Kind::arithmetic, operation, std::move(left), multiplicative(where));
  }
  return left;
}

NodePtr ExpressionParser::multiplicative(Where where) {
  NodePtr left = unary(where);
  while (is("*") || is("/") || is("%")) {
    const char operation = token_.text.front();
    advance();
    left = make_operation(Kind::arithmetic, operation, std::move(left), unary(where));
  }
  return left;
}

NodePtr ExpressionParser::unary(Where where) {
  const Budget::Level level(budget_);
  if (take("!")) return make_node(Kind::negate, unary(where));
  if (is("-") || is("+")) {
    const char operation = token_.text.front();
    advance();
    return make_operation(Kind::unary, operation, unary(where));
  }
  return power(where);
}

NodePtr ExpressionParser::power(Where where) {
  NodePtr left = postfix(where);
  if (!take("^")) return left;
  // the right side binds first, and may have a sign
  NodePtr right;
  if (is("-") || is("+") || is("!")) {
    right = unary(where);
  } else {
    right = power(where);
  }
  return make_operation(Kind::arithmetic, '^', std::move(left), std::move(right));
}

NodePtr ExpressionParser::postfix(Where where) {
  NodePtr node = primary(where);
  const bool is_variable =
      node->kind == Kind::variable || node->kind == Kind::field || node->kind == Kind::element;
  if (is_variable && (is("++") || is("--"))) {
    const char operation = is("++") ? 'p' : 'm';
    advance();
    return make_operation(Kind::increment, operation, std::move(node));
  }
  return node;
}

NodePtr ExpressionParser::primary(Where where) {
  const Budget::Level level(budget_);
  using T = Token::Kind;
  NodePtr node;
  switch (token_.kind) {
    case T::number:
      node = make_node(Kind::number);
      node->number = token_.number;
      advance();
      return node;
    case T::text:
      node = make_node(Kind::text);
      node->text = token_.text;
      advance();
      return node;
    case T::pattern:
      node = make_node(Kind::pattern);
      node->index = static_cast<int>(program_.patterns.size());
      program_.patterns.emplace_back(budget_, libc_pattern(token_.text),
                                     Regex::Options{.syntax = Regex::Syntax::extended});
      advance();
      return node;
    case T::name:
      return name();
    case T::function_name:
      return call();
    case T::builtin:
      return builtin();
    default:
      break;
  }
  if (take("$")) {
    if (is("++") || is("--") || is("-") || is("+")) return make_node(Kind::field, unary(where));
    return make_node(Kind::field, primary(where));
  }
  if (is("++") || is("--")) {
    const char operation = token_.text.front();
    advance();
    return make_operation(Kind::increment, operation, lvalue(primary(where)));
  }
  if (take("(")) return grouping();
  if (take("getline")) return simple_getline();
  bad("no expression");
}

NodePtr ExpressionParser::grouping() {
  NodePtr node = make_node(Kind::group);
  node->kids = list(Where::anywhere, ")");
  if (node->kids.empty()) bad("no expression");
  expect(")");
  return node;
}

NodePtr ExpressionParser::variable(const std::string& name) {
  NodePtr node = make_node(Kind::variable);
  node->text = name;
  const auto parameter = parameters_.find(name);
  if (parameter != parameters_.end()) {
    node->index = -1 - parameter->second;
    return node;
  }
  const auto next = static_cast<int>(program_.globals.size());
  node->index = program_.globals.try_emplace(name, next).first->second;
  return node;
}

NodePtr ExpressionParser::name() {
  NodePtr node = variable(token_.text);
  advance();
  if (!take("[")) return node;
  node = make_node(Kind::element, std::move(node));
  for (NodePtr& kid : list(Where::anywhere, "]")) node->kids.push_back(std::move(kid));
  if (node->kids.size() < 2) bad("no subscript");
  expect("]");
  return node;
}

NodePtr ExpressionParser::call() {
  NodePtr node = make_node(Kind::call);
  node->text = token_.text;
  const auto next = static_cast<int>(functions_.size());
  node->index = functions_.try_emplace(token_.text, next).first->second;
  advance();
  expect("(");
  skip_newlines();
  node->kids = list(Where::anywhere, ")");
  skip_newlines();
  expect(")");
  return node;
}

NodePtr ExpressionParser::builtin() {
  NodePtr node = make_node(Kind::builtin);
  node->text = token_.text;
  static constexpr std::string_view kUnknown[] = {"rand",   "srand",  "gensub",  "asort",
                                                  "asorti", "mktime", "strftime"};
  if (std::find(std::begin(kUnknown), std::end(kUnknown), node->text) != std::end(kUnknown)) {
    bad("a function that is not known");
  }
  advance();
  if (!is("(")) {
    if (node->text != "length") bad("no arguments");
    return node;
  }
  advance();
  skip_newlines();
  node->kids = list(Where::anywhere, ")");
  skip_newlines();
  expect(")");
  return node;
}

NodePtr ExpressionParser::getline_target() {
  if (token_.kind != Token::Kind::name && !is("$")) return nullptr;
  return lvalue(primary(Where::anywhere));
}

NodePtr ExpressionParser::simple_getline() {
  NodePtr target = getline_target();
  NodePtr node = make_operation(Kind::getline, ' ');
  if (take("<")) {
    node->operation = '<';
    node->kids.push_back(postfix(Where::anywhere));
  }
  if (target) node->kids.push_back(std::move(target));
  return node;
}

}  // namespace stamp::scripts::awk_program
