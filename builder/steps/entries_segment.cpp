#include "builder/steps/entries_segment.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"

namespace stamp::build {
namespace {

void write_source(layer::SegmentWriter& writer, const PlannedEntry& planned) {
  FileSource file(planned.source.host);
  VerifySource verified(file, planned.source.digest, planned.source.size,
                        fmt::format("'{}'", planned.source.host.string()));
  during("reading it again: it changed since the build began",
         [&] { writer.add(planned.entry, verified); });
}

}  // namespace

layer::Segment write_entries(const EntriesSegment& segment, const layer::SegmentOptions& options,
                             Sink& out) {
  layer::SegmentWriter writer(out, options);
  // Whiteouts stand before what may come in their place, and parents before children.
  std::vector<const PlannedEntry*> order;
  for (const PlannedEntry& planned : segment.entries) order.push_back(&planned);
  std::stable_sort(order.begin(), order.end(), [](const PlannedEntry* a, const PlannedEntry* b) {
    const bool a_first = a->kind == PlannedEntry::Kind::whiteout;
    const bool b_first = b->kind == PlannedEntry::Kind::whiteout;
    return a_first != b_first ? a_first : a->entry.path < b->entry.path;
  });
  for (const PlannedEntry* planned : order) {
    switch (planned->kind) {
      case PlannedEntry::Kind::whiteout:
        writer.add_whiteout(planned->entry.path, planned->entry.mtime);
        break;
      case PlannedEntry::Kind::source:
        write_source(writer, *planned);
        break;
      case PlannedEntry::Kind::text: {
        BytesSourceView text(as_bytes(planned->text));
        writer.add(planned->entry, text);
        break;
      }
      case PlannedEntry::Kind::plain:
        if (planned->entry.type == layer::EntryType::directory) {
          writer.add_directory(planned->entry);
        } else {
          writer.add(planned->entry);
        }
        break;
    }
  }
  return writer.finish();
}

}  // namespace stamp::build
