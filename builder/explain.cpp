#include "builder/explain.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/nearest.h"
#include "builder/lock/locks.h"
#include "builder/steps/executor.h"

namespace stamp::build {
namespace {

std::string_view describe(scripts::TreeEvent::Kind kind) {
  switch (kind) {
    case scripts::TreeEvent::Kind::made:
      return "made";
    case scripts::TreeEvent::Kind::wrote:
      return "wrote";
    case scripts::TreeEvent::Kind::removed:
      return "removed";
    case scripts::TreeEvent::Kind::moved:
      return "moved";
    case scripts::TreeEvent::Kind::mode:
      return "mode";
    case scripts::TreeEvent::Kind::owner:
      return "owner";
    default:
      return "time";
  }
}

const PackageSegment& package_of(const Plan& plan, SegmentId id) {
  return std::get<PackageSegment>(plan.segments[id].what);
}

/// The image that is asked for. Errors: usage.
ImageId find_image(const Plan& plan, const workspace::Recipe& recipe,
                   const ExplainRequest& request) {
  for (ImageId id = 0; id < plan.images.size(); ++id) {
    const ImagePlan& image = plan.images[id];
    const bool fits = !request.platform || image.platform == *request.platform;
    if (image.recipe == &recipe && fits) return id;
  }
  throw Error(ErrorKind::usage, fmt::format("cannot explain '{}' for {}: it is not built for that",
                                            recipe.name, request.platform->str()));
}

/// Where a package is: a layer of the image and a segment of it.
struct Place {
  LayerId layer = 0;
  std::size_t position = 0;
};

/// Errors: usage, with the nearest name.
Place find_package(const Plan& plan, ImageId image, const ExplainRequest& request) {
  std::vector<std::string_view> names;
  for (const LayerId id : plan.images[image].layers) {
    const LayerPlan& layer = plan.layers[id];
    if (!layer.packages) continue;
    for (std::size_t i = 0; i < layer.segments.size(); ++i) {
      const std::string& name = package_of(plan, layer.segments[i]).package.name;
      if (name != request.package) {
        names.push_back(name);
        continue;
      }
      if (layer.packages->configure) return {id, i};
      throw Error(ErrorKind::usage,
                  fmt::format("cannot explain '{}': '{}' does not configure its packages "
                              "(scripts: skip)",
                              request.package, request.recipe));
    }
  }
  const auto near = nearest(request.package, names);
  throw Error(ErrorKind::usage,
              fmt::format("cannot explain '{}': '{}' has no such package",
                          printable(request.package, 80), request.recipe),
              {.hint = near ? fmt::format("--package {}", *near) : std::string()});
}

/// Keeps what one package's scripts do.
class Listener {
 public:
  void hear(const scripts::JournalEntry& entry) {
    events_.push_back({entry.script, entry.line, std::string(describe(entry.event.kind)),
                       entry.event.path.absolute(), entry.event.detail, ""});
  }

  std::vector<ExplainedEvent> take(const std::vector<scripts::LeftOut>& left_out) {
    std::map<std::string_view, std::string_view> classes;
    for (const scripts::LeftOut& each : left_out) classes.emplace(each.path, each.reason);
    for (ExplainedEvent& event : events_) {
      const auto found = classes.find(event.path);
      if (found != classes.end()) event.left_out = found->second;
    }
    return std::move(events_);
  }

 private:
  std::vector<ExplainedEvent> events_;
};

}  // namespace

Explanation explain(const workspace::Workspace& workspace, const ExplainRequest& request,
                    const BuildServices& services) {
  const std::vector<std::string> names = {request.recipe};
  const std::vector<const workspace::Recipe*> recipes = workspace.select(names);
  std::vector<RecipeInput> inputs =
      match_locks(workspace, recipes, LockPolicy::resolve, services.relock);
  std::vector<oci::Platform> platforms;
  if (request.platform) platforms.push_back(*request.platform);
  RegistryBases bases(services.registries, services.cache, services.progress);
  read_registry_bases(inputs, platforms, bases);
  const Plan plan = make_plan(workspace, inputs, platforms, EncoderChoice::current);
  const ImageId image = find_image(plan, *recipes.back(), request);
  const Place place = find_package(plan, image, request);

  Executor executor(plan, {services.cache, services.fetcher, bases, services.progress,
                           services.scratch, services.threads});
  Missing missing;
  executor.need_packages(place.layer, missing);
  executor.run(missing);
  services.cache.flush();
  const LayerPlan& layer = plan.layers[place.layer];
  Listener listener;
  const ConfiguredPackages done =
      executor.explain(place.layer, place.position,
                       [&](const scripts::JournalEntry& entry) { listener.hear(entry); });
  services.cache.flush();

  const workspace::LockedPackage& package =
      package_of(plan, layer.segments[place.position]).package;
  Explanation explanation{request.recipe, plan.images[image].platform, package.name,
                          package.version, package.architecture};
  explanation.installed = done.states.at(place.position) == debian::PackageStatus::installed;
  const auto reason = done.unconfigured.find(package.name);
  if (reason != done.unconfigured.end()) explanation.reason = reason->second;
  explanation.events = listener.take(done.left_out);
  return explanation;
}

}  // namespace stamp::build
