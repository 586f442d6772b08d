#include "layer/content_scanner.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "layer/utf8.h"

namespace stamp::layer {
namespace {

constexpr std::size_t kMagic = 4;
// What the kernel reads of a `#!` line. Spec: execve(2) "Interpreter scripts".
constexpr std::size_t kScriptLine = 256;
constexpr std::uint64_t kMaxPrograms = 64 * 1024;
constexpr std::uint64_t kMaxDynamic = 64 * 1024;
constexpr std::uint64_t kMaxInterpreter = 4096;
// Linkers put names of symbols and libraries into the first part that is loaded. In a few dozen
// libraries of Debian they lie deeper: only what may be names of libraries is kept there.
constexpr std::uint64_t kMaxFront = 1024 * 1024;
constexpr std::uint64_t kMaxDeep = 16 * 1024 * 1024;

/// Copies what of a range of the file is in `bytes`, which lie at `offset`, to its place in `to`.
void copy_range(Bytes bytes, std::uint64_t offset, const elf::Range& range,
                std::span<std::byte> to) {
  const std::uint64_t start = std::max(offset, range.offset);
  const std::uint64_t end = std::min(offset + bytes.size(), range.offset + range.size);
  if (start >= end) return;
  std::memcpy(to.data() + (start - range.offset), bytes.data() + (start - offset),
              static_cast<std::size_t>(end - start));
}

}  // namespace

void ContentScanner::begin() {
  kind_ = Kind::unknown;
  position_ = 0;
  front_.clear();
  wanted_ = kMagic;
  header_.reset();
  layout_.reset();
  dynamic_.clear();
  interpreter_.clear();
  deep_end_ = 0;
  deep_.clear();
}

void ContentScanner::feed(Bytes content) {
  if (kind_ == Kind::other) return;
  extend_front(content);
  capture(content, position_);
  find_deep_texts(content);
  position_ += content.size();
}

void ContentScanner::extend_front(Bytes content) {
  // The front ends where the pieces so far ended, or at what is wanted of it.
  while (front_.size() < wanted_) {
    const auto seen = static_cast<std::size_t>(front_.size() - position_);
    const Bytes rest = content.subspan(seen);
    if (rest.empty()) return;
    const Bytes added = rest.first(std::min(rest.size(), wanted_ - front_.size()));
    front_.insert(front_.end(), added.begin(), added.end());
    if (front_.size() == wanted_) decide();
  }
}

void ContentScanner::decide() {
  if (kind_ == Kind::unknown) {
    const std::string_view text = as_text(front_);
    kind_ = text.starts_with("#!") ? Kind::script
            : text.starts_with(
                  "\x7f"
                  "ELF")
                ? Kind::elf
                : Kind::other;
    if (kind_ == Kind::script) wanted_ = kScriptLine;
    if (kind_ == Kind::elf) wanted_ = elf::kHeaderSize;
  } else if (kind_ == Kind::elf) {
    plan_elf();
  }
}

void ContentScanner::plan_elf() {
  if (layout_) return;
  if (!header_) {
    header_ = elf::read_header(front_);
    const bool near = header_ && header_->programs.offset <= kMaxPrograms &&
                      header_->programs.size <= kMaxPrograms;
    if (!near) {
      kind_ = Kind::other;
      return;
    }
    wanted_ = static_cast<std::size_t>(header_->programs.offset + header_->programs.size);
    if (wanted_ > front_.size()) return;
  }
  layout_ = elf::read_layout(*header_, front_);
  if (!layout_) {
    kind_ = Kind::other;
    return;
  }
  if (layout_->dynamic && layout_->dynamic->size <= kMaxDynamic) {
    dynamic_.resize(static_cast<std::size_t>(layout_->dynamic->size));
  }
  if (layout_->interpreter && layout_->interpreter->size <= kMaxInterpreter) {
    interpreter_.resize(static_cast<std::size_t>(layout_->interpreter->size));
  }
  capture(front_, 0);
  if (!layout_->loads.empty()) {
    const elf::Range first = layout_->loads.front().range;
    const std::uint64_t end = first.offset + first.size;
    wanted_ = std::max(wanted_, static_cast<std::size_t>(std::min(end, kMaxFront)));
    if (!dynamic_.empty()) deep_end_ = std::min(end, kMaxDeep);
  }
}

void ContentScanner::capture(Bytes bytes, std::uint64_t offset) {
  if (!dynamic_.empty()) copy_range(bytes, offset, *layout_->dynamic, dynamic_);
  if (!interpreter_.empty()) copy_range(bytes, offset, *layout_->interpreter, interpreter_);
}

void ContentScanner::find_deep_texts(Bytes content) {
  const std::uint64_t start = std::max(position_, kMaxFront);
  const std::uint64_t end = std::min(position_ + content.size(), deep_end_);
  if (start >= end) return;
  deep_.feed(content.subspan(static_cast<std::size_t>(start - position_),
                             static_cast<std::size_t>(end - start)),
             start);
}

std::optional<ElfFacts> ContentScanner::elf_facts() const {
  if (kind_ != Kind::elf || !layout_) return std::nullopt;
  return elf::read_facts(
      *header_, *layout_,
      {.front = front_, .dynamic = dynamic_, .interpreter = interpreter_, .deep = &deep_});
}

std::string ContentScanner::script() const {
  std::string_view line = as_text(front_);
  if (!line.starts_with("#!") || (kind_ != Kind::script && kind_ != Kind::unknown)) return "";
  line = line.substr(2, line.find('\n') - 2);
  constexpr std::string_view kBlank(" \t\r\0", 4);
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  line = line.substr(0, line.find('\0'));
  line = line.substr(0, line.find_last_not_of(kBlank) + 1);
  return is_utf8(line) ? std::string(line) : "";
}

}  // namespace stamp::layer
