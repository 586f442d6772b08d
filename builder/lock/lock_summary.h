#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "workspace/lock.h"

namespace stamp::build {

/// A line of what a new lock changes.
struct LockChange {
  std::string what;    ///< "restic", "libc6:i386", an archive's URL, "platform"
  std::string before;  ///< version or digest; empty: it was not there
  std::string after;   ///< version or digest; empty: it is gone
  std::string why;     ///< "named", "needed by X", …; empty where nothing is to say
  std::vector<std::string> platforms;  ///< that it concerns: "linux/amd64"

  friend auto operator<=>(const LockChange&, const LockChange&) = default;
};

/// What changes from one lock to the next, in order of `what`. `before` may be null: everything is
/// new. The same change on several platforms is one.
std::vector<LockChange> compare_locks(const workspace::Lock* before, const workspace::Lock& after);

/// Changes for people, one line each, with the platforms where a change does not concern all of
/// `lock`:
///
///       + dumb-init 1.2.5-2 (named)
///       ~ restic 0.14.0-1 → 0.14.0-2 (named)
///       - libfoo1 1.0-1 [linux/arm64]
std::string describe_changes(const std::vector<LockChange>& changes, const workspace::Lock& lock);

}  // namespace stamp::build
