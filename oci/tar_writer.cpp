#include "oci/tar_writer.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::oci {
namespace {

constexpr std::size_t kBlock = 512;

/// Where the fields of a header begin.
using Offset = std::size_t;
constexpr Offset kName = 0;
constexpr Offset kMode = 100;
constexpr Offset kUid = 108;
constexpr Offset kGid = 116;
constexpr Offset kSize = 124;
constexpr Offset kTime = 136;
constexpr Offset kChecksum = 148;
constexpr Offset kType = 156;
constexpr Offset kMagic = 257;

class Header {
 public:
  void text(Offset offset, std::string_view value) {
    std::ranges::copy(value, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  void octal(Offset offset, std::uint64_t value, std::size_t digits) {
    text(offset, fmt::format("{:0{}o}", value, digits));
  }
  void size(std::uint64_t value) {
    constexpr std::uint64_t kMostOctal = (1ULL << 33U) - 1;
    if (value <= kMostOctal) return octal(kSize, value, 11);
    // GNU's base 256: the first bit set, then the number, big end first.
    bytes_[kSize] = '\x80';
    for (std::size_t i = 0; i < 8; ++i) {
      bytes_[kSize + 11 - i] = static_cast<char>((value >> (8 * i)) & 0xFFU);
    }
  }
  std::string_view finish() {
    text(kChecksum, "        ");
    std::uint64_t sum = 0;
    for (const char c : bytes_) sum += static_cast<unsigned char>(c);
    octal(kChecksum, sum, 6);
    bytes_[kChecksum + 6] = '\0';
    return {bytes_.data(), bytes_.size()};
  }

 private:
  std::array<char, kBlock> bytes_{};
};

void write_header(Sink& out, std::string_view name, char type, std::uint64_t size) {
  if (name.size() > 100) {
    throw Error(ErrorKind::internal, fmt::format("'{}' is too long for an archive", name));
  }
  Header header;
  header.text(kName, name);
  header.octal(kMode, type == '5' ? 0755 : 0644, 7);
  header.octal(kUid, 0, 7);
  header.octal(kGid, 0, 7);
  header.size(size);
  header.octal(kTime, 0, 11);
  header.text(kType, std::string_view(&type, 1));
  header.text(kMagic, std::string_view("ustar\00000", 8));
  out.write(as_bytes(header.finish()));
}

void write_zeros(Sink& out, std::size_t count) {
  constexpr std::array<std::byte, 2 * kBlock> kZeros{};
  out.write(Bytes(kZeros).first(count));
}

}  // namespace

void TarWriter::folder(std::string_view name) {
  write_header(out_, name, '5', 0);
}

void TarWriter::file(std::string_view name, std::uint64_t size, Source& bytes) {
  write_header(out_, name, '0', size);
  const std::uint64_t written = copy(bytes, out_);
  if (written != size) {
    throw Error(ErrorKind::internal,
                fmt::format("'{}' has {} bytes instead of {}", name, written, size));
  }
  write_zeros(out_, (kBlock - size % kBlock) % kBlock);
}

void TarWriter::file(std::string_view name, std::string_view text) {
  BytesSourceView bytes(as_bytes(text));
  file(name, text.size(), bytes);
}

void TarWriter::finish() {
  write_zeros(out_, 2 * kBlock);
  out_.finish();
}

}  // namespace stamp::oci
