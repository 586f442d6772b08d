#pragma once

#include "builder/plan/plan.h"
#include "builder/plan/source_files.h"
#include "workspace/recipe.h"

namespace stamp::build {

/// The time of files and folders that say nothing of their own: 1980-01-01T00:00:01Z.
inline constexpr std::int64_t kDefaultMtime = 315532801;

/// What holds for all entries of a layer. A view: lives no longer than what it refers to.
struct EntryDefaults {
  std::int64_t mtime;
  const debian::MergedUsr& merged;
  const workspace::Recipe& recipe;
};

/// The entries of a `files:` layer. Errors: invalid, with caret (two items that become one path).
EntriesSegment plan_files(const workspace::Files& files, const RecipeSources& sources,
                          const EntryDefaults& defaults);

/// The entries of a `tree:` layer, in byte order. Errors: invalid, with caret (a name that no image
/// path can have).
EntriesSegment plan_tree(const workspace::Tree& tree, const std::vector<SourceItem>& items,
                         const EntryDefaults& defaults);

/// About how many bytes the segment moves.
std::uint64_t weight_of(const EntriesSegment& segment);

}  // namespace stamp::build
