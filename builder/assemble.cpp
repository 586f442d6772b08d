#include "builder/assemble.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/pool.h"
#include "builder/hashing_thread.h"
#include "layer/directories.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kMaxFolders = 256U << 20U;

/// The folders below, as far as the pieces of this layer need them.
layer::SegmentList folders_below(const AssembleInput& input, SegmentStore& store,
                                 const std::vector<layer::SegmentList>& lists) {
  layer::SegmentList below;
  if (input.below == nullptr) return below;
  std::set<EntryPath> needed;
  for (const layer::SegmentList& list : lists) {
    for (const layer::NeededDirectory& folder : list.directories) needed.insert(folder.entry.path);
  }
  layer::SegmentList all =
      layer::SegmentList::parse(store.cache().read(input.below->folders, kMaxFolders));
  for (layer::NeededDirectory& folder : all.directories) {
    if (needed.count(folder.entry.path) != 0) below.directories.push_back(std::move(folder));
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

std::vector<layer::Entry> alias_entries(const LayerPlan& layer,
                                        const std::vector<layer::SegmentList>& lists) {
  std::vector<std::string> folders = layer.links.folders();
  for (const std::string& folder : layer.multilib_links) {
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

/// All folders and links of the layer's first segment.
std::vector<layer::Entry> merge_folders(const AssembleInput& input, SegmentStore& store) {
  std::vector<layer::SegmentList> lists;
  lists.reserve(input.pieces.size());
  for (const LayerPiece& piece : input.pieces) lists.push_back(store.list(piece.segment));
  const layer::SegmentList below = folders_below(input, store, lists);
  std::vector<layer::NamedListView> named;
  // Packages leave a folder that is there as it is, like dpkg; what the recipe says itself counts.
  if (input.layer->packages) named.push_back({"the layers below", below});
  for (std::size_t i = 0; i < lists.size(); ++i) named.push_back({input.pieces[i].name, lists[i]});
  if (!input.layer->packages) named.push_back({"the layers below", below});
  return layer::merge_directories(
      named, {.mtime = input.layer->mtime, .aliases = alias_entries(*input.layer, lists)});
}

/// The folders of this layer over those of the layers below, as one list.
cache::Blob store_folders(const std::vector<layer::Entry>& folders, const StoredLayer* below,
                          SegmentStore& store) {
  std::map<EntryPath, layer::Entry> all;
  if (below != nullptr) {
    const layer::SegmentList list =
        layer::SegmentList::parse(store.cache().read(below->folders, kMaxFolders));
    for (const layer::NeededDirectory& folder : list.directories) {
      all.emplace(folder.entry.path, folder.entry);
    }
  }
  for (const layer::Entry& folder : folders) {
    if (folder.type == layer::EntryType::directory) all.insert_or_assign(folder.path, folder);
  }
  layer::SegmentList list;
  for (auto& [path, folder] : all) {
    list.directories.push_back({std::move(folder), layer::DirectoryOrigin::declared});
  }
  return store.cache().put(list.serialize());
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
  std::vector<std::byte> buffer(256 * 1024);
  for (const LayerPiece& piece : pieces) {
    const std::unique_ptr<Source> blob = cache.open_unchecked(piece.segment.blob);
    const std::unique_ptr<Source> decoded =
        layer::make_decoder(decoder_format(compression), *blob, piece.name, context);
    while (const std::size_t count = decoded->read(buffer)) tar.write(Bytes(buffer).first(count));
  }
  const std::uint64_t size = tar.size();
  return {tar.finish_digest(), size};
}

/// Hashes the pieces' own bytes. Those of an earlier run are checked against their digests on the
/// way: neither frames nor members need to notice other bytes.
std::pair<Digest, std::uint64_t> hash_blob(const std::vector<LayerPiece>& pieces,
                                           cache::Cache& cache) {
  HashSink blob;
  for (const LayerPiece& piece : pieces) {
    const std::unique_ptr<Source> bytes = cache.open_fresh(piece.segment.blob);
    copy(*bytes, blob);
  }
  return {blob.digest(), blob.size()};
}

}  // namespace

LayerDigests hash_layer(const std::vector<LayerPiece>& pieces, layer::Compression compression,
                        cache::Cache& cache) {
  LayerDigests digests;
  Pool pool(1);
  pool.add([&] { std::tie(digests.digest, digests.size) = hash_blob(pieces, cache); });
  std::tie(digests.diff_id, digests.uncompressed_size) = hash_tar(pieces, compression, cache);
  pool.wait();
  return digests;
}

StoredLayer assemble_layer(const AssembleInput& input, SegmentStore& store) {
  const Encoding& encoding = input.layer->encoding;
  const std::vector<layer::Entry> folders = merge_folders(input, store);
  StoredLayer layer;
  layer.media_type = media_type_of(encoding.compression);
  layer.unconfigured = input.unconfigured;
  if (!folders.empty()) layer.pieces.push_back(write_folders(folders, encoding, store));
  layer.pieces.insert(layer.pieces.end(), input.pieces.begin(), input.pieces.end());
  layer.pieces.push_back(write_end(encoding, store));
  layer.folders = store_folders(folders, input.below, store);
  const LayerDigests digests = hash_layer(layer.pieces, encoding.compression, store.cache());
  layer.digest = digests.digest;
  layer.diff_id = digests.diff_id;
  layer.size = digests.size;
  layer.uncompressed_size = digests.uncompressed_size;
  return layer;
}

}  // namespace stamp::build
