#include "builder/publish.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/guarded.h"
#include "base/pool.h"
#include "builder/layer_store.h"
#include "oci/media_type.h"

namespace stamp::build {
namespace {

/// A registry may need a moment until it knows a blob that it took.
constexpr int kManifestAttempts = 3;

void skip(Source& source, std::uint64_t bytes) {
  std::array<std::byte, kBufferSize> buffer{};
  while (bytes > 0) {
    const std::size_t wanted = std::min<std::uint64_t>(bytes, buffer.size());
    const std::size_t count = source.read(std::span(buffer).first(wanted));
    if (count == 0) throw Error(ErrorKind::internal, "a blob is shorter than what was sent of it");
    bytes -= count;
  }
}

/// Opens a layer's bytes, or those of a text, from an offset on.
registry::OpenSource opener(const ImageLayer& layer, cache::Cache& cache) {
  return [&layer, &cache](std::uint64_t offset) {
    LayerStore store(cache);
    const std::optional<StoredLayer> stored = store.find_by_digest(layer.descriptor.digest);
    if (!stored) {
      throw Error(ErrorKind::internal,
                  fmt::format("layer {} is not in the cache", layer.descriptor.digest.brief()));
    }
    std::unique_ptr<Source> source = store.open(*stored);
    skip(*source, offset);
    return source;
  };
}

registry::OpenSource opener(const std::string& text) {
  return [&text](std::uint64_t offset) -> std::unique_ptr<Source> {
    return std::make_unique<StringSource>(text.substr(std::min<std::size_t>(offset, text.size())));
  };
}

}  // namespace

std::string keep_tag(const Digest& digest) {
  return "keep-sha256-" + digest.hex();
}

/// One image on its way into one repository.
class Publisher::Transaction {
 public:
  Transaction(Publisher& publisher, const FinishedImage& image, const oci::Reference& reference)
      : publisher_(publisher),
        image_(image),
        repository_(publisher.client_.repository(reference, registry::Access::push)) {
    for (const StoredImage& platform : image.images) {
      add(platform.config, opener(platform.config_text));
      for (const ImageLayer& layer : platform.layers) {
        add(layer.descriptor, opener(layer, publisher.cache_));
      }
      manifests_.push_back({platform.manifest.media_type, platform.manifest_text});
    }
    if (!image.index_text.empty()) {
      manifests_.push_back({image.top.media_type, image.index_text});
    }
  }

  /// Whether a tag names the image already.
  bool has(const std::string& tag) const {
    const std::optional<oci::Descriptor> there = repository_.head_manifest(tag);
    return there && there->digest == image_.top.digest;
  }

  /// Makes all blobs be in the repository, several at a time.
  void push_blobs() {
    std::uint64_t bytes = 0;
    for (const auto& [digest, blob] : blobs_) bytes += blob.descriptor.size;
    const Phase phase(publisher_.progress_, "publishing " + image_.name, blobs_.size(), bytes);
    Pool pool(std::min(publisher_.uploads_, blobs_.size()));
    for (auto& [digest, blob] : blobs_) pool.add([this, &pushed = blob] { push(pushed); });
    pool.wait();
  }

  /// Stores the manifests and then the index under their digests.
  void push_manifests() {
    for (const registry::ManifestText& manifest : manifests_) push(manifest);
  }

  /// Reads back what a tag is about to name. Errors: corrupt; network.
  void read_back() {
    for (const registry::ManifestText& manifest : manifests_) {
      const std::optional<registry::ManifestText> there =
          repository_.pull_manifest(manifest.digest());
      if (!there) lost(manifest.digest());
      if (*there == manifest) continue;
      throw Error(ErrorKind::corrupt,
                  fmt::format("the registry gives manifest {} back as {}, it was sent as {}",
                              manifest.digest().brief(), there->media_type, manifest.media_type));
    }
    Pool pool(std::min(publisher_.uploads_, blobs_.size()));
    for (const auto& each : blobs_) {
      const oci::Descriptor& blob = each.second.descriptor;
      pool.add([this, &blob] {
        const std::optional<std::uint64_t> size = repository_.blob_size(blob.digest);
        if (!size) lost(blob.digest);
        const bool is_said = *size != 0;
        if (!is_said || *size == blob.size) return;
        throw Error(ErrorKind::corrupt,
                    fmt::format("the registry has {} bytes of blob {}, which has {}", *size,
                                blob.digest.brief(), blob.size));
      });
    }
    pool.wait();
  }

  /// Lets a tag name the image. Errors: corrupt.
  void set(const std::string& tag) {
    static_cast<void>(repository_.push_manifest(manifests_.back(), tag));
    if (has(tag)) return;
    throw Error(
        ErrorKind::corrupt,
        fmt::format("tag '{}' was set and does not name {}", tag, image_.top.digest.brief()),
        {.hint = "somebody else may publish there at the same time: run it again"});
  }

  /// Bytes that were sent, and bytes that were mounted.
  std::pair<std::uint64_t, std::uint64_t> moved() {
    auto moved = moved_.lock();
    return {moved->sent, moved->mounted};
  }

 private:
  struct BlobToPush {
    oci::Descriptor descriptor;
    registry::OpenSource open;
  };
  struct Moved {
    std::uint64_t sent = 0;
    std::uint64_t mounted = 0;
  };

  void add(const oci::Descriptor& blob, registry::OpenSource open) {
    blobs_.emplace(blob.digest, BlobToPush{blob, std::move(open)});
  }

  void push(const BlobToPush& blob) {
    const oci::Descriptor& what = blob.descriptor;
    publisher_.progress_.started(what.digest.brief());
    registry::BlobPush push{
        .digest = what.digest, .size = what.size, .open = blob.open, .mount_from = {}};
    const auto known = publisher_.known_.find({repository_.host(), what.digest});
    if (known != publisher_.known_.end() && known->second != repository_.name()) {
      push.mount_from.push_back(known->second);
    }
    const registry::BlobPushed pushed = repository_.push_blob(push);
    publisher_.progress_.moved(what.size);
    publisher_.progress_.finished(what.digest.brief());
    auto moved = moved_.lock();
    moved->sent += pushed.bytes_sent;
    if (pushed.outcome == registry::BlobOutcome::mounted) moved->mounted += what.size;
  }

  void push(const registry::ManifestText& manifest) {
    for (int attempt = 1;; ++attempt) {
      const registry::ManifestPushed pushed = repository_.push_manifest(manifest);
      if (pushed.missing.empty()) return;
      if (attempt == kManifestAttempts) lost(pushed.missing.front());
      for (const Digest& digest : pushed.missing) {
        const auto blob = blobs_.find(digest);
        if (blob == blobs_.end()) lost(digest);
        push(blob->second);
      }
    }
  }

  [[noreturn]] void lost(const Digest& digest) const {
    throw Error(ErrorKind::network,
                fmt::format("the registry took {} and does not have it", digest.str()),
                {.hint = "no tag was set; run it again, and if it stays so look at the registry's "
                         "storage and its clean-up"});
  }

  Publisher& publisher_;
  const FinishedImage& image_;
  registry::Repository repository_;
  std::map<Digest, BlobToPush> blobs_;
  std::vector<registry::ManifestText> manifests_;  ///< what `image_.top` describes is the last one
  Guarded<Moved> moved_;
};

Publisher::Publisher(registry::RegistryClient& client, cache::Cache& cache, Progress& progress,
                     std::size_t uploads)
    : client_(client), cache_(cache), progress_(progress), uploads_(uploads) {}

Published Publisher::publish(const FinishedImage& image, const oci::Reference& repository,
                             const std::vector<std::string>& tags) {
  return during(fmt::format("publishing '{}' in {}", image.name, repository.repository_str()), [&] {
    const std::uint64_t requests_before = client_.traffic().requests;
    Published published{
        .name = image.name, .repository = repository, .tags = tags, .digest = image.top.digest};
    Transaction transaction(*this, image, repository);
    std::vector<std::string> missing;
    std::vector<std::string> all = {keep_tag(image.top.digest)};
    all.insert(all.end(), tags.begin(), tags.end());
    for (const std::string& tag : all) {
      if (!transaction.has(tag)) missing.push_back(tag);
    }
    published.unchanged = missing.empty();
    if (!missing.empty()) {
      transaction.push_blobs();
      transaction.push_manifests();
      transaction.read_back();
      for (const std::string& tag : missing) transaction.set(tag);
    }
    for (const StoredImage& platform : image.images) {
      known_.emplace(std::pair(repository.host, platform.config.digest), repository.repository);
      for (const ImageLayer& layer : platform.layers) {
        known_.emplace(std::pair(repository.host, layer.descriptor.digest), repository.repository);
      }
    }
    std::tie(published.sent, published.mounted) = transaction.moved();
    published.requests = client_.traffic().requests - requests_before;
    return published;
  });
}

}  // namespace stamp::build
