#include "builder/sharing/shared_plan.h"

#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "builder/lock/locks.h"
#include "builder/plan/plan_needs.h"

namespace stamp::build {
namespace {

SharedStep step_of(const SegmentPlan& segment) {
  return {segment.key, segment.name, SharedStep::Kind::segment};
}

SharedStep step_of(const LayerPlan& layer) {
  return {layer.key, layer.name, SharedStep::Kind::layer};
}

SharedStep step_of(const ImagePlan& image) {
  return {image.key, fmt::format("{} ({})", image.recipe->name, image.platform.str()),
          SharedStep::Kind::image};
}

/// Goes through a plan as a build does.
class Walk {
 public:
  Walk(const Plan& plan, const Taking& taking) : plan_(plan), taking_(taking) {}

  void need_image(const ImagePlan& image) {
    const bool settled = settle(step_of(image));
    if (settled && !taking_.is_asked_for(image)) return;
    for (const LayerId id : image.layers) {
      if (!is_remote(plan_.layers[id])) need_layer(id);
    }
  }

  std::vector<SharedStep> result() { return std::move(taken_); }

 private:
  /// Whether a step need not be run; takes its result if it must be taken.
  bool settle(SharedStep step) {
    if (taking_.is_here(step.key)) return true;
    if (!taking_.is_offered(step.key)) return false;
    if (taken_keys_.insert(step.key).second) taken_.push_back(std::move(step));
    return true;
  }

  void need_layer(LayerId id) {
    if (!seen_layers_.insert(id).second) return;
    const LayerPlan& layer = plan_.layers[id];
    // What a base's own registry has is never offered, but a build may have listed it already.
    if (is_remote(layer) ? taking_.is_here(layer.key) : settle(step_of(layer))) return;
    if (layer.below) need_layer(*layer.below);
    for (const LayerId other : further_layers(plan_, id)) need_layer(other);
    need_segments(layer.segments);
    if (layer.packages) need_segments(layer.packages->installed);
  }

  void need_segments(const std::vector<SegmentId>& ids) {
    for (const SegmentId id : ids) {
      if (!seen_segments_.insert(id).second) continue;
      const SegmentPlan& segment = plan_.segments[id];
      if (settle(step_of(segment))) continue;
      const std::vector<LayerId>* layers = layers_for(segment);
      if (layers == nullptr) continue;
      for (const LayerId layer : *layers) need_layer(layer);
    }
  }

  const Plan& plan_;
  const Taking& taking_;
  std::set<LayerId> seen_layers_;
  std::set<SegmentId> seen_segments_;
  std::set<Digest> taken_keys_;
  std::vector<SharedStep> taken_;
};

}  // namespace

Plan plan_as_locked(const workspace::Workspace& workspace, const std::vector<std::string>& recipes,
                    RegistryBases& bases) {
  std::vector<RecipeInput> inputs =
      match_locks(workspace, workspace.select(recipes), LockPolicy::sharing,
                  [](const workspace::Recipe&) -> workspace::Lock {
                    throw Error(ErrorKind::internal, "a lock was to be resolved that must match");
                  });
  read_registry_bases(inputs, {}, bases);
  return make_plan(workspace, inputs, {}, EncoderChoice::locked);
}

std::vector<SharedStep> shared_steps(const Plan& plan) {
  std::vector<SharedStep> steps;
  std::set<Digest> keys;
  const auto add = [&](SharedStep step) {
    if (keys.insert(step.key).second) steps.push_back(std::move(step));
  };
  for (const SegmentPlan& segment : plan.segments) add(step_of(segment));
  for (const LayerPlan& layer : plan.layers) {
    if (!is_remote(layer)) add(step_of(layer));
  }
  for (const ImagePlan& image : plan.images) add(step_of(image));
  return steps;
}

std::vector<SharedStep> steps_to_take(const Plan& plan, const Taking& taking) {
  Walk walk(plan, taking);
  for (const ImagePlan& image : plan.images) walk.need_image(image);
  return walk.result();
}

}  // namespace stamp::build
