#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "builder/image/image.h"
#include "builder/inputs/registry_bases.h"
#include "builder/plan/plan.h"
#include "builder/store/segment_store.h"
#include "cache/cache.h"
#include "workspace/lock.h"
#include "workspace/workspace.h"

namespace stamp::build {

/// Resolves a recipe anew and writes its lock.
using Relock = std::function<workspace::Lock(const workspace::Recipe& recipe)>;

/// What to do with a lock that does not match its recipe.
enum class LockPolicy {
  resolve,  ///< resolve it anew
  locked,   ///< stop: --locked was said
  sharing,  ///< stop: results of other steps would be shared
};

/// Reads the locks and sources of these recipes (each after those that it needs); a lock that is
/// missing or does not match is made anew by `relock`. Errors: stale, naming all recipes whose
/// locks do not match, unless they are resolved; invalid.
std::vector<RecipeInput> match_locks(const workspace::Workspace& workspace,
                                     std::span<const workspace::Recipe* const> recipes,
                                     LockPolicy policy, const Relock& relock);

/// Reads what `from: {image: …}` of the recipes names, for `platforms` (empty: all of each recipe),
/// as their locks have it: from the cache, else from the registry. Errors: those of RegistryBases.
void read_registry_bases(std::span<RecipeInput> inputs, std::span<const oci::Platform> platforms,
                         RegistryBases& bases);

/// The result of a build, as a lock records it.
workspace::LockedResult to_locked(const oci::Descriptor& index,
                                  const std::vector<StoredImage>& images);

/// Compares what came out with what the lock records, for the platforms that were built.
/// Errors: differs, saying which platform, layer and segment, and whether only the encoding
/// differs.
void compare_result(const RecipeInput& input, const std::vector<StoredImage>& images,
                    const Encoding& encoding, cache::Cache& cache);

}  // namespace stamp::build
