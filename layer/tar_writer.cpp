#include "layer/tar_writer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "layer/tar_format.h"

namespace stamp::layer {
namespace {

constexpr std::array<std::byte, 2 * tar::kBlock> kZeros{};
constexpr std::uint64_t kMaxHeaderId = 07777777;
constexpr std::uint64_t kMaxHeaderSize = 077777777777;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// A header block that is being filled in.
class Header {
 public:
  void text(tar::Field field, std::string_view value) {
    std::memcpy(&block_[field.offset], value.data(), std::min(value.size(), field.size));
  }
  void flag(char type) { block_[tar::kType.offset] = type; }
  /// Octal digits, zeros in front, and the NUL that ends them.
  void number(tar::Field field, std::uint64_t value) {
    for (std::size_t i = field.size - 1; i-- > 0; value >>= 3U) {
      block_[field.offset + i] = static_cast<char>('0' + (value & 7U));
    }
  }
  Bytes finish() {
    text(tar::kMagic, std::string_view("ustar\00000", 8));
    std::memset(&block_[tar::kChecksum.offset], ' ', tar::kChecksum.size);
    std::uint64_t sum = 0;
    for (const char c : block_) sum += static_cast<unsigned char>(c);
    number({tar::kChecksum.offset, 7}, sum);
    block_[tar::kChecksum.offset + 6] = '\0';
    return std::as_bytes(std::span(block_));
  }

 private:
  std::array<char, tar::kBlock> block_{};
};

char type_flag(EntryType type) {
  switch (type) {
    case EntryType::file:
      return '0';
    case EntryType::hardlink:
      return '1';
    case EntryType::symlink:
      return '2';
    case EntryType::character_device:
      return '3';
    case EntryType::block_device:
      return '4';
    case EntryType::directory:
      return '5';
    case EntryType::fifo:
      return '6';
  }
  throw Error(ErrorKind::internal, "cannot write a tar header: unknown type");
}

/// Where a name that exceeds its field can be cut so that both parts fit: the position of a slash,
/// 0 when there is none.
std::size_t prefix_length(std::string_view name) {
  if (name.size() > tar::kPrefix.size + 1 + tar::kName.size) return 0;
  const std::size_t slash = name.find('/', name.size() - tar::kName.size - 1);
  const bool fits =
      slash != std::string_view::npos && slash <= tar::kPrefix.size && slash + 1 < name.size();
  return fits ? slash : 0;
}

std::size_t digits(std::size_t value) {
  std::size_t count = 1;
  while (value >= 10) {
    value /= 10;
    ++count;
  }
  return count;
}

/// "<length> <key>=<value>\n", where the length counts itself.
void add_record(std::string& records, std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + digits(rest);
  if (digits(length) > digits(rest)) ++length;
  records += std::to_string(length);
  records += ' ';
  records += key;
  records += '=';
  records += value;
  records += '\n';
}

std::string member_name(const Entry& entry) {
  if (entry.type != EntryType::directory) return entry.path.str();
  return entry.path.is_root() ? "./" : entry.path.str() + "/";
}

/// What the ustar header of this entry cannot hold, as pax records in byte order of their keys.
std::string pax_records(const Entry& entry, std::string_view name) {
  std::string records;
  for (const auto& [key, value] : entry.xattrs) add_record(records, "SCHILY.xattr." + key, value);
  if (entry.gid > kMaxHeaderId) add_record(records, "gid", std::to_string(entry.gid));
  if (entry.link_target.size() > tar::kLink.size || !is_ascii(entry.link_target)) {
    add_record(records, "linkpath", entry.link_target);
  }
  const bool fits = name.size() <= tar::kName.size || prefix_length(name) > 0;
  if (!fits || !is_ascii(name)) add_record(records, "path", name);
  if (entry.size > kMaxHeaderSize) add_record(records, "size", std::to_string(entry.size));
  if (entry.uid > kMaxHeaderId) add_record(records, "uid", std::to_string(entry.uid));
  return records;
}

void fill_name(Header& header, std::string_view name) {
  const std::size_t cut = name.size() <= tar::kName.size ? 0 : prefix_length(name);
  if (cut > 0) {
    header.text(tar::kPrefix, name.substr(0, cut));
    name.remove_prefix(cut + 1);
  }
  header.text(tar::kName, name);
}

/// The value where the header can hold it; else 0, and a pax record has it.
std::uint64_t limited(std::uint64_t value, std::uint64_t most) {
  return value <= most ? value : 0;
}

}  // namespace

void TarWriter::put(Bytes bytes) {
  out_.write(bytes);
  size_ += bytes.size();
}

void TarWriter::begin(const Entry& entry) {
  if (left_ != 0) throw Error(ErrorKind::internal, "cannot begin an entry: another one is open");
  validate(entry);
  const std::string name = member_name(entry);
  const std::string records = pax_records(entry, name);
  if (!records.empty()) {
    Header header;
    header.text(tar::kName, "././@PaxHeader");
    header.number(tar::kMode, 0644);
    header.number(tar::kUid, 0);
    header.number(tar::kGid, 0);
    header.number(tar::kSize, records.size());
    header.number(tar::kTime, 0);
    header.flag('x');
    put(header.finish());
    put(as_bytes(records));
    put(Bytes(kZeros).first(tar::padding(records.size())));
  }
  Header header;
  fill_name(header, name);
  header.number(tar::kMode, entry.mode);
  header.number(tar::kUid, limited(entry.uid, kMaxHeaderId));
  header.number(tar::kGid, limited(entry.gid, kMaxHeaderId));
  header.number(tar::kSize, limited(entry.size, kMaxHeaderSize));
  header.number(tar::kTime, static_cast<std::uint64_t>(entry.mtime));
  header.flag(type_flag(entry.type));
  header.text(tar::kLink, entry.link_target);
  header.number(tar::kDeviceMajor, entry.device_major);
  header.number(tar::kDeviceMinor, entry.device_minor);
  put(header.finish());
  left_ = entry.size;
  padding_ = tar::padding(entry.size);
  path_ = entry.path.str();
}

void TarWriter::write(Bytes content) {
  if (content.size() > left_) {
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot write '{}': it has more bytes than announced",
                            printable("/" + path_, 300)));
  }
  put(content);
  left_ -= content.size();
}

void TarWriter::end() {
  if (left_ != 0) {
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot write '{}': it has {} bytes less than announced",
                            printable("/" + path_, 300), left_));
  }
  put(Bytes(kZeros).first(padding_));
  padding_ = 0;
}

void TarWriter::add(const Entry& entry) {
  begin(entry);
  end();
}

void TarWriter::add(const Entry& entry, Source& content) {
  begin(entry);
  std::vector<std::byte> buffer(std::min<std::uint64_t>(kBufferSize, entry.size + 1));
  while (const std::size_t count = content.read(buffer)) {
    throw_if_interrupted();
    write(Bytes(buffer).first(count));
  }
  end();
}

void TarWriter::write_end() {
  put(Bytes(kZeros));
}

}  // namespace stamp::layer
