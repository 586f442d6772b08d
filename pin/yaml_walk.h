#pragma once
// Ways through a document of YAML: to a key, to what a pattern leads to, through aliases and merge
// keys ("<<") as the systems that read the file go.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/yaml_tree.h"

namespace stamp::pin {

/// A node with the way to it. The spots on the way must outlive it.
struct Spot {
  const YamlTreeNode* node = nullptr;    ///< null: there is nothing
  const Spot* above = nullptr;           ///< null: it is a document's root
  std::string_view key;                  ///< where it is in a mapping
  std::optional<std::size_t> index;      ///< or in a list; of a root: the document's number, from 1
  const YamlTreeNode* shared = nullptr;  ///< the anchored node that an alias led through

  explicit operator bool() const { return node != nullptr; }
};

/// "spec.containers[0].image"; in documents after the first "2:spec…". A key that could be taken
/// for several steps is in quotes.
std::string path_of(const Spot& spot);

/// The anchors of a document and the aliases that mean them.
class Anchors {
 public:
  /// `root` must outlive this.
  explicit Anchors(const YamlTreeNode& root) { add(root); }

  /// The node that an alias stands for, or null.
  const YamlTreeNode* target(const YamlTreeNode& alias) const;
  /// The first alias of an anchored node, or null.
  const YamlTreeNode* first_alias(const YamlTreeNode& anchored) const;

 private:
  using Nodes = std::unordered_map<const YamlTreeNode*, const YamlTreeNode*>;

  void add(const YamlTreeNode& node);

  std::map<std::string_view, const YamlTreeNode*> anchored_;  ///< the last one of each name
  Nodes targets_;
  Nodes first_aliases_;
};

/// A document that is looked through.
class YamlWalk {
 public:
  using Visit = std::function<void(const Spot&)>;

  /// Document `number` (from 1) of a file. `file` and `text` are for messages. All must outlive
  /// this.
  YamlWalk(std::string_view file, std::string_view text, const YamlTreeNode& root,
           std::size_t number)
      : file_(file), text_(text), root_{.node = &root, .index = number} {}

  const Spot& root() const { return root_; }
  std::string_view text() const { return text_; }

  /// The value of a key, also one that comes by "<<". An alias of a mapping or a list is followed,
  /// one of a scalar is given as it is. Errors: invalid, when aliases lead to more than 1,000.
  Spot member(const Spot& mapping, std::string_view key);
  /// Calls `visit` for each value of a mapping (one level), likewise.
  void each_member(const Spot& mapping, const Visit& visit);
  /// Calls `visit` for each item of a list, likewise.
  void each_item(const Spot& list, const Visit& visit);
  /// Calls `visit` for all that `path` leads to (workspace/pin_path.h).
  void follow(const Spot& from, std::string_view path, const Visit& visit);

  /// The text of a scalar, or of the one that an alias stands for; empty when it is null or
  /// something else.
  std::string_view text_of(const Spot& spot);
  /// The text of a member that is a scalar; else empty.
  std::string_view text_of(const Spot& mapping, std::string_view key);
  /// Why changing the scalar would change something else too; empty when it would not.
  std::string shared_with(const Spot& scalar);
  /// The scalar that an alias stands for, or the node itself; null when there is none.
  const YamlTreeNode* scalar_of(const Spot& spot);

 private:
  const Anchors& anchors();
  Spot followed(Spot spot);
  Spot merged_member(const Spot& mapping, const YamlTreeNode& merge, std::string_view key);
  void each_merged(const Spot& mapping, const YamlTreeNode& merge, const Visit& visit);
  std::size_t line_of(const YamlTreeNode& node) const;

  std::string_view file_;
  std::string_view text_;
  Spot root_;
  std::optional<Anchors> anchors_;  ///< made when the first one is met
  std::size_t follows_ = 0;
};

}  // namespace stamp::pin
