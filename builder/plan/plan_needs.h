#pragma once
// What steps of a plan need of other steps, beside what their lists name.

#include <vector>

#include "builder/plan/plan.h"

namespace stamp::build {

/// All layers below one, bottom to top: what an evaluation sees.
std::vector<LayerId> layers_below(const Plan& plan, LayerId id);

/// Whether the packages of a layer are configured.
bool is_configured(const LayerPlan& layer);

/// Whether what is in the layers below is read to put a layer together.
bool reads_below(const LayerPlan& layer);

/// The layers that must be there, beside the one below, before a layer can be put together.
std::vector<LayerId> further_layers(const Plan& plan, LayerId id);

/// Whether a layer is one of a base in a registry.
bool is_remote(const LayerPlan& layer);

/// The layers that must be there before a segment can be made; null: none.
const std::vector<LayerId>* layers_for(const SegmentPlan& segment);

}  // namespace stamp::build
