#include "maintainer-scripts/tools/text_awk_run.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace stamp::scripts::awk_program {

using Kind = Node::Kind;

Interpreter::Interpreter(Process& process, const Program& program)
    : process_(process),
      program_(program),
      streams_(process),
      globals_(program.globals.size()),
      ranges_(program.rules.size()) {
  static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
      {"FS", " "},        {"OFS", " "},        {"ORS", "\n"},    {"RS", "\n"},
      {"SUBSEP", "\034"}, {"CONVFMT", "%.6g"}, {"OFMT", "%.6g"}, {"FILENAME", ""}};
  for (const auto& [name, text] : kTexts) special(name) = Value::of(std::string(text));
  for (const std::string_view name : {"NR", "FNR", "RSTART"}) special(name) = Value::of(0.0);
  special("RLENGTH") = Value::of(-1.0);
  auto environment = std::make_shared<Array>();
  for (const auto& [name, value] : process.environment) {
    (*environment)[name] = Value::of_input(value);
  }
  globals_[static_cast<std::size_t>(program.globals.find("ENVIRON")->second)].array =
      std::move(environment);
}

bool Interpreter::assign_operand(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || is_digit(text.front())) return false;
  const std::string name = text.substr(0, equals);
  if (!std::all_of(name.begin(), name.end(),
                   [](char c) { return is_letter(c) || is_digit(c) || c == '_'; })) {
    return false;
  }
  const auto found = program_.globals.find(name);
  // a variable that the program does not use
  if (found == program_.globals.end()) return true;
  write({.kind = Kind::variable, .index = found->second},
        Value::of_input(unescape(std::string_view(text).substr(equals + 1))));
  return true;
}

void Interpreter::set_separator(const std::string& separator) {
  special("FS") = Value::of(unescape(separator));
}

int Interpreter::run(const std::vector<std::string>& operands) {
  auto words = std::make_shared<Array>();
  (*words)["0"] = Value::of(std::string(process_.name()));
  for (std::size_t i = 0; i < operands.size(); ++i) {
    (*words)[std::to_string(i + 1)] = Value::of_input(operands[i]);
  }
  globals_[static_cast<std::size_t>(program_.globals.find("ARGV")->second)].array =
      std::move(words);
  special("ARGC") = Value::of(static_cast<double>(operands.size() + 1));
  set_record("");
  run_rules(Rule::When::begin);
  const bool reads = std::any_of(program_.rules.begin(), program_.rules.end(),
                                 [](const Rule& r) { return r.when != Rule::When::begin; });
  if (!exiting_ && reads) run_records();
  if (!failed_) {
    exiting_ = false;
    run_rules(Rule::When::end);
  }
  streams_.close_all();
  return status_;
}

void Interpreter::run_rules(Rule::When when) {
  for (const Rule& rule : program_.rules) {
    if (rule.when != when || exiting_) continue;
    run(*rule.action);
  }
}

void Interpreter::run_records() {
  while (auto record = next_record()) {
    set_record(std::move(*record));
    for (std::size_t i = 0; i < program_.rules.size(); ++i) {
      const Rule& rule = program_.rules[i];
      if (rule.when == Rule::When::begin || rule.when == Rule::When::end || !is_selected(i)) {
        continue;
      }
      if (!rule.action) {
        Output& out = streams_.standard_output();
        out.add(record_.whole(special_text("OFS")));
        out.add(special_text("ORS"));
        continue;
      }
      const Flow flow = run(*rule.action);
      if (flow == Flow::next_file) input_.reset();
      if (flow == Flow::next || flow == Flow::next_file || exiting_) break;
    }
    if (exiting_) return;
  }
}

bool Interpreter::is_selected(std::size_t index) {
  const Rule& rule = program_.rules[index];
  if (rule.when == Rule::When::always) return true;
  if (rule.when == Rule::When::pattern) return holds(*rule.first);
  if (!ranges_[index] && !holds(*rule.first)) return false;
  ranges_[index] = !holds(*rule.last);
  return true;
}

Interpreter::Flow Interpreter::run(const Node& node) {
  process_.machine.budget.take_steps();
  switch (node.kind) {
    case Kind::nothing:
      return Flow::normal;
    case Kind::block:
      for (const NodePtr& kid : node.kids) {
        const Flow flow = run(*kid);
        if (flow != Flow::normal) return flow;
      }
      return Flow::normal;
    case Kind::expression:
      evaluate(*node.kids.front());
      break;
    case Kind::if_else:
      if (holds(*node.kids[0])) return exiting_ ? Flow::exit : run_body(*node.kids[1]);
      if (node.kids.size() == 3 && !exiting_) return run_body(*node.kids[2]);
      break;
    case Kind::while_loop:
    case Kind::do_loop:
    case Kind::for_loop:
      return run_loop(node);
    case Kind::for_in:
      return run_for_in(node);
    case Kind::next:
      return Flow::next;
    case Kind::next_file:
      return Flow::next_file;
    case Kind::break_loop:
      return Flow::break_loop;
    case Kind::continue_loop:
      return Flow::continue_loop;
    case Kind::exit:
      if (!node.kids.empty()) {
        status_ = static_cast<int>(evaluate(*node.kids.front()).to_number()) & 0xFF;
      }
      exiting_ = true;
      return Flow::exit;
    case Kind::return_value:
      if (!node.kids.empty()) result_ = evaluate(*node.kids.front());
      return Flow::return_value;
    case Kind::delete_element:
      delete_element(node);
      break;
    default:
      print(node);
  }
  return exiting_ ? Flow::exit : Flow::normal;
}

Interpreter::Flow Interpreter::run_body(const Node& body) {
  const Budget::Level level(process_.machine.budget);
  return run(body);
}

Interpreter::Flow Interpreter::run_loop(const Node& node) {
  const bool is_for = node.kind == Kind::for_loop;
  const bool is_do = node.kind == Kind::do_loop;
  if (is_for) run(*node.kids[0]);
  const Node& test = *node.kids[is_for || is_do ? 1 : 0];
  const Node& body = *node.kids[is_for ? 3 : (is_do ? 0 : 1)];
  bool tested = is_do;
  while (tested || holds(test)) {
    if (exiting_) return Flow::exit;
    tested = false;
    const Flow flow = run_body(body);
    if (flow == Flow::break_loop) break;
    if (flow != Flow::normal && flow != Flow::continue_loop) return flow;
    if (is_for) run(*node.kids[2]);
  }
  return exiting_ ? Flow::exit : Flow::normal;
}

Interpreter::Flow Interpreter::run_for_in(const Node& node) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : *array(*node.kids[1])) keys.push_back(key);
  for (std::string& key : keys) {
    write(place(*node.kids[0]), Value::of_input(std::move(key)));
    const Flow flow = run_body(*node.kids[2]);
    if (flow == Flow::break_loop) break;
    if (flow != Flow::normal && flow != Flow::continue_loop) return flow;
  }
  return Flow::normal;
}

void Interpreter::delete_element(const Node& node) {
  if (node.kids.size() == 1) {
    array(*node.kids.front())->clear();
    return;
  }
  const std::string key = key_of(node, 1);
  array(*node.kids.front())->erase(key);
}

void Interpreter::print(const Node& node) {
  std::vector<Value> values;
  for (const NodePtr& kid : node.kids) values.push_back(evaluate(*kid));
  if (exiting_) return;
  std::string target;
  if (node.operation != ' ') {
    target = values.back().to_text(special_text("CONVFMT"));
    values.pop_back();
  }
  std::string text;
  if (node.kind == Kind::printf) {
    const std::string convfmt = special_text("CONVFMT");
    const std::string format = values.front().to_text(convfmt);
    values.erase(values.begin());
    text = format_values(format, values, convfmt);
  } else {
    if (values.empty()) text = record_.whole(special_text("OFS"));
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text += special_text("OFS");
      text += values[i].to_text(special_text("OFMT"));
    }
    text += special_text("ORS");
  }
  if (node.operation == ' ') {
    streams_.standard_output().add(text);
  } else {
    streams_.write(node.operation, target, text);
  }
}

}  // namespace stamp::scripts::awk_program
