#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "layer/entry.h"
#include "layer/segment_list.h"

namespace stamp::layer {

/// A segment's list with the name that messages use ("package 'libc6'").
struct NamedListView {
  std::string name;
  const SegmentList& list;
};

/// What merge_directories() needs to know beside the lists.
struct MergeOptions {
  std::int64_t mtime = 0;  ///< time of every directory
  /// Symlinks that stand in place of directories (bin → usr/bin of a merged /usr). They are given
  /// back among the directories; a directory that a list declares there gives way, but nothing may
  /// lie below one: names below are the caller's to rewrite.
  std::vector<Entry> aliases;
};

/// The directories of a layer made of these segments: all that they need, each once, by path with
/// parents first. The first segment that declares a directory decides its mode and owner, as the
/// first package does with dpkg; one that nobody declares is 0755 root:root.
/// Errors: invalid, naming both segments: a path that is a directory in one and something else in
/// another, or that two segments hold.
std::vector<Entry> merge_directories(std::span<const NamedListView> lists,
                                     const MergeOptions& options);

}  // namespace stamp::layer
