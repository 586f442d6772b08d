#include "maintainer-scripts/shell/condition.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/shell/expansion.h"
#include "maintainer-scripts/shell/expansion_bash.h"
#include "maintainer-scripts/shell/parameters.h"
#include "maintainer-scripts/shell/pattern.h"
#include "maintainer-scripts/shell/test_expression.h"
#include "maintainer-scripts/tools/regex.h"

namespace stamp::scripts::shell {
namespace {

/// What `test` says of these words.
bool tested(Shell& shell, const std::vector<std::string>& words) {
  const TestContext context{
      .tree = shell.machine().tree,
      .absolute = [&shell](std::string_view path) { return shell.absolute(path); },
      .fail = [&shell](std::string_view message) { shell.fail(message); },
      .dialect = Dialect::bash};
  return evaluate_test(words, context) == 0;
}

bool unary(Shell& shell, const Condition& condition) {
  const std::string operand = expand_text(shell, condition.left);
  switch (condition.operation[1]) {
    case 'n':
      return !operand.empty();
    case 'z':
      return operand.empty();
    case 'v':
      return is_set(shell, operand);
    case 'a':
      return tested(shell, {"-e", operand});
    case 'N':
    case 'R':
    case 'o':
    case 't':
      throw Unknown(fmt::format("'{}' in [[ ]] is not known", condition.operation));
    default:
      return tested(shell, {condition.operation, operand});
  }
}

bool matches_pattern(Shell& shell, const std::string& text, const Word& word) {
  const std::string pattern = expand_pattern(shell, word);
  for (std::size_t at = pattern.find('('); at != std::string::npos;
       at = pattern.find('(', at + 1)) {
    if (at > 0 && std::string_view("?*+@!").find(pattern[at - 1]) != std::string_view::npos &&
        (at < 2 || pattern[at - 2] != '\\')) {
      throw Unknown("an extended pattern is not known");
    }
  }
  check_characters(shell, pattern, text);
  return Pattern(pattern).matches(text, shell.budget());
}

bool binary(Shell& shell, const Condition& condition) {
  const std::string& operation = condition.operation;
  const std::string left = expand_text(shell, condition.left);
  if (operation == "=" || operation == "==") return matches_pattern(shell, left, condition.right);
  if (operation == "!=") return !matches_pattern(shell, left, condition.right);
  if (operation == "=~") {
    const std::string expression = expand_expression(shell, condition.right);
    check_characters(shell, "?", left + expression);
    const Regex regex(shell.budget(), expression, {.syntax = Regex::Syntax::extended});
    return regex.matches(left);
  }
  const std::string right = expand_text(shell, condition.right);
  if (operation == "<") return left < right;
  if (operation == ">") return left > right;
  if (operation == "-nt" || operation == "-ot" || operation == "-ef") {
    return tested(shell, {left, operation, right});
  }
  const std::int64_t a = evaluate(shell, left);
  const std::int64_t b = evaluate(shell, right);
  if (operation == "-eq") return a == b;
  if (operation == "-ne") return a != b;
  if (operation == "-lt") return a < b;
  if (operation == "-le") return a <= b;
  return operation == "-gt" ? a > b : a >= b;
}

}  // namespace

bool evaluate_condition(Shell& shell, const Condition& condition) {
  const Budget::Level level(shell.budget());
  shell.budget().take_steps();
  switch (condition.kind) {
    case Condition::Kind::negation:
      return !evaluate_condition(shell, condition.operands.front());
    case Condition::Kind::all:
      for (const Condition& operand : condition.operands) {
        if (!evaluate_condition(shell, operand)) return false;
      }
      return true;
    case Condition::Kind::any:
      for (const Condition& operand : condition.operands) {
        if (evaluate_condition(shell, operand)) return true;
      }
      return false;
    case Condition::Kind::binary:
      return binary(shell, condition);
    case Condition::Kind::unary:
      break;
  }
  return unary(shell, condition);
}

}  // namespace stamp::scripts::shell
