#pragma once

#include <optional>
#include <vector>

#include "base/digest.h"
#include "builder/plan/plan.h"
#include "debian/merged_usr.h"

namespace stamp::build {

/// The keys of all packages that a recipe's lock names for a platform, in its order; none when it
/// does not have the platform. Errors: invalid: Debian has no such platform.
std::vector<Digest> package_keys(const RecipeInput& input, const oci::Platform& platform,
                                 const Encoding& encoding);

/// By what the entries of packages on a base image are mapped, as a lock has it; nothing when no
/// packages were locked on one.
std::optional<debian::MergedUsr> merged_of_base(const workspace::LockedPlatform& locked);

}  // namespace stamp::build
