#pragma once

#include "pin/find.h"
#include "pin/manifests.h"

namespace stamp::pin {

/// Adds to `found.left_alone` the texts of a YAML or JSON file that are references with a tag or a
/// digest to a repository that `wanted` names, and stand where no rule looks: an unknown
/// kind, say. A person should know that they stay as they are.
void add_unruled(const FileText& file, const Wanted& wanted, Found& found);

}  // namespace stamp::pin
