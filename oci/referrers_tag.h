#pragma once

#include <string>
#include <string_view>

#include "base/digest.h"

namespace stamp::oci {

/// The tag under which an index lists what refers to a manifest, where nothing else lists it: in
/// registries without the referrers API, and in layouts.
/// Spec: OCI distribution-spec 1.1 "Referrers Tag Schema".
std::string referrers_tag(const Digest& subject);

/// Whether a tag is one of those.
bool is_referrers_tag(std::string_view tag);

}  // namespace stamp::oci
