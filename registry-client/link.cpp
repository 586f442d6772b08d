#include "registry-client/link.h"

#include <algorithm>

#include "base/text.h"

namespace stamp::registry {
namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

/// Takes a value, quoted or not, off the front.
std::string take_value(std::string_view& text) {
  std::string value;
  if (text.starts_with('"')) {
    std::size_t at = 1;
    for (; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      value += text[at];
    }
    text.remove_prefix(std::min(at + 1, text.size()));
    return value;
  }
  const std::size_t end = std::min(text.find_first_of(",; \t"), text.size());
  value = text.substr(0, end);
  text.remove_prefix(end);
  return value;
}

/// Whether "next" is one of the relations "prev next".
bool names_next(const std::string& relations) {
  std::string_view rest = relations;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (lower_case(rest.substr(0, end)) == "next") return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

/// Takes the parameters of one link off the front; whether they say that it is the next.
bool take_parameters(std::string_view& text) {
  bool next = false;
  bool seen = false;
  while (true) {
    skip_blanks(text);
    if (!text.starts_with(';')) return next;
    text.remove_prefix(1);
    skip_blanks(text);
    const std::size_t end = std::min(text.find_first_of("=;, \t"), text.size());
    const std::string name = lower_case(text.substr(0, end));
    text.remove_prefix(end);
    skip_blanks(text);
    if (!text.starts_with('=')) continue;
    text.remove_prefix(1);
    skip_blanks(text);
    const std::string value = take_value(text);
    // Of several, the first counts.
    if (name == "rel" && !seen) {
      seen = true;
      next = names_next(value);
    }
  }
}

}  // namespace

std::optional<std::string> parse_next_link(std::string_view field) {
  while (true) {
    const std::size_t open = field.find('<');
    if (open == std::string_view::npos) return std::nullopt;
    const std::size_t close = field.find('>', open);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string address(field.substr(open + 1, close - open - 1));
    field.remove_prefix(close + 1);
    if (take_parameters(field)) return address;
  }
}

}  // namespace stamp::registry
