#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci/reference.h"
#include "workspace/workspace.h"

namespace stamp::workspace {

/// A text with each "{name}" in it replaced by the recipe's name.
std::string fill_name(std::string text, std::string_view recipe);

/// The repository of each recipe, by its name.
using Repositories = std::map<std::string, oci::Reference>;

/// Where the named recipes (all, when none is) are published: `to`, or when that is empty,
/// `publish.repository` of stamp.yaml, with "{name}" filled in. Errors: usage (no such recipe; no
/// repository is named; two recipes in one); invalid.
Repositories published_repositories(const Workspace& workspace,
                                    const std::vector<std::string>& recipes, const std::string& to);

}  // namespace stamp::workspace
