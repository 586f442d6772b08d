#pragma once

#include <map>
#include <string>

#include "builder/store/segment_contents.h"

namespace stamp::build {

/// Files of segments that evaluations have read, kept in the cache beside the segments: the next
/// evaluation need not decode them. Only small files are kept.
class KeptContents final {
 public:
  /// `store` must outlive this.
  explicit KeptContents(SegmentStore& store) : store_(store), segments_(store) {}

  /// As SegmentContents::read().
  std::string read(const StoredSegment& segment, const Encoding& encoding, const EntryPath& path);
  /// Puts what was read from segments, and was not there before, into the cache.
  void keep();

 private:
  /// What is kept of one segment.
  struct Pack {
    std::map<EntryPath, std::string> texts;
    bool is_new = false;  ///< whether some of it is not in the cache
  };
  Pack& pack(const Digest& segment);

  SegmentStore& store_;
  SegmentContents segments_;
  std::map<Digest, Pack> packs_;
};

}  // namespace stamp::build
