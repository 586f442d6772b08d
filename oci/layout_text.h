#pragma once

#include <span>
#include <string>
#include <string_view>

#include "oci/descriptor.h"
#include "oci/index.h"

namespace stamp::oci {

/// The bytes of `oci-layout`. Spec: OCI image-spec 1.1 image-layout.md "oci-layout file".
inline constexpr std::string_view kOciLayoutText = R"({"imageLayoutVersion":"1.0.0"})";

/// The bytes of an index.json that holds `images`.
std::string index_json(std::span<const Descriptor> images);

/// The image with this tag among the entries of an index.json; with an empty `tag` the only one,
/// lists of referrers not counted. `what` names the layout. Errors: invalid, with the tags that
/// there are.
const Descriptor& find_image(const Index& index, std::string_view tag, std::string_view what);

/// `image` as the entry of an index.json for `tag` (may be empty: no name).
Descriptor tagged(Descriptor image, std::string_view tag);

}  // namespace stamp::oci
