#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/stream.h"

namespace stamp::layer {

/// How the bytes of segments and layers are compressed.
enum class Compression { none, gzip, zstd };

/// "none", "gzip", "zstd".
std::string_view name(Compression compression);
/// The compression of that name. Errors: invalid.
Compression parse_compression(std::string_view name);

/// What decides the bytes of an encoder beside its input: part of segment keys and of the lock.
struct Encoder {
  std::string name;     ///< "zstd"
  std::string version;  ///< of the library that is linked: "1.5.4"; empty for none
  std::string level;    ///< level and parameters that differ from it; empty for none

  friend auto operator<=>(const Encoder&, const Encoder&) = default;
};

/// The identity of this program's encoder.
Encoder current_encoder(Compression compression);

/// The memory of an encoder, kept from one stream to the next. One thread, one stream at a time.
class EncoderContext final {
 public:
  EncoderContext();
  ~EncoderContext();
  EncoderContext(const EncoderContext&) = delete;
  EncoderContext& operator=(const EncoderContext&) = delete;

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// Compresses into `out` (finished with it): exactly one zstd frame without checksum and content
/// size, or one gzip member without name and time; none passes on. How the input is cut into
/// pieces does not change the bytes. `out` and `context` must outlive it.
std::unique_ptr<Sink> make_encoder(Compression compression, Sink& out, EncoderContext& context);
/// The same with memory of its own.
std::unique_ptr<Sink> make_encoder(Compression compression, Sink& out);

/// The end of a layer: what the two zero blocks become as one frame or member.
std::string end_of_archive(Compression compression);

/// How bytes from outside are compressed.
enum class Format { none, gzip, xz, zstd, bzip2 };

/// "none", "gzip", "xz", "zstd", "bzip2".
std::string_view name(Format format);
/// Bytes that detect_format() wants to see.
inline constexpr std::size_t kFormatMagic = 6;
/// The format that starts with `first` (the first bytes of a stream); none when nothing matches.
Format detect_format(Bytes first);

/// The memory of decoders, kept from one stream to the next. One thread, one stream at a time.
class DecoderContext final {
 public:
  DecoderContext();
  ~DecoderContext();
  DecoderContext(const DecoderContext&) = delete;
  DecoderContext& operator=(const DecoderContext&) = delete;

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// Decompresses `in`, which may hold several frames, members or streams. Strict: the stream must
/// be complete, its checksums right, and nothing else may follow. zstd windows above 2^27 and xz
/// streams that need more than 128 MiB are refused. How much comes out is bounded by the caller
/// (LimitSource). The larger the buffer that read() gets, the faster. `what` names the stream in
/// messages; `in` and `context` must outlive it.
/// Errors of read(): corrupt ("cannot decompress <what>: …").
std::unique_ptr<Source> make_decoder(Format format, Source& in, std::string what,
                                     DecoderContext& context);
/// The same with memory of its own.
std::unique_ptr<Source> make_decoder(Format format, Source& in, std::string what);
/// The same, and it keeps what it reads.
std::unique_ptr<Source> make_decoder(Format format, std::unique_ptr<Source> in, std::string what);

}  // namespace stamp::layer
