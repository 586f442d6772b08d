#include "maintainer-scripts/shell/expansion_bash.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/shell/expansion.h"
#include "maintainer-scripts/shell/lexer.h"
#include "maintainer-scripts/shell/parameters.h"
#include "maintainer-scripts/shell/pattern.h"

namespace stamp::scripts::shell {
namespace {

std::int64_t number_of(Shell& shell, const Word& word) {
  return evaluate(shell, expand_arithmetic(shell, {.parts = word.parts}));
}

std::string substring(Shell& shell, const Parameter& node, const std::string& value) {
  check_characters(shell, "?", value);
  const auto size = static_cast<std::int64_t>(value.size());
  std::int64_t begin = number_of(shell, node.word);
  if (begin < 0) begin += size;
  if (begin < 0 || begin > size) return {};
  std::int64_t end = size;
  if (node.has_second) {
    const std::int64_t length = number_of(shell, node.second);
    end = length < 0 ? size + length : std::min(size, begin + std::min(length, size));
    if (end < begin) throw Unknown("a substring that ends before it begins");
  }
  return value.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

std::string replaced(Shell& shell, const Parameter& node, const std::string& value) {
  const std::string text = expand_pattern(shell, node.word);
  const std::string with = expand_text(shell, node.second);
  if (with.find_first_of("&\\") != std::string::npos) {
    throw Unknown("a replacement with '&' or a backslash");
  }
  check_characters(shell, text, value);
  const Pattern pattern(text);
  Budget& budget = shell.budget();
  if (node.operation == ParameterOperator::replace_prefix) {
    const std::optional<std::size_t> length = pattern.longest_prefix(value, budget);
    return length ? with + value.substr(*length) : value;
  }
  if (node.operation == ParameterOperator::replace_suffix) {
    const std::optional<std::size_t> length = pattern.longest_suffix(value, budget);
    return length ? value.substr(0, value.size() - *length) + with : value;
  }
  if (text.empty()) return value;
  if (value.empty() && pattern.matches(value, budget)) {
    throw Unknown("a replacement in an empty text");
  }
  std::string out;
  std::size_t at = 0;
  while (at < value.size()) {
    const std::size_t length =
        pattern.longest_prefix(std::string_view(value).substr(at), budget).value_or(0);
    if (length == 0) {
      out += value[at++];
      continue;
    }
    out += with;
    at += length;
    budget.check_size(out.size());
    if (node.operation == ParameterOperator::replace_first) break;
  }
  return out + value.substr(at);
}

std::string in_case(const Shell& shell, ParameterOperator operation, std::string value) {
  check_characters(shell, "?", value);
  const bool upper = operation == ParameterOperator::upper_case;
  for (char& c : value) {
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return value;
}

}  // namespace

std::string value_of_bash(Shell& shell, const Parameter& node, const std::string& value) {
  switch (node.operation) {
    case ParameterOperator::substring:
      return substring(shell, node, value);
    case ParameterOperator::upper_case:
    case ParameterOperator::lower_case:
      return in_case(shell, node.operation, value);
    case ParameterOperator::indirect: {
      const std::optional<std::string> there =
          is_name(value) ? parameter_value(shell, value) : std::nullopt;
      if (!there) throw Unknown(fmt::format("'${{!{}}}' that leads to no variable", node.name));
      return *there;
    }
    default:
      return replaced(shell, node, value);
  }
}

NumberRange range_of_bash(Shell& shell, const Parameter& node, std::size_t count) {
  const std::int64_t offset = number_of(shell, node.word);
  if (offset <= 0) throw Unknown(fmt::format("'${{{}:{}}}'", node.name, offset));
  const std::size_t begin = std::min(static_cast<std::size_t>(offset), count + 1);
  std::size_t end = count + 1;
  if (node.has_second) {
    const std::int64_t length = number_of(shell, node.second);
    if (length < 0) throw Unknown("a negative number of parameters");
    end = std::min(end, begin + std::min(static_cast<std::size_t>(length), count));
  }
  return {.begin = begin, .end = end};
}

bool has_plain_ifs(Shell& shell) {
  const std::string* separators = shell.variables().find("IFS");
  return separators == nullptr || separators->starts_with(' ');
}

void check_characters(const Shell& shell, std::string_view pattern, std::string_view text) {
  if (!shell.is_bash() || pattern.find_first_of("?[") == std::string_view::npos) return;
  const bool other =
      std::any_of(text.begin(), text.end(), [](char c) { return (c & '\x80') != 0; });
  if (other) throw Unknown("single characters of a text that is not ASCII");
}

}  // namespace stamp::scripts::shell
