#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "builder/inputs/registry_bases.h"
#include "builder/output/output.h"
#include "builder/output/repository_push.h"
#include "builder/progress.h"
#include "cache/cache.h"
#include "oci/reference.h"
#include "registry-client/client.h"

namespace stamp::build {

/// What came of publishing an image.
struct Published {
  std::string name;           ///< the recipe's
  oci::Reference repository;  ///< without tag and digest
  std::vector<std::string> tags;
  Digest digest;               ///< of the index, or the one platform's manifest
  bool unchanged = false;      ///< all tags named this digest already, and nothing was sent
  std::uint64_t sent = 0;      ///< bytes of blobs that were uploaded
  std::uint64_t mounted = 0;   ///< bytes of blobs that the registry took from other repositories
  std::uint64_t requests = 0;  ///< in all
};

/// The tag that keeps a digest from being removed as untagged when the other tags move on.
std::string keep_tag(const Digest& digest);

/// Publishes images in registries, each as one transaction: what readers can name by a tag is
/// whole. Killed anywhere and run again, it finishes.
class Publisher final {
 public:
  /// The references must outlive this. `uploads`: blobs that are sent at the same time.
  Publisher(registry::RegistryClient& client, cache::Cache& cache, Progress& progress,
            std::size_t uploads = 4);

  /// Sends the blobs that the repository lacks, then manifests and the index by digest, reads all
  /// of them back and compares, and only then sets the tags. The image's layers must be in the
  /// cache; those of a base in a registry are mounted from there, or pulled into the cache. Errors:
  /// those of registry::Repository; corrupt (the registry gives back something else); network (it
  /// loses what it was given).
  Published publish(const FinishedImage& image, const oci::Reference& repository,
                    const std::vector<std::string>& tags);

 private:
  void push_blobs(const FinishedImage& image, const oci::Reference& repository,
                  RepositoryPush& push);
  /// A repository of `host` that has a blob of the image; empty when none is known.
  std::string where_it_is(const FinishedImage& image, const Digest& digest,
                          const std::string& host) const;

  registry::RegistryClient& client_;
  cache::Cache& cache_;
  Progress& progress_;
  RegistryBases bases_;
  std::size_t uploads_;
  /// Repositories, by host, that this publisher knows to have a blob: the next one mounts it.
  std::map<std::pair<std::string, Digest>, std::string> known_;
};

}  // namespace stamp::build
