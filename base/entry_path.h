#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace stamp {

/// The path of something in an image: absolute there, kept without the leading slash
/// ("usr/bin/env"). The root is the empty path. No component is empty, "." or "..", none holds NUL;
/// at most 4,096 bytes.
class EntryPath {
 public:
  /// The root.
  EntryPath() = default;
  /// Parses a path as recipes write it: "/usr/bin/env"; a trailing slash is allowed, relative
  /// paths are not. Errors: invalid.
  static EntryPath parse(std::string_view text);
  /// Parses the name of an archive's member: "./usr/bin/env", "usr/bin/", "/usr/bin/env", ".".
  /// Errors: invalid (a "..", a NUL, too long).
  static EntryPath parse_member(std::string_view name);

  /// "usr/bin/env"; "" for the root.
  const std::string& str() const { return text_; }
  /// "/usr/bin/env"; "/" for the root.
  std::string absolute() const { return "/" + text_; }
  bool is_root() const { return text_.empty(); }
  /// The folder that holds it; the root's parent is the root.
  EntryPath parent() const;
  /// The last component; "" for the root.
  std::string_view name() const;
  /// This path with `relative` (one or more components, a valid relative path) below it. Errors:
  /// invalid.
  EntryPath operator/(std::string_view relative) const;
  /// Whether it is `folder` or lies below it.
  bool is_within(const EntryPath& folder) const;
  /// Number of components.
  std::size_t depth() const;

  /// Byte order of the text.
  friend auto operator<=>(const EntryPath&, const EntryPath&) = default;

 private:
  explicit EntryPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace stamp
