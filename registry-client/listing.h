#pragma once
// Lists that registries give page by page: tags and referrers. Private to the client.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"
#include "registry-client/endpoint.h"
#include "registry-client/manifests.h"

namespace stamp::registry {

/// Spec: OCI distribution-spec 1.1 "Listing Tags".
std::optional<std::vector<std::string>> list_tags(const RepositoryEndpoint& at);

/// Spec: OCI distribution-spec 1.1 "Listing Referrers" and "Unavailable Referrers API".
std::vector<oci::Descriptor> list_referrers(const RepositoryEndpoint& at, const Digest& subject,
                                            std::string_view artifact_type);

/// Writes a referrer into the fallback tag of its subject, unless it is there: conditionally, so
/// that writers do not undo each other, and read back, where a registry takes no conditions.
/// Errors also: network (others wrote all the time).
/// Spec: OCI distribution-spec 1.1 "Pushing Manifests with Subject".
void add_to_referrers_tag(const RepositoryEndpoint& at, const Digest& subject,
                          const oci::Descriptor& referrer);

}  // namespace stamp::registry
