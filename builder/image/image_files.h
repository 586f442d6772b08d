#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "builder/store/layer_store.h"
#include "builder/store/segment_store.h"
#include "layer/entry.h"

namespace stamp::build {

/// The files of an image as its layers make them together: what a container would see. Nothing is
/// unpacked; contents are read from the segments when asked for. A hard link is the file that it
/// leads to.
class ImageFiles final {
 public:
  /// `layers` bottom to top; they and `store` must outlive this. Errors: corrupt.
  ImageFiles(const std::vector<const StoredLayer*>& layers, SegmentStore& store);

  /// The entry at `path`, links in its parents followed inside the image; null when there is none.
  const layer::Entry* find(const EntryPath& path) const;
  /// The entry that `path` leads to, the last component's links followed too; null when there is
  /// none or the links go round in a circle.
  const layer::Entry* resolve(const EntryPath& path) const;
  /// Where something new at `path` would lie: links in its parents followed inside the image.
  /// Errors: invalid (the links go round in a circle).
  EntryPath place_of(const EntryPath& path) const;
  /// `folder` (as find() gives it) and all that lies below it, in byte order.
  std::vector<const layer::Entry*> tree(const EntryPath& folder) const;
  /// The text of a file. Errors: invalid (no such file, or not a file); corrupt (more than
  /// `limit`).
  std::string read(const EntryPath& path, std::uint64_t limit) const;

  /// Gets an entry and, of a file, its content.
  using Visit = std::function<void(const layer::Entry& entry, Source& content)>;
  /// Calls `visit` for each of these files (paths as find() gives them), segment by segment, in the
  /// order of the segments: each segment is read once.
  void visit(const std::vector<EntryPath>& files, const Visit& visit) const;

  /// All entries, by path.
  const std::map<EntryPath, layer::Entry>& entries() const { return entries_; }

  /// Where the content of a file lies.
  struct Place {
    const StoredSegment* segment = nullptr;
    layer::Compression compression = layer::Compression::zstd;
    EntryPath path = {};                              ///< in that segment
    std::shared_ptr<const layer::ElfFacts> elf = {};  ///< null when it is no ELF file
  };
  /// The place of an entry that entries() has.
  const Place& place(const EntryPath& path) const { return places_.at(path); }

 private:
  void add_layer(const StoredLayer& layer);
  void add_entry(const layer::Entry& entry, const Place& place);
  void add_hard_link(const layer::Entry& link);
  void remove(const EntryPath& path);
  void remove_below(const EntryPath& folder);
  /// The path with links in its parents, and with `follow_last` in the last component, followed.
  enum class LastLink { keep, follow };
  std::optional<EntryPath> walk(const EntryPath& path, LastLink last) const;

  SegmentStore& store_;
  std::map<EntryPath, layer::Entry> entries_;
  std::map<EntryPath, Place> places_;
};

}  // namespace stamp::build
