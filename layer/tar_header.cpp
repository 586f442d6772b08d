#include "layer/tar_header.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/core.h>

#include "base/error.h"
#include "layer/utf8.h"

namespace stamp::layer::tar {
namespace {

constexpr std::string_view kUstarMagic("ustar\00000", 8);
constexpr std::string_view kGnuMagic("ustar  \0", 8);
constexpr std::string_view kOldMagic("\0\0\0\0\0\0\0\0", 8);
constexpr std::string_view kXattr = "SCHILY.xattr.";
constexpr std::uint64_t kMaxOctal = 07777777;  // what seven digits hold

/// Records that change what stamp keeps of an entry.
constexpr std::array<std::string_view, 6> kUsedRecords{"gid",  "linkpath", "mtime",
                                                       "path", "size",     "uid"};
/// Records that say nothing that a layer keeps: names of owners, other times, labels and inode
/// numbers of the machine that packed.
constexpr std::array<std::string_view, 10> kIgnoredRecords{
    "atime",      "comment",    "ctime",        "gname",         "uname",
    "SCHILY.dev", "SCHILY.ino", "SCHILY.nlink", "SCHILY.fflags", "RHT.security.selinux"};
constexpr std::array<std::string_view, 4> kIgnoredPrefixes{"LIBARCHIVE.", "SCHILY.xattr.com.apple.",
                                                           "SCHILY.xattr.security.selinux",
                                                           "SCHILY.xattr.security.SMACK"};

template <std::size_t count>
bool contains(const std::array<std::string_view, count>& list, std::string_view key) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

bool is_ignored(std::string_view key) {
  return contains(kIgnoredRecords, key) ||
         std::any_of(kIgnoredPrefixes.begin(), kIgnoredPrefixes.end(),
                     [&](std::string_view prefix) { return key.starts_with(prefix); });
}

[[noreturn]] void fail_reading(std::string_view what, std::string_view cause) {
  throw Error(ErrorKind::corrupt, fmt::format("cannot read {}: {}", what, cause));
}

/// Takes one record off the front of `records` and gives key and value; nothing when malformed.
struct Record {
  std::string_view key;
  std::string_view value;
};
std::optional<Record> take_record(std::string_view& records) {
  std::size_t length = 0;
  const auto [end, error] =
      std::from_chars(records.data(), records.data() + records.size(), length);
  const auto digits = static_cast<std::size_t>(end - records.data());
  const bool framed = error == std::errc() && records.front() != '0' && digits < records.size() &&
                      records[digits] == ' ' && length <= records.size() && length > digits + 2 &&
                      records[length - 1] == '\n';
  if (!framed) return std::nullopt;
  const std::string_view pair = records.substr(digits + 1, length - digits - 2);
  records.remove_prefix(length);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  return Record{pair.substr(0, equals), pair.substr(equals + 1)};
}

/// Calls `use(key, value)` for each record; false when one is malformed.
template <typename Use>
bool for_each_record(std::string_view records, Use&& use) {
  while (!records.empty()) {
    const std::optional<Record> record = take_record(records);
    if (!record) return false;
    use(record->key, record->value);
  }
  return true;
}

EntryType entry_type(char flag, std::string_view what) {
  switch (flag) {
    case '0':
    case '\0':
      return EntryType::file;
    case '1':
      return EntryType::hardlink;
    case '2':
      return EntryType::symlink;
    case '3':
      return EntryType::character_device;
    case '4':
      return EntryType::block_device;
    case '5':
      return EntryType::directory;
    case '6':
      return EntryType::fifo;
    case 'S':
      fail_reading(what, "sparse files are not supported");
    default:
      fail_reading(what, fmt::format("an entry has the unknown type '{}'",
                                     printable(std::string_view(&flag, 1))));
  }
}

std::uint32_t device_number(const RawHeaderView& header, Field field) {
  return static_cast<std::uint32_t>(header.number(field, "device number", kMaxOctal));
}

}  // namespace

void RawHeaderView::fail(std::string_view cause) const {
  fail_reading(what_, cause);
}

bool RawHeaderView::has_checksum() const {
  std::uint64_t sum = 0;
  for (const char c : block_) sum += static_cast<unsigned char>(c);
  for (const char c : block_.substr(kChecksum.offset, kChecksum.size)) {
    sum -= static_cast<unsigned char>(c);
  }
  sum += kChecksum.size * std::uint64_t{' '};
  std::uint64_t found = 0;
  for (const char c : text(kChecksum)) {
    if (c >= '0' && c <= '7') found = found << 3U | static_cast<unsigned>(c - '0');
  }
  return found == sum;
}

void RawHeaderView::verify() const {
  if (!has_checksum()) fail("a header's checksum is wrong");
  const std::string_view magic = block_.substr(kMagic.offset, kMagic.size);
  if (magic != kUstarMagic && magic != kGnuMagic && magic != kOldMagic) {
    fail("a header has an unknown magic");
  }
}

bool is_header(Bytes first) {
  if (first.size() < kBlock) return false;
  const std::string what;
  const RawHeaderView header(first.first(kBlock), what);
  return header.is_zero() || header.has_checksum();
}

std::string_view RawHeaderView::text(Field field) const {
  const std::string_view all = block_.substr(field.offset, field.size);
  return all.substr(0, all.find('\0'));
}

std::string RawHeaderView::name() const {
  const std::string_view last = text(kName);
  // GNU's format has times and sparse maps where ustar has the prefix.
  if (block_.substr(kMagic.offset, kMagic.size) != kUstarMagic) return std::string(last);
  const std::string_view prefix = text(kPrefix);
  return prefix.empty() ? std::string(last) : fmt::format("{}/{}", prefix, last);
}

std::uint64_t RawHeaderView::number(Field field, std::string_view name, std::uint64_t most) const {
  std::string_view digits = block_.substr(field.offset, field.size);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(digits[i]); };
  std::uint64_t value = 0;
  if ((byte(0) & 0x80U) != 0) {
    if (byte(0) != 0x80) fail(fmt::format("a header's {} is negative or too large", name));
    for (std::size_t i = 1; i < digits.size(); ++i) {
      if (value > most >> 8U) fail(fmt::format("a header's {} is too large", name));
      value = value << 8U | byte(i);
    }
  } else {
    digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
    while (!digits.empty() && digits.front() >= '0' && digits.front() <= '7') {
      value = value << 3U | static_cast<unsigned>(digits.front() - '0');
      digits.remove_prefix(1);
    }
    if (digits.find_first_not_of(std::string_view(" \0", 2)) != std::string_view::npos) {
      fail(fmt::format("a header's {} is not a number", name));
    }
  }
  if (value > most) fail(fmt::format("a header's {} is too large", name));
  return value;
}

void Extensions::fail(std::string_view cause) const {
  fail_reading(what_, cause);
}

void Extensions::add_record(std::string_view key, std::string_view value) {
  if (key.starts_with("GNU.sparse.") || key == "SCHILY.realsize") {
    fail("sparse files are not supported");
  }
  const std::string shown = printable(key, 100);
  if (value.empty() && !is_ignored(key)) fail(fmt::format("pax record '{}' is empty", shown));
  if (key == "hdrcharset" && value != "ISO-IR 10646 2000 UTF-8") {
    fail("its names are in a character set other than UTF-8");
  }
  if (is_ignored(key) || key == "hdrcharset") return;
  const bool added = key.starts_with(kXattr)
                         ? xattrs_.emplace(key.substr(kXattr.size()), value).second
                         : contains(kUsedRecords, key) && records_.emplace(key, value).second;
  if (added) return;
  const bool known = key.starts_with(kXattr) || contains(kUsedRecords, key);
  fail(fmt::format("pax record '{}' {}", shown, known ? "stands twice" : "is unknown"));
}

void Extensions::add_records(std::string_view records) {
  if (!empty()) fail("two extended headers describe one entry");
  has_records_ = true;
  const bool well_formed = for_each_record(
      records, [this](std::string_view key, std::string_view value) { add_record(key, value); });
  if (!well_formed) fail("a pax header is malformed");
}

void Extensions::check_global(std::string_view records) const {
  if (!empty()) fail("a global pax header stands between an entry and its extended header");
  const bool well_formed = for_each_record(records, [this](std::string_view key, std::string_view) {
    if (key != "comment") {
      fail(fmt::format("it has the global pax record '{}'", printable(key, 100)));
    }
  });
  if (!well_formed) fail("a pax header is malformed");
}

std::string_view Extensions::long_text(std::string_view text) const {
  const std::size_t end = std::min(text.find('\0'), text.size());
  if (text.find_first_not_of('\0', end) != std::string_view::npos) {
    fail("a long name holds a NUL byte");
  }
  return text.substr(0, end);
}

void Extensions::set_long_name(std::string_view text) {
  if (has_records_ || long_name_) fail("two extended headers describe one entry");
  long_name_.emplace(long_text(text));
}

void Extensions::set_long_target(std::string_view text) {
  if (has_records_ || long_target_) fail("two extended headers describe one entry");
  long_target_.emplace(long_text(text));
}

std::optional<std::string_view> Extensions::record(std::string_view key) const {
  const auto found = records_.find(key);
  if (found == records_.end()) return std::nullopt;
  return found->second;
}

std::uint64_t Extensions::decimal(std::string_view key, std::string_view value,
                                  std::uint64_t most) const {
  std::uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || number > most) {
    fail(fmt::format("pax record '{}' has the value '{}'", key, printable(value, 100)));
  }
  return number;
}

std::uint64_t Extensions::number(const RawHeaderView& header, Field field, std::string_view key,
                                 std::uint64_t most) const {
  const std::optional<std::string_view> value = record(key);
  return value ? decimal(key, *value, most) : header.number(field, key, most);
}

std::uint64_t Extensions::seconds(std::string_view value) const {
  const std::size_t point = value.find('.');
  const std::string_view fraction = point == std::string_view::npos ? "0" : value.substr(point + 1);
  if (fraction.empty() || fraction.find_first_not_of("0123456789") != std::string_view::npos) {
    fail(fmt::format("pax record 'mtime' has the value '{}'", printable(value, 100)));
  }
  return decimal("mtime", value.substr(0, point), std::uint64_t{kMaxTime});
}

std::uint64_t Extensions::size(const RawHeaderView& header) const {
  const std::optional<std::string_view> value = record("size");
  if (!value) return header.size();
  // Who ignores pax reads the header's size: it must be the same, or one of the two values that
  // writers put there when it does not fit.
  constexpr std::uint64_t kLargestOctal = 077777777777;
  const std::uint64_t announced = decimal("size", *value, kMaxSize);
  const std::uint64_t plain = header.size();
  const bool replaced = announced > kLargestOctal && (plain == 0 || plain == kLargestOctal);
  if (plain != announced && !replaced) {
    fail(fmt::format("an entry has size {} in its header and {} in its pax record", plain,
                     announced));
  }
  return announced;
}

void Extensions::apply_link(const RawHeaderView& header, Entry& entry) const {
  const std::optional<std::string_view> value = record("linkpath");
  std::string target(long_target_ ? std::string_view(*long_target_)
                                  : value.value_or(header.text(kLink)));
  if (entry.type == EntryType::symlink) {
    entry.link_target = std::move(target);
  } else if (entry.type == EntryType::hardlink) {
    entry.link_target = blamed([&] { return EntryPath::parse_member(target); }).str();
  }
}

std::string Extensions::name(const RawHeaderView& header) const {
  if (long_name_) return *long_name_;
  const std::optional<std::string_view> value = record("path");
  return value ? std::string(*value) : header.name();
}

Entry Extensions::apply(const RawHeaderView& header) const {
  Entry entry;
  entry.type = entry_type(header.type(), what_);
  const std::string name = this->name(header);
  entry.path = blamed([&] { return EntryPath::parse_member(name); });
  if (entry.type != EntryType::directory && name.ends_with('/')) {
    fail(fmt::format("'{}' is a {} with the name of a directory", printable(name, 300),
                     describe(entry.type)));
  }
  // Some writers put the file's type into the mode too.
  entry.mode = static_cast<std::uint32_t>(header.number(kMode, "mode", 0177777)) & 07777U;
  entry.uid = number(header, kUid, "uid", kMaxOwner);
  entry.gid = number(header, kGid, "gid", kMaxOwner);
  entry.size = size(header);
  const std::optional<std::string_view> time = record("mtime");
  entry.mtime = static_cast<std::int64_t>(
      time ? seconds(*time) : header.number(kTime, "time", std::uint64_t{kMaxTime}));
  apply_link(header, entry);
  if (entry.type == EntryType::character_device || entry.type == EntryType::block_device) {
    entry.device_major = device_number(header, kDeviceMajor);
    entry.device_minor = device_number(header, kDeviceMinor);
  }
  entry.xattrs = xattrs_;
  blamed([&] { validate(entry); });
  return entry;
}

}  // namespace stamp::layer::tar
