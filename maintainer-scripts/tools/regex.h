#pragma once
// Patterns of sed, grep, awk and expr: libc's POSIX expressions with GNU's additions, bounded so
// that a script's pattern cannot use up time, memory or stack.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "maintainer-scripts/process.h"

namespace stamp::scripts {

/// Bytes of a text, from `begin` up to `end`.
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const { return end - begin; }
  std::string_view of(std::string_view text) const { return text.substr(begin, size()); }
  friend bool operator==(const TextRange&, const TextRange&) = default;
};

/// Where a pattern matched: the whole, then the groups 1 to 9; none for a group that took no part.
struct RegexMatch {
  std::array<std::optional<TextRange>, 10> groups;

  const TextRange& whole() const { return *groups[0]; }
};

/// A compiled pattern. Matches bytes, in the C locale; the leftmost and of these the longest.
class Regex {
 public:
  enum class Syntax { basic, extended };
  enum class Case { exact, ignore };
  /// `lines`: ^ and $ match at every line of the text too.
  enum class Anchors { text, lines };
  struct Options {
    Syntax syntax = Syntax::basic;
    Case letters = Case::exact;
    Anchors anchors = Anchors::text;
  };

  /// `budget` is charged for searches and must outlive this. Errors: Unknown: libc does not compile
  /// it, it has a NUL byte, or it is past a bound (4096 bytes, 64 nested groups, 8192 atoms when
  /// repetitions are written out).
  Regex(Budget& budget, std::string_view pattern, const Options& options);
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  /// The first match that begins at `from` or later; what is before `from` is still context for ^
  /// and \b. Errors: Unknown: a text too long for such a pattern; invalid: the budget.
  std::optional<RegexMatch> search(std::string_view text, std::size_t from = 0) const;
  /// As search(), without the groups, which is faster.
  std::optional<TextRange> find(std::string_view text, std::size_t from = 0) const;
  /// Whether the pattern matches exactly text[from, end), where text[end] is not an end of line.
  bool matches_range(std::string_view text, const TextRange& range) const;
  bool matches(std::string_view text) const { return find(text).has_value(); }
  /// Number of groups of the pattern.
  std::size_t group_count() const;

 private:
  struct Compiled;
  void charge(std::string_view text, std::size_t from, std::size_t end) const;
  bool execute(std::string_view text, const TextRange& part, int flags, std::size_t groups,
               void* found) const;
  void compile() const;

  Budget* budget_;
  std::string pattern_;
  Options options_;
  std::size_t atoms_ = 0;
  bool repeats_ = false;                ///< has * + or {n,}
  bool anchored_ = false;               ///< starts with ^ and has no alternative
  bool refers_back_ = false;            ///< has \1 … \9
  mutable std::uint64_t searched_ = 0;  ///< bytes since it was compiled
  mutable std::unique_ptr<Compiled> compiled_;
};

}  // namespace stamp::scripts
