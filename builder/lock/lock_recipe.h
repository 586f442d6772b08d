#pragma once
// What a recipe's lock must hold, as far as the recipe and the locks of its bases say.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "builder/bases/base_system.h"
#include "builder/lock/lock_indexes.h"
#include "builder/lock/locker.h"
#include "builder/plan/base_image.h"
#include "workspace/lock.h"
#include "workspace/workspace.h"

namespace stamp::build {

/// What decides the packages of one recipe.
struct ResolveTask {
  const workspace::Workspace& workspace;
  const workspace::Recipe& recipe;
  std::vector<NeededLock> bases;            ///< nearest first
  const workspace::Lock* before = nullptr;  ///< the recipe's lock so far, or null
  const LockUpdate& update;
};

/// The base image that packages of a recipe are put on.
struct PackageBase {
  std::string name;  ///< as the recipe names it that is built on it, for messages
  BaseImage image;
  workspace::LockedBase locked;  ///< with what it has
  BaseSystem system;
};

/// The sources that a layer of packages uses, in the order of stamp.yaml.
std::vector<const workspace::PackageSource*> sources_of(const workspace::Settings& settings,
                                                        const workspace::Packages& packages);

/// The `packages:` layers of a recipe, in their order.
std::vector<const workspace::Packages*> package_layers(const workspace::Recipe& recipe);

/// The archives that a recipe unpacks on a platform, each once, in byte order of URL.
std::vector<std::string> archive_urls(const workspace::Recipe& recipe,
                                      const oci::Platform& platform);

/// Resolves the packages of `task`'s recipe on a platform: for each layer the closure of all that
/// is asked for so far, less what the layers and bases below have. `base`: the base image below, or
/// null.
std::vector<workspace::LockedPackage> resolve_packages(const ResolveTask& task,
                                                       const oci::Platform& platform,
                                                       const PackageBase* base,
                                                       LockIndexes& indexes,
                                                       const debian::ResolverProgram& program);

/// The releases of all sources that the recipe uses, asked for now. In order of source and suite.
std::vector<const CurrentRelease*> current_releases(const ResolveTask& task, LockIndexes& indexes);

}  // namespace stamp::build
