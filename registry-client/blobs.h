#pragma once
// Blobs of a repository, but for uploads. Private to the client.

#include <cstdint>
#include <optional>

#include "registry-client/client.h"
#include "registry-client/endpoint.h"

namespace stamp::registry {

/// Spec: OCI distribution-spec 1.1 "Checking if content exists in the registry".
std::optional<std::uint64_t> blob_size(const RepositoryEndpoint& at, const Digest& digest);

/// Pulls a blob from one place. Whether its bytes were right is known when it returns.
/// Spec: OCI distribution-spec 1.1 "Pulling blobs"; RFC 9110 section 14 for ranges.
std::optional<std::uint64_t> pull_blob(const RepositoryEndpoint& at, const BlobPull& pull,
                                       const OpenSink& open);

/// Spec: OCI distribution-spec 1.1 "Deleting Blobs".
Removal delete_blob(const RepositoryEndpoint& at, const Digest& digest);

/// What came of a DELETE. Errors: denied (it is not allowed); network.
Removal removal_of(const RepositoryEndpoint& at, const Call& call);

}  // namespace stamp::registry
