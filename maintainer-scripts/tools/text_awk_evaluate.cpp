#include <cmath>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/tools/text_awk_run.h"

namespace stamp::scripts::awk_program {

using Kind = Node::Kind;

namespace {

constexpr std::size_t kMostPatterns = 500;

Value truth(bool value) {
  return Value::of(value ? 1.0 : 0.0);
}

bool holds_comparison(char operation, int order) {
  switch (operation) {
    case '<':
      return order < 0;
    case 'l':
      return order <= 0;
    case '>':
      return order > 0;
    case 'g':
      return order >= 0;
    case '=':
      return order == 0;
    default:
      return order != 0;
  }
}

}  // namespace

const Regex& Interpreter::pattern_of(const std::string& text) {
  const auto found = patterns_.find(text);
  if (found != patterns_.end()) return found->second;
  if (patterns_.size() == kMostPatterns) patterns_.clear();
  return patterns_
      .try_emplace(text, Regex(process_.machine.budget, libc_pattern(text),
                               {.syntax = Regex::Syntax::extended}))
      .first->second;
}

const Regex& Interpreter::pattern_of(const Node& node) {
  if (node.kind == Kind::pattern) return program_.patterns[static_cast<std::size_t>(node.index)];
  if (node.kind == Kind::group) return pattern_of(*node.kids.front());
  return pattern_of(text_of(node));
}

bool Interpreter::holds(const Node& node) {
  return evaluate(node).is_true();
}

Value Interpreter::evaluate(const Node& node) {
  process_.machine.budget.take_steps();
  switch (node.kind) {
    case Kind::number:
      return Value::of(node.number);
    case Kind::text:
      return Value::of(node.text);
    case Kind::pattern:
      return truth(pattern_of(node).matches(record_.whole(special_text("OFS"))));
    case Kind::variable:
    case Kind::field:
    case Kind::element:
      return read(place(node));
    case Kind::assign:
      return assign(node);
    case Kind::increment:
      return increment(node);
    case Kind::call:
      return call(node);
    case Kind::builtin:
      return builtin(node);
    case Kind::getline:
      return getline(node);
    case Kind::group:
      return evaluate(*node.kids.front());
    default:
      return evaluate_operation(node);
  }
}

Value Interpreter::evaluate_operation(const Node& node) {
  const Node& left = *node.kids.front();
  const auto right = [&node]() -> const Node& { return *node.kids[1]; };
  switch (node.kind) {
    case Kind::conditional:
      return evaluate(holds(left) ? right() : *node.kids[2]);
    case Kind::logical_or:
      return truth(holds(left) || holds(right()));
    case Kind::logical_and:
      return truth(holds(left) && holds(right()));
    case Kind::negate:
      return truth(!holds(left));
    case Kind::membership: {
      const std::string key = key_of(node, 1);
      return truth(array(left)->count(key) > 0);
    }
    case Kind::match: {
      const std::string text = text_of(left);
      return truth(pattern_of(right()).matches(text) == (node.operation == '~'));
    }
    case Kind::compare: {
      const Value first = evaluate(left);
      const Value second = evaluate(right());
      return truth(
          holds_comparison(node.operation, compare(first, second, special_text("CONVFMT"))));
    }
    case Kind::concatenate: {
      std::string text = text_of(left);
      text += text_of(right());
      process_.machine.budget.check_size(text.size());
      return Value::of(std::move(text));
    }
    case Kind::arithmetic: {
      const double first = evaluate(left).to_number();
      return arithmetic(node.operation, first, evaluate(right()).to_number());
    }
    case Kind::unary: {
      const double number = evaluate(left).to_number();
      return Value::of(node.operation == '-' ? -number : number);
    }
    default:
      throw Unknown("an expression of awk");
  }
}

Value Interpreter::arithmetic(char operation, double left, double right) const {
  switch (operation) {
    case '+':
      return Value::of(left + right);
    case '-':
      return Value::of(left - right);
    case '*':
      return Value::of(left * right);
    case '/':
      return Value::of(left / right);
    case '%':
      return Value::of(std::fmod(left, right));
    default:
      return Value::of(std::pow(left, right));
  }
}

Value Interpreter::assign(const Node& node) {
  const Place target = place(*node.kids[0]);
  Value value = evaluate(*node.kids[1]);
  if (node.operation != '=') {
    value = arithmetic(node.operation, read(target).to_number(), value.to_number());
  }
  write(target, value);
  return value;
}

Value Interpreter::increment(const Node& node) {
  const Place target = place(*node.kids[0]);
  const double before = read(target).to_number();
  const bool down = node.operation == '-' || node.operation == 'm';
  const double after = before + (down ? -1 : 1);
  write(target, Value::of(after));
  const bool behind = node.operation == 'p' || node.operation == 'm';
  return Value::of(behind ? before : after);
}

Value Interpreter::call(const Node& node) {
  const Budget::Level level(process_.machine.budget);
  const Function& function = program_.functions[static_cast<std::size_t>(node.index)];
  if (node.kids.size() > function.parameters) {
    throw Unknown(fmt::format("too many values for awk function '{}'", function.name));
  }
  std::vector<Cell> frame(function.parameters);
  for (std::size_t i = 0; i < node.kids.size(); ++i) {
    const Node& kid = *node.kids[i];
    frame[i].value = evaluate(kid);
    // a variable without a value may become an array there
    if (kid.kind == Kind::variable && frame[i].value.kind == Value::Kind::none) {
      frame[i].array = array(kid);
    }
  }
  frames_.push_back(std::move(frame));
  result_ = {};
  run(*function.body);
  frames_.pop_back();
  return std::exchange(result_, {});
}

Value Interpreter::getline(const Node& node) {
  const bool from_source = node.operation != ' ';
  const Node* target =
      node.kids.size() > (from_source ? 1U : 0U) ? node.kids.back().get() : nullptr;
  std::optional<std::string> record;
  if (from_source) {
    Records* source = streams_.source(node.operation, text_of(*node.kids.front()));
    if (source == nullptr) return Value::of(-1.0);
    record = read_from(*source);
    if (record && node.operation == '|') {
      Value& count = special("NR");
      count = Value::of(count.to_number() + 1);
    }
  } else {
    record = next_record();
  }
  if (!record) return Value::of(0.0);
  if (target == nullptr) {
    set_record(std::move(*record));
  } else {
    write(place(*target), Value::of_input(std::move(*record)));
  }
  return Value::of(1.0);
}

}  // namespace stamp::scripts::awk_program
