#pragma once

#include <span>
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

  /// What manifests are to name, a null pointer before the recipe was built.
  const Digest* index() const { return locked.empty() ? nullptr : &locked.front(); }
  /// Whether the lock records this index or manifest.
  bool has(const Digest& digest) const;
};

/// The images of the recipes, by name, as published in `to`, or when that is empty, in the
/// repository that the workspace names; none when it names none. A recipe without a lock has none
/// of what locks say. Errors: usage (two recipes in one repository); invalid (a lock, a
/// repository); io.
std::vector<OwnImage> own_images(const workspace::Workspace& workspace, const std::string& to = {});

/// The image of the workspace that is published in the repository that `reference` names, or a null
/// pointer.
const OwnImage* find_own(std::span<const OwnImage> own, const oci::Reference& reference);

}  // namespace stamp::pin
