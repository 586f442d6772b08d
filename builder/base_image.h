#pragma once

#include <filesystem>
#include <vector>

#include "oci/config.h"
#include "oci/descriptor.h"
#include "oci/platform.h"
#include "workspace/recipe.h"

namespace stamp::build {

/// A layer of a base image layout.
struct BaseLayer {
  std::filesystem::path layout;  ///< the layout's folder
  oci::Descriptor descriptor;
  Digest diff_id;
};

/// An image of a base image layout for one platform.
struct BaseImage {
  Digest manifest;
  oci::ImageConfig config;
  std::vector<BaseLayer> layers;  ///< bottom to top
};

/// Reads manifest and config of the image that `from: {layout: …}` names, for a platform.
/// Errors: invalid, with caret (no image for the platform; several tags); corrupt; io.
BaseImage read_base_image(const workspace::Recipe& recipe, const oci::Platform& platform);

}  // namespace stamp::build
