// Decoders end, with output or an Error, and what the size of the reads is does not matter. What
// the encoders write is read back.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/error.h"
#include "layer/codec.h"

namespace {

using namespace stamp;

constexpr std::uint64_t kMaxOutput = 4U << 20U;

/// The decoded text, or nothing when it was refused.
std::optional<std::string> decode(layer::Format format, Bytes bytes, std::size_t piece) {
  try {
    BytesSourceView in(bytes);
    const std::unique_ptr<Source> decoder = layer::make_decoder(format, in, "input");
    LimitSource limited(*decoder, kMaxOutput, "output");
    std::string buffer(piece, '\0');
    std::string out;
    while (const std::size_t count = limited.read(std::as_writable_bytes(std::span(buffer)))) {
      out.append(buffer, 0, count);
    }
    return out;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void round_trip(layer::Compression compression, layer::Format format, Bytes bytes) {
  StringSink out;
  const std::unique_ptr<Sink> encoder = layer::make_encoder(compression, out);
  encoder->write(bytes.first(bytes.size() / 2));
  encoder->write(bytes.subspan(bytes.size() / 2));
  encoder->finish();
  if (decode(format, as_bytes(out.text()), 4096) != as_text(bytes)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(input, size));
  using layer::Format;
  for (const Format format : {Format::gzip, Format::xz, Format::zstd, Format::bzip2}) {
    const std::optional<std::string> large = decode(format, bytes, 65536);
    if (large && decode(format, bytes, 97) != large) std::abort();
  }
  static_cast<void>(layer::detect_format(bytes));
  round_trip(layer::Compression::zstd, Format::zstd, bytes);
  round_trip(layer::Compression::gzip, Format::gzip, bytes);
  return 0;
}
