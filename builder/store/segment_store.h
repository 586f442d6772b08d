#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "builder/plan/package_record.h"
#include "builder/plan/plan.h"
#include "cache/cache.h"
#include "layer/segment.h"

namespace stamp::build {

/// A segment in the cache.
struct StoredSegment {
  cache::Blob blob;                    ///< the compressed bytes
  cache::Blob list;                    ///< its SegmentList
  std::optional<cache::Blob> package;  ///< of a Debian package: its PackageRecord
  cache::Blob package_head;            ///< the first bytes of it, as if they were a blob
  std::uint64_t uncompressed_size = 0;
  std::int64_t newest_mtime = 0;  ///< of its entries
};

/// Segments and their lists in the cache. Safe from many threads.
class SegmentStore final {
 public:
  /// `cache` must outlive this.
  explicit SegmentStore(cache::Cache& cache) : cache_(cache) {}

  /// The segment that the step with this key gave, if it is there.
  std::optional<StoredSegment> find(const Digest& key);
  /// The same of many keys, in their order: one look at the index for all.
  std::vector<std::optional<StoredSegment>> find(std::span<const Digest> keys);
  /// Keeps a segment that was written to `blob`, and its list.
  StoredSegment store(cache::BlobWriter& blob, const layer::Segment& segment);
  /// The same, and remembers it as what the step with `key` gave; of a package with its record.
  StoredSegment record(const Digest& key, cache::BlobWriter& blob, const layer::Segment& segment);
  StoredSegment record(const Digest& key, cache::BlobWriter& blob, const layer::Segment& segment,
                       const PackageRecord& package);
  /// Remembers a segment that is there as what the step with `key` gives too.
  void record_also(const Digest& key, const StoredSegment& segment);
  /// A blob to write a segment to.
  std::unique_ptr<cache::BlobWriter> new_blob() { return cache_.new_blob(); }
  /// The list of a segment. Errors: corrupt.
  layer::SegmentList list(const StoredSegment& segment);
  /// The record of a package, and what of it scripts can ask for. Errors: corrupt.
  debian::UnpackedPackage package(const StoredSegment& segment);
  debian::UnpackedPackage package_head(const StoredSegment& segment);
  /// The tar bytes of a segment, to their end. Errors of read(): corrupt.
  std::unique_ptr<Source> open_tar(const StoredSegment& segment, const Encoding& encoding);

  cache::Cache& cache() { return cache_; }

 private:
  cache::Cache& cache_;
};

/// What SegmentStore::record() wrote; nothing when it is no segment. Of anything else: Errors:
/// invalid; exceptions of Json.
std::optional<StoredSegment> read_segment_result(const cache::Result& result);

/// The format that bytes of this compression are decoded as.
layer::Format decoder_format(layer::Compression compression);

/// The time of the newest entry of a list; 0 for an empty one.
std::int64_t newest_mtime(const layer::SegmentList& list);

}  // namespace stamp::build
