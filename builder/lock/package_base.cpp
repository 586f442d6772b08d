#include "builder/lock/package_base.h"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "builder/bases/base_listing.h"
#include "builder/plan/plan.h"
#include "builder/store/segment_store.h"

namespace stamp::build {
namespace {

/// What the lock of a recipe on a base image has of it. Errors: stale.
const workspace::LockedBase& locked_base(const NeededLock& lowest, const oci::Platform& platform) {
  const auto found = lowest.lock->platforms.find(platform.str());
  if (found == lowest.lock->platforms.end() || found->second.bases.empty()) {
    throw Error(ErrorKind::stale,
                fmt::format("the lock of '{}' has no base image for {}", lowest.recipe->name,
                            platform.str()),
                {.hint = fmt::format("stamp lock {}", lowest.recipe->name)});
  }
  return found->second.bases.front();
}

BaseImage read_locked(const NeededLock& lowest, const oci::Platform& platform,
                      RegistryBases& bases) {
  const workspace::LockedBase& locked = locked_base(lowest, platform);
  if (lowest.recipe->from.kind == workspace::From::Kind::image) {
    return bases.read(*lowest.recipe, locked, platform);
  }
  BaseImage image = read_base_image(*lowest.recipe, platform);
  if (image.manifest == locked.digest) return image;
  throw Error(ErrorKind::stale,
              fmt::format("the base image of '{}' for {} is not the one in its lock",
                          lowest.recipe->name, platform.str()),
              {.hint = fmt::format("stamp lock {}", lowest.recipe->name)});
}

/// What the image has. Errors: invalid, with caret: nothing can be put on it.
BaseSystem read_system(const std::string& base, const workspace::Recipe& recipe,
                       const oci::Platform& platform, const std::vector<StoredLayer>& layers,
                       SegmentStore& store) {
  std::vector<const StoredLayer*> views;
  views.reserve(layers.size());
  for (const StoredLayer& layer : layers) views.push_back(&layer);
  BaseSystem system = during(fmt::format("reading what {} has installed", base), [&] {
    return read_base_system(ImageFiles(views, store), debian_architecture(platform));
  });
  if (!system.obstacle.empty()) {
    throw_if_any(
        {recipe.problem(package_layers(recipe).front()->position,
                        fmt::format("packages cannot be put on {}: {}", base, system.obstacle))});
  }
  return system;
}

}  // namespace

std::optional<PackageBase> find_package_base(const ResolveTask& task, const oci::Platform& platform,
                                             const workspace::LockedBase* own, RegistryBases& bases,
                                             cache::Cache& cache) {
  if (package_layers(task.recipe).empty()) return std::nullopt;
  const workspace::Recipe& lowest = task.bases.empty() ? task.recipe : *task.bases.back().recipe;
  if (lowest.from.kind == workspace::From::Kind::scratch) return std::nullopt;
  PackageBase base;
  base.name = describe(lowest.from);
  if (!task.bases.empty()) {
    base.image = read_locked(task.bases.back(), platform, bases);
    base.locked = locked_base(task.bases.back(), platform);
  } else if (own != nullptr) {
    base.image = bases.read(task.recipe, *own, platform);
    base.locked = *own;
  } else {
    base.image = read_base_image(task.recipe, platform);
    base.locked = to_locked(task.recipe.from, base.image);
  }
  const std::vector<StoredLayer> layers = list_base_image(base.image, bases, cache);
  SegmentStore store(cache);
  base.system = read_system(base.name, task.recipe, platform, layers, store);
  base.locked.merged = fmt::format("{}", fmt::join(base.system.merged, " "));
  base.locked.system = base.system.name();
  cache.flush();
  return base;
}

}  // namespace stamp::build
