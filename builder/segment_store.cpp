#include "builder/segment_store.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kMaxList = 512U << 20U;

/// A decoder together with what it reads.
class DecodedBlob final : public Source {
 public:
  DecodedBlob(std::unique_ptr<Source> blob, layer::Format format)
      : blob_(std::move(blob)), decoder_(layer::make_decoder(format, *blob_, "a segment")) {}
  std::size_t read(std::span<std::byte> out) override { return decoder_->read(out); }

 private:
  std::unique_ptr<Source> blob_;
  std::unique_ptr<Source> decoder_;
};

}  // namespace

layer::Format decoder_format(layer::Compression compression) {
  switch (compression) {
    case layer::Compression::gzip:
      return layer::Format::gzip;
    case layer::Compression::zstd:
      return layer::Format::zstd;
    default:
      return layer::Format::none;
  }
}

std::int64_t newest_mtime(const layer::SegmentList& list) {
  std::int64_t newest = 0;
  for (const layer::ListedEntry& listed : list.entries) {
    newest = std::max(newest, listed.entry.mtime);
  }
  return newest;
}

std::optional<StoredSegment> SegmentStore::find(const Digest& key) {
  const std::optional<cache::Result> result = cache_.find(key);
  if (!result || result->outputs.size() < 2) return std::nullopt;
  StoredSegment segment;
  segment.blob = result->outputs[0].blob;
  segment.list = result->outputs[1].blob;
  if (result->outputs.size() > 2) segment.package = result->outputs[2].blob;
  const Json note = parse_json(result->note);
  segment.uncompressed_size = note.at("uncompressed_size").get<std::uint64_t>();
  segment.newest_mtime = note.at("newest_mtime").get<std::int64_t>();
  return segment;
}

StoredSegment SegmentStore::store(cache::BlobWriter& blob, const layer::Segment& segment) {
  StoredSegment stored;
  stored.blob = blob.commit();
  if (stored.blob.digest != segment.digest) {
    throw Error(ErrorKind::internal, "a segment's digest is not that of its blob");
  }
  stored.list = cache_.put(segment.list.serialize());
  stored.uncompressed_size = segment.uncompressed_size;
  stored.newest_mtime = newest_mtime(segment.list);
  return stored;
}

StoredSegment SegmentStore::record(const Digest& key, cache::BlobWriter& blob,
                                   const layer::Segment& segment,
                                   std::optional<std::string_view> package) {
  StoredSegment stored = store(blob, segment);
  if (package) stored.package = cache_.put(*package);
  record_also(key, stored);
  return stored;
}

void SegmentStore::record_also(const Digest& key, const StoredSegment& segment) {
  cache::Result result;
  result.outputs = {{"segment", segment.blob}, {"list", segment.list}};
  if (segment.package) result.outputs.push_back({"package", *segment.package});
  result.note = canonical_json(
      {{"uncompressed_size", segment.uncompressed_size}, {"newest_mtime", segment.newest_mtime}});
  cache_.record(key, std::move(result));
}

layer::SegmentList SegmentStore::list(const StoredSegment& segment) {
  return layer::SegmentList::parse(cache_.read(segment.list, kMaxList));
}

std::unique_ptr<Source> SegmentStore::open_tar(const StoredSegment& segment,
                                               const Encoding& encoding) {
  return std::make_unique<DecodedBlob>(cache_.open(segment.blob),
                                       decoder_format(encoding.compression));
}

}  // namespace stamp::build
