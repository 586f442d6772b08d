#include "maintainer-scripts/shell/builtins.h"

#include <algorithm>

#include <fmt/core.h>

namespace stamp::scripts::shell {

const Builtin* find_builtin(std::string_view name, Dialect dialect) {
  if (dialect == Dialect::bash) {
    for (const Builtin& builtin : bash_builtins()) {
      if (builtin.name == name) return &builtin;
    }
    if (name == "chdir") return nullptr;
  }
  for (const std::span<const Builtin> group :
       {control_builtins(), variable_builtins(), other_builtins()}) {
    for (const Builtin& builtin : group) {
      if (builtin.name == name) return &builtin;
    }
  }
  return nullptr;
}

char BuiltinOptions::next() {
  if (offset_ == 0 || offset_ >= arguments_[index_ - 1].size()) {
    offset_ = 0;
    if (index_ >= arguments_.size()) return '\0';
    const std::string& word = arguments_[index_];
    if (word.size() < 2 || word[0] != '-') return '\0';
    ++index_;
    if (word == "--") return '\0';
    offset_ = 1;
  }
  const std::string& word = arguments_[index_ - 1];
  const char letter = word[offset_++];
  const std::size_t found = letter == ':' ? std::string_view::npos : known_.find(letter);
  if (found == std::string_view::npos) shell_.fail(fmt::format("Illegal option -{}", letter));
  if (found + 1 == known_.size() || known_[found + 1] != ':') return letter;
  if (offset_ < word.size()) {
    argument_ = word.substr(offset_);
  } else if (index_ < arguments_.size()) {
    argument_ = arguments_[index_++];
  } else {
    shell_.fail(fmt::format("No arg for -{} option", letter));
  }
  offset_ = 0;
  return letter;
}

std::string single_quoted(std::string_view text) {
  std::string out;
  do {
    const std::size_t length = std::min(text.find('\''), text.size());
    out += '\'';
    out += text.substr(0, length);
    out += '\'';
    text.remove_prefix(length);
    const std::size_t quotes = std::min(text.find_first_not_of('\''), text.size());
    if (quotes == 0) break;
    out += '"';
    out += text.substr(0, quotes);
    out += '"';
    text.remove_prefix(quotes);
  } while (!text.empty());
  return out;
}

}  // namespace stamp::scripts::shell
