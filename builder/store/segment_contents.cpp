#include "builder/store/segment_contents.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::build {
namespace {

constexpr std::size_t kCursors = 3;
constexpr std::uint64_t kSmall = 64U << 10U;
constexpr std::uint64_t kKept = 2U << 20U;
constexpr std::uint64_t kMaxFile = 256U << 20U;

}  // namespace

std::size_t WithEnd::read(std::span<std::byte> out) {
  if (const std::size_t count = segment_.read(out)) return count;
  const std::size_t count = std::min(out.size(), left_);
  std::fill_n(out.begin(), count, std::byte{0});
  left_ -= count;
  return count;
}

/// Where the reading of a segment stands.
class SegmentContents::Cursor {
 public:
  Cursor(SegmentStore& store, const StoredSegment& segment, const Encoding& encoding)
      : store_(store), segment_(segment), encoding_(encoding) {}

  bool is_at(const StoredSegment& segment) const {
    return segment.blob.digest == segment_.blob.digest;
  }

  std::string read(const EntryPath& path) {
    const auto kept = passed_.find(path);
    if (kept != passed_.end()) return kept->second;
    std::optional<std::string> text;
    if (tar_) text = read_on(path);
    if (!text) {
      open();
      text = read_on(path);
    }
    if (text) return std::move(*text);
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot read '{}': its segment does not have it", path.absolute()));
  }

 private:
  void open() {
    tar_.reset();
    bytes_ = store_.open_tar(segment_, encoding_);
    with_end_.emplace(*bytes_);
    tar_.emplace(*with_end_, "a segment");
    passed_.clear();
    kept_ = 0;
  }

  /// Goes on to the file; nothing when the segment ends before.
  std::optional<std::string> read_on(const EntryPath& path) {
    while (std::optional<layer::Entry> entry = tar_->next()) {
      if (entry->path == path) {
        if (entry->size > kMaxFile) {
          throw Error(ErrorKind::corrupt,
                      fmt::format("{} is larger than {} bytes", path.str(), kMaxFile));
        }
        return read_sized(tar_->content(), entry->size, path.str());
      }
      const bool keep = entry->type == layer::EntryType::file && entry->size <= kSmall &&
                        kept_ + entry->size <= kKept;
      if (!keep) continue;
      kept_ += entry->size;
      passed_.emplace(entry->path, read_sized(tar_->content(), entry->size, path.str()));
    }
    tar_.reset();
    return std::nullopt;
  }

  SegmentStore& store_;
  StoredSegment segment_;
  Encoding encoding_;
  std::unique_ptr<Source> bytes_;
  std::optional<WithEnd> with_end_;
  std::optional<layer::TarReader> tar_;
  std::map<EntryPath, std::string> passed_;
  std::uint64_t kept_ = 0;
};

SegmentContents::SegmentContents(SegmentStore& store) : store_(store) {}
SegmentContents::~SegmentContents() = default;

SegmentContents::Cursor& SegmentContents::cursor(const StoredSegment& segment,
                                                 const Encoding& encoding) {
  const auto found = std::find_if(cursors_.begin(), cursors_.end(),
                                  [&](const auto& each) { return each->is_at(segment); });
  if (found != cursors_.end()) {
    cursors_.splice(cursors_.begin(), cursors_, found);
  } else {
    if (cursors_.size() == kCursors) cursors_.pop_back();
    cursors_.push_front(std::make_unique<Cursor>(store_, segment, encoding));
  }
  return *cursors_.front();
}

std::string SegmentContents::read(const StoredSegment& segment, const Encoding& encoding,
                                  const EntryPath& path) {
  return cursor(segment, encoding).read(path);
}

}  // namespace stamp::build
