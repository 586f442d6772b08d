#include "workspace/pin_path.h"

#include <charconv>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::workspace {
namespace {

[[noreturn]] void refuse(std::string_view path, std::string_view problem) {
  throw Error(ErrorKind::invalid,
              fmt::format("'{}' is no path: {}", printable(path, 200), problem));
}

/// "[0]" or "[*]" at the front of `rest`.
PinStep take_item(std::string_view& rest) {
  const std::size_t end = rest.find(']');
  const std::string_view inner = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  if (inner == "*") return {.kind = PinStep::Kind::any_item};
  PinStep step{.kind = PinStep::Kind::item};
  std::from_chars(inner.data(), inner.data() + inner.size(), step.index);
  return step;
}

bool is_item(std::string_view inner) {
  return inner == "*" || (!inner.empty() && inner.size() <= 6 &&
                          inner.find_first_not_of("0123456789") == std::string_view::npos);
}

}  // namespace

bool PinStep::matches(std::string_view other) const {
  if (kind == Kind::exact_key) return other == key;
  if (kind != Kind::key) return false;
  std::string_view pattern = key;
  const std::size_t first = pattern.find('*');
  if (first == std::string_view::npos) return other == pattern;
  if (!other.starts_with(pattern.substr(0, first))) return false;
  other.remove_prefix(first);
  pattern.remove_prefix(first + 1);
  // What stands between two stars is looked for as early as it may be.
  for (std::size_t star = pattern.find('*'); star != std::string_view::npos;
       star = pattern.find('*')) {
    const std::size_t found = other.find(pattern.substr(0, star));
    if (found == std::string_view::npos) return false;
    other.remove_prefix(found + star);
    pattern.remove_prefix(star + 1);
  }
  return other.ends_with(pattern);
}

std::optional<PinStep> take_step(std::string_view& path) {
  if (path.empty()) return std::nullopt;
  if (path.front() == '[') return take_item(path);
  if (path.front() == '.') path.remove_prefix(1);
  PinStep step;
  if (path.front() == '"') {
    const std::size_t end = path.find('"', 1);
    step = {.kind = PinStep::Kind::exact_key, .key = path.substr(1, end - 1)};
    path.remove_prefix(end + 1);
    return step;
  }
  const std::size_t end = path.find_first_of(".[");
  step.key = path.substr(0, end);
  path.remove_prefix(step.key.size());
  return step;
}

std::string check_pin_path(std::string_view path) {
  std::string_view rest = path;
  for (bool first = true; !rest.empty(); first = false) {
    if (rest.front() == '[') {
      const std::size_t end = rest.find(']');
      if (end == std::string_view::npos) refuse(path, "a '[' has no ']'");
      if (!is_item(rest.substr(1, end - 1))) {
        refuse(path, "between '[' and ']' stands a number from 0, or '*'");
      }
      rest.remove_prefix(end + 1);
      continue;
    }
    if (!first) {
      if (rest.front() != '.') refuse(path, "steps are joined by '.'");
      rest.remove_prefix(1);
    }
    if (rest.starts_with('"')) {
      const std::size_t end = rest.find('"', 1);
      if (end == std::string_view::npos) refuse(path, "a quote is not closed");
      rest.remove_prefix(end + 1);
      continue;
    }
    const std::string_view key = rest.substr(0, rest.find_first_of(".["));
    if (key.empty()) refuse(path, "a step is empty");
    if (key.find_first_of("\"]") != std::string_view::npos) {
      refuse(path, "a key with '\"' or ']' has to be in quotes as a whole");
    }
    rest.remove_prefix(key.size());
  }
  if (path.empty()) refuse(path, "it is empty");
  return std::string(path);
}

}  // namespace stamp::workspace
