#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/stream.h"
#include "layer/entry.h"

namespace stamp::layer {

/// Reads a tar archive strictly: what could be understood in two ways is refused.
///
/// Formats: ustar, GNU (long names and targets), pax, and headers without magic (V7). Refused:
/// sparse files, multi-volume archives, malformed or repeated pax records, global pax records other
/// than a comment, NUL and non-UTF-8 in names, names that climb ("..") or belong to another type
/// (a file with a trailing slash), hard links with content or to themselves, ids, times and sizes
/// out of the ranges of entry.h, a missing end (two zero blocks) and anything but zeros after it.
/// Devices and fifos are returned: what they mean is for the caller to decide.
/// Not checked, since it needs all names: repeated paths, hard links to what is not there. The
/// SegmentWriter checks them.
/// Spec: POSIX.1-2017 pax; GNU tar manual "Basic Tar Format".
class TarReader final {
 public:
  /// `from` must outlive this; `what` names the archive in messages ("data.tar of 'libc6'").
  TarReader(Source& from, std::string what);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  /// The next entry, nothing at the end. What is left of the content before is passed over; the
  /// source has been read to its end when nothing is returned.
  /// Errors: corrupt ("cannot read data.tar of 'libc6': …"); interrupted; those of the source.
  std::optional<Entry> next();

  /// The next piece of the entry's content, where it lies; empty at its end. Valid until the next
  /// call of any method. Errors: as next().
  Bytes next_chunk();

  /// The rest of the entry's content as a stream, until next() is called.
  Source& content();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stamp::layer
