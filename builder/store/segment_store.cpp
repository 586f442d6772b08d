#include "builder/store/segment_store.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kMaxList = 512U << 20U;
constexpr std::uint64_t kMaxRecord = 256U << 20U;

}  // namespace

std::optional<StoredSegment> read_segment_result(const cache::Result& result) {
  if (result.outputs.size() < 2) return std::nullopt;
  StoredSegment segment;
  segment.blob = result.outputs[0].blob;
  segment.list = result.outputs[1].blob;
  const Json note = parse_json(result.note);
  if (result.outputs.size() > 2) {
    segment.package = result.outputs[2].blob;
    const Json& head = note.at("head");
    segment.package_head = {.digest = Digest::parse_hex(head.at(0).get<std::string>()),
                            .size = head.at(1).get<std::uint64_t>()};
  }
  segment.uncompressed_size = note.at("uncompressed_size").get<std::uint64_t>();
  segment.newest_mtime = note.at("newest_mtime").get<std::int64_t>();
  return segment;
}

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
  return find(std::span(&key, 1)).front();
}

std::vector<std::optional<StoredSegment>> SegmentStore::find(std::span<const Digest> keys) {
  std::vector<std::optional<StoredSegment>> segments;
  segments.reserve(keys.size());
  for (const std::optional<cache::Result>& result : cache_.find(keys)) {
    segments.push_back(result ? read_segment_result(*result) : std::nullopt);
  }
  return segments;
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
                                   const layer::Segment& segment) {
  StoredSegment stored = store(blob, segment);
  record_also(key, stored);
  return stored;
}

StoredSegment SegmentStore::record(const Digest& key, cache::BlobWriter& blob,
                                   const layer::Segment& segment, const PackageRecord& package) {
  StoredSegment stored = store(blob, segment);
  stored.package = cache_.put(package.text);
  const std::string_view head = std::string_view(package.text).substr(0, package.head);
  stored.package_head = {.digest = Digest::of(head), .size = head.size()};
  record_also(key, stored);
  return stored;
}

void SegmentStore::record_also(const Digest& key, const StoredSegment& segment) {
  cache::Result result;
  result.outputs = {{"segment", segment.blob}, {"list", segment.list}};
  Json note = {{"uncompressed_size", segment.uncompressed_size},
               {"newest_mtime", segment.newest_mtime}};
  if (segment.package) {
    result.outputs.push_back({"package", *segment.package});
    note["head"] = {segment.package_head.digest.hex(), segment.package_head.size};
  }
  result.note = canonical_json(note);
  cache_.record(key, std::move(result));
}

debian::UnpackedPackage SegmentStore::package(const StoredSegment& segment) {
  return parse_package_record(cache_.read(segment.package.value(), kMaxRecord));
}

debian::UnpackedPackage SegmentStore::package_head(const StoredSegment& segment) {
  const cache::Blob& whole = segment.package.value();
  const cache::Blob& head = segment.package_head;
  std::string text(static_cast<std::size_t>(std::min(head.size, whole.size)), '\0');
  const std::unique_ptr<FileSource> source = cache_.open_unchecked(whole);
  static_cast<void>(read_full(*source, std::as_writable_bytes(std::span(text))));
  if (Digest::of(text) == head.digest) return parse_package_head(std::move(text));
  // Somebody damaged the file: reading all of it tells, and removes it from the cache.
  return parse_package_record(cache_.read(whole, kMaxRecord));
}

layer::SegmentList SegmentStore::list(const StoredSegment& segment) {
  return layer::SegmentList::parse(cache_.read(segment.list, kMaxList));
}

std::unique_ptr<Source> SegmentStore::open_tar(const StoredSegment& segment,
                                               const Encoding& encoding) {
  return layer::make_decoder(decoder_format(encoding.compression), cache_.open(segment.blob),
                             "a segment");
}

}  // namespace stamp::build
