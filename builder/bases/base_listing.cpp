#include "builder/bases/base_listing.h"

#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "builder/bases/base_layer.h"
#include "builder/plan/step_key.h"

namespace stamp::build {

StoredLayer take_base_layer(const BaseLayer& base, const StoredLayer* below, RegistryBases& bases,
                            cache::Cache& cache) {
  const cache::Blob blob = base.is_remote() ? bases.pull_layer(base) : copy_base_layer(base, cache);
  SegmentStore segments(cache);
  return list_base_layer(base, blob, below, segments);
}

std::vector<StoredLayer> list_base_image(const BaseImage& base, RegistryBases& bases,
                                         cache::Cache& cache) {
  LayerStore store(cache);
  Plan plan;
  std::vector<StoredLayer> layers;
  for (const BaseLayer& each : base.layers) {
    LayerPlan layer;
    if (!plan.layers.empty()) layer.below = plan.layers.size() - 1;
    layer.base = each;
    layer.key = layer_key(layer, plan);
    std::optional<StoredLayer> stored = store.find(layer.key);
    if (!stored) {
      const StoredLayer* below = layers.empty() ? nullptr : &layers.back();
      stored = during(fmt::format("reading layer {} of {}", each.descriptor.digest.brief(),
                                  describe(base.place)),
                      [&] { return take_base_layer(each, below, bases, cache); });
      store.record(layer.key, *stored);
    }
    layers.push_back(std::move(*stored));
    plan.layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace stamp::build
