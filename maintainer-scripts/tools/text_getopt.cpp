// util-linux's getopt(1): a command line, taken apart and quoted for a shell.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr int kBadParameters = 1;
constexpr int kBadUsage = 2;

struct KnownLong {
  std::string name;
  Argument argument = Argument::none;
};

/// How the words are to be read.
struct Grammar {
  std::string short_options;
  std::vector<KnownLong> long_options;
  std::string name = "getopt";  ///< for messages
  bool quoted = true;
  bool alternative = false;  ///< -a: long options with one dash too
  bool in_order = false;     ///< "+": the first operand ends the options
  bool in_place = false;     ///< "-": operands stay where they are
  bool quiet = false;
  bool no_output = false;
};

Argument colons(std::string_view text) {
  if (text.starts_with("::")) return Argument::optional;
  return text.starts_with(':') ? Argument::required : Argument::none;
}

void add_long(Grammar& grammar, std::string_view list) {
  std::size_t at = 0;
  while (at < list.size()) {
    const std::size_t end = std::min(list.find_first_of(", \t\n", at), list.size());
    const std::string_view item = list.substr(at, end - at);
    at = end + 1;
    const std::size_t name = std::min(item.find(':'), item.size());
    if (name > 0) {
      grammar.long_options.push_back(
          {std::string(item.substr(0, name)), colons(item.substr(name))});
    }
  }
}

/// The words of one call.
class Splitter {
 public:
  Splitter(Process& process, const Grammar& grammar, std::vector<std::string> words)
      : process_(process), grammar_(grammar), words_(std::move(words)) {}

  int run() {
    while (at_ < words_.size()) {
      const std::string word = words_[at_++];
      if (word == "--") {
        operands_.insert(operands_.end(), words_.begin() + static_cast<std::ptrdiff_t>(at_),
                         words_.end());
        break;
      }
      if (word.starts_with("--")) {
        long_option(std::string_view(word).substr(2), "--");
      } else if (word.size() > 1 && word.front() == '-') {
        if (grammar_.alternative && long_option_of(word.substr(1)) != nullptr) {
          long_option(std::string_view(word).substr(1), "-");
        } else {
          short_group(std::string_view(word).substr(1));
        }
      } else if (grammar_.in_place) {
        add(quote(word));
      } else {
        operands_.push_back(word);
        if (grammar_.in_order) {
          operands_.insert(operands_.end(), words_.begin() + static_cast<std::ptrdiff_t>(at_),
                           words_.end());
          break;
        }
      }
    }
    add("--");
    for (const std::string& operand : operands_) add(quote(operand));
    if (!grammar_.no_output) process_.out(output_ + '\n');
    return failed_ ? kBadParameters : 0;
  }

 private:
  void add(const std::string& text) { output_ += " " + text; }

  void complain(std::string_view message) {
    failed_ = true;
    if (!grammar_.quiet) process_.err(fmt::format("{}: {}\n", grammar_.name, message));
  }

  std::string quote(const std::string& text) const {
    if (!grammar_.quoted) return text;
    std::string result = "'";
    for (const char c : text) {
      if (c == '\'') {
        result += "'\\''";
      } else {
        result += c;
      }
    }
    return result + "'";
  }

  /// The option of that name, or the only one that begins so.
  const KnownLong* long_option_of(std::string_view text) const {
    const std::string_view name = text.substr(0, text.find('='));
    const KnownLong* found = nullptr;
    int number = 0;
    for (const KnownLong& option : grammar_.long_options) {
      if (option.name == name) return &option;
      if (std::string_view(option.name).starts_with(name)) {
        found = &option;
        ++number;
      }
    }
    return number == 1 ? found : nullptr;
  }

  void long_option(std::string_view text, std::string_view dashes) {
    const KnownLong* option = long_option_of(text);
    const std::size_t equals = text.find('=');
    const std::string_view given = text.substr(0, equals);
    if (option == nullptr) {
      const bool several = std::any_of(
          grammar_.long_options.begin(), grammar_.long_options.end(),
          [given](const KnownLong& o) { return std::string_view(o.name).starts_with(given); });
      complain(several ? fmt::format("option '{}{}' is ambiguous", dashes, given)
                       : fmt::format("unrecognized option '{}{}'", dashes, given));
      return;
    }
    std::optional<std::string> value;
    if (equals != std::string_view::npos) value = text.substr(equals + 1);
    if (value && option->argument == Argument::none) {
      complain(fmt::format("option '{}{}' doesn't allow an argument", dashes, option->name));
      return;
    }
    if (!value && option->argument == Argument::required) {
      if (at_ == words_.size()) {
        complain(fmt::format("option '{}{}' requires an argument", dashes, option->name));
        return;
      }
      value = words_[at_++];
    }
    add("--" + option->name);
    if (option->argument != Argument::none) add(quote(value.value_or("")));
  }

  void short_group(std::string_view group) {
    while (!group.empty()) {
      const char letter = group.front();
      group.remove_prefix(1);
      const std::size_t found =
          letter == ':' ? std::string::npos : grammar_.short_options.find(letter);
      if (found == std::string::npos) {
        complain(fmt::format("invalid option -- '{}'", letter));
        continue;
      }
      const Argument argument = colons(std::string_view(grammar_.short_options).substr(found + 1));
      if (argument == Argument::none) {
        add(fmt::format("-{}", letter));
        continue;
      }
      std::string value(group);
      if (group.empty() && argument == Argument::required) {
        if (at_ == words_.size()) {
          complain(fmt::format("option requires an argument -- '{}'", letter));
          return;
        }
        value = words_[at_++];
      }
      add(fmt::format("-{}", letter));
      add(quote(value));
      return;
    }
  }

  Process& process_;
  const Grammar& grammar_;
  std::vector<std::string> words_;
  std::vector<std::string> operands_;
  std::string output_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

int getopt(Process& process) {
  static constexpr LongOption kLong[] = {
      {"alternative", Argument::none, "a"},  {"longoptions", Argument::required, "l"},
      {"long", Argument::required, "l"},     {"name", Argument::required, "n"},
      {"options", Argument::required, "o"},  {"quiet", Argument::none, "q"},
      {"quiet-output", Argument::none, "Q"}, {"shell", Argument::required, "s"},
      {"test", Argument::none, "T"},         {"unquoted", Argument::none, "u"}};
  if (process.args.size() == 1) {
    process.err("getopt: missing optstring argument\n");
    return kBadUsage;
  }
  Grammar grammar;
  std::vector<std::string> words;
  if (!process.args[1].starts_with('-')) {
    // the old form: the options' letters, then the words, nothing quoted
    grammar.short_options = process.args[1];
    grammar.quoted = false;
    words.assign(process.args.begin() + 2, process.args.end());
    if (!words.empty() && words.front() == "--") words.erase(words.begin());
    return Splitter(process, grammar, std::move(words)).run();
  }
  const Options options = parse_options(process, "+al:n:o:qQs:Tu", kLong);
  if (options.has("T")) return 4;
  for (const Option& option : options.given) {
    if (option.name == "l") add_long(grammar, *option.value);
  }
  if (const std::string* shell = options.value("s");
      shell != nullptr && *shell != "sh" && *shell != "bash") {
    throw Unknown(fmt::format("quoting for shell '{}'", *shell));
  }
  if (const std::string* name = options.value("n")) grammar.name = *name;
  grammar.quoted = !options.has("u");
  grammar.alternative = options.has("a");
  words = options.operands;
  if (const std::string* letters = options.value("o")) {
    grammar.short_options = *letters;
  } else {
    if (words.empty()) {
      process.err("getopt: missing optstring argument\n");
      return kBadUsage;
    }
    grammar.short_options = words.front();
    words.erase(words.begin());
  }
  if (grammar.short_options.starts_with('+')) grammar.in_order = true;
  if (grammar.short_options.starts_with('-')) grammar.in_place = true;
  if (grammar.in_order || grammar.in_place) grammar.short_options.erase(0, 1);
  if (process.environment.count("POSIXLY_CORRECT") > 0) grammar.in_order = true;
  grammar.quiet = options.has("q");
  grammar.no_output = options.has("Q");
  return Splitter(process, grammar, std::move(words)).run();
}

}  // namespace stamp::scripts
