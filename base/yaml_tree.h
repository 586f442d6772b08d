#pragma once
// YAML 1.2 streams of others, as they are: several documents, anchors, aliases, tags, any style.
// Each scalar knows its bytes in the text, so that it can be replaced and nothing else. For files
// that stamp defines itself there is YamlDocument, which is stricter and says what is wrong.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace stamp {

/// Bytes [begin, end) of a text.
struct ByteSpan {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const { return end - begin; }
  std::string_view of(std::string_view text) const { return text.substr(begin, size()); }
  friend auto operator<=>(const ByteSpan&, const ByteSpan&) = default;
};

/// A node of a YAML stream.
struct YamlTreeNode {
  enum class Kind { scalar, sequence, mapping, alias };
  enum class Style { plain, single_quoted, double_quoted, literal, folded };

  Kind kind = Kind::scalar;
  Style style = Style::plain;       ///< of a scalar
  ByteSpan span;                    ///< of a scalar: its bytes with quotes, without anchor and tag;
                                    ///< empty when nothing is written; of an alias: its bytes with
                                    ///< the '*'; of others: where they start
  std::string text;                 ///< of a scalar: what it says; of an alias: the anchor's name
  std::string anchor;               ///< the name of its anchor, or empty
  std::string tag;                  ///< as written, or empty
  std::vector<YamlTreeNode> items;  ///< of a sequence; of a mapping: key, value, key, value, …

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_mapping() const { return kind == Kind::mapping; }
  bool is_sequence() const { return kind == Kind::sequence; }
  /// The value of a mapping's key, or null: also when the node is no mapping.
  const YamlTreeNode* find(std::string_view key) const;
  /// The text of the scalar that is the value of a mapping's key; else empty.
  std::string_view text_of(std::string_view key) const;
};

/// A parsed stream.
class YamlTree {
 public:
  /// Parses `text`, which `file` names in messages; a byte order mark at its start is passed over.
  /// Aliases are not expanded. At most 128 levels and 4 million nodes. Errors: invalid, with line
  /// and caret: not YAML, or a mapping with the same key twice. Spec: YAML 1.2.2.
  static YamlTree parse(std::string_view file, std::string_view text);

  /// The root nodes of the documents, in the order of the file.
  const std::vector<YamlTreeNode>& documents() const { return documents_; }

 private:
  std::vector<YamlTreeNode> documents_;
};

/// The line and column (in characters) of byte `offset` of `text`.
TextPosition position_at(std::string_view text, std::size_t offset);

}  // namespace stamp
