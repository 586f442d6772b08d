#include "maintainer-scripts/shell/expansion.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/expansion_bash.h"
#include "maintainer-scripts/shell/fields.h"
#include "maintainer-scripts/shell/parameters.h"
#include "maintainer-scripts/shell/pathnames.h"
#include "maintainer-scripts/shell/pattern.h"

namespace stamp::scripts::shell {
namespace {

enum class Splitting { no, yes };
enum class Quotes { no, yes };
/// Whether unquoted text is the script's, or an operand of a parameter, which is split too.
enum class TextOf { word, operand };

// How a byte of the text came about.
constexpr char kPlain = ' ';
constexpr char kQuoted = 'q';
constexpr char kMark = 'm';  ///< no byte: says that there were quotes, so that a field is there

struct Context {
  Quotes quotes = Quotes::no;
  TextOf text_of = TextOf::word;
};

void take_steps_for(Shell& shell, std::string_view text) {
  shell.budget().take_steps(text.size() / kBytesOfOneStep);
}

/// The expansion of one word: its text, with how each byte came about and what is to be split.
class Expansion {
 public:
  Expansion(Shell& shell, Splitting splitting, WordUse use)
      : shell_(shell), splitting_(splitting), use_(use) {}

  void add(const std::vector<Part>& parts, Context context) {
    for (const Part& part : parts) {
      std::visit([&](const auto& node) { add(node, context); }, part.node);
      shell_.budget().check_size(text_.size());
    }
  }

  void take_fields(std::vector<std::string>& fields) const;
  std::string take_text() const {
    take_steps_for(shell_, text_);
    return text_of({.begin = 0, .end = text_.size()});
  }
  std::string take_expression() const;
  std::string take_pattern() const {
    take_steps_for(shell_, text_);
    return pattern_of({.begin = 0, .end = text_.size()});
  }

 private:
  void append(std::string_view bytes, char mark) {
    text_.append(bytes);
    marks_.append(bytes.size(), mark);
  }
  /// What an expansion came to.
  void append_value(std::string_view bytes, Context context) {
    const std::size_t begin = text_.size();
    append(bytes, context.quotes == Quotes::yes ? kQuoted : kPlain);
    if (context.quotes == Quotes::no) split_from(begin);
  }
  void split_from(std::size_t begin) {
    if (text_.size() > begin) regions_.push_back({.begin = begin, .end = text_.size()});
  }

  void add(const Literal& node, Context context) {
    const std::size_t begin = text_.size();
    append(node.text, kPlain);
    if (context.text_of == TextOf::operand && context.quotes == Quotes::no) split_from(begin);
  }
  void add(const Quoted& node, Context context) {
    if (context.quotes == Quotes::no) append("\1", kMark);
    append(node.text, kQuoted);
  }
  void add(const DoubleQuoted& node, Context context);
  void add(const Tilde& node, Context context);
  void add(const Parameter& node, Context context);
  void add(const CommandSubstitution& node, Context context) {
    append_value(shell_.substitute(*node.body), context);
  }
  void add(const Arithmetic& node, Context context);
  void add(const NotKnown& node, Context) {
    throw Unknown(fmt::format("{} is not known", node.what));
  }

  void add_parameter_value(const Parameter& node, Context context);
  void add_all_parameters(const Parameter& node, Context context);
  std::string trimmed(const Parameter& node, std::string_view value);
  bool is_missing(const Parameter& node, Context context) const;
  [[noreturn]] void fail_unset(const Parameter& node, std::string_view message);
  std::string text_of(Span span) const;
  std::string pattern_of(Span span) const;
  bool has_plain_pattern(Span span) const;
  std::vector<std::string> paths_of(Span span) const;

  Shell& shell_;
  Splitting splitting_;
  WordUse use_;
  std::string text_;
  std::string marks_;
  std::vector<Region> regions_;
};

void Expansion::add(const DoubleQuoted& node, Context context) {
  const Budget::Level level(shell_.budget());
  const auto* only = node.parts.size() == 1 ? std::get_if<Parameter>(&node.parts[0].node) : nullptr;
  const bool is_all = only != nullptr && only->name == "@" &&
                      (only->operation == ParameterOperator::none ||
                       only->operation == ParameterOperator::substring);
  // "$@" makes no field where there are no parameters
  if (!is_all) append("\1", kMark);
  context.quotes = Quotes::yes;
  add(node.parts, context);
}

void Expansion::add(const Tilde& node, Context) {
  const std::string as_written = "~" + node.user;
  if (node.in_assignment && use_ != WordUse::assignment && !shell_.is_bash()) {
    append(as_written, kPlain);
    return;
  }
  const std::optional<std::string> home = home_of(shell_, node.user);
  if (home) {
    append(*home, kQuoted);
  } else {
    append(as_written, kPlain);
  }
}

void Expansion::add(const Arithmetic& node, Context context) {
  const Budget::Level level(shell_.budget());
  append_value(std::to_string(evaluate(shell_, expand_arithmetic(shell_, node))), context);
}

bool Expansion::is_missing(const Parameter& node, Context context) const {
  if (node.name == "@" || node.name == "*") {
    const Positional& positional = shell_.state().positional;
    if (shell_.is_bash()) {
      if (positional.count() == 0) return true;
      if (node.colon && !has_plain_ifs(shell_)) throw Unknown("'${*:…}' with IFS");
    }
    if (!node.colon) return false;
    if (positional.count() > 1) {
      // what stands between them counts, unless IFS is empty
      const std::string* separators = shell_.variables().find("IFS");
      const bool apart =
          splitting_ == Splitting::yes && (context.quotes == Quotes::no || node.name == "@");
      if (apart || separators == nullptr || !separators->empty()) return false;
    }
    for (std::size_t i = 1; i <= positional.count(); ++i) {
      if (!positional.at(i)->empty()) return false;
    }
    return true;
  }
  const std::optional<std::string> value = parameter_value(shell_, node.name);
  return !value || (node.colon && value->empty());
}

void Expansion::fail_unset(const Parameter& node, std::string_view message) {
  const std::string text = fmt::format("{}: {}", node.name, message);
  if (shell_.is_bash()) shell_.leave(text, shell_.state().options.has('c') ? 127 : 1);
  shell_.fail(text);
}

void Expansion::add(const Parameter& node, Context context) {
  const Budget::Level level(shell_.budget());
  shell_.budget().take_steps();
  Context operand = context;
  operand.text_of = TextOf::operand;
  switch (node.operation) {
    case ParameterOperator::bad:
      if (shell_.is_bash()) throw Unknown(fmt::format("this form of '${{{}…}}'", node.name));
      shell_.fail("Bad substitution");
    case ParameterOperator::default_value:
      if (is_missing(node, context)) return add(node.word.parts, operand);
      return add_parameter_value(node, context);
    case ParameterOperator::alternative:
      if (!is_missing(node, context)) add(node.word.parts, operand);
      return;
    case ParameterOperator::assign:
      if (is_missing(node, context)) {
        shell_.assign(node.name, expand_text(shell_, node.word));
      }
      return add_parameter_value(node, context);
    case ParameterOperator::error:
      if (is_missing(node, context)) {
        if (node.word.parts.empty()) {
          fail_unset(node, node.colon ? "parameter not set or null" : "parameter not set");
        }
        fail_unset(node, expand_text(shell_, node.word));
      }
      return add_parameter_value(node, context);
    default:
      return add_parameter_value(node, context);
  }
}

void Expansion::add_parameter_value(const Parameter& node, Context context) {
  const bool is_all = node.name == "@" || node.name == "*";
  if (is_all && node.operation != ParameterOperator::length) {
    return add_all_parameters(node, context);
  }
  std::optional<std::string> value = is_all ? std::optional<std::string>(joined_parameters(shell_))
                                            : parameter_value(shell_, node.name);
  if (!value) {
    if (shell_.state().options.has('u')) fail_unset(node, "parameter not set");
    if (node.operation != ParameterOperator::length) return;
    value.emplace();
  }
  take_steps_for(shell_, *value);
  switch (node.operation) {
    case ParameterOperator::length:
      if (is_all && shell_.is_bash()) {
        value = std::string(shell_.state().positional.count(), ' ');
      }
      check_characters(shell_, "?", *value);
      return append_value(std::to_string(value->size()), context);
    case ParameterOperator::shortest_prefix:
    case ParameterOperator::longest_prefix:
    case ParameterOperator::shortest_suffix:
    case ParameterOperator::longest_suffix:
      return append_value(trimmed(node, *value), context);
    case ParameterOperator::substring:
    case ParameterOperator::replace_first:
    case ParameterOperator::replace_all:
    case ParameterOperator::replace_prefix:
    case ParameterOperator::replace_suffix:
    case ParameterOperator::upper_case:
    case ParameterOperator::lower_case:
    case ParameterOperator::indirect:
      return append_value(value_of_bash(shell_, node, *value), context);
    default:
      return append_value(*value, context);
  }
}

/// $@ and $*: in quotes and where fields are wanted, $@ keeps the parameters apart.
void Expansion::add_all_parameters(const Parameter& node, Context context) {
  switch (node.operation) {
    case ParameterOperator::shortest_prefix:
    case ParameterOperator::longest_prefix:
    case ParameterOperator::shortest_suffix:
    case ParameterOperator::longest_suffix:
    case ParameterOperator::replace_first:
    case ParameterOperator::replace_all:
    case ParameterOperator::replace_prefix:
    case ParameterOperator::replace_suffix:
    case ParameterOperator::upper_case:
    case ParameterOperator::lower_case:
      throw Unknown(fmt::format("taking a part of '${}'", node.name));
    default:
      break;
  }
  const bool quoted = context.quotes == Quotes::yes;
  const bool apart = splitting_ == Splitting::yes && (!quoted || node.name == "@");
  const std::string* separators = shell_.variables().find("IFS");
  std::string between(1, '\0');
  if (!apart) between = separators == nullptr ? " " : separators->substr(0, 1);
  const Positional& positional = shell_.state().positional;
  if (shell_.is_bash() && !has_plain_ifs(shell_)) {
    if (apart && !quoted) throw Unknown("'$*' and '$@' outside quotes, with IFS");
    if (!apart && node.name == "@") between = " ";
  }
  const NumberRange range = node.operation == ParameterOperator::substring
                                ? range_of_bash(shell_, node, positional.count())
                                : NumberRange{1, positional.count() + 1};
  const std::size_t begin = text_.size();
  for (std::size_t i = range.begin; i < range.end; ++i) {
    append(*positional.at(i), quoted ? kQuoted : kPlain);
    if (i + 1 < range.end) append(between, kPlain);
    shell_.budget().check_size(text_.size());
  }
  if (!quoted) {
    split_from(begin);
  } else if (apart && range.begin < range.end) {
    regions_.push_back({.begin = begin, .end = text_.size(), .only_nul = true});
  }
}

std::string Expansion::trimmed(const Parameter& node, std::string_view value) {
  const std::string text = expand_pattern(shell_, node.word);
  check_characters(shell_, text, value);
  const Pattern pattern(text);
  Budget& budget = shell_.budget();
  std::optional<std::size_t> length;
  switch (node.operation) {
    case ParameterOperator::shortest_prefix:
      length = pattern.shortest_prefix(value, budget);
      break;
    case ParameterOperator::longest_prefix:
      length = pattern.longest_prefix(value, budget);
      break;
    case ParameterOperator::shortest_suffix:
      length = pattern.shortest_suffix(value, budget);
      return std::string(value.substr(0, value.size() - length.value_or(0)));
    default:
      length = pattern.longest_suffix(value, budget);
      return std::string(value.substr(0, value.size() - length.value_or(0)));
  }
  return std::string(value.substr(length.value_or(0)));
}

std::string Expansion::text_of(Span span) const {
  std::string text;
  text.reserve(span.end - span.begin);
  for (std::size_t i = span.begin; i < span.end; ++i) {
    if (marks_[i] != kMark) text += text_[i];
  }
  return text;
}

bool Expansion::has_plain_pattern(Span span) const {
  for (std::size_t i = span.begin; i < span.end; ++i) {
    const char c = text_[i];
    if ((c == '*' || c == '?' || c == '[') && marks_[i] == kPlain) return true;
  }
  return false;
}

std::string Expansion::pattern_of(Span span) const {
  std::string pattern;
  pattern.reserve(span.end - span.begin);
  bool escaped = false;  // by a backslash that an expansion brought
  for (std::size_t i = span.begin; i < span.end; ++i) {
    const char c = text_[i];
    if (marks_[i] == kMark) {
      escaped = false;
      continue;
    }
    if (marks_[i] == kPlain) {
      // [^…] is what only bash has
      const bool negates = c == '^' && shell_.is_bash() && pattern.ends_with('[') &&
                           !pattern.ends_with("\\[") && !pattern.ends_with("[[");
      if (negates) {
        pattern += '!';
        escaped = false;
        continue;
      }
      escaped = c == '\\';
      pattern += c;
      continue;
    }
    const bool special = c == '*' || c == '?' || c == '[' || c == ']' || c == '\\' || c == '-' ||
                         c == '!' || c == '^' || c == '/' || c == '~';
    if (special && !escaped) pattern += '\\';
    pattern += c;
    escaped = false;
  }
  return pattern;
}

std::string Expansion::take_expression() const {
  std::string expression;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (marks_[i] == kMark) continue;
    const bool special =
        std::string_view("\\^$.|?*+()[]{}").find(text_[i]) != std::string_view::npos;
    if (marks_[i] == kQuoted && special) expression += '\\';
    expression += text_[i];
  }
  return expression;
}

/// The paths that a field names when it is taken for a pattern.
std::vector<std::string> Expansion::paths_of(Span span) const {
  std::vector<std::string> names = expand_pathnames(shell_.machine().tree, shell_.budget(),
                                                    shell_.state().directory, pattern_of(span));
  if (!shell_.is_bash()) return names;
  std::erase_if(names, [](const std::string& name) {
    const std::string_view last = std::string_view(name).substr(name.rfind('/') + 1);
    return last == "." || last == "..";
  });
  return names;
}

void Expansion::take_fields(std::vector<std::string>& fields) const {
  take_steps_for(shell_, text_);
  const std::string* separators = shell_.variables().find("IFS");
  const std::vector<Span> spans = split_fields(
      text_, regions_, separators == nullptr ? std::string_view(" \t\n") : *separators);
  for (const Span span : spans) {
    shell_.budget().take_steps();
    std::vector<std::string> names;
    if (has_plain_pattern(span) && !shell_.state().options.has('f')) names = paths_of(span);
    if (names.empty()) names.push_back(text_of(span));
    fields.insert(fields.end(), std::make_move_iterator(names.begin()),
                  std::make_move_iterator(names.end()));
  }
}

/// The text of a word without anything to expand; null when there is.
const std::string* plain_text(const Word& word) {
  if (word.parts.size() != 1) return nullptr;
  if (const auto* quoted = std::get_if<Quoted>(&word.parts[0].node)) return &quoted->text;
  const auto* literal = std::get_if<Literal>(&word.parts[0].node);
  if (literal == nullptr || literal->text.find_first_of("*?[") != std::string::npos) return nullptr;
  return &literal->text;
}

}  // namespace

void expand_fields(Shell& shell, const Word& word, std::vector<std::string>& fields) {
  if (const std::string* text = plain_text(word)) {
    take_steps_for(shell, *text);
    fields.push_back(*text);
    return;
  }
  Expansion expansion(shell, Splitting::yes, WordUse::field);
  expansion.add(word.parts, {});
  expansion.take_fields(fields);
}

std::string expand_text(Shell& shell, const Word& word, WordUse use) {
  if (word.parts.empty()) return {};
  if (const std::string* text = plain_text(word)) {
    take_steps_for(shell, *text);
    return *text;
  }
  Expansion expansion(shell, Splitting::no, use);
  expansion.add(word.parts, {});
  return expansion.take_text();
}

std::string expand_arithmetic(Shell& shell, const Arithmetic& expression) {
  Expansion expansion(shell, Splitting::no, WordUse::field);
  expansion.add(expression.parts, {.quotes = Quotes::yes});
  return expansion.take_text();
}

std::string expand_expression(Shell& shell, const Word& word) {
  Expansion expansion(shell, Splitting::no, WordUse::field);
  expansion.add(word.parts, {});
  return expansion.take_expression();
}

std::string expand_pattern(Shell& shell, const Word& word) {
  Expansion expansion(shell, Splitting::no, WordUse::field);
  expansion.add(word.parts, {});
  return expansion.take_pattern();
}

}  // namespace stamp::scripts::shell
