#include "maintainer-scripts/derived/ld_cache.h"

#include <algorithm>
#include <map>
#include <set>

namespace stamp::scripts {
namespace {

constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";
constexpr std::size_t kHeaderSize = 48;
constexpr std::size_t kEntrySize = 24;
constexpr std::uint32_t kExtensionMagic = 0xeaa42174;
constexpr std::uint32_t kGeneratorTag = 0;
constexpr std::uint32_t kHwcapsTag = 1;
constexpr std::uint64_t kHwcapExtension = std::uint64_t{1} << 62U;
constexpr char kLittleEndian = 2;

template <typename Number>
void put(std::string& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    bytes += static_cast<char>(number >> (8 * i) & 0xffU);
  }
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes a number off the front. Values wrap as an int's would.
std::uint32_t take_number(std::string_view& text) {
  std::uint32_t value = 0;
  while (!text.empty() && is_digit(text.front())) {
    value = value * 10 + static_cast<std::uint32_t>(text.front() - '0');
    text.remove_prefix(1);
  }
  return value;
}

/// Whether `a` is written before `b`: names from the last to the first, kinds likewise, libraries
/// for some processors only before those for all.
bool comes_before(const CachedLibrary& a, const CachedLibrary& b) {
  const int names = compare_library_names(b.name, a.name);
  if (names != 0) return names < 0;
  if (a.flags != b.flags) return a.flags > b.flags;
  if (a.hwcaps.empty() != b.hwcaps.empty()) return !a.hwcaps.empty();
  return a.hwcaps < b.hwcaps;
}

/// The texts of a cache, each once; one that another ends with lies within that.
class Texts {
 public:
  explicit Texts(const std::set<std::string>& texts) {
    std::vector<std::string_view> order(texts.begin(), texts.end());
    // From the last byte on, backwards; what goes on comes before what ends.
    std::sort(order.begin(), order.end(), [](std::string_view a, std::string_view b) {
      const std::size_t shared = std::min(a.size(), b.size());
      for (std::size_t i = 1; i <= shared; ++i) {
        const auto x = static_cast<unsigned char>(a[a.size() - i]);
        const auto y = static_cast<unsigned char>(b[b.size() - i]);
        if (x != y) return x > y;
      }
      return a.size() > b.size();
    });
    std::string_view last;
    for (const std::string_view text : order) {
      if (!last.empty() && last.ends_with(text)) {
        offsets_[std::string(text)] = bytes_.size() - text.size() - 1;
      } else {
        offsets_[std::string(text)] = bytes_.size();
        bytes_ += text;
        bytes_ += '\0';
      }
      last = text;
    }
  }

  std::uint32_t offset(const std::string& text) const {
    return static_cast<std::uint32_t>(offsets_.at(text));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::map<std::string, std::size_t> offsets_;
};

/// The extension at the end: a directory of its parts, then those. The names of the folders of
/// glibc-hwcaps come last in the directory and first in the bytes.
std::string extension(std::size_t offset, std::string_view generator, std::string_view hwcaps) {
  const std::uint32_t count = hwcaps.empty() ? 1 : 2;
  const auto start = static_cast<std::uint32_t>(offset) + 8 + 16 * count;
  const auto hwcaps_size = static_cast<std::uint32_t>(hwcaps.size());
  const auto generator_size = static_cast<std::uint32_t>(generator.size());
  std::string bytes;
  for (const std::uint32_t word :
       {kExtensionMagic, count, kGeneratorTag, 0U, start + hwcaps_size, generator_size}) {
    put(bytes, word);
  }
  if (!hwcaps.empty()) {
    for (const std::uint32_t word : {kHwcapsTag, 0U, start, hwcaps_size}) put(bytes, word);
  }
  bytes += hwcaps;
  bytes += generator;
  return bytes;
}

}  // namespace

int compare_library_names(std::string_view a, std::string_view b) {
  while (!a.empty()) {
    const bool b_is_digit = !b.empty() && is_digit(b.front());
    if (is_digit(a.front())) {
      if (!b_is_digit) return 1;
      const std::uint32_t x = take_number(a);
      const std::uint32_t y = take_number(b);
      if (x != y) return static_cast<int>(x - y);
      continue;
    }
    if (b_is_digit) return -1;
    const int difference = a.front() - (b.empty() ? 0 : b.front());
    if (difference != 0) return difference;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return b.empty() ? 0 : -b.front();
}

std::string make_library_cache(std::vector<CachedLibrary> libraries, std::string_view generator) {
  std::stable_sort(libraries.begin(), libraries.end(), comes_before);
  std::set<std::string> words;
  std::set<std::string> hwcaps;
  for (const CachedLibrary& library : libraries) {
    words.insert({library.name, library.path});
    if (!library.hwcaps.empty()) hwcaps.insert(library.hwcaps);
  }
  words.insert(hwcaps.begin(), hwcaps.end());
  const Texts texts(words);
  const std::size_t start = kHeaderSize + kEntrySize * libraries.size();
  const std::size_t end = start + texts.bytes().size();
  const std::size_t extension_offset = (end + 3) / 4 * 4;
  const auto offset_of = [&](const std::string& text) {
    return static_cast<std::uint32_t>(start) + texts.offset(text);
  };
  std::string bytes(kMagic);
  put(bytes, static_cast<std::uint32_t>(libraries.size()));
  put(bytes, static_cast<std::uint32_t>(texts.bytes().size()));
  bytes += kLittleEndian;
  bytes.append(3, '\0');
  put(bytes, static_cast<std::uint32_t>(extension_offset));
  bytes.resize(kHeaderSize, '\0');
  for (const CachedLibrary& library : libraries) {
    const auto index = std::distance(hwcaps.begin(), hwcaps.find(library.hwcaps));
    put(bytes, library.flags);
    put(bytes, offset_of(library.name));
    put(bytes, offset_of(library.path));
    put(bytes, std::uint32_t{0});
    put(bytes, library.hwcaps.empty() ? std::uint64_t{0}
                                      : kHwcapExtension | static_cast<std::uint64_t>(index));
  }
  bytes += texts.bytes();
  bytes.resize(extension_offset, '\0');
  std::string names;
  for (const std::string& name : hwcaps) put(names, offset_of(name));
  return bytes + extension(extension_offset, generator, names);
}

}  // namespace stamp::scripts
