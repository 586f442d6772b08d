#include "layer/tar_reader.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "layer/tar_format.h"
#include "layer/tar_header.h"

namespace stamp::layer {
namespace {

// Large enough that a decoder works in long runs, small enough to stay in a core's second cache.
constexpr std::size_t kReaderBuffer = 64 * 1024;
constexpr std::uint64_t kMaxExtension = 1024 * 1024;

bool all_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

struct TarReader::State final : Source {
  State(Source& source, std::string name)
      : from(source),
        what(std::move(name)),
        memory(std::make_unique_for_overwrite<std::byte[]>(kReaderBuffer)),
        buffer(memory.get(), kReaderBuffer) {}

  std::optional<Entry> next();
  Bytes next_chunk();
  std::size_t read(std::span<std::byte> out) override;

  [[noreturn]] void fail(std::string_view cause) const {
    throw Error(ErrorKind::corrupt, fmt::format("cannot read {}: {}", what, cause));
  }
  [[noreturn]] void fail_early() const { fail("it ends early"); }

  /// Reads more behind what is buffered; false at the end of the source.
  bool fill();
  /// The next block; empty when the source ends right before it.
  Bytes take_block();
  void skip(std::uint64_t count);
  std::string read_extension(std::uint64_t size);
  void check_end();
  /// Takes in a header that describes the entry after it; false when it is the entry itself.
  bool read_extended_header(const tar::RawHeaderView& header, tar::Extensions& extensions);

  Source& from;
  std::string what;
  std::unique_ptr<std::byte[]> memory;  // not zeroed: many archives are smaller by far
  std::span<std::byte> buffer;
  std::size_t front = 0;    // of what is buffered and not yet given out
  std::size_t back = 0;     // of what is buffered
  std::uint64_t left = 0;   // content not yet given out
  std::size_t padding = 0;  // bytes between the content and the next header
  bool done = false;
};

bool TarReader::State::fill() {
  throw_if_interrupted();
  if (front == back) {
    front = back = 0;
  } else if (front > 0) {
    std::memmove(buffer.data(), buffer.data() + front, back - front);
    back -= front;
    front = 0;
  }
  const std::size_t count = from.read(buffer.subspan(back));
  back += count;
  return count > 0;
}

Bytes TarReader::State::take_block() {
  while (back - front < tar::kBlock) {
    if (fill()) continue;
    if (back != front) fail_early();
    return {};
  }
  const Bytes block = Bytes(buffer).subspan(front, tar::kBlock);
  front += tar::kBlock;
  return block;
}

void TarReader::State::skip(std::uint64_t count) {
  while (count > 0) {
    if (front == back && !fill()) fail_early();
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(count, back - front));
    front += step;
    count -= step;
  }
}

Bytes TarReader::State::next_chunk() {
  if (left == 0) return {};
  if (front == back && !fill()) fail_early();
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, back - front));
  const Bytes chunk = Bytes(buffer).subspan(front, count);
  front += count;
  left -= count;
  return chunk;
}

std::size_t TarReader::State::read(std::span<std::byte> out) {
  if (left == 0 || out.empty()) return 0;
  std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left, out.size()));
  if (front == back && count >= kReaderBuffer) {
    // Nothing is buffered and the reader's own buffer would not be larger: no copy.
    throw_if_interrupted();
    count = from.read(out.first(count));
    if (count == 0) fail_early();
  } else {
    if (front == back && !fill()) fail_early();
    count = std::min(count, back - front);
    std::memcpy(out.data(), buffer.data() + front, count);
    front += count;
  }
  left -= count;
  return count;
}

std::string TarReader::State::read_extension(std::uint64_t size) {
  if (size == 0) fail("an extended header is empty");
  if (size > kMaxExtension) fail("an extended header is larger than 1 MiB");
  left = size;
  padding = tar::padding(size);
  std::string text;
  text.reserve(static_cast<std::size_t>(size));
  for (Bytes chunk = next_chunk(); !chunk.empty(); chunk = next_chunk()) text += as_text(chunk);
  skip(padding);
  padding = 0;
  return text;
}

void TarReader::State::check_end() {
  const Bytes second = take_block();
  if (second.empty()) fail("it ends after one of the two zero blocks of its end");
  if (!all_zero(second)) fail("a single zero block stands between its entries");
  do {
    if (!all_zero(Bytes(buffer).subspan(front, back - front))) fail("bytes follow its end");
    front = back;
  } while (fill());
  done = true;
}

bool TarReader::State::read_extended_header(const tar::RawHeaderView& header,
                                            tar::Extensions& extensions) {
  const char type = header.type();
  if (type == 'x' || type == 'g') {
    const std::string records = read_extension(header.size());
    type == 'x' ? extensions.add_records(records) : extensions.check_global(records);
    return true;
  }
  if (type == 'L' || type == 'K') {
    const std::string text = read_extension(header.size());
    type == 'L' ? extensions.set_long_name(text) : extensions.set_long_target(text);
    return true;
  }
  return false;
}

std::optional<Entry> TarReader::State::next() {
  if (done) return std::nullopt;
  const std::uint64_t rest = left + padding;
  left = 0;
  padding = 0;
  skip(rest);
  tar::Extensions extensions(what);
  while (true) {
    const Bytes block = take_block();
    if (block.empty()) fail("it ends without the two zero blocks of an archive's end");
    const tar::RawHeaderView header(block, what);
    if (header.is_zero()) {
      if (!extensions.empty()) fail("an extended header describes no entry");
      check_end();
      return std::nullopt;
    }
    header.verify();
    if (read_extended_header(header, extensions)) continue;
    Entry entry = extensions.apply(header);
    left = entry.size;
    padding = tar::padding(entry.size);
    return entry;
  }
}

TarReader::TarReader(Source& from, std::string what)
    : state_(std::make_unique<State>(from, std::move(what))) {}
TarReader::~TarReader() = default;

std::optional<Entry> TarReader::next() {
  return state_->next();
}

Bytes TarReader::next_chunk() {
  return state_->next_chunk();
}

Source& TarReader::content() {
  return *state_;
}

}  // namespace stamp::layer
