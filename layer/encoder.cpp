#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <fmt/core.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"
#include "base/handle.h"
#include "layer/codec.h"
#include "layer/codec_parameters.h"

namespace stamp::layer {
namespace {

[[noreturn]] void fail(std::string_view codec, std::string_view cause) {
  throw Error(ErrorKind::internal, fmt::format("cannot compress with {}: {}", codec, cause));
}

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): zlib's byte type
Bytef* zlib_bytes(std::byte* bytes) {
  return reinterpret_cast<Bytef*>(bytes);
}
// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)

/// A deflate stream of zlib, reset for each member.
class Deflate {
 public:
  Deflate() {
    // 16 more than the window bits: a gzip header and trailer.
    if (deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      fail("zlib", "no memory");
    }
  }
  Deflate(const Deflate&) = delete;
  Deflate& operator=(const Deflate&) = delete;
  ~Deflate() { static_cast<void>(deflateEnd(&stream_)); }

  void reset() {
    header_ = {};
    header_.os = 255;  // "unknown": the byte would otherwise name the system it was made on
    if (deflateReset(&stream_) != Z_OK || deflateSetHeader(&stream_, &header_) != Z_OK) {
      fail("zlib", "its state is inconsistent");
    }
  }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  gz_header header_{};
};

}  // namespace

struct EncoderContext::State {
  Handle<ZSTD_CCtx, ZSTD_freeCCtx> zstd;
  std::unique_ptr<Deflate> deflate;
  std::vector<std::byte> in;
  std::vector<std::byte> out;
  bool busy = false;
};

EncoderContext::EncoderContext() : state_(std::make_unique<State>()) {}
EncoderContext::~EncoderContext() = default;

namespace {

/// Marks a context as in use for as long as an encoder lives.
class Use {
 public:
  explicit Use(EncoderContext::State& state) : state_(state) {
    if (state.busy) fail("an encoder", "its context is in use");
    state.busy = true;
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { state_.busy = false; }

 private:
  EncoderContext::State& state_;
};

class PlainSink final : public Sink {
 public:
  explicit PlainSink(Sink& out) : out_(out) {}
  void write(Bytes in) override { out_.write(in); }
  void finish() override { out_.finish(); }

 private:
  Sink& out_;
};

class ZstdSink final : public Sink {
 public:
  ZstdSink(Sink& out, EncoderContext::State& state) : use_(state), out_(out), state_(state) {
    if (state.zstd == nullptr) {
      state.zstd.reset(ZSTD_createCCtx());
      if (state.zstd == nullptr) fail("zstd", "no memory");
      set(ZSTD_c_compressionLevel, kZstdLevel);
      set(ZSTD_c_hashLog, kZstdHashLog);
      set(ZSTD_c_chainLog, kZstdChainLog);
      set(ZSTD_c_contentSizeFlag, 0);
      set(ZSTD_c_checksumFlag, 0);
    }
    state.out.resize(ZSTD_CStreamOutSize());
    check(ZSTD_CCtx_reset(state.zstd.get(), ZSTD_reset_session_only));
  }

  void write(Bytes in) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    while (input.pos < input.size) compress(input, ZSTD_e_continue);
  }

  void finish() override {
    ZSTD_inBuffer input{nullptr, 0, 0};
    while (compress(input, ZSTD_e_end) != 0) {
    }
    out_.write(Bytes(state_.out).first(filled_));
    filled_ = 0;
    out_.finish();
  }

 private:
  static std::size_t check(std::size_t result) {
    if (ZSTD_isError(result) != 0) fail("zstd", ZSTD_getErrorName(result));
    return result;
  }
  void set(ZSTD_cParameter parameter, int value) {
    check(ZSTD_CCtx_setParameter(state_.zstd.get(), parameter, value));
  }
  std::size_t compress(ZSTD_inBuffer& input, ZSTD_EndDirective directive) {
    ZSTD_outBuffer output{state_.out.data(), state_.out.size(), filled_};
    const std::size_t left =
        check(ZSTD_compressStream2(state_.zstd.get(), &output, &input, directive));
    filled_ = output.pos;
    if (filled_ == state_.out.size()) {
      out_.write(state_.out);
      filled_ = 0;
    }
    return left;
  }

  Use use_;
  Sink& out_;
  EncoderContext::State& state_;
  std::size_t filled_ = 0;
};

class GzipSink final : public Sink {
 public:
  GzipSink(Sink& out, EncoderContext::State& state) : use_(state), out_(out), state_(state) {
    if (state.deflate == nullptr) state.deflate = std::make_unique<Deflate>();
    state.in.resize(kBufferSize);
    state.out.resize(std::max(kBufferSize, state.out.size()));
    state.deflate->reset();
  }

  // zlib gets pieces of one size whatever write() got: its output might depend on the cuts.
  void write(Bytes in) override {
    while (!in.empty()) {
      const std::size_t count = std::min(in.size(), state_.in.size() - gathered_);
      std::memcpy(state_.in.data() + gathered_, in.data(), count);
      gathered_ += count;
      in = in.subspan(count);
      if (gathered_ == state_.in.size()) compress(Z_NO_FLUSH);
    }
  }

  void finish() override {
    compress(Z_FINISH);
    out_.finish();
  }

 private:
  void compress(int flush) {
    z_stream& stream = state_.deflate->stream();
    stream.next_in = zlib_bytes(state_.in.data());
    stream.avail_in = static_cast<uInt>(gathered_);
    gathered_ = 0;
    do {
      stream.next_out = zlib_bytes(state_.out.data());
      stream.avail_out = static_cast<uInt>(state_.out.size());
      if (deflate(&stream, flush) == Z_STREAM_ERROR) fail("zlib", "its state is inconsistent");
      const std::size_t count = state_.out.size() - stream.avail_out;
      if (count > 0) out_.write(Bytes(state_.out).first(count));
    } while (stream.avail_out == 0);
  }

  Use use_;
  Sink& out_;
  EncoderContext::State& state_;
  std::size_t gathered_ = 0;
};

/// An encoder with a context of its own.
class OwningSink final : public Sink {
 public:
  OwningSink(Compression compression, Sink& out)
      : encoder_(make_encoder(compression, out, context_)) {}
  void write(Bytes in) override { encoder_->write(in); }
  void finish() override { encoder_->finish(); }

 private:
  EncoderContext context_;
  std::unique_ptr<Sink> encoder_;
};

}  // namespace

std::unique_ptr<Sink> make_encoder(Compression compression, Sink& out, EncoderContext& context) {
  switch (compression) {
    case Compression::none:
      return std::make_unique<PlainSink>(out);
    case Compression::gzip:
      return std::make_unique<GzipSink>(out, context.state());
    case Compression::zstd:
      return std::make_unique<ZstdSink>(out, context.state());
  }
  fail("an encoder", "unknown compression");
}

std::unique_ptr<Sink> make_encoder(Compression compression, Sink& out) {
  return std::make_unique<OwningSink>(compression, out);
}

}  // namespace stamp::layer
