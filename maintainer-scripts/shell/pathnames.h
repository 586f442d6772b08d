#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/process.h"
#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts::shell {

/// The names in the tree that a pattern stands for, in byte order; none when nothing matches. Names
/// that begin with a dot only where the pattern has that dot. `pattern` has a backslash before what
/// stands for itself; without a leading slash it starts at `directory`.
std::vector<std::string> expand_pathnames(const Tree& tree, Budget& budget,
                                          std::string_view directory, std::string_view pattern);

}  // namespace stamp::scripts::shell
