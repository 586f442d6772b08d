#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "workspace/workspace.h"

namespace stamp::pin {

/// An image of the workspace: where it is published, and what its lock says of it.
struct OwnImage {
  std::string recipe;
  oci::Reference repository;  ///< without tag and digest
  std::vector<oci::Platform> platforms;
  std::string lock;            ///< the file, as the user would name it
  std::vector<Digest> locked;  ///< the index's digest and then the manifests'; or none

  /// Whether the lock records this index or manifest.
  bool has(const Digest& digest) const;
};

/// The images of the recipes, by name; none when the workspace names no repository to publish in.
/// A recipe without a lock has none of what locks say. Errors: invalid (a lock, a repository); io.
std::vector<OwnImage> own_images(const workspace::Workspace& workspace);

}  // namespace stamp::pin
