#pragma once
// Streams: a Source gives bytes, a Sink takes them. Filters hold a reference to the inner stream.
// Destroying an unfinished Sink discards; only finish() completes.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace stamp {

/// Bytes that are only read during the call.
using Bytes = std::span<const std::byte>;

/// The bytes of a text.
inline Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}
/// Bytes as text.
inline std::string_view as_text(Bytes bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes and chars alias by the
  // standard
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Gives bytes, once, from first to last.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  /// Fills the front of `out` and returns how much: 1..out.size() bytes; 0 only at the end (or when
  /// `out` is empty). Errors: whatever the origin of the bytes makes of it.
  virtual std::size_t read(std::span<std::byte> out) = 0;
};

/// Takes bytes.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;
  /// Takes all of `in`, or throws.
  virtual void write(Bytes in) = 0;
  /// Ends the stream, once. A filter writes its trailer and finishes the stream below it.
  virtual void finish() {}
};

/// Size of the buffers that move bytes.
inline constexpr std::size_t kBufferSize = 64 * 1024;

/// Moves everything from `from` to `to` and returns the number of bytes. Does not finish `to`.
/// Errors: interrupted, when a termination signal came; those of both streams.
std::uint64_t copy(Source& from, Sink& to);

/// Reads all of `from`. Errors: corrupt when there are more than `limit` bytes (`what` names the
/// text).
std::string read_all(Source& from, std::uint64_t limit, std::string_view what);

/// Reads all of `from`, which should have `size` bytes: without a buffer between. Errors: corrupt
/// when there are more. There may be fewer, which whoever knows the size finds out.
std::string read_sized(Source& from, std::uint64_t size, std::string_view what);

/// Reads until `out` is full or the source ends; returns the number of bytes.
std::size_t read_full(Source& from, std::span<std::byte> out);

/// Gives the bytes of a text that it owns.
class StringSource final : public Source {
 public:
  explicit StringSource(std::string text) : text_(std::move(text)) {}
  std::size_t read(std::span<std::byte> out) override;

 private:
  std::string text_;
  std::size_t position_ = 0;
};

/// Gives bytes that live elsewhere for as long as this view is used.
class BytesSourceView final : public Source {
 public:
  explicit BytesSourceView(Bytes bytes) : rest_(bytes) {}
  std::size_t read(std::span<std::byte> out) override;

 private:
  Bytes rest_;
};

/// Collects what is written.
class StringSink final : public Sink {
 public:
  void write(Bytes in) override { text_.append(as_text(in)); }
  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Takes bytes and forgets them.
class NullSink final : public Sink {
 public:
  void write(Bytes) override {}
};

/// Hashes and counts what passes; `next`, if given, gets it too and is finished with this sink.
class HashSink final : public Sink {
 public:
  explicit HashSink(Sink* next = nullptr) : next_(next) {}
  void write(Bytes in) override;
  void finish() override;
  /// The digest of everything written; call it once, after the last write.
  Digest digest() { return hasher_.finish(); }
  std::uint64_t size() const { return size_; }

 private:
  Sink* next_;
  Hasher hasher_;
  std::uint64_t size_ = 0;
};

/// Writes to two sinks; finishes both.
class TeeSink final : public Sink {
 public:
  TeeSink(Sink& first, Sink& second) : first_(first), second_(second) {}
  void write(Bytes in) override;
  void finish() override;

 private:
  Sink& first_;
  Sink& second_;
};

/// Passes at most `limit` bytes on; more is an error: nothing from outside is unbounded.
class LimitSource final : public Source {
 public:
  /// `what` names the bytes in the message; `inner` must outlive this.
  LimitSource(Source& inner, std::uint64_t limit, std::string what)
      : inner_(inner), limit_(limit), left_(limit), what_(std::move(what)) {}
  /// Errors: corrupt, when the source has more than the limit.
  std::size_t read(std::span<std::byte> out) override;

 private:
  Source& inner_;
  std::uint64_t limit_;
  std::uint64_t left_;
  std::string what_;
};

/// Passes bytes on and holds back the last one until size and digest of all match.
class VerifySource final : public Source {
 public:
  /// `what` names the bytes in the message; `inner` must outlive this.
  VerifySource(Source& inner, const Digest& digest, std::uint64_t size, std::string what)
      : inner_(inner), digest_(digest), size_(size), what_(std::move(what)) {}
  /// Errors: corrupt, when the bytes are shorter, longer or others than announced.
  std::size_t read(std::span<std::byte> out) override;

 private:
  void verify_end();

  Source& inner_;
  Digest digest_;
  std::uint64_t size_;
  std::string what_;
  Hasher hasher_;
  std::uint64_t seen_ = 0;
  bool verified_ = false;
};

}  // namespace stamp
