#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/tools/text_awk_run.h"

namespace stamp::scripts::awk_program {

using Kind = Node::Kind;

namespace {

constexpr double kMostPosition = 2147483647;

double position(double number) {
  if (std::isnan(number)) return 0;
  return std::clamp(std::trunc(number), -kMostPosition, kMostPosition);
}

/// What sub and gsub put in place of a match: & is the match, \& and \\ are the bytes.
std::string replacement(std::string_view text, std::string_view match) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\' && (next == '&' || next == '\\')) {
      result += next;
      ++i;
    } else if (text[i] == '&') {
      result += match;
    } else {
      result += text[i];
    }
  }
  return result;
}

void require(const Node& node, std::size_t least, std::size_t most) {
  if (node.kids.size() >= least && node.kids.size() <= most) return;
  throw Unknown(fmt::format("{} values for awk's {}", node.kids.size(), node.text));
}

}  // namespace

Value Interpreter::builtin(const Node& node) {
  const std::string& name = node.text;
  if (name == "length") return length(node);
  if (name == "substr") return substring(node);
  if (name == "match") return match(node);
  if (name == "split") return split(node);
  if (name == "sub" || name == "gsub") return substitute(node);
  if (name == "index") {
    require(node, 2, 2);
    const std::string text = text_of(*node.kids[0]);
    const std::size_t found = text.find(text_of(*node.kids[1]));
    return Value::of(found == std::string::npos ? 0.0 : static_cast<double>(found + 1));
  }
  if (name == "sprintf") {
    std::vector<Value> values;
    for (const NodePtr& kid : node.kids) values.push_back(evaluate(*kid));
    if (values.empty()) throw Unknown("awk's sprintf without a format");
    const std::string convfmt = special_text("CONVFMT");
    const std::string format = values.front().to_text(convfmt);
    values.erase(values.begin());
    return Value::of(format_values(format, values, convfmt));
  }
  if (name == "tolower" || name == "toupper") {
    require(node, 1, 1);
    const std::string text = text_of(*node.kids[0]);
    return Value::of(name == "tolower" ? to_lower(text) : to_upper(text));
  }
  if (name == "system") {
    require(node, 1, 1);
    return Value::of(static_cast<double>(streams_.system(text_of(*node.kids[0]))));
  }
  if (name == "close") {
    require(node, 1, 1);
    return Value::of(static_cast<double>(streams_.close(text_of(*node.kids[0]))));
  }
  if (name == "fflush") {
    streams_.flush();
    return Value::of(0.0);
  }
  if (name == "systime") return Value::of(static_cast<double>(process_.machine.now));
  return mathematics(node);
}

Value Interpreter::mathematics(const Node& node) {
  const std::string& name = node.text;
  if (name == "atan2") {
    require(node, 2, 2);
    const double first = evaluate(*node.kids[0]).to_number();
    return Value::of(std::atan2(first, evaluate(*node.kids[1]).to_number()));
  }
  require(node, 1, 1);
  const double number = evaluate(*node.kids[0]).to_number();
  if (name == "int") return Value::of(std::trunc(number));
  if (name == "sqrt") return Value::of(std::sqrt(number));
  if (name == "exp") return Value::of(std::exp(number));
  if (name == "log") return Value::of(std::log(number));
  if (name == "sin") return Value::of(std::sin(number));
  if (name == "cos") return Value::of(std::cos(number));
  throw Unknown(fmt::format("awk's function '{}'", name));
}

Value Interpreter::length(const Node& node) {
  require(node, 0, 1);
  if (node.kids.empty()) {
    return Value::of(static_cast<double>(record_.whole(special_text("OFS")).size()));
  }
  const Node& kid = *node.kids.front();
  if (kid.kind == Kind::variable) {
    const Cell& variable = cell(kid);
    if (variable.array && variable.value.kind == Value::Kind::none) {
      return Value::of(static_cast<double>(variable.array->size()));
    }
  }
  return Value::of(static_cast<double>(text_of(kid).size()));
}

Value Interpreter::substring(const Node& node) {
  require(node, 2, 3);
  const std::string text = text_of(*node.kids[0]);
  double start = position(evaluate(*node.kids[1]).to_number());
  double size = kMostPosition;
  if (node.kids.size() == 3) {
    size = position(evaluate(*node.kids[2]).to_number());
    // mawk 1.3.4 counts what lies before the text so
    if (start < 1) size -= start;
  }
  start = std::max(start, 1.0);
  if (size <= 0 || start > static_cast<double>(text.size())) return Value::of(std::string());
  return Value::of(
      text.substr(static_cast<std::size_t>(start) - 1, static_cast<std::size_t>(size)));
}

Value Interpreter::match(const Node& node) {
  require(node, 2, 2);
  const std::string text = text_of(*node.kids[0]);
  const auto found = pattern_of(*node.kids[1]).find(text);
  special("RSTART") = Value::of(found ? static_cast<double>(found->begin + 1) : 0.0);
  special("RLENGTH") = Value::of(found ? static_cast<double>(found->size()) : -1.0);
  return special("RSTART");
}

Value Interpreter::split(const Node& node) {
  require(node, 2, 3);
  if (node.kids[1]->kind != Kind::variable) throw Unknown("awk's split without an array");
  const std::string text = text_of(*node.kids[0]);
  std::vector<std::string> parts;
  if (node.kids.size() == 3 && node.kids[2]->kind == Kind::pattern) {
    const Regex& pattern = pattern_of(*node.kids[2]);
    std::size_t start = 0;
    for (std::size_t from = 0; from < text.size();) {
      const auto gap = pattern.find(text, from);
      if (!gap) break;
      from = gap->size() > 0 ? gap->end : gap->end + 1;
      if (gap->size() == 0) continue;
      parts.push_back(text.substr(start, gap->begin - start));
      start = gap->end;
    }
    if (!text.empty()) parts.push_back(text.substr(start));
  } else {
    const std::string separator =
        node.kids.size() == 3 ? text_of(*node.kids[2]) : special_text("FS");
    parts = cut(text, separator);
  }
  const std::shared_ptr<Array> target = array(*node.kids[1]);
  target->clear();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    (*target)[std::to_string(i + 1)] = Value::of_input(std::move(parts[i]));
  }
  return Value::of(static_cast<double>(parts.size()));
}

Value Interpreter::substitute(const Node& node) {
  require(node, 2, 3);
  const Regex* pattern = nullptr;
  std::string dynamic;
  if (node.kids[0]->kind == Kind::pattern) {
    pattern = &pattern_of(*node.kids[0]);
  } else {
    dynamic = text_of(*node.kids[0]);
  }
  const std::string by = text_of(*node.kids[1]);
  Place target{.kind = Kind::field};
  if (node.kids.size() == 3) {
    const Kind kind = node.kids[2]->kind;
    if (kind != Kind::variable && kind != Kind::field && kind != Kind::element) {
      throw Unknown(fmt::format("awk's {} into what is no variable", node.text));
    }
    target = place(*node.kids[2]);
  }
  const std::string text = read(target).to_text(special_text("CONVFMT"));
  if (pattern == nullptr) pattern = &pattern_of(dynamic);
  const bool all = node.text == "gsub";
  std::string result;
  std::size_t at = 0;
  double count = 0;
  std::optional<std::size_t> last_end;
  for (std::size_t from = 0; from <= text.size();) {
    const auto found = pattern->find(text, from);
    if (!found) break;
    from = found->size() > 0 ? found->end : found->end + 1;
    if (found->size() == 0 && last_end == found->begin) continue;
    last_end = found->end;
    result += std::string_view(text).substr(at, found->begin - at);
    result += replacement(by, found->of(text));
    process_.machine.budget.check_size(result.size());
    at = found->end;
    ++count;
    if (!all) break;
  }
  if (count > 0) {
    result += std::string_view(text).substr(at);
    write(target, Value::of(std::move(result)));
  }
  return Value::of(count);
}

}  // namespace stamp::scripts::awk_program
