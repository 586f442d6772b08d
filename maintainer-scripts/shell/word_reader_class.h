#pragma once
// The reader of words, for the two files that implement it: what both shells have, and what only
// bash has.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "maintainer-scripts/shell/ast.h"
#include "maintainer-scripts/shell/lexer.h"

namespace stamp::scripts::shell {

inline bool is_digit(int c) {
  return c >= '0' && c <= '9';
}
inline bool is_letter(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
inline bool is_special(int c) {
  return is_digit(c) || (c > 0 && std::string_view("#?$!-*@").find(static_cast<char>(c)) !=
                                      std::string_view::npos);
}
inline bool ends_word(int c) {
  return c > 0 &&
         std::string_view("\n \t<>;&()|").find(static_cast<char>(c)) != std::string_view::npos;
}

/// Parts of a word, neighbouring characters of one kind joined.
class PartList {
 public:
  /// The next character is of this place.
  void at(Position position) { position_ = position; }
  void literal(int c) { text<Literal>() += static_cast<char>(c); }
  void quoted(int c) { text<Quoted>() += static_cast<char>(c); }
  /// Adds a part of its own, with which nothing is joined.
  template <typename Node>
  void add(Position position, Node node) {
    parts_.push_back({.position = position, .node = std::move(node)});
    joins_ = false;
  }
  void append(std::vector<Part> parts) {
    for (Part& part : parts) parts_.push_back(std::move(part));
    joins_ = false;
  }
  std::vector<Part> take() { return std::move(parts_); }
  const std::vector<Part>& parts() const { return parts_; }

 private:
  template <typename Node>
  std::string& text() {
    if (joins_ && !parts_.empty()) {
      if (auto* node = std::get_if<Node>(&parts_.back().node)) return node->text;
    }
    parts_.push_back({.position = position_, .node = Node{}});
    joins_ = true;
    return std::get<Node>(parts_.back().node).text;
  }

  std::vector<Part> parts_;
  Position position_;
  bool joins_ = false;
};

/// What stands around characters outside quotes.
enum class Plain {
  word,
  mark,
  braces,
  // of bash:
  replaced,    ///< the pattern in ${x/pattern/text}
  pattern,     ///< the right side of == in [[ … ]]
  expression,  ///< that of =~
};
/// What stands around characters that are quoted.
enum class Quotes {
  mark,              ///< "…" of an end mark
  string,            ///< "…"
  string_in_braces,  ///< "…" in ${…}
  braces,            ///< ${…} in "…", a here-document or an arithmetic expansion
  document,          ///< a here-document
  arithmetic,        ///< $((…))
  offset,            ///< ${x:…} of bash, up to : or }
};

/// Reads one word, or one here-document with all that it holds.
class WordReader {
 public:
  explicit WordReader(Lexer& lexer, const Delimiter* document = nullptr)
      : lexer_(lexer), document_(document) {}

  std::vector<Part> read_plain(Plain place);
  std::vector<Part> read_quoted(Quotes place);
  std::vector<Part> read_document();
  std::string read_raw_document();

 private:
  /// Whether what is read is quoted; then its characters are Quoted, and `"` may be escaped.
  enum class Inside { plain, quotes };

  int raw() const { return ended_ ? Lexer::kEnd : lexer_.raw(); }
  int peek() { return ended_ ? Lexer::kEnd : lexer_.peek(); }
  void take(int c);
  void check_mark();
  void escape_plain(PartList& parts);
  void escape_quoted(PartList& parts, Quotes place);
  void single_quotes(PartList& parts);
  void dollar(PartList& parts, Inside inside);
  void substitution(PartList& parts, Position position);
  void backquotes(PartList& parts, Inside inside);
  Parameter braced_parameter(Inside inside);
  Parameter hash_parameter();
  std::string read_name();
  bool read_operator(Parameter& parameter);
  bool close_quoted(PartList& parts, Quotes place, int c);
  bool ends_plain(Plain place, int c);
  void plain_character(PartList& parts, Plain place, int c);
  // What only bash has:
  bool dollar_of_bash(PartList& parts, Inside inside, Position position, int c);
  bool indirection(Parameter& parameter);
  bool operator_of_bash(Parameter& parameter, Inside inside);
  void substring(Parameter& parameter);
  void replacement(Parameter& parameter, Inside inside);
  void array(PartList& parts);
  void process_substitution(PartList& parts);
  bool starts_array(const PartList& parts) const;

  Lexer& lexer_;
  const Delimiter* document_;
  bool ended_ = false;  ///< the end mark of the here-document was met
  int parentheses_ = 0;
  bool pattern_parenthesis_ = false;  ///< a ( would begin a part of an extended pattern
  int closed_by_ = 0;                 ///< what ended a pattern or an offset
};

}  // namespace stamp::scripts::shell
