#pragma once

#include <span>
#include <string>
#include <vector>

#include "builder/image/image_files.h"
#include "debian/dpkg_status.h"
#include "workspace/lock.h"
#include "workspace/recipe.h"

namespace stamp::build {

/// What of a base image decides which packages can be put on it, and how.
struct BaseSystem {
  std::string obstacle;  ///< why nothing can be put on it; then nothing else is said
  std::string status;    ///< the text of dpkg's status file
  std::vector<debian::StatusEntry> packages;
  std::vector<std::string> architectures;  ///< that dpkg knows beside the image's own
  std::string id;                          ///< os-release's ID: "debian"; may be empty
  std::string codename;                    ///< os-release's VERSION_CODENAME; may be empty
  /// The folders of the root that packages' entries are mapped by: links into /usr and, where /usr
  /// is merged, those that are not there yet. In byte order.
  std::vector<std::string> merged;

  /// For people and locks: "debian bookworm"; "unknown" without an os-release.
  std::string name() const;
};

/// Reads it from an image for the Debian architecture `architecture`. Errors: invalid: a status
/// file that is malformed; those of ImageFiles::read().
BaseSystem read_base_system(const ImageFiles& image, const std::string& architecture);

/// Refuses packages on a base that they cannot be put on: of another architecture, with packages
/// that are not whole, or of another distribution than the sources are. `image` names it;
/// `releases`: those of the sources that `packages` come from. Errors: invalid, with caret.
void check_base_system(const BaseSystem& system, const std::string& image,
                       const workspace::Recipe& recipe, const workspace::Packages& packages,
                       const std::string& architecture,
                       std::span<const workspace::LockedRelease> releases);

}  // namespace stamp::build
