#include <fmt/core.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/relock.h"

namespace stamp::cli {
namespace {

build::LockUpdate to_update(const LockCommand& command) {
  if (command.update_all) return {.kind = build::LockUpdate::Kind::all};
  if (command.update.empty()) return {};
  return {.kind = build::LockUpdate::Kind::packages, .packages = command.update};
}

}  // namespace

void run(const LockCommand& command, Context& context) {
  const workspace::Workspace workspace = context.open_workspace();
  const std::vector<const workspace::Recipe*> recipes = workspace.select(command.recipes);
  const build::LockUpdate update = to_update(command);
  LockerWithResolver locker(workspace, context);
  locker->check_update(recipes, update);
  std::string stale;
  for (const workspace::Recipe* recipe : recipes) {
    const build::LockOutcome outcome = locker->lock(*recipe, update);
    print_result(describe(*recipe, outcome) + "\n");
    if (outcome.state == build::LockState::unchanged) continue;
    if (command.check) {
      stale += " " + recipe->name;
    } else {
      build::write_lock(*recipe, outcome.lock);
    }
  }
  if (!stale.empty()) {
    throw Error(ErrorKind::differs, "these locks are not up to date:" + stale,
                {.hint = "stamp lock" + stale});
  }
}

}  // namespace stamp::cli
