#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/process.h"

namespace stamp::scripts::shell {

/// A pattern of the shell: `*`, `?`, `[a-c]`, `[!a-c]`, `[[:alpha:]]`; a backslash takes the next
/// byte as it is. Bytes, no locale. A text of n bytes is matched by m elements in n * m steps at
/// most, whatever the pattern.
class Pattern {
 public:
  /// `escaped` has a backslash before each special byte that stands for itself.
  explicit Pattern(std::string_view escaped);

  /// Whether all of `text` matches. Errors: invalid, past the steps of `budget`.
  bool matches(std::string_view text, Budget& budget) const;
  /// Length of the shortest or longest start of `text` that matches; none when none does.
  std::optional<std::size_t> shortest_prefix(std::string_view text, Budget& budget) const;
  std::optional<std::size_t> longest_prefix(std::string_view text, Budget& budget) const;
  /// The same for the end.
  std::optional<std::size_t> shortest_suffix(std::string_view text, Budget& budget) const;
  std::optional<std::size_t> longest_suffix(std::string_view text, Budget& budget) const;

 private:
  using Set = std::array<bool, 256>;
  struct Element {
    enum class Kind { byte, any, many, set };
    Kind kind = Kind::byte;
    char byte = 0;
    std::size_t set = 0;  ///< position in sets_
  };
  enum class Direction { forward, backward };
  enum class Wanted { shortest, longest };
  std::size_t add_set(std::string_view pattern, std::size_t begin);
  bool accepts(const Element& element, char c) const;
  bool spread(std::vector<char>& states, Direction direction) const;
  std::optional<std::size_t> scan(std::string_view text, Direction direction, Wanted wanted,
                                  Budget& budget) const;

  std::vector<Element> elements_;
  std::vector<Set> sets_;
};

/// Whether `text`, a pattern with backslashes, has a byte that is special.
bool has_pattern(std::string_view text);

}  // namespace stamp::scripts::shell
