#pragma once

#include <functional>
#include <vector>

#include "builder/plan/plan.h"
#include "builder/store/layer_store.h"
#include "builder/store/segment_store.h"

namespace stamp::build {

/// What a layer is put together from.
struct AssembleInput {
  const LayerPlan* layer = nullptr;
  std::vector<LayerPiece> pieces;      ///< in their order, each with its list
  const StoredLayer* below = nullptr;  ///< the layer that it lies on; null on scratch
  std::vector<std::string> unconfigured;
  /// Folders whose mode and owner are decided, whatever the pieces and the layers below say.
  std::vector<layer::Entry> folders = {};
  /// Folders that pieces declare and that are not in the layer; nothing of a piece is below them.
  std::vector<EntryPath> removed_folders = {};
  /// Asked for where the blob's bytes, so many, go while they are hashed; none: nobody wants them.
  std::function<Sink*(std::uint64_t size)> copy = {};
};

/// Puts a layer together: one segment of all folders, the pieces, the end of the archive. Nothing
/// is compressed again; two passes hash the blob and the tar. This is the one place that knows what
/// an OCI tar layer looks like; another layer format would stand beside it. Errors: invalid (a path
/// that two pieces hold); corrupt (a piece in the cache is damaged); io.
StoredLayer assemble_layer(const AssembleInput& input, SegmentStore& store);

/// The digest and the diff_id of a blob made of these pieces.
struct LayerDigests {
  Digest digest;
  Digest diff_id;
  std::uint64_t size = 0;
  std::uint64_t uncompressed_size = 0;
};

/// Computes them from the pieces' bytes, which `copy` gets unless it is null. Errors: corrupt; io;
/// those of `copy`.
LayerDigests hash_layer(const std::vector<LayerPiece>& pieces, layer::Compression compression,
                        cache::Cache& cache, Sink* copy = nullptr);

}  // namespace stamp::build
