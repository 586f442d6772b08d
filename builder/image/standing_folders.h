#pragma once

#include <map>

#include "base/entry_path.h"
#include "builder/store/layer_store.h"
#include "builder/store/segment_store.h"
#include "layer/segment_list.h"

namespace stamp::build {

/// The folders of an image after some of its layers, and the links that lead to folders: what the
/// next layer has to leave as it is.
class StandingFolders {
 public:
  /// Those of an empty image.
  StandingFolders() = default;
  /// Those after `layer` and all below it. Errors: corrupt; io.
  StandingFolders(const StoredLayer& layer, SegmentStore& store);

  /// What the entries of a layer take away: whiteouts, and folders that something else replaces.
  /// Comes before add(). Spec: OCI image-spec 1.1 layer.md "Whiteouts".
  void take_away(const layer::SegmentList& list);
  /// A folder of the layer, or a link in place of one.
  void add(const layer::Entry& entry);
  /// Those symlinks of a layer that lead to folders that stand by now.
  void add_links(const layer::SegmentList& list);

  const std::map<EntryPath, layer::Entry>& folders() const { return folders_; }
  /// Whether a link to a folder stands there.
  bool has_link(const EntryPath& path) const { return links_.count(path) != 0; }
  /// Refuses a folder where a link to a folder stands: the layer would hide what the link leads
  /// to. Errors: invalid, with what lies below the folder.
  void refuse_folders_over_links(const layer::SegmentList& list) const;
  /// Keeps them in the cache, for StoredLayer::folders. Errors: io.
  cache::Blob store(SegmentStore& store) const;

 private:
  void remove_below(const EntryPath& folder);
  void remove(const EntryPath& path);

  std::map<EntryPath, layer::Entry> folders_;
  std::map<EntryPath, layer::Entry> links_;
};

}  // namespace stamp::build
