#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "oci/platform.h"

namespace stamp::oci {

/// Texts by name, in byte order of the names. Spec: OCI image-spec 1.1 annotations.md.
using Annotations = std::map<std::string, std::string>;

/// The annotation that holds a tag in a layout's index.json.
inline constexpr std::string_view kRefNameAnnotation = "org.opencontainers.image.ref.name";

/// Points to a blob. Spec: OCI image-spec 1.1 descriptor.md.
///
/// `urls` and `data` of foreign descriptors are checked when parsed and not kept.
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::string artifact_type;         ///< empty: not there
  std::optional<Platform> platform;  ///< of an image in an index
  Annotations annotations;

  friend auto operator<=>(const Descriptor&, const Descriptor&) = default;
};

}  // namespace stamp::oci
