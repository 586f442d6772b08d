#pragma once

#include <map>
#include <optional>
#include <string>

#include "builder/plan/base_image.h"
#include "builder/progress.h"
#include "cache/cache.h"
#include "oci/reference.h"
#include "registry-client/client.h"
#include "workspace/lock.h"
#include "workspace/recipe.h"

namespace stamp::build {

/// Base images that registries have, by way of the cache. Tags are asked for by resolve() only; all
/// else is named by digest, verified, and asked of a registry once. Safe from many threads.
///
/// Errors of every member: those of registry::Repository, naming the image; corrupt (an image whose
/// parts do not fit); io.
class RegistryBases final {
 public:
  /// The references must outlive this.
  RegistryBases(registry::RegistryClient& client, cache::Cache& cache, Progress& progress)
      : client_(client), cache_(cache), progress_(progress) {}

  /// What `image` names in its registry now, for each platform of the recipe, by platform text: by
  /// its digest, when it has one, whatever its tag says. Errors also: invalid, with caret (there is
  /// no such image, or none for a platform).
  std::map<std::string, workspace::LockedBase> resolve(const workspace::Recipe& recipe,
                                                       const oci::Reference& image);

  /// Manifest and config of a base that is locked. Errors also: network (no place has it).
  BaseImage read(const workspace::Recipe& recipe, const workspace::LockedBase& locked,
                 const oci::Platform& platform);

  /// Takes the blob of a layer that is in a registry into the cache. Errors also: network (no place
  /// has it).
  cache::Blob pull_layer(const BaseLayer& layer);

 private:
  /// What the cache keeps of an image beside its layers.
  struct Texts {
    std::string manifest;
    std::string config;
  };
  std::optional<Texts> find_texts(const Digest& manifest);
  Texts pull_texts(const oci::Reference& image, const Digest& digest);
  Texts keep_texts(const oci::Reference& image, const registry::ManifestText& manifest);
  BaseImage read_platform(const workspace::Recipe& recipe, const oci::Reference& image,
                          const Digest& manifest, const oci::Platform& platform);
  cache::Blob pull_blob(const oci::Reference& image, const oci::Descriptor& blob);

  registry::RegistryClient& client_;
  cache::Cache& cache_;
  Progress& progress_;
};

}  // namespace stamp::build
