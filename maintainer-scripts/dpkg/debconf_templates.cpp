#include "maintainer-scripts/dpkg/debconf_templates.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kBlank = " \t\v\f\r";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name_byte(char c) {
  const char small = lower(c);
  return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-_@.").find(c) != std::string_view::npos;
}

std::string_view without_end_blanks(std::string_view text) {
  const std::size_t last = text.find_last_not_of(kBlank);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

/// Reads the lines of one template.
class TemplateReader {
 public:
  void read(std::string_view line) {
    const std::size_t colon = line.find(':');
    std::size_t name = 0;
    while (name < line.size() && is_name_byte(line[name])) ++name;
    if (colon != std::string_view::npos && name == colon) {
      save();
      for (const char c : line.substr(0, colon)) field_ += lower(c);
      std::string_view value = line.substr(colon + 1);
      if (!value.empty() && kBlank.find(value.front()) != std::string_view::npos) {
        value.remove_prefix(1);
      }
      value_ = without_end_blanks(value);
    } else if (!line.empty() && kBlank.find(line.front()) != std::string_view::npos) {
      extend(line.substr(1));
    } else {
      throw Error(ErrorKind::invalid, fmt::format("cannot read templates of questions: line '{}' "
                                                  "is neither a field nor part of one",
                                                  printable(line)));
    }
  }

  DebconfTemplate finish() {
    save();
    const auto name = fields_.find("template");
    if (name == fields_.end()) {
      throw Error(ErrorKind::invalid,
                  "cannot read templates of questions: one has no 'Template' field");
    }
    DebconfTemplate one;
    one.name = name->second;
    fields_.erase(name);
    one.fields = std::move(fields_);
    return one;
  }

 private:
  /// A line that goes on with a field, without its first blank.
  void extend(std::string_view line) {
    if (line == ".") {
      extended_ += "\n\n";
      return;
    }
    const bool verbatim = !line.empty() && kBlank.find(line.front()) != std::string_view::npos;
    const bool joined = extended_.empty() || extended_.ends_with('\n') || extended_.ends_with(' ');
    if (!joined) extended_ += verbatim ? '\n' : ' ';
    extended_ += without_end_blanks(line);
    if (verbatim) extended_ += '\n';
  }

  void save() {
    while (extended_.ends_with('\n')) extended_.pop_back();
    if (!field_.empty()) {
      if (!fields_.emplace(field_, value_).second) {
        throw Error(ErrorKind::invalid,
                    fmt::format("cannot read templates of questions: field '{}' comes twice",
                                printable(field_)));
      }
      if (!extended_.empty()) fields_["extended_" + field_] = extended_;
    }
    field_.clear();
    value_.clear();
    extended_.clear();
  }

  std::map<std::string, std::string, std::less<>> fields_;
  std::string field_;
  std::string value_;
  std::string extended_;
};

DebconfTemplate parse_template(std::string_view text) {
  TemplateReader reader;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    reader.read(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return reader.finish();
}

}  // namespace

std::string DebconfTemplate::field(std::string_view wanted) const {
  const auto value = [this](std::string_view key) -> const std::string* {
    const auto found = fields.find(key);
    return found == fields.end() ? nullptr : &found->second;
  };
  if (const std::string* english = value(fmt::format("{}-en", wanted))) return *english;
  if (const std::string* plain = value(wanted)) return *plain;
  const std::size_t dash = wanted.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string* of_no_language = value(wanted.substr(0, dash));
  return of_no_language == nullptr ? std::string() : *of_no_language;
}

std::vector<DebconfTemplate> parse_debconf_templates(std::string_view text) {
  std::vector<DebconfTemplate> templates;
  while (true) {
    const std::size_t start = text.find_first_not_of('\n');
    if (start == std::string_view::npos) return templates;
    text.remove_prefix(start);
    const std::size_t end = text.find("\n\n");
    templates.push_back(parse_template(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
}

std::vector<std::string> split_debconf_list(std::string_view list) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  std::vector<std::string> items;
  std::string item;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const char next = i + 1 < list.size() ? list[i + 1] : '\0';
    if (list[i] == '\\' && (next == ',' || next == ' ')) {
      item += next;
      ++i;
    } else if (list[i] == ',' && kSpace.find(next) != std::string_view::npos && next != '\0') {
      items.push_back(std::move(item));
      item.clear();
      i = std::min(list.find_first_not_of(kSpace, i + 1), list.size()) - 1;
    } else {
      item += list[i];
    }
  }
  if (!item.empty()) items.push_back(std::move(item));
  return items;
}

}  // namespace stamp::scripts
