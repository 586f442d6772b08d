#include "builder/output/publish.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "builder/store/layer_store.h"

namespace stamp::build {
namespace {

/// Opens a layer's bytes, or those of a text, from an offset on.
registry::OpenSource opener(const ImageLayer& layer, cache::Cache& cache) {
  return [&layer, &cache](std::uint64_t offset) {
    LayerStore store(cache);
    const std::optional<StoredLayer> stored = store.find_by_digest(layer.descriptor.digest);
    const std::optional<cache::Blob> blob = cache.find_blob(layer.descriptor.digest);
    std::unique_ptr<Source> source;
    if (stored) {
      source = store.open(*stored);
    } else if (blob) {
      source = cache.open(*blob);  // a base's layer that nothing else reads
    } else {
      throw Error(ErrorKind::internal,
                  fmt::format("layer {} is not in the cache", layer.descriptor.digest.brief()));
    }
    skip_sent(*source, offset);
    return source;
  };
}

registry::OpenSource opener(const std::string& text) {
  return [&text](std::uint64_t offset) -> std::unique_ptr<Source> {
    return std::make_unique<StringSource>(text.substr(std::min<std::size_t>(offset, text.size())));
  };
}

/// A layer of an image. One of a base in a registry may be mounted from there, and is pulled only
/// when it must be sent.
BlobToPush layer_to_push(const FinishedImage& image, const ImageLayer& layer, cache::Cache& cache,
                         RegistryBases& bases) {
  const oci::Descriptor& what = layer.descriptor;
  BlobToPush blob = {what, opener(layer, cache), {}, {}};
  const auto base = image.bases.find(what.digest);
  if (base == image.bases.end()) return blob;
  const bool is_here =
      LayerStore(cache).find_by_digest(what.digest) || cache.find_blob(what.digest);
  if (!is_here) {
    blob.bring = [open = std::move(blob.open), &bases, &from = base->second] {
      static_cast<void>(bases.pull_layer(from));
      return open;
    };
    blob.open = {};
  }
  return blob;
}

/// The blobs of an image, each once.
std::vector<BlobToPush> blobs_of(const FinishedImage& image, cache::Cache& cache,
                                 RegistryBases& bases) {
  std::map<Digest, BlobToPush> blobs;
  for (const StoredImage& platform : image.images) {
    const Digest& config = platform.config.digest;
    blobs.emplace(config, BlobToPush{platform.config, opener(platform.config_text), {}, {}});
    for (const ImageLayer& layer : platform.layers) {
      const Digest& digest = layer.descriptor.digest;
      if (blobs.count(digest) == 0)
        blobs.emplace(digest, layer_to_push(image, layer, cache, bases));
    }
  }
  std::vector<BlobToPush> out;
  for (auto& [digest, blob] : blobs) out.push_back(std::move(blob));
  return out;
}

/// The manifests of an image; what its tags name is the last one.
std::vector<registry::ManifestText> manifests_of(const FinishedImage& image) {
  std::vector<registry::ManifestText> manifests;
  for (const StoredImage& platform : image.images) {
    manifests.push_back({platform.manifest.media_type, platform.manifest_text});
  }
  if (!image.index_text.empty()) manifests.push_back({image.top.media_type, image.index_text});
  return manifests;
}

}  // namespace

std::string keep_tag(const Digest& digest) {
  return "keep-sha256-" + digest.hex();
}

Publisher::Publisher(registry::RegistryClient& client, cache::Cache& cache, Progress& progress,
                     std::size_t uploads)
    : client_(client),
      cache_(cache),
      progress_(progress),
      bases_(client, cache, progress),
      uploads_(uploads) {}

std::string Publisher::where_it_is(const FinishedImage& image, const Digest& digest,
                                   const std::string& host) const {
  const auto base = image.bases.find(digest);
  if (base != image.bases.end()) {
    const auto& from = std::get<oci::Reference>(base->second.place);
    if (from.host == host) return from.repository;
  }
  const auto known = known_.find({host, digest});
  return known == known_.end() ? std::string() : known->second;
}

void Publisher::push_blobs(const FinishedImage& image, const oci::Reference& repository,
                           RepositoryPush& push) {
  std::vector<BlobToPush> blobs = blobs_of(image, cache_, bases_);
  std::uint64_t bytes = 0;
  for (BlobToPush& blob : blobs) {
    bytes += blob.descriptor.size;
    const std::string from = where_it_is(image, blob.descriptor.digest, repository.host);
    if (!from.empty() && from != repository.repository) blob.mount_from.push_back(from);
  }
  const Phase phase(progress_, "publishing " + image.name, blobs.size(), bytes);
  push.push_blobs(blobs);
}

Published Publisher::publish(const FinishedImage& image, const oci::Reference& repository,
                             const std::vector<std::string>& tags) {
  return during(fmt::format("publishing '{}' in {}", image.name, repository.repository_str()), [&] {
    const std::uint64_t requests_before = client_.traffic().requests;
    Published published{
        .name = image.name, .repository = repository, .tags = tags, .digest = image.top.digest};
    RepositoryPush push(client_.repository(repository, registry::Access::push), progress_,
                        uploads_);
    std::vector<std::string> missing;
    std::vector<std::string> all = {keep_tag(image.top.digest)};
    all.insert(all.end(), tags.begin(), tags.end());
    for (const std::string& tag : all) {
      if (!push.names(tag, image.top.digest)) missing.push_back(tag);
    }
    published.unchanged = missing.empty();
    if (!missing.empty()) {
      push_blobs(image, repository, push);
      const std::vector<registry::ManifestText> manifests = manifests_of(image);
      push.push_manifests(manifests);
      push.read_back();
      for (const std::string& tag : missing) push.set(tag, manifests.back());
    }
    for (const StoredImage& platform : image.images) {
      known_.emplace(std::pair(repository.host, platform.config.digest), repository.repository);
      for (const ImageLayer& layer : platform.layers) {
        known_.emplace(std::pair(repository.host, layer.descriptor.digest), repository.repository);
      }
    }
    const PushedBytes moved = push.moved();
    published.sent = moved.sent;
    published.mounted = moved.mounted;
    published.requests = client_.traffic().requests - requests_before;
    return published;
  });
}

}  // namespace stamp::build
