#pragma once

#include <string>
#include <vector>

#include "oci/config.h"
#include "workspace/recipe.h"

namespace stamp::build {

/// What the story of an image tells of a recipe's layers.
struct LayerHistory {
  std::string created;              ///< RFC 3339
  std::vector<std::string> layers;  ///< bottom to top: "packages restic dumb-init"
};

/// The config of an image: what `base` has, with what the recipe's `config:` says on top, and the
/// history of the recipe's layers after the base's. Environment variables of the recipe replace
/// those of the base in their place; labels, ports and volumes are added; an `entrypoint` of the
/// recipe drops the base's `cmd`, as other builders do.
oci::ImageConfig configure(oci::ImageConfig base, const workspace::Recipe& recipe,
                           const oci::Platform& platform, const LayerHistory& history);

}  // namespace stamp::build
