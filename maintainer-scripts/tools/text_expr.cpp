#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/regex.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr int kInvalid = 2;

/// A whole number written in decimal; none for anything else.
std::optional<std::int64_t> integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto number = parse_number(text);
  if (!number) return std::nullopt;
  if (*number > (std::uint64_t{1} << 62U)) throw Unknown("numbers of expr that large");
  const auto value = static_cast<std::int64_t>(*number);
  return negative ? -value : value;
}

bool is_null(std::string_view text) {
  if (text.empty()) return true;
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of('0') == std::string_view::npos;
}

/// An expression over words, each operator a word of its own. What is wrong is remembered and ends
/// the evaluation with status 2.
class Expression {
 public:
  Expression(Process& process, std::vector<std::string> words)
      : process_(process), words_(std::move(words)) {}

  int run() {
    const std::string result = alternative();
    if (error_.empty() && at_ < words_.size()) {
      error_ = fmt::format("syntax error: unexpected argument '{}'", words_[at_]);
    }
    if (!error_.empty()) return fail(process_, error_, kInvalid);
    process_.out(result + '\n');
    return is_null(result) ? 1 : 0;
  }

 private:
  std::string wrong(std::string text) {
    if (error_.empty()) error_ = std::move(text);
    at_ = words_.size();
    return {};
  }

  bool take(std::string_view word) {
    if (at_ == words_.size() || words_[at_] != word) return false;
    ++at_;
    return true;
  }

  std::string alternative() {
    const Budget::Level level(process_.machine.budget);
    std::string left = conjunction();
    while (take("|")) {
      std::string right = conjunction();
      if (is_null(left)) left = is_null(right) ? "0" : std::move(right);
    }
    return left;
  }

  std::string conjunction() {
    std::string left = comparison();
    while (take("&")) {
      const std::string right = comparison();
      if (is_null(left) || is_null(right)) left = "0";
    }
    return left;
  }

  std::string comparison() {
    std::string left = sum();
    while (true) {
      static constexpr std::string_view kOperators[] = {"<", "<=", "=", "==", "!=", ">=", ">"};
      std::string_view found;
      for (const std::string_view candidate : kOperators) {
        if (take(candidate)) found = candidate;
        if (!found.empty()) break;
      }
      if (found.empty()) return left;
      const std::string right = sum();
      left = compare(left, found, right) ? "1" : "0";
    }
  }

  static bool compare(const std::string& left, std::string_view name, const std::string& right) {
    int order = left.compare(right);
    const auto first = integer(left);
    const auto second = integer(right);
    if (first && second) order = *first < *second ? -1 : static_cast<int>(*first > *second);
    if (name == "<") return order < 0;
    if (name == "<=") return order <= 0;
    if (name == ">") return order > 0;
    if (name == ">=") return order >= 0;
    return (order == 0) == (name != "!=");
  }

  std::string sum() {
    std::string left = product();
    while (at_ < words_.size() && (words_[at_] == "+" || words_[at_] == "-")) {
      const char name = words_[at_++].front();
      left = calculate(left, name, product());
    }
    return left;
  }

  std::string product() {
    std::string left = match();
    while (at_ < words_.size() &&
           (words_[at_] == "*" || words_[at_] == "/" || words_[at_] == "%")) {
      const char name = words_[at_++].front();
      left = calculate(left, name, match());
    }
    return left;
  }

  std::string calculate(const std::string& left, char name, const std::string& right) {
    if (!error_.empty()) return {};
    const auto first = integer(left);
    const auto second = integer(right);
    if (!first || !second) return wrong("non-integer argument");
    if ((name == '/' || name == '%') && *second == 0) return wrong("division by zero");
    std::int64_t result = 0;
    bool overflow = false;
    switch (name) {
      case '+':
        overflow = __builtin_add_overflow(*first, *second, &result);
        break;
      case '-':
        overflow = __builtin_sub_overflow(*first, *second, &result);
        break;
      case '*':
        overflow = __builtin_mul_overflow(*first, *second, &result);
        break;
      case '/':
        result = *first / *second;
        break;
      default:
        result = *first % *second;
    }
    if (overflow) throw Unknown("numbers of expr that large");
    return std::to_string(result);
  }

  std::string match() {
    std::string left = keyword();
    while (take(":")) left = match_pattern(left, keyword());
    return left;
  }

  std::string match_pattern(const std::string& text, const std::string& pattern) {
    if (!error_.empty()) return {};
    // tied to the start of the text
    const Regex regex(process_.machine.budget, pattern.starts_with('^') ? pattern : "^" + pattern,
                      {});
    const auto found = regex.search(text);
    const bool matched = found && found->whole().begin == 0;
    if (regex.group_count() > 0) {
      if (!matched || !found->groups[1]) return {};
      return std::string(found->groups[1]->of(text));
    }
    return std::to_string(matched ? found->whole().size() : 0);
  }

  std::string keyword() {
    if (take("+")) return word();
    if (take("length")) return std::to_string(keyword().size());
    if (take("match")) {
      const std::string text = keyword();
      return match_pattern(text, keyword());
    }
    if (take("index")) {
      const std::string text = keyword();
      const std::size_t found = text.find_first_of(keyword());
      return std::to_string(found == std::string::npos ? 0 : found + 1);
    }
    if (take("substr")) {
      const std::string text = keyword();
      const auto start = integer(keyword());
      const auto size = integer(keyword());
      if (!start || !size || *start < 1 || *size < 1) return {};
      if (static_cast<std::uint64_t>(*start) > text.size()) return {};
      return text.substr(static_cast<std::size_t>(*start) - 1, static_cast<std::size_t>(*size));
    }
    return primary();
  }

  std::string word() {
    if (at_ < words_.size()) return words_[at_++];
    if (words_.empty()) return wrong("missing operand");
    return wrong(fmt::format("syntax error: missing argument after '{}'", words_.back()));
  }

  std::string primary() {
    if (!take("(")) {
      if (at_ < words_.size() && words_[at_] == ")") {
        return wrong("syntax error: unexpected ')'");
      }
      return word();
    }
    std::string inside = alternative();
    if (error_.empty() && !take(")")) {
      return wrong(at_ < words_.size()
                       ? fmt::format("syntax error: expecting ')' instead of '{}'", words_[at_])
                       : fmt::format("syntax error: expecting ')' after '{}'", words_.back()));
    }
    return inside;
  }

  Process& process_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
  std::string error_;
};

}  // namespace

int expr(Process& process) {
  std::vector<std::string> words(process.args.begin() + 1, process.args.end());
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  if (words.empty()) return fail(process, "missing operand", kInvalid);
  if (words.size() == 1 && (words.front() == "--help" || words.front() == "--version")) {
    throw Unknown(fmt::format("option '{}' is not known", words.front()));
  }
  return Expression(process, std::move(words)).run();
}

}  // namespace stamp::scripts
