#include "builder/bases/base_layer.h"

#include <map>
#include <optional>

#include <fmt/core.h>

#include "base/error.h"
#include "builder/image/standing_folders.h"
#include "layer/content_scanner.h"
#include "layer/tar_reader.h"
#include "oci/layout.h"

namespace stamp::build {
namespace {

/// Hashes what is read through it.
class HashingSource final : public Source {
 public:
  explicit HashingSource(Source& inner) : inner_(inner) {}
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t count = inner_.read(out);
    hash_.write(out.first(count));
    return count;
  }
  Digest digest() { return hash_.digest(); }
  std::uint64_t size() const { return hash_.size(); }

 private:
  Source& inner_;
  HashSink hash_;
};

/// What is in a layer that somebody else made.
layer::SegmentList read_list(Source& bytes) {
  layer::SegmentList list;
  std::map<EntryPath, layer::Entry> folders;
  layer::TarReader tar(bytes, "a layer of the base image");
  layer::ContentScanner scanner;
  while (std::optional<layer::Entry> entry = tar.next()) {
    if (entry->type == layer::EntryType::directory) {
      folders.insert_or_assign(entry->path, std::move(*entry));
      continue;
    }
    scanner.begin();
    for (Bytes chunk = tar.next_chunk(); !chunk.empty(); chunk = tar.next_chunk()) {
      scanner.feed(chunk);
    }
    list.entries.push_back({.entry = std::move(*entry),
                            .content = {},
                            .elf = scanner.elf_facts(),
                            .script = scanner.script()});
  }
  for (auto& [path, entry] : folders) {
    list.directories.push_back({std::move(entry), layer::DirectoryOrigin::declared});
  }
  return list;
}

/// The folders after a layer.
StandingFolders folders_after(const layer::SegmentList& list, const StoredLayer* below,
                              SegmentStore& store) {
  StandingFolders standing;
  if (below != nullptr) standing = StandingFolders(*below, store);
  standing.take_away(list);
  for (const layer::NeededDirectory& folder : list.directories) standing.add(folder.entry);
  standing.add_links(list);
  return standing;
}

}  // namespace

cache::Blob copy_base_layer(const BaseLayer& base, cache::Cache& cache) {
  const oci::LayoutReader layout(std::get<std::filesystem::path>(base.place));
  const std::unique_ptr<cache::BlobWriter> writer = cache.new_blob();
  const std::unique_ptr<Source> blob = layout.open(base.descriptor);
  copy(*blob, *writer);
  return writer->commit();
}

StoredLayer list_base_layer(const BaseLayer& base, const cache::Blob& blob,
                            const StoredLayer* below, SegmentStore& store) {
  const oci::Descriptor& descriptor = base.descriptor;
  const layer::Compression compression = compression_of(descriptor.media_type);
  StoredLayer layer;
  LayerPiece piece;
  piece.name = "base layer";
  piece.segment.blob = blob;
  const std::unique_ptr<Source> tar =
      store.open_tar(piece.segment, {.compression = compression, .encoder = {}});
  HashingSource hashing(*tar);
  const layer::SegmentList list = read_list(hashing);
  NullSink rest;
  copy(hashing, rest);
  layer.diff_id = hashing.digest();
  if (layer.diff_id != base.diff_id) {
    throw Error(ErrorKind::corrupt,
                fmt::format("layer {} of the base image has diff_id {}, not {}",
                            descriptor.digest.brief(), layer.diff_id.brief(), base.diff_id.brief()),
                {.input = describe(base.place)});
  }
  piece.segment.list = store.cache().put(list.serialize());
  piece.segment.uncompressed_size = hashing.size();
  layer.digest = descriptor.digest;
  layer.size = descriptor.size;
  layer.uncompressed_size = hashing.size();
  layer.media_type = descriptor.media_type;
  layer.pieces.push_back(std::move(piece));
  layer.folders = folders_after(list, below, store).store(store);
  return layer;
}

}  // namespace stamp::build
