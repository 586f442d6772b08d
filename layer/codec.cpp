#include "layer/codec.h"

#include <array>

#include <fmt/core.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"
#include "layer/codec_parameters.h"
#include "layer/tar_format.h"

namespace stamp::layer {

std::string_view name(Compression compression) {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
  }
  throw Error(ErrorKind::internal, "cannot name a compression: unknown value");
}

Compression parse_compression(std::string_view name) {
  for (const Compression each : {Compression::none, Compression::gzip, Compression::zstd}) {
    if (layer::name(each) == name) return each;
  }
  throw Error(ErrorKind::invalid,
              fmt::format("'{}' is not a compression: zstd, gzip or none", printable(name, 100)));
}

Encoder current_encoder(Compression compression) {
  switch (compression) {
    case Compression::none:
      return {.name = "none", .version = "", .level = ""};
    case Compression::gzip:
      return {.name = "zlib", .version = zlibVersion(), .level = std::to_string(kGzipLevel)};
    case Compression::zstd:
      return {.name = "zstd",
              .version = ZSTD_versionString(),
              .level = fmt::format("{},hashlog={},chainlog={}", kZstdLevel, kZstdHashLog,
                                   kZstdChainLog)};
  }
  throw Error(ErrorKind::internal, "cannot name an encoder: unknown compression");
}

std::string end_of_archive(Compression compression) {
  constexpr std::array<std::byte, 2 * tar::kBlock> kZeros{};
  StringSink out;
  const std::unique_ptr<Sink> encoder = make_encoder(compression, out);
  encoder->write(kZeros);
  encoder->finish();
  return out.take();
}

std::string_view name(Format format) {
  switch (format) {
    case Format::none:
      return "none";
    case Format::gzip:
      return "gzip";
    case Format::xz:
      return "xz";
    case Format::zstd:
      return "zstd";
    case Format::bzip2:
      return "bzip2";
  }
  throw Error(ErrorKind::internal, "cannot name a format: unknown value");
}

Format detect_format(Bytes first) {
  const std::string_view text = as_text(first);
  if (text.starts_with("\x1f\x8b")) return Format::gzip;
  if (text.starts_with(std::string_view("\xfd"
                                        "7zXZ\0",
                                        6))) {
    return Format::xz;
  }
  // A zstd stream may also start with a skippable frame: 0x184D2A50 to 0x184D2A5F.
  const bool skippable =
      text.size() >= 4 && (text[0] & '\xf0') == '\x50' && text.substr(1, 3) == "\x2a\x4d\x18";
  if (text.starts_with("\x28\xb5\x2f\xfd") || skippable) return Format::zstd;
  if (text.starts_with("BZh")) return Format::bzip2;
  return Format::none;
}

}  // namespace stamp::layer
