#pragma once
// From tar header blocks and their extensions to entries: the part of reading that has no state of
// a stream.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/stream.h"
#include "layer/entry.h"
#include "layer/tar_format.h"

namespace stamp::layer::tar {

/// A header block, not yet understood. A view: the block and `what` must outlive it.
class RawHeaderView {
 public:
  /// `what` names the archive in messages.
  RawHeaderView(Bytes block, const std::string& what) : block_(as_text(block)), what_(what) {}

  /// Whether all bytes are zero: half of an archive's end.
  bool is_zero() const { return block_.find_first_not_of('\0') == std::string_view::npos; }
  /// Checks checksum and magic. Errors: corrupt.
  void verify() const;
  /// Whether the checksum is right.
  bool has_checksum() const;
  /// The type flag.
  char type() const { return block_[kType.offset]; }
  /// The bytes that follow the header. Errors: corrupt.
  std::uint64_t size() const { return number(kSize, "size", kMaxSize); }
  /// A field's number: octal, or base-256 as GNU writes it. Errors: corrupt (malformed, negative,
  /// above `most`); `name` names the field in messages.
  std::uint64_t number(Field field, std::string_view name, std::uint64_t most) const;
  /// A field's text up to the first NUL.
  std::string_view text(Field field) const;
  /// The member's name, with the prefix where the format has one.
  std::string name() const;

 private:
  [[noreturn]] void fail(std::string_view cause) const;

  std::string_view block_;
  const std::string& what_;
};

/// Whether `first`, the first bytes of a file, start a tar archive: a block with a right checksum,
/// or of zeros.
bool is_header(Bytes first);

/// What precedes an entry's header and changes it: pax records, or GNU's long name and target.
class Extensions {
 public:
  /// `what` names the archive in messages and must outlive this.
  explicit Extensions(const std::string& what) : what_(what) {}

  bool empty() const { return !has_records_ && !long_name_ && !long_target_; }
  /// Takes in the records of a pax header. Errors: corrupt (malformed, unknown, twice).
  void add_records(std::string_view records);
  /// Checks a global pax header: only a comment is allowed, since anything else would change all
  /// entries after it. Errors: corrupt.
  void check_global(std::string_view records) const;
  /// GNU's long name. Errors: corrupt.
  void set_long_name(std::string_view text);
  /// GNU's long link target. Errors: corrupt.
  void set_long_target(std::string_view text);
  /// The entry of this header with the extensions. Errors: corrupt.
  Entry apply(const RawHeaderView& header) const;

 private:
  [[noreturn]] void fail(std::string_view cause) const;
  /// Runs `body`; what it finds invalid is the archive's fault.
  template <typename Body>
  auto blamed(Body&& body) const {
    return during("reading " + what_, ErrorKind::corrupt, body);
  }
  void add_record(std::string_view key, std::string_view value);
  std::uint64_t decimal(std::string_view key, std::string_view value, std::uint64_t most) const;
  std::optional<std::string_view> record(std::string_view key) const;
  std::uint64_t number(const RawHeaderView& header, Field field, std::string_view key,
                       std::uint64_t most) const;
  std::uint64_t size(const RawHeaderView& header) const;
  std::uint64_t seconds(std::string_view value) const;
  std::string name(const RawHeaderView& header) const;
  std::string_view long_text(std::string_view text) const;
  void apply_link(const RawHeaderView& header, Entry& entry) const;

  const std::string& what_;
  std::map<std::string, std::string, std::less<>> records_;
  std::map<std::string, std::string> xattrs_;
  bool has_records_ = false;
  std::optional<std::string> long_name_;
  std::optional<std::string> long_target_;
};

}  // namespace stamp::layer::tar
