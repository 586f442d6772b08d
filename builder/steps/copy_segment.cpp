#include "builder/steps/copy_segment.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::build {
namespace {

class Copier {
 public:
  Copier(const ImageFiles& image, const CopySegment& segment, layer::SegmentWriter& writer)
      : image_(image), segment_(segment), writer_(writer) {}

  void run() {
    for (const workspace::CopiedPath& path : segment_.paths) add(path);
    std::vector<EntryPath> files;
    for (const auto& [from, to] : files_) files.push_back(from);
    image_.visit(files,
                 [&](const layer::Entry& entry, Source& content) { write_file(entry, content); });
  }

 private:
  void add(const workspace::CopiedPath& path) {
    const layer::Entry* top = image_.find(path.from);
    if (top == nullptr) {
      throw Error(
          ErrorKind::invalid,
          fmt::format("cannot copy '{}' from recipe '{}': there is no such path in its image",
                      path.from.absolute(), segment_.image));
    }
    for (const layer::Entry* entry : image_.tree(top->path)) {
      const std::string_view below =
          std::string_view(entry->path.str()).substr(top->path.str().size());
      const std::string_view relative = below.starts_with('/') ? below.substr(1) : below;
      add_entry(*entry, segment_.merged.map(relative.empty() ? path.to : path.to / relative));
    }
  }

  void add_entry(const layer::Entry& entry, EntryPath to) {
    layer::Entry copied = entry;
    copied.path = std::move(to);
    copied.mtime = segment_.mtime;
    switch (entry.type) {
      case layer::EntryType::file:
        files_[entry.path].push_back(std::move(copied));
        break;
      case layer::EntryType::directory:
        if (folders_.insert(copied.path).second) writer_.add_directory(copied);
        break;
      default:
        writer_.add(copied);
        break;
    }
  }

  /// Writes a file to every place where it goes; the second and later are hard links to the first.
  void write_file(const layer::Entry& entry, Source& content) {
    const std::vector<layer::Entry>& places = files_.at(entry.path);
    writer_.add(places.front(), content);
    for (std::size_t i = 1; i < places.size(); ++i) {
      layer::Entry link = places[i];
      link.type = layer::EntryType::hardlink;
      link.size = 0;
      link.link_target = places.front().path.str();
      writer_.add(link);
    }
  }

  const ImageFiles& image_;
  const CopySegment& segment_;
  layer::SegmentWriter& writer_;
  std::map<EntryPath, std::vector<layer::Entry>> files_;
  std::set<EntryPath> folders_;
};

}  // namespace

layer::Segment write_copy(const ImageFiles& image, const CopySegment& segment,
                          const layer::SegmentOptions& options, Sink& out) {
  layer::SegmentWriter writer(out, options);
  Copier(image, segment, writer).run();
  return writer.finish();
}

}  // namespace stamp::build
