// Lists, pipelines and compound commands.

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/diagnostic.h"
#include "base/interrupt.h"
#include "maintainer-scripts/shell/condition.h"
#include "maintainer-scripts/shell/expansion.h"
#include "maintainer-scripts/shell/expansion_bash.h"
#include "maintainer-scripts/shell/parameters.h"
#include "maintainer-scripts/shell/pattern.h"
#include "maintainer-scripts/shell/redirection.h"
#include "maintainer-scripts/shell/shell.h"

namespace stamp::scripts::shell {
namespace {

constexpr std::size_t kShownCommand = 200;
constexpr std::string_view kBare =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%^";

/// Words as a shell would read them back.
std::string shown(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    if (!word.empty() && word.find_first_not_of(kBare) == std::string::npos) {
      out += word;
    } else {
      out += '\'';
      for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
      out += '\'';
    }
    if (out.size() > kShownCommand) break;
  }
  return printable(out, kShownCommand);
}

/// A command as it is written, from its column to the end of the line.
std::string as_written(std::string_view line, std::size_t column) {
  std::size_t begin = 0;
  for (; begin < line.size() && column > 1; --column) {
    ++begin;
    while (begin < line.size() && (static_cast<unsigned char>(line[begin]) & 0xC0U) == 0x80U) {
      ++begin;
    }
  }
  return printable(line.substr(begin), kShownCommand);
}

}  // namespace

int Shell::execute(const List& list, Checked checked) {
  if (list.items.empty()) return state_.status;
  int status = 0;
  for (const List::Item& item : list.items) {
    if (item.background) {
      const Position place = item.command->position;
      throw located(Unknown("a command in the background"), place, {});
    }
    status = execute(*item.command, checked);
    if (skip_ != Skip::none) break;
  }
  return status;
}

int Shell::execute(const Command& command, Checked checked) {
  if (state_.options.has('n')) return state_.status;
  throw_if_interrupted();
  Words words;
  try {
    const Budget::Level level(budget());
    budget().take_steps();
    return execute_node(command, checked, words);
  } catch (const Error& error) {
    throw located(error, command.position, words);
  }
}

/// The error with the place of the innermost command, which is the first that it passes.
Error Shell::located(const Error& error, Position place, const Words& words) const {
  const bool has_place = !error.details().input.empty() || !error.details().during.empty();
  if (has_place || error.kind() != ErrorKind::invalid) return error;
  const std::string line = source_->line(place.line);
  Diagnostic excerpt{.column = place.column, .source_line = line};
  const std::string drawn = render(excerpt);
  const std::size_t newline = drawn.find('\n');
  ErrorDetails details = error.details();
  details.input = fmt::format("{}, line {}, column {}", source_->name, place.line, place.column);
  return Error(ErrorKind::invalid,
               fmt::format("cannot evaluate '{}': {}{}",
                           words.empty() ? as_written(line, place.column) : shown(words),
                           printable(error.headline()),
                           newline == std::string::npos ? "" : drawn.substr(newline)),
               std::move(details));
}

int Shell::execute_node(const Command& command, Checked checked, Words& words) {
  line_ = command.position.line;
  bool ends_shell = false;  // whether `set -e` looks at the status
  int status = 0;
  if (std::holds_alternative<SimpleCommand>(command.node)) {
    status = execute_simple(command, checked, words);
    ends_shell = true;
  } else if (command.redirections.empty()) {
    status = execute_compound(command, checked);
    const auto* pipeline = std::get_if<Pipeline>(&command.node);
    ends_shell = std::holds_alternative<Subshell>(command.node) ||
                 std::holds_alternative<Conditional>(command.node) ||
                 std::holds_alternative<ArithmeticCommand>(command.node) ||
                 (pipeline != nullptr && !pipeline->negated);
  } else {
    Redirected redirected(*this, command.redirections);
    status = redirected.status();
    ends_shell = status != 0 || std::holds_alternative<Subshell>(command.node) ||
                 std::holds_alternative<Conditional>(command.node) ||
                 std::holds_alternative<ArithmeticCommand>(command.node);
    if (status == 0) status = execute_compound(command, checked);
  }
  state_.status = status;
  if (status != 0 && ends_shell && checked == Checked::yes && state_.options.has('e')) {
    throw Exit{.status = status, .reason = Exit::Reason::failed};
  }
  return status;
}

int Shell::execute_compound(const Command& command, Checked checked) {
  struct Visitor {
    Shell& shell;
    Checked checked;

    int operator()(const SimpleCommand&) const { return 0; }
    int operator()(const Pipeline& node) const { return shell.execute_pipeline(node, checked); }
    int operator()(const AndOr& node) const { return shell.execute_and_or(node, checked); }
    int operator()(const BraceGroup& node) const { return shell.execute(node.body, checked); }
    int operator()(const Subshell& node) const {
      return shell.in_subshell(shell.state_.files,
                               [&](Shell& subshell) { subshell.execute(node.body, checked); });
    }
    int operator()(const If& node) const { return shell.execute_if(node, checked); }
    int operator()(const Loop& node) const { return shell.execute_loop(node, checked); }
    int operator()(const For& node) const { return shell.execute_for(node, checked); }
    int operator()(const Case& node) const { return shell.execute_case(node, checked); }
    int operator()(const FunctionDefinition& node) const {
      shell.state_.functions.insert_or_assign(
          node.name, Function{.name = node.name, .body = node.body, .source = node.source});
      return 0;
    }
    int operator()(const Conditional& node) const {
      return evaluate_condition(shell, node.condition) ? 0 : 1;
    }
    int operator()(const ArithmeticCommand& node) const {
      return evaluate(shell, expand_arithmetic(shell, node.expression)) != 0 ? 0 : 1;
    }
    int operator()(const NotKnownCommand& node) const {
      throw Unknown(fmt::format("{} is not known", node.what));
    }
  };
  return std::visit(Visitor{.shell = *this, .checked = checked}, command.node);
}

int Shell::execute_and_or(const AndOr& node, Checked checked) {
  const auto checked_at = [&](std::size_t index) {
    return index == node.rest.size() ? checked : Checked::no;
  };
  int status = execute(*node.first, Checked::no);
  for (std::size_t i = 0; i < node.rest.size() && skip_ == Skip::none; ++i) {
    const bool wants_success = node.rest[i].operation == AndOr::Operator::and_if;
    if ((status == 0) == wants_success) status = execute(*node.rest[i].command, checked_at(i + 1));
  }
  return status;
}

/// The commands run one after the other, each with what the one before it wrote.
int Shell::execute_pipeline(const Pipeline& node, Checked checked) {
  if (node.commands.size() == 1) {
    const int status = execute(*node.commands[0], Checked::no);
    const bool is_kept = skip_ == Skip::leave_function || (skip_ != Skip::none && !is_bash());
    return is_kept ? status : (status == 0 ? 1 : 0);
  }
  const Checked inner = node.negated ? Checked::no : checked;
  std::shared_ptr<Buffer> pipe;
  int status = 0;
  int failed = 0;
  for (const CommandPointer& command : node.commands) {
    Descriptors files = state_.files;
    if (pipe) files[0] = pipe;
    pipe.reset();
    if (command != node.commands.back()) {
      pipe = std::make_shared<Buffer>();
      files[1] = pipe;
    }
    status =
        in_subshell(std::move(files), [&](Shell& subshell) { subshell.execute(*command, inner); });
    if (status != 0) failed = status;
  }
  if (state_.options.has(kPipefail)) status = failed;
  return node.negated ? (status == 0 ? 1 : 0) : status;
}

int Shell::execute_if(const If& node, Checked checked) {
  for (const If::Branch& branch : node.branches) {
    const int status = execute(branch.condition, Checked::no);
    if (skip_ != Skip::none) return status;
    if (status == 0) return execute(branch.body, checked);
  }
  return node.otherwise.items.empty() ? 0 : execute(node.otherwise, checked);
}

/// Whether the innermost loop ends; counts it off what break and continue leave.
bool Shell::leaves_loop() {
  if (skip_ == Skip::none) return false;
  if (skip_ == Skip::leave_function) return true;
  if (--skip_count_ > 0) return true;
  return std::exchange(skip_, Skip::none) == Skip::leave_loop;
}

int Shell::execute_loop(const Loop& node, Checked checked) {
  int status = 0;
  ++loops_;
  while (true) {
    budget().take_steps();
    const int condition = execute(node.condition, Checked::no);
    const bool skipped = skip_ != Skip::none;
    if (leaves_loop()) {
      if (skip_ == Skip::leave_function) status = condition;
      break;
    }
    if (skipped) continue;
    if ((condition == 0) != (node.kind == Loop::Kind::loop_while)) break;
    status = execute(node.body, checked);
    if (leaves_loop()) break;
  }
  --loops_;
  return status;
}

int Shell::execute_for(const For& node, Checked checked) {
  Words words;
  if (node.has_words) {
    for (const Word& word : node.words) expand_fields(*this, word, words);
  } else {
    const Positional& positional = state_.positional;
    words.assign(positional.values.begin() + static_cast<std::ptrdiff_t>(positional.shifted),
                 positional.values.end());
  }
  int status = 0;
  ++loops_;
  for (std::string& word : words) {
    budget().take_steps();
    assign(node.name, std::move(word));
    status = execute(node.body, checked);
    if (leaves_loop()) break;
  }
  --loops_;
  return status;
}

bool Shell::matches_item(const Case::Item& item, const std::string& subject) {
  for (const Word& word : item.patterns) {
    const std::string text = expand_pattern(*this, word);
    const bool is_pattern = has_pattern(text) || text.find('\\') != std::string::npos;
    if (is_pattern) check_characters(*this, text, subject);
    if (is_pattern ? Pattern(text).matches(subject, budget()) : text == subject) return true;
  }
  return false;
}

int Shell::execute_case(const Case& node, Checked checked) {
  const std::string subject = expand_text(*this, node.subject);
  int status = 0;
  bool runs = false;
  for (const Case::Item& item : node.items) {
    if (!runs && !matches_item(item, subject)) continue;
    status = item.body.items.empty() ? 0 : execute(item.body, checked);
    if (item.ending == Case::Ending::leave || skip_ != Skip::none) return status;
    runs = item.ending == Case::Ending::run_next;
  }
  return status;
}

}  // namespace stamp::scripts::shell
