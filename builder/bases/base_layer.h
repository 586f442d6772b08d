#pragma once

#include "builder/plan/base_image.h"
#include "builder/store/layer_store.h"
#include "builder/store/segment_store.h"

namespace stamp::build {

/// Takes the blob of a layer of a base image layout into the cache, byte for byte.
/// Errors: corrupt (the digest does not match); io.
cache::Blob copy_base_layer(const BaseLayer& base, cache::Cache& cache);

/// Lists what a layer of a base image holds, whose blob is in the cache. `below`: the layer that it
/// lies on, or null.
/// Errors: corrupt (the diff_id does not match, or it is no tar that can be read); io.
StoredLayer list_base_layer(const BaseLayer& base, const cache::Blob& blob,
                            const StoredLayer* below, SegmentStore& store);

}  // namespace stamp::build
