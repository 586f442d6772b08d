#pragma once

#include <optional>

#include "builder/progress.h"
#include "cache/cache.h"
#include "registry-client/client.h"

namespace stamp::build {

/// Takes a blob of a repository into the cache, checked while it arrives, and tells of its bytes.
/// Nothing when the repository lacks it. Errors: those of registry::Repository; io.
std::optional<cache::Blob> pull_blob(const registry::Repository& repository,
                                     const cache::Blob& blob, cache::Cache& cache,
                                     Progress& progress);

}  // namespace stamp::build
