#pragma once

#include <filesystem>
#include <vector>

#include "workspace/workspace.h"

namespace stamp::cli {

/// The paths whose manifests a command looks into: those that were said, else `pin.manifests` of
/// stamp.yaml. Errors: usage (neither names one).
std::vector<std::filesystem::path> manifest_paths(const std::vector<std::filesystem::path>& said,
                                                  const workspace::Workspace& workspace);

/// `pin.manifests` of stamp.yaml, from the current folder.
std::vector<std::filesystem::path> usual_manifest_paths(const workspace::Workspace& workspace);

}  // namespace stamp::cli
