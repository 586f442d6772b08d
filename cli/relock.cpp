#include "cli/relock.h"

#include <optional>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "base/fd.h"
#include "builder/plan/base_image.h"
#include "oci/reference.h"

namespace stamp::cli {
namespace {

build::LockServices services_of(Context& context, const debian::ResolverProgram& resolver,
                                build::RegistryBases& bases) {
  make_folders(context.scratch());
  return {.downloader = context.downloader(),
          .places = context.places(),
          .resolver = resolver,
          .clock = context.clock(),
          .bases = bases,
          .cache = context.cache(),
          .progress = context.progress(),
          .indexes = context.cache_folder() / "indexes",
          .scratch = context.scratch(),
          .epoch = source_date_epoch()};
}

/// What a lock is on, when that is an image of a registry: one for all its platforms.
std::string on_image(const workspace::Lock& lock) {
  for (const auto& [platform, locked] : lock.platforms) {
    for (const workspace::LockedBase& base : locked.bases) {
      const std::optional<oci::Reference> image = build::locked_reference(base);
      if (image) return ", on " + image->str();
    }
  }
  return "";
}

}  // namespace

std::string describe(const workspace::Recipe& recipe, const build::LockOutcome& outcome) {
  std::string_view state = "unchanged";
  if (outcome.state == build::LockState::created) state = "locked";
  if (outcome.state == build::LockState::changed) state = "changed";
  std::string text = fmt::format("{}: {}", recipe.name, state);
  // Of a lock that is new the packages are what it says itself.
  if (outcome.state == build::LockState::created) {
    for (const auto& [platform, locked] : outcome.lock.platforms) {
      text += fmt::format(", {} packages for {}", locked.packages.size(), platform);
    }
    return text + on_image(outcome.lock);
  }
  const std::string changes = build::describe_changes(outcome.changes, outcome.lock);
  if (!changes.empty()) text += "\n" + changes.substr(0, changes.find_last_not_of('\n') + 1);
  return text;
}

LockerWithResolver::LockerWithResolver(const workspace::Workspace& workspace, Context& context)
    : resolver_(debian::ResolverProgram::beside(context.environment().program)),
      bases_(context.registries(), context.cache(), context.progress()),
      locker_(workspace, services_of(context, resolver_, bases_)) {}

workspace::Lock relock(const workspace::Workspace& workspace, const workspace::Recipe& recipe,
                       Context& context) {
  LockerWithResolver locker(workspace, context);
  build::LockOutcome outcome = locker->lock(recipe, {});
  build::write_lock(recipe, outcome.lock);
  if (outcome.state != build::LockState::unchanged) {
    context.progress().note(describe(recipe, outcome));
  }
  return std::move(outcome.lock);
}

}  // namespace stamp::cli
