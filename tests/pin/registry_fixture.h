#pragma once
// A fake registry with images of a few bytes in it.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "oci/index.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::pin {

inline oci::Descriptor descriptor_of(std::string_view type, const std::string& text) {
  oci::Descriptor descriptor;
  descriptor.media_type = type;
  descriptor.digest = Digest::of(text);
  descriptor.size = text.size();
  return descriptor;
}

/// A registry, and what puts images into it.
struct RegistryFixture {
  explicit RegistryFixture(fakes::RegistryOptions options = {}) : fake(std::move(options)) {}

  /// An image of one platform with these layers; its manifest's descriptor.
  oci::Descriptor put_image(const std::string& repository, const std::string& platform,
                            const std::vector<std::string>& layers, const std::string& tag = "") {
    const oci::Platform parsed = oci::Platform::parse(platform);
    Json diff_ids = Json::array();
    oci::Manifest manifest;
    for (const std::string& layer : layers) {
      fake.put_blob(repository, layer);
      diff_ids.push_back(Digest::of(layer).str());
      manifest.layers.push_back(descriptor_of(oci::kMediaTypeLayer, layer));
    }
    const std::string config =
        canonical_json({{"architecture", parsed.architecture},
                        {"os", parsed.os},
                        {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}});
    fake.put_blob(repository, config);
    manifest.config = descriptor_of(oci::kMediaTypeConfig, config);
    const std::string text = manifest.serialize();
    fake.put_manifest(repository, tag, {manifest.media_type, text});
    oci::Descriptor descriptor = descriptor_of(manifest.media_type, text);
    descriptor.platform = parsed;
    return descriptor;
  }

  /// An index over images; its digest.
  Digest put_index(const std::string& repository, const std::vector<oci::Descriptor>& images,
                   const std::string& tag = "") {
    oci::Index index;
    index.manifests = images;
    const std::string text = index.serialize();
    fake.put_manifest(repository, tag, {index.media_type, text});
    return Digest::of(text);
  }

  /// The image for linux/amd64 and linux/arm64 with a layer each; its digest.
  Digest put_both(const std::string& repository, const std::string& name,
                  const std::string& tag = "") {
    return put_index(repository,
                     {put_image(repository, "linux/amd64", {name + " amd64"}),
                      put_image(repository, "linux/arm64", {name + " arm64"})},
                     tag);
  }

  /// The name of a repository here, with tag and digest.
  oci::Reference at(const std::string& repository, const std::string& tag = "",
                    std::optional<Digest> digest = std::nullopt) const {
    return {.host = fake.host(), .repository = repository, .tag = tag, .digest = digest};
  }

  fakes::FakeRegistry fake;
  registry::ClientFixture client;
};

}  // namespace stamp::pin
