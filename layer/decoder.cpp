#include <algorithm>
#include <vector>

#include <bzlib.h>
#include <fmt/core.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/error.h"
#include "base/handle.h"
#include "base/interrupt.h"
#include "layer/codec.h"

namespace stamp::layer {
namespace {

constexpr std::uint64_t kXzMemory = 128U << 20U;
constexpr int kZstdWindowLog = 27;

/// A library's stream object together with the call that frees it.
struct Lzma {
  Lzma() = default;
  Lzma(const Lzma&) = delete;
  Lzma& operator=(const Lzma&) = delete;
  ~Lzma() { lzma_end(&stream); }
  lzma_stream stream = LZMA_STREAM_INIT;
};

}  // namespace

struct DecoderContext::State {
  std::unique_ptr<inflate_state> inflate;
  std::unique_ptr<Lzma> lzma;
  Handle<ZSTD_DCtx, ZSTD_freeDCtx> zstd;
  std::vector<std::byte> in;
  bool busy = false;
};

DecoderContext::DecoderContext() : state_(std::make_unique<State>()) {}
DecoderContext::~DecoderContext() = default;

namespace {

/// What the decoders share: the compressed bytes at hand, the context, and how they fail.
class Input {
 public:
  Input(Source& from, std::string what, DecoderContext::State& state)
      : from_(from), what_(std::move(what)), state_(state) {
    if (state.busy) {
      throw Error(ErrorKind::internal, "cannot decompress: the decoder's context is in use");
    }
    state.busy = true;
    state.in.resize(kBufferSize);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input() { state_.busy = false; }

  /// Makes bytes available unless the source is at its end; returns whether there are some.
  bool available() {
    if (rest_.empty() && !ended_) {
      throw_if_interrupted();
      rest_ = Bytes(state_.in).first(from_.read(state_.in));
      ended_ = rest_.empty();
    }
    return !rest_.empty();
  }
  Bytes rest() const { return rest_; }
  /// Drops all but the last `left` bytes of rest().
  void keep_last(std::size_t left) { rest_ = rest_.last(left); }
  DecoderContext::State& state() { return state_; }

  [[noreturn]] void fail(std::string_view cause) const {
    throw Error(ErrorKind::corrupt, fmt::format("cannot decompress {}: {}", what_, cause));
  }
  [[noreturn]] void fail_early() const { fail("it ends early"); }
  [[noreturn]] void fail_trailing() const { fail("other bytes follow its end"); }

 private:
  Source& from_;
  std::string what_;
  DecoderContext::State& state_;
  Bytes rest_;
  bool ended_ = false;
};

class PlainSource final : public Source {
 public:
  explicit PlainSource(Source& in) : in_(in) {}
  std::size_t read(std::span<std::byte> out) override { return in_.read(out); }

 private:
  Source& in_;
};

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast,cppcoreguidelines-pro-type-const-cast):
// the byte types of C libraries, which do not write to their input
class XzSource final : public Source {
 public:
  XzSource(Source& in, std::string what, DecoderContext::State& state)
      : input_(in, std::move(what), state) {
    if (state.lzma == nullptr) state.lzma = std::make_unique<Lzma>();
    if (lzma_stream_decoder(&stream(), kXzMemory,
                            LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK) {
      throw Error(ErrorKind::internal, "cannot decompress with liblzma: no memory");
    }
  }

  std::size_t read(std::span<std::byte> out) override {
    lzma_stream& lzma = stream();
    lzma.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    lzma.avail_out = out.size();
    while (!ended_ && lzma.avail_out > 0) {
      const bool more = input_.available();
      lzma.next_in = reinterpret_cast<const std::uint8_t*>(input_.rest().data());
      lzma.avail_in = input_.rest().size();
      const lzma_ret result = lzma_code(&lzma, more ? LZMA_RUN : LZMA_FINISH);
      input_.keep_last(lzma.avail_in);
      if (result == LZMA_STREAM_END)
        ended_ = true;
      else if (result != LZMA_OK)
        fail(result);
    }
    return out.size() - lzma.avail_out;
  }

 private:
  lzma_stream& stream() { return input_.state().lzma->stream; }
  [[noreturn]] void fail(lzma_ret result) const {
    switch (result) {
      case LZMA_BUF_ERROR:
        input_.fail_early();
      case LZMA_FORMAT_ERROR:
        input_.fail("it is not in xz format, or other bytes follow its end");
      case LZMA_MEMLIMIT_ERROR:
        input_.fail("it needs more than 128 MiB of memory");
      case LZMA_OPTIONS_ERROR:
      case LZMA_UNSUPPORTED_CHECK:
        input_.fail("it uses a feature of xz that is not supported");
      default:
        input_.fail("its xz data are corrupt");
    }
  }

  Input input_;
  bool ended_ = false;
};

class GzipSource final : public Source {
 public:
  GzipSource(Source& in, std::string what, DecoderContext::State& state)
      : input_(in, std::move(what), state) {
    if (state.inflate == nullptr) state.inflate = std::make_unique<inflate_state>();
    isal_inflate_init(state.inflate.get());
    // The header is read here: the library forgets its flags where a buffer ends within it.
    state.inflate->crc_flag = ISAL_GZIP_NO_HDR_VER;
  }

  std::size_t read(std::span<std::byte> out) override {
    inflate_state& isal = *input_.state().inflate;
    // The library counts in 32 bits.
    out = out.first(std::min<std::size_t>(out.size(), 1U << 30U));
    isal.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    isal.avail_out = static_cast<std::uint32_t>(out.size());
    while (isal.avail_out > 0 && open_member()) {
      const bool more = input_.available();
      const std::uint32_t before = isal.avail_out;
      isal.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(input_.rest().data()));
      isal.avail_in = static_cast<std::uint32_t>(input_.rest().size());
      if (isal_inflate(&isal) != ISAL_DECOMP_OK) fail();
      input_.keep_last(isal.avail_in);
      in_member_ = isal.block_state != ISAL_BLOCK_FINISH;
      // With no input left, only what the decoder holds back can still come.
      if (in_member_ && !more && isal.avail_out == before) input_.fail_early();
    }
    return out.size() - isal.avail_out;
  }

 private:
  /// Whether there is more to inflate: the member goes on, or another one starts here.
  bool open_member() {
    if (in_member_) return true;
    if (seen_member_) {
      if (!input_.available()) return false;
      if (input_.rest().front() != kMagic) input_.fail_trailing();
      isal_inflate_reset(input_.state().inflate.get());
    }
    read_header();
    in_member_ = true;
    seen_member_ = true;
    return true;
  }

  // RFC 1952, 2.3
  void read_header() {
    constexpr unsigned kHeaderCrc = 2;
    constexpr unsigned kExtra = 4;
    constexpr unsigned kName = 8;
    constexpr unsigned kComment = 16;
    header_crc_ = 0;
    if (next() != kMagic || next() != std::byte{0x8b} || next() != std::byte{8}) fail();
    const auto flags = std::to_integer<unsigned>(next());
    if (flags >= kComment * 2) fail();
    skip(6);  // time, extra flags, system
    if ((flags & kExtra) != 0) skip(next_two());
    if ((flags & kName) != 0) skip_text();
    if ((flags & kComment) != 0) skip_text();
    if ((flags & kHeaderCrc) == 0) return;
    const unsigned crc = header_crc_ & 0xffffU;
    if (next_two() != crc) fail();
  }
  std::byte next() {
    if (!input_.available()) input_.fail_early();
    const std::byte byte = input_.rest().front();
    header_crc_ = static_cast<std::uint32_t>(
        crc32(header_crc_, reinterpret_cast<const Bytef*>(input_.rest().data()), 1));
    input_.keep_last(input_.rest().size() - 1);
    return byte;
  }
  unsigned next_two() {
    const auto low = std::to_integer<unsigned>(next());
    return low | (std::to_integer<unsigned>(next()) << 8U);
  }
  void skip(unsigned count) {
    for (; count > 0; --count) static_cast<void>(next());
  }
  void skip_text() {
    while (next() != std::byte{0}) {
    }
  }
  [[noreturn]] void fail() const { input_.fail("its gzip data are corrupt"); }

  static constexpr std::byte kMagic{0x1f};
  Input input_;
  std::uint32_t header_crc_ = 0;
  bool in_member_ = false;
  bool seen_member_ = false;
};

class ZstdSource final : public Source {
 public:
  ZstdSource(Source& in, std::string what, DecoderContext::State& state)
      : input_(in, std::move(what), state) {
    if (state.zstd == nullptr) {
      state.zstd.reset(ZSTD_createDCtx());
      if (state.zstd == nullptr) {
        throw Error(ErrorKind::internal, "cannot decompress with zstd: no memory");
      }
      check(ZSTD_DCtx_setParameter(state.zstd.get(), ZSTD_d_windowLogMax, kZstdWindowLog));
    }
    check(ZSTD_DCtx_reset(state.zstd.get(), ZSTD_reset_session_only));
  }

  std::size_t read(std::span<std::byte> out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos < output.size) {
      const bool more = input_.available();
      if (!more && !in_frame_) break;
      ZSTD_inBuffer input{input_.rest().data(), input_.rest().size(), 0};
      const std::size_t before = output.pos;
      const std::size_t hint =
          check(ZSTD_decompressStream(input_.state().zstd.get(), &output, &input));
      input_.keep_last(input.size - input.pos);
      in_frame_ = hint != 0;
      if (!in_frame_) seen_frame_ = true;
      // With no input left, only what the decoder holds back can still come.
      if (in_frame_ && !more && output.pos == before) input_.fail_early();
    }
    return output.pos;
  }

 private:
  std::size_t check(std::size_t result) const {
    if (ZSTD_isError(result) == 0) return result;
    switch (ZSTD_getErrorCode(result)) {
      case ZSTD_error_prefix_unknown:
        if (seen_frame_) input_.fail_trailing();
        input_.fail("it is not in zstd format");
      case ZSTD_error_frameParameter_windowTooLarge:
        input_.fail("it needs a window of more than 128 MiB");
      default:
        input_.fail("its zstd data are corrupt");
    }
  }

  Input input_;
  bool in_frame_ = true;
  bool seen_frame_ = false;
};

class Bzip2Source final : public Source {
 public:
  Bzip2Source(Source& in, std::string what, DecoderContext::State& state)
      : input_(in, std::move(what), state) {}
  ~Bzip2Source() override { close(); }

  std::size_t read(std::span<std::byte> out) override {
    out = out.first(std::min<std::size_t>(out.size(), 1U << 30U));
    stream_.next_out = reinterpret_cast<char*>(out.data());
    stream_.avail_out = static_cast<unsigned>(out.size());
    while (stream_.avail_out > 0 && open_stream()) {
      const unsigned before = stream_.avail_out;
      stream_.next_in = reinterpret_cast<char*>(const_cast<std::byte*>(input_.rest().data()));
      stream_.avail_in = static_cast<unsigned>(input_.rest().size());
      const bool had_input = stream_.avail_in > 0;
      const int result = BZ2_bzDecompress(&stream_);
      input_.keep_last(stream_.avail_in);
      if (result == BZ_STREAM_END)
        close();
      else if (result != BZ_OK)
        input_.fail("its bzip2 data are corrupt");
      else if (!had_input && stream_.avail_out == before)
        input_.fail_early();
    }
    return out.size() - stream_.avail_out;
  }

 private:
  bool open_stream() {
    const bool more = input_.available();
    if (open_) return true;
    if (!more && seen_) return false;
    if (!more) input_.fail_early();
    if (seen_ && input_.rest().front() != std::byte{'B'}) input_.fail_trailing();
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) {
      throw Error(ErrorKind::internal, "cannot decompress with libbz2: no memory");
    }
    open_ = true;
    seen_ = true;
    return true;
  }
  void close() {
    if (open_) static_cast<void>(BZ2_bzDecompressEnd(&stream_));
    open_ = false;
  }

  Input input_;
  bz_stream stream_{};
  bool open_ = false;
  bool seen_ = false;
};
// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast,cppcoreguidelines-pro-type-const-cast)

/// A decoder with a context of its own.
class OwningSource final : public Source {
 public:
  OwningSource(Format format, Source& in, std::string what, std::unique_ptr<Source> kept = nullptr)
      : kept_(std::move(kept)), decoder_(make_decoder(format, in, std::move(what), context_)) {}
  std::size_t read(std::span<std::byte> out) override { return decoder_->read(out); }

 private:
  std::unique_ptr<Source> kept_;  ///< what is read, unless the caller keeps it
  DecoderContext context_;
  std::unique_ptr<Source> decoder_;
};

}  // namespace

std::unique_ptr<Source> make_decoder(Format format, Source& in, std::string what,
                                     DecoderContext& context) {
  switch (format) {
    case Format::none:
      return std::make_unique<PlainSource>(in);
    case Format::gzip:
      return std::make_unique<GzipSource>(in, std::move(what), context.state());
    case Format::xz:
      return std::make_unique<XzSource>(in, std::move(what), context.state());
    case Format::zstd:
      return std::make_unique<ZstdSource>(in, std::move(what), context.state());
    case Format::bzip2:
      return std::make_unique<Bzip2Source>(in, std::move(what), context.state());
  }
  throw Error(ErrorKind::internal, "cannot make a decoder: unknown format");
}

std::unique_ptr<Source> make_decoder(Format format, Source& in, std::string what) {
  return std::make_unique<OwningSource>(format, in, std::move(what));
}

std::unique_ptr<Source> make_decoder(Format format, std::unique_ptr<Source> in, std::string what) {
  Source& source = *in;
  return std::make_unique<OwningSource>(format, source, std::move(what), std::move(in));
}

}  // namespace stamp::layer
