#pragma once

#include <vector>

#include "builder/inputs/registry_bases.h"
#include "builder/plan/base_image.h"
#include "builder/plan/plan.h"
#include "builder/store/layer_store.h"

namespace stamp::build {

/// Takes a layer of a base image into the cache and lists it. `below`: the one that it lies on, or
/// null. Errors: those of RegistryBases::pull_layer() and list_base_layer().
StoredLayer take_base_layer(const BaseLayer& base, const StoredLayer* below, RegistryBases& bases,
                            cache::Cache& cache);

/// All layers of a base image, listed: as a build of something that reads them would leave them in
/// the cache. Errors: as take_base_layer().
std::vector<StoredLayer> list_base_image(const BaseImage& base, RegistryBases& bases,
                                         cache::Cache& cache);

}  // namespace stamp::build
