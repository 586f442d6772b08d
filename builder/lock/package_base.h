#pragma once

#include <optional>

#include "builder/inputs/registry_bases.h"
#include "builder/lock/lock_recipe.h"
#include "cache/cache.h"

namespace stamp::build {

/// The base image below a recipe with packages, with what it has; nothing when there is none, or
/// the recipe has no packages. `own`: what the recipe itself is built on in a registry, or null.
/// Its layers are taken into the cache and listed. Errors: invalid, with caret: it has no dpkg
/// database; stale: a layout below another recipe is not what that one's lock says; those of
/// read_base_image(), RegistryBases::read() and list_base_image().
std::optional<PackageBase> find_package_base(const ResolveTask& task, const oci::Platform& platform,
                                             const workspace::LockedBase* own, RegistryBases& bases,
                                             cache::Cache& cache);

}  // namespace stamp::build
