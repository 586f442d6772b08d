#pragma once
// A workspace: a folder with stamp.yaml; each FOLDER/recipe.yaml directly below it is an image.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workspace/recipe.h"
#include "workspace/stamp_yaml.h"

namespace stamp::workspace {

/// A workspace whose every file has been read and found right.
struct Workspace {
  std::filesystem::path folder;
  Settings settings;
  std::vector<Recipe> recipes;  ///< in byte order of their names

  /// The recipe of that name, or null.
  const Recipe* find(std::string_view name) const;

  /// The recipes named (all, when none is) with those that they need, each after what it needs and
  /// else by name. Errors: usage (no such recipe; with the nearest name).
  std::vector<const Recipe*> select(std::span<const std::string> names) const;
};

/// Opens the workspace in `folder`.
///
/// Names in messages are relative to `folder`. Entries of `folder` are visited in byte order.
/// Errors: invalid, with all problems of all files at once: text, unknown recipes, recipes that
/// need each other in a circle, missing source files; usage (no stamp.yaml there); io.
Workspace open(const std::filesystem::path& folder);

}  // namespace stamp::workspace
