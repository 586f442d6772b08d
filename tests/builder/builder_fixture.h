#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/temp_file.h"
#include "builder/image/assemble.h"
#include "builder/plan/plan_entries.h"
#include "builder/steps/entries_segment.h"
#include "builder/store/layer_store.h"
#include "builder/store/segment_store.h"
#include "cache/cache.h"
#include "layer/tar_reader.h"
#include "tests/builder/silent_progress.h"
#include "tests/cache/cache_fixture.h"
#include "tests/expect_error.h"

namespace stamp::build {

/// A path as recipes write it.
inline EntryPath path(std::string_view text) {
  return EntryPath::parse(text);
}

inline PlannedEntry plain(std::string_view at, layer::EntryType type, std::uint32_t mode) {
  PlannedEntry planned;
  planned.entry.path = path(at);
  planned.entry.type = type;
  planned.entry.mode = mode;
  planned.entry.mtime = kDefaultMtime;
  return planned;
}
inline PlannedEntry file(std::string_view at, std::string text, std::uint32_t mode = 0644) {
  PlannedEntry planned = plain(at, layer::EntryType::file, mode);
  planned.kind = PlannedEntry::Kind::text;
  planned.entry.size = text.size();
  planned.text = std::move(text);
  return planned;
}
inline PlannedEntry folder(std::string_view at, std::uint32_t mode = 0755,
                           std::uint64_t owner = 0) {
  PlannedEntry planned = plain(at, layer::EntryType::directory, mode);
  planned.entry.uid = planned.entry.gid = owner;
  return planned;
}
inline PlannedEntry link(std::string_view at, std::string target) {
  PlannedEntry planned = plain(at, layer::EntryType::symlink, 0777);
  planned.entry.link_target = std::move(target);
  return planned;
}
/// `target` without leading slash, and earlier in byte order than `at`.
inline PlannedEntry hard_link(std::string_view at, std::string target) {
  PlannedEntry planned = plain(at, layer::EntryType::hardlink, 0644);
  planned.entry.link_target = std::move(target);
  return planned;
}
inline PlannedEntry whiteout(std::string_view at) {
  PlannedEntry planned = plain(at, layer::EntryType::file, 0644);
  planned.kind = PlannedEntry::Kind::whiteout;
  return planned;
}

/// One line for an entry: "file 644 0:0 /usr/bin/x", links with "-> target".
inline std::string shown(const layer::Entry& entry) {
  return fmt::format("{} {:o} {}:{} {}{}", layer::describe(entry.type), entry.mode, entry.uid,
                     entry.gid, entry.path.absolute(),
                     entry.link_target.empty() ? "" : " -> " + entry.link_target);
}

/// The lines of a segment: its directories that the input declares, then its entries.
inline std::vector<std::string> shown(const layer::SegmentList& list) {
  std::vector<std::string> lines;
  for (const layer::NeededDirectory& needed : list.directories) {
    if (needed.origin == layer::DirectoryOrigin::declared) lines.push_back(shown(needed.entry));
  }
  for (const layer::ListedEntry& listed : list.entries) lines.push_back(shown(listed.entry));
  return lines;
}

/// A folder for files, a cache in it, and what makes segments and layers of entries.
class BuilderTest : public testing::Test {
 protected:
  const std::filesystem::path& temp() const { return temp_.path(); }
  /// Makes a file below the folder.
  std::filesystem::path write(std::string_view name, std::string_view text) const {
    const std::filesystem::path place = temp() / name;
    std::filesystem::create_directories(place.parent_path());
    std::ofstream(place, std::ios::binary) << text;
    return place;
  }

  StoredSegment store_segment(std::vector<PlannedEntry> entries) {
    const std::unique_ptr<cache::BlobWriter> blob = store_.new_blob();
    const layer::SegmentOptions options = {.compression = encoding_.compression};
    const layer::Segment segment = write_entries({std::move(entries)}, options, *blob);
    return store_.store(*blob, segment);
  }

  /// A layer of one segment called "files".
  StoredLayer make_layer(std::vector<PlannedEntry> entries, const StoredLayer* below = nullptr) {
    return assemble({{"files", store_segment(std::move(entries))}}, below);
  }

  StoredLayer assemble(std::vector<LayerPiece> pieces, const StoredLayer* below = nullptr) {
    LayerPlan plan;
    plan.encoding = encoding_;
    plan.mtime = kDefaultMtime;
    AssembleInput input;
    input.layer = &plan;
    input.pieces = std::move(pieces);
    input.below = below;
    return assemble_layer(input, store_);
  }

  /// The uncompressed bytes of a layer, decoded piece by piece.
  std::string tar_of(const StoredLayer& layer) {
    std::string tar;
    Encoding encoding;
    encoding.compression = compression_of(layer.media_type);
    for (const LayerPiece& piece : layer.pieces) {
      const std::unique_ptr<Source> bytes = store_.open_tar(piece.segment, encoding);
      tar += read_all(*bytes, 64U << 20U, piece.name);
    }
    return tar;
  }

  /// The entries of a layer, one line each, in its order.
  std::vector<std::string> entries_of(const StoredLayer& layer) {
    StringSource bytes(tar_of(layer));
    layer::TarReader tar(bytes, "the layer");
    std::vector<std::string> lines;
    while (const std::optional<layer::Entry> entry = tar.next()) lines.push_back(shown(*entry));
    return lines;
  }

  TempDir temp_;
  cache::FixedClock clock_{20'000 * 86'400};
  cache::Cache cache_{temp_.path() / "cache", clock_};
  SegmentStore store_{cache_};
  Encoding encoding_{layer::Compression::none, {"none", "", ""}};
};

}  // namespace stamp::build
