#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/regex.h"

namespace stamp::scripts {

/// One of the patterns of a grep: a fixed text or an expression.
class GrepPattern {
 public:
  explicit GrepPattern(std::string fixed) : fixed_(std::move(fixed)) {}
  explicit GrepPattern(Regex regex) : regex_(std::move(regex)) {}

  /// The first match at `from` or later. `line` is lower case already where letters do not matter
  /// to a fixed text.
  std::optional<TextRange> find(std::string_view line, std::size_t from) const;
  /// A shorter match that begins where `range` does.
  std::optional<TextRange> shorter(std::string_view line, const TextRange& range) const;

 private:
  std::string fixed_;
  std::optional<Regex> regex_;
};

/// What makes a line a selected one.
class GrepMatcher {
 public:
  /// How the patterns are written.
  enum class Kind { basic, extended, fixed };
  /// `options` are grep's: i, w and x. `budget` must outlive this.
  GrepMatcher(Budget& budget, const Options& options, Kind kind);

  /// Adds the patterns that are `lines`. Errors: Unknown.
  void add(std::string_view lines);
  /// The leftmost, of these the longest match at `from` or later.
  std::optional<TextRange> find(std::string_view text, std::size_t from) const;

 private:
  enum class Whole { any, word, line };
  void add_one(std::string_view pattern);
  std::optional<TextRange> find_plain(const GrepPattern& pattern, std::string_view line,
                                      std::size_t from) const;

  Budget* budget_;
  Regex::Options regex_options_;
  Whole whole_ = Whole::any;
  bool fixed_ = false;
  bool fold_fixed_ = false;
  std::vector<GrepPattern> patterns_;
};

}  // namespace stamp::scripts
