#pragma once
// YAML 1.2 with positions, as far as files that users write need it: one document, no aliases, no
// tags, no duplicate keys, at most 64 levels and 100,000 nodes. Scalars are texts; what they mean
// is for the reader of the file to say.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace stamp {

/// A place in a text: line and column from 1, the column in characters.
struct TextPosition {
  std::size_t line = 1;
  std::size_t column = 1;
};

/// A diagnostic at `position` of `text`, with its line.
Diagnostic problem_at(std::string_view file, std::string_view text, TextPosition position,
                      std::string message);

/// A node of a document.
struct YamlNode {
  enum class Kind { scalar, sequence, mapping };
  /// A key of a mapping with its value.
  struct Member;

  Kind kind = Kind::scalar;
  TextPosition position;        ///< where it starts
  std::string text;             ///< of a scalar
  bool plain = true;            ///< of a scalar: neither quoted nor a block
  std::vector<YamlNode> items;  ///< of a sequence
  std::vector<Member> members;  ///< of a mapping, in the order of the file

  /// The value of a key, or null.
  const YamlNode* find(std::string_view key) const;
  /// Whether it is a plain scalar that YAML's core schema reads as null ("", "~", "null").
  bool is_null() const;
};

struct YamlNode::Member {
  std::string key;
  TextPosition position;  ///< of the key
  YamlNode value;
};

/// A parsed text together with what diagnostics about it need.
class YamlDocument {
 public:
  /// Parses `text`, which `file` names in messages. Problems are appended to `problems`; the root
  /// is then what could be read (null scalar when nothing). A byte order mark at the start is
  /// passed over. At most 4 MiB. Spec: YAML 1.2.2.
  static YamlDocument parse(std::string file, std::string text, std::vector<Diagnostic>& problems);

  const YamlNode& root() const { return root_; }
  /// Whether the whole text was understood: what is missing in root() is missing in the file.
  bool complete() const { return complete_; }
  const std::string& file() const { return file_; }
  const std::string& text() const { return text_; }
  /// A diagnostic at `position` with its line.
  Diagnostic problem(TextPosition position, std::string message) const;

 private:
  std::string file_;
  std::string text_;
  YamlNode root_;
  bool complete_ = false;
};

}  // namespace stamp
