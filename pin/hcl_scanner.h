#pragma once
// The lexical side of HCL: blanks, comments, strings with templates in them, heredocs. What the
// text means is for find_in_hcl() to say.

#include <cstddef>
#include <string>
#include <string_view>

#include "pin/find.h"
#include "pin/place.h"

namespace stamp::pin {

/// A quoted text as it was read.
struct HclString {
  Field field;
  bool has_template = false;  ///< "${…}" or "%{…}" is in it; the field's text is cut there
};

/// A place in an HCL text, which goes forward. The file must outlive it.
/// Spec: HCL native syntax specification, "Lexical Elements", "Template Expressions".
class HclScanner final {
 public:
  explicit HclScanner(const FileText& file);

  std::size_t at() const { return at_; }
  bool at_end() const { return at_ == text_.size(); }
  /// The next byte, and the one after it; 0 at the end.
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  char peek_second() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  /// Whether `word` comes next.
  bool sees(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  void skip(std::size_t bytes) { at_ += bytes; }

  /// Passes blanks and comments on the line. A comment of a whole line ends before its line's end.
  void skip_blanks();
  /// Passes blanks, comments and ends of lines.
  void skip_lines();

  /// An identifier, or empty when none comes next.
  std::string_view identifier();
  /// A quoted text, with `"` next.
  HclString string();
  /// A heredoc, with "<<" next.
  void skip_heredoc();

  /// One level deeper. Errors: invalid, at more than 128 levels.
  void enter();
  void leave() { --depth_; }

  /// Errors: invalid, with line and caret at byte `offset`.
  [[noreturn]] void refuse(std::size_t offset, std::string message) const;

 private:
  void skip_comment();
  void skip_template();
  void escape(std::string& out);
  void code_point(std::size_t digits, std::string& out);

  const FileText& file_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace stamp::pin
