#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"
#include "oci/media_type.h"

namespace stamp::oci {

/// An image for one platform: its config and its layers. Spec: OCI image-spec 1.1 manifest.md.
struct Manifest {
  std::string media_type{kMediaTypeManifest};  ///< OCI's or Docker's
  std::string artifact_type;                   ///< empty: not there
  Descriptor config;
  std::vector<Descriptor> layers;  ///< bottom to top
  std::optional<Descriptor> subject;
  Annotations annotations;

  /// Parses strictly; unknown members are ignored. Errors: invalid, with the path of the offending
  /// field ("layers[2].size"): a duplicate key, `manifests` beside `layers`, a type
  /// that is not a manifest's, a digest or size that cannot be.
  static Manifest parse(std::string_view text);
  /// The canonical bytes: keys sorted, no white space, absent members left out.
  std::string serialize() const;

  friend auto operator<=>(const Manifest&, const Manifest&) = default;
};

}  // namespace stamp::oci
