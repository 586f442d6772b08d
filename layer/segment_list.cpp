// The bytes of a segment list. The grammar is in docs/formats/segment-list.md.

#include "layer/segment_list.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/core.h>

#include "base/error.h"
#include "base/stream.h"
#include "layer/utf8.h"

namespace stamp::layer {
namespace {

constexpr std::string_view kMagic = "stamp-segment-list 1\n";
constexpr unsigned kTypeMask = 7;
constexpr unsigned kHasXattrs = 8;
constexpr unsigned kHasContent = 16;
constexpr unsigned kHasElf = 32;
constexpr unsigned kHasScript = 64;
constexpr std::size_t kMaxText = 64 * 1024;
constexpr std::size_t kLeastEntry = 8;  // bytes of an entry, at least

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t count = 0;
  while (count < most && a[count] == b[count]) ++count;
  return count;
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void byte(unsigned value) { out_ += static_cast<char>(value); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) byte(static_cast<unsigned>(value & 0x7fU) | 0x80U);
    byte(static_cast<unsigned>(value));
  }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  /// A path, as what differs from the one before.
  void path(const EntryPath& path) {
    const std::size_t shared = common_prefix(path.str(), last_path_);
    number(shared);
    text(std::string_view(path.str()).substr(shared));
    last_path_ = path.str();
  }
  void metadata(const Entry& entry) {
    number(entry.mode);
    number(entry.uid);
    number(entry.gid);
    number(static_cast<std::uint64_t>(entry.mtime));
  }
  void xattrs(const Entry& entry) {
    number(entry.xattrs.size());
    for (const auto& [name, value] : entry.xattrs) {
      text(name);
      text(value);
    }
  }
  void directory(const NeededDirectory& directory) {
    path(directory.entry.path);
    byte(static_cast<unsigned>(directory.origin));
    if (directory.origin == DirectoryOrigin::implied) return;
    metadata(directory.entry);
    xattrs(directory.entry);
  }
  void elf(const ElfFacts& facts) {
    number(facts.machine);
    byte(facts.bits);
    byte(facts.complete ? 1 : 0);
    text(facts.soname);
    number(facts.needed.size());
    for (const std::string& name : facts.needed) text(name);
    text(facts.runpath);
    text(facts.interpreter);
  }
  void entry(const ListedEntry& listed) {
    const Entry& entry = listed.entry;
    byte(static_cast<unsigned>(entry.type) | (entry.xattrs.empty() ? 0 : kHasXattrs) |
         (listed.content ? kHasContent : 0) | (listed.elf ? kHasElf : 0) |
         (listed.script.empty() ? 0 : kHasScript));
    path(entry.path);
    metadata(entry);
    if (entry.type == EntryType::file) number(entry.size);
    if (!entry.link_target.empty()) text(entry.link_target);
    if (entry.type == EntryType::character_device || entry.type == EntryType::block_device) {
      number(entry.device_major);
      number(entry.device_minor);
    }
    if (!entry.xattrs.empty()) xattrs(entry);
    if (listed.content) out_ += as_text(listed.content->bytes());
    if (listed.elf) elf(*listed.elf);
    if (!listed.script.empty()) text(listed.script);
  }
  void restart_paths() { last_path_.clear(); }

 private:
  std::string& out_;
  std::string last_path_;
};

/// Reads what Writer wrote; refuses every other spelling of the same. A view of the bytes.
class ReaderView {
 public:
  explicit ReaderView(std::string_view bytes) : rest_(bytes) {}

  [[noreturn]] static void fail(std::string_view cause) {
    throw Error(ErrorKind::corrupt, fmt::format("cannot read segment list: {}", cause));
  }

  bool ended() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) fail("it ends early");
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  unsigned byte() { return static_cast<unsigned char>(take(1).front()); }
  std::uint64_t number(std::uint64_t most) {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const unsigned next = byte();
      value |= std::uint64_t{next & 0x7fU} << shift;
      if (next < 0x80) {
        if (next == 0 && shift > 0) fail("a number is longer than it need be");
        break;
      }
      if (shift >= 56) fail("a number is too large");
    }
    if (value > most) fail("a number is too large");
    return value;
  }
  /// How many things follow, each of at least one byte.
  std::size_t count() { return static_cast<std::size_t>(number(rest_.size())); }
  std::string bytes() { return std::string(take(number(kMaxText))); }
  std::string text() {
    std::string value = bytes();
    if (!is_utf8(value)) fail("a text is not UTF-8");
    return value;
  }
  EntryPath path() {
    const auto shared = static_cast<std::size_t>(number(last_path_.size()));
    const std::string_view rest = take(number(kMaxText));
    if (shared < last_path_.size() && !rest.empty() && rest.front() == last_path_[shared]) {
      fail("a path shares more than it says");
    }
    if (shared > 0 && rest.empty() && shared == last_path_.size()) fail("a path stands twice");
    last_path_.resize(shared);
    last_path_ += rest;
    if (last_path_.empty()) return {};
    EntryPath path = during("reading a segment list", ErrorKind::corrupt,
                            [&] { return EntryPath::parse_member(last_path_); });
    if (path.str() != last_path_) fail("a path is not in its shortest form");
    if (!is_utf8(last_path_)) fail("a path is not UTF-8");
    return path;
  }
  void metadata(Entry& entry) {
    entry.mode = static_cast<std::uint32_t>(number(07777));
    entry.uid = number(kMaxOwner);
    entry.gid = number(kMaxOwner);
    entry.mtime = static_cast<std::int64_t>(number(std::uint64_t{kMaxTime}));
  }
  void xattrs(Entry& entry) {
    for (std::size_t left = count(); left > 0; --left) {
      std::string name = text();
      if (!entry.xattrs.empty() && name <= entry.xattrs.rbegin()->first) {
        fail("extended attributes are not in order");
      }
      entry.xattrs.emplace(std::move(name), bytes());
    }
  }
  bool flag() {
    const unsigned value = byte();
    if (value > 1) fail("a flag is neither 0 nor 1");
    return value == 1;
  }
  NeededDirectory directory() {
    NeededDirectory directory;
    directory.entry.type = EntryType::directory;
    directory.entry.path = path();
    directory.entry.mode = 0755;
    if (!flag()) return directory;
    directory.origin = DirectoryOrigin::declared;
    metadata(directory.entry);
    xattrs(directory.entry);
    check(directory.entry);
    return directory;
  }
  ElfFacts elf() {
    ElfFacts facts;
    facts.machine = static_cast<std::uint16_t>(number(0xffff));
    facts.bits = static_cast<std::uint8_t>(byte());
    facts.complete = flag();
    facts.soname = text();
    for (std::size_t left = count(); left > 0; --left) facts.needed.push_back(text());
    facts.runpath = text();
    facts.interpreter = text();
    return facts;
  }
  ListedEntry entry() {
    ListedEntry listed;
    Entry& entry = listed.entry;
    const unsigned head = byte();
    if (head >= 128 || (head & kTypeMask) > static_cast<unsigned>(EntryType::fifo)) {
      fail("an entry has an unknown type");
    }
    entry.type = static_cast<EntryType>(head & kTypeMask);
    entry.path = path();
    metadata(entry);
    if (entry.type == EntryType::file) entry.size = number(kMaxSize);
    if (entry.type == EntryType::symlink || entry.type == EntryType::hardlink) {
      entry.link_target = text();
    }
    if (entry.type == EntryType::character_device || entry.type == EntryType::block_device) {
      entry.device_major = static_cast<std::uint32_t>(number(0xffffffff));
      entry.device_minor = static_cast<std::uint32_t>(number(0xffffffff));
    }
    if ((head & kHasXattrs) != 0) {
      xattrs(entry);
      if (entry.xattrs.empty()) fail("a list of extended attributes is empty");
    }
    if ((head & kHasContent) != 0) listed.content = digest();
    if ((head & kHasElf) != 0) listed.elf = elf();
    if ((head & kHasScript) != 0) {
      listed.script = text();
      if (listed.script.empty()) fail("a script's line is empty");
    }
    check(entry);
    return listed;
  }
  void restart_paths() { last_path_.clear(); }

 private:
  static void check(const Entry& entry) {
    during("reading a segment list", ErrorKind::corrupt, [&] { validate(entry); });
  }
  Digest digest() {
    std::array<std::byte, 32> bytes{};
    const std::string_view text = take(bytes.size());
    std::memcpy(bytes.data(), text.data(), bytes.size());
    return Digest(bytes);
  }

  std::string_view rest_;
  std::string last_path_;
};

void check_order(const std::vector<NeededDirectory>& directories, const NeededDirectory& next) {
  if (next.entry.path.is_root() && next.origin == DirectoryOrigin::implied) {
    ReaderView::fail("it needs the root that nobody declared");
  }
  if (directories.empty()) return;
  if (!(directories.back().entry.path < next.entry.path)) {
    ReaderView::fail("directories are not in order");
  }
}

}  // namespace

std::string SegmentList::serialize() const {
  std::string out(kMagic);
  Writer writer(out);
  writer.number(directories.size());
  for (const NeededDirectory& each : directories) writer.directory(each);
  writer.restart_paths();
  writer.number(entries.size());
  for (const ListedEntry& each : entries) writer.entry(each);
  return out;
}

SegmentList SegmentList::parse(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) ReaderView::fail("it is not of version 1");
  ReaderView reader(bytes.substr(kMagic.size()));
  SegmentList list;
  for (std::size_t left = reader.count(); left > 0; --left) {
    NeededDirectory next = reader.directory();
    check_order(list.directories, next);
    list.directories.push_back(std::move(next));
  }
  reader.restart_paths();
  std::size_t left = reader.count();
  list.entries.reserve(std::min(left, reader.left() / kLeastEntry));
  for (; left > 0; --left) list.entries.push_back(reader.entry());
  if (!reader.ended()) ReaderView::fail("bytes follow its end");
  return list;
}

}  // namespace stamp::layer
