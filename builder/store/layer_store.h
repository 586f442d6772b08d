#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "builder/plan/plan.h"
#include "builder/store/segment_store.h"
#include "cache/cache.h"

namespace stamp::build {

/// A piece of a layer: its bytes are a run of whole frames or members of the layer's blob.
struct LayerPiece {
  std::string name;       ///< "ffmpeg 7:5.1.6-0+deb12u1 (amd64)", "folders", "end"
  StoredSegment segment;  ///< of "end" without a list

  bool has_list() const { return segment.list.size > 0; }
};

/// A layer that was put together. Its blob is nowhere as one file: it is its pieces, one after the
/// other.
struct StoredLayer {
  Digest digest;   ///< of the blob
  Digest diff_id;  ///< of the tar
  std::uint64_t size = 0;
  std::uint64_t uncompressed_size = 0;
  std::string media_type;
  std::vector<LayerPiece> pieces;
  /// A SegmentList of all folders of this layer and those below, so that a layer above leaves their
  /// modes and owners as they are.
  cache::Blob folders;
  /// Packages that were unpacked and would have something to configure, by name.
  std::vector<std::string> unconfigured;
  /// Why, where their scripts were to be evaluated.
  std::map<std::string, std::string> reasons;
  /// Ids of users and groups that packages of this layer made and that were not given before.
  SystemIdTable new_ids;
};

/// Layers in the cache.
class LayerStore final {
 public:
  /// `cache` must outlive this.
  explicit LayerStore(cache::Cache& cache) : cache_(cache) {}

  /// The layer that the step with this key gave, if all of it is there.
  std::optional<StoredLayer> find(const Digest& key);
  /// The layer with that digest, if this cache ever made it and has its pieces still.
  std::optional<StoredLayer> find_by_digest(const Digest& digest);
  /// Remembers a layer under its key and under its digest.
  void record(const Digest& key, const StoredLayer& layer);
  /// Remembers what record() wrote in another cache under the layer's digest, too. Errors: invalid.
  void record_by_digest(const cache::Result& result);
  /// The blob's bytes. Errors of read(): corrupt; io.
  std::unique_ptr<Source> open(const StoredLayer& layer);

 private:
  cache::Cache& cache_;
};

/// What LayerStore::record() wrote. Of anything else: Errors: invalid; exceptions of Json; and
/// outputs must begin with "folders" and have each "list" after a "piece".
StoredLayer read_layer_result(const cache::Result& result);

/// The media type of a layer of this compression. Spec: OCI image-spec 1.1 media-types.md.
std::string_view media_type_of(layer::Compression compression);
/// The compression of a layer of this media type. Errors: invalid.
layer::Compression compression_of(std::string_view media_type);

}  // namespace stamp::build
