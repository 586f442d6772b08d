#include "builder/image/assemble.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/pool.h"
#include "builder/image/standing_folders.h"
#include "builder/store/hashing_thread.h"
#include "layer/directories.h"

namespace stamp::build {
namespace {

/// The folders below, as far as the pieces of this layer need them.
layer::SegmentList folders_below(const StandingFolders& standing,
                                 const std::vector<layer::SegmentList>& lists) {
  std::set<EntryPath> needed;
  for (const layer::SegmentList& list : lists) {
    for (const layer::NeededDirectory& folder : list.directories) needed.insert(folder.entry.path);
  }
  layer::SegmentList below;
  for (const EntryPath& path : needed) {
    const auto folder = standing.folders().find(path);
    if (folder == standing.folders().end()) continue;
    below.directories.push_back({folder->second, layer::DirectoryOrigin::declared});
  }
  return below;
}

/// Whether something of the layer lies in `folder`.
bool is_used(const EntryPath& folder, const std::vector<layer::SegmentList>& lists) {
  return std::any_of(lists.begin(), lists.end(), [&](const layer::SegmentList& list) {
    return std::any_of(list.directories.begin(), list.directories.end(),
                       [&](const auto& needed) { return needed.entry.path == folder; });
  });
}

/// The links of a merged /usr that this layer brings.
std::vector<layer::Entry> alias_entries(const LayerPlan& layer, const StandingFolders& standing,
                                        const std::vector<layer::SegmentList>& lists) {
  std::vector<std::string> folders = layer.links.folders();
  for (const std::string& folder : layer.multilib_links) {
    if (standing.has_link(EntryPath::parse_member(folder))) continue;
    if (is_used(EntryPath::parse_member("usr/" + folder), lists)) folders.push_back(folder);
  }
  std::vector<layer::Entry> aliases;
  for (const std::string& folder : folders) {
    layer::Entry link;
    link.path = EntryPath::parse_member(folder);
    link.type = layer::EntryType::symlink;
    link.mode = 0777;
    link.mtime = layer.mtime;
    link.link_target = "usr/" + folder;
    aliases.push_back(std::move(link));
  }
  return aliases;
}

/// The folders that are decided, as a list that stands before all others.
layer::SegmentList decided_folders(const AssembleInput& input) {
  layer::SegmentList list;
  for (const layer::Entry& folder : input.folders) {
    list.directories.push_back({folder, layer::DirectoryOrigin::declared});
  }
  return list;
}

void take_away(const std::vector<EntryPath>& removed, std::vector<layer::SegmentList>& lists) {
  if (removed.empty()) return;
  for (layer::SegmentList& list : lists) {
    std::erase_if(list.directories, [&](const layer::NeededDirectory& folder) {
      return std::any_of(removed.begin(), removed.end(),
                         [&](const EntryPath& gone) { return folder.entry.path.is_within(gone); });
    });
  }
}

/// All folders and links of the layer's first segment.
std::vector<layer::Entry> merge_folders(const AssembleInput& input, const StandingFolders& standing,
                                        const std::vector<layer::SegmentList>& lists) {
  const layer::SegmentList decided = decided_folders(input);
  const layer::SegmentList below = folders_below(standing, lists);
  std::vector<layer::NamedListView> named;
  if (!decided.directories.empty()) named.push_back({"maintainer scripts", decided});
  // Packages leave a folder that is there as it is, like dpkg; what the recipe says itself counts.
  if (input.layer->packages) named.push_back({"the layers below", below});
  for (std::size_t i = 0; i < lists.size(); ++i) named.push_back({input.pieces[i].name, lists[i]});
  if (!input.layer->packages) named.push_back({"the layers below", below});
  return layer::merge_directories(named, {.mtime = input.layer->mtime,
                                          .aliases = alias_entries(*input.layer, standing, lists)});
}

LayerPiece write_folders(const std::vector<layer::Entry>& folders, const Encoding& encoding,
                         SegmentStore& store) {
  const std::unique_ptr<cache::BlobWriter> blob = store.new_blob();
  const layer::SegmentOptions options = {.compression = encoding.compression, .what = "folders"};
  const layer::Segment segment = layer::write_directories(folders, options, *blob);
  return {"folders", store.store(*blob, segment)};
}

LayerPiece write_end(const Encoding& encoding, SegmentStore& store) {
  LayerPiece piece;
  piece.name = "end";
  piece.segment.blob = store.cache().put(layer::end_of_archive(encoding.compression));
  piece.segment.uncompressed_size = 1024;
  return piece;
}

/// Decodes the pieces one after the other and hashes the tar on a second thread.
std::pair<Digest, std::uint64_t> hash_tar(const std::vector<LayerPiece>& pieces,
                                          layer::Compression compression, cache::Cache& cache) {
  HashingThread tar;
  layer::DecoderContext context;
  for (const LayerPiece& piece : pieces) {
    const std::unique_ptr<Source> blob = cache.open_unchecked(piece.segment.blob);
    const std::unique_ptr<Source> decoded =
        layer::make_decoder(decoder_format(compression), *blob, piece.name, context);
    while (const std::size_t count = decoded->read(tar.room())) tar.filled(count);
  }
  const std::uint64_t size = tar.size();
  return {tar.finish_digest(), size};
}

/// Hashes the pieces' own bytes. Those of an earlier run are checked against their digests on the
/// way: neither frames nor members need to notice other bytes.
std::pair<Digest, std::uint64_t> hash_blob(const std::vector<LayerPiece>& pieces,
                                           cache::Cache& cache, Sink* also) {
  HashSink blob(also);
  for (const LayerPiece& piece : pieces) {
    const std::unique_ptr<Source> bytes = cache.open_fresh(piece.segment.blob);
    copy(*bytes, blob);
  }
  return {blob.digest(), blob.size()};
}

std::uint64_t size_of(const std::vector<LayerPiece>& pieces) {
  std::uint64_t size = 0;
  for (const LayerPiece& piece : pieces) size += piece.segment.blob.size;
  return size;
}

}  // namespace

LayerDigests hash_layer(const std::vector<LayerPiece>& pieces, layer::Compression compression,
                        cache::Cache& cache, Sink* copy) {
  LayerDigests digests;
  Pool pool(1);
  pool.add([&] { std::tie(digests.digest, digests.size) = hash_blob(pieces, cache, copy); });
  std::tie(digests.diff_id, digests.uncompressed_size) = hash_tar(pieces, compression, cache);
  pool.wait();
  return digests;
}

StoredLayer assemble_layer(const AssembleInput& input, SegmentStore& store) {
  const Encoding& encoding = input.layer->encoding;
  std::vector<layer::SegmentList> lists;
  lists.reserve(input.pieces.size());
  for (const LayerPiece& piece : input.pieces) lists.push_back(store.list(piece.segment));
  take_away(input.removed_folders, lists);
  StandingFolders standing;
  if (input.below != nullptr) standing = StandingFolders(*input.below, store);
  for (const layer::SegmentList& list : lists) standing.take_away(list);
  for (const layer::SegmentList& list : lists) standing.refuse_folders_over_links(list);
  const std::vector<layer::Entry> folders = merge_folders(input, standing, lists);
  for (const layer::Entry& folder : folders) standing.add(folder);
  for (const layer::SegmentList& list : lists) standing.add_links(list);
  StoredLayer layer;
  layer.media_type = media_type_of(encoding.compression);
  layer.unconfigured = input.unconfigured;
  if (!folders.empty()) layer.pieces.push_back(write_folders(folders, encoding, store));
  layer.pieces.insert(layer.pieces.end(), input.pieces.begin(), input.pieces.end());
  layer.pieces.push_back(write_end(encoding, store));
  layer.folders = standing.store(store);
  Sink* copy = input.copy ? input.copy(size_of(layer.pieces)) : nullptr;
  const LayerDigests digests = hash_layer(layer.pieces, encoding.compression, store.cache(), copy);
  layer.digest = digests.digest;
  layer.diff_id = digests.diff_id;
  layer.size = digests.size;
  layer.uncompressed_size = digests.uncompressed_size;
  return layer;
}

}  // namespace stamp::build
