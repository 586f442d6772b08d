#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oci/config.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "workspace/lock.h"
#include "workspace/recipe.h"

namespace stamp::build {

/// Where a base image is: an image layout's folder, or a registry.
using BasePlace = std::variant<std::filesystem::path, oci::Reference>;

/// A layer of a base image.
struct BaseLayer {
  BasePlace place;
  oci::Descriptor descriptor;
  Digest diff_id;

  /// Whether it is in a registry, and so need not be here unless somebody reads it.
  bool is_remote() const { return std::holds_alternative<oci::Reference>(place); }
};

/// A base image for one platform.
struct BaseImage {
  BasePlace place;  ///< a reference has the digest of the index, or of the manifest without one
  Digest manifest;
  oci::ImageConfig config;
  std::vector<BaseLayer> layers;  ///< bottom to top
};

/// Where it is, for messages.
std::string describe(const BasePlace& place);
/// The base image as a recipe names it, for messages: "the image in layout 'base'".
std::string describe(const workspace::From& from);

/// The image that a manifest and the text of its config are. Errors: corrupt (the text is no
/// config, or of another number of layers).
BaseImage make_base_image(BasePlace place, const Digest& digest, const oci::Manifest& manifest,
                          std::string_view config);

/// Refuses a base for another platform. Errors: invalid, with caret.
void check_platform(const BaseImage& image, const workspace::Recipe& recipe,
                    const oci::Platform& platform);

/// Reads manifest and config of the image that `from: {layout: …}` names, for a platform.
/// Errors: invalid, with caret (no image for the platform; several tags); corrupt; io.
BaseImage read_base_image(const workspace::Recipe& recipe, const oci::Platform& platform);

/// What a lock records of a base image: see workspace::LockedBase.
workspace::LockedBase to_locked(const workspace::From& from, const BaseImage& image);

/// The image in a registry that a lock records, with its digest; nothing when it records something
/// else. Errors: invalid.
std::optional<oci::Reference> locked_reference(const workspace::LockedBase& base);

/// What a lock has for what `from: {image: …}` of a recipe names, or null: the same name, and the
/// same digest when the recipe says one.
const workspace::LockedBase* find_base(const workspace::Recipe& recipe,
                                       const std::vector<workspace::LockedBase>& bases);

/// An image's name as long as what it names moves: "registry.example/base:1", without the digest
/// unless there is no tag.
std::string name_of(oci::Reference image);

}  // namespace stamp::build
