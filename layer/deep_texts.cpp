#include "layer/deep_texts.h"

#include <algorithm>

namespace stamp::layer {
namespace {

// Names of libraries and search paths are shorter; runs of bytes that are no text often are not.
constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxTexts = 1024;
constexpr std::size_t kMaxKept = 64 * 1024;
constexpr std::string_view kLibrary = ".so";

bool is_path_start(char first) {
  return first == '/' || first == '$';  // "$ORIGIN/../lib"
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_wanted(std::string_view text) {
  return !text.empty() && text.size() <= kMaxText &&
         (is_path_start(text.front()) || text.find(kLibrary) != std::string_view::npos) &&
         is_plain(text);
}

}  // namespace

void DeepTexts::clear() {
  texts_.clear();
  kept_ = 0;
  open_.clear();
  open_offset_ = 0;
}

void DeepTexts::feed(Bytes piece, std::uint64_t offset) {
  const std::string_view bytes = as_text(piece);
  const std::size_t first = bytes.find('\0');
  if (open_.empty()) open_offset_ = offset;
  // One byte more than a text may have tells that it is too long.
  open_ += bytes.substr(0, first).substr(0, kMaxText + 1 - std::min(open_.size(), kMaxText + 1));
  if (first == std::string_view::npos) return;
  keep(open_, open_offset_);
  const std::size_t last = bytes.rfind('\0');
  scan(bytes.substr(first, last - first), offset + first);
  open_ = bytes.substr(last + 1, kMaxText + 1);
  open_offset_ = offset + last + 1;
}

/// Looks through texts, each with the NUL before it; another NUL follows the last. Most bytes are
/// no text at all: what is looked for is rare in them, and found by memchr. In order of the file,
/// so that how it was cut into pieces does not decide what is kept.
void DeepTexts::scan(std::string_view texts, std::uint64_t offset) {
  const auto path = [&](char first, std::size_t from) {
    std::size_t at = texts.find(first, from);
    while (at < texts.size() && texts[at - 1] != '\0') at = texts.find(first, at + 1);
    return at;
  };
  std::size_t library = texts.find(kLibrary);
  std::size_t absolute = path('/', 0);
  std::size_t origin = path('$', 0);
  while (true) {
    const std::size_t at = std::min({library, absolute, origin});
    if (at == std::string_view::npos || texts_.size() == kMaxTexts) return;
    const std::size_t begin = texts.rfind('\0', at) + 1;
    const std::size_t end = std::min(texts.find('\0', at), texts.size());
    keep(texts.substr(begin, end - begin), offset + begin);
    if (library < end) library = texts.find(kLibrary, end);
    if (absolute < end) absolute = path('/', end);
    if (origin < end) origin = path('$', end);
  }
}

void DeepTexts::keep(std::string_view text, std::uint64_t offset) {
  if (texts_.size() == kMaxTexts || kept_ + text.size() > kMaxKept || !is_wanted(text)) return;
  if (texts_.emplace(offset, text).second) kept_ += text.size();
}

std::optional<std::string> DeepTexts::at(std::uint64_t offset) const {
  auto text = texts_.upper_bound(offset);
  if (text == texts_.begin()) return std::nullopt;
  --text;
  const std::uint64_t into = offset - text->first;
  if (into >= text->second.size()) return std::nullopt;
  return text->second.substr(static_cast<std::size_t>(into));
}

}  // namespace stamp::layer
