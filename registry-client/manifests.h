#pragma once
// Manifests of a repository. Private to the client.

#include <optional>
#include <string>
#include <string_view>

#include "oci/descriptor.h"
#include "registry-client/client.h"
#include "registry-client/endpoint.h"

namespace stamp::registry {

/// What a manifest is asked for by: a tag, or a digest.
struct ManifestName {
  std::string text;              ///< as it stands in the URL
  std::optional<Digest> digest;  ///< nothing: a tag

  /// Errors: invalid (no tag).
  static ManifestName of_tag(std::string_view tag);
  static ManifestName of_digest(const Digest& digest) { return {digest.str(), digest}; }
  /// For messages: "tag '1.4'", "manifest 'sha256:…'".
  std::string str() const;
};

/// A manifest with what a conditional update needs.
struct FetchedManifest {
  ManifestText manifest;
  std::string etag;  ///< empty: none
};

/// Under which condition a manifest is stored; empty parts are not sent.
struct Condition {
  std::string if_match;
  std::string if_none_match;
};

/// What came of storing.
struct StoreResult {
  ManifestPushed pushed;
  bool condition_failed = false;  ///< somebody else was faster; nothing was stored
  bool subject_recorded = false;  ///< the registry lists it as a referrer
};

/// Spec: OCI distribution-spec 1.1 "Pulling manifests".
std::optional<oci::Descriptor> head_manifest(const RepositoryEndpoint& at,
                                             const ManifestName& name);
std::optional<FetchedManifest> fetch_manifest(const RepositoryEndpoint& at,
                                              const ManifestName& name);
/// Spec: OCI distribution-spec 1.1 "Pushing Manifests".
StoreResult store_manifest(const RepositoryEndpoint& at, const ManifestName& name,
                           const ManifestText& manifest, const Condition& condition = {});
/// Spec: OCI distribution-spec 1.1 "Deleting tags", "Deleting Manifests".
Removal delete_manifest(const RepositoryEndpoint& at, const ManifestName& name);

}  // namespace stamp::registry
