#pragma once

#include "builder/base_image.h"
#include "builder/layer_store.h"
#include "builder/segment_store.h"

namespace stamp::build {

/// Takes a layer of a base image layout into the cache, byte for byte, and lists what it holds.
/// `below`: the layer that it lies on, or null.
/// Errors: corrupt (digest or diff_id do not match, or it is no tar that can be read); io.
StoredLayer import_base_layer(const BaseLayer& base, const StoredLayer* below, SegmentStore& store);

}  // namespace stamp::build
