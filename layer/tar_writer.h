#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/stream.h"
#include "layer/entry.h"

namespace stamp::layer {

/// Writes entries as tar. The bytes depend on the entries only.
///
/// Each entry is one ustar header with numeric owners and no names; where a value does not fit it
/// (a long or non-ASCII name or target, an id above 2,097,151, a size of 8 GiB or more, extended
/// attributes) a pax header precedes it. Directories end in "/"; the root is "./".
/// Spec: POSIX.1-2017 pax "ustar Interchange Format", "pax Extended Header".
class TarWriter final {
 public:
  /// `out` must outlive this. It is not finished.
  explicit TarWriter(Sink& out) : out_(out) {}

  /// Writes an entry without content. Errors: invalid (see validate(); a size that is not 0).
  void add(const Entry& entry);
  /// Writes an entry with the content, which must have exactly `entry.size` bytes.
  /// Errors: invalid; corrupt (more or fewer bytes than announced).
  void add(const Entry& entry, Source& content);

  /// Writes the header of an entry whose content follows by write() and ends with end(): the way
  /// for bytes that lie in a buffer already. Errors: as add().
  void begin(const Entry& entry);
  /// Writes a piece of the content. Errors: corrupt (more bytes than announced).
  void write(Bytes content);
  /// Ends the entry. Errors: corrupt (fewer bytes than announced).
  void end();

  /// Writes the end-of-archive marker: two blocks of zeros. Layers made of segments have one at
  /// the end, segments none.
  void write_end();

  /// Bytes written so far.
  std::uint64_t size() const { return size_; }

 private:
  void put(Bytes bytes);

  Sink& out_;
  std::uint64_t size_ = 0;
  std::uint64_t left_ = 0;     // content that is still to come
  std::uint64_t padding_ = 0;  // zeros after it
  std::string path_;           // of the open entry, for messages
};

}  // namespace stamp::layer
