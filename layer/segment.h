#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/digest.h"
#include "base/stream.h"
#include "layer/codec.h"
#include "layer/entry.h"
#include "layer/segment_list.h"
#include "layer/tar_reader.h"

namespace stamp::layer {

/// A segment that was written: a run of whole tar entries without end-of-archive marker,
/// compressed as one frame or member.
struct Segment {
  Digest digest;                        ///< of the compressed bytes
  std::uint64_t size = 0;               ///< of the compressed bytes
  std::uint64_t uncompressed_size = 0;  ///< a multiple of 512
  SegmentList list;
};

/// Whether the digest of each file's content is computed (it costs a second hash of everything).
enum class ContentDigests { no, yes };

/// How a segment is written.
struct SegmentOptions {
  Compression compression = Compression::zstd;
  ContentDigests content_digests = ContentDigests::yes;
  /// Gets the uncompressed bytes too, for a diff_id; may be null. Not finished. Must outlive the
  /// writer.
  Sink* uncompressed = nullptr;
  /// Memory of the encoder, to be used again; may be null. Must outlive the writer.
  EncoderContext* context = nullptr;
  /// Names the input in messages ("package 'libc6'").
  std::string what = "segment";
};

/// Writes one segment and makes its list on the way.
///
/// Refused, beside what validate() refuses: a path twice, something below what is not a directory,
/// a hard link to anything but an earlier file of the segment, ".wh." names.
class SegmentWriter final {
 public:
  /// The compressed bytes go to `out`, which is finished with the segment and must outlive this.
  SegmentWriter(Sink& out, const SegmentOptions& options);
  ~SegmentWriter();
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;

  /// Notes a directory: it is not written here, but to the layer's directories segment. The same
  /// directory twice is refused. Errors: invalid.
  void add_directory(const Entry& directory);
  /// Adds an entry without content (links, devices, empty files). Errors: invalid.
  void add(const Entry& entry);
  /// Adds an entry with content. Errors: invalid; corrupt (not `entry.size` bytes).
  void add(const Entry& entry, Source& content);
  /// Adds an entry with the content of the entry at which `reader` stands; the fast way.
  void add(const Entry& entry, TarReader& reader);
  /// Adds the whiteout of `path`: what layers below have there is gone. Errors: invalid.
  void add_whiteout(const EntryPath& path, std::int64_t mtime);

  /// Adds an entry whose content follows by write() and ends with end(). Errors: as add().
  void begin(const Entry& entry);
  void write(Bytes content);
  void end();

  /// Ends the segment and finishes the sink. Call it once. Errors: those of the sink.
  Segment finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes the directories segment of a layer (see merge_directories()), links of a merged /usr
/// among them, and finishes `out`. Its list has them as entries and needs no directories.
/// Errors: invalid (an entry that is neither directory nor symlink); those of `out`.
Segment write_directories(std::span<const Entry> entries, const SegmentOptions& options, Sink& out);

}  // namespace stamp::layer
