#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "builder/plan/base_image.h"
#include "oci/config.h"
#include "oci/descriptor.h"
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

/// The annotations of an image, or of an index, of a recipe on a base image: the recipe's, and of
/// a base in a registry its name and `digest`, that of the manifest, or index, that this one is
/// built on. Spec: OCI image-spec 1.1 annotations.md, org.opencontainers.image.base.*.
oci::Annotations annotate(const workspace::Recipe& recipe, const BasePlace& base,
                          const Digest& digest);

}  // namespace stamp::build
