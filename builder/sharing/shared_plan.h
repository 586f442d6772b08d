#pragma once
// Which results of a plan's steps are shared between caches, and which of them a build would use.
// Layers of a base in a registry are not shared: their own registry has them.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "builder/inputs/registry_bases.h"
#include "builder/plan/plan.h"
#include "workspace/workspace.h"

namespace stamp::build {

/// A step whose result can be shared.
struct SharedStep {
  enum class Kind { segment, layer, image };
  Digest key;
  std::string name;  ///< for messages: "app (linux/amd64) layer 1 of 2 (packages)"
  Kind kind = Kind::segment;
};

/// The plan of these recipes (all, when there are none) and of those that they need, as their locks
/// have them. Errors: those of match_locks() with LockPolicy::sharing, and of RegistryBases.
Plan plan_as_locked(const workspace::Workspace& workspace, const std::vector<std::string>& recipes,
                    RegistryBases& bases);

/// All steps of a plan whose results can be shared, each key once: segments, then layers, then
/// images.
std::vector<SharedStep> shared_steps(const Plan& plan);

/// Whether something holds of the result of a step.
using HoldsOf = std::function<bool(const Digest& key)>;

/// What decides which results a cache takes.
struct Taking {
  /// Whether an image is asked for, and not only needed by one that is: its layers are wanted, too.
  std::function<bool(const ImagePlan& image)> is_asked_for;
  HoldsOf is_here;     ///< in the cache already
  HoldsOf is_offered;  ///< can be had
};

/// The results to take so that a build runs as little as possible, from the images backwards: what
/// is here or offered is not visited further, and of what is neither all parts are.
std::vector<SharedStep> steps_to_take(const Plan& plan, const Taking& taking);

}  // namespace stamp::build
