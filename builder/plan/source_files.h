#pragma once
// The files beside a recipe, as far as they decide bytes of its image: content, and whether the
// owner may execute them. Nothing else of the host's file system counts: no owner, no time, no
// other mode bit.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "workspace/recipe.h"

namespace stamp::build {

/// A file, folder or link beside a recipe.
struct SourceItem {
  enum class Kind { file, directory, link };
  Kind kind = Kind::file;
  std::string path;            ///< relative to the tree; empty for a single file
  std::filesystem::path host;  ///< where it is
  std::string link_target;     ///< of a link
  Digest digest;               ///< of a file's content
  std::uint64_t size = 0;      ///< of a file
  bool executable = false;     ///< of a file: the owner may execute it
};

/// What a recipe's layers take from its folder.
struct RecipeSources {
  /// The files of `files:` layers, by source path as the recipe writes it.
  std::map<std::string, SourceItem, std::less<>> files;
  /// What the `tree:` layers take, in byte order of path, by the layer's position in the recipe.
  std::map<std::size_t, std::vector<SourceItem>> trees;
};

/// Reads all source files of a recipe; of trees what the layer's selection takes.
///
/// Errors: invalid, with caret: something that is neither file, folder nor link, a name that no
/// image path can have; io.
RecipeSources read_sources(const workspace::Recipe& recipe);

/// The checksum by which a lock knows its recipe: over the recipe's text and its sources. It
/// changes when a byte or an executable bit of one does.
Digest recipe_checksum(const workspace::Recipe& recipe, const RecipeSources& sources);

}  // namespace stamp::build
