#pragma once

#include "maintainer-scripts/shell/ast.h"
#include "maintainer-scripts/shell/shell.h"

namespace stamp::scripts::shell {

/// Whether what stands in bash's [[ … ]] holds. Errors: Unknown.
bool evaluate_condition(Shell& shell, const Condition& condition);

}  // namespace stamp::scripts::shell
