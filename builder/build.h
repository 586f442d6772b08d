#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "builder/inputs/fetch.h"
#include "builder/lock/locks.h"
#include "builder/output/output.h"
#include "builder/progress.h"
#include "cache/cache.h"
#include "oci/platform.h"
#include "registry-client/client.h"
#include "workspace/workspace.h"

namespace stamp::build {

/// What to build.
struct BuildRequest {
  std::vector<std::string> recipes;      ///< names; empty: all
  std::vector<oci::Platform> platforms;  ///< only these; empty: all of each recipe
  std::vector<OutputSpec> outputs;
  /// Gets every image that was asked for when its outputs are written; its layers are in the cache
  /// then, but for those of a base in a registry. Null: nobody wants them.
  std::function<void(const FinishedImage& image)> deliver;
  LockPolicy locks = LockPolicy::resolve;
};

/// What a build needs of the world. The references must outlive the build.
struct BuildServices {
  cache::Cache& cache;
  const Fetcher& fetcher;
  registry::RegistryClient& registries;
  Progress& progress;
  Relock relock;
  std::filesystem::path scratch;  ///< folder for temporary files
  std::size_t threads = 1;
};

/// A layer in a report.
struct ReportedLayer {
  Digest digest;
  Digest diff_id;
  std::uint64_t size = 0;
  bool reused = false;  ///< it was in the cache before
};

/// The image of one platform in a report.
struct ReportedPlatform {
  oci::Platform platform;
  Digest digest;           ///< of the manifest
  std::uint64_t size = 0;  ///< of manifest, config and layers together
  std::vector<ReportedLayer> layers;
  std::vector<std::string> unconfigured;       ///< packages that were unpacked only, by name
  std::map<std::string, std::string> reasons;  ///< why, where their scripts were evaluated
};

/// An image in a report.
struct ReportedImage {
  std::string name;
  Digest digest;  ///< of the index; of the manifest when one platform was asked for
  std::vector<ReportedPlatform> platforms;
};

/// What a build did.
struct BuildReport {
  std::vector<ReportedImage> images;  ///< those that were asked for
  std::size_t steps_run = 0;
  std::size_t steps_reused = 0;
};

/// Builds images. This is how a build runs, in its lines: see docs/architecture.md "The life of a
/// build". Errors: those of every part; nothing is left half-written.
BuildReport build(const workspace::Workspace& workspace, const BuildRequest& request,
                  const BuildServices& services);

}  // namespace stamp::build
