#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tools/text_awk.h"
#include "maintainer-scripts/tools/text_awk_streams.h"
#include "maintainer-scripts/tools/text_awk_value.h"

namespace stamp::scripts::awk_program {

/// The record that is worked on, and its fields: each follows from the other when it is changed.
class Record {
 public:
  /// Sets $0; it will be cut by `separator`, which is FS at this moment.
  void set(std::string text, std::string separator);
  bool is_split() const { return split_; }
  const std::string& text() const { return text_; }
  const std::string& separator() const { return separator_; }
  /// What cutting it gave.
  void set_fields(std::vector<std::string> fields);

  std::size_t count() const { return fields_.size(); }
  std::string field(std::size_t number) const;
  /// Sets field `number`, from 1; $0 follows.
  void set_field(std::size_t number, std::string text);
  void set_count(std::size_t count);
  /// $0, put together with `between` when a field was changed.
  const std::string& whole(const std::string& between);

 private:
  std::string text_;
  std::string separator_ = " ";
  bool split_ = true;
  bool joined_ = true;
  std::vector<std::string> fields_;
};

/// Runs a program.
class Interpreter {
 public:
  Interpreter(Process& process, const Program& program);

  /// "-v name=value", or such an operand. False when `text` is no assignment.
  bool assign_operand(const std::string& text);
  void set_separator(const std::string& separator);
  int run(const std::vector<std::string>& operands);

 private:
  enum class Flow { normal, break_loop, continue_loop, next, next_file, exit, return_value };
  /// Where a value is put.
  struct Place {
    Node::Kind kind = Node::Kind::variable;
    int index = 0;
    std::size_t field = 0;
    std::shared_ptr<Array> array;
    std::string key;
  };

  // text_awk_run.cpp: rules and statements
  void run_rules(Rule::When when);
  void run_records();
  bool is_selected(std::size_t rule);
  Flow run(const Node& node);
  Flow run_loop(const Node& node);
  Flow run_for_in(const Node& node);
  Flow run_body(const Node& body);
  void print(const Node& node);
  void delete_element(const Node& node);

  // text_awk_evaluate.cpp: expressions
  Value evaluate(const Node& node);
  Value evaluate_operation(const Node& node);
  Value arithmetic(char operation, double left, double right) const;
  bool holds(const Node& node);
  Value assign(const Node& node);
  Value increment(const Node& node);
  Value call(const Node& node);
  Value getline(const Node& node);
  const Regex& pattern_of(const Node& node);
  const Regex& pattern_of(const std::string& text);

  // text_awk_builtins.cpp
  Value builtin(const Node& node);
  Value length(const Node& node);
  Value substring(const Node& node);
  Value match(const Node& node);
  Value split(const Node& node);
  Value substitute(const Node& node);
  Value mathematics(const Node& node);

  // text_awk_variables.cpp
  Cell& cell(const Node& node);
  std::shared_ptr<Array> array(const Node& node);
  std::string key_of(const Node& node, std::size_t first);
  Place place(const Node& node);
  Value read(const Place& place);
  void write(const Place& place, Value value);
  void set_record(std::string text);
  void split_record();
  std::vector<std::string> cut(std::string_view text, const std::string& separator);
  std::optional<std::string> next_record();
  bool open_next_operand();
  std::optional<std::string> read_from(Records& records);
  Value& special(std::string_view name);
  std::string special_text(std::string_view name);
  std::string text_of(const Node& node) { return evaluate(node).to_text(special_text("CONVFMT")); }

  Process& process_;
  const Program& program_;
  Streams streams_;
  std::vector<Cell> globals_;
  std::vector<std::vector<Cell>> frames_;
  std::map<std::string, Regex> patterns_;
  std::vector<bool> ranges_;
  Record record_;
  Value result_;
  std::unique_ptr<Records> input_;
  std::size_t operand_ = 1;
  bool had_file_ = false;
  bool exiting_ = false;
  bool failed_ = false;
  int status_ = 0;
};

}  // namespace stamp::scripts::awk_program
