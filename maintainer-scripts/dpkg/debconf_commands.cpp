// The commands of debconf's protocol.

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/dpkg/debconf.h"
#include "maintainer-scripts/process.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kWrongCount = "20 Incorrect number of arguments";

std::string joined(const std::vector<std::string>& words, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < words.size(); ++i) text += (i > from ? " " : "") + words[i];
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// The number at the front of a text, as Perl reads it.
int number_of(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string unknown_question(std::string_view name) {
  return fmt::format("10 {} doesn't exist", name);
}

}  // namespace

std::span<const Debconf::Command> Debconf::commands() {
  static constexpr Command kCommands[] = {
      {"input", &Debconf::input},
      {"clear", &Debconf::clear},
      {"version", &Debconf::version},
      {"capb", &Debconf::capability},
      {"title", &Debconf::ignore},
      {"settitle", &Debconf::title_of},
      {"beginblock", &Debconf::ignore},
      {"endblock", &Debconf::ignore},
      {"go", &Debconf::go},
      {"get", &Debconf::get},
      {"set", &Debconf::set},
      {"reset", &Debconf::reset},
      {"subst", &Debconf::substitute},
      {"register", &Debconf::add_question},
      {"unregister", &Debconf::remove_question},
      {"purge", &Debconf::purge},
      {"metaget", &Debconf::get_field},
      {"fget", &Debconf::get_flag},
      {"fset", &Debconf::set_flag},
      {"info", &Debconf::info},
      {"progress", &Debconf::progress},
      {"data", &Debconf::data},
      {"exist", &Debconf::exists},
  };
  return kCommands;
}

std::string Debconf::command(std::string_view line, const ReadFile& read) {
  Words words = split(line);
  if (words.empty()) return fmt::format("20 Bad line \"{}\" received from confmodule.", line);
  const std::string name = lower(words.front());
  words.erase(words.begin());
  if (name == "stop") {
    finish();
    return {};
  }
  std::string answer;
  if (name == "x_loadtemplatefile") {
    answer = load_file(words, read);
  } else {
    const auto known = std::find_if(commands().begin(), commands().end(),
                                    [&name](const Command& c) { return c.name == name; });
    if (known == commands().end()) {
      return fmt::format(
          "20 Unsupported command \"{}\" (full line was \"{}\") received from confmodule.", name,
          line);
    }
    answer = (this->*known->handler)(words);
  }
  return answer.substr(0, answer.find('\n'));
}

std::string Debconf::input(const Words& words) {
  if (words.size() != 2) return std::string(kWrongCount);
  Question* question = find(words[1]);
  if (question == nullptr) return fmt::format("10 \"{}\" doesn't exist", words[1]);
  constexpr std::string_view kPriorities[] = {"low", "medium", "high", "critical"};
  if (std::find(std::begin(kPriorities), std::end(kPriorities), words[0]) ==
      std::end(kPriorities)) {
    return fmt::format("20 \"{}\" is not a valid priority", words[0]);
  }
  constexpr std::string_view kTypes[] = {"boolean",  "error",  "multiselect", "note",
                                         "password", "select", "string",      "text"};
  const std::string type = type_of(*question);
  if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes)) {
    throw Unknown(fmt::format("question '{}' of type '{}' cannot be asked", words[1], type));
  }
  // Somebody would have been asked what is of priority high, the default, unless that was before.
  const bool is_high = words[0] == "high" || words[0] == "critical";
  const bool is_new = is_high && question->flags["seen"] != "true";
  if (!is_busy(words[1])) busy_.push_back({words[1], type == "error" || is_new});
  return "30 question skipped";
}

std::string Debconf::clear(const Words& words) {
  if (!words.empty()) return std::string(kWrongCount);
  busy_.clear();
  return "0";
}

std::string Debconf::version(const Words& words) {
  if (words.size() > 1) return std::string(kWrongCount);
  constexpr int kMajor = 2;
  if (!words.empty()) {
    const int wanted = number_of(words.front());
    if (wanted < kMajor) return fmt::format("30 Version too low ({})", words.front());
    if (wanted > kMajor) return fmt::format("30 Version too high ({})", words.front());
  }
  return "0 2.0";
}

std::string Debconf::capability(const Words& words) {
  escapes_ = std::find(words.begin(), words.end(), "escape") != words.end();
  // The last word is what this frontend can: nothing.
  return "0 multiselect escape ";
}

std::string Debconf::ignore(const Words&) {
  return "0";
}

std::string Debconf::title_of(const Words& words) {
  if (words.size() != 1) return std::string(kWrongCount);
  if (find(words[0]) == nullptr) return fmt::format("10 \"{}\" doesn't exist", words[0]);
  return "0";
}

std::string Debconf::shown_value(Question& question) {
  const std::string type = type_of(question);
  std::string value = value_of(question);
  if (type == "text") return {};
  if (type == "error") {
    if (question.flags["seen"] != "true") {
      shown_ += fmt::format("{}\n\n{}\n", expand(question, text_of(question, "description")),
                            expand(question, text_of(question, "extended_description")));
    }
    return {};
  }
  if (type != "select") return value;
  const DebconfTemplate* of = template_of(question);
  const auto untranslated = of->fields.find("choices-c");
  const std::vector<std::string> choices = split_debconf_list(expand(
      question, untranslated != of->fields.end() ? untranslated->second : of->field("choices")));
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  return choices.empty() ? std::string() : choices.front();
}

std::string Debconf::go(const Words& words) {
  if (!words.empty()) return std::string(kWrongCount);
  for (const Asked& asked : busy_) {
    Question* question = find(asked.name);
    if (question == nullptr) continue;
    question->value = shown_value(*question);
    question->has_value = true;
    if (asked.is_to_be_seen) answered_.insert(asked.name);
  }
  busy_.clear();
  return "0 ok";
}

std::string Debconf::get(const Words& words) {
  if (words.size() != 1) return std::string(kWrongCount);
  const Question* question = find(words[0]);
  return question == nullptr ? unknown_question(words[0]) : escaped_answer(value_of(*question));
}

std::string Debconf::set(const Words& words) {
  if (words.empty()) return std::string(kWrongCount);
  Question* question = find(words[0]);
  if (question == nullptr) return unknown_question(words[0]);
  question->value = joined(words, 1);
  question->has_value = true;
  return "0 value set";
}

std::string Debconf::reset(const Words& words) {
  if (words.size() != 1) return std::string(kWrongCount);
  Question* question = find(words[0]);
  if (question == nullptr) return unknown_question(words[0]);
  question->value = text_of(*question, "default");
  question->has_value = true;
  question->flags["seen"] = "false";
  return "0";
}

std::string Debconf::substitute(const Words& words) {
  if (words.size() < 2) return std::string(kWrongCount);
  Question* question = find(words[0]);
  if (question == nullptr) return unknown_question(words[0]);
  question->substitutions[words[1]] = joined(words, 2);
  return "0";
}

std::string Debconf::add_question(const Words& words) {
  if (words.size() != 2) return std::string(kWrongCount);
  if (find(words[0]) == nullptr) return fmt::format("10 No such template, \"{}\"", words[0]);
  Question* question = find(words[1]);
  if (question == nullptr) question = &add(words[1], owner_);
  question->owners.insert(owner_);
  question->of_template = words[0];
  return "0";
}

std::string Debconf::remove_question(const Words& words) {
  if (words.size() != 1) return std::string(kWrongCount);
  if (find(words[0]) == nullptr) return unknown_question(words[0]);
  if (is_busy(words[0])) {
    return fmt::format("10 {} is busy, cannot unregister right now", words[0]);
  }
  drop_owner(words[0], owner_);
  return "0";
}

std::string Debconf::purge(const Words& words) {
  if (!words.empty()) return std::string(kWrongCount);
  std::vector<std::string> names;
  for (const auto& [name, question] : questions_) names.push_back(name);
  for (const std::string& name : names) drop_owner(name, owner_);
  return "0";
}

std::string Debconf::get_field(const Words& words) {
  if (words.size() != 2) return std::string(kWrongCount);
  const Question* question = find(words[0]);
  if (question == nullptr) return unknown_question(words[0]);
  const std::string field = lower(words[1]);
  if (field == "value") return escaped_answer(value_of(*question));
  if (field == "template") return escaped_answer(question->of_template);
  if (field == "name") return escaped_answer(question->name);
  if (field == "owners") {
    std::string owners;
    for (const std::string& owner : question->owners)
      owners += (owners.empty() ? "" : ", ") + owner;
    return escaped_answer(owners);
  }
  const std::string text = text_of(*question, field);
  const std::string plain = field.substr(0, field.find('-'));
  const bool expands =
      plain == "description" || plain == "extended_description" || plain == "choices";
  return escaped_answer(expands ? expand(*question, text) : text);
}

std::string Debconf::get_flag(const Words& words) {
  if (words.size() != 2) return std::string(kWrongCount);
  const Question* question = find(words[0]);
  if (question == nullptr) return unknown_question(words[0]);
  const bool inverse = words[1] == "isdefault";
  const auto flag = question->flags.find(inverse ? "seen" : words[1]);
  const std::string value = flag == question->flags.end() ? "false" : flag->second;
  if (!inverse) return "0 " + value;
  return value == "true" ? "0 false" : "0 true";
}

std::string Debconf::set_flag(const Words& words) {
  if (words.size() < 3) return std::string(kWrongCount);
  Question* question = find(words[0]);
  if (question == nullptr) return unknown_question(words[0]);
  const std::string value = joined(words, 2);
  if (words[1] == "seen") answered_.erase(words[0]);
  if (words[1] != "isdefault") {
    question->flags[words[1]] = value;
    return "0 " + value;
  }
  question->flags["seen"] = value == "true" ? "false" : "true";
  return value == "true" ? "0 true" : "0 false";
}

std::string Debconf::info(const Words& words) {
  if (words.size() > 1) return std::string(kWrongCount);
  if (!words.empty() && find(words[0]) == nullptr) {
    return fmt::format("10 \"{}\" doesn't exist", words[0]);
  }
  return "0";
}

std::string Debconf::progress(const Words& words) {
  if (words.empty()) return std::string(kWrongCount);
  const std::string what = lower(words[0]);
  if (what == "start") return progress_start(words);
  if (what != "set" && what != "step" && what != "info" && what != "stop") {
    return "20 Unknown subcommand";
  }
  if (words.size() != (what == "stop" ? 1U : 2U)) return std::string(kWrongCount);
  if (what == "info" && find(words[1]) == nullptr) return unknown_question(words[1]);
  if (!has_progress_) throw Unknown(fmt::format("'PROGRESS {}' without its START", words[0]));
  if (what == "stop") has_progress_ = false;
  return "0 OK";
}

std::string Debconf::progress_start(const Words& words) {
  if (words.size() != 4) return std::string(kWrongCount);
  if (number_of(words[1]) > number_of(words[2])) {
    return fmt::format("20 min ({}) > max ({})", words[1], words[2]);
  }
  if (find(words[3]) == nullptr) return unknown_question(words[3]);
  has_progress_ = true;
  return "0 OK";
}

std::string Debconf::data(const Words& words) {
  if (words.size() < 3) return std::string(kWrongCount);
  const std::string& name = words[0];
  const std::string item = lower(words[1]);
  const std::string given = joined(words, 2);
  std::string value;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char next = given[i] == '\\' && i + 1 < given.size() ? given[i + 1] : '\0';
    const bool escaped = next == 'n' || next == '"' || next == '\\';
    value += !escaped ? given[i] : next == 'n' ? '\n' : next;
    if (escaped) ++i;
  }
  const auto known = templates_.find(name);
  if (known == templates_.end()) {
    if (item != "type") {
      return fmt::format("10 Template data field '{}' received before type field", words[1]);
    }
    templates_[name] = {name, {{"type", value}}};
    if (find(name) == nullptr) add(name, owner_).of_template = name;
    return "0";
  }
  if (item == "type") return "10 Template type already set";
  known->second.fields[item] = value;
  return "0";
}

std::string Debconf::exists(const Words& words) {
  if (words.size() != 1) return std::string(kWrongCount);
  return find(words[0]) == nullptr ? "0 false" : "0 true";
}

std::string Debconf::load_file(const Words& words, const ReadFile& read) {
  if (words.empty() || words.size() > 2) return std::string(kWrongCount);
  const std::optional<std::string> text = read ? read(words[0]) : std::nullopt;
  if (!text) return fmt::format("10 failed to open {}: No such file or directory", words[0]);
  load_templates(words.size() == 2 ? words[1] : owner_, *text);
  return "0";
}

}  // namespace stamp::scripts
