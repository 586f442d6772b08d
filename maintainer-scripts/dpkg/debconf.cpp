#include "maintainer-scripts/dpkg/debconf.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kBlank = " \t\n\v\f\r";
/// Longest text that substitution may make.
constexpr std::size_t kLongest = std::size_t{1} << 24U;

}  // namespace

Debconf::Debconf(std::map<std::string, std::string, std::less<>> answers)
    : answers_(std::move(answers)) {}

void Debconf::start(std::string_view package) {
  owner_ = package.empty() ? "unknown" : package;
  escapes_ = false;
  has_progress_ = false;
  busy_.clear();
  answered_.clear();
}

void Debconf::finish() {
  for (const std::string& name : answered_) {
    if (Question* question = find(name)) question->flags["seen"] = "true";
  }
  answered_.clear();
}

bool Debconf::is_busy(std::string_view name) const {
  return std::any_of(busy_.begin(), busy_.end(),
                     [name](const Asked& asked) { return asked.name == name; });
}

std::string Debconf::take_shown() {
  return std::exchange(shown_, {});
}

std::vector<std::string> Debconf::unused_answers() const {
  std::vector<std::string> unused;
  for (const auto& [name, answer] : answers_) {
    if (!used_answers_.contains(name)) unused.push_back(name);
  }
  return unused;
}

void Debconf::load_templates(std::string_view package, std::string_view templates) {
  for (DebconfTemplate& one : parse_debconf_templates(templates)) {
    const std::string name = one.name;
    Question* question = find(name);
    if (question == nullptr) {
      add(name, std::string(package)).of_template = name;
    } else {
      question->owners.emplace(package);
    }
    templates_[name] = std::move(one);
  }
}

Debconf::Question* Debconf::find(std::string_view name) {
  const auto found = questions_.find(name);
  return found == questions_.end() ? nullptr : &found->second;
}

Debconf::Question& Debconf::add(const std::string& name, const std::string& owner) {
  Question& question = questions_[name];
  question.name = name;
  question.owners.insert(owner);
  question.flags["seen"] = "false";
  // A recipe's answer is there before the package asks, as if somebody had been asked.
  if (const auto answer = answers_.find(name); answer != answers_.end()) {
    question.value = answer->second;
    question.has_value = true;
    question.flags["seen"] = "true";
    used_answers_.insert(name);
  }
  return question;
}

void Debconf::drop_owner(const std::string& name, const std::string& owner) {
  Question* question = find(name);
  if (question == nullptr || question->owners.erase(owner) == 0) return;
  if (!question->owners.empty()) return;
  const std::string of_template = question->of_template;
  questions_.erase(name);
  const bool is_used = std::any_of(questions_.begin(), questions_.end(), [&](const auto& other) {
    return other.second.of_template == of_template;
  });
  if (!is_used) templates_.erase(of_template);
}

const DebconfTemplate* Debconf::template_of(const Question& question) const {
  const auto found = templates_.find(question.of_template);
  return found == templates_.end() ? nullptr : &found->second;
}

std::string Debconf::text_of(const Question& question, std::string_view field) const {
  const DebconfTemplate* of = template_of(question);
  return of == nullptr ? std::string() : of->field(field);
}

std::string Debconf::type_of(const Question& question) const {
  return text_of(question, "type");
}

std::string Debconf::value_of(const Question& question) const {
  return question.has_value ? question.value : text_of(question, "default");
}

std::string Debconf::expand(const Question& question, std::string_view text) const {
  std::string result;
  while (!text.empty()) {
    const std::size_t open = text.find("${");
    const std::size_t close =
        open == std::string_view::npos ? open : text.find_first_of("{}", open + 2);
    if (close == std::string_view::npos) break;
    if (text[close] == '{' || close == open + 2) {
      // Not a variable: go on after this "$".
      result += text.substr(0, open + 1);
      text.remove_prefix(open + 1);
      continue;
    }
    const std::string_view name = text.substr(open + 2, close - open - 2);
    const bool escaped = open > 0 && text[open - 1] == '\\';
    result += text.substr(0, escaped ? open - 1 : open);
    if (escaped) {
      result += fmt::format("${{{}}}", name);
    } else if (const auto value = question.substitutions.find(name);
               value != question.substitutions.end()) {
      result += value->second;
    }
    if (result.size() > kLongest) {
      throw Error(ErrorKind::invalid, fmt::format("cannot substitute in the text of question '{}': "
                                                  "it would be longer than {} bytes",
                                                  printable(question.name), kLongest));
    }
    text.remove_prefix(close + 1);
  }
  return result.append(text);
}

std::string Debconf::escaped_answer(const std::string& value) const {
  if (!escapes_) return "0 " + value;
  std::string escaped = "1 ";
  for (const char c : value) {
    if (c == '\\') escaped += '\\';
    escaped += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return escaped;
}

Debconf::Words Debconf::split(std::string_view line) const {
  Words words;
  std::string word;
  if (!escapes_) {
    for (std::size_t at = line.find_first_not_of(kBlank); at != std::string_view::npos;) {
      const std::size_t end = line.find_first_of(kBlank, at);
      words.emplace_back(line.substr(at, end - at));
      at = line.find_first_not_of(kBlank, end);
    }
    return words;
  }
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) {
      ++i;
      word += line[i] == 'n' ? '\n' : line[i];
    } else if (kBlank.find(line[i]) != std::string_view::npos) {
      words.push_back(std::exchange(word, {}));
      i = std::min(line.find_first_not_of(kBlank, i), line.size()) - 1;
    } else {
      word += line[i];
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

}  // namespace stamp::scripts
