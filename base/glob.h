#pragma once

#include <string>
#include <string_view>

namespace stamp {

/// A path pattern as recipes have it in `include:` and `exclude:`.
///
/// Matches whole paths. `*` and `?` match within a component, `**` any number of components (also
/// none), `[a-c]` and `[!a-c]` one byte of a set, `\` takes the next byte as it is. A leading slash
/// of pattern and path is ignored. "usr/share/doc/**" matches what lies below and the folder
/// itself.
class Glob {
 public:
  /// Errors: invalid (an empty pattern, an unclosed set, a "**" that is not a whole component).
  static Glob parse(std::string_view pattern);
  /// Whether `path` ("usr/share/doc/x") matches.
  bool matches(std::string_view path) const;
  /// Whether the pattern has no special characters: it names one path.
  bool is_literal() const;
  /// The pattern as written.
  const std::string& str() const { return pattern_; }

 private:
  explicit Glob(std::string pattern) : pattern_(std::move(pattern)) {}
  std::string pattern_;
};

}  // namespace stamp
