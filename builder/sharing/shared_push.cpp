#include "builder/sharing/shared_push.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/pool.h"

namespace stamp::build {
namespace {

/// So many results are sent, blobs and then manifests, before the next are begun: what is killed
/// then has shared the ones before.
constexpr std::size_t kResultsAtATime = 32;

/// Registries need not take larger manifests. Spec: OCI distribution-spec 1.1 "Pushing Manifests".
constexpr std::size_t kMaxManifest = 4U << 20U;

BlobToPush to_push(const cache::Blob& blob, cache::Cache& cache) {
  BlobToPush out;
  out.descriptor.digest = blob.digest;
  out.descriptor.size = blob.size;
  out.open = [blob, &cache](std::uint64_t offset) {
    std::unique_ptr<Source> source = cache.open(blob);
    skip_sent(*source, offset);
    return source;
  };
  return out;
}

BlobToPush empty_config() {
  BlobToPush out;
  out.descriptor.digest = Digest::of(kEmptyConfig);
  out.descriptor.size = kEmptyConfig.size();
  out.open = [](std::uint64_t offset) -> std::unique_ptr<Source> {
    return std::make_unique<StringSource>(
        std::string(kEmptyConfig.substr(std::min<std::size_t>(offset, kEmptyConfig.size()))));
  };
  return out;
}

/// A manifest and what it is to be called.
struct Tagged {
  std::string tag;
  registry::ManifestText manifest;
};

/// The steps of a plan that others would have to run, even with the results of `shared`.
std::size_t count_lacking(const Plan& plan, const std::set<Digest>& shared) {
  std::set<Digest> lacking;
  const Taking taking = {.is_asked_for = [](const ImagePlan&) { return true; },
                         .is_here = [&](const Digest& key) { return shared.count(key) != 0; },
                         .is_offered =
                             [&](const Digest& key) {
                               lacking.insert(key);
                               return false;
                             }};
  static_cast<void>(steps_to_take(plan, taking));
  return lacking.size();
}

}  // namespace

/// A result of this cache.
struct ResultPusher::Found {
  SharedStep step;
  cache::Result result;
};

ResultPusher::ResultPusher(registry::RegistryClient& client, cache::Cache& cache,
                           Progress& progress, std::size_t uploads)
    : client_(client), cache_(cache), progress_(progress), uploads_(uploads) {}

std::vector<ResultPusher::Found> ResultPusher::find(std::vector<SharedStep> steps) {
  std::vector<Digest> keys;
  keys.reserve(steps.size());
  for (const SharedStep& step : steps) keys.push_back(step.key);
  std::vector<std::optional<cache::Result>> results = cache_.find(keys);
  std::vector<Found> found;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (results[i]) found.push_back({std::move(steps[i]), std::move(*results[i])});
  }
  return found;
}

SharedResults ResultPusher::push(const Plan& plan, const oci::Reference& repository,
                                 const ResultSigner& signer, SendResults which) {
  return during("sharing results in " + repository.repository_str(), [&] {
    const registry::Traffic before = client_.traffic();
    const registry::Repository at = client_.repository(repository, registry::Access::push);
    const std::vector<std::string> tags = at.tags().value_or(std::vector<std::string>());
    const std::set<std::string, std::less<>> known(tags.begin(), tags.end());
    SharedResults counts;
    std::set<Digest> shared;
    std::vector<SharedStep> steps;
    for (SharedStep& step : shared_steps(plan)) {
      const bool is_there = known.count(SharedTag{step.key, signer.name()}.str()) != 0;
      if (is_there) shared.insert(step.key);
      if (is_there && which == SendResults::lacking) {
        ++counts.present;
      } else {
        steps.push_back(std::move(step));
      }
    }
    const std::vector<Found> found = find(std::move(steps));
    for (const Found& each : found) shared.insert(each.step.key);
    counts.not_built = count_lacking(plan, shared);
    if (!found.empty()) {
      RepositoryPush push(at, progress_, uploads_);
      send(found, signer, push, counts);
      counts.blobs = push.moved().blobs;
    }
    counts.traffic = difference(client_.traffic(), before);
    return counts;
  });
}

void ResultPusher::send(std::span<const Found> results, const ResultSigner& signer,
                        RepositoryPush& push, SharedResults& counts) {
  std::uint64_t bytes = 0;
  std::set<Digest> known;
  for (const Found& each : results) {
    for (const cache::Blob& blob : blobs_of(each.result)) {
      if (known.insert(blob.digest).second) bytes += blob.size;
    }
  }
  const Phase phase(progress_, "sharing results", known.size() + 1, bytes);
  for (std::size_t first = 0; first < results.size(); first += kResultsAtATime) {
    const std::size_t count = std::min(results.size() - first, kResultsAtATime);
    counts.pushed += send_some(results.subspan(first, count), signer, push);
  }
}

std::size_t ResultPusher::send_some(std::span<const Found> results, const ResultSigner& signer,
                                    RepositoryPush& push) {
  std::vector<BlobToPush> blobs = {empty_config()};
  std::vector<Tagged> manifests;
  for (const Found& each : results) {
    registry::ManifestText manifest = shared_manifest(each.step.key, each.result, signer);
    if (manifest.text.size() > kMaxManifest) {
      progress_.warn(
          fmt::format("'{}' is not shared: its manifest would have {} bytes, more than "
                      "registries take",
                      each.step.name, manifest.text.size()));
      continue;
    }
    manifests.push_back({SharedTag{each.step.key, signer.name()}.str(), std::move(manifest)});
    for (const cache::Blob& blob : blobs_of(each.result)) blobs.push_back(to_push(blob, cache_));
  }
  push.push_blobs(blobs);
  Pool pool(uploads_);
  for (const Tagged& each : manifests) {
    pool.add([&push, &each] { push.push_tagged(each.manifest, each.tag); });
  }
  pool.wait();
  return manifests.size();
}

}  // namespace stamp::build
