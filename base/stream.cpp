#include "base/stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"

namespace stamp {

std::uint64_t copy(Source& from, Sink& to) {
  // Not zeroed first: that would cost more than what is copied where that is little.
  const auto memory = std::make_unique_for_overwrite<std::byte[]>(kBufferSize);
  const std::span<std::byte> buffer(memory.get(), kBufferSize);
  std::uint64_t moved = 0;
  while (true) {
    throw_if_interrupted();
    const std::size_t count = from.read(buffer);
    if (count == 0) return moved;
    to.write(Bytes(buffer).first(count));
    moved += count;
  }
}

std::string read_all(Source& from, std::uint64_t limit, std::string_view what) {
  LimitSource limited(from, limit, std::string(what));
  StringSink text;
  copy(limited, text);
  return text.take();
}

std::string read_sized(Source& from, std::uint64_t size, std::string_view what) {
  std::string text(static_cast<std::size_t>(size), '\0');
  LimitSource limited(from, size, std::string(what));
  std::size_t filled = 0;
  while (filled < text.size()) {
    throw_if_interrupted();
    const std::size_t count = limited.read(std::as_writable_bytes(std::span(text)).subspan(filled));
    if (count == 0) break;
    filled += count;
  }
  std::array<std::byte, 1> one{};
  static_cast<void>(limited.read(one));
  text.resize(filled);
  return text;
}

std::size_t read_full(Source& from, std::span<std::byte> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const std::size_t count = from.read(out.subspan(filled));
    if (count == 0) break;
    filled += count;
  }
  return filled;
}

namespace {

std::size_t take(Bytes from, std::span<std::byte> out) {
  const std::size_t count = std::min(from.size(), out.size());
  if (count > 0) std::memcpy(out.data(), from.data(), count);
  return count;
}

}  // namespace

std::size_t StringSource::read(std::span<std::byte> out) {
  const std::size_t count = take(as_bytes(text_).subspan(position_), out);
  position_ += count;
  return count;
}

std::size_t BytesSourceView::read(std::span<std::byte> out) {
  const std::size_t count = take(rest_, out);
  rest_ = rest_.subspan(count);
  return count;
}

void HashSink::write(Bytes in) {
  hasher_.update(in);
  size_ += in.size();
  if (next_ != nullptr) next_->write(in);
}

void HashSink::finish() {
  if (next_ != nullptr) next_->finish();
}

void TeeSink::write(Bytes in) {
  first_.write(in);
  second_.write(in);
}

void TeeSink::finish() {
  first_.finish();
  second_.finish();
}

std::size_t LimitSource::read(std::span<std::byte> out) {
  if (out.empty()) return 0;
  if (left_ == 0) {
    std::array<std::byte, 1> one{};
    if (inner_.read(one) == 0) return 0;
    throw Error(ErrorKind::corrupt, fmt::format("{} is larger than {} bytes", what_, limit_));
  }
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
  const std::size_t count = inner_.read(out.first(wanted));
  left_ -= count;
  return count;
}

void VerifySource::verify_end() {
  std::array<std::byte, 1> one{};
  if (inner_.read(one) != 0) {
    throw Error(ErrorKind::corrupt,
                fmt::format("{} is larger than the {} bytes announced", what_, size_));
  }
  const Digest found = hasher_.finish();
  if (found != digest_) {
    throw Error(ErrorKind::corrupt,
                fmt::format("{} has digest {}, not {}", what_, found.str(), digest_.str()));
  }
  verified_ = true;
}

std::size_t VerifySource::read(std::span<std::byte> out) {
  if (verified_ || out.empty()) return 0;
  if (size_ == 0) {
    verify_end();
    return 0;
  }
  const std::size_t wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - seen_));
  const std::size_t count = inner_.read(out.first(wanted));
  if (count == 0) {
    throw Error(ErrorKind::corrupt,
                fmt::format("{} ends after {} of {} bytes", what_, seen_, size_));
  }
  hasher_.update(out.first(count));
  seen_ += count;
  if (seen_ == size_) verify_end();
  return count;
}

}  // namespace stamp
