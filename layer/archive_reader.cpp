#include "layer/archive_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string_view>
#include <vector>

#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/temp_file.h"
#include "layer/codec.h"
#include "layer/tar_header.h"
#include "layer/tar_reader.h"
#include "layer/whiteout.h"
#include "layer/zip_reader.h"

namespace stamp::layer {
namespace {

/// Gives the first bytes of a stream to look at, and then all of it.
class PeekSource final : public Source {
 public:
  PeekSource(Source& from, std::size_t count) : from_(from), first_(count) {
    first_.resize(read_full(from, first_));
  }
  Bytes first() const { return first_; }
  std::size_t read(std::span<std::byte> out) override {
    if (position_ == first_.size()) return from_.read(out);
    const std::size_t count = std::min(out.size(), first_.size() - position_);
    std::memcpy(out.data(), first_.data() + position_, count);
    position_ += count;
    return count;
  }

 private:
  Source& from_;
  std::vector<std::byte> first_;
  std::size_t position_ = 0;
};

/// Whether a symlink's relative target climbs above the root of the archive.
bool climbs(const Entry& link) {
  std::string_view target = link.link_target;
  if (target.starts_with('/')) return false;
  std::size_t depth = link.path.parent().depth();
  while (!target.empty()) {
    const std::size_t end = std::min(target.find('/'), target.size());
    const std::string_view component = target.substr(0, end);
    target.remove_prefix(std::min(end + 1, target.size()));
    if (component == "..") {
      if (depth == 0) return true;
      --depth;
    } else if (!component.empty() && component != ".") {
      ++depth;
    }
  }
  return false;
}

/// What an archive had so far, to refuse entries that contradict each other.
class Contents {
 public:
  explicit Contents(std::string what) : what_(std::move(what)) {}

  /// Takes in an entry; false when it repeats a directory. Errors: corrupt.
  bool add(const Entry& entry) {
    check_alone(entry);
    for (EntryPath parent = entry.path.parent(); !parent.is_root(); parent = parent.parent()) {
      const auto [place, added] = seen_.try_emplace(parent, Seen{EntryType::directory, {}});
      if (place->second.type != EntryType::directory) {
        refuse(entry, fmt::format("it lies below '{}', which is a {}",
                                  printable(parent.absolute(), 300), describe(place->second.type)));
      }
      if (!added) break;
    }
    if (entry.type == EntryType::hardlink) check_hardlink(entry);
    const auto [place, added] = seen_.try_emplace(entry.path, Seen{entry.type, {}});
    Seen& seen = place->second;
    if (!added && (seen.type != EntryType::directory || entry.type != EntryType::directory)) {
      refuse(entry, "it is there twice");
    }
    if (entry.type != EntryType::directory) return true;
    const Declared declared{entry.mode, entry.uid, entry.gid};
    if (!seen.declared) {
      seen.declared = declared;
      return true;
    }
    if (*seen.declared != declared) refuse(entry, "it is there twice, with another mode or owner");
    return false;
  }

 private:
  /// Mode and owners of a directory.
  using Declared = std::array<std::uint64_t, 3>;
  struct Seen {
    EntryType type;
    std::optional<Declared> declared;  // of a directory that had an entry of its own
  };

  [[noreturn]] void refuse(const Entry& entry, std::string_view why) const {
    throw Error(ErrorKind::corrupt, fmt::format("cannot read {}: '{}': {}", what_,
                                                printable(entry.path.absolute(), 300), why));
  }
  /// What can be said of an entry without the others.
  void check_alone(const Entry& entry) const {
    if (has_whiteout_name(entry.path)) {
      refuse(entry, "its name starts with '.wh.', which has a meaning of its own in images");
    }
    const bool is_special = entry.type == EntryType::character_device ||
                            entry.type == EntryType::block_device || entry.type == EntryType::fifo;
    if (is_special) refuse(entry, fmt::format("a {} is not allowed", describe(entry.type)));
    if (entry.type == EntryType::symlink && climbs(entry)) {
      refuse(entry, fmt::format("its target '{}' lies outside of the archive",
                                printable(entry.link_target, 300)));
    }
  }
  void check_hardlink(const Entry& entry) const {
    const auto target = seen_.find(EntryPath::parse_member(entry.link_target));
    if (target != seen_.end() && target->second.type == EntryType::file) return;
    refuse(entry, fmt::format("it is a hard link to '/{}', which is no file before it",
                              printable(entry.link_target, 300)));
  }

  std::string what_;
  std::map<EntryPath, Seen> seen_;
};

bool is_zip(Bytes first) {
  const std::string_view text = as_text(first);
  return text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06");
}

/// A zip archive, kept in a file for as long as it is read.
struct Zip {
  Zip(Source& from, const ArchiveOptions& options)
      : file(options.scratch), reader(fill(from, file, options.what), options.what) {}

  static const Fd& fill(Source& from, const TempFile& file, std::string_view what) {
    FdSink sink(file.fd(), file.path().string());
    copy(from, sink);
    if (lseek(file.fd().get(), 0, SEEK_SET) != 0) throw system_error("read", what, errno);
    return file.fd();
  }

  TempFile file;
  ZipReader reader;
};

/// A tar archive and the decoder that it comes from.
struct Tar {
  Tar(Format format, Source& from, const std::string& what)
      : decoder(make_decoder(format, from, what)), plain(*decoder, tar::kBlock) {
    if (!tar::is_header(plain.first())) {
      throw Error(
          ErrorKind::corrupt,
          fmt::format("cannot read {}: it is neither a zip archive nor a tar archive, alone "
                      "or in gzip, xz, zstd or bzip2",
                      what));
    }
    reader.emplace(plain, what);
  }

  std::unique_ptr<Source> decoder;
  PeekSource plain;
  std::optional<TarReader> reader;
};

}  // namespace

struct ArchiveReader::State {
  State(Source& from, const ArchiveOptions& options)
      : compressed(from, std::max(kFormatMagic, std::size_t{4})), contents(options.what) {
    if (is_zip(compressed.first())) {
      zip = std::make_unique<Zip>(compressed, options);
    } else {
      tar = std::make_unique<Tar>(detect_format(compressed.first()), compressed, options.what);
    }
  }
  std::optional<Entry> read_next() { return zip ? zip->reader.next() : tar->reader->next(); }

  PeekSource compressed;
  Contents contents;
  std::unique_ptr<Zip> zip;  // one of the two
  std::unique_ptr<Tar> tar;
};

ArchiveReader::ArchiveReader(Source& from, const ArchiveOptions& options)
    : state_(std::make_unique<State>(from, options)) {}
ArchiveReader::~ArchiveReader() = default;

std::optional<Entry> ArchiveReader::next() {
  while (std::optional<Entry> entry = state_->read_next()) {
    if (state_->contents.add(*entry)) return entry;
  }
  return std::nullopt;
}

Source& ArchiveReader::content() {
  return state_->zip ? state_->zip->reader.content() : state_->tar->reader->content();
}

}  // namespace stamp::layer
