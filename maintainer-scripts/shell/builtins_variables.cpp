// Builtins that deal with variables and parameters.

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "maintainer-scripts/shell/builtins.h"
#include "maintainer-scripts/shell/fields.h"
#include "maintainer-scripts/shell/lexer.h"

namespace stamp::scripts::shell {
namespace {

enum class Flag { exported, readonly };

void list_variables(Shell& shell, std::string_view prefix,
                    bool (*wanted)(const Variable& variable)) {
  for (const auto& [name, variable] : shell.variables().all()) {
    if (!wanted(variable)) continue;
    const std::string value = variable.value ? "=" + single_quoted(*variable.value) : "";
    shell.write(1, fmt::format("{}{}{}{}\n", prefix, prefix.empty() ? "" : " ", name, value));
  }
}

void declare(Shell& shell, const std::string& word, Flag flag) {
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  if (equals != std::string::npos) {
    shell.assign(name, word.substr(equals + 1));
  } else if (!is_name(name)) {
    shell.fail(fmt::format("{}: bad variable name", name));
  }
  if (flag == Flag::exported) {
    shell.variables().set_exported(name);
  } else {
    shell.variables().set_readonly(name);
  }
}

int run_export(Shell& shell, Arguments& arguments, Checked) {
  const Flag flag = arguments[0] == "export" ? Flag::exported : Flag::readonly;
  BuiltinOptions options(shell, arguments, "p");
  const bool prints = options.next() == 'p';
  if (prints || options.operands() >= arguments.size()) {
    list_variables(
        shell, arguments[0],
        flag == Flag::exported ? [](const Variable& v) { return v.exported; }
                               : [](const Variable& v) { return v.readonly; });
    return 0;
  }
  for (std::size_t i = options.operands(); i < arguments.size(); ++i) {
    declare(shell, arguments[i], flag);
  }
  return 0;
}

int run_local(Shell& shell, Arguments& arguments, Checked) {
  if (!shell.variables().has_scope()) shell.fail("not in a function");
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "-") {
      shell.keep_options();
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (!is_name(name)) shell.fail(fmt::format("{}: bad variable name", name));
    shell.variables().keep(name);
    if (equals != std::string::npos) shell.assign(name, word.substr(equals + 1));
  }
  return 0;
}

/// Without -v, a name that is no variable is a function's.
void unset_of_bash(Shell& shell, const std::string& name, bool only_variables) {
  Variables& variables = shell.variables();
  if (!is_name(name) || variables.is_kept_outside(name)) {
    throw Unknown(fmt::format("what 'unset {}' does is not known", name));
  }
  if (!only_variables && !variables.all().contains(name)) {
    shell.state().functions.erase(name);
  } else {
    shell.unset(name);
  }
}

int run_unset(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, "vf");
  char what = 'v';
  bool options_given = false;
  for (char letter = options.next(); letter != '\0'; letter = options.next()) {
    what = letter;
    options_given = true;
  }
  for (std::size_t i = options.operands(); i < arguments.size(); ++i) {
    if (shell.is_bash() && what == 'v') {
      unset_of_bash(shell, arguments[i], options_given);
    } else if (what == 'v') {
      shell.unset(arguments[i]);
    } else {
      shell.state().functions.erase(arguments[i]);
    }
  }
  return 0;
}

int run_shift(Shell& shell, Arguments& arguments, Checked) {
  const int count = arguments.size() > 1 ? shell.number(arguments[1]) : 1;
  Positional& positional = shell.state().positional;
  if (static_cast<std::size_t>(count) > positional.count()) {
    if (shell.is_bash()) return 1;
    shell.fail("can't shift that many");
  }
  positional.shifted += static_cast<std::size_t>(count);
  positional.next_option = 1;
  positional.option_offset.reset();
  return 0;
}

struct NamedOption {
  std::string_view name;
  char letter;
};

constexpr std::array<NamedOption, 15> kOptions{{{"errexit", 'e'},
                                                {"noglob", 'f'},
                                                {"ignoreeof", 'I'},
                                                {"interactive", 'i'},
                                                {"monitor", 'm'},
                                                {"noexec", 'n'},
                                                {"stdin", 's'},
                                                {"xtrace", 'x'},
                                                {"verbose", 'v'},
                                                {"vi", 'V'},
                                                {"emacs", 'E'},
                                                {"noclobber", 'C'},
                                                {"allexport", 'a'},
                                                {"notify", 'b'},
                                                {"nounset", 'u'}}};

void set_named_option(Shell& shell, const std::string& name, bool on) {
  if (shell.is_bash()) {
    if (name == "pipefail") {
      shell.state().options.on[kPipefail] = on;
      return;
    }
    constexpr std::array<std::string_view, 8> kOfBoth{
        "errexit", "noglob", "noexec", "xtrace", "noclobber", "allexport", "notify", "nounset"};
    if (std::find(kOfBoth.begin(), kOfBoth.end(), name) == kOfBoth.end()) {
      throw Unknown(fmt::format("the option '{}' is not known", name));
    }
  }
  for (const NamedOption& option : kOptions) {
    if (option.name == name) {
      shell.state().options.on[option.letter] = on;
      return;
    }
  }
  shell.fail(fmt::format("Illegal option {}o {}", on ? '-' : '+', name));
}

void list_options(Shell& shell, bool as_commands) {
  if (!as_commands) shell.write(1, "Current option settings\n");
  for (const NamedOption& option : kOptions) {
    const bool on = shell.state().options.has(option.letter);
    if (as_commands) {
      shell.write(1, fmt::format("set {}o {}\n", on ? '-' : '+', option.name));
    } else {
      shell.write(1, fmt::format("{:<16}{}\n", option.name, on ? "on" : "off"));
    }
  }
}

/// Sets the options of one word "-eu", with the name that -o takes from the next word.
void set_options(Shell& shell, const Arguments& arguments, std::size_t& at) {
  const std::string& word = arguments[at++];
  const bool on = word[0] == '-';
  for (const char letter : word.substr(1)) {
    if (letter == 'o') {
      if (at == arguments.size()) {
        if (shell.is_bash()) throw Unknown("the list of bash's options");
        list_options(shell, !on);
      } else {
        set_named_option(shell, arguments[at++], on);
      }
      continue;
    }
    if (shell.is_bash()) {
      if (letter == 'E' || letter == 'T') continue;  // of traps that are not known either
      if (std::string_view("efnxCabu").find(letter) == std::string_view::npos) {
        throw Unknown(fmt::format("the option '{}{}' is not known", word[0], letter));
      }
    }
    const bool known =
        std::any_of(kOptions.begin(), kOptions.end(),
                    [letter](const NamedOption& option) { return option.letter == letter; });
    if (!known) shell.fail(fmt::format("Illegal option {}{}", word[0], letter));
    shell.state().options.on[letter] = on;
  }
}

int run_set(Shell& shell, Arguments& arguments, Checked) {
  if (arguments.size() == 1) {
    if (shell.is_bash()) throw Unknown("the list of bash's variables");
    list_variables(shell, "", [](const Variable& variable) { return variable.value.has_value(); });
    return 0;
  }
  std::size_t at = 1;
  bool replaces = false;
  while (at < arguments.size()) {
    const std::string& word = arguments[at];
    if (word.empty() || (word[0] != '-' && word[0] != '+')) break;
    if (word == "--" || word == "-") {
      // "-" ends the options, "--" empties the parameters too
      replaces = word == "--";
      if (word == "-") {
        shell.state().options.on['x'] = false;
        shell.state().options.on['v'] = false;
      }
      ++at;
      break;
    }
    if (word == "+") {
      ++at;
      break;
    }
    set_options(shell, arguments, at);
  }
  if (replaces || at < arguments.size()) {
    Positional positional;
    positional.by_set = true;
    positional.values.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
    shell.state().positional = std::move(positional);
  }
  return 0;
}

/// A line as `read` takes it: escaped bytes are outside the regions.
struct Line {
  std::string text;
  std::vector<Region> regions;
  bool ended = false;  ///< by a newline
};

Line read_line(Shell& shell, OpenFile& input, bool raw, char end) {
  Line line;
  std::size_t region = 0;
  const auto end_region = [&] {
    if (line.text.size() > region) {
      line.regions.push_back({.begin = region, .end = line.text.size()});
    }
  };
  while (true) {
    const std::string byte = input.read(1);
    if (byte.empty()) break;
    if (byte[0] == '\0' && end != '\0') continue;
    if (byte[0] == end) {
      line.ended = true;
      break;
    }
    if (!raw && byte[0] == '\\') {
      end_region();
      const std::string escaped = input.read(1);
      if (!escaped.empty() && escaped[0] != '\n') line.text += escaped;
      region = line.text.size();
      if (escaped.empty()) break;
      continue;
    }
    line.text += byte[0];
    shell.budget().check_size(line.text.size());
  }
  end_region();
  shell.budget().take_steps(1 + line.text.size() / 64);
  return line;
}

/// bash's `read` without a name: the line as it is.
int read_reply(Shell& shell, bool raw, char end) {
  const auto input = shell.state().files.find(0);
  Line line;
  if (input != shell.state().files.end()) line = read_line(shell, *input->second, raw, end);
  shell.assign("REPLY", std::move(line.text));
  return line.ended ? 0 : 1;
}

int run_read(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, shell.is_bash() ? "p:rsd:" : "p:r");
  bool raw = false;
  char end = '\n';
  for (char letter = options.next(); letter != '\0'; letter = options.next()) {
    raw = raw || letter == 'r';  // there is no terminal to prompt on
    if (letter == 'd') end = options.argument().empty() ? '\0' : options.argument()[0];
  }
  const std::size_t first = options.operands();
  if (first >= arguments.size()) {
    if (shell.is_bash()) return read_reply(shell, raw, end);
    shell.fail("arg count");
  }
  const auto input = shell.state().files.find(0);
  Line line;
  if (input != shell.state().files.end()) line = read_line(shell, *input->second, raw, end);
  const std::string* separators = shell.variables().find("IFS");
  const std::string ifs = separators == nullptr ? " \t\n" : *separators;
  const std::vector<Span> fields =
      split_fields(line.text, line.regions, ifs, arguments.size() - first);
  for (std::size_t i = first; i < arguments.size(); ++i) {
    const std::size_t field = i - first;
    shell.assign(arguments[i], field < fields.size()
                                   ? line.text.substr(fields[field].begin,
                                                      fields[field].end - fields[field].begin)
                                   : std::string());
  }
  return line.ended ? 0 : 1;
}

/// One step of getopts over `words`.
class OptionStep {
 public:
  OptionStep(Shell& shell, std::string known, std::vector<std::string> words)
      : shell_(shell),
        positional_(shell.state().positional),
        known_(std::move(known)),
        words_(std::move(words)) {}

  int run(const std::string& variable) {
    if (positional_.next_option > words_.size() + 1) {
      positional_.next_option = 1;
      positional_.option_offset.reset();
    }
    next_ = positional_.next_option - 1;
    offset_ = positional_.option_offset;
    if (next_ < 1 || (offset_ && *offset_ > words_[next_ - 1].size())) offset_.reset();
    char letter = '?';
    const bool done = !find_word();
    if (!done) letter = take();
    const std::size_t next_option = next_ + 1;
    const std::optional<std::size_t> offset = offset_;
    // bash counts a word when it is through with it
    const bool in_word = shell_.is_bash() && offset && *offset < words_[next_ - 1].size();
    shell_.assign("OPTIND", std::to_string(in_word ? next_ : next_option));
    shell_.assign(variable, std::string(1, letter));
    positional_.next_option = next_option;
    positional_.option_offset = offset;
    return done ? 1 : 0;
  }

 private:
  bool find_word() {
    if (offset_ && *offset_ < words_[next_ - 1].size()) return true;
    offset_.reset();
    if (next_ >= words_.size()) return false;
    const std::string& word = words_[next_];
    if (word.size() < 2 || word[0] != '-') return false;
    ++next_;
    if (word == "--") return false;
    offset_ = 1;
    return true;
  }

  bool is_quiet() const { return known_.starts_with(':'); }

  char report(char letter, std::string_view message, char quiet_result) {
    if (is_quiet()) {
      shell_.assign("OPTARG", std::string(1, letter));
      return quiet_result;
    }
    shell_.write(2, fmt::format(fmt::runtime(message), letter));
    shell_.unset("OPTARG");
    return '?';
  }

  char take() {
    const std::string& word = words_[next_ - 1];
    const char letter = word[(*offset_)++];
    const std::size_t found = letter == ':' ? std::string::npos : known_.find(letter);
    if (found == std::string::npos) return report(letter, "Illegal option -{}\n", '?');
    if (found + 1 == known_.size() || known_[found + 1] != ':') {
      if (shell_.is_bash()) {
        shell_.unset("OPTARG");
        return letter;
      }
      shell_.assign("OPTARG", "");
      return letter;
    }
    if (*offset_ < word.size()) {
      shell_.assign("OPTARG", word.substr(*offset_));
    } else if (next_ < words_.size()) {
      shell_.assign("OPTARG", words_[next_++]);
    } else {
      return report(letter, "No arg for -{} option\n", ':');
    }
    offset_.reset();
    return letter;
  }

  Shell& shell_;
  Positional& positional_;
  std::string known_;
  std::vector<std::string> words_;
  std::size_t next_ = 0;  ///< the word behind the one that is taken apart
  std::optional<std::size_t> offset_;
};

int run_getopts(Shell& shell, Arguments& arguments, Checked) {
  if (arguments.size() < 3) shell.fail("Usage: getopts optstring var [arg]");
  std::vector<std::string> words;
  if (arguments.size() > 3) {
    words.assign(arguments.begin() + 3, arguments.end());
  } else {
    const Positional& positional = shell.state().positional;
    words.assign(positional.values.begin() + static_cast<std::ptrdiff_t>(positional.shifted),
                 positional.values.end());
  }
  return OptionStep(shell, arguments[1], std::move(words)).run(arguments[2]);
}

constexpr std::array<Builtin, 8> kBuiltins{{
    {"export", run_export, Builtin::Kind::declaration},
    {"readonly", run_export, Builtin::Kind::declaration},
    {"local", run_local, Builtin::Kind::declaration},
    {"set", run_set, Builtin::Kind::special},
    {"shift", run_shift, Builtin::Kind::special},
    {"unset", run_unset, Builtin::Kind::special},
    {"read", run_read},
    {"getopts", run_getopts},
}};

}  // namespace

std::span<const Builtin> variable_builtins() {
  return kBuiltins;
}

}  // namespace stamp::scripts::shell
