#include "base/glob.h"

#include <optional>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp {
namespace {

std::string_view without_leading_slash(std::string_view text) {
  return text.starts_with('/') ? text.substr(1) : text;
}

/// The position after the set that starts at `pattern[at]` == '[', or nothing when it is not
/// closed.
std::optional<std::size_t> end_of_set(std::string_view pattern, std::size_t at) {
  std::size_t i = at + 1;
  if (i < pattern.size() && pattern[i] == '!') ++i;
  if (i < pattern.size() && pattern[i] == ']') ++i;  // first: an ordinary member
  const std::size_t close = pattern.find(']', i);
  if (close == std::string_view::npos ||
      pattern.substr(at, close - at).find('/') != std::string_view::npos) {
    return std::nullopt;
  }
  return close + 1;
}

/// Whether `c` is in the set `body` (what stands between the brackets).
bool in_set(std::string_view body, char c) {
  const bool negated = body.starts_with('!');
  if (negated) body.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (i + 2 < body.size() && body[i + 1] == '-') {
      found = found || (body[i] <= c && c <= body[i + 2]);
      i += 2;
    } else {
      found = found || body[i] == c;
    }
  }
  return found != negated;
}

/// The position after the element of the pattern at `at`, no star, if it matches `c`.
std::optional<std::size_t> after_match(std::string_view pattern, std::size_t at, char c) {
  std::size_t next = at + 1;
  bool same = false;
  if (pattern[at] == '?') {
    same = true;
  } else if (pattern[at] == '[') {
    next = *end_of_set(pattern, at);
    same = in_set(pattern.substr(at + 1, next - at - 2), c);
  } else if (pattern[at] == '\\') {
    same = pattern[at + 1] == c;
    next = at + 2;
  } else {
    same = pattern[at] == c;
  }
  return same ? std::optional(next) : std::nullopt;
}

/// Matches one component; iterative with one point of return, so that its time is bounded.
bool matches_component(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t star_text = 0;
  while (t < text.size() || p < pattern.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
      continue;
    }
    if (p < pattern.size() && t < text.size()) {
      if (const std::optional<std::size_t> next = after_match(pattern, p, text[t])) {
        p = *next;
        ++t;
        continue;
      }
    }
    if (!star || star_text >= text.size()) return false;
    p = *star + 1;
    t = ++star_text;
  }
  return true;
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return out;
}

/// Empty where two slashes stand first.
std::string_view first_component(std::string_view path) {
  path = without_leading_slash(path);
  return path.substr(0, path.find('/'));
}

}  // namespace

Glob Glob::parse(std::string_view pattern) {
  const auto refuse = [&](std::string_view why) {
    return Error(ErrorKind::invalid,
                 fmt::format("'{}' is not a pattern: {}", printable(pattern, 200), why));
  };
  if (without_leading_slash(pattern).empty()) throw refuse("it is empty");
  if (pattern.size() > 4096) throw refuse("longer than 4,096 bytes");
  for (const std::string_view component : components(without_leading_slash(pattern))) {
    if (component != "**" && component.find("**") != std::string_view::npos) {
      throw refuse("'**' must be a whole component");
    }
    for (std::size_t i = 0; i < component.size(); ++i) {
      if (component[i] == '\\') {
        if (++i == component.size()) throw refuse("it ends with '\\'");
      } else if (component[i] == '[') {
        const std::optional<std::size_t> end = end_of_set(component, i);
        if (!end) throw refuse("a '[' is not closed");
        i = *end - 1;
      }
    }
  }
  return Glob(std::string(pattern));
}

bool Glob::matches(std::string_view path) const {
  // Most paths differ from most patterns in the first component already.
  const std::string_view first = first_component(pattern_);
  const bool is_plain = !first.empty() && first.find_first_of("*?[\\") == std::string_view::npos;
  const std::string_view theirs = first_component(path);
  if (is_plain && !theirs.empty() && theirs != first) return false;
  const std::vector<std::string_view> pattern = components(without_leading_slash(pattern_));
  const std::vector<std::string_view> parts = components(without_leading_slash(path));
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t star_part = 0;
  while (t < parts.size() || p < pattern.size()) {
    if (p < pattern.size()) {
      if (pattern[p] == "**") {
        star = p++;
        star_part = t;
        continue;
      }
      if (t < parts.size() && matches_component(pattern[p], parts[t])) {
        ++p;
        ++t;
        continue;
      }
    }
    if (!star || star_part >= parts.size()) return false;
    p = *star + 1;
    t = ++star_part;
  }
  return true;
}

bool Glob::is_literal() const {
  return pattern_.find_first_of("*?[\\") == std::string::npos;
}

}  // namespace stamp
