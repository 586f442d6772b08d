#include "builder/plan/package_keys.h"

#include <iterator>
#include <sstream>

#include "builder/plan/step_key.h"

namespace stamp::build {

std::vector<Digest> package_keys(const RecipeInput& input, const oci::Platform& platform,
                                 const Encoding& encoding) {
  const auto locked = input.lock.platforms.find(platform.str());
  if (locked == input.lock.platforms.end()) return {};
  const debian::MergedUsr merged =
      merged_of_base(locked->second)
          .value_or(
              debian::MergedUsr::for_architecture(debian_architecture(platform)).with_multilib());
  std::vector<PackageKeys> layers;
  for (const workspace::Layer& layer : input.recipe->layers) {
    const auto* packages = std::get_if<workspace::Packages>(&layer);
    if (packages != nullptr) layers.emplace_back(packages->exclude, merged, encoding);
  }
  std::vector<Digest> keys;
  keys.reserve(locked->second.packages.size());
  for (const workspace::LockedPackage& package : locked->second.packages) {
    keys.push_back(package.layer < layers.size() ? layers[package.layer].of(package) : Digest());
  }
  return keys;
}

std::optional<debian::MergedUsr> merged_of_base(const workspace::LockedPlatform& locked) {
  for (const workspace::LockedBase& base : locked.bases) {
    if (!base.merged) continue;
    std::istringstream words(*base.merged);
    return debian::MergedUsr({std::istream_iterator<std::string>(words), {}});
  }
  return std::nullopt;
}

}  // namespace stamp::build
