#pragma once

#include <vector>

#include "base/digest.h"
#include "builder/plan.h"

namespace stamp::build {

/// The keys of all packages that a recipe's lock names for a platform, in its order; none when it
/// does not have the platform. Errors: invalid: Debian has no such platform.
std::vector<Digest> package_keys(const RecipeInput& input, const oci::Platform& platform,
                                 const Encoding& encoding);

}  // namespace stamp::build
