#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "base/entry_path.h"
#include "builder/store/segment_store.h"
#include "layer/tar_reader.h"

namespace stamp::build {

/// A segment's bytes with the end-of-archive marker that only layers have. Zeros after the end of a
/// whole layer do no harm either.
class WithEnd final : public Source {
 public:
  /// `segment` must outlive this.
  explicit WithEnd(Source& segment) : segment_(segment) {}
  std::size_t read(std::span<std::byte> out) override;

 private:
  Source& segment_;
  std::size_t left_ = 1024;
};

/// Reads single files of segments, in any order. What lies between two files that are asked for in
/// the order of their segment is decoded once; small files that were passed are kept for a while.
class SegmentContents final {
 public:
  /// `store` must outlive this.
  explicit SegmentContents(SegmentStore& store);
  ~SegmentContents();
  SegmentContents(const SegmentContents&) = delete;
  SegmentContents& operator=(const SegmentContents&) = delete;

  /// The content of the file at `path` of a segment. Errors: corrupt (there is none); io.
  std::string read(const StoredSegment& segment, const Encoding& encoding, const EntryPath& path);

 private:
  class Cursor;
  Cursor& cursor(const StoredSegment& segment, const Encoding& encoding);

  SegmentStore& store_;
  std::list<std::unique_ptr<Cursor>> cursors_;  ///< the one used last first
};

}  // namespace stamp::build
