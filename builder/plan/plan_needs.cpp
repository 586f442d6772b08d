#include "builder/plan/plan_needs.h"

#include <algorithm>
#include <optional>
#include <variant>

namespace stamp::build {

std::vector<LayerId> layers_below(const Plan& plan, LayerId id) {
  std::vector<LayerId> layers;
  for (std::optional<LayerId> at = plan.layers[id].below; at; at = plan.layers[*at].below) {
    layers.push_back(*at);
  }
  std::reverse(layers.begin(), layers.end());
  return layers;
}

bool is_configured(const LayerPlan& layer) {
  return layer.packages && layer.packages->configure;
}

bool reads_below(const LayerPlan& layer) {
  return is_configured(layer) || (layer.packages && layer.packages->on_base);
}

std::vector<LayerId> further_layers(const Plan& plan, LayerId id) {
  const LayerPlan& layer = plan.layers[id];
  if (reads_below(layer)) return layers_below(plan, id);
  std::vector<LayerId> layers;
  if (!layer.packages) return layers;
  for (const LayerId other : layer.packages->layers) {
    if (is_configured(plan.layers[other])) layers.push_back(other);
  }
  return layers;
}

bool is_remote(const LayerPlan& layer) {
  return layer.base && layer.base->is_remote();
}

const std::vector<LayerId>* layers_for(const SegmentPlan& segment) {
  if (const auto* copy = std::get_if<CopySegment>(&segment.what)) return &copy->layers;
  if (const auto* accounts = std::get_if<AccountsSegment>(&segment.what)) return &accounts->layers;
  return nullptr;
}

}  // namespace stamp::build
