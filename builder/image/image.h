#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "builder/plan/base_image.h"
#include "builder/plan/plan.h"
#include "builder/store/layer_store.h"
#include "cache/cache.h"
#include "oci/descriptor.h"
#include "oci/index.h"
#include "oci/manifest.h"

namespace stamp::build {

/// What a report or an output needs to know of a layer; its bytes may not be at hand.
struct ImageLayer {
  oci::Descriptor descriptor;
  Digest diff_id;
};

/// An image of one platform that was made.
struct StoredImage {
  oci::Descriptor manifest;  ///< with its platform
  oci::Descriptor config;
  std::vector<ImageLayer> layers;              ///< bottom to top
  std::vector<std::string> unconfigured;       ///< packages that were not configured, by name
  std::map<std::string, std::string> reasons;  ///< why, where that is known
  SystemIdTable new_ids;  ///< ids that packages made and that were not given before
  std::string manifest_text;
  std::string config_text;
};

/// A layer of an image: one of its base's, whose bytes need not be here, or one that was made.
using LayerOfImage = std::variant<const BaseLayer*, const StoredLayer*>;

/// Writes manifest and config of an image over its layers, remembers them under the image's key,
/// and returns the image.
StoredImage store_image(const ImagePlan& plan, const std::vector<LayerOfImage>& layers,
                        cache::Cache& cache);

/// Remembers an image that is there under a further key.
void record_image(const Digest& key, const StoredImage& image, cache::Cache& cache);

/// What record_image() wrote, without the texts. Of anything else: Errors: invalid; exceptions of
/// Json; and there must be two outputs.
StoredImage read_image_result(const cache::Result& result);

/// The images that the steps with these keys gave, in their order, as far as they are there.
std::vector<std::optional<StoredImage>> find_images(std::span<const Digest> keys,
                                                    cache::Cache& cache);

/// The index over a recipe's images. Spec: OCI image-spec 1.1 image-index.md.
oci::Index make_index(const std::vector<StoredImage>& images,
                      const std::map<std::string, std::string>& annotations);

}  // namespace stamp::build
