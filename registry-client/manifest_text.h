#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oci/descriptor.h"

namespace stamp::registry {

/// The type of a manifest that came with the Content-Type `announced` ("" for none), which must
/// agree with its own `mediaType`; without either, what its members say. Errors: corrupt (no JSON
/// object, a type that does not agree, a manifest and an index at once).
/// Spec: OCI image-spec 1.1 manifest.md and image-index.md; CVE-2021-41190.
std::string manifest_type(std::string_view text, std::string_view announced);

/// What a manifest or index refers to, or nothing. Errors: invalid.
std::optional<oci::Descriptor> subject_of(std::string_view text);

/// The type that a referrer is listed under: its artifactType, else its config's type.
struct ReferrerFacts {
  std::string artifact_type;
  oci::Annotations annotations;
};
ReferrerFacts referrer_facts(std::string_view text);

}  // namespace stamp::registry
