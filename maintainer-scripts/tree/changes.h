#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/entry_path.h"
#include "layer/entry.h"
#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts {

/// What a script made of an entry of a segment.
struct Override {
  std::size_t segment = 0;  ///< position in the segments that the tree was filled from
  EntryPath path;           ///< the entry, there
  bool removed = false;     ///< gone, or replaced by one of Changes::made
  /// Otherwise: the entry as it is now; its path differs when it was moved or diverted. It may have
  /// become the file that its hard link was (or the link's target another path): a hard link still
  /// comes after its target in the order of the segment, and its target is in that segment.
  layer::Entry now;

  friend bool operator==(const Override&, const Override&) = default;
};

/// Something that scripts made.
struct MadeEntry {
  layer::Entry entry;  ///< a hard link's target is an earlier one of Changes::made
  /// Of a file: its content, or the file of a segment that has it.
  std::shared_ptr<const std::string> text;
  std::optional<Origin> origin;
};

/// How a tree differs from the segments that it was filled from.
struct Changes {
  std::vector<Override> overrides;  ///< by segment, then path
  std::vector<MadeEntry> made;      ///< by path, folders too; a hard link after what it links to
  /// Folders that were there whose mode, owner or time are others now, as they are now; by path.
  std::vector<layer::Entry> folders;
  /// Folders that were there and are gone, or are no folders now; by path, only the topmost.
  std::vector<EntryPath> removed_folders;
};

/// Compares the tree with what it was filled from. What is equal in the end is no change, however
/// it came about: a file moved and moved back, or written again with the same content. A time that
/// is the tree's own says that something was changed, and is no change by itself: a packaged file
/// that was written with the same content or touched keeps the package's.
/// Errors: those of the reader, for contents that must be compared.
Changes changes_of(const Tree& tree);

}  // namespace stamp::scripts
