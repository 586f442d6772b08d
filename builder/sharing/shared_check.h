#pragma once

#include "builder/sharing/shared_plan.h"
#include "cache/cache.h"

namespace stamp::build {

/// Looks whether a result that another machine made is one that a step of this kind gives: its
/// outputs by number, name and order, and its note. A build reads what is in the cache without such
/// doubts. Errors: corrupt.
void check_result(SharedStep::Kind kind, const cache::Result& result);

}  // namespace stamp::build
