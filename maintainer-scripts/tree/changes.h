#pragma once

#include <cstdint>
#include <map>
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
  /// Otherwise: the entry as it is now; its path differs when it was moved or diverted.
  layer::Entry now;

  friend bool operator==(const Override&, const Override&) = default;
};

/// Something that scripts made.
struct MadeEntry {
  layer::Entry entry;  ///< a hard link's target is a path of the image
  /// Of a file: its content, or the file of a segment that has it.
  std::shared_ptr<const std::string> text;
  std::optional<Origin> origin;
};

/// How a tree differs from the segments that it was filled from.
struct Changes {
  std::vector<Override> overrides;  ///< by segment, then path
  std::vector<MadeEntry> made;      ///< by path, folders too; a hard link after what it links to
  /// Folders of segments whose mode, owner or time are others now, as they are now; by path.
  std::vector<layer::Entry> folders;
  /// Folders of segments that are gone; by path, only the topmost.
  std::vector<EntryPath> removed_folders;
};

/// What an entry of a segment was when the tree was filled.
using Originals = std::map<Origin, layer::Entry>;

/// Compares the tree with what it was filled from.
Changes changes_of(const Tree& tree, const Originals& originals);

}  // namespace stamp::scripts
