#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "oci/reference.h"

namespace stamp::build {

/// Where an image is copied from or to.
struct ImagePlace {
  enum class Kind { registry, layout, oci_archive, docker_archive };

  Kind kind = Kind::registry;
  oci::Reference reference;    ///< in a registry; of a docker archive, when it is named
  std::filesystem::path path;  ///< a layout's folder, an archive's file
  std::string tag;             ///< in a layout or its archive; empty: none
  std::string text;            ///< as written

  /// Parses "docker://REFERENCE", "oci:DIR[:TAG]", "oci-archive:FILE[:TAG]" or
  /// "docker-archive:FILE[:REFERENCE]". A reference has a tag, or a digest, which only one in a
  /// registry may have: nothing is made up. Errors: usage.
  static ImagePlace parse(std::string_view text);
};

}  // namespace stamp::build
