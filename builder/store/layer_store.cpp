#include "builder/store/layer_store.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "builder/plan/ids_json.h"
#include "oci/media_type.h"

namespace stamp::build {
namespace {

// The outputs of a layer's result, in this order: "folders"; then for each piece "piece", and
// "list" where it has one. The names of pieces are in the note.
constexpr std::string_view kFolders = "folders";
constexpr std::string_view kPiece = "piece";
constexpr std::string_view kList = "list";

/// The key under which a layer can be found by its digest.
Digest digest_key(const Digest& digest) {
  return Digest::of(canonical_json({{"kind", "layer-by-digest"}, {"digest", digest.hex()}}));
}

cache::Result to_result(const StoredLayer& layer) {
  cache::Result result;
  result.outputs.push_back({std::string(kFolders), layer.folders});
  Json pieces = Json::array();
  for (const LayerPiece& piece : layer.pieces) {
    result.outputs.push_back({std::string(kPiece), piece.segment.blob});
    if (piece.has_list()) result.outputs.push_back({std::string(kList), piece.segment.list});
    pieces.push_back({piece.name, piece.segment.uncompressed_size});
  }
  Json note = {{"digest", layer.digest.hex()},
               {"diff_id", layer.diff_id.hex()},
               {"size", layer.size},
               {"uncompressed_size", layer.uncompressed_size},
               {"media_type", layer.media_type},
               {"pieces", std::move(pieces)},
               {"unconfigured", layer.unconfigured}};
  // Of layers that are configured, and say something.
  if (!layer.reasons.empty()) note["reasons"] = layer.reasons;
  if (!layer.new_ids.empty()) note["new_ids"] = to_json(layer.new_ids);
  result.note = canonical_json(note);
  return result;
}

/// The pieces of a layer, one after the other.
class PiecesSource final : public Source {
 public:
  PiecesSource(cache::Cache& cache, std::vector<LayerPiece> pieces)
      : cache_(cache), pieces_(std::move(pieces)) {}

  std::size_t read(std::span<std::byte> out) override {
    while (!out.empty()) {
      if (!current_) {
        if (next_ == pieces_.size()) return 0;
        current_ = cache_.open(pieces_[next_++].segment.blob);
      }
      if (const std::size_t count = current_->read(out)) return count;
      current_.reset();
    }
    return 0;
  }

 private:
  cache::Cache& cache_;
  std::vector<LayerPiece> pieces_;
  std::size_t next_ = 0;
  std::unique_ptr<Source> current_;
};

}  // namespace

StoredLayer read_layer_result(const cache::Result& result) {
  const Json note = parse_json(result.note);
  StoredLayer layer;
  layer.digest = Digest::parse_hex(note.at("digest").get<std::string>());
  layer.diff_id = Digest::parse_hex(note.at("diff_id").get<std::string>());
  layer.size = note.at("size").get<std::uint64_t>();
  layer.uncompressed_size = note.at("uncompressed_size").get<std::uint64_t>();
  layer.media_type = note.at("media_type").get<std::string>();
  layer.unconfigured = note.at("unconfigured").get<std::vector<std::string>>();
  if (note.contains("reasons")) note.at("reasons").get_to(layer.reasons);
  if (note.contains("new_ids")) layer.new_ids = ids_from_json(note.at("new_ids"));
  const Json& names = note.at("pieces");
  for (const cache::Output& output : result.outputs) {
    if (output.name == kFolders) {
      layer.folders = output.blob;
    } else if (output.name == kPiece) {
      const Json& name = names.at(layer.pieces.size());
      LayerPiece piece;
      piece.name = name.at(0).get<std::string>();
      piece.segment.blob = output.blob;
      piece.segment.uncompressed_size = name.at(1).get<std::uint64_t>();
      layer.pieces.push_back(std::move(piece));
    } else {
      layer.pieces.back().segment.list = output.blob;
    }
  }
  return layer;
}

std::optional<StoredLayer> LayerStore::find(const Digest& key) {
  const std::optional<cache::Result> result = cache_.find(key);
  if (!result) return std::nullopt;
  return read_layer_result(*result);
}

std::optional<StoredLayer> LayerStore::find_by_digest(const Digest& digest) {
  return find(digest_key(digest));
}

void LayerStore::record(const Digest& key, const StoredLayer& layer) {
  cache_.record(key, to_result(layer));
  cache_.record(digest_key(layer.digest), to_result(layer));
}

void LayerStore::record_by_digest(const cache::Result& result) {
  cache_.record(digest_key(read_layer_result(result).digest), result);
}

std::unique_ptr<Source> LayerStore::open(const StoredLayer& layer) {
  return std::make_unique<PiecesSource>(cache_, layer.pieces);
}

std::string_view media_type_of(layer::Compression compression) {
  switch (compression) {
    case layer::Compression::gzip:
      return oci::kMediaTypeLayerGzip;
    case layer::Compression::zstd:
      return oci::kMediaTypeLayerZstd;
    default:
      return oci::kMediaTypeLayer;
  }
}

layer::Compression compression_of(std::string_view media_type) {
  switch (oci::layer_compression(media_type)) {
    case oci::LayerCompression::none:
      return layer::Compression::none;
    case oci::LayerCompression::gzip:
      return layer::Compression::gzip;
    case oci::LayerCompression::zstd:
      return layer::Compression::zstd;
    default:
      throw Error(ErrorKind::invalid,
                  fmt::format("a layer of type '{}' cannot be read", printable(media_type, 100)));
  }
}

}  // namespace stamp::build
