#include "oci/tar_index.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <errno.h>
#include <sys/stat.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"

namespace stamp::oci {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kMaxFiles = 100'000;
constexpr std::uint64_t kMaxRecords = std::uint64_t{1} << 20U;
constexpr int kMaxLinks = 8;

std::uint64_t size_of_file(const Fd& file, const std::string& path) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) throw system_error("examine", path, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

/// A path without "." and "..", or "" when it climbs out of the archive.
std::string plain_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, slash);
    name.remove_prefix(std::min(slash + 1, name.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (out.empty()) return {};
      const std::size_t last = out.rfind('/');
      out.resize(last == std::string::npos ? 0 : last);
      continue;
    }
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

/// A header, as fields of a block.
class HeaderView {
 public:
  explicit HeaderView(std::string_view block) : block_(block) {}

  bool is_zero() const { return block_.find_first_not_of('\0') == std::string_view::npos; }
  char type() const { return block_[156]; }
  std::string_view link() const { return text(157, 100); }
  std::string name() const {
    const std::string_view prefix = text(345, 155);
    const bool posix = block_.substr(257, 6) == std::string_view("ustar\0", 6);
    std::string name(text(0, 100));
    return posix && !prefix.empty() ? std::string(prefix) + "/" + name : name;
  }
  /// Nothing: malformed.
  std::optional<std::uint64_t> size() const { return number(block_.substr(124, 12)); }
  bool checksum_is_right() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
      const bool own = i >= 148 && i < 156;
      sum += own ? std::uint64_t{' '} : static_cast<unsigned char>(block_[i]);
    }
    return number(block_.substr(148, 8)) == sum;
  }

 private:
  std::string_view text(std::size_t at, std::size_t size) const {
    const std::string_view field = block_.substr(at, size);
    return field.substr(0, field.find('\0'));
  }
  static std::optional<std::uint64_t> number(std::string_view field) {
    std::uint64_t value = 0;
    if ((static_cast<unsigned char>(field[0]) & 0x80U) != 0) {
      // GNU's base 256; what does not fit into 8 bytes cannot be.
      const std::string_view high = field.substr(1, field.size() - 9);
      const bool fits =
          field[0] == '\x80' && high.find_first_not_of('\0') == std::string_view::npos;
      if (!fits) return std::nullopt;
      for (const char c : field.substr(field.size() - 8)) {
        value = (value << 8U) | static_cast<unsigned char>(c);
      }
      return value;
    }
    while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
    while (!field.empty() && (field.back() == ' ' || field.back() == '\0')) field.remove_suffix(1);
    if (field.empty()) return 0;
    const auto [end, problem] =
        std::from_chars(field.data(), field.data() + field.size(), value, 8);
    if (problem != std::errc() || end != field.data() + field.size()) return std::nullopt;
    return value;
  }

  std::string_view block_;
};

/// What a pax header or a GNU long name says of the file that follows.
struct Extra {
  std::string name;
  std::string link;
  std::optional<std::uint64_t> size;
};

}  // namespace

/// Reads the headers of an archive, from first to last.
class TarIndex::Reading {
 public:
  explicit Reading(TarIndex& index) : index_(index), end_(size_of_file(index.file_, index.path_)) {}

  void run() {
    while (true) {
      throw_if_interrupted();
      const std::string block = bytes(kBlock);
      const HeaderView header(block);
      if (header.is_zero()) return;
      if (!header.checksum_is_right()) throw wrong("a header's checksum is wrong");
      const std::optional<std::uint64_t> said = header.size();
      if (!said) throw wrong("a header is malformed");
      take(header, extra_.size.value_or(*said));
    }
  }

 private:
  Error wrong(std::string_view problem) const {
    return Error(ErrorKind::corrupt,
                 fmt::format("cannot read '{}': {} (at byte {})", index_.path_, problem, at_),
                 {.hint = "it must be an archive that was written whole"});
  }

  std::string bytes(std::uint64_t size) {
    if (size > end_ - at_) throw wrong("it ends early");
    FilePartSource source(index_.file_.get(), at_, size, index_.path_);
    std::string text(static_cast<std::size_t>(size), '\0');
    read_full(source, std::as_writable_bytes(std::span(text)));
    at_ += size;
    return text;
  }

  std::string records(std::uint64_t size) {
    if (size > kMaxRecords) throw wrong("a header is too long");
    std::string text = bytes(size);
    skip_padding(size);
    return text;
  }

  void skip_padding(std::uint64_t size) {
    const std::uint64_t padding = (kBlock - size % kBlock) % kBlock;
    if (padding > end_ - at_) throw wrong("it ends early");
    at_ += padding;
  }

  void take(const HeaderView& header, std::uint64_t size) {
    switch (header.type()) {
      case 'x':
        return take_pax(records(size));
      case 'g':
        static_cast<void>(records(size));
        return;
      case 'L':
      case 'K': {
        const std::string text = records(size);
        (header.type() == 'L' ? extra_.name : extra_.link) = text.substr(0, text.find('\0'));
        return;
      }
      case 'S':
        throw wrong("it has a sparse file");
      default:
        break;
    }
    add(header, size);
    extra_ = {};
  }

  void add(const HeaderView& header, std::uint64_t size) {
    const std::string name = plain_name(extra_.name.empty() ? header.name() : extra_.name);
    const std::string link = extra_.link.empty() ? std::string(header.link()) : extra_.link;
    const char type = header.type();
    if (index_.files_.size() + index_.links_.size() == kMaxFiles)
      throw wrong("it has too many files");
    if (type == '1' || type == '2') {
      const std::size_t slash = name.rfind('/');
      const std::string folder =
          type == '1' || slash == std::string::npos ? "" : name.substr(0, slash + 1);
      add_once(index_.links_, name, plain_name(folder + link));
      return;
    }
    const bool file = type == '0' || type == '\0' || type == '7';
    if (size > end_ - at_) throw wrong("it ends early");
    if (file) add_once(index_.files_, name, Place{at_, size});
    at_ += size;
    skip_padding(size);
  }

  template <typename Map, typename Value>
  void add_once(Map& map, const std::string& name, Value value) {
    const bool known = index_.files_.contains(name) || index_.links_.contains(name);
    if (known) throw wrong(fmt::format("it has '{}' twice", printable(name, 200)));
    map.emplace(name, std::move(value));
  }

  /// Records "LENGTH KEY=VALUE\n".
  void take_pax(std::string_view text) {
    while (!text.empty()) {
      std::size_t length = 0;
      const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), length);
      const auto digits = static_cast<std::size_t>(end - text.data());
      const bool good = problem == std::errc() && length <= text.size() && length > digits + 2 &&
                        text[digits] == ' ' && text[length - 1] == '\n';
      if (!good) throw wrong("a pax header is malformed");
      const std::string_view record = text.substr(digits + 1, length - digits - 2);
      text.remove_prefix(length);
      const std::size_t equals = record.find('=');
      if (equals == std::string_view::npos) throw wrong("a pax header is malformed");
      take_record(record.substr(0, equals), record.substr(equals + 1));
    }
  }

  void take_record(std::string_view key, std::string_view value) {
    if (key.starts_with("GNU.sparse.")) throw wrong("it has a sparse file");
    if (key == "path") extra_.name = value;
    if (key == "linkpath") extra_.link = value;
    if (key != "size") return;
    std::uint64_t size = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (problem != std::errc() || end != value.data() + value.size()) {
      throw wrong("a pax header is malformed");
    }
    extra_.size = size;
  }

  TarIndex& index_;
  std::uint64_t end_;
  std::uint64_t at_ = 0;
  Extra extra_;
};

TarIndex::TarIndex(Fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {
  Reading(*this).run();
}

const TarIndex::Place* TarIndex::find(std::string_view name) const {
  std::string at(name);
  for (int links = 0; links <= kMaxLinks; ++links) {
    const auto file = files_.find(at);
    if (file != files_.end()) return &file->second;
    const auto link = links_.find(at);
    if (link == links_.end()) return nullptr;
    at = link->second;
  }
  return nullptr;
}

const TarIndex::Place& TarIndex::at(std::string_view name) const {
  const Place* place = find(name);
  if (place != nullptr) return *place;
  throw Error(ErrorKind::corrupt,
              fmt::format("cannot read '{}': it has no '{}'", path_, printable(name, 200)));
}

std::uint64_t TarIndex::size(std::string_view name) const {
  return at(name).size;
}

std::unique_ptr<Source> TarIndex::open(std::string_view name, std::uint64_t offset) const {
  const Place& place = at(name);
  const std::uint64_t passed = std::min(offset, place.size);
  return std::make_unique<FilePartSource>(file_.get(), place.offset + passed, place.size - passed,
                                          path_);
}

std::string TarIndex::read(std::string_view name, std::uint64_t limit) const {
  const std::unique_ptr<Source> source = open(name);
  return read_all(*source, limit, fmt::format("'{}' of {}", name, path_));
}

}  // namespace stamp::oci
