#include "maintainer-scripts/shell/pattern.h"

#include <utility>

namespace stamp::scripts::shell {
namespace {

constexpr std::size_t kStatesOfOneStep = 64;

struct Class {
  std::string_view name;
  bool (*has)(unsigned char c);
};

bool is_upper(unsigned char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(unsigned char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}
bool is_alpha(unsigned char c) {
  return is_upper(c) || is_lower(c);
}
bool is_alnum(unsigned char c) {
  return is_alpha(c) || is_digit(c);
}
bool is_graph(unsigned char c) {
  return c > 0x20 && c < 0x7f;
}

constexpr std::array<Class, 12> kClasses{{
    {":alnum:]", is_alnum},
    {":alpha:]", is_alpha},
    {":blank:]", [](unsigned char c) { return c == ' ' || c == '\t'; }},
    {":cntrl:]", [](unsigned char c) { return c < 0x20 || c == 0x7f; }},
    {":digit:]", is_digit},
    {":graph:]", is_graph},
    {":lower:]", is_lower},
    {":print:]", [](unsigned char c) { return c == ' ' || is_graph(c); }},
    {":punct:]", [](unsigned char c) { return is_graph(c) && !is_alnum(c); }},
    {":space:]", [](unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }},
    {":upper:]", is_upper},
    {":xdigit:]",
     [](unsigned char c) {
       return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
     }},
}};

/// The class whose name, after its `[`, a text begins with; null when there is none.
const Class* class_at(std::string_view text) {
  for (const Class& known : kClasses) {
    if (text.starts_with(known.name)) return &known;
  }
  return nullptr;
}

/// A byte as a plain char is where chars have a sign: dash compares these.
int with_sign(unsigned char c) {
  return c < 0x80 ? c : c - 0x100;
}

}  // namespace

Pattern::Pattern(std::string_view escaped) {
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    const char c = escaped[i];
    if (c == '*') {
      if (elements_.empty() || elements_.back().kind != Element::Kind::many) {
        elements_.push_back({.kind = Element::Kind::many});
      }
    } else if (c == '?') {
      elements_.push_back({.kind = Element::Kind::any});
    } else if (c == '[') {
      const std::size_t end = add_set(escaped, i + 1);
      if (end == 0) {
        elements_.push_back({.byte = '['});
        continue;
      }
      elements_.push_back({.kind = Element::Kind::set, .set = sets_.size() - 1});
      i = end;
    } else if (c == '\\' && i + 1 < escaped.size()) {
      elements_.push_back({.byte = escaped[++i]});
    } else {
      elements_.push_back({.byte = c});
    }
  }
}

/// Reads a bracket expression after its `[`. Returns where its `]` is; 0 when there is none, and
/// the `[` stands for itself.
std::size_t Pattern::add_set(std::string_view pattern, std::size_t begin) {
  Set set{};
  std::size_t i = begin;
  const bool negated = i < pattern.size() && pattern[i] == '!';
  if (negated) ++i;
  const auto literal = [&] {  // the next byte, without the backslash before it
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    return static_cast<unsigned char>(pattern[i++]);
  };
  for (bool first = true;; first = false) {
    if (i >= pattern.size()) return 0;
    if (pattern[i] == ']' && !first) break;
    if (pattern[i] == '[') {
      if (const Class* known = class_at(pattern.substr(i + 1))) {
        for (unsigned c = 0; c < set.size(); ++c) {
          set[c] = set[c] || known->has(static_cast<unsigned char>(c));
        }
        i += 1 + known->name.size();
        continue;
      }
    }
    const unsigned char low = literal();
    unsigned char high = low;
    if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
      ++i;
      high = literal();
    }
    for (int c = with_sign(low); c <= with_sign(high); ++c) {
      set[static_cast<unsigned char>(c)] = true;
    }
  }
  if (negated) {
    for (bool& member : set) member = !member;
  }
  sets_.push_back(set);
  return i;
}

bool Pattern::accepts(const Element& element, char c) const {
  switch (element.kind) {
    case Element::Kind::byte:
      return element.byte == c;
    case Element::Kind::set:
      return sets_[element.set][static_cast<unsigned char>(c)];
    case Element::Kind::any:
    case Element::Kind::many:
      return true;
  }
  return false;
}

/// Goes past each `*` without taking anything. Whether the end of the pattern is reached.
bool Pattern::spread(std::vector<char>& states, Direction direction) const {
  const std::size_t count = elements_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = direction == Direction::forward ? i : count - 1 - i;
    if (states[i] != 0 && elements_[at].kind == Element::Kind::many) states[i + 1] = 1;
  }
  return states[count] != 0;
}

/// Simulates all ways to match at once: `states[i]` says that the first `i` elements can match
/// what was read. Returns how many bytes from that end on the shortest or longest match takes.
std::optional<std::size_t> Pattern::scan(std::string_view text, Direction direction, Wanted wanted,
                                         Budget& budget) const {
  const std::size_t count = elements_.size();
  std::vector<char> states(count + 1, 0);
  std::vector<char> next(count + 1, 0);
  states[0] = 1;
  std::optional<std::size_t> found;
  std::size_t work = 0;
  for (std::size_t read = 0;; ++read) {
    if (spread(states, direction)) {
      found = read;
      if (wanted == Wanted::shortest) return found;
    }
    if (read == text.size()) return found;
    const char c = direction == Direction::forward ? text[read] : text[text.size() - 1 - read];
    bool alive = false;
    std::fill(next.begin(), next.end(), static_cast<char>(0));
    for (std::size_t i = 0; i < count; ++i) {
      if (states[i] == 0) continue;
      const Element& element = elements_[direction == Direction::forward ? i : count - 1 - i];
      if (!accepts(element, c)) continue;
      next[element.kind == Element::Kind::many ? i : i + 1] = 1;
      alive = true;
    }
    if (!alive) return found;
    states.swap(next);
    work += count + 1;
    if (work >= kStatesOfOneStep) {
      budget.take_steps(work / kStatesOfOneStep);
      work %= kStatesOfOneStep;
    }
  }
}

bool Pattern::matches(std::string_view text, Budget& budget) const {
  if (elements_.size() == 1 && elements_[0].kind == Element::Kind::many) return true;
  return longest_prefix(text, budget) == text.size();
}

std::optional<std::size_t> Pattern::shortest_prefix(std::string_view text, Budget& budget) const {
  return scan(text, Direction::forward, Wanted::shortest, budget);
}

std::optional<std::size_t> Pattern::longest_prefix(std::string_view text, Budget& budget) const {
  return scan(text, Direction::forward, Wanted::longest, budget);
}

std::optional<std::size_t> Pattern::shortest_suffix(std::string_view text, Budget& budget) const {
  return scan(text, Direction::backward, Wanted::shortest, budget);
}

std::optional<std::size_t> Pattern::longest_suffix(std::string_view text, Budget& budget) const {
  return scan(text, Direction::backward, Wanted::longest, budget);
}

bool has_pattern(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '*' || text[i] == '?' || text[i] == '[') {
      return true;
    }
  }
  return false;
}

}  // namespace stamp::scripts::shell
