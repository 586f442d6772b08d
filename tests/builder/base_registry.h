#pragma once
// A fake registry with base images in it.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "layer/codec.h"
#include "layer/tar_writer.h"
#include "oci/index.h"
#include "oci/manifest.h"
#include "tests/builder/builder_fixture.h"
#include "tests/fakes/registry.h"

namespace stamp::build {

/// Whose media types an image has.
enum class Types { oci, docker };

/// A layer's tar, with whiteouts as files, in gzip.
inline std::string base_tar(const std::vector<PlannedEntry>& entries) {
  StringSink out;
  {
    const std::unique_ptr<Sink> gzip = layer::make_encoder(layer::Compression::gzip, out);
    layer::TarWriter tar(*gzip);
    for (const PlannedEntry& planned : entries) {
      StringSource content(planned.text);
      tar.add(planned.entry, content);
    }
    tar.write_end();
    gzip->finish();
  }
  return out.text();
}

/// The tar that a gzip is of.
inline std::string unpacked(const std::string& blob) {
  StringSource bytes(blob);
  const std::unique_ptr<Source> tar =
      layer::make_decoder(layer::Format::gzip, bytes, "a test's layer");
  return read_all(*tar, 64U << 20U, "a test's layer");
}

/// A fake registry, and what puts images into it.
class BaseRegistry {
 public:
  explicit BaseRegistry(fakes::RegistryOptions options = {}) : fake(std::move(options)) {}

  /// Puts an image of these layers and returns its manifest's descriptor.
  oci::Descriptor put_image(const std::string& repository, const std::string& platform,
                            const std::vector<std::string>& layers, Types types = Types::oci,
                            const std::string& tag = "") {
    const bool docker = types == Types::docker;
    oci::Manifest manifest;
    if (docker) manifest.media_type = oci::kMediaTypeDockerManifest;
    Json diff_ids = Json::array();
    for (const std::string& layer : layers) {
      manifest.layers.push_back(
          descriptor(docker ? oci::kMediaTypeDockerLayerGzip : oci::kMediaTypeLayerGzip, layer));
      fake.put_blob(repository, layer);
      diff_ids.push_back(Digest::of(unpacked(layer)).str());
    }
    const oci::Platform parsed = oci::Platform::parse(platform);
    const Json config = {
        {"architecture", parsed.architecture},
        {"os", parsed.os},
        {"created", created},
        {"config",
         {{"Env", {"PATH=/bin", "BASE=yes"}},
          {"Cmd", {"sh"}},
          {"Healthcheck", {{"Test", {"NONE"}}}}}},
        {"history", {{{"created_by", "base"}}, {{"created_by", "CMD"}, {"empty_layer", true}}}},
        {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}};
    const std::string text = canonical_json(config);
    fake.put_blob(repository, text);
    manifest.config =
        descriptor(docker ? oci::kMediaTypeDockerConfig : oci::kMediaTypeConfig, text);
    return put(repository, tag, manifest.media_type, manifest.serialize(), parsed);
  }

  /// Puts an index over images and returns its digest.
  Digest put_index(const std::string& repository, const std::string& tag,
                   std::vector<oci::Descriptor> images, Types types = Types::oci) {
    oci::Index index;
    if (types == Types::docker) index.media_type = oci::kMediaTypeDockerIndex;
    index.manifests = std::move(images);
    return put(repository, tag, index.media_type, index.serialize(), {}).digest;
  }

  /// "HOST/`rest`"
  std::string name(const std::string& rest) const { return fake.host() + "/" + rest; }

  /// The requests since the last call, as "METHOD target".
  std::vector<std::string> requests() {
    const std::vector<std::string> all = fake.log();
    std::vector<std::string> fresh(all.begin() + static_cast<std::ptrdiff_t>(seen_), all.end());
    seen_ = all.size();
    return fresh;
  }

  std::string created = "2026-11-10T01:02:03.456Z";  ///< of the images that are put from now on
  fakes::FakeRegistry fake;

 private:
  static oci::Descriptor descriptor(std::string_view media_type, const std::string& text) {
    oci::Descriptor out;
    out.media_type = media_type;
    out.digest = Digest::of(text);
    out.size = text.size();
    return out;
  }

  oci::Descriptor put(const std::string& repository, const std::string& tag,
                      const std::string& media_type, const std::string& text,
                      const oci::Platform& platform) {
    fake.put_manifest(repository, tag, {media_type, text});
    oci::Descriptor out = descriptor(media_type, text);
    if (!platform.os.empty()) out.platform = platform;
    return out;
  }

  std::size_t seen_ = 0;
};

}  // namespace stamp::build
