#include "oci/archive.h"

#include <map>
#include <set>

#include <fmt/core.h>

#include "base/json.h"
#include "oci/layout_text.h"
#include "oci/tar_writer.h"

namespace stamp::oci {
namespace {

void write_blob(TarWriter& tar, const std::string& name, const Descriptor& blob,
                const OpenBlob& open) {
  const std::unique_ptr<Source> source = open(blob);
  VerifySource verified(*source, blob.digest, blob.size,
                        fmt::format("blob {}", blob.digest.brief()));
  tar.file(name, blob.size, verified);
}

/// `blobs` in byte order of their digests, each once.
std::map<Digest, Descriptor> by_digest(std::span<const Descriptor> blobs) {
  std::map<Digest, Descriptor> sorted;
  for (const Descriptor& blob : blobs) sorted.emplace(blob.digest, blob);
  return sorted;
}

std::string config_name(const Descriptor& config) {
  return config.digest.hex() + ".json";
}

std::string layer_name(const Descriptor& layer) {
  return layer.digest.hex() + ".tar";
}

}  // namespace

void write_oci_archive(std::string_view tag, const Descriptor& image,
                       std::span<const Descriptor> blobs, const OpenBlob& open, Sink& out) {
  const Descriptor entry = tagged(image, tag);
  write_oci_archive(std::span(&entry, 1), blobs, open, out);
}

void write_oci_archive(std::span<const Descriptor> entries, std::span<const Descriptor> blobs,
                       const OpenBlob& open, Sink& out) {
  TarWriter tar(out);
  tar.file("oci-layout", kOciLayoutText);
  tar.file("index.json", index_json(entries));
  tar.folder("blobs/");
  tar.folder("blobs/sha256/");
  for (const auto& [digest, blob] : by_digest(blobs)) {
    write_blob(tar, "blobs/sha256/" + digest.hex(), blob, open);
  }
  tar.finish();
}

std::string docker_archive_manifest(std::span<const DockerImage> images) {
  // Spec: what `docker save` writes: a list with one member for each image.
  Json manifest = Json::array();
  for (const DockerImage& image : images) {
    Json layers = Json::array();
    for (const Descriptor& layer : image.layers) layers.push_back(layer_name(layer));
    manifest.push_back(
        {{"Config", config_name(image.config)}, {"RepoTags", image.tags}, {"Layers", layers}});
  }
  return canonical_json(manifest);
}

void write_docker_archive(std::span<const DockerImage> images, const OpenBlob& open, Sink& out) {
  TarWriter tar(out);
  tar.file("manifest.json", docker_archive_manifest(images));
  std::vector<Descriptor> layers;
  std::set<Digest> configs;
  for (const DockerImage& image : images) {
    layers.insert(layers.end(), image.layers.begin(), image.layers.end());
    if (configs.insert(image.config.digest).second) {
      write_blob(tar, config_name(image.config), image.config, open);
    }
  }
  for (const auto& [digest, layer] : by_digest(layers)) {
    write_blob(tar, layer_name(layer), layer, open);
  }
  tar.finish();
}

}  // namespace stamp::oci
