#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "builder/image/image.h"
#include "builder/output/early_layers.h"
#include "builder/plan/base_image.h"
#include "builder/store/layer_store.h"
#include "cache/cache.h"

namespace stamp::build {

/// Where images are written to.
struct OutputSpec {
  enum class Kind { layout, oci_archive, docker_archive };
  Kind kind = Kind::layout;
  std::filesystem::path path;  ///< may hold "{name}"
  std::string tag;             ///< of a layout ("latest" when none is named); may hold "{name}"
  std::string text;            ///< as written

  /// Parses "oci:DIR[:TAG]", "oci-archive:FILE" or "docker-archive:FILE". Errors: usage.
  static OutputSpec parse(std::string_view text);
  /// The same with "{name}" filled in.
  OutputSpec for_recipe(std::string_view name) const;
};

/// An image of a recipe, ready to be written.
struct FinishedImage {
  std::string name;                 ///< the recipe's
  std::string repository;           ///< where it is published, for archives' tags; may be empty
  oci::Descriptor top;              ///< the index, or the one platform's manifest
  std::string index_text;           ///< empty when `top` is a manifest
  std::vector<StoredImage> images;  ///< by platform
  /// Its layers that are those of a base in a registry, by digest: they need not be in the cache.
  std::map<Digest, BaseLayer> bases;
};

/// Whether the output has all blobs of this image, so that its layers need not be at hand.
bool has_layers(const OutputSpec& output, const StoredImage& image);

/// Writes an image, its layers out of `early` where they are there, else out of the cache. What a
/// layout has is not written again; archives appear whole or not at all.
/// Errors: usage (a docker archive of several platforms); io; corrupt.
void write_output(const OutputSpec& output, const FinishedImage& image, EarlyLayers& early,
                  cache::Cache& cache);

}  // namespace stamp::build
