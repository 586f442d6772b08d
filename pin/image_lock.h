#pragma once
// The locks of other tools that say which digest stands for a reference: kbld's and imgpkg's.

#include <string>
#include <vector>

#include "oci/reference.h"
#include "pin/find.h"

namespace stamp::pin {

/// Whose lock it is.
enum class ImageLockKind {
  kbld,    ///< `kind: Config` with `overrides`, as `kbld --lock-output` writes it
  imgpkg,  ///< `kind: ImagesLock`, as `kbld --imgpkg-lock-output` and imgpkg write it
};

/// A reference that a lock decides.
struct LockedImage {
  std::string asked;      ///< what stands in the manifest, to the letter: "web", "nginx:1.14"
  oci::Reference locked;  ///< with a digest

  friend auto operator<=>(const LockedImage&, const LockedImage&) = default;
};

/// Reads a lock, of whichever kind; in a stream of several documents those that are none are passed
/// over. Passed over as well are kbld's overrides that name no digest, or a repository instead of a
/// reference (`imageRepo`): they decide nothing yet. An image of imgpkg's without the annotation
/// "kbld.carvel.dev/id" was asked for as it is. Sorted, each once. Errors: invalid, with line and
/// caret: not YAML; no lock in it; an image that cannot be read; two answers to one question.
/// Spec: kbld "Config", its kinds Config and ImageOverrides; imgpkg "ImagesLock configuration".
std::vector<LockedImage> read_image_lock(const FileText& file);

/// The lock's text: sorted, each once, the same bytes for the same images. What kbld writes beside
/// the images (its version, rules of search, origins) is left out. Errors: invalid (a reference
/// without a digest; two answers to one question).
std::string image_lock_text(ImageLockKind kind, std::vector<LockedImage> images);

}  // namespace stamp::pin
