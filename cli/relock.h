#pragma once

#include <string>

#include "builder/inputs/registry_bases.h"
#include "builder/lock/locker.h"
#include "cli/context.h"
#include "workspace/lock.h"
#include "workspace/workspace.h"

namespace stamp::cli {

/// A Locker together with the helper program that it asks.
class LockerWithResolver final {
 public:
  /// The references must outlive this. Errors: unavailable (the helper program is missing); usage.
  LockerWithResolver(const workspace::Workspace& workspace, Context& context);
  build::Locker& operator*() { return locker_; }
  build::Locker* operator->() { return &locker_; }

 private:
  debian::ResolverProgram resolver_;
  build::RegistryBases bases_;
  build::Locker locker_;
};

/// What became of a recipe's lock, for people: a line, and one more for each change.
std::string describe(const workspace::Recipe& recipe, const build::LockOutcome& outcome);

/// Makes the lock of a recipe anew during a build, writes it and shows what changed.
workspace::Lock relock(const workspace::Workspace& workspace, const workspace::Recipe& recipe,
                       Context& context);

}  // namespace stamp::cli
