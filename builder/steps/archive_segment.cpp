#include "builder/steps/archive_segment.h"

#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "layer/archive_reader.h"

namespace stamp::build {
namespace {

/// The path without its first `count` components; nothing when it has no more than these.
std::optional<std::string> strip(const EntryPath& path, std::uint32_t count) {
  std::string_view rest = path.str();
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(slash + 1);
  }
  if (rest.empty()) return std::nullopt;
  return std::string(rest);
}

class Extractor {
 public:
  Extractor(const ArchiveSegment& segment, layer::ArchiveReader& reader,
            layer::SegmentWriter& writer)
      : segment_(segment), reader_(reader), writer_(writer) {}

  void run() {
    std::size_t taken = 0;
    while (std::optional<layer::Entry> entry = reader_.next()) {
      if (take(std::move(*entry))) ++taken;
    }
    if (taken == 0) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot unpack archive '{}': nothing in it is selected",
                              segment_.archive.url),
                  {.hint = "look at 'strip', 'include' and 'exclude' of this archive"});
    }
  }

 private:
  bool take(layer::Entry entry) {
    const std::optional<std::string> rest = strip(entry.path, segment_.strip);
    if (!rest || !segment_.selection.takes(*rest)) return false;
    entry.path = segment_.merged.map(segment_.to / *rest);
    entry.uid = segment_.uid;
    entry.gid = segment_.gid;
    entry.mtime = segment_.mtime;
    entry.mode &= 0777U;
    entry.xattrs.clear();
    switch (entry.type) {
      case layer::EntryType::directory:
        if (folders_.insert(entry.path).second) writer_.add_directory(entry);
        break;
      case layer::EntryType::file:
        writer_.add(entry, reader_.content());
        break;
      case layer::EntryType::hardlink:
        add_hard_link(entry);
        break;
      default:
        writer_.add(entry);
        break;
    }
    return true;
  }

  void add_hard_link(layer::Entry& entry) {
    const std::optional<std::string> target =
        strip(EntryPath::parse_member(entry.link_target), segment_.strip);
    if (!target || !segment_.selection.takes(*target)) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot unpack archive '{}': '{}' is a hard link to '{}', which is "
                              "not selected",
                              segment_.archive.url, entry.path.absolute(), entry.link_target),
                  {.hint = "select both, or neither"});
    }
    entry.link_target = segment_.merged.map(segment_.to / *target).str();
    writer_.add(entry);
  }

  const ArchiveSegment& segment_;
  layer::ArchiveReader& reader_;
  layer::SegmentWriter& writer_;
  std::set<EntryPath> folders_;
};

}  // namespace

layer::Segment write_archive(Source& archive, const ArchiveSegment& segment,
                             const std::filesystem::path& scratch,
                             const layer::SegmentOptions& options, Sink& out) {
  layer::ArchiveReader reader(archive, {.what = segment.archive.url, .scratch = scratch});
  layer::SegmentWriter writer(out, options);
  Extractor(segment, reader, writer).run();
  return writer.finish();
}

}  // namespace stamp::build
